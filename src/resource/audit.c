/*
 * Recent events of the audit log, and our own calls whose events are still to come. An event that matches one of our
 * calls is ours; the others are changes by others.
 */
#include "audit.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/clock.h"
#include "tenantfs/lock.h"

enum {
	KEPT = 512,      /* events kept to find the author of a change */
	OWN = 256,       /* calls of ours whose events are still to come */
	OWN_MS = 600000, /* afterwards no event is expected: not every call leaves one */
	CURSORS = 16,
	TURN_MS = 10,
};

struct own_call {
	uint64_t serial;
	const struct tfs_kind *kind;
	uint64_t at_ms;
	bool answered;
};

struct community_cursor {
	char *community;
	long long last_ms; /* the newest event's time */
};

struct audit {
	atomic_bool polling;   /* one poll at a time */
	struct tfs_mutex lock; /* a leaf */
	/* All below protected by lock. */
	struct audit_event events[KEPT]; /* a ring: events[n_events % KEPT] is the next */
	size_t n_events;
	struct own_call own[OWN];
	size_t n_own;
	uint64_t last_serial;
	struct community_cursor cursors[CURSORS];
	size_t n_cursors;
	unsigned long polls, read, others;
	char error[TFS_ERROR_MESSAGE];
};

int resource_audit_new(struct audit **ret)
{
	struct audit *audit = calloc(1, sizeof(*audit));

	if (!audit)
		return -ENOMEM;
	tfs_mutex_init(&audit->lock);
	*ret = audit;
	return 0;
}

void resource_audit_free(struct audit *audit)
{
	if (!audit)
		return;
	for (size_t i = 0; i < audit->n_cursors; i++)
		free(audit->cursors[i].community);
	tfs_mutex_destroy(&audit->lock);
	free(audit);
}

static void drop_own(struct audit *audit, size_t at)
{
	assert(at < audit->n_own);
	memmove(&audit->own[at], &audit->own[at + 1], (audit->n_own - at - 1) * sizeof(audit->own[0]));
	audit->n_own--;
}

uint64_t resource_audit_note_call(struct audit *audit, const struct tfs_kind *kind)
{
	uint64_t serial;

	tfs_mutex_lock(&audit->lock);
	if (audit->n_own == OWN)
		drop_own(audit, 0);
	serial = ++audit->last_serial;
	audit->own[audit->n_own++] = (struct own_call){ serial, kind, tfs_clock_ms(), false };
	tfs_mutex_unlock(&audit->lock);
	return serial;
}

void resource_audit_note_answer(struct audit *audit, uint64_t serial, bool changed)
{
	tfs_mutex_lock(&audit->lock);
	for (size_t i = audit->n_own; i-- > 0;) {
		if (audit->own[i].serial != serial)
			continue;
		if (changed)
			audit->own[i].answered = true;
		else
			drop_own(audit, i);
		break;
	}
	tfs_mutex_unlock(&audit->lock);
}

/* How well an event matches a call on the kind; 0: not at all. */
static int fits(const struct tfs_kind *kind, const char *event, bool known)
{
	if (kind && resource_audit_event_listed(kind, event))
		return 3;
	if (!kind || (!known && !kind->events))
		return 2;
	return known ? 0 : 1;
}

/* Matches the event to one of our pending calls and consumes that call. */
static bool take_own(struct audit *audit, const char *event, bool *ret_doubted) TFS_HOLDS(audit->lock)
{
	bool known = resource_audit_event_kind(event);
	uint64_t now = tfs_clock_ms();
	size_t best = 0;
	int fit = 0;

	while (audit->n_own > 0 && now - audit->own[0].at_ms > OWN_MS)
		drop_own(audit, 0);
	for (size_t i = 0; i < audit->n_own; i++)
		if (fits(audit->own[i].kind, event, known) > fit) {
			best = i;
			fit = fits(audit->own[i].kind, event, known);
		}
	if (fit == 0)
		return false;
	*ret_doubted = !audit->own[best].answered;
	drop_own(audit, best);
	return true;
}

/* The window begins with the last event, which comes again. */
static bool is_known(const struct audit *audit, const struct audit_event *event) TFS_HOLDS(audit->lock)
{
	size_t count = audit->n_events < KEPT ? audit->n_events : KEPT;

	for (size_t i = 0; i < count; i++) {
		const struct audit_event *old = &audit->events[i];

		if (old->time_ms == event->time_ms && strcmp(old->event_id, event->event_id) == 0 &&
		    strcmp(old->name, event->name) == 0)
			return true;
	}
	return false;
}

bool resource_audit_take(struct audit *audit, struct audit_event *event, const char *user)
{
	bool known;

	tfs_mutex_lock(&audit->lock);
	known = is_known(audit, event);
	if (!known) {
		event->ours = event->ours || (user && strcmp(user, event->actor) == 0 &&
					      take_own(audit, event->name, &event->doubted));
		audit->events[audit->n_events++ % KEPT] = *event;
		audit->read++;
		audit->others += !event->ours;
	}
	tfs_mutex_unlock(&audit->lock);
	return !known;
}

/* NULL: never polled, or too many communities. */
static struct community_cursor *find_cursor(struct audit *audit, const char *community) TFS_HOLDS(audit->lock)
{
	for (size_t i = 0; i < audit->n_cursors; i++)
		if (strcmp(audit->cursors[i].community, community) == 0)
			return &audit->cursors[i];
	return NULL;
}

long long resource_audit_cursor(struct audit *audit, const char *community)
{
	const struct community_cursor *cursor;
	long long last;

	tfs_mutex_lock(&audit->lock);
	cursor = find_cursor(audit, community);
	last = cursor ? cursor->last_ms : 0;
	tfs_mutex_unlock(&audit->lock);
	return last;
}

int resource_audit_set_cursor(struct audit *audit, const char *community, long long last_ms)
{
	struct community_cursor *cursor;
	int r = 0;

	tfs_mutex_lock(&audit->lock);
	cursor = find_cursor(audit, community);
	if (!cursor && audit->n_cursors < CURSORS) {
		cursor = &audit->cursors[audit->n_cursors];
		cursor->community = strdup(community);
		if (cursor->community)
			audit->n_cursors++;
		else
			r = -ENOMEM;
	}
	if (r == 0 && cursor && last_ms > cursor->last_ms)
		cursor->last_ms = last_ms;
	tfs_mutex_unlock(&audit->lock);
	return r;
}

/* Whether the event is about the object, or about its kind if the event names no object. */
static bool is_about(const struct audit_event *event, const struct audit_subject *of)
{
	bool only = of->kind->shape == TFS_SHAPE_DOC;
	bool named = event->id[0] != '\0' || event->object[0] != '\0';

	if (strcmp(event->community, of->community) != 0 ||
	    (event->kind && !resource_audit_event_listed(of->kind, event->name)))
		return false;
	if (named && !only && strcmp(event->id, of->id) != 0 && strcmp(event->object, of->name) != 0)
		return false;
	/* An event no row lists counts only for an object that it names. */
	return event->kind || only || named;
}

size_t resource_audit_count(struct audit *audit)
{
	size_t count;

	tfs_mutex_lock(&audit->lock);
	count = audit->n_events;
	tfs_mutex_unlock(&audit->lock);
	return count;
}

bool resource_audit_others_since(struct audit *audit, size_t since, const struct audit_subject *of)
{
	bool found = false;

	tfs_mutex_lock(&audit->lock);
	if (audit->n_events - since > KEPT)
		since = audit->n_events - KEPT;
	for (size_t i = since; i < audit->n_events && !found; i++)
		found = !audit->events[i % KEPT].ours && is_about(&audit->events[i % KEPT], of);
	tfs_mutex_unlock(&audit->lock);
	return found;
}

/* The last event about an object. */
static const struct audit_event *find_last(const struct audit *audit, const struct audit_subject *of)
	TFS_HOLDS(audit->lock)
{
	size_t count = audit->n_events < KEPT ? audit->n_events : KEPT;
	const struct audit_event *found = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct audit_event *event = &audit->events[i];

		if (is_about(event, of) && (!found || event->time_ms >= found->time_ms))
			found = event;
	}
	return found;
}

char *resource_audit_last_actor(struct audit *audit, const struct audit_subject *of)
{
	const struct audit_event *last;
	char *actor;

	tfs_mutex_lock(&audit->lock);
	last = find_last(audit, of);
	actor = last && last->actor[0] != '\0' ? strdup(last->actor) : NULL;
	tfs_mutex_unlock(&audit->lock);
	return actor;
}

bool resource_audit_actor_at(struct audit *audit, const char *path, char *ret_name, size_t room)
{
	bool found = false;

	tfs_mutex_lock(&audit->lock);
	for (size_t i = 0; i < audit->n_events && i < KEPT && !found; i++) {
		const struct audit_event *event = &audit->events[(audit->n_events - 1 - i) % KEPT];

		found = !event->ours && event->actor[0] != '\0' && resource_audit_event_is_about(event, path);
		if (found)
			snprintf(ret_name, room, "%s", event->actor);
	}
	tfs_mutex_unlock(&audit->lock);
	return found;
}

int resource_audit_poll_begin(struct audit *audit, struct tfs_op *op)
{
	int r = 0;

	while (r == 0 && atomic_exchange(&audit->polling, true))
		r = tfs_op_sleep(op, TURN_MS);
	return r;
}

void resource_audit_poll_end(struct audit *audit, const char *error)
{
	atomic_store(&audit->polling, false);
	tfs_mutex_lock(&audit->lock);
	audit->polls++;
	snprintf(audit->error, sizeof(audit->error), "%s", error);
	tfs_mutex_unlock(&audit->lock);
}

json_t *resource_audit_status(struct audit *audit)
{
	json_t *status;

	tfs_mutex_lock(&audit->lock);
	status = json_pack("{s:I, s:I, s:I, s:o}", "polls", (json_int_t)audit->polls, "events", (json_int_t)audit->read,
			   "others", (json_int_t)audit->others, "error", tfs_json_string(audit->error));
	tfs_mutex_unlock(&audit->lock);
	return status;
}
