/* Admission of a request: address, headers, seal, token, fields. */
#ifndef SANDBOX_ADMISSION_H
#define SANDBOX_ADMISSION_H

#include "call.h"

/* Splits the URI; finds endpoint, route and collection. -EINVAL with a refusal of 404 or 405, or -ENOMEM. */
int sandbox_admission_route(struct call *call);
/*
 * Checks a routed request against the document; fills request_id, claims, body and community. -EINVAL with a
 * refusal, or another negative errno. The caller must not hold the store's lock.
 */
int sandbox_admission_check(struct call *call);

#endif
