/* Events of calls, for the audit log and the other reports. */
#ifndef SANDBOX_EVENT_H
#define SANDBOX_EVENT_H

#include "call.h"

#define EVENT_AUDIT "AUDIT_LOG"
#define EVENT_SIGN_ON "AUTHENTICATION"

/* The event of a finished call: its handler's, else its route's; NULL: none. */
const char *sandbox_event_of(const struct call *call);
/* Stores the event: who did what to which object. */
int sandbox_event_record(struct call *call);

#endif
