/* One event of the audit log. */
#ifndef TENANTFS_RESOURCE_AUDIT_EVENT_H
#define TENANTFS_RESOURCE_AUDIT_EVENT_H

#include <stdbool.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/json.h"

enum { AUDIT_TEXT = 128 };

struct audit_event {
	char event_id[40], name[64], actor[AUDIT_TEXT], community[AUDIT_TEXT], id[AUDIT_TEXT], object[256];
	const struct tfs_kind *kind;
	long long time_ms;
	bool ours;
	bool doubted; /* matched one of our calls that has no answer yet; it may be somebody else's */
};

/* False: the record is no event. */
bool resource_audit_event_read(const json_t *record, const char *community, struct audit_event *ret);
/* The kind whose row lists the event; NULL: none does. */
const struct tfs_kind *resource_audit_event_kind(const char *name);
/* Whether the kind's row lists the event. */
bool resource_audit_event_listed(const struct tfs_kind *kind, const char *name);
/* Whether the event changes an object that exists before and after it. */
bool resource_audit_event_is_change(const char *name);
/* Whether the event may be about the document at `path` of the mount. */
bool resource_audit_event_is_about(const struct audit_event *event, const char *path);

#endif
