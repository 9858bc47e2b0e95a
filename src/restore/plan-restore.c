/* Plans that restore documents from a source. */
#include "plan-restore.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tenantfs/document.h"

/*
 * Whether a text of the source describes the same object as the document. The id is a member of the text or of
 * "_server".
 */
static bool is_same_object(const struct tfs_kind *kind, const char *text, const struct tfs_doc *doc)
{
	cleanup_json json_t *then = NULL;
	const char *id;

	if (tfs_json_parse(text, strlen(text), &then, NULL) < 0)
		return false;
	id = json_string_value(tfs_document_id(kind, then));
	return id && strcmp(id, doc->id) == 0;
}

/*
 * If the source has the document under another name: appends that text, which renames the object back when it is
 * saved. Appends nothing if the object was not renamed or the old name is taken.
 */
static int read_renamed(struct plan *plan, struct source *source, const json_t *created, const char *path,
			const struct tfs_location *location, struct tfs_buf *out)
{
	const char *from = path;
	struct tfs_location old;
	int r = 0;

	assert(location->doc);
	for (int i = 0; i < PLAN_RENAMES && r == 0 && !out->data && from; i++) {
		from = json_string_value(json_object_get(created, from));
		r = from ? restore_plan_read(plan, source, from, out) : 0;
	}
	if (r < 0 || !out->data)
		return r;
	r = tfs_tree_locate(plan->tree, plan->op, from, &old);
	if (r < 0)
		return r;
	if (old.doc || !is_same_object(location->kind, out->data, location->doc))
		tfs_buf_finish(out);
	else if (json_object_set_new(plan->renamed, from, json_string(path)) < 0)
		r = tfs_fail_memory(plan->op);
	tfs_location_finish(plan->tree, &old);
	return r;
}

static int restore_located(struct plan *plan, struct source *source, const char *path,
			   const struct tfs_location *location)
{
	struct tfs_buf then cleanup_buf = TFS_BUF_INIT(PLAN_TEXT), wanted cleanup_buf = TFS_BUF_INIT(PLAN_TEXT);
	cleanup_json json_t *cannot = json_array();
	const json_t *created = NULL;
	bool removes;
	int r = cannot ? source->ops->created_since(source, &created, tfs_op_error(plan->op))
		       : tfs_fail_memory(plan->op);

	if (r == 0)
		r = restore_plan_read(plan, source, path, &then);
	if (r == 0 && !then.data && location->doc)
		r = read_renamed(plan, source, created, path, location, &then);
	if (r == 0 && then.data)
		r = restore_plan_revert_to(plan, location, then.data, &wanted, cannot);
	/* The source may lack a document that was never recorded: only documents created since are removed. */
	removes = !then.data && location->doc && json_object_get(created, path);
	if (r == 0 && (then.data || removes))
		r = restore_plan_add(plan, path, location, wanted.data, wanted.len, json_incref(cannot));
	return r;
}

static int restore_document(struct plan *plan, struct source *source, const char *path)
{
	struct tfs_location location;
	int r = tfs_tree_locate(plan->tree, plan->op, path, &location);

	if (r < 0)
		return r;
	r = restore_located(plan, source, path, &location);
	tfs_location_finish(plan->tree, &location);
	return r;
}

struct walk {
	struct plan *plan;
	struct source *source;
};

static int restore_differing(void *context, const char *path)
{
	const struct walk *walk = context;

	/* The old name of an object that is renamed back. Its current name also differs and was visited before. */
	if (json_object_get(walk->plan->renamed, path))
		return 0;
	return restore_document(walk->plan, walk->source, path);
}

int restore_plan_restore(struct plan *plan, struct source *source, const char *path)
{
	struct tfs_error *error = tfs_op_error(plan->op);
	bool directory = false;
	int r = source->ops->is_directory(source, path, &directory, error);

	if (r < 0)
		return r;
	if (!directory)
		return restore_document(plan, source, path);
	return source->ops->list_differing(source, path, restore_differing, &(struct walk){ plan, source }, error);
}

static int note_directory(void *context, const char *directory)
{
	return json_array_append_new(context, json_string(directory)) < 0 ? -ENOMEM : 0;
}

/* The index of the directory that contains the path; the number of directories: none. */
static size_t find_directory(const char *path, const json_t *directories)
{
	const json_t *directory;
	size_t i;

	json_array_foreach (directories, i, directory) {
		size_t len = json_string_length(directory);

		if (strncmp(path, json_string_value(directory), len) == 0 && path[len] == '/')
			break;
	}
	return i;
}

/* Plans to save one text at `path` before the object above it is renamed back. */
static int plan_early(struct plan *plan, const char *path, const char *text)
{
	struct tfs_buf wanted cleanup_buf = TFS_BUF_INIT(PLAN_TEXT);
	cleanup_json json_t *cannot = json_array();
	size_t before = json_array_size(plan->items);
	struct tfs_location location;
	int r = cannot ? tfs_tree_locate(plan->tree, plan->op, path, &location) : tfs_fail_memory(plan->op);

	if (r < 0)
		return r;
	r = restore_plan_revert_to(plan, &location, text, &wanted, cannot);
	if (r == 0)
		r = restore_plan_add(plan, path, &location, wanted.data, wanted.len, json_incref(cannot));
	tfs_location_finish(plan->tree, &location);
	if (r == 0 && json_array_size(plan->items) > before &&
	    json_object_set_new(json_array_get(plan->items, before), "early", json_true()) < 0)
		r = tfs_fail_memory(plan->op);
	return r;
}

/* Moves one item from the directories of the old names (`then`) to those of the current names (`now`). */
static int move_item(struct plan *plan, size_t index, const json_t *then, const json_t *now)
{
	cleanup_json json_t *item = json_incref(json_array_get(plan->items, index));
	const char *path = tfs_json_text(item, "path"), *text = tfs_json_text(item, "text");
	size_t in = find_directory(path, then);
	cleanup_free char *moved = NULL;

	if (strcmp(tfs_json_text(item, "action"), "remove") == 0 && find_directory(path, now) < json_array_size(now))
		return json_object_set_new(item, "early", json_true()) < 0 ? tfs_fail_memory(plan->op) : 0;
	if (in == json_array_size(then) || strcmp(tfs_json_text(item, "action"), "create") != 0 || !text)
		return 0;
	if (asprintf(&moved, "%s%s", json_string_value(json_array_get(now, in)),
		     path + json_string_length(json_array_get(then, in))) < 0) {
		moved = NULL;
		return tfs_fail_memory(plan->op);
	}
	json_array_remove(plan->items, index);
	return plan_early(plan, moved, text);
}

int restore_plan_move_below_renamed(struct plan *plan)
{
	cleanup_json json_t *then = json_array(), *now = json_array();
	const char *name;
	json_t *value;
	int r = then && now ? 0 : -ENOMEM;

	json_object_foreach (plan->renamed, name, value) {
		if (r == 0)
			r = tfs_kind_below(name, note_directory, then);
		if (r == 0)
			r = tfs_kind_below(json_string_value(value), note_directory, now);
	}
	/* Both names are of one kind and have the same directories below them. */
	if (r < 0 || json_array_size(then) != json_array_size(now))
		return tfs_fail_memory(plan->op);
	for (size_t i = json_array_size(plan->items); i-- > 0 && r == 0;)
		r = move_item(plan, i, then, now);
	return r;
}
