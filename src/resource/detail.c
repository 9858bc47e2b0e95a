/* Some lists lack members. One record of each type is compared with what its own call shows. */
#include "detail.h"

#include <errno.h>
#include <stdio.h>

#include "send.h"
#include "shape.h"
#include "short-lists.h"

static bool has_id(const struct tfs_kind *kind, const json_t *record, const char *id)
{
	const json_t *own = tfs_document_record_id(kind, record);
	char number[24];

	if (!own)
		return true;
	if (json_is_string(own))
		return strcmp(json_string_value(own), id) == 0;
	snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(own));
	return strcmp(number, id) == 0;
}

static int take_record(const struct args_source *with, const json_t *found, json_t **ret)
{
	const struct tfs_kind *kind = with->resource->kind;

	for (size_t i = 0; i < json_array_size(found); i++) {
		const json_t *record = json_array_get(found, i);

		if (json_is_object(record) && has_id(kind, record, with->id)) {
			*ret = json_ref_const(record);
			return 0;
		}
	}
	return tfs_fail(with->op, -ENOENT, "resource", "%s %s: the object is not there", kind->detail->endpoint->method,
			kind->detail->endpoint->path);
}

static int call(struct doc_builder *builder, const char *id, json_t **ret)
{
	const struct tfs_step *step = builder->resource->kind->detail;
	const struct args_source with = {
		.resource = builder->resource, .op = builder->op, .context = &builder->resolver.context, .id = id
	};
	struct tfs_api_answer answer = { 0 };
	cleanup_json json_t *found = NULL;
	int r = resource_step_call(step, &with, &answer);

	if (r == 0 && answer.body)
		r = resource_records_find(step, &with, answer.body, &found);
	if (r == 0)
		r = take_record(&with, found, ret);
	tfs_api_answer_finish(&answer);
	return r;
}

/* The document keeps the time at which a list first showed it, unless the server has a time. */
static void keep_time(const struct doc_builder *builder, struct tfs_doc *doc)
{
	const struct tfs_kind *kind = builder->resource->kind;
	struct tfs_doc *had cleanup_doc = tfs_list_get(builder->resource->list, doc->name);

	if (had && had->origin == TFS_DOC_SHORT && !kind->mtime_member)
		doc->mtime = had->mtime;
}

int resource_detail_read(struct doc_builder *builder, const char *id, const char *name, json_t **ret_record,
			 struct tfs_doc **ret)
{
	cleanup_json json_t *record = NULL;
	int r = call(builder, id, &record);

	if (r == 0)
		r = resource_doc_build(builder, record, name, ret);
	if (r < 0)
		return r;
	(*ret)->origin = TFS_DOC_COMPLETE;
	keep_time(builder, *ret);
	*ret_record = steal_pointer(&record);
	return 0;
}

/* What the call for one record says about the list. A negative errno: the listing cannot go on. */
static int finding_of(int r, const json_t *listed, const json_t *whole)
{
	switch (r) {
	case 0:
		return (int)resource_short_lists_compare(listed, whole);
	case -EINTR:
	case -ECANCELED:
	case -ETIMEDOUT:
	case -ENOMEM:
		return r;
	case -EIO:
	case -EAGAIN:
	case -EACCES:
		return SHORT_FAILED;
	default:
		return SHORT_REFUSED;
	}
}

/* Compares one record. `*ret_record` (yours) is NULL if the list's is as good. */
static int judge(struct doc_builder *builder, const json_t *listed, enum short_verdict *verdict, json_t **ret_record)
{
	struct short_lists *lists = builder->resource->store->short_lists;
	const struct tfs_kind *kind = builder->resource->kind;
	cleanup_free char *name = NULL, *id = NULL;
	cleanup_json json_t *whole = NULL;
	int r = resource_record_name_and_id(kind, listed, &name, &id);

	*verdict = SHORT_NO;
	/* A record without an id has no call. */
	if (r < 0 || *id == '\0')
		return r;
	r = call(builder, id, &whole);
	r = finding_of(r, listed, whole);
	if (r < 0)
		return r;
	tfs_error_clear(tfs_op_error(builder->op));
	*verdict = resource_short_lists_learn(lists, kind, listed, (enum short_finding)r);
	*ret_record = *verdict == SHORT_YES ? steal_pointer(&whole) : NULL;
	return 0;
}

int resource_detail_build(struct doc_builder *builder, json_t *listed, json_t **ret_record, struct tfs_doc **ret)
{
	const struct tfs_kind *kind = builder->resource->kind;
	enum short_verdict verdict = SHORT_NO;
	cleanup_json json_t *whole = NULL;
	int r = 0;

	if (kind->detail && json_is_object(listed))
		verdict = resource_short_lists_judge(builder->resource->store->short_lists, kind, listed);
	if (verdict == SHORT_UNKNOWN)
		r = judge(builder, listed, &verdict, &whole);
	if (r == 0)
		r = resource_doc_build(builder, whole ? whole : listed, builder->resource->doc_name, ret);
	if (r < 0)
		return r;
	if (verdict == SHORT_YES)
		(*ret)->origin = whole ? TFS_DOC_COMPLETE : TFS_DOC_SHORT;
	*ret_record = whole ? steal_pointer(&whole) : json_ref_const(listed);
	return 0;
}
