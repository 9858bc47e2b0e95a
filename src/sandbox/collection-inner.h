/* Functions shared by the files of the collections' engine. */
#ifndef SANDBOX_COLLECTION_INNER_H
#define SANDBOX_COLLECTION_INNER_H

#include <assert.h>

#include "collection-template.h"
#include "collection.h"

/* The row of the call's route, in a handler of collection.h. */
static inline const struct collection *collection_of(const struct call *call)
{
	assert(call->collection);
	return call->collection;
}
/* `status` where the endpoint documents it, else 400. */
int sandbox_collection_status(const struct call *call, int status);
/* True if the record belongs to the auth module the request names, or the row is not within one. */
bool sandbox_collection_is_within(const struct call *call, const struct collection *row, const json_t *record);
/* Loads the record the request names; refuses when there is none. `*ret` is yours. */
int sandbox_collection_load(struct call *call, const struct collection *row, json_t **ret);
/* Answers with the endpoint's first documented status of success; 204 has no body. */
int sandbox_collection_answer(struct call *call, const struct collection *row, const char *template,
			      const json_t *value);
/* Refuses a record that must not be stored; `old` is NULL for a new one. */
int sandbox_collection_check(struct call *call, const struct collection *row, json_t *record, const json_t *old);

#endif
