/* Helpers for stored records, shared by the handlers. */
#ifndef SANDBOX_RECORD_H
#define SANDBOX_RECORD_H

#include "call.h"

enum { RECORD_ID = 25, RECORD_TIME = 25 };

/* 24 random hex digits; -EIO. */
int sandbox_record_id(char out[RECORD_ID]);
/* The current time, "2024-05-01T10:20:30.123Z". */
void sandbox_record_now(char out[RECORD_TIME]);
long long sandbox_record_now_ms(void);

/* The module `id` of the call's community; refuses with 404 when there is none. `*ret` is yours. */
int sandbox_record_module(struct call *call, const char *id, json_t **ret);
/* Copies those of `members` that the body has into the record. */
int sandbox_record_take(const struct call *call, json_t *record, const char *const *members);
/* A whole number of the body between min and max; untouched when there is none. -EINVAL with a refusal. */
int sandbox_record_number(struct call *call, const char *name, long long min, long long max, long long *value);

#endif
