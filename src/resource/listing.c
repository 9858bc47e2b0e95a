/* Listing: pages are fetched ahead, made into documents, and put into the cache. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "detail.h"
#include "docs.h"
#include "hook.h"
#include "object.h"
#include "prefetch.h"
#include "send.h"
#include "shape.h"

enum {
	TOTAL_MAX = 10000000, /* more than any list has */
	PAGES_SPARE = 16,     /* pages beyond the total, for a server that returns short pages */
	PAGES_SHORT = 4,
	PASSES = 4,      /* times all pages are read while objects come and go */
	AHEAD_PAGES = 3, /* fetched ahead while one is made into documents */
};

struct list_reader {
	struct tfs_resource *resource;
	struct tfs_op *op;
	struct doc_builder builder;
	struct docs docs;
	struct docs before; /* of the pass before */
	struct completion completion;
	const char *want_name, *want_id; /* the record to keep; both NULL: none */
	struct object wanted;
	bool behind;          /* some documents are to be read again */
	bool missed;          /* the list is complete, and the wanted object is not in it */
	long long total;      /* total that the first page states; -1: none */
	long long last_total; /* total that the last page states */
	bool moved;           /* the pages state different totals */
	long long seen;       /* records received */
	long long unusable;   /* records skipped */
	long long pages;
	json_t *gathered; /* records of a document of several pages */
};

/* The object with the id, or until it is found one with its name. */
static bool is_wanted(const struct list_reader *listing, const struct tfs_doc *doc)
{
	const struct tfs_doc *had = listing->wanted.doc;

	if (listing->want_id && strcmp(doc->id, listing->want_id) == 0)
		return true;
	if (!listing->want_name || strcmp(doc->name, listing->want_name) != 0)
		return false;
	return !had || !listing->want_id || strcmp(had->id, listing->want_id) != 0;
}

/* Takes `doc` over. */
static int take_doc(struct list_reader *listing, struct tfs_doc *doc, const json_t *record)
{
	int r;

	if (is_wanted(listing, doc)) {
		resource_object_finish(&listing->wanted);
		listing->wanted.doc = tfs_doc_ref(doc);
		listing->wanted.record = record ? json_ref_const(record) : NULL;
	}
	listing->behind = listing->behind || atomic_load(&doc->stale);
	r = resource_docs_add(&listing->docs, doc);
	if (r == -EFBIG)
		return tfs_fail(listing->op, r, "resource", "%s: the list is larger than cache-ceiling allows",
				listing->resource->path);
	return r;
}

/* Takes what is to be shown of a version just read. Takes `doc` over. */
static int take_judged(struct list_reader *listing, struct tfs_doc *doc, const json_t *record)
{
	cleanup_json json_t *shown = record ? json_ref_const(record) : NULL;
	int r = resource_own_writes_judge(listing->resource, listing->op, &doc, &shown);

	if (r == 0)
		return take_doc(listing, doc, shown);
	tfs_doc_unref(doc);
	listing->unusable++;
	return r < 0 ? r : 0;
}

static int take_unlisted(void *context, struct tfs_doc *doc, const json_t *record)
{
	return take_doc(context, doc, record);
}

static struct args_source args_source_of(const struct list_reader *listing)
{
	return (struct args_source){
		.resource = listing->resource,
		.op = listing->op,
		.context = &listing->builder.resolver.context,
		.name = listing->resource->doc_name,
	};
}

/* Fetches a text that the record only names. A missing one is skipped. */
static int make_named(struct list_reader *listing, const json_t *record, struct tfs_doc **ret)
{
	const struct tfs_kind *kind = listing->resource->kind;
	struct args_source with = args_source_of(listing);
	cleanup_free char *name = NULL, *id = NULL, *raw = NULL;
	struct tfs_api_answer answer = { 0 };
	int r = resource_record_name_and_id(kind, record, &name, &id);

	if (r == 0)
		r = resource_name_raw(name, &raw);
	with.name = raw;
	if (r == 0)
		r = resource_step_call(kind->lookup, &with, &answer);
	if (r == 0)
		r = resource_doc_build_text(&listing->builder, kind->lookup, &with, &answer, name, ret);
	tfs_api_answer_finish(&answer);
	return r == -ENOENT ? -EINVAL : r;
}

/* A record that makes no document is skipped. */
static int take_record(struct list_reader *listing, json_t *record)
{
	const struct tfs_kind *kind = listing->resource->kind;
	cleanup_json json_t *whole = NULL;
	struct tfs_doc *doc;
	int r = -EINVAL;

	if (kind->form == TFS_FORM_TEXT)
		r = make_named(listing, record, &doc);
	else if (!resource_record_deleted(kind, record))
		r = resource_detail_build(&listing->builder, record, &whole, &doc);
	if (r == -EINVAL) {
		tfs_error_clear(tfs_op_error(listing->op));
		listing->unusable++;
		return 0;
	}
	return r < 0 ? r : take_judged(listing, doc, whole ? whole : record);
}

static int gather_records(struct list_reader *listing, const json_t *records)
{
	if (!listing->gathered)
		listing->gathered = json_array();
	return json_array_extend(listing->gathered, (json_t *)(uintptr_t)records) < 0 ? -ENOMEM : 0;
}

static int take_records(struct list_reader *listing, const json_t *records)
{
	size_t count = json_array_size(records);
	int r;

	if (listing->resource->kind->shape == TFS_SHAPE_DOC)
		return gather_records(listing, records);
	r = resource_completion_run(&listing->completion, listing->resource, listing->op, records);

	for (size_t i = 0; i < count && r == 0; i++)
		r = take_record(listing, json_array_get(records, i));
	return r;
}

static int fail_answer(const struct list_reader *listing, const char *what)
{
	const struct tfs_step *step = listing->resource->kind->list;

	return tfs_fail(listing->op, -EBADMSG, "resource", "%s %s: %s", step->endpoint->method, step->endpoint->path,
			what);
}

/* The records of a page, yours; `*ret_more`: another page is needed. */
static int open_page(struct list_reader *listing, const json_t *body, json_t **ret_records, bool *ret_more)
{
	const struct tfs_kind *kind = listing->resource->kind;
	struct args_source with = args_source_of(listing);
	cleanup_json json_t *records = NULL;
	size_t count;
	long long most;
	int r = resource_records_find(kind->list, &with, body, &records);

	if (r < 0)
		return r;
	if (!json_is_array(records))
		return resource_shape_fail(listing->op, kind, kind->list, records);
	count = json_array_size(records);
	listing->last_total = resource_total_of(body, kind->page_total);
	if (listing->pages++ == 0)
		listing->total = listing->last_total;
	listing->moved = listing->moved || listing->last_total != listing->total;
	if (count > 0 && listing->total > TOTAL_MAX)
		return fail_answer(listing, "the answer claims more objects than can be");
	listing->seen += (long long)count;
	if (listing->total < 0) {
		*ret_more = count >= kind->page_size;
		most = TOTAL_MAX / kind->page_size;
	} else {
		*ret_more = count > 0 && listing->seen < listing->total;
		most = (listing->total / kind->page_size + 1) * PAGES_SHORT + PAGES_SPARE;
	}
	if (*ret_more && listing->pages >= most)
		return fail_answer(listing, "the list does not end");
	*ret_records = steal_pointer(&records);
	return 0;
}

static int call_first(struct list_reader *listing, struct tfs_api_answer *answer)
{
	struct args_source with = args_source_of(listing);

	return resource_step_call(listing->resource->kind->list, &with, answer);
}

/* Pages to fetch as far as known: one more, or all according to the first page's total. */
static long long pages_known(const struct list_reader *listing)
{
	long long size = (long long)listing->resource->kind->page_size, one_more = listing->pages + 1;
	long long promised = listing->total < 0 ? 0 : (listing->total + size - 1) / size;

	return promised > one_more ? promised : one_more;
}

/* Starts fetches until the window is full. `*asked` pages were started. */
static int prefetch_more(struct list_reader *listing, struct prefetch *window, long long *asked)
{
	long long end = pages_known(listing);
	int r = 0;

	if (end > listing->pages + AHEAD_PAGES)
		end = listing->pages + AHEAD_PAGES;
	for (; r == 0 && *asked < end; ++*asked)
		r = resource_prefetch_start(&window[*asked % AHEAD_PAGES], listing->resource, listing->op, *asked);
	return r;
}

/* Makes the documents of one page while the next ones are fetched. Takes the answer over. */
static int take_page(struct list_reader *listing, struct tfs_api_answer *answer, struct prefetch *window,
		     long long *asked, bool *ret_more)
{
	cleanup_json json_t *records = NULL;
	int r = open_page(listing, answer->body, &records, ret_more);

	if (r == 0 && *ret_more)
		r = prefetch_more(listing, window, asked);
	if (r == 0)
		r = take_records(listing, records);
	tfs_api_answer_finish(answer);
	return r;
}

static int take_pages(struct list_reader *listing)
{
	struct tfs_api_answer answer = { 0 };
	struct prefetch window[AHEAD_PAGES] = { 0 };
	long long asked = 1;
	bool more = true;
	int r = call_first(listing, &answer);

	while (r == 0 && more) {
		r = take_page(listing, &answer, window, &asked, &more);
		if (r == 0 && more)
			r = resource_prefetch_take(&window[listing->pages % AHEAD_PAGES], &answer);
	}
	for (size_t i = 0; i < AHEAD_PAGES; i++)
		resource_prefetch_drop(&window[i]);
	return r == 0 && listing->gathered ? take_record(listing, listing->gathered) : r;
}

/* Keeps the documents of the pages received so far, and begins again. */
static void begin_again(struct list_reader *listing)
{
	resource_docs_finish(&listing->before);
	listing->before = listing->docs;
	listing->docs = (struct docs){ .ceiling = listing->resource->store->config->cache_ceiling };
	listing->pages = listing->seen = listing->unusable = 0;
	listing->moved = false;
	json_decref(steal_pointer(&listing->gathered));
}

static int compare_names(const void *name, const void *doc)
{
	return strcmp(name, (*(const struct tfs_doc *const *)doc)->name);
}

/* Whether a document of the last listing is missing in this one, which is sorted by name. */
static bool is_one_gone(const struct list_reader *listing)
{
	const struct docs *docs = &listing->docs;
	struct tfs_doc **known;
	bool gone = false;
	size_t count;

	if (!tfs_list_complete(listing->resource->list, NULL) ||
	    tfs_list_all(listing->resource->list, &known, &count) < 0)
		return false;
	for (size_t i = 0; i < count && !gone; i++)
		gone = docs->count == 0 ||
		       !bsearch(known[i]->name, docs->all, docs->count, sizeof(struct tfs_doc *), compare_names);
	tfs_docs_free(known, count);
	return gone;
}

/* Adds the documents of the pass before: objects that come and go while pages are read are in one of the two. */
static int add_before(struct list_reader *listing)
{
	int r = 0;

	for (size_t i = 0; i < listing->before.count && r == 0; i++)
		r = resource_docs_add(&listing->docs, tfs_doc_ref(listing->before.all[i]));
	listing->behind = true;
	return r == 0 ? resource_docs_distinct(&listing->docs) : r;
}

/* After a pass: whether it has all objects that the pages count. */
static int check_total(struct list_reader *listing, long long count)
{
	return resource_check_total(listing->op, listing->resource->kind->list->endpoint, count, listing->last_total);
}

/*
 * Objects created or removed between two pages shift the others: one may come twice and another never. Everything is
 * read again until the totals stay the same, and once more before an object that was known is taken for gone. Pages
 * that still have less than they say are no list.
 */
static int take_all_pages(struct list_reader *listing)
{
	for (int attempt = 1;; attempt++) {
		long long came, kept;
		bool short_of;
		int r = take_pages(listing);

		if (r < 0)
			return r;
		came = (long long)listing->docs.count;
		r = resource_docs_distinct(&listing->docs);
		if (r < 0)
			return r;
		kept = (long long)listing->docs.count;
		short_of = listing->seen < listing->last_total ||
			   (came != kept && kept + listing->unusable < listing->last_total);
		if (!listing->moved && attempt > 1)
			return check_total(listing, listing->seen);
		if (!listing->moved && !short_of && (listing->pages == 1 || !is_one_gone(listing)))
			return 0;
		if (attempt == PASSES) {
			r = add_before(listing);
			return r < 0 ? r : check_total(listing, (long long)listing->docs.count + listing->unusable);
		}
		begin_again(listing);
	}
}

/* The only document, as the text of one answer. */
static int take_text(struct list_reader *listing, const struct tfs_api_answer *answer)
{
	struct args_source with = args_source_of(listing);
	struct tfs_doc *doc;
	int r;

	if (!with.name)
		return fail_answer(listing, "the answer is no JSON");
	r = resource_doc_build_text(&listing->builder, listing->resource->kind->list, &with, answer, with.name, &doc);
	return r < 0 ? r : take_judged(listing, doc, NULL);
}

static int take_found(struct list_reader *listing, const json_t *body)
{
	const struct tfs_kind *kind = listing->resource->kind;
	struct args_source with = args_source_of(listing);
	cleanup_json json_t *found = NULL;
	int r = resource_records_find(kind->list, &with, body, &found);

	if (r < 0)
		return r;
	if (found && (kind->shape == TFS_SHAPE_DOC || (kind->form == TFS_FORM_TEXT && json_is_object(found))))
		return take_record(listing, found);
	/* The object has no such part: an empty list. */
	if (!found && kind->list->answer && strchr(kind->list->answer, '$'))
		return 0;
	if (!json_is_array(found) && !json_is_null(found))
		return resource_shape_fail(listing->op, kind, kind->list, found ? found : body);
	return take_records(listing, found);
}

/* An answer without a body: a document without members. */
static int take_nothing(struct list_reader *listing)
{
	cleanup_json json_t *record = json_object();

	return !record ? -ENOMEM : take_record(listing, record);
}

/* One answer has everything: a document's record, a text, or the records of a set. */
static int take_whole(struct list_reader *listing)
{
	const struct tfs_kind *kind = listing->resource->kind;
	struct tfs_api_answer answer = { 0 };
	int r = call_first(listing, &answer);

	if (r < 0)
		return r;
	if (!answer.body && answer.raw.len == 0 && kind->shape == TFS_SHAPE_DOC && kind->form == TFS_FORM_JSON &&
	    kind->n_change > 0)
		r = take_nothing(listing);
	else if (!answer.body || (kind->form == TFS_FORM_TEXT && !kind->lookup))
		r = take_text(listing, &answer);
	else
		r = take_found(listing, answer.body);
	tfs_api_answer_finish(&answer);
	return r;
}

/* The row gives the names: no call. */
static int take_names(struct list_reader *listing)
{
	int r = 0;

	for (const char *const *name = listing->resource->kind->fixed_names; *name && r == 0; name++) {
		cleanup_json json_t *record = json_string(*name);

		r = !record ? -ENOMEM : take_record(listing, record);
	}
	return r;
}

/* The wanted object's document, under its final name. */
static int find_wanted(struct list_reader *listing, struct object *ret)
{
	const struct docs *docs = &listing->docs;

	for (size_t i = 0; i < docs->count && listing->wanted.doc; i++) {
		struct tfs_doc *doc = docs->all[i];

		if (doc == listing->wanted.doc || (*doc->id != '\0' && strcmp(doc->id, listing->wanted.doc->id) == 0)) {
			ret->doc = tfs_doc_ref(doc);
			ret->record = steal_pointer(&listing->wanted.record);
			return 0;
		}
	}
	listing->missed = true;
	return tfs_fail(listing->op, -ENOENT, "resource", "it is not there any more");
}

static int list_all(struct list_reader *listing, struct object *ret)
{
	const struct tfs_kind *kind = listing->resource->kind;
	bool paged = kind->page_total && kind->page_size > 0;
	int r = kind->fixed_names ? take_names(listing) : paged ? take_all_pages(listing) : take_whole(listing);

	if (r == 0)
		r = resource_own_writes_unlisted(listing->resource, listing->docs.all, listing->docs.count,
						 take_unlisted, listing);
	if (r == 0)
		r = resource_docs_distinct(&listing->docs);
	if (r < 0 && tfs_op_error(listing->op)->code == 0)
		tfs_fail(listing->op, r, "resource", "%s: the list could not be made", listing->resource->path);
	/* A missing object is no failure of the list. */
	return r < 0 || !ret ? r : find_wanted(listing, ret);
}

int resource_list_fetch(struct tfs_resource *resource, struct tfs_op *op, const char *want_name, const char *want_id,
			struct object *ret)
{
	struct list_reader listing = {
		.resource = resource,
		.op = op,
		.docs = { .ceiling = resource->store->config->cache_ceiling },
		.total = -1,
	};
	struct object found = { 0 };
	struct tfs_doc *current;
	int r, listed;

	if (ret && want_id && *want_id != '\0')
		listing.want_id = want_id;
	if (ret)
		listing.want_name = want_name;
	tfs_error_clear(tfs_op_error(op));
	r = resource_doc_builder_init(&listing.builder, resource, op);
	if (r == 0)
		r = list_all(&listing, !ret ? NULL : &found);
	/* If only the wanted object is missing, the list is good. */
	listed = listing.missed ? 0 : r;
	tfs_list_fetch_end(resource->list, listed, listed < 0 ? tfs_op_error(op) : NULL,
			   listed == 0 ? steal_pointer(&listing.docs.all) : NULL, listed == 0 ? listing.docs.count : 0);
	if (listed == 0)
		listing.docs.count = 0;
	if (listed == 0 && listing.behind)
		tfs_list_invalidate(resource->list);
	/* The cache may have kept an older version with the same bytes. */
	current = found.doc ? tfs_list_get(resource->list, found.doc->name) : NULL;
	if (current) {
		tfs_doc_unref(found.doc);
		found.doc = current;
	}
	if (ret)
		*ret = found;
	resource_docs_finish(&listing.docs);
	resource_docs_finish(&listing.before);
	json_decref(listing.gathered);
	resource_object_finish(&listing.wanted);
	resource_doc_builder_finish(&listing.builder);
	resource_completion_finish(&listing.completion);
	return r;
}
