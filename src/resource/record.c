/* Records to remembered documents: what an object is called, its id, its text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "record.h"
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

int docs_add(struct docs *docs, struct tfs_doc *doc)
{
	size_t room = docs->room == 0 ? 64 : docs->room + docs->room / 2;
	struct tfs_doc **all;

	docs->bytes += sizeof(*doc) + doc->len + doc->name_len;
	if (docs->bytes > docs->ceiling) {
		tfs_doc_unref(doc);
		return -EFBIG;
	}
	if (docs->count == docs->room) {
		all = realloc(docs->all, room * sizeof(struct tfs_doc *));
		if (all == NULL) {
			tfs_doc_unref(doc);
			return -ENOMEM;
		}
		docs->all = all;
		docs->room = room;
	}
	docs->all[docs->count++] = doc;
	return 0;
}

void docs_finish(struct docs *docs)
{
	tfs_docs_free(steal_pointer(&docs->all), docs->count);
	docs->count = docs->room = docs->bytes = 0;
}

/* By name, then id; of one object the version that came last first. */
static int compare_docs(const void *a, const void *b)
{
	const struct tfs_doc *const *left = a, *const *right = b;
	int order = strcmp((*left)->name, (*right)->name);

	if (order == 0)
		order = strcmp((*left)->id, (*right)->id);
	if (order == 0)
		order = ((*left)->generation < (*right)->generation) -
			((*left)->generation > (*right)->generation);
	return order;
}

/* A page that moved while the others were read brings an object twice: once is enough. */
static void drop_repeated(struct docs *docs)
{
	size_t kept = 0;

	for (size_t i = 0; i < docs->count; i++) {
		struct tfs_doc *doc = docs->all[i];

		if (kept > 0 && strcmp(docs->all[kept - 1]->name, doc->name) == 0 &&
		    strcmp(docs->all[kept - 1]->id, doc->id) == 0)
			tfs_doc_unref(doc);
		else
			docs->all[kept++] = doc;
	}
	docs->count = kept;
}

static int rename_doc(struct tfs_doc **doc)
{
	struct tfs_doc *old = *doc, *new;
	cleanup_free char *name = tfs_name_distinct(old->name, old->id, TFS_NAME_MAX);

	if (name == NULL)
		return -ENOMEM;
	new = tfs_doc_new(name, old->id, old->data, old->len, old->mtime);
	if (new == NULL)
		return -ENOMEM;
	tfs_doc_unref(old);
	*doc = new;
	return 0;
}

/* The number of documents from `start` on that have its name. */
static size_t run_of(const struct docs *docs, size_t start)
{
	size_t end = start + 1;

	while (end < docs->count && strcmp(docs->all[start]->name, docs->all[end]->name) == 0)
		end++;
	return end - start;
}

int docs_distinct(struct docs *docs)
{
	bool again = false;

	if (docs->count < 2)
		return 0;
	qsort(docs->all, docs->count, sizeof(struct tfs_doc *), compare_docs);
	drop_repeated(docs);
	for (size_t i = 0, run; i < docs->count; i += run) {
		run = run_of(docs, i);
		for (size_t j = i; run > 1 && j < i + run; j++) {
			int r = rename_doc(&docs->all[j]);

			if (r < 0)
				return r;
			again = true;
		}
	}
	/* Ids that end alike, too, cannot be told apart: the cache keeps the first of a name. */
	if (again)
		qsort(docs->all, docs->count, sizeof(struct tfs_doc *), compare_docs);
	return 0;
}
