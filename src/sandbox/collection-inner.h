/* What the files of the collections share. */
#ifndef SANDBOX_COLLECTION_INNER_H
#define SANDBOX_COLLECTION_INNER_H

#include "collection-template.h"
#include "collection.h"

/* `status` where the endpoint documents it, else 400. */
int collection_status(const struct call *call, int status);
/* Whether a record belongs to the place the request is about. */
bool collection_is_within(const struct call *call, const struct collection *row, const json_t *record);
/* The record the request names; a refusal when there is none. `*ret` is yours. */
int collection_load(struct call *call, const struct collection *row, json_t **ret);
/* The first documented status of success goes with the answer; with 204 none goes out. */
int collection_answer(struct call *call, const struct collection *row, const char *template,
		      const json_t *value);
/* Refuses a record that may not be stored; `old` is NULL for a new one. */
int collection_check(struct call *call, const struct collection *row, json_t *record, const json_t *old);

#endif
