/* Records to remembered documents: what an object is called, its id, its text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "doc-builder.h"
#include "tenantfs/clock.h"
#include "tenantfs/log.h"
#include "tenantfs/name.h"
#include "document/undeclared.h"

enum { DOCUMENT_MAX = 64 << 20 };

int maker_init(struct maker *maker, struct tfs_resource *resource, struct tfs_op *op)
{
	maker->resource = resource;
	maker->op = op;
	maker->text = TFS_BUF_INIT(DOCUMENT_MAX);
	maker->now = tfs_clock_wall();
	resolver_init(&maker->resolver, resource, op);
	return shape_init(&maker->shape, resource->kind);
}

void maker_finish(struct maker *maker)
{
	tfs_buf_finish(&maker->text);
	shape_finish(&maker->shape);
	resolver_finish(&maker->resolver);
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

int record_name_of(const struct tfs_kind *kind, const json_t *record, char **ret_name, char **ret_id)
{
	const json_t *named = json_is_string(record)      ? record
			      : kind->name_member != NULL ? json_object_get(record, kind->name_member)
							  : NULL;
	const json_t *identified = kind->id_member != NULL ? json_object_get(record, kind->id_member) : named;
	char name_room[24], id_room[24];
	size_t name_len = 0, id_len = 0;
	const char *name = plain_text(named, name_room, &name_len),
		   *id = plain_text(identified, id_room, &id_len);

	/* An id goes into texts and paths; one with a NUL inside is none. */
	if (id != NULL && strlen(id) != id_len)
		id = NULL;
	if (name == NULL) {
		name = id;
		name_len = id_len;
	}
	if (name == NULL)
		return -EINVAL;
	*ret_name = tfs_name_escape(name, name_len, TFS_NAME_MAX);
	*ret_id = strdup(id != NULL ? id : "");
	if (*ret_name != NULL && *ret_id != NULL)
		return 0;
	free(*ret_name);
	free(*ret_id);
	return -ENOMEM;
}

/* The server's time of the last change, else now. */
static struct timespec record_mtime(const struct maker *maker, const json_t *record)
{
	const char *member = maker->resource->kind->mtime_member;
	struct timespec time = maker->now;
	char room[24];
	const char *text;
	size_t len;

	if (member == NULL)
		return time;
	text = plain_text(json_object_get(record, member), room, &len);
	if (text != NULL)
		tfs_clock_parse(text, &time);
	return time;
}

static int print_record(struct maker *maker, const json_t *record)
{
	const struct tfs_kind *kind = maker->resource->kind;
	cleanup_json json_t *document = NULL, *array = NULL, *wrapped = NULL;
	json_t *one;
	int r;

	tfs_buf_reset(&maker->text);
	if (kind->wrap != NULL && !json_is_object(record)) {
		wrapped = json_pack("{sO}", kind->wrap, record);
		if (wrapped == NULL)
			return -ENOMEM;
		record = wrapped;
	}
	if (json_is_object(record))
		return shape_print(&maker->shape, &maker->resolver.context, record, &maker->text);
	if (json_is_string(record) && kind->shape == TFS_SHAPE_SET) {
		r = tfs_document_from_record(kind, &maker->resolver.context, record, &document,
					     tfs_op_error(maker->op));
		return r < 0 ? r : tfs_json_print_document(document, &maker->text);
	}
	/* A view may be of several records, or of none of our making. */
	array = json_is_array(record) ? json_array() : NULL;
	if (array == NULL)
		return tfs_json_print_document(record, &maker->text);
	for (size_t i = 0; i < json_array_size(record); i++) {
		const json_t *element = json_array_get(record, i);

		if (json_is_object(element))
			r = tfs_document_from_record(kind, &maker->resolver.context, element, &one,
						     tfs_op_error(maker->op));
		else
			r = show_undeclared(&maker->resolver.context, NULL, "", element, &one);
		if (r < 0)
			return r;
		if (json_array_append_new(array, one) < 0)
			return -ENOMEM;
	}
	return tfs_json_print_document(array, &maker->text);
}

static int new_doc(const char *name, const char *id, const struct tfs_buf *text, struct timespec mtime,
		   struct tfs_doc **ret)
{
	*ret = tfs_doc_new(name, id, text->data != NULL ? text->data : "", text->len, mtime);
	return *ret == NULL ? -ENOMEM : 0;
}

int maker_make(struct maker *maker, const json_t *record, const char *name, struct tfs_doc **ret)
{
	const struct tfs_resource *resource = maker->resource;
	cleanup_free char *own = NULL, *id = NULL;
	int r = record_name_of(resource->kind, record, &own, &id);

	if (r == -EINVAL && name == NULL) {
		tfs_log(TFS_LOG_DEBUG, tfs_op_id(maker->op), "%s: a record without name and id is left out",
			resource->path);
		return r;
	}
	if (r == -ENOMEM)
		return r;
	if (json_is_object(record) || name != NULL || json_is_string(record))
		r = print_record(maker, record);
	else
		r = -EINVAL;
	if (r == -EINVAL)
		tfs_log(TFS_LOG_DEBUG, tfs_op_id(maker->op),
			"%s: a record that makes no document is left out", resource->path);
	if (r < 0)
		return r;
	if (name == NULL)
		name = own;
	return new_doc(name, id != NULL ? id : name, &maker->text, record_mtime(maker, record), ret);
}

int maker_make_text(struct maker *maker, const struct tfs_step *step, const struct expansion *with,
		    const struct tfs_api_answer *answer, const char *name, struct tfs_doc **ret)
{
	const json_t *text = NULL;
	int r;

	if (answer->body == NULL)
		return new_doc(name, name, &answer->raw, maker->now, ret);
	r = step_answer(step, with, answer->body, &text);
	if (r < 0)
		return r;
	/* Nothing was written yet. */
	if (text != NULL && !json_is_string(text) && !json_is_null(text))
		return tfs_fail(maker->op, -EBADMSG, "resource", "%s %s: the answer has no text",
				step->endpoint->method, step->endpoint->path);
	tfs_buf_reset(&maker->text);
	r = tfs_buf_add(&maker->text, json_string_value(text), json_string_length(text));
	return r < 0 ? r : new_doc(name, name, &maker->text, maker->now, ret);
}
