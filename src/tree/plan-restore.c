/* What has to be done for things to be as they were in a state. */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

	for (int i = 0; i < PLAN_RENAMES && r == 0 && out->data == NULL && from != NULL; i++) {
		from = json_string_value(json_object_get(back->made, from));
		r = from != NULL ? plan_read_then(back, id, from, out) : 0;
	}
	if (r < 0 || out->data == NULL)
		return r;
	r = live_find(back, from, &old);
	if (r < 0)
		return r;
	if (old.doc != NULL || !is_same_object(live->place->kind, out->data, live->doc))
		tfs_buf_finish(out);
	else if (json_object_set_new(back->renamed, from, json_string(path)) < 0)
		r = plan_fail_memory(back->op);
	live_finish(back->tree, &old);
	return r;
}

/* `path` shall be as it was in the state `id`. */
static int plan_restore(struct put_back *back, const char *id, const char *path)
{
	struct tfs_buf then cleanup_buf = TFS_BUF_INIT(PLAN_TEXT), wanted cleanup_buf = TFS_BUF_INIT(PLAN_TEXT);
	json_t *cannot = json_array();
	struct live live;
	int r = live_find(back, path, &live);

	if (r < 0 || cannot == NULL) {
		json_decref(cannot);
		return r < 0 ? r : plan_fail_memory(back->op);
	}
	r = plan_read_then(back, id, path, &then);
	if (r == 0 && then.data == NULL && live.doc != NULL)
		r = read_renamed(back, id, path, &live, &then);
	if (r == 0 && then.data != NULL)
		r = plan_want(&live, then.data, &wanted, cannot);
	/* Not recorded then is not the same as not there: what nobody made since stays. */
	if (r == 0 && (then.data != NULL || (live.doc != NULL && json_object_get(back->made, path) != NULL)))
		r = plan_add(back, path, &live, wanted.data, wanted.len, json_incref(cannot));
	json_decref(cannot);
	live_finish(back->tree, &live);
	return r;
}

/* Each document at or below `path` that differs between the state and the newest one, or stands there now. */
int plan_restores(struct put_back *back, const char *id, const char *path)
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

static int note_directory(void *context, const char *directory)
{
	return json_array_append_new(context, json_string(directory)) < 0 ? -ENOMEM : 0;
}

/* Which of the directories the path stands in; as many as there are: in none. */
static size_t find_directory(const char *path, const json_t *directories)
{
	const json_t *directory;
	size_t i;

	json_array_foreach(directories, i, directory)
	{
		size_t len = json_string_length(directory);

		if (strncmp(path, json_string_value(directory), len) == 0 && path[len] == '/')
			break;
	}
	return i;
}

/* One text is to stand at `path`, before what it stands below is renamed back. */
static int plan_early(struct put_back *back, const char *path, const char *text)
{
	struct tfs_buf wanted cleanup_buf = TFS_BUF_INIT(PLAN_TEXT);
	cleanup_json json_t *cannot = json_array();
	size_t before = json_array_size(back->plan);
	struct live live;
	int r = cannot != NULL ? live_find(back, path, &live) : plan_fail_memory(back->op);

	if (r < 0)
		return r;
	r = plan_want(&live, text, &wanted, cannot);
	if (r == 0)
		r = plan_add(back, path, &live, wanted.data, wanted.len, json_incref(cannot));
	live_finish(back->tree, &live);
	if (r == 0 && json_array_size(back->plan) > before &&
	    json_object_set_new(json_array_get(back->plan, before), "early", json_true()) < 0)
		r = plan_fail_memory(back->op);
	return r;
}

/* One item, by the directories of then and of now. */
static int move_item(struct put_back *back, size_t index, const json_t *then, const json_t *now)
{
	cleanup_json json_t *item = json_incref(json_array_get(back->plan, index));
	const char *path = tfs_json_text(item, "path"), *text = tfs_json_text(item, "text");
	size_t in = find_directory(path, then);
	cleanup_free char *moved = NULL;

	if (strcmp(tfs_json_text(item, "action"), "remove") == 0 && find_directory(path, now) < json_array_size(now))
		return json_object_set_new(item, "early", json_true()) < 0 ? plan_fail_memory(back->op) : 0;
	if (in == json_array_size(then) || strcmp(tfs_json_text(item, "action"), "create") != 0 || text == NULL)
		return 0;
	if (asprintf(&moved, "%s%s", json_string_value(json_array_get(now, in)),
		     path + json_string_length(json_array_get(then, in))) < 0) {
		moved = NULL;
		return plan_fail_memory(back->op);
	}
	json_array_remove(back->plan, index);
	return plan_early(back, moved, text);
}

int plan_moved(struct put_back *back)
{
	cleanup_json json_t *then = json_array(), *now = json_array();
	const char *name;
	json_t *value;
	int r = then != NULL && now != NULL ? 0 : -ENOMEM;

	json_object_foreach(back->renamed, name, value)
	{
		if (r == 0)
			r = tfs_kind_below(name, note_directory, then);
		if (r == 0)
			r = tfs_kind_below(json_string_value(value), note_directory, now);
	}
	/* Of one form, and so as many. */
	if (r < 0 || json_array_size(then) != json_array_size(now))
		return plan_fail_memory(back->op);
	for (size_t i = json_array_size(back->plan); i-- > 0 && r == 0;)
		r = move_item(back, i, then, now);
	return r;
}
