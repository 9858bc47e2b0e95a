/*
 * A batch: libgit2's memory backend, in front of the packs, keeps new objects until a flush writes them as
 * one pack. A burst of a hundred commits costs two files and one move of the branch, not seven hundred files.
 */
#include "batch.h"

#include <assert.h>
#include <errno.h>
#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "packs.h"

enum { PRIORITY_MEMORY = 3, PRIORITY_PACKS = 2, PRIORITY_LOOSE = 1, MESSAGE_BYTES = 1 << 20 };

/* These files list packs to delete; what a process leaves behind the next one deletes. */
static const char spilled_file[] = "tenantfs-unfinished", doomed_file[] = "tenantfs-merged";

struct batch {
	git_repository *repo;
	git_odb_backend *memory, *packs; /* owned by the repository's object database */
	int (*refresh_packs)(git_odb_backend *);
	struct written written;
	git_oid head, tree; /* the newest; all zero: none */
	git_oid flushed_head, flushed_tree;
	size_t commits;
	struct packs_list spilled; /* written since the last flush: the branch does not refer to them */
	struct packs_list doomed;  /* merged into another pack, to be deleted */
	git_oid merged;            /* its name */
	struct signer *signer;     /* borrowed; NULL: none */
};

/*
 * Before each write libgit2 looks for the object, and for a missing one it reads the folder of packs again.
 * Only this process writes packs, and it refreshes the backend itself.
 */
static void still_packs(struct batch *batch)
{
	batch->refresh_packs = batch->packs->refresh;
	batch->packs->refresh = NULL;
}

static int open_database(struct batch *batch, struct tfs_error *error)
{
	git_odb *odb = NULL;
	git_odb_backend *memory = NULL, *packs = NULL, *loose = NULL;
	char objects[4096];
	int r = git_odb_new(&odb);

	snprintf(objects, sizeof(objects), "%sobjects", git_repository_path(batch->repo));
	if (r == 0)
		r = git_mempack_new(&memory);
	if (r == 0)
		r = git_odb_add_backend(odb, memory, PRIORITY_MEMORY);
	if (r == 0)
		r = git_odb_backend_pack(&packs, objects);
	if (r == 0)
		r = git_odb_add_backend(odb, packs, PRIORITY_PACKS);
	/* For reading objects that were added with plain git. */
	if (r == 0)
		r = git_odb_backend_loose(&loose, objects, -1, 1, 0, 0);
	if (r == 0)
		r = git_odb_add_backend(odb, loose, PRIORITY_LOOSE);
	if (r == 0)
		r = git_repository_set_odb(batch->repo, odb);
	git_odb_free(odb);
	if (r < 0)
		return history_repo_fail(error, r, "the history's objects");
	batch->memory = memory;
	batch->packs = packs;
	still_packs(batch);
	return 0;
}

/*
 * libgit2 searches for similar objects when it writes a pack, which costs more than everything else. It skips
 * objects bigger than a setting; our own configuration file beside the repository's makes it skip all of
 * them. Merging packs makes up for it.
 */
static int set_quick_packs(struct batch *batch, struct tfs_error *error)
{
	git_config *config = NULL;
	char path[4096];
	int r;

	snprintf(path, sizeof(path), "%stenantfs-batch.config", git_repository_path(batch->repo));
	r = git_config_open_ondisk(&config, path);
	if (r == 0)
		r = git_config_set_int32(config, "core.bigFileThreshold", 1);
	/* libgit2 1.5 reads that setting under this name. */
	if (r == 0)
		r = git_config_set_int32(config, "pack.deltaCacheSize", 1);
	if (r == 0)
		r = git_repository_set_config(batch->repo, config);
	git_config_free(config);
	return r < 0 ? history_repo_fail(error, r, path) : 0;
}

static int read_head(struct batch *batch, struct tfs_error *error)
{
	git_commit *commit cleanup_git_commit = NULL;
	git_oid head;
	int r = history_repo_head(batch->repo, &head);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = git_commit_lookup(&commit, batch->repo, &head);
	if (r < 0)
		return history_repo_fail(error, r, "the newest commit of the history");
	git_oid_cpy(&batch->head, &head);
	git_oid_cpy(&batch->tree, git_commit_tree_id(commit));
	git_oid_cpy(&batch->flushed_head, &batch->head);
	git_oid_cpy(&batch->flushed_tree, &batch->tree);
	return 0;
}

static void packs_folder(const struct batch *batch, char out[4096])
{
	snprintf(out, 4096, "%sobjects/pack", git_repository_path(batch->repo));
}

/* Deletes packs of commits that were never completed: the branch has not moved since. */
static void remove_left(struct batch *batch)
{
	const char *repository = git_repository_path(batch->repo);
	struct packs_list left;
	git_oid head = { 0 }, then = { 0 };
	char folder[4096];

	history_packs_load(repository, doomed_file, &batch->merged, &batch->doomed);
	history_packs_load(repository, spilled_file, &then, &left);
	packs_folder(batch, folder);
	if (history_repo_head(batch->repo, &head) != -EIO && git_oid_equal(&head, &then))
		history_packs_remove(folder, &left);
	history_packs_forget(&left);
	history_packs_save(repository, spilled_file, &then, &left);
}

/* `first`: nobody else has the repository open yet, so leftovers of an earlier process are deleted. */
static int open_batch(const char *path, bool first, struct batch **ret, struct tfs_error *error)
{
	struct batch *batch = calloc(1, sizeof(*batch));
	int r;

	if (!batch)
		return tfs_error_set_memory(error);
	if (first)
		history_repo_sweep(path);
	r = history_repo_open(path, true, &batch->repo, error);
	if (r == 0 && first)
		remove_left(batch);
	if (r == 0)
		r = set_quick_packs(batch, error);
	if (r == 0)
		r = open_database(batch, error);
	if (r == 0)
		r = read_head(batch, error);
	if (r < 0) {
		history_batch_close(batch);
		return r;
	}
	*ret = batch;
	return 0;
}

int history_batch_open(const char *path, struct batch **ret, struct tfs_error *error)
{
	return open_batch(path, true, ret, error);
}

void history_batch_close(struct batch *batch)
{
	if (!batch)
		return;
	git_repository_free(batch->repo);
	history_written_finish(&batch->written);
	history_packs_forget(&batch->spilled);
	history_packs_forget(&batch->doomed);
	free(batch);
}

void history_batch_sign_with(struct batch *batch, struct signer *signer)
{
	batch->signer = signer;
}

git_repository *history_batch_repo(struct batch *batch)
{
	return batch->repo;
}

const git_oid *history_batch_head(const struct batch *batch)
{
	return git_oid_is_zero(&batch->head) ? NULL : &batch->head;
}

const git_oid *history_batch_tree(const struct batch *batch)
{
	return git_oid_is_zero(&batch->tree) ? NULL : &batch->tree;
}

size_t history_batch_commits(const struct batch *batch)
{
	return batch->commits;
}

/* Notes the pack just written, unless it existed before: then commits may refer to it. */
static int note_spilled(struct batch *batch, const char *folder, const char *id, size_t packs_before)
{
	char name[GIT_OID_HEXSZ + 16];

	if (history_packs_count(folder) == packs_before)
		return 0;
	snprintf(name, sizeof(name), "pack-%s", id);
	return history_packs_add(&batch->spilled, name);
}

/* Writes the objects in memory as a pack, without moving the branch. */
static int spill(struct batch *batch, struct tfs_error *error)
{
	git_packbuilder *builder cleanup_git_packbuilder = NULL;
	char folder[4096];
	size_t before;
	int r;

	if (batch->written.count == 0)
		return 0;
	packs_folder(batch, folder);
	before = history_packs_count(folder);
	r = git_packbuilder_new(&builder, batch->repo);
	for (size_t i = 0; i < batch->written.count && r == 0; i++)
		r = git_packbuilder_insert(builder, &batch->written.objects[i].id, batch->written.objects[i].name);
	errno = 0;
	if (r == 0)
		r = git_packbuilder_write(builder, NULL, 0, NULL, NULL);
	if (r == 0)
		r = batch->refresh_packs(batch->packs);
	if (r < 0)
		return history_repo_fail(error, r, "the history's objects");
	git_mempack_reset(batch->memory);
	history_written_finish(&batch->written);
	r = note_spilled(batch, folder, git_packbuilder_name(builder), before);
	return r < 0 ? tfs_error_set_memory(error) : 0;
}

/* Bounds the memory between flushes too. */
static int keep_within(struct batch *batch, struct tfs_error *error)
{
	int r;

	if (batch->written.bytes <= BATCH_KEPT)
		return 0;
	r = spill(batch, error);
	if (r < 0)
		return r;
	r = history_packs_save(git_repository_path(batch->repo), spilled_file, &batch->flushed_head, &batch->spilled);
	return r < 0 ? tfs_error_set(error, r, "history", "a list of packs cannot be written") : 0;
}

int history_batch_blob(struct batch *batch, const char *text, size_t len, git_oid *ret, struct tfs_error *error)
{
	int r = git_blob_create_from_buffer(ret, batch->repo, text, len);

	if (r < 0)
		return history_repo_fail(error, r, "a document of the history");
	r = history_written_add(&batch->written, ret, "document", len);
	return r < 0 ? tfs_error_set_memory(error) : keep_within(batch, error);
}

/* Makes the commit's text without writing it. Returns libgit2's codes. */
static int make_commit(struct batch *batch, const git_oid *tree, const struct commit_stamp *stamp, const char *message,
		       git_buf *ret)
{
	git_signature *author cleanup_git_signature = NULL, *committer cleanup_git_signature = NULL;
	git_tree *root cleanup_git_tree = NULL;
	git_commit *parent cleanup_git_commit = NULL;
	const git_commit *parents[1] = { NULL };
	int r = git_signature_new(&author, stamp->author.name, stamp->author.mail, stamp->authored, 0);

	if (r == 0)
		r = git_signature_new(&committer, stamp->author.name, stamp->author.mail, stamp->recorded, 0);
	if (r == 0)
		r = git_tree_lookup(&root, batch->repo, tree);
	if (r == 0 && !git_oid_is_zero(&batch->head)) {
		r = git_commit_lookup(&parent, batch->repo, &batch->head);
		parents[0] = parent;
	}
	if (r == 0)
		r = git_commit_create_buffer(ret, batch->repo, author, committer, NULL, message, root, !!parent,
					     parents);
	return r;
}

static int write_commit(struct batch *batch, const git_buf *text, git_oid *ret, struct tfs_error *error)
{
	struct tfs_buf signature cleanup_buf = TFS_BUF_INIT(MESSAGE_BYTES);
	int r = 0;

	if (batch->signer && batch->signer->key)
		r = history_sign_text(batch->signer, text->ptr, text->size, &signature, error);
	if (r < 0)
		return r;
	/* Without a signature this makes a plain commit. */
	r = git_commit_create_with_signature(ret, batch->repo, text->ptr, signature.data, NULL);
	return r < 0 ? history_repo_fail(error, r, "a commit of the history") : 0;
}

int history_batch_stage(struct batch *batch, struct edit *edits, size_t count, struct tfs_error *error)
{
	git_oid tree;
	int r = history_tree_edit(batch->repo, &batch->written, history_batch_tree(batch), edits, count, &tree);

	if (r < 0)
		return history_repo_fail(error, r, "a tree of the history");
	git_oid_cpy(&batch->tree, &tree);
	return keep_within(batch, error);
}

int history_batch_commit(struct batch *batch, const struct commit_stamp *stamp, const char *message,
			 struct tfs_error *error)
{
	git_buf text = GIT_BUF_INIT;
	git_oid commit;
	int r = 0;

	/* The first commit may be that of a call, without a document. */
	if (!history_batch_tree(batch))
		r = history_batch_stage(batch, NULL, 0, error);
	if (r < 0)
		return r;
	r = make_commit(batch, &batch->tree, stamp, message, &text);
	r = r < 0 ? history_repo_fail(error, r, "a commit of the history") : write_commit(batch, &text, &commit, error);
	git_buf_dispose(&text);
	if (r < 0)
		return r;
	r = history_written_add(&batch->written, &commit, NULL, strlen(message));
	if (r < 0)
		return tfs_error_set_memory(error);
	git_oid_cpy(&batch->head, &commit);
	batch->commits++;
	return keep_within(batch, error);
}

int history_batch_flush(struct batch *batch, struct tfs_error *error)
{
	git_reference *moved = NULL;
	int r;

	if (batch->commits == 0)
		return 0;
	r = spill(batch, error);
	if (r < 0)
		return r;
	errno = 0;
	r = git_reference_create(&moved, batch->repo, REPO_BRANCH, &batch->head, 1, NULL);
	git_reference_free(moved);
	if (r < 0)
		return history_repo_fail(error, r, "the history's branch");
	git_oid_cpy(&batch->flushed_head, &batch->head);
	git_oid_cpy(&batch->flushed_tree, &batch->tree);
	batch->commits = 0;
	history_packs_forget(&batch->spilled);
	/* A failure does not matter: the branch has moved, so the list is out of date. */
	history_packs_save(git_repository_path(batch->repo), spilled_file, &batch->head, &batch->spilled);
	return 0;
}

/* The branch may have moved although the call failed: libgit2 can fail after the move. */
static void forget_spilled(struct batch *batch)
{
	git_oid head = { 0 };
	char folder[4096];
	int r = history_repo_head(batch->repo, &head);

	if (r == -EIO || !git_oid_equal(&head, &batch->flushed_head)) {
		history_packs_forget(&batch->spilled);
		return;
	}
	packs_folder(batch, folder);
	history_packs_remove(folder, &batch->spilled);
	history_packs_save(git_repository_path(batch->repo), spilled_file, &head, &batch->spilled);
}

void history_batch_forget(struct batch *batch)
{
	struct tfs_error error = { 0 };

	git_mempack_reset(batch->memory);
	history_written_finish(&batch->written);
	git_oid_cpy(&batch->head, &batch->flushed_head);
	git_oid_cpy(&batch->tree, &batch->flushed_tree);
	batch->commits = 0;
	forget_spilled(batch);
	/* Close packs that were deleted, by us or by `git gc`. */
	open_database(batch, &error);
	/* The present head if it can be read, else the old one. */
	read_head(batch, &error);
}

/*
 * Deletes merged packs, after closing them. They are kept if the pack they were merged into is missing: the
 * list may be older than the packs beside it, as in a copied or restored folder.
 */
static int remove_doomed(struct batch *batch, const char *folder, struct tfs_error *error)
{
	if (batch->doomed.count == 0)
		return 0;
	if (history_packs_have(folder, &batch->merged))
		history_packs_remove(folder, &batch->doomed);
	history_packs_forget(&batch->doomed);
	history_packs_save(git_repository_path(batch->repo), doomed_file, &batch->merged, &batch->doomed);
	return open_database(batch, error);
}

int history_batch_gc(struct batch *batch, size_t most, struct tfs_error *error)
{
	git_repository *repo cleanup_git_repository = NULL;
	char folder[4096];
	int merged = 0, r;

	assert(batch->commits == 0);
	packs_folder(batch, folder);
	r = remove_doomed(batch, folder, error);
	if (r < 0 || history_packs_count(folder) < most || history_packs_small(folder) < most)
		return r;
	/* With the repository's own settings: merging does search for similar objects. */
	r = git_repository_open_bare(&repo, git_repository_path(batch->repo));
	merged = r == 0 ? history_packs_merge(repo, folder, &batch->doomed, &batch->merged) : r;
	if (merged < 0)
		return history_repo_fail(error, merged, "merging the history's packs");
	r = history_packs_save(git_repository_path(batch->repo), doomed_file, &batch->merged, &batch->doomed);
	if (r < 0)
		return tfs_error_set(error, r, "history", "a list of packs cannot be written");
	r = batch->refresh_packs(batch->packs);
	return r < 0 ? history_repo_fail(error, r, "the history's packs") : merged;
}

int history_batch_reopen(struct batch **at, struct tfs_error *error)
{
	struct batch *fresh = NULL;
	int r = open_batch(git_repository_path((*at)->repo), false, &fresh, error);

	assert((*at)->commits == 0);
	if (r < 0)
		return r;
	fresh->signer = (*at)->signer;
	fresh->doomed = (*at)->doomed;
	(*at)->doomed = (struct packs_list){ 0 };
	git_oid_cpy(&fresh->merged, &(*at)->merged);
	history_batch_close(*at);
	*at = fresh;
	/* A baseline leaves tens of megabytes free inside this thread's heap. */
	malloc_trim(0);
	return 0;
}
