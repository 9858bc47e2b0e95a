/* Reading: a fresh document from the cache, else one from the server, else a stale one when the server is down. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "object.h"
#include "tenantfs/clock.h"
#include "tenantfs/name.h"

/* Refreshes the list once, leading the fetch or waiting for another thread's. 0: it is fresh. */
static int refresh_list(struct tfs_resource *resource, struct tfs_op *op, uint64_t max_age_ms)
{
	int result = 0, r = tfs_list_fetch_begin(resource->list, op, &result);

	if (r < 0)
		return r;
	if (r == 0)
		return result;
	/* Another thread may have finished a fetch in the meantime. */
	if (max_age_ms > 0 && tfs_list_fresh(resource->list, max_age_ms)) {
		tfs_list_fetch_end(resource->list, -ECANCELED, NULL, NULL, 0);
		return 0;
	}
	return resource_list_fetch(resource, op, NULL, NULL, NULL);
}

/* After a failed refresh: 0 when a stale document may be served instead. */
static int serve_seen(struct tfs_resource *resource, struct tfs_op *op, int code, bool seen)
{
	if (!resource_is_unreachable(code))
		return code;
	resource_store_set_away(resource->store);
	if (!seen)
		return code;
	tfs_error_clear(tfs_op_error(op));
	return 0;
}

static int ensure_list(struct tfs_resource *resource, struct tfs_op *op, uint64_t max_age_ms)
{
	uint64_t age = resource_max_age(resource, max_age_ms);
	bool seen = tfs_list_complete(resource->list, NULL);
	int r;

	if (tfs_list_fresh(resource->list, age) || (age > 0 && seen && resource_store_is_away(resource->store)))
		return 0;
	r = refresh_list(resource, op, age);
	if (r == -ENOENT && resource->doc_name)
		tfs_list_drop(resource->list, resource->doc_name);
	return r == 0 ? 0 : serve_seen(resource, op, r, seen);
}

static int list_none(struct tfs_op *op, struct tfs_doc ***ret_docs, size_t *ret_count)
{
	struct tfs_doc **none = calloc(1, sizeof(struct tfs_doc *));

	if (!none)
		return tfs_fail_memory(op);
	*ret_docs = none;
	*ret_count = 0;
	return 0;
}

/*
 * All documents in the cache. If another list evicted this one since it was fetched, that is an error and not
 * an empty directory.
 */
static int take_all(struct tfs_resource *resource, struct tfs_op *op, struct tfs_doc ***ret_docs, size_t *ret_count)
{
	struct tfs_doc **docs;
	size_t count;
	int r = tfs_list_all(resource->list, &docs, &count);

	if (r < 0)
		return tfs_fail_memory(op);
	if (count == 0 && tfs_kind_listed(resource->kind) && !tfs_list_complete(resource->list, NULL)) {
		tfs_docs_free(docs, count);
		return tfs_fail(op, -EAGAIN, "resource", "%s: other lists fill the cache, see cache-ceiling",
				resource->path);
	}
	*ret_docs = docs;
	*ret_count = count;
	return 0;
}

int tfs_resource_list(struct tfs_resource *resource, struct tfs_op *op, uint64_t max_age_ms, struct tfs_doc ***ret_docs,
		      size_t *ret_count)
{
	const struct tfs_kind *kind = resource->kind;
	struct tfs_doc *doc = NULL;
	int r;

	/* Such objects can be looked up but not listed. */
	if (kind->shape == TFS_SHAPE_SET && !tfs_kind_listed(kind))
		return list_none(op, ret_docs, ret_count);
	if (!tfs_kind_listed(kind))
		r = tfs_resource_get(resource, op, resource->doc_name, max_age_ms, &doc);
	else
		r = ensure_list(resource, op, max_age_ms);
	tfs_doc_unref(doc);
	return r < 0 ? r : take_all(resource, op, ret_docs, ret_count);
}

/* A document that can only be written reads as empty. */
static int get_unreadable(struct tfs_resource *resource, struct tfs_op *op, struct tfs_doc **ret)
{
	const char *name = resource->doc_name;
	struct tfs_doc *doc cleanup_doc = tfs_doc_new(name, name, "", 0, tfs_clock_wall());
	int r = !doc ? -ENOMEM : tfs_list_put(resource->list, doc, ret);

	return r < 0 ? tfs_fail_memory(op) : 0;
}

static int fail_absent(struct tfs_op *op, const char *name)
{
	return tfs_fail(op, -ENOENT, "resource", "there is no \"%s\"", name);
}

/* Answers from the cache: a fresh document, or a fresh list without it. -EAGAIN: the server has to be asked. */
static int get_seen(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t age,
		    struct tfs_doc **ret)
{
	struct tfs_doc *doc cleanup_doc = tfs_list_get(resource->list, name);
	bool away = age > 0 && resource_store_is_away(resource->store);

	if (doc && (tfs_doc_fresh(doc, age) || away)) {
		*ret = steal_pointer(&doc);
		return 0;
	}
	if (!doc && (tfs_list_fresh(resource->list, age) || (away && tfs_list_complete(resource->list, NULL))))
		return fail_absent(op, name);
	return -EAGAIN;
}

/* From the cache, however old. */
static int get_remembered(struct tfs_resource *resource, struct tfs_op *op, const char *name, struct tfs_doc **ret)
{
	struct tfs_doc *doc = tfs_list_get(resource->list, name);

	if (!doc)
		return fail_absent(op, name);
	*ret = doc;
	return 0;
}

/* A whole document from the cache; NULL: the server has to be asked. The caller owns the reference. */
static struct tfs_doc *get_complete(struct tfs_resource *resource, const char *name, uint64_t age)
{
	struct tfs_doc *doc cleanup_doc = tfs_list_get(resource->list, name);

	if (!doc || doc->origin == TFS_DOC_SHORT)
		return NULL;
	return tfs_doc_fresh(doc, age) || (age > 0 && resource_store_is_away(resource->store)) ? steal_pointer(&doc)
											       : NULL;
}

/* Asks the server for the document alone. */
static int read_document(struct tfs_resource *resource, struct tfs_op *op, const char *name, struct tfs_doc **ret)
{
	struct object object = { 0 };
	int r = resource_object_read(resource, op, name, NULL, &object);

	if (r == 0)
		*ret = steal_pointer(&object.doc);
	resource_object_finish(&object);
	return r;
}

/* Reads a document of which the list shows a part. The name is locked. */
static int get_by_id(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t age,
		     struct tfs_doc **ret)
{
	struct tfs_doc *doc;
	int r;

	*ret = get_complete(resource, name, age);
	if (*ret)
		return 0;
	r = read_document(resource, op, name, ret);
	if (r == 0 || !resource_is_unreachable(r))
		return r;
	/* A part is never served for the whole. */
	doc = tfs_list_get(resource->list, name);
	r = serve_seen(resource, op, r, doc && doc->origin != TFS_DOC_SHORT);
	if (r == 0)
		*ret = tfs_doc_ref(doc);
	tfs_doc_unref(doc);
	return r;
}

static int get_listed(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
		      struct tfs_doc **ret)
{
	int r;

	if (!tfs_kind_listed(resource->kind))
		return fail_absent(op, name);
	r = ensure_list(resource, op, max_age_ms);
	return r < 0 ? r : get_remembered(resource, op, name, ret);
}

/* The name is locked. Another thread may have asked while this one waited for the lock. */
static int get_looked_up(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t age,
			 struct tfs_doc **ret)
{
	struct tfs_doc *doc cleanup_doc = NULL;
	bool seen;
	int r = age > 0 ? get_seen(resource, op, name, age, ret) : -EAGAIN;

	if (r != -EAGAIN)
		return r;
	r = read_document(resource, op, name, ret);
	if (r == 0 || !resource_is_unreachable(r))
		return r;
	doc = tfs_list_get(resource->list, name);
	seen = doc || tfs_list_complete(resource->list, NULL);
	r = serve_seen(resource, op, r, seen);
	return r < 0 ? r : get_remembered(resource, op, name, ret);
}

/* Whether the list shows only a part of the document. */
static bool is_part(struct tfs_resource *resource, const char *name)
{
	struct tfs_doc *doc cleanup_doc = resource->kind->detail ? tfs_list_get(resource->list, name) : NULL;

	return doc && doc->origin != TFS_DOC_READ;
}

int resource_get_locked(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
			struct tfs_doc **ret)
{
	uint64_t age = resource_max_age(resource, max_age_ms);
	int r = -EAGAIN;

	if (resource->kind->lookup)
		return get_looked_up(resource, op, name, age, ret);
	if (!is_part(resource, name))
		r = get_listed(resource, op, name, max_age_ms, ret);
	if (r == 0 && (*ret)->origin == TFS_DOC_SHORT) {
		tfs_doc_unref(steal_pointer(ret));
		r = -EAGAIN;
	}
	return r == -EAGAIN && is_part(resource, name) ? get_by_id(resource, op, name, age, ret) : r;
}

static int get_whole(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t age,
		     struct tfs_doc **ret)
{
	int r;

	*ret = get_complete(resource, name, age);
	if (*ret)
		return 0;
	r = resource_name_lock(&resource->name_locks, op, name);
	if (r < 0)
		return r;
	r = get_by_id(resource, op, name, age, ret);
	resource_name_unlock(&resource->name_locks, name);
	return r;
}

int tfs_resource_get(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
		     struct tfs_doc **ret)
{
	uint64_t age = resource_max_age(resource, max_age_ms);
	int r;

	if (is_part(resource, name))
		return get_whole(resource, op, name, age, ret);
	r = tfs_resource_find(resource, op, name, max_age_ms, ret);
	if (r < 0 || (*ret)->origin != TFS_DOC_SHORT)
		return r;
	tfs_doc_unref(steal_pointer(ret));
	return get_whole(resource, op, name, age, ret);
}

int tfs_resource_find(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
		      struct tfs_doc **ret)
{
	uint64_t age = resource_max_age(resource, max_age_ms);
	int r;

	if (resource->doc_name && strcmp(resource->doc_name, name) != 0)
		return fail_absent(op, name);
	if (resource->kind->no_read)
		return get_unreadable(resource, op, ret);
	if (!resource_name_fits(resource->kind, name))
		return tfs_fail(op, -ENOENT, "resource", "\"%s\" is no day of the last %d, as YYYY-MM-DD", name,
				DAYS_KEPT);
	r = get_seen(resource, op, name, age, ret);
	if (r != -EAGAIN)
		return r;
	if (!resource->kind->lookup)
		return get_listed(resource, op, name, max_age_ms, ret);
	r = resource_name_lock(&resource->name_locks, op, name);
	if (r < 0)
		return r;
	r = get_looked_up(resource, op, name, age, ret);
	resource_name_unlock(&resource->name_locks, name);
	return r;
}

bool tfs_resource_was_stale(struct tfs_resource *resource, const char *name, uint64_t max_age_ms)
{
	uint64_t age = resource_max_age(resource, max_age_ms);
	const char *of = name ? name : resource->doc_name;
	struct tfs_doc *doc cleanup_doc = of ? tfs_list_get(resource->list, of) : NULL;

	return resource_store_is_away(resource->store) && !(doc && tfs_doc_fresh(doc, age)) &&
	       !tfs_list_fresh(resource->list, age);
}
