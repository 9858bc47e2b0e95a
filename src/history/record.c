/* Makes commits of changes and observations. */
#include "record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "references.h"
#include "tenantfs/catalogue.h"
#include "tenantfs/clock.h"
#include "tenantfs/log.h"

enum { EDITS_STAGED = 4096, EDITS_OF_CHANGE = 32, DOCUMENT_MAX = 64 << 20 };

/*
 * Finds the newest commit with a journal number; commits made with plain git have none. 0: no commit has one.
 */
static int read_last(struct recorder *recorder, struct tfs_error *error)
{
	git_commit *commit cleanup_git_commit = NULL;
	int r = 0;

	recorder->last = 0;
	if (!history_batch_head(recorder->batch))
		return 0;
	r = git_commit_lookup(&commit, history_batch_repo(recorder->batch), history_batch_head(recorder->batch));
	while (r == 0 && (recorder->last = history_message_journal(git_commit_message(commit))) == 0) {
		git_commit *child cleanup_git_commit = steal_pointer(&commit);

		r = git_commit_parent(&commit, child, 0);
	}
	return r < 0 && r != GIT_ENOTFOUND ? history_repo_fail(error, r, "the newest commits of the history") : 0;
}

int history_recorder_init(struct recorder *recorder, const struct tfs_config *config, const char *path,
			  struct tfs_error *error)
{
	int r;

	*recorder = (struct recorder){ .config = config, .signer = SIGNER_INIT(config->history_signing_key) };
	r = history_sign_probe(&recorder->signer, error);
	if (r == 0)
		r = history_batch_open(path, &recorder->batch, error);
	if (r < 0)
		return r;
	history_batch_sign_with(recorder->batch, &recorder->signer);
	r = read_last(recorder, error);
	recorder->flushed = recorder->last;
	return r;
}

void history_recorder_finish(struct recorder *recorder)
{
	history_batch_close(steal_pointer(&recorder->batch));
}

void history_recorder_rewind(struct recorder *recorder)
{
	struct tfs_error error = { 0 };

	history_batch_forget(recorder->batch);
	/* The branch may have moved although the flush failed. */
	if (read_last(recorder, &error) == 0 && recorder->last > recorder->flushed)
		recorder->flushed = recorder->last;
	recorder->last = recorder->flushed;
}

static int commit(struct recorder *recorder, const struct tfs_change *change, enum origin origin, size_t count,
		  struct commit_stamp *stamp, struct tfs_error *error)
{
	struct tfs_buf message cleanup_buf = TFS_BUF_INIT(MESSAGE_MAX);
	struct tfs_change numbered = *change;
	int r;

	if (numbered.seq == 0)
		numbered.seq = recorder->last;
	r = history_message_make(&numbered, origin, count, &message);
	if (r < 0)
		return tfs_error_set(error, r, "history", "no message for %s", change->path);
	return history_batch_commit(recorder->batch, stamp, message.data, error);
}

/*
 * A name that git does not allow must not stop recording. The commit is made without it; its message has the
 * path.
 */
static int stage(struct recorder *recorder, struct edit *edits, size_t count, struct tfs_error *error)
{
	int r = history_batch_stage(recorder->batch, edits, count, error);

	if (r != -EINVAL)
		return r;
	tfs_log(TFS_LOG_WARNING, 0, "history: %s cannot be in a git tree: %s", edits[0].git_path, error->message);
	tfs_error_clear(error);
	return 0;
}

static int edit_path(struct recorder *recorder, const char *path, const char *text, size_t len, struct edit *ret,
		     struct tfs_error *error)
{
	int r;

	*ret = (struct edit){ .git_path = history_layout_to_git(path), .remove = !text };
	if (!ret->git_path)
		return tfs_error_set_memory(error);
	r = !text ? 0 : history_batch_blob(recorder->batch, text, len, &ret->blob, error);
	if (r < 0)
		free(steal_pointer(&ret->git_path));
	return r;
}

/* The edits of one change. */
struct staging {
	struct recorder *recorder;
	struct edit edits[EDITS_OF_CHANGE];
	size_t count;
	char **names; /* new names of directories */
	size_t n_names, n_named;
	struct tfs_error *error;
};

static int note_name(void *context, const char *directory)
{
	struct staging *staging = context;
	char **names = reallocarray(staging->names, staging->n_names + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	staging->names = names;
	names[staging->n_names] = strdup(directory);
	return names[staging->n_names] ? (staging->n_names++, 0) : -ENOMEM;
}

/* Removes a recorded directory, or moves it to the next of the new names. */
static int move_directory(void *context, const char *directory)
{
	struct staging *staging = context;
	git_tree_entry *entry cleanup_git_entry = NULL;
	const char *name = staging->n_named < staging->n_names ? staging->names[staging->n_named++] : NULL;
	struct edit *edit = &staging->edits[staging->count];
	const git_oid *tree = history_batch_tree(staging->recorder->batch);
	cleanup_free char *from = history_layout_to_git(directory);
	int r = !from ? -ENOMEM : 0;

	if (r < 0 || !tree || staging->count + 2 > EDITS_OF_CHANGE ||
	    history_repo_entry(history_batch_repo(staging->recorder->batch), tree, from, &entry) < 0)
		return r;
	*edit = (struct edit){ .git_path = steal_pointer(&from), .remove = true };
	staging->count++;
	if (!name)
		return 0;
	edit[1] = (struct edit){ .git_path = history_layout_to_git(name), .directory = true };
	git_oid_cpy(&edit[1].blob, git_tree_entry_id(entry));
	return edit[1].git_path ? (staging->count++, 0) : -ENOMEM;
}

/* Moves or removes the directories below an object together with it. */
static int move_below(struct staging *staging, const char *path, const char *to)
{
	int r = to ? tfs_kind_below(to, note_name, staging) : 0;

	if (r == 0)
		r = tfs_kind_below(path, move_directory, staging);
	for (size_t i = 0; i < staging->n_names; i++)
		free(staging->names[i]);
	free(steal_pointer(&staging->names));
	return r < 0 ? tfs_error_set_memory(staging->error) : 0;
}

/* The recorded text, for the message; NULL without one. Caller frees. */
static char *recorded_text(struct recorder *recorder, const char *path)
{
	const git_oid *tree = history_batch_tree(recorder->batch);
	cleanup_free char *git_path = history_layout_to_git(path);
	git_blob *blob cleanup_git_blob = NULL;

	if (!tree || !git_path || history_repo_blob(history_batch_repo(recorder->batch), tree, git_path, &blob) < 0)
		return NULL;
	return strndup(git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
}

struct renaming {
	struct staging *staging;
	const struct tfs_change *change;
};

/* Gives a document that shows the object's name the new one. */
static int rename_reference(void *context, const char *path)
{
	struct renaming *renaming = context;
	struct staging *staging = renaming->staging;
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(DOCUMENT_MAX);
	cleanup_free char *text = recorded_text(staging->recorder, path);
	int r = text ? history_references_rename(renaming->change, path, text, strlen(text), &out) : 0;

	if (r <= 0 || staging->count == EDITS_OF_CHANGE)
		return r < 0 ? tfs_error_set_memory(staging->error) : 0;
	return edit_path(staging->recorder, path, out.data, out.len, &staging->edits[staging->count++], staging->error);
}

/* Stages the document of a change: new text, new path, or removal. */
static int stage_change(struct recorder *recorder, const struct tfs_change *change, struct tfs_error *error)
{
	const char *to = change->new_path ? change->new_path : change->path;
	struct staging staging = { .recorder = recorder, .error = error };
	bool moved;
	int r = 0;

	if (change->type == TFS_CHANGE_CALL)
		return 0;
	moved = strcmp(to, change->path) != 0;
	if (moved || !change->after)
		r = edit_path(recorder, change->path, NULL, 0, &staging.edits[staging.count++], error);
	if (r == 0 && change->after)
		r = edit_path(recorder, to, change->after, strlen(change->after), &staging.edits[staging.count++],
			      error);
	if (r == 0 && change->before && (moved || !change->after))
		r = move_below(&staging, change->path, change->after ? to : NULL);
	if (r == 0 && moved)
		r = history_references_each(change, rename_reference, &(struct renaming){ &staging, change });
	if (r == 0)
		r = stage(recorder, staging.edits, staging.count, error);
	for (size_t i = 0; i < staging.count; i++)
		free(staging.edits[i].git_path);
	return r;
}

/* Records the server's text before the change, if it differs from the recorded one. */
static int catch_up(struct recorder *recorder, const struct tfs_change *change, struct tfs_error *error)
{
	/* Dated as the change that follows it. */
	struct observed_doc observed = { .path = change->path, .text = change->before, .time = change->time.tv_sec };
	struct baseline baseline = { .at = change->time.tv_sec };
	enum observed_state state;
	int r;

	if (!change->before || change->type == TFS_CHANGE_CALL)
		return 0;
	observed.len = strlen(change->before);
	r = history_record_compare(recorder, &observed, &state, error);
	if (r == 0 && state == OBSERVED_CHANGED)
		r = history_record_drift(recorder, &observed, state, error);
	if (r == 0 && state == OBSERVED_NEW) {
		r = history_baseline_add(recorder, &observed, &baseline, error);
		if (r == 0)
			r = history_baseline_commit(recorder, change->path, &baseline, error);
		history_baseline_finish(&baseline);
	}
	return r;
}

/* A refused change did nothing, unless it has several calls: then some may have succeeded. */
static bool happened(const struct tfs_change *change)
{
	if (change->result == 0)
		return true;
	return change->before && change->after &&
	       !history_text_same(change->before, strlen(change->before), change->after, strlen(change->after));
}

int history_record_change(struct recorder *recorder, const struct tfs_change *change, struct tfs_error *error)
{
	struct commit_stamp stamp = { .authored = change->time.tv_sec, .recorded = change->time.tv_sec };
	int r;

	if (!happened(change))
		return 0;
	r = catch_up(recorder, change, error);
	if (r == 0)
		r = stage_change(recorder, change, error);
	if (r < 0)
		return r;
	history_author_of_uid(recorder->config, change->caller.uid, &stamp.author);
	r = commit(recorder, change, ORIGIN_CHANGE, 1, &stamp, error);
	if (r == 0 && change->seq > recorder->last)
		recorder->last = change->seq;
	return r;
}

int history_record_compare(struct recorder *recorder, const struct observed_doc *observed, enum observed_state *ret,
			   struct tfs_error *error)
{
	git_repository *repo = history_batch_repo(recorder->batch);
	const git_oid *tree = history_batch_tree(recorder->batch);
	cleanup_free char *git_path = history_layout_to_git(observed->path);
	git_tree_entry *entry cleanup_git_entry = NULL;
	git_blob *blob cleanup_git_blob = NULL;
	git_oid id;
	int r;

	if (!git_path)
		return tfs_error_set_memory(error);
	r = !tree ? GIT_ENOTFOUND : history_repo_entry(repo, tree, git_path, &entry);
	if (r == GIT_ENOTFOUND) {
		*ret = !observed->text ? OBSERVED_SAME : OBSERVED_NEW;
		return 0;
	}
	if (r == 0 && !observed->text) {
		*ret = OBSERVED_GONE;
		return 0;
	}
	if (r == 0)
		r = git_odb_hash(&id, observed->text, observed->len, GIT_OBJECT_BLOB);
	if (r == 0 && git_oid_equal(&id, git_tree_entry_id(entry))) {
		*ret = OBSERVED_SAME;
		return 0;
	}
	if (r == 0)
		r = git_blob_lookup(&blob, repo, git_tree_entry_id(entry));
	if (r < 0)
		return history_repo_fail(error, r, observed->path);
	*ret = history_text_same(git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob), observed->text,
				 observed->len)
		       ? OBSERVED_SAME
		       : OBSERVED_CHANGED;
	return 0;
}

/* The author of a change that was seen, and what the change is. `text` NULL: removed. */
static enum origin find_author(struct recorder *recorder, const char *path, const char *text, struct author *ret)
{
	struct tfs_history_actor actor = { 0 };
	bool found = recorder->actor && recorder->actor(recorder->actor_context, path, text, !recorder->asked, &actor);

	recorder->asked = true;
	if (!found)
		history_author_unknown(recorder->config, ret);
	else if (actor.ours)
		history_author_of_uid(recorder->config, actor.uid, ret);
	else
		history_author_of_actor(recorder->config, actor.name, ret);
	return found && actor.ours ? ORIGIN_FORM : ORIGIN_DRIFT;
}

int history_record_drift(struct recorder *recorder, const struct observed_doc *observed, enum observed_state state,
			 struct tfs_error *error)
{
	cleanup_free char *before = recorded_text(recorder, observed->path);
	cleanup_free char *after = observed->text ? strndup(observed->text, observed->len) : NULL;
	const struct tfs_change change = {
		.type = state == OBSERVED_NEW    ? TFS_CHANGE_CREATE
			: state == OBSERVED_GONE ? TFS_CHANGE_REMOVE
						 : TFS_CHANGE_CHANGE,
		.path = observed->path,
		.before = before,
		.after = after,
	};
	struct commit_stamp stamp = { .recorded = tfs_clock_wall().tv_sec };
	enum origin origin;
	int r;

	if (observed->text && !after)
		return tfs_error_set_memory(error);
	stamp.authored = observed->time > 0 && observed->time < stamp.recorded ? observed->time : stamp.recorded;
	origin = find_author(recorder, observed->path, after, &stamp.author);
	r = stage_change(recorder, &change, error);
	return r < 0 ? r : commit(recorder, &change, origin, 1, &stamp, error);
}

static void baseline_empty(struct baseline *baseline)
{
	for (size_t i = 0; i < baseline->count; i++)
		free(baseline->edits[i].git_path);
	baseline->count = 0;
}

static int baseline_stage(struct recorder *recorder, struct baseline *baseline, struct tfs_error *error)
{
	int r = 0;

	if (baseline->count > 0)
		r = history_batch_stage(recorder->batch, baseline->edits, baseline->count, error);
	/* A name that git does not allow must not prevent the others. */
	for (size_t i = 0; r == -EINVAL && i < baseline->count; i++)
		if (stage(recorder, &baseline->edits[i], 1, error) < 0)
			return -EIO;
	if (r < 0 && r != -EINVAL)
		return r;
	baseline_empty(baseline);
	return 0;
}

int history_baseline_add(struct recorder *recorder, const struct observed_doc *observed, struct baseline *baseline,
			 struct tfs_error *error)
{
	int r;

	if (!baseline->edits)
		baseline->edits = calloc(EDITS_STAGED, sizeof(*baseline->edits));
	if (!baseline->path)
		baseline->path = strdup(observed->path);
	if (!baseline->edits || !baseline->path)
		return tfs_error_set_memory(error);
	r = edit_path(recorder, observed->path, observed->text, observed->len, &baseline->edits[baseline->count],
		      error);
	if (r < 0)
		return r;
	baseline->count++;
	baseline->documents++;
	if (baseline->count == EDITS_STAGED)
		r = baseline_stage(recorder, baseline, error);
	return r;
}

int history_baseline_commit(struct recorder *recorder, const char *directory, struct baseline *baseline,
			    struct tfs_error *error)
{
	struct tfs_change change = { .type = TFS_CHANGE_CHANGE };
	struct commit_stamp stamp = { .authored = baseline->at != 0 ? baseline->at : tfs_clock_wall().tv_sec };
	int r;

	if (baseline->documents == 0)
		return 0;
	change.path = baseline->documents == 1 ? baseline->path : directory;
	stamp.recorded = stamp.authored;
	history_author_tenantfs(recorder->config, &stamp.author);
	r = baseline_stage(recorder, baseline, error);
	if (r == 0)
		r = commit(recorder, &change, ORIGIN_BASELINE, baseline->documents, &stamp, error);
	baseline->documents = 0;
	free(steal_pointer(&baseline->path));
	return r;
}

void history_baseline_finish(struct baseline *baseline)
{
	baseline_empty(baseline);
	free(baseline->edits);
	free(baseline->path);
	*baseline = (struct baseline){ 0 };
}
