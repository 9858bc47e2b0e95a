/* The change feed: polls the audit log and invalidates what others changed. */
#include "tenantfs/feed.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resource/audit.h"
#include "resource/doc-builder.h"
#include "resource/store.h"
#include "tenantfs/clock.h"
#include "tenantfs/lock.h"
#include "tenantfs/name.h"

enum {
	PAGE = 100,
	PAGES = 5, /* beyond that everything in the community is invalidated */
	REACH_DAYS = 89,
};

/* The document an event names, if any. Yours. */
static struct tfs_doc *find_doc(struct tfs_resource *resource, const struct audit_event *event)
{
	cleanup_free char *name = NULL;

	if (resource->doc_name || event->object[0] == '\0' || !resource_audit_event_is_change(event->name))
		return NULL;
	name = tfs_name_escape(event->object, strlen(event->object), TFS_NAME_MAX);
	return name ? tfs_list_get(resource->list, name) : NULL;
}

/* An event no row lists may affect anything in the community. */
static bool concerns(const struct tfs_resource *resource, const struct audit_event *event)
{
	if (strcmp(resource->community, event->community) != 0)
		return false;
	return !event->kind || resource_audit_event_listed(resource->kind, event->name);
}

/* The array is yours. Resources live as long as the store, so they may be used without the lock. */
static struct tfs_resource **find_concerned(struct tfs_store *store, const struct audit_event *event, size_t *ret_count)
{
	struct tfs_resource **found, *resource, *next;
	size_t count = 0;

	tfs_mutex_lock(&store->lock);
	found = calloc(HASH_COUNT(store->resources) + 1, sizeof(struct tfs_resource *));
	HASH_ITER (hh, store->resources, resource, next) {
		if (found && concerns(resource, event))
			found[count++] = resource;
	}
	tfs_mutex_unlock(&store->lock);
	*ret_count = count;
	return found;
}

static void make_stale(struct tfs_store *store, const struct audit_event *event)
{
	size_t count = 0;
	cleanup_free struct tfs_resource **resources = find_concerned(store, event, &count);
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		struct tfs_doc *doc cleanup_doc = find_doc(resources[i], event);

		if (!doc)
			continue;
		found = true;
		/* Without a look-up the whole list has to be read anyway. */
		if (resources[i]->kind->lookup)
			atomic_store(&doc->stale, true);
		else
			tfs_list_invalidate(resources[i]->list);
		tfs_list_notify_stale(resources[i]->list, doc);
		resource_store_invalidate_children(store, resources[i]->path, doc->name);
	}
	/* The object may have another name now. */
	for (size_t i = 0; i < count && event->kind; i++)
		resource_store_invalidate_referring(store, resources[i]);
	for (size_t i = 0; i < count && !found; i++) {
		tfs_list_invalidate(resources[i]->list);
		tfs_list_notify_stale(resources[i]->list, NULL);
	}
}

static void format_time(long long ms, char out[32])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm utc;
	size_t len;

	gmtime_r(&seconds, &utc);
	len = strftime(out, 32, "%Y-%m-%d %H:%M:%S", &utc);
	snprintf(out + len, 32 - len, ".%03d", (int)(ms % 1000));
}

/* The events in {"data": [{"auditLogEvents": […]}]}, or directly in "data". Borrowed. */
static const json_t *events_of(const json_t *body)
{
	const json_t *data = json_object_get(body, "data");
	const json_t *inner = json_object_get(json_array_get(data, 0), "auditLogEvents");

	return inner ? inner : json_object_get(data, "auditLogEvents") ? json_object_get(data, "auditLogEvents") : data;
}

/* The service refuses to look back further than 90 days (API document, line 6329). In a quiet tenant, time goes on. */
static long long within_reach(long long from)
{
	long long oldest = ((long long)tfs_clock_wall().tv_sec - REACH_DAYS * 24 * 3600LL) * 1000;

	return from > oldest ? from : oldest;
}

static int fetch_page(struct tfs_store *store, struct tfs_op *op, const char *name, long long from, unsigned size,
		      unsigned index, struct tfs_api_answer *ret)
{
	const struct tfs_community *community;
	struct tfs_api_call call = { .endpoint = tfs_endpoint_find("POST", "/reports/audit_log") };
	json_t *body cleanup_json = NULL;
	char time[32];
	int r = store->calls.community(store->api, op, name, &community);

	if (r < 0)
		return r;
	if (!call.endpoint)
		return tfs_fail(op, -EPERM, "resource", "the API has no audit log");
	format_time(within_reach(from), time);
	body = json_pack("{s:s, s:s, s:i, s:i, s:s}", "tenantId", community->tenant_id, "communityId", community->id,
			 "pSize", (int)size, "pIndex", (int)index, "from", time);
	if (!body)
		return tfs_fail_memory(op);
	call.body = body;
	r = store->calls.call(store->api, op, &call, ret);
	if (r == 0 && !json_is_array(events_of(ret->body)) && !json_is_null(events_of(ret->body))) {
		tfs_api_answer_finish(ret);
		return tfs_fail(op, -EBADMSG, "resource", "%s %s: the answer has no list of events at /data",
				call.endpoint->method, call.endpoint->path);
	}
	return r;
}

/* Whether another page follows `body`. `seen`: the events of all pages up to and including it. */
static bool is_more(const json_t *body, size_t seen)
{
	size_t count = json_array_size(events_of(body));

	return count == PAGE || (count > 0 && (long long)seen < resource_total_of(body, "/page/total"));
}

/*
 * Takes the events of an answer from the oldest to the newest, which comes first. `past`: they are older than
 * the feed and invalidate nothing.
 */
static long long serve_page(struct tfs_store *store, const json_t *body, const char *community, const char *user,
			    bool tell, bool past)
{
	const json_t *events = events_of(body);
	long long newest = 0;

	for (size_t i = json_array_size(events); i-- > 0;) {
		struct audit_event event;

		if (!resource_audit_event_read(json_array_get(events, i), community, &event))
			continue;
		if (event.time_ms > newest)
			newest = event.time_ms;
		event.ours = past;
		if (resource_audit_take(store->audit, &event, user) && tell && (!event.ours || event.doubted))
			make_stale(store, &event);
	}
	return newest;
}

/* Reads all pages first, since the oldest event is on the last. `*ret_more`: there were too many. */
static int fetch_all(struct tfs_store *store, struct tfs_op *op, const char *community, long long from,
		     struct tfs_api_answer answers[PAGES], size_t *ret_count, bool *ret_more)
{
	size_t seen = 0;
	int r = 0;

	*ret_more = true;
	for (*ret_count = 0; *ret_count < PAGES && *ret_more && r == 0;) {
		r = fetch_page(store, op, community, from, PAGE, (unsigned)*ret_count, &answers[*ret_count]);
		if (r == 0) {
			const json_t *body = answers[(*ret_count)++].body;

			seen += json_array_size(events_of(body));
			*ret_more = is_more(body, seen);
		}
	}
	return r;
}

static int poll_since(struct tfs_store *store, struct tfs_op *op, const char *community, long long from)
{
	struct tfs_api_answer answers[PAGES] = { 0 };
	cleanup_free char *user = NULL;
	long long newest = from;
	size_t count = 0;
	bool more = false;
	int r = fetch_all(store, op, community, from, answers, &count, &more);

	if (r == 0 && store->calls.user && store->calls.user(store->api, op, &user) < 0)
		tfs_error_clear(tfs_op_error(op));
	if (r == 0 && more) {
		struct audit_event anything = { .kind = NULL };

		snprintf(anything.community, sizeof(anything.community), "%s", community);
		make_stale(store, &anything);
	}
	for (size_t i = count; i-- > 0;) {
		long long last = r == 0 ? serve_page(store, answers[i].body, community, user, true, false) : 0;

		newest = last > newest ? last : newest;
		tfs_api_answer_finish(&answers[i]);
	}
	return r < 0 ? r : resource_audit_set_cursor(store->audit, community, newest);
}

/* The start time of a feed: that of the server's newest event. */
static int begin(struct tfs_store *store, struct tfs_op *op, const char *community)
{
	long long now = (long long)tfs_clock_wall().tv_sec * 1000, newest;
	struct tfs_api_answer answer = { 0 };
	int r = fetch_page(store, op, community, now - 24LL * 3600 * 1000, 1, 0, &answer);

	if (r < 0)
		return r;
	newest = serve_page(store, answer.body, community, NULL, false, true);
	tfs_api_answer_finish(&answer);
	/* No event within a day: an hour ago is safe, whichever clock is ahead. */
	return resource_audit_set_cursor(store->audit, community, newest > 0 ? newest : now - 3600LL * 1000);
}

int tfs_store_feed(struct tfs_store *store, struct tfs_op *op, const char *community)
{
	long long from;
	/* While another poll is under way: what it brings is as new. */
	int r = resource_audit_poll_begin(store->audit, op);

	if (r < 0)
		return r;
	from = resource_audit_cursor(store->audit, community);
	r = from == 0 ? begin(store, op, community) : poll_since(store, op, community, from);
	resource_audit_poll_end(store->audit, r < 0 ? tfs_op_error(op)->message : "");
	return r;
}

/* Without a feed: reads the last day's events, for their actors only. */
static int look_back(struct tfs_store *store, struct tfs_op *op, const char *community)
{
	long long now = (long long)tfs_clock_wall().tv_sec * 1000;
	struct tfs_api_answer answer = { 0 };
	int r = fetch_page(store, op, community, now - 24LL * 3600 * 1000, PAGE, 0, &answer);

	if (r == 0)
		serve_page(store, answer.body, community, NULL, false, false);
	tfs_api_answer_finish(&answer);
	return r;
}

int tfs_store_actor(struct tfs_resource *resource, struct tfs_op *op, const char *id, const char *name, char **ret)
{
	struct tfs_store *store = resource->store;
	const struct audit_subject of = { resource->kind, resource->community, id, name };
	struct tfs_error error = *tfs_op_error(op);
	int r;

	if (resource_audit_cursor(store->audit, resource->community) != 0)
		r = tfs_store_feed(store, op, resource->community);
	else
		r = look_back(store, op, resource->community);
	*tfs_op_error(op) = error;
	*ret = resource_audit_last_actor(store->audit, &of);
	return r;
}

bool tfs_store_actor_at(struct tfs_store *store, const char *path, char *ret_name, size_t room)
{
	return resource_audit_actor_at(store->audit, path, ret_name, room);
}

json_t *tfs_store_feed_status(struct tfs_store *store)
{
	return resource_audit_status(store->audit);
}
