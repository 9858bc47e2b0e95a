/* Edits trees: each directory is written once, however many edits are below it. */
#include "edit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What libgit2's memory backend, our list and malloc add. */
enum { OBJECT_OVERHEAD = 160 };

enum { DEPTH_MAX = 32, ENTRY_BYTES = 40, NAME_BYTES = 256, PATH_BYTES = 4096 };

int history_written_add(struct written *written, const git_oid *id, const char *name, size_t bytes)
{
	struct written_object *object;
	size_t len = name ? strlen(name) : 0;

	if (written->count == written->room) {
		size_t room = written->room > 0 ? written->room * 2 : 64;
		struct written_object *objects = reallocarray(written->objects, room, sizeof(*objects));

		if (!objects)
			return -ENOMEM;
		written->objects = objects;
		written->room = room;
	}
	object = &written->objects[written->count++];
	git_oid_cpy(&object->id, id);
	if (len >= sizeof(object->name))
		name += len - sizeof(object->name) + 1;
	snprintf(object->name, sizeof(object->name), "%s", name ? name : "");
	written->bytes += bytes + OBJECT_OVERHEAD;
	return 0;
}

void history_written_finish(struct written *written)
{
	free(written->objects);
	*written = (struct written){ 0 };
}

static int compare_edits(const void *a, const void *b)
{
	const struct edit *left = a, *right = b;

	int r = strcmp(left->git_path, right->git_path);

	return r != 0 ? r : (left->order > right->order) - (left->order < right->order);
}

struct level {
	git_repository *repo;
	struct written *written;
	int depth;
};

static int edit_directory(const struct level *level, const git_oid *base, struct edit *edits, size_t count,
			  size_t offset, git_oid *ret, bool *ret_empty);

/* The number of leading edits below the same directory, whose name has `len` bytes. */
static size_t count_below(const struct edit *edits, size_t count, size_t offset, size_t len)
{
	size_t n = 1;

	while (n < count && strncmp(edits[n].git_path + offset, edits[0].git_path + offset, len + 1) == 0)
		n++;
	return n;
}

static int edit_below(const struct level *level, git_treebuilder *builder, struct edit *edits, size_t count,
		      size_t offset, size_t len)
{
	struct level below = { level->repo, level->written, level->depth + 1 };
	const git_tree_entry *entry;
	char name[NAME_BYTES];
	git_oid had, made;
	bool empty, is_tree;
	int r;

	snprintf(name, sizeof(name), "%.*s", (int)len, edits[0].git_path + offset);
	entry = git_treebuilder_get(builder, name);
	is_tree = entry && git_tree_entry_type(entry) == GIT_OBJECT_TREE;
	if (is_tree)
		git_oid_cpy(&had, git_tree_entry_id(entry));
	r = edit_directory(&below, is_tree ? &had : NULL, edits, count, offset + len + 1, &made, &empty);
	if (r < 0)
		return r;
	if (!empty)
		return git_treebuilder_insert(NULL, builder, name, &made, GIT_FILEMODE_TREE);
	return entry ? git_treebuilder_remove(builder, name) : 0;
}

static int edit_entry(git_treebuilder *builder, const struct edit *edit, size_t offset)
{
	const char *name = edit->git_path + offset;

	if (!edit->remove)
		return git_treebuilder_insert(NULL, builder, name, &edit->blob,
					      edit->directory ? GIT_FILEMODE_TREE : GIT_FILEMODE_BLOB);
	return git_treebuilder_get(builder, name) ? git_treebuilder_remove(builder, name) : 0;
}

static int edit_directory(const struct level *level, const git_oid *base, struct edit *edits, size_t count,
			  size_t offset, git_oid *ret, bool *ret_empty)
{
	git_treebuilder *builder cleanup_git_treebuilder = NULL;
	git_tree *tree cleanup_git_tree = NULL;
	char name[PATH_BYTES];
	int r = base ? git_tree_lookup(&tree, level->repo, base) : 0;

	if (level->depth > DEPTH_MAX)
		return GIT_EINVALIDSPEC;
	if (r == 0)
		r = git_treebuilder_new(&builder, level->repo, tree);
	for (size_t i = 0, n; i < count && r == 0; i += n) {
		size_t len = strcspn(edits[i].git_path + offset, "/");

		n = 1;
		if (edits[i].git_path[offset + len] != '/') {
			r = edit_entry(builder, &edits[i], offset);
			continue;
		}
		n = count_below(edits + i, count - i, offset, len);
		r = edit_below(level, builder, edits + i, n, offset, len);
	}
	if (r < 0)
		return r;
	*ret_empty = git_treebuilder_entrycount(builder) == 0;
	if (*ret_empty && level->depth > 0)
		return 0;
	r = git_treebuilder_write(ret, builder);
	if (r < 0 || (base && git_oid_equal(base, ret)))
		return r;
	/* Without edits: the empty tree of a first commit that changes no document. */
	snprintf(name, sizeof(name), "%.*s", (int)offset, count > 0 ? edits[0].git_path : "");
	return history_written_add(level->written, ret, name, git_treebuilder_entrycount(builder) * ENTRY_BYTES) < 0
		       ? GIT_ERROR
		       : 0;
}

int history_tree_edit(git_repository *repo, struct written *written, const git_oid *base, struct edit *edits,
		      size_t count, git_oid *ret)
{
	const struct level top = { repo, written, 0 };
	bool empty;

	if (count == 0 && base) {
		git_oid_cpy(ret, base);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		edits[i].order = (uint32_t)i;
	if (count > 1)
		qsort(edits, count, sizeof(*edits), compare_edits);
	return edit_directory(&top, base, edits, count, 0, ret, &empty);
}
