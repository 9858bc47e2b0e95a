/* Documents for the cache, made of records: file name, id, text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "doc-builder.h"
#include "document/undeclared-members.h"
#include "tenantfs/clock.h"
#include "tenantfs/log.h"
#include "tenantfs/name.h"
#include "unread.h"

enum { DOCUMENT_MAX = 64 << 20 };

int resource_doc_builder_init(struct doc_builder *builder, struct tfs_resource *resource, struct tfs_op *op)
{
	builder->resource = resource;
	builder->op = op;
	builder->text = TFS_BUF_INIT(DOCUMENT_MAX);
	builder->now = tfs_clock_wall();
	resource_resolver_init(&builder->resolver, resource, op);
	return document_record_printer_init(&builder->printer, resource->kind);
}

void resource_doc_builder_finish(struct doc_builder *builder)
{
	tfs_buf_finish(&builder->text);
	document_record_printer_finish(&builder->printer);
	resource_resolver_finish(&builder->resolver);
}

/* A text or a whole number as text, in `room` where it must be made; NULL for anything else and for "". */
static const char *plain_text(const json_t *value, char room[24], size_t *ret_len)
{
	if (json_is_string(value) && json_string_length(value) > 0) {
		*ret_len = json_string_length(value);
		return json_string_value(value);
	}
	if (!json_is_integer(value))
		return NULL;
	*ret_len = (size_t)snprintf(room, 24, "%lld", (long long)json_integer_value(value));
	return room;
}

int resource_record_name_and_id(const struct tfs_kind *kind, const json_t *record, char **ret_name, char **ret_id)
{
	const json_t *named = json_is_string(record) ? record
			      : kind->name_member    ? json_object_get(record, kind->name_member)
						     : NULL;
	const json_t *identified = kind->id_members ? tfs_document_record_id(kind, record) : named;
	char name_room[24], id_room[24];
	size_t name_len = 0, id_len = 0;
	const char *name = plain_text(named, name_room, &name_len), *id = plain_text(identified, id_room, &id_len);

	/* An id with a NUL byte cannot be used in texts and paths. */
	if (id && strlen(id) != id_len)
		id = NULL;
	if (!name) {
		name = id;
		name_len = id_len;
	}
	if (!name)
		return -EINVAL;
	*ret_name = tfs_name_escape(name, name_len, TFS_NAME_MAX);
	*ret_id = strdup(id ? id : "");
	if (*ret_name && *ret_id)
		return 0;
	free(*ret_name);
	free(*ret_id);
	return -ENOMEM;
}

/* The server's time of the last change, else now. */
static struct timespec record_mtime(const struct doc_builder *builder, const json_t *record)
{
	const char *member = builder->resource->kind->mtime_member;
	struct timespec time = builder->now;
	char room[24];
	const char *text;
	size_t len;

	if (!member)
		return time;
	text = plain_text(json_object_get(record, member), room, &len);
	if (text)
		tfs_clock_parse(text, &time);
	return time;
}

static int print_record(struct doc_builder *builder, const json_t *record)
{
	const struct tfs_kind *kind = builder->resource->kind;
	cleanup_json json_t *document = NULL, *array = NULL, *wrapped = NULL;
	json_t *one;
	int r;

	tfs_buf_reset(&builder->text);
	if (kind->wrap_in && !json_is_object(record)) {
		wrapped = json_pack("{sO}", kind->wrap_in, record);
		if (!wrapped)
			return -ENOMEM;
		record = wrapped;
	}
	if (json_is_object(record))
		return document_record_print(&builder->printer, &builder->resolver.context, record, &builder->text);
	if (json_is_string(record) && kind->shape == TFS_SHAPE_SET) {
		r = tfs_document_from_record(kind, &builder->resolver.context, record, &document,
					     tfs_op_error(builder->op));
		return r < 0 ? r : tfs_json_print_document(document, &builder->text);
	}
	/* A view may have several records, or values that are no records. */
	array = json_is_array(record) ? json_array() : NULL;
	if (!array)
		return tfs_json_print_document(record, &builder->text);
	for (size_t i = 0; i < json_array_size(record); i++) {
		const json_t *element = json_array_get(record, i);

		if (json_is_object(element))
			r = tfs_document_from_record(kind, &builder->resolver.context, element, &one,
						     tfs_op_error(builder->op));
		else
			r = document_show_undeclared(&builder->resolver.context, NULL, "", element, &one);
		if (r < 0)
			return r;
		if (json_array_append_new(array, one) < 0)
			return -ENOMEM;
	}
	return tfs_json_print_document(array, &builder->text);
}

static int new_doc(const char *name, const char *id, const struct tfs_buf *text, struct timespec mtime,
		   struct tfs_doc **ret)
{
	*ret = tfs_doc_new(name, id, text->data ? text->data : "", text->len, mtime);
	return !*ret ? -ENOMEM : 0;
}

int resource_doc_build(struct doc_builder *builder, json_t *record, const char *name, struct tfs_doc **ret)
{
	struct tfs_resource *resource = builder->resource;
	cleanup_free char *own = NULL, *id = NULL;
	int r = resource_record_name_and_id(resource->kind, record, &own, &id);

	if (r == -EINVAL && !name) {
		tfs_log(TFS_LOG_DEBUG, tfs_op_id(builder->op), "%s: a record without name and id is left out",
			resource->path);
		return r;
	}
	if (r == -ENOMEM)
		return r;
	if (!name)
		name = own;
	r = resource_unread_complete(resource, id ? id : name, record);
	if (r == 0)
		r = print_record(builder, record);
	if (r == -EINVAL)
		tfs_log(TFS_LOG_DEBUG, tfs_op_id(builder->op), "%s: a record that makes no document is left out",
			resource->path);
	if (r < 0)
		return r;
	return new_doc(name, id ? id : name, &builder->text, record_mtime(builder, record), ret);
}

int resource_doc_build_text(struct doc_builder *builder, const struct tfs_step *step, const struct args_source *with,
			    const struct tfs_api_answer *answer, const char *name, struct tfs_doc **ret)
{
	const json_t *text = NULL;
	int r;

	if (!answer->body)
		return new_doc(name, name, &answer->raw, builder->now, ret);
	r = resource_step_answer(step, with, answer->body, &text);
	if (r < 0)
		return r;
	/* null: no text was saved yet. */
	if (text && !json_is_string(text) && !json_is_null(text))
		return tfs_fail(builder->op, -EBADMSG, "resource", "%s %s: the answer has no text",
				step->endpoint->method, step->endpoint->path);
	tfs_buf_reset(&builder->text);
	r = tfs_buf_add(&builder->text, json_string_value(text), json_string_length(text));
	return r < 0 ? r : new_doc(name, name, &builder->text, builder->now, ret);
}
