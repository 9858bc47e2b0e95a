/* Plans of restore and undo: what stands now, and what is to become of it. */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"

enum { TAIL = 7 };

void live_finish(struct tfs_tree *tree, struct live *live)
{
	if (live->dir != NULL && live->dir != tree->root)
		tfs_tree_forget(tree, live->dir, 1);
	free(live->name);
	tfs_doc_unref(live->doc);
}

int plan_fail_memory(struct tfs_op *op)
{
	return tfs_fail(op, -ENOMEM, "put back", "out of memory");
}

static const struct place *document_place(const struct tfs_node *dir, const char *name)
{
	const struct place *place = NULL;

	if (dir->ops->kind != KIND_PATH_DIR)
		return NULL;
	do {
		cleanup_free char *object = NULL;

		place = place_match(dir->what, place, name, &object);
	} while (place != NULL && place->type != PLACE_SET && place->type != PLACE_DOC);
	return place;
}

int live_find(struct put_back *back, const char *path, struct live *ret)
{
	struct live live = { 0 };
	struct found found = { 0 };
	int r = tree_reach(back->tree, back->op, path, &live.dir, &live.name);

	if (r == -ENOENT && (live.place = order_place(back->tree->places, path)) != NULL) {
		tfs_error_clear(tfs_op_error(back->op));
		*ret = live;
		return 0;
	}
	if (r == 0) {
		live.place = document_place(live.dir, live.name);
		r = live.place == NULL
			    ? tfs_fail(back->op, -ENOENT, "put back", "%s: the tree has no such place", path)
			    : dir_resource_get(back->tree, live.dir, live.place, &live.resource);
	}
	if (r == 0)
		r = find_entry(back->tree, back->op, live.dir, live.name, &found);
	if (r == 0 && found.ops->kind == KIND_DOCUMENT)
		live.doc = steal_pointer(&found.doc);
	tfs_doc_unref(found.doc);
	if (r == -ENOENT && live.resource != NULL) {
		tfs_error_clear(tfs_op_error(back->op));
		r = 0;
	}
	if (r < 0)
		live_finish(back->tree, &live);
	else
		*ret = live;
	return r;
}

/* Why an action is beyond the API; NULL: it is not. */
static const char *beyond(const struct tfs_kind *kind, const char *action)
{
	if (strcmp(action, "create") == 0)
		return kind->n_create > 0 ? NULL : kind->no_create != NULL ? kind->no_create : "it cannot be made";
	if (strcmp(action, "remove") == 0)
		return kind->n_remove > 0 ? NULL : kind->no_remove != NULL ? kind->no_remove : "it cannot be removed";
	return kind->n_change > 0 ? NULL : kind->no_change != NULL ? kind->no_change : "it cannot be changed";
}

/*
 * Of two objects of one name each file has a tail of its id, which no new object will have: the first is made under
 * the name alone. "DIR/X~0a1b2c.json" to "DIR/X.json"; NULL: it has no tail, or there is no memory.
 */
static char *path_without_tail(const char *path, const struct place *place)
{
	size_t end = place->type == PLACE_SET ? strlen(place->name) : 0, len = strlen(path);
	char *made;

	if (end == 0 || len < end + TAIL || path[len - end - TAIL] != '~' ||
	    strspn(path + len - end - TAIL + 1, "0123456789abcdef") < TAIL - 1)
		return NULL;
	return asprintf(&made, "%.*s%s", (int)(len - end - TAIL), path, place->name) < 0 ? NULL : made;
}

static bool is_planned(const struct put_back *back, const char *path)
{
	const json_t *item;
	size_t i;

	json_array_foreach(back->plan, i, item)
		if (strcmp(tfs_json_text(item, "path"), path) == 0)
			return true;
	return false;
}

/* Whether nothing stands at a path, nor is about to. */
static int is_free(struct put_back *back, const char *path, bool *ret)
{
	struct live live;
	int r = live_find(back, path, &live);

	if (r < 0)
		return r;
	*ret = live.doc == NULL && !is_planned(back, path);
	live_finish(back->tree, &live);
	return 0;
}

/* `text` NULL: it is to go. `cannot` is taken over. Nothing to be done and nothing to be said: no item. */
int plan_add(struct put_back *back, const char *path, const struct live *live, const char *text, size_t len,
	     json_t *cannot)
{
	bool made = live->doc == NULL && live->place->type != PLACE_DOC;
	const char *action = text == NULL ? "remove" : made ? "create" : "change";
	const char *refused = beyond(live->place->kind, action);
	cleanup_json json_t *reasons = cannot, *item = NULL;
	cleanup_free char *plain = strcmp(action, "create") == 0 ? path_without_tail(path, live->place) : NULL;
	bool alone = true;
	cleanup_json json_t *members = tfs_past_members(live->doc != NULL ? live->doc->data : NULL,
							live->doc != NULL ? live->doc->len : 0, text, len);

	if (members == NULL)
		return plan_fail_memory(back->op);
	if (tfs_op_cancelled(back->op))
		return tfs_fail(back->op, -EINTR, "put back", "interrupted");
	if (plain != NULL && refused == NULL && is_free(back, plain, &alone) < 0)
		return tfs_op_error(back->op)->code;
	if (!alone)
		refused = "another object of its name is there, and a file makes no second one";
	if (text != NULL && live->doc != NULL && json_array_size(members) == 0 && json_array_size(reasons) == 0)
		return 0;
	if (refused != NULL && json_array_append_new(reasons, json_string(refused)) < 0)
		return plan_fail_memory(back->op);
	item = json_pack("{s:s, s:s, s:O, s:O, s:b, s:i}", "path", plain != NULL && alone ? plain : path, "action",
			 action, "members", members, "cannot", reasons, "beyond",
			 refused != NULL || (live->doc != NULL && json_array_size(members) == 0), "rank",
			 (int)live->place->rank);
	if (item != NULL && made && refused == NULL && live->place->kind->id_member != NULL &&
	    json_object_set_new(item, "note", json_string("made anew: the service gives it another id")) < 0)
		return plan_fail_memory(back->op);
	if (item != NULL && text != NULL && json_object_set_new(item, "text", json_stringn(text, len)) < 0)
		return plan_fail_memory(back->op);
	/* What others do from here on is merged with what is planned, not undone by it, and not removed. */
	if (item != NULL && live->doc != NULL &&
	    (json_object_set_new(item, "base", json_stringn(live->doc->data, live->doc->len)) < 0 ||
	     json_object_set_new(item, "base_id", json_string(live->doc->id)) < 0))
		return plan_fail_memory(back->op);
	return json_array_append(back->plan, item) < 0 ? plan_fail_memory(back->op) : 0;
}

/* The document as it was, or NULL text where there was none. */
int plan_read_then(struct put_back *back, const char *id, const char *path, struct tfs_buf *out)
{
	int r = id != NULL ? tfs_past_read(back->past, id, path, out, tfs_op_error(back->op)) : -ENOENT;

	if (r != -ENOENT)
		return r;
	tfs_error_clear(tfs_op_error(back->op));
	return 0;
}

/* The text that is wanted of one that was so then. */
int plan_want(const struct live *live, const char *then, struct tfs_buf *wanted, json_t *cannot)
{
	const struct tfs_kind *kind = live->place->kind;
	int r = tfs_revert_to(kind, then, live->doc != NULL ? live->doc->data : NULL, wanted, cannot);

	for (size_t i = 0; i < kind->n_fields && r == 0 && live->doc == NULL; i++)
		if (kind->fields[i].write_only && kind->fields[i].required)
			r = tfs_revert_note(cannot, kind->fields[i].name, "never shown, and so not recorded");
	return r;
}
