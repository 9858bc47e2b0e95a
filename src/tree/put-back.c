/* Restore and undo: a plan from what is recorded and what stands, carried out by the tree's ordinary commits. */
#include "tenantfs/put-back.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "commit.h"
#include "node.h"
#include "order.h"
#include "tenantfs/past.h"
#include "wanted.h"

enum { TEXT_BYTES = 64 << 20, RENAMES = 32, TAIL = 7 };

struct put_back {
	struct tfs_tree *tree;
	struct tfs_op *op;
	struct tfs_past *past;
	json_t *plan;
	json_t *made;    /* paths made since the state to be restored; NULL for undo */
	json_t *renamed; /* names of then whose objects are renamed back */
	json_t *spans;   /* of undo: {"path", "old_path", "before", "after"}, see add_span */
	char of_set[TFS_OP_SET + 1]; /* of the change that is undone; "" none */
};

/* What stands at a path now. */
struct live {
	struct tfs_node *dir; /* one look-up of it is ours, unless it is the root */
	char *name;
	const struct place *place;
	struct tfs_resource *resource; /* NULL: the object it stands below is not there */
	struct tfs_doc *doc; /* NULL: none */
};

static void live_finish(struct tfs_tree *tree, struct live *live)
{
	if (live->dir != NULL && live->dir != tree->root)
		tfs_tree_forget(tree, live->dir, 1);
	free(live->name);
	tfs_doc_unref(live->doc);
}

static struct wanted_fields fields_of(const struct live *live)
{
	return (struct wanted_fields){ live->place->kind->fields, live->place->kind->n_fields };
}

static int fail_memory(struct tfs_op *op)
{
	return tfs_fail(op, -ENOMEM, "put back", "out of memory");
}

static const struct place *document_place(const struct tfs_node *dir, const char *name)
{
	const struct place *place = NULL;

	if (dir->ops != &place_dir_ops)
		return NULL;
	do {
		cleanup_free char *object = NULL;

		place = place_match(dir->what, place, name, &object);
	} while (place != NULL && place->type != PLACE_SET && place->type != PLACE_DOC);
	return place;
}

static int find_live(struct put_back *back, const char *path, struct live *ret)
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
		r = live.place == NULL ? tfs_fail(back->op, -ENOENT, "put back", "%s: the tree has no such place", path)
				       : link_resource(back->tree, live.dir, live.place, &live.resource);
	}
	if (r == 0)
		r = find_entry(back->tree, back->op, live.dir, live.name, &found);
	if (r == 0 && found.ops == &document_ops)
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
	int r = find_live(back, path, &live);

	if (r < 0)
		return r;
	*ret = live.doc == NULL && !is_planned(back, path);
	live_finish(back->tree, &live);
	return 0;
}

/* `text` NULL: it is to go. `cannot` is taken over. Nothing to be done and nothing to be said: no item. */
static int add_item(struct put_back *back, const char *path, const struct live *live, const char *text, size_t len,
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
		return fail_memory(back->op);
	if (plain != NULL && refused == NULL && is_free(back, plain, &alone) < 0)
		return tfs_op_error(back->op)->code;
	if (!alone)
		refused = "another object of its name is there, and a file makes no second one";
	if (text != NULL && live->doc != NULL && json_array_size(members) == 0 && json_array_size(reasons) == 0)
		return 0;
	if (refused != NULL && json_array_append_new(reasons, json_string(refused)) < 0)
		return fail_memory(back->op);
	item = json_pack("{s:s, s:s, s:O, s:O, s:b, s:i}", "path", plain != NULL && alone ? plain : path, "action",
			 action, "members", members, "cannot", reasons, "beyond",
			 refused != NULL || (live->doc != NULL && json_array_size(members) == 0), "rank",
			 (int)live->place->rank);
	if (item != NULL && made && refused == NULL && live->place->kind->id_member != NULL &&
	    json_object_set_new(item, "note", json_string("made anew: the service gives it another id")) < 0)
		return fail_memory(back->op);
	if (item != NULL && text != NULL && json_object_set_new(item, "text", json_stringn(text, len)) < 0)
		return fail_memory(back->op);
	/* What others do from here on is merged with what is planned, not undone by it. */
	if (item != NULL && text != NULL && live->doc != NULL &&
	    (json_object_set_new(item, "base", json_stringn(live->doc->data, live->doc->len)) < 0 ||
	     json_object_set_new(item, "base_id", json_string(live->doc->id)) < 0))
		return fail_memory(back->op);
	return json_array_append(back->plan, item) < 0 ? fail_memory(back->op) : 0;
}

/* The document as it was, or NULL text where there was none. */
static int read_then(struct put_back *back, const char *id, const char *path, struct tfs_buf *out)
{
	int r = id != NULL ? tfs_past_read(back->past, id, path, out, tfs_op_error(back->op)) : -ENOENT;

	if (r != -ENOENT)
		return r;
	tfs_error_clear(tfs_op_error(back->op));
	return 0;
}

/* Whether the text was of the object that the document is of: the id stands among the server's members or its own. */
static bool is_same_object(const struct tfs_kind *kind, const char *text, const struct tfs_doc *doc)
{
	cleanup_json json_t *then = NULL;
	const char *id;

	if (kind->id_member == NULL || tfs_json_parse(text, strlen(text), &then, NULL) < 0)
		return false;
	id = tfs_json_text(json_object_get(then, "_server"), kind->id_member);
	for (size_t i = 0; i < kind->n_fields && id == NULL; i++) {
		const struct tfs_field *field = &kind->fields[i];

		if (strcmp(field->record != NULL ? field->record : field->name, kind->id_member) == 0)
			id = tfs_json_text(then, field->name);
	}
	return id != NULL && strcmp(id, doc->id) == 0;
}

/*
 * What was not there under its name, but was under another that is free: the text it had, to be renamed by. Without
 * one `out` stays empty.
 */
static int read_renamed(struct put_back *back, const char *id, const char *path, const struct live *live,
			struct tfs_buf *out)
{
	const char *from = path;
	struct live old;
	int r = 0;

	for (int i = 0; i < RENAMES && r == 0 && out->data == NULL && from != NULL; i++) {
		from = json_string_value(json_object_get(back->made, from));
		r = from != NULL ? read_then(back, id, from, out) : 0;
	}
	if (r < 0 || out->data == NULL)
		return r;
	r = find_live(back, from, &old);
	if (r < 0)
		return r;
	if (old.doc != NULL || !is_same_object(live->place->kind, out->data, live->doc))
		tfs_buf_finish(out);
	else if (json_object_set_new(back->renamed, from, json_true()) < 0)
		r = fail_memory(back->op);
	live_finish(back->tree, &old);
	return r;
}

/* The text that is wanted of one that was so then. */
static int want(const struct live *live, const char *then, struct tfs_buf *wanted, json_t *cannot)
{
	const struct tfs_kind *kind = live->place->kind;
	int r = wanted_restore(fields_of(live), then, live->doc != NULL ? live->doc->data : NULL, wanted, cannot);

	for (size_t i = 0; i < kind->n_fields && r == 0 && live->doc == NULL; i++)
		if (kind->fields[i].write_only && kind->fields[i].required)
			r = wanted_say(cannot, kind->fields[i].name, "never shown, and so not recorded");
	return r;
}

/* `path` shall be as it was in the state `id`. */
static int plan_restore(struct put_back *back, const char *id, const char *path)
{
	struct tfs_buf then cleanup_buf = TFS_BUF_INIT(TEXT_BYTES), wanted cleanup_buf = TFS_BUF_INIT(TEXT_BYTES);
	json_t *cannot = json_array();
	struct live live;
	int r = find_live(back, path, &live);

	if (r < 0 || cannot == NULL) {
		json_decref(cannot);
		return r < 0 ? r : fail_memory(back->op);
	}
	r = read_then(back, id, path, &then);
	if (r == 0 && then.data == NULL && live.doc != NULL)
		r = read_renamed(back, id, path, &live, &then);
	if (r == 0 && then.data != NULL)
		r = want(&live, then.data, &wanted, cannot);
	/* Not recorded then is not the same as not there: what nobody made since stays. */
	if (r == 0 && (then.data != NULL || (live.doc != NULL && json_object_get(back->made, path) != NULL)))
		r = add_item(back, path, &live, wanted.data, wanted.len, json_incref(cannot));
	json_decref(cannot);
	live_finish(back->tree, &live);
	return r;
}

/* What came of a document made, or of one made anew, is not taken back with it: it stays, and that is said. */
static int stay(const struct tfs_doc *doc, const struct tfs_buf *known, struct tfs_buf *wanted, json_t *cannot)
{
	cleanup_json json_t *members = tfs_past_members(known->data, known->len, doc->data, doc->len);

	if (members == NULL)
		return -ENOMEM;
	if (json_array_size(members) > 0 &&
	    json_array_append_new(cannot, json_string("it was changed again since; it stays")) < 0)
		return -ENOMEM;
	return tfs_buf_add(wanted, doc->data, doc->len);
}

/* The text that is wanted of what stands there now (NULL: nothing does), without what one change did. */
static int want_undone(const struct tfs_buf *before, const struct tfs_buf *after, const struct live *live,
		       struct tfs_buf *wanted, json_t *cannot)
{
	const struct tfs_doc *doc = live->doc;
	int r;

	if (doc == NULL)
		return before->data != NULL ? want(live, before->data, wanted, cannot) : 0;
	if (before->data != NULL && after->data != NULL)
		return wanted_undo(fields_of(live), before->data, after->data, doc->data, wanted, cannot);
	r = stay(doc, before->data != NULL ? before : after, wanted, cannot);
	/* Made by the change, and still as it was made: it goes. */
	if (r == 0 && before->data == NULL && json_array_size(cannot) == 0)
		tfs_buf_finish(wanted);
	return r;
}

/* What an object is called now that was renamed since the state `id`; yours, NULL where it was not. */
static int follow(struct put_back *back, const char *id, const char *path, char **ret)
{
	cleanup_json json_t *made = NULL;
	const char *at = path, *name;
	json_t *from;
	int r = tfs_past_made(back->past, id, &made, tfs_op_error(back->op));

	*ret = NULL;
	for (int i = 0; i < RENAMES && r == 0; i++) {
		const char *next = NULL;

		json_object_foreach(made, name, from)
		{
			if (json_is_string(from) && strcmp(json_string_value(from), at) == 0)
				next = name;
		}
		if (next == NULL)
			break;
		at = next;
	}
	if (r < 0 || at == path)
		return r;
	*ret = strdup(at);
	return *ret != NULL ? 0 : fail_memory(back->op);
}

/* What stands at `path` now, or what stood there in the state `id` and is called otherwise now. */
static int find_followed(struct put_back *back, const char *id, const char *path, struct live *ret, char **ret_path)
{
	int r = find_live(back, path, ret);

	if (r < 0 || ret->doc != NULL)
		return r;
	r = follow(back, id, path, ret_path);
	if (r == 0 && *ret_path == NULL)
		return 0;
	live_finish(back->tree, ret);
	*ret = (struct live){ 0 };
	return r == 0 ? find_live(back, *ret_path, ret) : r;
}

/* What a change did to `path`, which was called `old_path` before, is taken back. */
static int plan_undo(struct put_back *back, const char *before_id, const char *old_path, const char *after_id,
		     const char *path)
{
	struct tfs_buf before cleanup_buf = TFS_BUF_INIT(TEXT_BYTES), after cleanup_buf = TFS_BUF_INIT(TEXT_BYTES);
	struct tfs_buf wanted cleanup_buf = TFS_BUF_INIT(TEXT_BYTES);
	bool renamed = strcmp(path, old_path) != 0;
	cleanup_json json_t *cannot = json_array();
	cleanup_free char *followed = NULL;
	struct live live = { 0 };
	int r = cannot != NULL ? read_then(back, before_id, old_path, &before) : fail_memory(back->op);

	if (r == 0)
		r = read_then(back, after_id, path, &after);
	if (r == 0)
		r = after.data == NULL || renamed ? find_live(back, path, &live)
						  : find_followed(back, after_id, path, &live, &followed);
	if (r == 0 && live.doc == NULL && renamed)
		r = tfs_fail(back->op, -ENOENT, "put back", "%s was renamed or removed again since", path);
	/* To make it anew would take back its removal, which is another change. */
	if (r == 0 && live.doc == NULL && before.data != NULL && after.data != NULL)
		r = tfs_fail(back->op, -ENOENT, "put back", "%s was removed since", path);
	if (r == 0)
		r = want_undone(&before, &after, &live, &wanted, cannot);
	/* Made by the change and gone already: nothing is left to be taken back. */
	if (r == 0 && (wanted.data != NULL || live.doc != NULL))
		r = add_item(back, followed != NULL ? followed : path, &live, wanted.data, wanted.len,
			     json_incref(cannot));
	live_finish(back->tree, &live);
	return r;
}

/* Each document at or below `path` that differs between the state and the newest one, or stands there now. */
static int plan_restores(struct put_back *back, const char *id, const char *path)
{
	cleanup_json json_t *changes = NULL;
	bool directory = false;
	struct timespec time;
	const json_t *change;
	size_t i, size;
	int r = tfs_past_stat(back->past, id, path, &directory, &size, &time, tfs_op_error(back->op));

	if (r == -ENOENT)
		r = tfs_past_stat(back->past, "HEAD", path, &directory, &size, &time, tfs_op_error(back->op));
	if (r < 0)
		return r;
	tfs_error_clear(tfs_op_error(back->op));
	if (!directory)
		return plan_restore(back, id, path);
	r = tfs_past_diff(back->past, id, "HEAD", path, &changes, tfs_op_error(back->op));
	json_array_foreach(changes, i, change)
	{
		const char *name = tfs_json_text(change, "path");

		/* Renamed ones come first: they stand in the newest state. */
		if (r == 0 && json_object_get(back->renamed, name) == NULL)
			r = plan_restore(back, id, name);
	}
	return r;
}

/*
 * What a change made of one path. Called from the newest to the oldest: where one changed what a newer one of the set
 * found, both are one, from what stood before the older to what stood after the newer.
 */
static int add_span(struct put_back *back, const char *path, const char *old_path, const char *before,
		    const char *after)
{
	json_t *span;
	size_t i;

	json_array_foreach(back->spans, i, span)
	{
		if (strcmp(tfs_json_text(span, "old_path"), path) != 0)
			continue;
		return json_object_set_new(span, "old_path", json_string(old_path)) < 0 ||
				       json_object_set_new(span, "before", json_string(before)) < 0
			       ? fail_memory(back->op)
			       : 0;
	}
	span = json_pack("{s:s, s:s, s:s, s:s}", "path", path, "old_path", old_path, "before", before, "after", after);
	return json_array_append_new(back->spans, span) < 0 ? fail_memory(back->op) : 0;
}

static int add_spans(struct put_back *back, const char *revision)
{
	cleanup_json json_t *shown = NULL;
	char parent[TFS_PAST_ID + 2], before[TFS_PAST_ID] = "";
	const char *after, *moved, *set;
	const json_t *change;
	size_t i;
	int r = tfs_past_show(back->past, revision, &shown, tfs_op_error(back->op));

	if (r < 0)
		return r;
	if (strcmp(tfs_json_text(shown, "operation") != NULL ? tfs_json_text(shown, "operation") : "", "baseline") == 0)
		return tfs_fail(back->op, -EINVAL, "put back",
				"%s is no change: it records how things were when they were first seen", revision);
	after = tfs_json_text(shown, "commit");
	set = tfs_json_text(shown, "change_set");
	snprintf(back->of_set, sizeof(back->of_set), "%s", set != NULL ? set : "");
	snprintf(parent, sizeof(parent), "%s~1", after);
	/* Before the first there was nothing. */
	if (tfs_past_resolve(back->past, parent, before, NULL) < 0)
		before[0] = '\0';
	/* The object is renamed back: made anew it would be another one. */
	moved = tfs_json_text(shown, "new_path");
	if (before[0] != '\0' && moved != NULL && tfs_json_text(shown, "path") != NULL)
		return add_span(back, moved, tfs_json_text(shown, "path"), before, after);
	json_array_foreach(json_object_get(shown, "changes"), i, change)
	{
		const char *path = tfs_json_text(change, "path");

		if (r == 0)
			r = add_span(back, path, path, before, after);
	}
	return r;
}

/* What is not there any more to be taken back; of a set the rest still is. */
static int add_lost(struct put_back *back, const char *path)
{
	struct tfs_error *error = tfs_op_error(back->op);
	json_t *item = json_pack("{s:s, s:s, s:[], s:[s], s:b}", "path", path, "action", "change", "members", "cannot",
				 error->message, "beyond", 1);

	tfs_error_clear(error);
	return json_array_append_new(back->plan, item) < 0 ? fail_memory(back->op) : 0;
}

/* `set`: all changes of the set that the revision is part of, newest first, as each may stand on those before it. */
static int plan_undos(struct put_back *back, const char *revision, bool set)
{
	cleanup_json json_t *commits = NULL;
	const json_t *item;
	size_t i;
	int r = 0;

	if (set)
		r = tfs_past_set(back->past, revision, &commits, tfs_op_error(back->op));
	else if ((commits = json_pack("[s]", revision)) == NULL)
		r = fail_memory(back->op);
	json_array_foreach(commits, i, item)
	{
		if (r == 0)
			r = add_spans(back, json_string_value(item));
	}
	json_array_foreach(back->spans, i, item)
	{
		const char *path = tfs_json_text(item, "path"), *before = tfs_json_text(item, "before");

		if (r == 0)
			r = plan_undo(back, before[0] != '\0' ? before : NULL, tfs_json_text(item, "old_path"),
				      tfs_json_text(item, "after"), path);
		if (r == -ENOENT && set)
			r = add_lost(back, path);
	}
	return r;
}

/* The version an item was planned on; one that came only since is the newest there is. Counted, NULL: none. */
static struct tfs_doc *planned_base(const json_t *item, const struct live *live)
{
	const char *base = tfs_json_text(item, "base"), *id = tfs_json_text(item, "base_id");

	if (live->doc == NULL || base == NULL || id == NULL)
		return live->doc != NULL ? tfs_doc_ref(live->doc) : NULL;
	return tfs_doc_new(live->doc->name, id, base, strlen(base), live->doc->mtime);
}

static int save_item(struct put_back *back, const struct live *live, const json_t *item, const char *text)
{
	struct target target TFS_CLEANUP(target_finish) = { 0 };
	struct tfs_doc *base cleanup_doc = planned_base(item, live);
	struct tfs_doc *doc cleanup_doc = NULL;
	int r = target_make(&target, live->dir, live->name, live->resource, live->place);

	if (r < 0 || (base == NULL && live->doc != NULL))
		return fail_memory(back->op);
	r = check_writable(back->tree, back->op, live->place->kind, tfs_json_text(item, "path"));
	if (r < 0)
		return r;
	if (tfs_op_rehearsal(back->op))
		return tfs_resource_save(target.resource, back->op, target.object, base, text, strlen(text), &doc);
	return commit_text(back->tree, back->op, &target, base, text, strlen(text), &doc);
}

static int carry_out_item(struct put_back *back, json_t *item)
{
	const char *path = tfs_json_text(item, "path"), *text = tfs_json_text(item, "text");
	struct live live = { 0 };
	int r = find_live(back, path, &live);

	if (r == 0 && live.resource == NULL)
		r = tfs_op_rehearsal(back->op) ?
			    -ECANCELED :
			    tfs_fail(back->op, -ENOENT, "put back", "what it stands below is not there");
	if (r < 0) {
		live_finish(back->tree, &live);
		return r;
	}
	r = text == NULL ? tfs_tree_unlink(back->tree, back->op, live.dir, live.name)
			 : save_item(back, &live, item, text);
	live_finish(back->tree, &live);
	return r;
}

struct counts {
	json_int_t cannot, done, refused;
};

/* What one command does is told apart from all else by a number of its own. */
static int begin_set(struct tfs_op *op)
{
	char id[TFS_OP_SET + 1];
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return tfs_fail(op, -EIO, "put back", "no random number is to be had");
	snprintf(id, sizeof(id), "%016" PRIx64, number);
	tfs_op_set_change_set(op, id);
	return 0;
}

static int carry_out(struct put_back *back, struct counts *counts)
{
	json_t *item;
	size_t i;

	if (begin_set(back->op) < 0)
		return -EIO;
	json_array_foreach(back->plan, i, item)
	{
		int r;

		if (json_is_true(json_object_get(item, "beyond")))
			continue;
		tfs_error_clear(tfs_op_error(back->op));
		r = carry_out_item(back, item);
		if (r == -EINTR || r == -ETIMEDOUT)
			return r;
		counts->done += r == 0;
		counts->refused += r < 0;
		if (json_object_set_new(item, "outcome",
					json_string(r == 0 ? "done" : tfs_op_error(back->op)->message)) < 0)
			return fail_memory(back->op);
	}
	tfs_error_clear(tfs_op_error(back->op));
	return 0;
}

/* "undo 1a2b3c4d5e6f", where nobody says better; a set has its whole number. */
static int set_reason(struct tfs_op *op, const char *what, const char *id)
{
	cleanup_free char *text = NULL;

	if (tfs_op_reason(op) != NULL)
		return 0;
	if (asprintf(&text, "%s %.*s", what, strlen(id) > TFS_OP_SET ? 12 : TFS_OP_SET, id) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return tfs_op_set_reason(op, text);
}

/* The lowest place where something is made: what stands there, and below, names none of it. */
static json_int_t lowest_made(const json_t *plan)
{
	json_int_t lowest = INT32_MAX;
	const json_t *item;
	size_t i;

	json_array_foreach(plan, i, item)
	{
		json_int_t rank = json_integer_value(json_object_get(item, "rank"));

		if (strcmp(tfs_json_text(item, "action"), "create") == 0 && rank < lowest)
			lowest = rank;
	}
	return lowest;
}

/* What a save of the item would be refused with before anything is sent, into its reasons. */
static int rehearse_item(struct put_back *back, json_t *item)
{
	struct tfs_error *error = tfs_op_error(back->op);
	int r;

	tfs_op_set_rehearsal(back->op, true);
	r = carry_out_item(back, item);
	tfs_op_set_rehearsal(back->op, false);
	if (r == -EINTR || r == -ETIMEDOUT || r == -EIO || r == -EACCES)
		return r;
	if (r < 0 && r != -ECANCELED &&
	    (json_array_append_new(json_object_get(item, "cannot"), json_string(error->message)) < 0 ||
	     json_object_set_new(item, "beyond", json_true()) < 0))
		return fail_memory(back->op);
	tfs_error_clear(error);
	return 0;
}

/* Items that may name what is made first cannot be judged before it is there; removals are up to their gate. */
static int rehearse(struct put_back *back)
{
	json_int_t lowest = lowest_made(back->plan);
	json_t *item;
	size_t i;
	int r = 0;

	json_array_foreach(back->plan, i, item)
	{
		if (r == 0 && json_object_get(item, "text") != NULL && !json_is_true(json_object_get(item, "beyond")) &&
		    json_integer_value(json_object_get(item, "rank")) <= lowest)
			r = rehearse_item(back, item);
	}
	return r;
}

static int make_plan(struct put_back *back, const json_t *request)
{
	const char *undo = tfs_json_text(request, "undo"), *revision = tfs_json_text(request, "revision");
	bool set = undo != NULL && json_is_true(json_object_get(request, "set"));
	const json_t *path;
	char id[TFS_PAST_ID];
	size_t i;
	int r;

	if (undo == NULL && revision == NULL)
		return tfs_fail(back->op, -EINVAL, "put back", "a revision is needed");
	r = set ? 0 : tfs_past_resolve(back->past, undo != NULL ? undo : revision, id, tfs_op_error(back->op));
	if (r == 0 && undo != NULL)
		r = plan_undos(back, set ? undo : id, set);
	if (r == 0 && undo == NULL)
		r = tfs_past_made(back->past, id, &back->made, tfs_op_error(back->op));
	json_array_foreach(undo == NULL ? json_object_get(request, "paths") : NULL, i, path)
	{
		if (r == 0 && json_is_string(path))
			r = plan_restores(back, id, json_string_value(path));
	}
	if (r == 0 && order_leave_moved(back->plan, back->renamed) < 0)
		r = fail_memory(back->op);
	if (r == 0)
		r = rehearse(back);
	if (r == 0 && order_plan(back->plan) < 0)
		r = fail_memory(back->op);
	if (r == 0 && set_reason(back->op, set ? "undo set" : undo != NULL ? "undo" : "restore",
				 set ? back->of_set : id) < 0)
		r = fail_memory(back->op);
	return r;
}

/* A plan compares what is recorded last, and takes it for what stands. */
static int check_recording(struct tfs_tree *tree, struct tfs_op *op)
{
	if (tree->config->history_record)
		return 0;
	return tfs_fail(op, -EOPNOTSUPP, "put back",
			"history-record is false: what stands now is not recorded, so nothing can be put back");
}

int tfs_tree_put_back(struct tfs_tree *tree, struct tfs_op *op, const json_t *request, json_t **ret)
{
	cleanup_json json_t *plan = json_array(), *renamed = json_object(), *spans = json_array();
	struct put_back back = { .tree = tree, .op = op, .plan = plan, .renamed = renamed, .spans = spans };
	struct tfs_past *past cleanup_past = NULL;
	struct counts counts = { 0 };
	json_t *item;
	size_t i;
	int r = plan == NULL || renamed == NULL || spans == NULL ? fail_memory(op) : check_recording(tree, op);

	if (r == 0)
		r = tfs_past_open(tree->config, &past, tfs_op_error(op));
	back.past = past;
	if (r == 0)
		r = make_plan(&back, request);
	json_decref(back.made);
	if (r < 0)
		return r;
	json_array_foreach(plan, i, item) counts.cannot += json_array_size(json_object_get(item, "cannot")) > 0;
	if (!json_is_true(json_object_get(request, "dry_run")) &&
	    (counts.cannot == 0 || json_is_true(json_object_get(request, "partly"))))
		r = carry_out(&back, &counts);
	json_array_foreach(plan, i, item)
	{
		json_object_del(item, "text");
		json_object_del(item, "base");
		json_object_del(item, "base_id");
	}
	if (r < 0)
		return r;
	*ret = json_pack("{s:O, s:I, s:I, s:I, s:s?, s:s?}", "plan", plan, "cannot", counts.cannot, "done", counts.done,
			 "refused", counts.refused, "change_set", counts.done > 0 ? tfs_op_change_set(op) : NULL,
			 "part_of",
			 back.of_set[0] != '\0' && !json_is_true(json_object_get(request, "set")) ? back.of_set : NULL);
	return *ret != NULL ? 0 : fail_memory(op);
}
