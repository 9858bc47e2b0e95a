/*
 * Creating: the call that makes the object, a read of the result, then calls for what the first could not send.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "resource/doc-builder.h"
#include "save.h"
#include "tenantfs/clock.h"
#include "tenantfs/name.h"
#include "tenantfs/save.h"

/*
 * The file name and the member with the object's name must agree. A missing member is filled from the file
 * name.
 */
static int agree_name(struct save *save)
{
	const struct tfs_field *field = document_kind_name_field(save->resource->kind);
	const json_t *named = !field ? NULL : json_object_get(save->ours, field->name);
	struct json_path path = { NULL, field ? field->name : NULL, 0 };
	cleanup_free char *escaped = NULL;
	size_t len;
	int r;

	if (!named || json_is_null(named)) {
		r = tfs_name_unescape(save->name, strlen(save->name), &save->raw_name, &len);
		if (r < 0)
			return tfs_fail(save->op, r, "resource", "\"%s\" cannot be a name", save->name);
		if (!field)
			return 0;
		r = json_object_set_new(save->ours, field->name, json_stringn(save->raw_name, len));
		return r < 0 ? tfs_fail(save->op, -EINVAL, "resource", "\"%s\" cannot be a name", save->name)
			     : document_check_member(field, json_object_get(save->ours, field->name),
						     tfs_op_error(save->op));
	}
	if (json_is_string(named)) {
		escaped = tfs_name_escape(json_string_value(named), json_string_length(named), TFS_NAME_MAX);
		save->raw_name = strdup(json_string_value(named));
		if (!escaped || !save->raw_name)
			return tfs_fail_memory(save->op);
		if (strcmp(escaped, save->name) == 0)
			return 0;
	}
	/* A name that has to be escaped in a file name: the error says the right file name. */
	if (escaped && strcmp(escaped, save->raw_name) != 0)
		return document_fail_member(tfs_op_error(save->op), -EINVAL, &path,
					    "the file is called \"%s\", but this %s calls for \"%s\"", save->name,
					    field->name, escaped);
	return document_fail_member(tfs_op_error(save->op), -EINVAL, &path,
				    "the file is called \"%s\" but %s is \"%s\"", save->name, field->name,
				    json_is_string(named) ? json_string_value(named) : "no text");
}

/* The undeclared members that the text of a new object may have. */
static json_t *accepted_members(const struct save *save, const char *text, size_t len)
{
	cleanup_json json_t *document = NULL;

	if (!tfs_op_restores(save->op) || tfs_json_parse(text, len, &document, NULL) < 0)
		return change_sibling_members(save->resource);
	return change_undeclared_members(save->resource->kind, document);
}

/* Removes the undeclared members of a restored object that no call of its creation sends. */
static void drop_unsendable(struct save *save)
{
	const struct tfs_kind *kind = save->resource->kind;
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe (save->ours, next, name, value) {
		bool carried = document_table_find(top_table(kind), name);

		for (size_t i = 0; i < kind->n_create && !carried; i++)
			carried = change_step_carries(kind, &kind->create[i], name);
		if (!carried)
			json_object_del(save->ours, name);
	}
}

char *tfs_resource_text_of(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *text,
			   size_t len)
{
	const struct tfs_field *field = document_kind_name_field(resource->kind);
	cleanup_json json_t *document = NULL;
	struct tfs_doc *doc cleanup_doc = NULL;
	struct tfs_error error = { 0 };
	cleanup_free char *file = NULL;
	const json_t *named;

	if (!field || resource->kind->form != TFS_FORM_JSON || tfs_json_parse(text, len, &document, &error) < 0)
		return NULL;
	named = json_object_get(document, field->name);
	if (json_is_string(named))
		file = tfs_name_escape(json_string_value(named), json_string_length(named), TFS_NAME_MAX);
	if (!file || strcmp(file, name) == 0)
		return NULL;
	if (tfs_resource_get(resource, op, file, UINT64_MAX, &doc) < 0) {
		tfs_error_clear(tfs_op_error(op));
		return NULL;
	}
	return steal_pointer(&file);
}

static int check(struct save *save, const char *text, size_t len)
{
	const struct tfs_field *name = document_kind_name_field(save->resource->kind);
	cleanup_json json_t *members = accepted_members(save, text, len);
	const struct document_known known = { members, change_sibling_uses, save->resource };
	int r = document_check_document(save->resource->kind, text, len, NULL, name ? name->name : NULL, &known,
					&save->ours, tfs_op_error(save->op));

	if (r < 0)
		return r;
	if (tfs_op_restores(save->op))
		drop_unsendable(save);
	else
		change_document_drop_undeclared(save->resource->kind, save->ours);
	return agree_name(save);
}

/* The path of a JSON pointer, as jq writes it. */
static void print_jq_path(const char *pointer, struct tfs_buf *out)
{
	while (*pointer == '/') {
		size_t len = strcspn(++pointer, "/");
		bool index = len > 0 && strspn(pointer, "0123456789") == len;

		tfs_buf_printf(out, index ? "%s%.*s" : "%s\"%.*s\"", out->len > 0 ? "," : "", (int)len, pointer);
		pointer += len;
	}
}

/* Adds to the error how the secret is supplied without being seen: the refused text is a draft by then. */
static int fail_secret(struct save *save)
{
	struct tfs_error *error = tfs_op_error(save->op);
	struct tfs_buf where cleanup_buf = TFS_BUF_INIT(TFS_ERROR_MEMBER * 2);
	struct tfs_buf file cleanup_buf = TFS_BUF_INIT(TFS_ERROR_MESSAGE);
	cleanup_free char *path = resource_document_path(save->resource, save->name);
	char message[TFS_ERROR_MESSAGE];

	error->code = -EINVAL;
	print_jq_path(error->member, &where);
	if (!path || tfs_buf_put_word(&file, path) < 0)
		return -EINVAL;
	snprintf(message, sizeof(message), "%s", error->message);
	snprintf(error->message, sizeof(error->message),
		 "%.200s; supply it: jq --rawfile s FILE 'setpath([%s]; $s|rtrimstr(\"\\n\"))' .tenantfs/drafts/%s >%s",
		 message, where.data, file.data, file.data);
	return -EINVAL;
}

static bool has_secret(const struct tfs_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].secret || has_secret(fields[i].members, fields[i].n_members))
			return true;
	return false;
}

/* Before the first call, so that no object is made without a secret that a later call would send. */
static int check_secrets(struct save *save)
{
	const struct tfs_kind *kind = save->resource->kind;
	int r = 0;

	for (size_t i = 0; i < kind->n_fields && r == 0; i++) {
		cleanup_json json_t *stored = NULL;

		if (has_secret(&kind->fields[i], 1) && json_object_get(save->ours, kind->fields[i].name))
			r = document_store_value(&save->resolver.context, &kind->fields[i], save->ours, NULL, &stored,
						 tfs_op_error(save->op));
	}
	return r == -ENOKEY ? fail_secret(save) : r;
}

/*
 * The step that creates: of the steps up to the first without a condition, the first whose condition holds.
 * `*ret_rest` is the index of the first step after them.
 */
static const struct tfs_step *find_maker(const struct save *save, size_t *ret_rest)
{
	const struct tfs_kind *kind = save->resource->kind;
	const struct tfs_step *made = NULL;
	size_t i = 0;

	while (i < kind->n_create) {
		const struct tfs_step *step = &kind->create[i++];

		if (!made && (!step->when || change_step_applies(save, step)))
			made = step;
		if (!step->when)
			break;
	}
	*ret_rest = i;
	return made;
}

/* Whether the record in the answer has every member that was sent. */
static bool answers_all(const struct save *save, const json_t *answer)
{
	const struct tfs_kind *kind = save->resource->kind;
	cleanup_free char *name = NULL, *id = NULL;
	const char *member;
	json_t *value;

	if (!json_is_object(answer) || !tfs_document_record_id(kind, answer) ||
	    resource_record_name_and_id(kind, answer, &name, &id) < 0)
		return false;
	json_object_foreach (save->ours, member, value) {
		const struct tfs_field *field = document_table_find(top_table(kind), member);

		if (field && !field->secret && !json_object_get(answer, record_name(field)))
			return false;
	}
	return true;
}

/* The file name of an object whose name the server has folded; NULL: the same name, or an older object has it. */
static char *folded_name(const struct save *save)
{
	cleanup_free char *folded = save->raw_name ? strdup(save->raw_name) : NULL;
	cleanup_free char *name = NULL;
	struct tfs_doc *older cleanup_doc = NULL;

	for (char *c = folded; c && *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	name = folded ? tfs_name_escape(folded, strlen(folded), TFS_NAME_MAX) : NULL;
	older = name ? tfs_list_get(save->resource->list, name) : NULL;
	return older || !name || strcmp(name, save->name) == 0 ? NULL : steal_pointer(&name);
}

/* A read may be behind the creation for a while, and the server may have folded the name. */
static int read_made(struct save *save, const char *id, struct object *object)
{
	uint64_t until = tfs_clock_ms() + save->resource->store->config->read_lag_ms;
	int r;

	for (;;) {
		r = resource_object_read(save->resource, save->op, save->name, id, object);
		if (r == -ENOENT && save->folded)
			r = resource_object_read(save->resource, save->op, save->folded, id, object);
		if (r != -ENOENT || tfs_clock_ms() >= until || tfs_op_sleep(save->op, BEHIND_MS) < 0)
			return r;
	}
}

/* Takes the object from the answer, else reads it with one more call. */
static int know_made(struct save *save, json_t *answer)
{
	cleanup_free char *name = NULL, *id = NULL;
	struct object object = { 0 };
	struct doc_builder builder;
	int r;

	save->made = true;
	if (answers_all(save, answer)) {
		r = resource_doc_builder_init(&builder, save->resource, save->op);
		if (r == 0)
			r = resource_doc_build(&builder, answer, NULL, &object.doc);
		resource_doc_builder_finish(&builder);
		if (r < 0)
			return r;
		object.record = json_ref_const(answer);
		save->answered = true;
	} else {
		/* The server may have given it another name. The id finds it, if the answer has one. */
		if (json_is_object(answer))
			resource_record_name_and_id(save->resource->kind, answer, &name, &id);
		r = read_made(save, id, &object);
		save->confirmed = r == 0;
		if (r < 0) {
			tfs_list_invalidate(save->resource->list);
			tfs_error_prefix(tfs_op_error(save->op), "made, but it could not be read: ");
			if (r == -ENOENT)
				tfs_op_error(save->op)->code = r = -EIO;
			return r;
		}
	}
	return change_save_take_object(save, &object);
}

/* Members that were sent, or not written at all, take the server's values. */
static int adopt_made(struct save *save)
{
	const char *name;
	json_t *value;

	json_object_foreach (save->theirs, name, value) {
		if (json_object_get(save->ours, name) && !json_object_get(save->sent, name))
			continue;
		if (json_object_set_nocheck(save->ours, name, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Members that still differ, without those that were sent and are never shown. */
static int compare_rest(struct save *save)
{
	cleanup_json json_t *all = NULL, *rest = json_array();
	int r = adopt_made(save);

	if (r == 0)
		r = change_save_compare(save);
	if (r < 0 || !rest)
		return -ENOMEM;
	all = steal_pointer(&save->changed);
	for (size_t i = 0; i < json_array_size(all); i++) {
		json_t *member = json_array_get(all, i);
		const char *name = json_string_value(member);

		if (!json_object_get(save->sent, name) && json_array_append(rest, member) < 0)
			return -ENOMEM;
	}
	save->changed = steal_pointer(&rest);
	return 0;
}

/* Remaining steps of the creation, then steps of a change. */
static int send_rest(struct save *save, size_t from)
{
	const struct tfs_kind *kind = save->resource->kind;
	size_t count = kind->n_create - from + kind->n_change;
	cleanup_free struct tfs_step *steps = calloc(count + 1, sizeof(*steps));
	int r = compare_rest(save);

	if (!steps || r < 0)
		return -ENOMEM;
	if (json_array_size(save->changed) == 0)
		return 0;
	count = 0;
	for (size_t i = from; i < kind->n_create; i++)
		steps[count++] = kind->create[i];
	for (size_t i = 0; i < kind->n_change && r == 0; i++) {
		bool needed = false;

		/* A member sent by a step of the creation is not sent again by one of a change. */
		for (size_t j = 0; j < json_array_size(save->changed); j++) {
			const char *member = json_string_value(json_array_get(save->changed, j));
			bool carried = false;

			for (size_t k = 0; k < kind->n_create - from && !carried; k++)
				carried = change_step_carries(kind, &steps[k], member) &&
					  change_step_applies(save, &steps[k]);
			needed = needed || (!carried && change_step_carries(kind, &kind->change[i], member));
		}
		if (needed)
			steps[count++] = kind->change[i];
	}
	return change_steps_run(save, steps, count);
}

static int make(struct save *save, const struct tfs_step *step)
{
	cleanup_json json_t *answer = NULL;
	int r;

	save->theirs = json_object();
	save->sent = json_object();
	if (!save->theirs || !save->sent || change_save_compare(save) < 0)
		return tfs_fail_memory(save->op);
	save->folded = folded_name(save);
	r = change_step_run(save, step, &answer);
	if (r < 0) {
		/* It may have been created all the same. */
		if (resource_outcome_unknown(save->op, r))
			tfs_list_invalidate(save->resource->list);
		return r;
	}
	return know_made(save, answer);
}

/* Refuses members that no call can send, before anything is created. */
static int refuse_unsendable(struct save *save, const struct tfs_step *builder, size_t rest)
{
	const struct tfs_kind *kind = save->resource->kind;
	const struct tfs_field *name = document_kind_name_field(kind);

	for (size_t i = 0; i < json_array_size(save->changed); i++) {
		const char *member = json_string_value(json_array_get(save->changed, i));
		struct json_path path = { NULL, member, 0 };
		bool carried = (name && strcmp(name->name, member) == 0) ||
			       json_is_null(json_object_get(save->ours, member)) ||
			       change_step_carries(kind, builder, member);

		for (size_t j = rest; j < kind->n_create && !carried; j++)
			carried = change_step_carries(kind, &kind->create[j], member);
		for (size_t j = 0; j < kind->n_change && !carried; j++)
			carried = change_step_carries(kind, &kind->change[j], member);
		if (!carried)
			return document_fail_member(tfs_op_error(save->op), -EINVAL, &path,
						    "%s: the API has no call that makes such an object with it",
						    member);
	}
	return 0;
}

int change_save_create(struct save *save, const char *text, size_t len, struct tfs_doc **ret)
{
	const struct tfs_step *step;
	size_t rest;
	int r = check(save, text, len);

	resource_resolver_create(&save->resolver);

	if (r == 0)
		r = check_secrets(save);
	if (r == 0)
		r = resource_object_absent(save->resource, save->op, save->name);
	if (r < 0)
		return r;
	json_decref(steal_pointer(&save->changed));
	save->theirs = json_object();
	if (!save->theirs || change_save_compare(save) < 0)
		return tfs_fail_memory(save->op);
	json_decref(steal_pointer(&save->theirs));
	step = find_maker(save, &rest);
	if (!step)
		return tfs_fail(save->op, -EINVAL, "resource", "the API has no call that makes such an object");
	r = refuse_unsendable(save, step, rest);
	if (r == 0)
		r = make(save, step);
	if (r < 0)
		return r;
	r = send_rest(save, rest);
	if (r == 0)
		return change_save_publish(save, ret);
	tfs_error_prefix(tfs_op_error(save->op), "made, but not as wanted: ");
	tfs_list_invalidate(save->resource->list);
	return r;
}
