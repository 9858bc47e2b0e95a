/* The audit log read in pieces: each event once, whose it is, what it makes stale. */
#include "news.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/clock.h"
#include "tenantfs/name.h"

enum {
	PAGE = 100,
	PAGES = 5,       /* what is more is not read one by one: all of the community is stale */
	KEPT = 512,      /* events remembered, for the question who it was */
	OWN = 256,       /* calls of ours whose events are still to come */
	OWN_MS = 600000, /* afterwards none is expected: not every call leaves one */
	CURSORS = 16,
	TURN_MS = 10,
	TEXT = 128,
};

struct seen {
	char event_id[40], name[64], actor[TEXT], community[TEXT], id[TEXT], object[256];
	const struct tfs_kind *kind;
	long long time_ms;
	bool ours;
	bool doubted; /* ours by the look of it, and that call has no answer yet: it may be another's just as well */
};

struct own {
	uint64_t serial;
	const struct tfs_kind *kind;
	uint64_t at_ms;
	bool answered;
};

struct cursor {
	char *community;
	long long last_ms; /* the newest event's time */
};

struct news {
	atomic_bool polling; /* one poll at a time */
	pthread_mutex_t lock;    /* a leaf */
	/* All below protected by lock. */
	struct seen seen[KEPT]; /* a ring: seen[n_seen % KEPT] is the next */
	size_t n_seen;
	struct own own[OWN];
	size_t n_own;
	uint64_t last_serial;
	struct cursor cursors[CURSORS];
	size_t n_cursors;
	unsigned long polls, events, others;
	char error[TFS_ERROR_MESSAGE];
};

int news_new(struct news **ret)
{
	struct news *news = calloc(1, sizeof(*news));

	if (news == NULL)
		return -ENOMEM;
	pthread_mutex_init(&news->lock, NULL);
	*ret = news;
	return 0;
}

void news_free(struct news *news)
{
	if (news == NULL)
		return;
	for (size_t i = 0; i < news->n_cursors; i++)
		free(news->cursors[i].community);
	pthread_mutex_destroy(&news->lock);
	free(news);
}

static void drop_own(struct news *news, size_t at)
{
	memmove(&news->own[at], &news->own[at + 1], (news->n_own - at - 1) * sizeof(news->own[0]));
	news->n_own--;
}

uint64_t news_note_own(struct news *news, const struct tfs_kind *kind)
{
	uint64_t serial;

	pthread_mutex_lock(&news->lock);
	if (news->n_own == OWN)
		drop_own(news, 0);
	serial = ++news->last_serial;
	news->own[news->n_own++] = (struct own){ serial, kind, tfs_clock_ms(), false };
	pthread_mutex_unlock(&news->lock);
	return serial;
}

void news_answer_own(struct news *news, uint64_t serial, bool changed)
{
	pthread_mutex_lock(&news->lock);
	for (size_t i = news->n_own; i-- > 0;) {
		if (news->own[i].serial != serial)
			continue;
		if (changed)
			news->own[i].answered = true;
		else
			drop_own(news, i);
		break;
	}
	pthread_mutex_unlock(&news->lock);
}

static bool has_event(const struct tfs_kind *kind, const char *name)
{
	for (size_t i = 0; kind->events != NULL && kind->events[i] != NULL; i++)
		if (strcmp(kind->events[i], name) == 0)
			return true;
	return false;
}

static const struct tfs_kind *kind_of_event(const char *name)
{
	for (size_t i = 0; i < tfs_n_kinds; i++)
		if (has_event(&tfs_kinds[i], name))
			return &tfs_kinds[i];
	return NULL;
}

/* How well an event goes with a call on the kind: 0 not at all. */
static int fits(const struct tfs_kind *kind, const char *event, bool known)
{
	if (kind != NULL && has_event(kind, event))
		return 3;
	if (kind == NULL || (!known && kind->events == NULL))
		return 2;
	return known ? 0 : 1;
}

/* The lock is held. Whether a call of ours is still without its event, that this may be; it has it then. */
static bool take_own(struct news *news, const char *event, bool *ret_doubted)
{
	bool known = kind_of_event(event) != NULL;
	uint64_t now = tfs_clock_ms();
	size_t best = 0;
	int fit = 0;

	while (news->n_own > 0 && now - news->own[0].at_ms > OWN_MS)
		drop_own(news, 0);
	for (size_t i = 0; i < news->n_own; i++)
		if (fits(news->own[i].kind, event, known) > fit) {
			best = i;
			fit = fits(news->own[i].kind, event, known);
		}
	if (fit == 0)
		return false;
	*ret_doubted = !news->own[best].answered;
	drop_own(news, best);
	return true;
}

static void copy_text(char *to, size_t room, const char *text)
{
	snprintf(to, room, "%s", text != NULL ? text : "");
}

static const char *first_text(const json_t *object, const char *const *names)
{
	const char *text = NULL;

	for (; *names != NULL && text == NULL; names++)
		text = tfs_json_text(object, *names);
	return text;
}

static long long number_of(const json_t *value)
{
	if (json_is_string(value))
		return strtoll(json_string_value(value), NULL, 10);
	return json_is_number(value) ? (long long)json_number_value(value) : 0;
}

/* The reference names no members of an event but these few; others are read where they are there. */
static bool read_event(const json_t *record, const char *community, struct seen *ret)
{
	static const char *const ids[] = { "event_id", "_id", "id", NULL };
	static const char *const actors[] = { "user_id", "actor", "username", NULL };
	static const char *const objects[] = { "object_id", "target_id", NULL };
	static const char *const names[] = { "object_name", "target_name", "name", NULL };
	const char *name = tfs_json_text(record, "eventName");

	if (name == NULL)
		return false;
	*ret = (struct seen){ .kind = kind_of_event(name), .time_ms = number_of(json_object_get(record, "event_ts")) };
	copy_text(ret->name, sizeof(ret->name), name);
	copy_text(ret->event_id, sizeof(ret->event_id), first_text(record, ids));
	copy_text(ret->actor, sizeof(ret->actor), first_text(record, actors));
	copy_text(ret->id, sizeof(ret->id), first_text(record, objects));
	copy_text(ret->object, sizeof(ret->object), first_text(record, names));
	copy_text(ret->community, sizeof(ret->community), community);
	return true;
}

/* The lock is held. The window begins with the last event, which comes again. */
static bool is_known(const struct news *news, const struct seen *event)
{
	size_t count = news->n_seen < KEPT ? news->n_seen : KEPT;

	for (size_t i = 0; i < count; i++) {
		const struct seen *old = &news->seen[i];

		if (old->time_ms == event->time_ms && strcmp(old->event_id, event->event_id) == 0 &&
		    strcmp(old->name, event->name) == 0)
			return true;
	}
	return false;
}

/* One that tells of one object that is there before and after. */
static bool is_change(const char *event)
{
	static const char *const ends[] = { "_MODIFIED", "_UPDATED", "_CHANGED", "_LOCKED", "_UNLOCKED" };
	size_t len = strlen(event);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (len > strlen(ends[i]) && strcmp(event + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

/* The one document an event is about, where it says which. Yours. */
static struct tfs_doc *find_doc(struct tfs_resource *resource, const struct seen *event)
{
	cleanup_free char *name = NULL;

	if (resource->doc_name != NULL || event->object[0] == '\0' || !is_change(event->name))
		return NULL;
	name = tfs_name_escape(event->object, strlen(event->object), TFS_NAME_MAX);
	return name != NULL ? tfs_list_get(resource->list, name) : NULL;
}

/* What nobody knows a row for may be about anything in the community. */
static bool concerns(const struct tfs_resource *resource, const struct seen *event)
{
	if (strcmp(resource->community, event->community) != 0)
		return false;
	return event->kind == NULL || has_event(resource->kind, event->name);
}

/* Resources are kept while the store lives: they can be used after the lock. Yours. */
static struct tfs_resource **find_concerned(struct tfs_store *store, const struct seen *event, size_t *ret_count)
{
	struct tfs_resource **found, *resource, *next;
	size_t count = 0;

	pthread_mutex_lock(&store->lock);
	found = calloc(HASH_COUNT(store->resources) + 1, sizeof(struct tfs_resource *));
	HASH_ITER(hh, store->resources, resource, next)
	{
		if (found != NULL && concerns(resource, event))
			found[count++] = resource;
	}
	pthread_mutex_unlock(&store->lock);
	*ret_count = count;
	return found;
}

static void make_stale(struct tfs_store *store, const struct seen *event)
{
	size_t count = 0;
	cleanup_free struct tfs_resource **resources = find_concerned(store, event, &count);

	bool found = false;

	for (size_t i = 0; i < count; i++) {
		struct tfs_doc *doc cleanup_doc = find_doc(resources[i], event);

		if (doc == NULL)
			continue;
		found = true;
		/* Without a look-up the whole list is asked for anyway. */
		if (resources[i]->kind->lookup != NULL)
			atomic_store(&doc->stale, true);
		else
			tfs_list_invalidate(resources[i]->list);
		tfs_list_notify_stale(resources[i]->list, doc);
		store_touch_below(store, resources[i]->path, doc->name);
	}
	for (size_t i = 0; i < count && !found; i++) {
		tfs_list_invalidate(resources[i]->list);
		tfs_list_notify_stale(resources[i]->list, NULL);
	}
}

/* Notes the event; false when it was known. */
static bool take_event(struct tfs_store *store, struct seen *event, const char *user)
{
	struct news *news = store->news;
	bool known;

	pthread_mutex_lock(&news->lock);
	known = is_known(news, event);
	if (!known) {
		event->ours = event->ours ||
			      (user != NULL && strcmp(user, event->actor) == 0 &&
			       take_own(news, event->name, &event->doubted));
		news->seen[news->n_seen++ % KEPT] = *event;
		news->events++;
		news->others += !event->ours;
	}
	pthread_mutex_unlock(&news->lock);
	return !known;
}

/* A segment of a path against that of a kind's: words of other objects stand for any name. */
static bool same_segment(const char *form, size_t form_len, const char *name, size_t len, const struct seen *event)
{
	cleanup_free char *object = NULL;
	const char *close = form[0] == '{' ? memchr(form, '}', form_len) : NULL;
	size_t rest;

	if (close == NULL)
		return form_len == len && memcmp(form, name, len) == 0;
	rest = form_len - (size_t)(close + 1 - form);
	if (len < rest || memcmp(name + len - rest, close + 1, rest) != 0)
		return false;
	len -= rest;
	if (strncmp(form, "{community}", 11) == 0)
		object = tfs_name_escape(event->community, strlen(event->community), TFS_NAME_MAX);
	else if (strncmp(form, "{name}", 6) == 0 && event->object[0] != '\0')
		object = tfs_name_escape(event->object, strlen(event->object), TFS_NAME_MAX);
	else
		return true;
	return object != NULL && strlen(object) == len && memcmp(object, name, len) == 0;
}

/* Whether an event of the kind may be about what stands at `path`. */
static bool stands_at(const struct tfs_kind *kind, const char *path, const struct seen *event)
{
	const char *form = kind->path;

	for (;;) {
		size_t form_len = strcspn(form, "/"), len = strcspn(path, "/");

		if (!same_segment(form, form_len, path, len, event))
			return false;
		if (form[form_len] == '\0' || path[len] == '\0')
			return form[form_len] == path[len];
		form += form_len + 1;
		path += len + 1;
	}
}

static bool is_about(const struct seen *event, const char *path)
{
	for (size_t i = 0; i < tfs_n_kinds; i++)
		if (has_event(&tfs_kinds[i], event->name) && stands_at(&tfs_kinds[i], path, event))
			return true;
	return false;
}

bool tfs_store_actor_at(struct tfs_store *store, const char *path, char *ret_name, size_t room)
{
	struct news *news = store->news;
	bool found = false;

	pthread_mutex_lock(&news->lock);
	for (size_t i = 0; i < news->n_seen && i < KEPT && !found; i++) {
		const struct seen *event = &news->seen[(news->n_seen - 1 - i) % KEPT];

		found = !event->ours && event->actor[0] != '\0' && is_about(event, path);
		if (found)
			snprintf(ret_name, room, "%s", event->actor);
	}
	pthread_mutex_unlock(&news->lock);
	return found;
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

/* {"data": [{"auditLogEvents": […]}]}, or the events at once. Borrowed. */
static const json_t *events_of(const json_t *body)
{
	const json_t *data = json_object_get(body, "data");
	const json_t *inner = json_object_get(json_array_get(data, 0), "auditLogEvents");

	return inner != NULL ? inner : json_object_get(data, "auditLogEvents") != NULL
					       ? json_object_get(data, "auditLogEvents")
					       : data;
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
	if (call.endpoint == NULL)
		return tfs_fail(op, -EPERM, "resource", "the API has no audit log");
	format_time(from, time);
	body = json_pack("{s:s, s:s, s:i, s:i, s:s}", "tenantId", community->tenant_id, "communityId", community->id,
			 "pSize", (int)size, "pIndex", (int)index, "from", time);
	if (body == NULL)
		return tfs_fail(op, -ENOMEM, "resource", "out of memory");
	call.body = body;
	return store->calls.call(store->api, op, &call, ret);
}

/* The lock is held. NULL: never polled, or too many of them. */
static struct cursor *find_cursor(struct news *news, const char *community)
{
	for (size_t i = 0; i < news->n_cursors; i++)
		if (strcmp(news->cursors[i].community, community) == 0)
			return &news->cursors[i];
	return NULL;
}

static long long cursor_of(struct news *news, const char *community)
{
	const struct cursor *cursor;
	long long last;

	pthread_mutex_lock(&news->lock);
	cursor = find_cursor(news, community);
	last = cursor != NULL ? cursor->last_ms : 0;
	pthread_mutex_unlock(&news->lock);
	return last;
}

static int set_cursor(struct news *news, const char *community, long long last_ms)
{
	struct cursor *cursor;
	int r = 0;

	pthread_mutex_lock(&news->lock);
	cursor = find_cursor(news, community);
	if (cursor == NULL && news->n_cursors < CURSORS) {
		cursor = &news->cursors[news->n_cursors];
		cursor->community = strdup(community);
		if (cursor->community != NULL)
			news->n_cursors++;
		else
			r = -ENOMEM;
	}
	if (r == 0 && cursor != NULL && last_ms > cursor->last_ms)
		cursor->last_ms = last_ms;
	pthread_mutex_unlock(&news->lock);
	return r;
}

/* Events of an answer, which has the newest first, from the oldest on. `past`: they explain nothing that comes. */
static long long serve_page(struct tfs_store *store, const json_t *body, const char *community, const char *user,
			    bool tell, bool past)
{
	const json_t *events = events_of(body);
	long long newest = 0;

	for (size_t i = json_array_size(events); i-- > 0;) {
		struct seen event;

		if (!read_event(json_array_get(events, i), community, &event))
			continue;
		if (event.time_ms > newest)
			newest = event.time_ms;
		event.ours = past;
		if (take_event(store, &event, user) && tell && (!event.ours || event.doubted))
			make_stale(store, &event);
	}
	return newest;
}

/* Pages are gathered first: the oldest event is the last of them. `*ret_more`: there were too many. */
static int fetch_all(struct tfs_store *store, struct tfs_op *op, const char *community, long long from,
		     struct tfs_api_answer answers[PAGES], size_t *ret_count, bool *ret_more)
{
	int r = 0;

	*ret_more = true;
	for (*ret_count = 0; *ret_count < PAGES && *ret_more && r == 0;) {
		r = fetch_page(store, op, community, from, PAGE, (unsigned)*ret_count, &answers[*ret_count]);
		if (r == 0)
			*ret_more = json_array_size(events_of(answers[(*ret_count)++].body)) == PAGE;
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

	if (r == 0 && store->calls.user != NULL && store->calls.user(store->api, op, &user) < 0)
		tfs_error_clear(tfs_op_error(op));
	if (r == 0 && more) {
		struct seen anything = { .kind = NULL };

		copy_text(anything.community, sizeof(anything.community), community);
		make_stale(store, &anything);
	}
	for (size_t i = count; i-- > 0;) {
		long long last = r == 0 ? serve_page(store, answers[i].body, community, user, true, false) : 0;

		newest = last > newest ? last : newest;
		tfs_api_answer_finish(&answers[i]);
	}
	return r < 0 ? r : set_cursor(store->news, community, newest);
}

/* From when on: the server's own time, as its newest event has it. */
static int begin(struct tfs_store *store, struct tfs_op *op, const char *community)
{
	long long now = (long long)tfs_clock_wall().tv_sec * 1000, newest;
	struct tfs_api_answer answer = { 0 };
	int r = fetch_page(store, op, community, now - 24LL * 3600 * 1000, 1, 0, &answer);

	if (r < 0)
		return r;
	newest = serve_page(store, answer.body, community, NULL, false, true);
	tfs_api_answer_finish(&answer);
	/* None for a day: what comes is newer than this, whichever clock is ahead. */
	return set_cursor(store->news, community, newest > 0 ? newest : now - 3600LL * 1000);
}

int tfs_store_feed(struct tfs_store *store, struct tfs_op *op, const char *community)
{
	struct news *news = store->news;
	long long from;
	int r = 0;

	/* Another's poll is under way: what it brings is as new. */
	while (r == 0 && atomic_exchange(&news->polling, true))
		r = tfs_op_sleep(op, TURN_MS);
	if (r < 0)
		return r;
	from = cursor_of(news, community);
	r = from == 0 ? begin(store, op, community) : poll_since(store, op, community, from);
	atomic_store(&news->polling, false);
	pthread_mutex_lock(&news->lock);
	news->polls++;
	copy_text(news->error, sizeof(news->error), r < 0 ? tfs_op_error(op)->message : "");
	pthread_mutex_unlock(&news->lock);
	return r;
}

/* The lock is held. The last event about an object, else about its kind where that names none. */
static const struct seen *find_last(const struct news *news, const struct tfs_resource *resource, const char *id,
				    const char *name)
{
	size_t count = news->n_seen < KEPT ? news->n_seen : KEPT;
	const struct seen *found = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct seen *event = &news->seen[i];
		bool named = event->id[0] != '\0' || event->object[0] != '\0';

		if (strcmp(event->community, resource->community) != 0 ||
		    (event->kind != NULL && !has_event(resource->kind, event->name)))
			continue;
		if (named && resource->doc_name == NULL && strcmp(event->id, id) != 0 &&
		    strcmp(event->object, name) != 0)
			continue;
		/* One nobody has a row for says something of an object that it names, and of nothing else. */
		if (event->kind == NULL && resource->doc_name == NULL && !named)
			continue;
		if (found == NULL || event->time_ms >= found->time_ms)
			found = event;
	}
	return found;
}

/* Without a feed: what the last day had, for its actors alone. */
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
	struct news *news = store->news;
	struct tfs_error error = *tfs_op_error(op);
	const struct seen *last;
	long long from = cursor_of(news, resource->community);
	int r;

	r = from != 0 ? tfs_store_feed(store, op, resource->community) : look_back(store, op, resource->community);
	*tfs_op_error(op) = error;
	pthread_mutex_lock(&news->lock);
	last = find_last(news, resource, id, name);
	*ret = last != NULL && last->actor[0] != '\0' ? strdup(last->actor) : NULL;
	pthread_mutex_unlock(&news->lock);
	return r;
}

json_t *tfs_store_feed_status(struct tfs_store *store)
{
	struct news *news = store->news;
	json_t *status;

	pthread_mutex_lock(&news->lock);
	status = json_pack("{s:I, s:I, s:I, s:s}", "polls", (json_int_t)news->polls, "events",
			   (json_int_t)news->events, "others", (json_int_t)news->others, "error", news->error);
	pthread_mutex_unlock(&news->lock);
	return status;
}
