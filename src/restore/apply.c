/* Carries plans out, or tries them as a dry run, with the tree's ordinary saves and removals. */
#include "apply.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "order.h"
#include "tenantfs/history-view.h"

/* The version an item is based on, counted. NULL: none, removed since, or out of memory. */
static struct tfs_doc *planned_base(const json_t *item, const struct tfs_location *location)
{
	const char *base = tfs_json_text(item, "base"), *id = tfs_json_text(item, "base_id");

	if (!location->doc)
		return NULL;
	if (!base || !id)
		return tfs_doc_ref(location->doc);
	return tfs_doc_new(location->doc->name, id, base, strlen(base), location->doc->mtime);
}

/* A removal requires that the object and its text are still those of the plan. */
static int check_removal(struct plan *plan, struct tfs_location *location, const json_t *item, const char *path)
{
	const char *base = tfs_json_text(item, "base"), *id = tfs_json_text(item, "base_id");
	cleanup_json json_t *members = NULL;
	int r = tfs_location_reload(plan->op, location);

	if (r < 0 || !base || !id)
		return r == -ENOENT ? tfs_fail(plan->op, r, "restore", "%s was removed meanwhile", path) : r;
	members = tfs_view_members(base, strlen(base), location->doc->data, location->doc->len);
	if (!members)
		return tfs_fail_memory(plan->op);
	if (strcmp(location->doc->id, id) == 0 && json_array_size(members) == 0)
		return 0;
	return tfs_fail(plan->op, -ESTALE, "restore", "%s was changed meanwhile; it stays", path);
}

/* Others may have created, changed or removed the document since the plan was made. */
static int check_meanwhile(struct plan *plan, struct tfs_location *location, const json_t *item)
{
	const char *path = tfs_json_text(item, "path"), *action = tfs_json_text(item, "action");
	int r;

	if (strcmp(action, "change") == 0)
		return location->doc || !tfs_json_text(item, "base")
			       ? 0
			       : tfs_fail(plan->op, -ENOENT, "restore", "%s was removed meanwhile", path);
	if (strcmp(action, "remove") == 0)
		return check_removal(plan, location, item, path);
	assert(strcmp(action, "create") == 0);
	r = tfs_location_reload(plan->op, location);
	if (r == 0)
		return tfs_fail(plan->op, -EEXIST, "restore", "%s was created by others meanwhile; it stays", path);
	if (r == -ENOENT)
		tfs_error_clear(tfs_op_error(plan->op));
	return r == -ENOENT ? 0 : r;
}

static int save_item(struct plan *plan, const struct tfs_location *location, const json_t *item, const char *text)
{
	struct tfs_doc *base cleanup_doc = planned_base(item, location);

	if (!base && location->doc)
		return tfs_fail_memory(plan->op);
	return tfs_location_save(plan->tree, plan->op, location, base, text, strlen(text));
}

static int apply_located(struct plan *plan, struct tfs_location *location, const json_t *item)
{
	const char *path = tfs_json_text(item, "path"), *text = tfs_json_text(item, "text");
	bool dry_run = tfs_op_dry_run(plan->op);
	int r;

	/* In a dry run, objects above the path that the plan creates do not exist yet. */
	if (!location->resource)
		return dry_run && restore_order_creates_above(plan->items, path)
			       ? -ECANCELED
			       : tfs_fail(plan->op, -ENOENT, "restore", "an object above it does not exist");
	r = dry_run ? 0 : check_meanwhile(plan, location, item);
	if (r < 0)
		return r;
	return text ? save_item(plan, location, item, text) : tfs_location_remove(plan->tree, plan->op, location);
}

static int apply_item(struct plan *plan, const json_t *item)
{
	struct tfs_location location = { 0 };
	int r = tfs_tree_locate(plan->tree, plan->op, tfs_json_text(item, "path"), &location);

	if (r == 0)
		r = apply_located(plan, &location, item);
	tfs_location_finish(plan->tree, &location);
	return r;
}

/* The changes of one command share a random change set id. */
static int begin_set(struct tfs_op *op)
{
	char id[TFS_OP_SET + 1];
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return tfs_fail(op, -EIO, "restore", "no random number is available");
	snprintf(id, sizeof(id), "%016" PRIx64, number);
	tfs_op_set_change_set(op, id);
	return 0;
}

static const char *outcome(struct tfs_op *op, int r)
{
	const char *message = tfs_op_error(op)->message;

	if (r == 0)
		return "done";
	return message[0] != '\0' ? message : r == -EINTR ? "interrupted; nothing more was done" : strerrordesc_np(-r);
}

int restore_plan_apply(struct plan *plan, struct plan_counts *counts)
{
	json_t *item;
	size_t i;

	if (begin_set(plan->op) < 0)
		return -EIO;
	json_array_foreach (plan->items, i, item) {
		int r;

		if (json_is_true(json_object_get(item, "beyond")))
			continue;
		tfs_error_clear(tfs_op_error(plan->op));
		r = apply_item(plan, item);
		counts->done += r == 0;
		counts->refused += r < 0;
		if (json_object_set_new(item, "outcome", json_string(outcome(plan->op, r))) < 0)
			return tfs_fail_memory(plan->op);
		/* The answer still reports the changes that were made, and how to undo them. */
		if (r == -EINTR || r == -ETIMEDOUT)
			break;
	}
	tfs_error_clear(tfs_op_error(plan->op));
	return 0;
}

/* Whether the error is not about the item: the server is down or sends garbage, or the command cannot continue. */
static bool is_trouble(int r)
{
	return r == -EINTR || r == -ETIMEDOUT || r == -EIO || r == -EACCES || r == -EAGAIN || r == -EBADMSG ||
	       r == -ENOMEM;
}

static int dry_run_item(struct plan *plan, json_t *item)
{
	struct tfs_error *error = tfs_op_error(plan->op);
	int r;

	tfs_op_set_dry_run(plan->op, true);
	r = apply_item(plan, item);
	tfs_op_set_dry_run(plan->op, false);
	if (is_trouble(r))
		return r;
	if (r < 0 && r != -ECANCELED &&
	    (json_array_append_new(json_object_get(item, "cannot"), json_string(error->message)) < 0 ||
	     json_object_set_new(item, "beyond", json_true()) < 0))
		return tfs_fail_memory(plan->op);
	tfs_error_clear(error);
	return 0;
}

int restore_plan_dry_run(struct plan *plan)
{
	/* Items of higher ranks may reference objects that the plan creates and that do not exist yet. */
	json_int_t lowest = restore_order_lowest_created(plan->items);
	json_t *item;
	size_t i;
	int r = 0;

	json_array_foreach (plan->items, i, item) {
		/* The removals gate checks removals when they are carried out. */
		if (r == 0 && json_object_get(item, "text") && !json_is_true(json_object_get(item, "beyond")) &&
		    json_integer_value(json_object_get(item, "rank")) <= lowest)
			r = dry_run_item(plan, item);
	}
	return r;
}
