/* Restore and undo: a plan, rehearsed, and carried out by the tree's ordinary commits. */
#include "tenantfs/put-back.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "commit.h"
#include "order.h"
#include "plan.h"

/* The version an item was planned on. Counted, NULL: none. */
static struct tfs_doc *planned_base(const json_t *item, const struct live *live)
{
	const char *base = tfs_json_text(item, "base"), *id = tfs_json_text(item, "base_id");

	if (base == NULL || id == NULL)
		return live->doc != NULL ? tfs_doc_ref(live->doc) : NULL;
	return tfs_doc_new(live->doc->name, id, base, strlen(base), live->doc->mtime);
}

/* What stands there by now; -ENOENT: nothing does. */
static int look_again(struct put_back *back, struct live *live)
{
	struct target target TFS_CLEANUP(target_finish) = { 0 };
	struct tfs_doc *doc = NULL;
	int r = target_make(&target, live->dir, live->name, live->resource, live->place);

	if (r < 0)
		return plan_fail_memory(back->op);
	r = tfs_resource_get(live->resource, back->op, target.object, 0, &doc);
	if (r < 0 && r != -ENOENT)
		return r;
	tfs_doc_unref(live->doc);
	live->doc = doc;
	return r;
}

/* A removal is of the object and the text that it was planned for. */
static int check_removal(struct put_back *back, struct live *live, const json_t *item, const char *path)
{
	const char *base = tfs_json_text(item, "base"), *id = tfs_json_text(item, "base_id");
	cleanup_json json_t *members = NULL;
	int r = look_again(back, live);

	if (r < 0 || base == NULL || id == NULL)
		return r == -ENOENT ? tfs_fail(back->op, r, "put back", "%s was removed meanwhile", path) : r;
	members = tfs_past_members(base, strlen(base), live->doc->data, live->doc->len);
	if (members == NULL)
		return plan_fail_memory(back->op);
	if (strcmp(live->doc->id, id) == 0 && json_array_size(members) == 0)
		return 0;
	return tfs_fail(back->op, -ESTALE, "put back", "%s was changed meanwhile; it stays", path);
}

/* What is planned is for what stood there then: others may have made, changed or removed it in between. */
static int check_meanwhile(struct put_back *back, struct live *live, const json_t *item)
{
	const char *path = tfs_json_text(item, "path"), *action = tfs_json_text(item, "action");
	int r;

	if (strcmp(action, "change") == 0)
		return live->doc != NULL || tfs_json_text(item, "base") == NULL
			       ? 0
			       : tfs_fail(back->op, -ENOENT, "put back", "%s was removed meanwhile", path);
	if (strcmp(action, "remove") == 0)
		return check_removal(back, live, item, path);
	r = look_again(back, live);
	if (r == 0)
		return tfs_fail(back->op, -EEXIST, "put back", "%s was made by others meanwhile; it stays", path);
	if (r == -ENOENT)
		tfs_error_clear(tfs_op_error(back->op));
	return r == -ENOENT ? 0 : r;
}

static int save_item(struct put_back *back, const struct live *live, const json_t *item, const char *text)
{
	struct target target TFS_CLEANUP(target_finish) = { 0 };
	struct tfs_doc *base cleanup_doc = planned_base(item, live);
	struct tfs_doc *doc cleanup_doc = NULL;
	int r = target_make(&target, live->dir, live->name, live->resource, live->place);

	if (r < 0 || (base == NULL && live->doc != NULL))
		return plan_fail_memory(back->op);
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
	int r = live_find(back, path, &live);

	/* What the plan makes above it is not there yet when it is rehearsed. */
	if (r == 0 && live.resource == NULL)
		r = tfs_op_rehearsal(back->op) && order_makes_above(back->plan, path) ?
			    -ECANCELED :
			    tfs_fail(back->op, -ENOENT, "put back", "what it stands below is not there");
	if (r < 0) {
		live_finish(back->tree, &live);
		return r;
	}
	r = tfs_op_rehearsal(back->op) ? 0 : check_meanwhile(back, &live, item);
	if (r == 0)
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

static const char *outcome(struct tfs_op *op, int r)
{
	const char *message = tfs_op_error(op)->message;

	if (r == 0)
		return "done";
	return message[0] != '\0' ? message : r == -EINTR ? "interrupted; nothing more was done" : strerrordesc_np(-r);
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
		counts->done += r == 0;
		counts->refused += r < 0;
		if (json_object_set_new(item, "outcome", json_string(outcome(back->op, r))) < 0)
			return plan_fail_memory(back->op);
		/* What was done is told all the same, and how it is taken back. */
		if (r == -EINTR || r == -ETIMEDOUT)
			break;
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

/* It says nothing of the item: the server is away or answers nonsense, or we cannot go on. */
static bool is_trouble(int r)
{
	return r == -EINTR || r == -ETIMEDOUT || r == -EIO || r == -EACCES || r == -EAGAIN || r == -EBADMSG ||
	       r == -ENOMEM;
}

/* What a save of the item would be refused with before anything is sent, into its reasons. */
static int rehearse_item(struct put_back *back, json_t *item)
{
	struct tfs_error *error = tfs_op_error(back->op);
	int r;

	tfs_op_set_rehearsal(back->op, true);
	r = carry_out_item(back, item);
	tfs_op_set_rehearsal(back->op, false);
	if (is_trouble(r))
		return r;
	if (r < 0 && r != -ECANCELED &&
	    (json_array_append_new(json_object_get(item, "cannot"), json_string(error->message)) < 0 ||
	     json_object_set_new(item, "beyond", json_true()) < 0))
		return plan_fail_memory(back->op);
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
	if (r == 0)
		r = plan_moved(back);
	if (r == 0)
		r = rehearse(back);
	if (r == 0 && order_plan(back->plan) < 0)
		r = plan_fail_memory(back->op);
	if (r == 0 && set_reason(back->op, set ? "undo set" : undo != NULL ? "undo" : "restore",
				 set ? back->of_set : id) < 0)
		r = plan_fail_memory(back->op);
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
	int r = plan == NULL || renamed == NULL || spans == NULL ? plan_fail_memory(op) : check_recording(tree, op);

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
	return *ret != NULL ? 0 : plan_fail_memory(op);
}
