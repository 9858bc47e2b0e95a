/* A plan: makes its items from a path, the current document and the wanted text. */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tenantfs/history-view.h"
#include "tenantfs/revert.h"

enum { TAIL = 7 }; /* "~0a1b2c" */

/* The reason why the API does not support an action; NULL: it does. */
static const char *beyond(const struct tfs_kind *kind, const char *action)
{
	if (strcmp(action, "create") == 0)
		return kind->n_create > 0 ? NULL : kind->no_create ? kind->no_create : "it cannot be created";
	if (strcmp(action, "remove") == 0)
		return kind->n_remove > 0 ? NULL : kind->no_remove ? kind->no_remove : "it cannot be removed";
	return kind->n_change > 0 ? NULL : kind->no_change ? kind->no_change : "it cannot be changed";
}

/*
 * If two objects have one name, each file name ends in a part of the object's id. A new object has another id, so it is
 * created without that tail: "DIR/X~0a1b2c.json" as "DIR/X.json". The caller frees the path. NULL: it has no tail, or
 * out of memory.
 */
static char *path_without_tail(const char *path, const char *ending)
{
	size_t end = ending ? strlen(ending) : 0, len = strlen(path);
	char *plain;

	if (end == 0 || len < end + TAIL || path[len - end - TAIL] != '~' ||
	    strspn(path + len - end - TAIL + 1, "0123456789abcdef") < TAIL - 1)
		return NULL;
	return asprintf(&plain, "%.*s%s", (int)(len - end - TAIL), path, ending) < 0 ? NULL : plain;
}

static bool is_planned(const struct plan *plan, const char *path)
{
	const json_t *item;
	size_t i;

	json_array_foreach (plan->items, i, item)
		if (strcmp(tfs_json_text(item, "path"), path) == 0)
			return true;
	return false;
}

/* Whether there is no document at a path and none is planned. */
static int is_free(struct plan *plan, const char *path, bool *ret)
{
	struct tfs_location location;
	int r = tfs_tree_locate(plan->tree, plan->op, path, &location);

	if (r < 0)
		return r;
	*ret = !location.doc && !is_planned(plan, path);
	tfs_location_finish(plan->tree, &location);
	return 0;
}

/* The planned change of one document. */
struct outline {
	const char *path, *action;
	const char *refused; /* the reason why it cannot be done; NULL: it can */
	json_t *members;     /* the members that differ */
	json_t *cannot;
	bool creates; /* creates an object with a new id */
};

static json_t *outline_item(const struct outline *outline, const struct tfs_location *location)
{
	bool changes_nothing = location->doc && json_array_size(outline->members) == 0;

	return json_pack("{s:s, s:s, s:O, s:O, s:b, s:i}", "path", outline->path, "action", outline->action, "members",
			 outline->members, "cannot", outline->cannot, "beyond", outline->refused || changes_nothing,
			 "rank", (int)location->rank);
}

/* Adds the optional members of an item. 0 or -ENOMEM. */
static int add_details(json_t *item, const struct outline *outline, const struct tfs_location *location,
		       const char *text, size_t len)
{
	const struct tfs_doc *doc = location->doc;
	bool noted = outline->creates && !outline->refused && location->kind->id_members;

	if (noted &&
	    json_object_set_new(item, "note", json_string("created again: the service gives it another id")) < 0)
		return -ENOMEM;
	if (text && json_object_set_new(item, "text", json_stringn(text, len)) < 0)
		return -ENOMEM;
	/* The base of a three-way merge: changes that others make from now on are kept. */
	if (doc && (json_object_set_new(item, "base", json_stringn(doc->data, doc->len)) < 0 ||
		    json_object_set_new(item, "base_id", json_string(doc->id)) < 0))
		return -ENOMEM;
	return 0;
}

static int add_outline(struct plan *plan, const struct outline *outline, const struct tfs_location *location,
		       const char *text, size_t len)
{
	cleanup_json json_t *item = NULL;

	if (outline->refused && json_array_append_new(outline->cannot, json_string(outline->refused)) < 0)
		return tfs_fail_memory(plan->op);
	item = outline_item(outline, location);
	if (!item || add_details(item, outline, location, text, len) < 0 || json_array_append(plan->items, item) < 0)
		return tfs_fail_memory(plan->op);
	return 0;
}

int restore_plan_add(struct plan *plan, const char *path, const struct tfs_location *location, const char *text,
		     size_t len, json_t *cannot)
{
	const struct tfs_doc *doc = location->doc;
	cleanup_json json_t *reasons = cannot;
	cleanup_json json_t *members = tfs_view_members(doc ? doc->data : NULL, doc ? doc->len : 0, text, len);
	bool creates = !doc && location->ending, available = true;
	struct outline outline = { .path = path,
				   .action = !text     ? "remove"
					     : creates ? "create"
						       : "change",
				   .members = members,
				   .cannot = reasons,
				   .creates = creates };
	cleanup_free char *plain = creates && text ? path_without_tail(path, location->ending) : NULL;

	if (!members)
		return tfs_fail_memory(plan->op);
	if (tfs_op_cancelled(plan->op))
		return tfs_fail(plan->op, -EINTR, "restore", "interrupted");
	outline.refused = beyond(location->kind, outline.action);
	if (plain && !outline.refused && is_free(plan, plain, &available) < 0)
		return tfs_op_error(plan->op)->code;
	if (!available)
		outline.refused = "another object has its name, and a file cannot create a second one";
	else if (plain)
		outline.path = plain;
	if (text && doc && json_array_size(members) == 0 && json_array_size(reasons) == 0)
		return 0;
	return add_outline(plan, &outline, location, text, len);
}

int restore_plan_read(struct plan *plan, struct source *source, const char *path, struct tfs_buf *out)
{
	int r = source->ops->read(source, path, out, tfs_op_error(plan->op));

	if (r != -ENOENT)
		return r;
	tfs_error_clear(tfs_op_error(plan->op));
	return 0;
}

static bool is_known(void *tree, const char *digest)
{
	return tfs_tree_knows_secret(tree, digest);
}

int restore_plan_revert_to(const struct plan *plan, const struct tfs_location *location, const char *then,
			   struct tfs_buf *out, json_t *cannot)
{
	const struct tfs_revert_secrets secrets = { is_known, plan->tree };
	const struct tfs_kind *kind = location->kind;
	int r = tfs_revert_to(kind, then, location->doc ? location->doc->data : NULL, &secrets, out, cannot);

	for (size_t i = 0; i < kind->n_fields && r == 0 && !location->doc; i++)
		if (kind->fields[i].write_only && kind->fields[i].secret && kind->fields[i].required)
			r = tfs_revert_note(cannot, kind->fields[i].name,
					    "the API never returns it, so it is not recorded");
	return r;
}
