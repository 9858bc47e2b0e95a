/* Recent events of the audit log, told apart from the events of our own calls. Thread-safe. */
#ifndef TENANTFS_RESOURCE_AUDIT_H
#define TENANTFS_RESOURCE_AUDIT_H

#include "audit-event.h"
#include "tenantfs/op.h"

struct audit;
int resource_audit_new(struct audit **ret);
void resource_audit_free(struct audit *audit);

/*
 * Before a call that changes something: its event will be ours, and may be read before the answer comes. `kind` NULL:
 * a bare call. Returns the number for resource_audit_note_answer.
 */
uint64_t resource_audit_note_call(struct audit *audit, const struct tfs_kind *kind);
/* After the call. Where it changed nothing no event is expected. */
void resource_audit_note_answer(struct audit *audit, uint64_t serial, bool changed);

/* Remembers an event; sets `ours` and `doubted`. False: it was read before. `user` (may be NULL) is the session's. */
bool resource_audit_take(struct audit *audit, struct audit_event *event, const char *user);

/* The number of events read so far. */
size_t resource_audit_count(struct audit *audit);
/* An object that events may be about; `id` and `name` may be "". */
struct audit_subject {
	const struct tfs_kind *kind;
	const char *community, *id, *name;
};
/* Whether others changed the object, by an event read since there were `since`. */
bool resource_audit_others_since(struct audit *audit, size_t since, const struct audit_subject *of);

/* Time of the newest event of a community; 0: never polled. */
long long resource_audit_cursor(struct audit *audit, const char *community);
int resource_audit_set_cursor(struct audit *audit, const char *community, long long last_ms);
/* One poll at a time: waits for its turn. 0, -EINTR, -ETIMEDOUT. */
int resource_audit_poll_begin(struct audit *audit, struct tfs_op *op);
/* `error` is the message of the poll's error, "" after a success. */
void resource_audit_poll_end(struct audit *audit, const char *error);

/* The actor of its last change; NULL: unknown. Yours. */
char *resource_audit_last_actor(struct audit *audit, const struct audit_subject *of);
/* The last actor, other than us, that changed the document at `path`; false: unknown. */
bool resource_audit_actor_at(struct audit *audit, const char *path, char *ret_name, size_t room);
/* {"polls", "events", "others", "error"}; yours. */
json_t *resource_audit_status(struct audit *audit);

#endif
