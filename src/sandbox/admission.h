/* The gate every request passes: address, headers, seal, token, fields. */
#ifndef SANDBOX_ADMISSION_H
#define SANDBOX_ADMISSION_H

#include "call.h"

/* Splits the uri, finds endpoint and route; -EINVAL with a refusal of 404 or 405, or -ENOMEM. */
int admission_route(struct call *call);
/*
 * All of the document's demands on a routed request; fills request_id, claims, body, community.
 * -EINVAL with a refusal, or another negative errno. Needs the store's lock not to be held.
 */
int admission_check(struct call *call);

#endif
