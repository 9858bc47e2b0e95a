/* Reading one object from the server: by a look-up if the API has one, else with its list. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "detail.h"
#include "docs.h"
#include "hook.h"
#include "object.h"
#include "send.h"
#include "shape.h"
#include "tenantfs/name.h"

enum { RECORDS_MAX = 200000 };

struct lookup {
	struct tfs_resource *resource;
	struct tfs_op *op;
	struct doc_builder builder;
	struct docs docs;
	json_t *records; /* array of the records of `docs` */
	struct completion completion;
};

/* Takes `doc` over. `record` NULL: unknown. */
static int take_doc(struct lookup *lookup, struct tfs_doc *doc, json_t *record)
{
	int r = resource_docs_add(&lookup->docs, doc);

	return r == 0 && json_array_append_new(lookup->records, record ? json_incref(record) : json_null()) < 0
		       ? -ENOMEM
		       : r;
}

/* Takes what is to be shown of a version just read. Takes `doc` over. */
static int take_judged(struct lookup *lookup, struct tfs_doc *doc, const json_t *record, const char *name)
{
	cleanup_json json_t *shown = record ? json_ref_const(record) : NULL;
	int r = resource_own_writes_judge(lookup->resource, lookup->op, &doc, &shown);

	/* A server may return objects with similar names, too. */
	if (r == 0 && strcmp(doc->name, name) == 0)
		return take_doc(lookup, doc, shown);
	tfs_doc_unref(doc);
	return r < 0 ? r : 0;
}

/* An object of ours that the server does not find yet. */
static int take_unseen(struct lookup *lookup, const char *name)
{
	cleanup_json json_t *record = NULL;
	struct tfs_doc *doc = resource_own_writes_unseen(lookup->resource, name, &record);

	return doc ? take_doc(lookup, doc, record) : 0;
}

/* A single record without a name is the requested one. */
static int take_record(struct lookup *lookup, json_t *record, const char *name, bool only)
{
	const struct tfs_kind *kind = lookup->resource->kind;
	bool named = json_is_string(record) || (kind->name_member && json_object_get(record, kind->name_member));
	struct tfs_doc *doc;
	int r = -EINVAL;

	if (!resource_record_deleted(kind, record))
		r = resource_doc_build(&lookup->builder, record, only && !named ? name : NULL, &doc);
	if (r == -EINVAL) {
		tfs_error_clear(tfs_op_error(lookup->op));
		return 0;
	}
	return r < 0 ? r : take_judged(lookup, doc, record, name);
}

static int take_found(struct lookup *lookup, json_t *found, const char *name)
{
	const struct tfs_kind *kind = lookup->resource->kind;
	int r;

	if (!found || json_is_null(found))
		return 0;
	r = resource_completion_run(&lookup->completion, lookup->resource, lookup->op, found);
	if (r < 0)
		return r;
	if (!json_is_array(found) || kind->wrap_in || (!kind->name_member && !kind->id_members))
		return take_record(lookup, found, name, true);
	for (size_t i = 0; i < json_array_size(found) && r == 0; i++)
		r = take_record(lookup, json_array_get(found, i), name, false);
	return r;
}

static int take_text(struct lookup *lookup, const struct args_source *with, const struct tfs_api_answer *answer,
		     const char *name)
{
	struct tfs_doc *doc;
	int r;

	if (!answer->body && answer->raw.len == 0)
		return 0;
	r = resource_doc_build_text(&lookup->builder, lookup->resource->kind->lookup, with, answer, name, &doc);
	return r < 0 ? r : take_judged(lookup, doc, NULL, name);
}

static int take_answer(struct lookup *lookup, const struct args_source *with, const struct tfs_api_answer *answer,
		       const char *name)
{
	cleanup_json json_t *found = NULL;
	int r;

	if (!answer->body || lookup->resource->kind->form == TFS_FORM_TEXT)
		return take_text(lookup, with, answer, name);
	r = resource_records_find(lookup->resource->kind->lookup, with, answer->body, &found);
	return r < 0 ? r : take_found(lookup, found, name);
}

static int call_once(struct lookup *lookup, const struct args_source *with, const char *name)
{
	struct tfs_api_answer answer = { 0 };
	int r = resource_step_call(lookup->resource->kind->lookup, with, &answer);

	if (r == 0)
		r = take_answer(lookup, with, &answer, name);
	tfs_api_answer_finish(&answer);
	return r;
}

/* Number of records of a page: an array, or the longest array or object in one. */
static size_t count_records(const json_t *page)
{
	size_t most = json_array_size(page);
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)page, name, value) {
		size_t count = json_is_array(value) ? json_array_size(value) : json_object_size(value);

		most = count > most ? count : most;
	}
	return most;
}

/* Adds a page that is an object to the pages before: arrays are joined, objects merged. */
static int merge_page(json_t *all, const json_t *page)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)page, name, value) {
		json_t *had = json_object_get(all, name);
		int r;

		if (json_is_array(had) && json_is_array(value))
			r = json_array_extend(had, value);
		else if (json_is_object(had) && json_is_object(value))
			r = json_object_update(had, value);
		else
			r = json_object_set_new_nocheck(all, name, json_deep_copy(value));
		if (r < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_page(struct lookup *lookup, json_t **all, const json_t *page)
{
	const struct tfs_step *step = lookup->resource->kind->lookup;

	if (*all && count_records(page) == 0)
		return 0;
	if (!*all)
		*all = json_is_object(page) ? json_object() : json_array();
	if (!*all)
		return -ENOMEM;
	if (json_is_object(*all) && json_is_object(page))
		return merge_page(*all, page);
	if (json_is_array(*all) && json_is_array(page))
		return json_array_extend(*all, (json_t *)(uintptr_t)page) < 0 ? -ENOMEM : 0;
	return resource_shape_fail(lookup->op, lookup->resource->kind, step, page);
}

/* Adds one page's records to `*all`; `*ret_more`: another page is needed. */
static int gather_page(struct lookup *lookup, const struct args_source *with, json_t **all, bool *ret_more)
{
	const struct tfs_kind *kind = lookup->resource->kind;
	struct tfs_api_answer answer = { 0 };
	cleanup_json json_t *found = NULL;
	long long total, had;
	int r = resource_step_call(kind->lookup, with, &answer);

	if (r == 0 && answer.body)
		r = resource_records_find(kind->lookup, with, answer.body, &found);
	if (r == 0)
		r = add_page(lookup, all, found);
	total = resource_total_of(answer.body, kind->page_total);
	had = (long long)count_records(*all);
	*ret_more = r == 0 && count_records(found) > 0 && had < total;
	if (r == 0 && !*ret_more)
		r = resource_check_total(lookup->op, kind->lookup->endpoint, had, total);
	tfs_api_answer_finish(&answer);
	return r;
}

/* All pages as one document. */
static int gather(struct lookup *lookup, struct args_source *with, const char *name)
{
	cleanup_json json_t *all = NULL;
	bool more = true;
	int r = 0;

	for (; r == 0 && more; with->page++) {
		if (count_records(all) > RECORDS_MAX)
			return tfs_fail(lookup->op, -EFBIG, "resource", "%s: more than %d records are no document",
					name, RECORDS_MAX);
		r = gather_page(lookup, with, &all, &more);
	}
	return r < 0 ? r : take_found(lookup, all, name);
}

/* One call for all objects of that name. */
static int call_lookup(struct lookup *lookup, const char *name, const char *raw, const char *id)
{
	const struct tfs_kind *kind = lookup->resource->kind;
	struct args_source with = {
		.resource = lookup->resource,
		.op = lookup->op,
		.context = &lookup->builder.resolver.context,
		.name = raw,
		.id = id,
	};
	bool paged = kind->wrap_in && kind->page_total;
	int r;

	if (kind->no_list && lookup->resource->store->config->read_only)
		return tfs_fail(lookup->op, -EPERM, "resource", "%s The mount is read-only.", kind->no_list);
	r = paged ? gather(lookup, &with, name) : call_once(lookup, &with, name);

	/* "Not found" is an answer, too. */
	if (r == -ENOENT) {
		tfs_error_clear(tfs_op_error(lookup->op));
		return 0;
	}
	return r;
}

/* The record of a document. */
static json_t *find_record(const struct lookup *lookup, const struct tfs_doc *doc)
{
	const struct tfs_kind *kind = lookup->resource->kind;

	for (size_t i = 0; i < json_array_size(lookup->records); i++) {
		json_t *record = json_array_get(lookup->records, i);
		cleanup_free char *name = NULL, *id = NULL;

		if (json_array_size(lookup->records) == 1 ||
		    (resource_record_name_and_id(kind, record, &name, &id) == 0 && strcmp(id, doc->id) == 0))
			return json_ref_const(record);
	}
	return NULL;
}

/* The object with the id, else one with the name. */
static bool is_wanted(const struct object *had, const struct tfs_doc *doc, const char *name, const char *id)
{
	if (id && *id != '\0' && strcmp(doc->id, id) == 0)
		return true;
	return !had->doc && strcmp(doc->name, name) == 0;
}

/* Puts everything found into the cache; `ret` gets the requested one. */
static int settle(struct lookup *lookup, const char *name, const char *id, struct object *ret)
{
	int r = resource_docs_distinct(&lookup->docs);

	for (size_t i = 0; i < lookup->docs.count && r == 0; i++) {
		struct tfs_doc *doc = lookup->docs.all[i], *current = NULL;

		r = tfs_list_put(lookup->resource->list, doc, &current);
		if (r == 0 && is_wanted(ret, doc, name, id)) {
			resource_object_finish(ret);
			ret->record = find_record(lookup, doc);
			ret->doc = steal_pointer(&current);
		}
		tfs_doc_unref(current);
	}
	return r;
}

/* Length of a name without the "~" and id end that make it unique; 0: it has none. */
static size_t shared_part(const char *name)
{
	const char *mark = strrchr(name, '~');

	return !mark || strlen(mark) < 2 || strlen(mark) > 7 ? 0 : (size_t)(mark - name);
}

/* -EINVAL: the name was shortened, so no call can ask for it. */
static int ask(struct lookup *lookup, const char *name, const char *id)
{
	cleanup_free char *raw = NULL;
	size_t len;
	int r = tfs_name_unescape(name, strlen(name), &raw, &len);

	if (r < 0)
		return r;
	/* A NUL inside cannot be asked for. */
	return strlen(raw) != len ? -EINVAL : call_lookup(lookup, name, raw, id);
}

/* By the whole name, then by the name without its id end. */
static int ask_all(struct lookup *lookup, const char *name, const char *id)
{
	cleanup_free char *shared = strndup(name, shared_part(name));
	int r = !shared ? -ENOMEM : ask(lookup, name, id);

	if ((r == 0 || r == -EINVAL) && lookup->docs.count == 0 && *shared != '\0')
		r = ask(lookup, shared, id);
	return r;
}

static int look_up(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *id,
		   struct object *ret)
{
	struct lookup lookup = {
		.resource = resource,
		.op = op,
		.docs = { .ceiling = resource->store->config->cache_ceiling },
		.records = json_array(),
	};
	int r = resource_doc_builder_init(&lookup.builder, resource, op);

	if (!lookup.records)
		r = -ENOMEM;
	if (r == 0)
		r = ask_all(&lookup, name, id);
	if (r == 0 && lookup.docs.count == 0)
		r = take_unseen(&lookup, name);
	if (r == 0)
		r = settle(&lookup, name, id, ret);
	resource_docs_finish(&lookup.docs);
	resource_completion_finish(&lookup.completion);
	json_decref(lookup.records);
	resource_doc_builder_finish(&lookup.builder);
	return r;
}

/* With the whole list. The fetch is shared, but only the thread that leads it sees the record. */
static int read_listed(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *id,
		       struct object *ret)
{
	int result, r;

	do {
		r = tfs_list_fetch_begin(resource->list, op, &result);
	} while (r == 0);
	return r < 0 ? r : resource_list_fetch(resource, op, name, id, ret);
}

/* Whether the record has the name that a file is called by, which may end in a part of its id. */
static bool has_name(const struct tfs_kind *kind, const json_t *record, const char *file)
{
	cleanup_free char *name = NULL, *id = NULL;

	if (resource_record_name_and_id(kind, record, &name, &id) < 0)
		return false;
	return strcmp(name, file) == 0 || (strlen(name) == shared_part(file) && strncmp(name, file, strlen(name)) == 0);
}

/* Reads the object of a cached version by its id. 1: it is gone, or has another name. */
static int complete(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_doc *had, struct object *ret)
{
	cleanup_json json_t *record = NULL;
	struct tfs_doc *doc cleanup_doc = NULL;
	struct doc_builder builder;
	int r = resource_doc_builder_init(&builder, resource, op);

	if (r == 0)
		r = resource_detail_read(&builder, had->id, had->name, &record, &doc);
	resource_doc_builder_finish(&builder);
	if (r == -ENOENT) {
		tfs_error_clear(tfs_op_error(op));
		return 1;
	}
	if (r < 0)
		return r;
	if (!has_name(resource->kind, record, had->name))
		return 1;
	r = resource_own_writes_judge(resource, op, &doc, &record);
	if (r != 0)
		return r;
	resource_object_finish(ret);
	r = tfs_list_put(resource->list, doc, &ret->doc);
	if (r == 0)
		ret->record = steal_pointer(&record);
	return r;
}

/* For a list that lacks members. 1: the list has to be read. */
static int read_by_id(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *id,
		      struct object *ret)
{
	struct tfs_doc *had cleanup_doc = tfs_list_get(resource->list, name);

	if (!had || had->origin == TFS_DOC_READ || *had->id == '\0' || (id && *id != '\0' && strcmp(id, had->id) != 0))
		return 1;
	return complete(resource, op, had, ret);
}

/* The list's record lacks members. The cache may have kept a complete version, but its record is needed, too. */
static int read_listed_whole(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *id,
			     struct object *ret)
{
	int r = read_listed(resource, op, name, id, ret);
	struct tfs_doc *had cleanup_doc = r == 0 && ret->doc ? tfs_doc_ref(ret->doc) : NULL;

	if (!had || had->origin == TFS_DOC_READ)
		return r;
	r = complete(resource, op, had, ret);
	if (r != 0)
		resource_object_finish(ret);
	return r == 1 ? 0 : r;
}

int resource_object_read(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *id,
			 struct object *ret)
{
	const struct tfs_kind *kind = resource->kind;
	struct object object = { 0 };
	int r = -EINVAL;

	tfs_error_clear(tfs_op_error(op));
	if (kind->lookup)
		r = look_up(resource, op, name, id, &object);
	else if (kind->detail)
		r = read_by_id(resource, op, name, id, &object);
	if (r == 1 || (r == -EINVAL && tfs_op_error(op)->code == 0))
		r = !kind->list ? 0 : read_listed_whole(resource, op, name, id, &object);
	if (r == 0 && !object.doc) {
		tfs_list_drop(resource->list, name);
		r = tfs_fail(op, -ENOENT, "resource", "there is no \"%s\"", name);
	}
	if (r < 0) {
		resource_object_finish(&object);
		if (tfs_op_error(op)->code == 0)
			tfs_fail(op, r, "resource", "%s/%s could not be read", resource->path, name);
		return r;
	}
	*ret = object;
	return 0;
}

int resource_object_absent(struct tfs_resource *resource, struct tfs_op *op, const char *name)
{
	struct tfs_doc *doc cleanup_doc = tfs_list_get(resource->list, name);
	uint64_t age = resource_max_age(resource, UINT64_MAX);
	struct object object = { 0 };
	int r;

	if (!doc && tfs_list_fresh(resource->list, age))
		return 0;
	r = doc && tfs_doc_fresh(doc, age) ? 0 : resource_object_read(resource, op, name, NULL, &object);
	resource_object_finish(&object);
	if (r == 0)
		return tfs_fail(op, -EEXIST, "resource", "there is a \"%s\" already", name);
	if (r != -ENOENT)
		return r;
	tfs_error_clear(tfs_op_error(op));
	return 0;
}
