/* What is written down about a call, for the audit log and the other reports. */
#ifndef SANDBOX_EVENT_H
#define SANDBOX_EVENT_H

#include "call.h"

#define EVENT_AUDIT "AUDIT_LOG"
#define EVENT_SIGN_ON "AUTHENTICATION"

/* The event of a finished call: that of its handler, else that of its route; NULL: there is none. */
const char *event_of(const struct call *call);
/* Writes it down with who did what to which object. */
int event_record(struct call *call);

#endif
