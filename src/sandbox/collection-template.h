/* Templates of collections: answers and default members. */
#ifndef SANDBOX_COLLECTION_TEMPLATE_H
#define SANDBOX_COLLECTION_TEMPLATE_H

#include "call.h"

/* The values of the placeholders of a template. */
struct collection_words {
	const struct call *call;
	const json_t *record; /* "$NAME" */
	const json_t *shown;  /* "$": the record or the records, without hidden members */
};

/* `*ret` is yours. */
int sandbox_collection_expand(const struct collection_words *words, const char *template, json_t **ret);

#endif
