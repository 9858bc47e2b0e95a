/* Steps sent for a difference: their bodies, and what their answers say. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "document/prune-body.h"
#include "document/undeclared-members.h"
#include "intent.h"

enum { NAMES_MAX = 1024 };

/* A member's value in the server's form; `*ret` NULL: leave it out. */
static int stored_member(struct save *save, const char *member, json_t **ret)
{
	const struct tfs_field *field = document_table_find(top_table(save->resource->kind), member);
	const json_t *value = json_object_get(save->ours, member);
	const struct json_path path = { NULL, member, 0 };

	*ret = NULL;
	if (!value)
		return 0;
	if (!field)
		return document_store_undeclared(&save->resolver.context, &path, save->ours, member, value,
						 save->object.record, json_object_get(save->object.record, member), ret,
						 tfs_op_error(save->op));
	return document_store_value(&save->resolver.context, field, save->ours,
				    json_object_get(save->object.record, record_name(field)), ret,
				    tfs_op_error(save->op));
}

int change_step_check_values(struct save *save)
{
	int r = 0;

	for (size_t i = 0; i < json_array_size(save->changed) && r == 0; i++) {
		json_t *value cleanup_json = NULL;

		r = stored_member(save, json_string_value(json_array_get(save->changed, i)), &value);
	}
	return r;
}

static bool is_removed(const struct save *save, const char *member)
{
	const json_t *value = json_object_get(save->ours, member);

	return !value || json_is_null(value);
}

/* Whether the step's body names removed members. A PATCH of the whole document may keep what it does not name. */
static bool names_removals(const struct tfs_step *step)
{
	return step->send == TFS_SEND_CHANGED ||
	       (step->send == TFS_SEND_WHOLE && strcmp(step->endpoint->method, "PATCH") == 0);
}

/* The same for a step's body, where a removed member needs the value that removes it. */
static int sent_member(struct save *save, const struct tfs_step *step, const char *member, json_t **ret)
{
	const struct tfs_kind *kind = save->resource->kind;

	if (!names_removals(step) || !is_removed(save, member) || !change_step_sends(kind, step, member))
		return stored_member(save, member, ret);
	*ret = document_body_removal(step->endpoint, change_step_body_name(kind, step->endpoint, member));
	return 0;
}

static int add_member(struct save *save, const struct tfs_step *step, const char *member, json_t *body)
{
	const char *name = change_step_body_name(save->resource->kind, step->endpoint, member);
	json_t *value;
	int r;

	if (!name)
		name = member;
	if (json_object_get(body, name))
		return 0;
	r = sent_member(save, step, member, &value);
	if (r < 0)
		return r;
	return value && json_object_set_new_nocheck(body, name, value) < 0 ? -ENOMEM : 0;
}

/* Whether a body of changes needs the member though it is unchanged: left out, it would be missing or be lost. */
static bool goes_along(const struct save *save, const struct tfs_step *step, const char *member)
{
	const char *name = change_step_body_name(save->resource->kind, step->endpoint, member);
	const struct tfs_field *field =
		!name ? NULL : tfs_field_find(step->endpoint->body, step->endpoint->n_body, name);

	return field && (field->fallback || tfs_field_wanted(field, save->ours, save->ours));
}

static int fill_body(struct save *save, const struct tfs_step *step, json_t *body)
{
	const struct tfs_kind *kind = save->resource->kind;
	bool whole = step->send == TFS_SEND_WHOLE;
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach (save->ours, name, value) {
		if (r == 0 && strcmp(name, SERVER_MEMBER) != 0 && change_step_sends(kind, step, name) &&
		    (whole || goes_along(save, step, name)))
			r = add_member(save, step, name, body);
	}
	if (!names_removals(step))
		return r;
	for (size_t i = 0; i < json_array_size(save->changed) && r == 0; i++) {
		name = json_string_value(json_array_get(save->changed, i));
		if (change_step_sends(kind, step, name))
			r = add_member(save, step, name, body);
	}
	return r;
}

static int make_args(struct save *save, const struct tfs_step *step, json_t **ret)
{
	struct args_source with = {
		.resource = save->resource,
		.op = save->op,
		.context = &save->resolver.context,
		.id = save->object.doc ? save->object.doc->id : NULL,
		.name = save->raw_name,
		.new = save->ours,
		.old = save->theirs,
		.record = save->object.record,
		.text = save->text,
	};
	cleanup_json json_t *args = NULL;
	json_t *body;
	int r = resource_args_render(step, &with, &args);

	if (r != 0)
		return r;
	body = json_object_get(args, "body");
	if (!body && step->send != TFS_SEND_NOTHING) {
		body = json_object();
		if (!body || json_object_set_new_nocheck(args, "body", body) < 0)
			return -ENOMEM;
	}
	if (step->send != TFS_SEND_NOTHING)
		r = fill_body(save, step, body);
	if (r == 0 && body)
		r = document_body_prune(save->resource->kind, step->endpoint, body);
	if (r == 0)
		*ret = steal_pointer(&args);
	return r;
}

/* Updates the record with the members that the step sent. */
static int note_sent(struct save *save, const struct tfs_step *step)
{
	const struct tfs_kind *kind = save->resource->kind;
	int r = 0;

	for (size_t i = 0; i < json_array_size(save->changed) && r == 0; i++) {
		const char *member = json_string_value(json_array_get(save->changed, i));
		const struct tfs_field *field = document_table_find(top_table(kind), member);
		const char *as = field ? record_name(field) : member;
		json_t *value;

		if (!change_step_carries(kind, step, member) || json_object_get(save->sent, member))
			continue;
		tfs_buf_printf(&save->done, "%s%s", save->done.len > 0 ? ", " : "", member);
		if (json_object_set_new_nocheck(save->sent, member, json_true()) < 0)
			return -ENOMEM;
		r = sent_member(save, step, member, &value);
		if (r < 0 || !save->record) {
			json_decref(r < 0 ? NULL : value);
			continue;
		}
		/* A removed array stays as an empty one. */
		if (!value || (is_removed(save, member) && !json_is_array(value)) || (field && field->write_only)) {
			json_object_del(save->record, as);
			json_decref(value);
		} else if (json_object_set_new_nocheck(save->record, as, value) < 0) {
			r = -ENOMEM;
		}
	}
	return r;
}

/*
 * Whether the answer is the object itself: it has its id or, for a single document, every member that was sent.
 */
static bool is_record(const struct save *save, const json_t *answer)
{
	const struct tfs_kind *kind = save->resource->kind;
	const char *name;
	json_t *value;

	if (!json_is_object(answer) || !save->record)
		return false;
	if (kind->id_members)
		return document_same_value(tfs_document_record_id(kind, answer),
					   tfs_document_record_id(kind, save->record)) &&
		       tfs_document_record_id(kind, answer);
	json_object_foreach (save->sent, name, value) {
		const struct tfs_field *field = document_table_find(top_table(kind), name);

		if (!json_object_get(answer, field ? record_name(field) : name))
			return false;
	}
	return true;
}

/*
 * Takes the server's values from the answer. Members that a record in the list lacks are ignored, since they
 * would disappear with the next listing.
 */
static int take_answer(struct save *save, const json_t *answer)
{
	const char *name;
	json_t *value;

	if (!is_record(save, answer))
		return 0;
	json_object_foreach ((json_t *)(uintptr_t)answer, name, value) {
		if (json_object_get(save->record, name) && json_object_set_nocheck(save->record, name, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Whether the answer has every member that the record is known to have. */
static bool is_whole(const struct save *save, const json_t *answer)
{
	const char *name;
	json_t *value;

	if (!is_record(save, answer))
		return false;
	json_object_foreach (save->record, name, value) {
		if (!json_object_get(answer, name))
			return false;
	}
	return true;
}

/* Whether the body has the document's member that the path, "/member/inner", begins with. */
static bool body_has(const struct save *save, const struct tfs_step *step, const json_t *body, const char *path)
{
	cleanup_free char *member = strndup(path + 1, strcspn(path + 1, "/"));
	const char *name = member ? change_step_body_name(save->resource->kind, step->endpoint, member) : NULL;

	return member && json_object_get(body, name ? name : member);
}

/* The server refused the body. Members in it that the catalogue does not know may be the reason: names them. */
static void name_undeclared(struct save *save, const struct tfs_step *step, const json_t *args)
{
	struct tfs_buf names cleanup_buf = TFS_BUF_INIT(NAMES_MAX);
	cleanup_json json_t *members = change_undeclared_members(save->resource->kind, save->ours);
	const char *path;
	json_t *value;

	json_object_foreach (members, path, value) {
		if (body_has(save, step, json_object_get(args, "body"), path))
			tfs_buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", path + 1);
	}
	if (names.len > 0)
		tfs_error_prefix(tfs_op_error(save->op),
				 "sent with %s, which the API document does not have: ", names.data);
}

int change_step_run(struct save *save, const struct tfs_step *step, json_t **ret_answer)
{
	struct tfs_api_answer answer = { 0 };
	cleanup_json json_t *args = NULL;
	const json_t *found = NULL;
	int r = make_args(save, step, &args);

	if (r == 1)
		return 0;
	if (r == 0 && tfs_op_dry_run(save->op))
		return tfs_fail(save->op, -ECANCELED, "resource", "it would be sent");
	if (r == 0)
		r = change_save_announce(save, step);
	snprintf(save->endpoint, sizeof(save->endpoint), "%s %s", step->endpoint->method, step->endpoint->path);
	if (r == 0)
		r = resource_step_send(save->resource, save->op, step, args, &answer);
	if (r == -EINVAL)
		name_undeclared(save, step, args);
	save->acted = save->acted || r == 0;
	if (r == 0)
		r = change_step_check_rows(save->op, step, &answer);
	if (r == 0 && answer.body)
		found = tfs_json_at(answer.body, step->answer ? step->answer : "");
	if (r == 0)
		r = note_sent(save, step);
	save->confirmed = false;
	save->answered = r == 0 && found && is_whole(save, found);
	if (r == 0 && found)
		r = take_answer(save, found);
	if (r == 0 && ret_answer)
		*ret_answer = !found ? NULL : json_ref_const(found);
	tfs_api_answer_finish(&answer);
	if (r < 0 && tfs_op_error(save->op)->code == 0)
		tfs_fail(save->op, r, "resource", "%s %s: the call could not be made", step->endpoint->method,
			 step->endpoint->path);
	return r;
}

/* Appends the names of the changed members not yet saved, of one step or of all. Returns their number. */
static size_t list_unsaved(const struct save *save, const struct tfs_step *step, struct tfs_buf *out,
			   const char **ret_first)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(save->changed); i++) {
		const char *member = json_string_value(json_array_get(save->changed, i));

		if (json_object_get(save->sent, member))
			continue;
		if (step && !change_step_carries(save->resource->kind, step, member))
			continue;
		if (count == 0)
			*ret_first = member;
		tfs_buf_printf(out, "%s%s", count++ > 0 ? ", " : "", member);
	}
	return count;
}

/* Adds to the error: the members of the failed step, those saved already, and those not saved. */
static void explain(struct save *save, const struct tfs_step *step, const struct tfs_step *done)
{
	struct tfs_error *error = tfs_op_error(save->op);
	struct tfs_buf own cleanup_buf = TFS_BUF_INIT(256), all cleanup_buf = TFS_BUF_INIT(256);
	const char *first = NULL, *any = NULL;
	struct json_path path = { 0 };

	if (list_unsaved(save, step, &own, &first) == 1 && error->member[0] == '\0') {
		path.member = first;
		document_json_path_text(&path, error->member, sizeof(error->member));
	}
	list_unsaved(save, NULL, &all, &any);
	if (save->done.len > 0)
		tfs_error_prefix(error, "%s saved, %s not: ", save->done.data, all.len > 0 ? all.data : "the rest");
	else if (own.len > 0 && strncmp(error->message, own.data, own.len) != 0)
		tfs_error_prefix(error, "%s: ", own.data);
	/* A call without members, such as a removal before an object is created again. */
	if (done && save->done.len == 0)
		tfs_error_prefix(error, "%s %s is done, what follows it is not: ", done->endpoint->method,
				 done->endpoint->path);
}

/* Whether the step would have to remove a member and its endpoint cannot. */
static bool cannot_remove(const struct save *save, const struct tfs_step *step, const char *member)
{
	const struct tfs_kind *kind = save->resource->kind;
	json_t *value cleanup_json = NULL;

	if (step->send != TFS_SEND_CHANGED || !is_removed(save, member) || !change_step_sends(kind, step, member))
		return false;
	value = document_body_removal(step->endpoint, change_step_body_name(kind, step->endpoint, member));
	return !value;
}

static int refuse_uncarried(struct save *save, const struct tfs_step *steps, size_t count)
{
	for (size_t i = 0; i < json_array_size(save->changed); i++) {
		const char *member = json_string_value(json_array_get(save->changed, i));
		struct json_path path = { NULL, member, 0 };
		bool carried = false, stays = false;

		for (size_t j = 0; j < count && !carried; j++) {
			carried = change_step_carries(save->resource->kind, &steps[j], member) &&
				  change_step_applies(save, &steps[j]);
			stays = carried && cannot_remove(save, &steps[j], member);
		}
		if (stays)
			return document_fail_member(tfs_op_error(save->op), -EINVAL, &path,
						    "%s: the API has no way to take it away; give it another value",
						    member);
		if (!carried)
			return document_fail_member(tfs_op_error(save->op), -EINVAL, &path,
						    "%s: the API has no call that makes this change", member);
	}
	return 0;
}

int change_steps_run(struct save *save, const struct tfs_step *steps, size_t count)
{
	const struct tfs_step *done = NULL;
	bool acted;
	int r = refuse_uncarried(save, steps, count);

	if (r == 0)
		r = change_unread_check(save, steps, count);

	for (size_t i = 0; i < count && r == 0; i++) {
		if (!change_step_applies(save, &steps[i]))
			continue;
		acted = save->acted;
		save->acted = false;
		r = change_step_run(save, &steps[i], NULL);
		if (r < 0)
			explain(save, &steps[i], done);
		else if (save->acted)
			done = &steps[i];
		/* A step with nothing to send makes no call. */
		save->acted = save->acted || acted;
	}
	return r;
}
