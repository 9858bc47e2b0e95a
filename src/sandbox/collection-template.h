/* Answers and defaults of collections, from their templates. */
#ifndef SANDBOX_COLLECTION_TEMPLATE_H
#define SANDBOX_COLLECTION_TEMPLATE_H

#include "call.h"

/* What the words of a template stand for. */
struct collection_words {
	const struct call *call;
	const json_t *record; /* "$NAME" */
	const json_t *shown;  /* "$": the record, or the records, without what is hidden */
};

/* `*ret` is yours. */
int collection_expand(const struct collection_words *words, const char *template, json_t **ret);

#endif
