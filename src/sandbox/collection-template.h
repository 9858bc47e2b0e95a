/* Answers and defaults of collections, from their templates. */
#ifndef SANDBOX_COLLECTION_TEMPLATE_H
#define SANDBOX_COLLECTION_TEMPLATE_H

#include "call.h"

struct collection_page {
	long long index, size, total;
};

/* What the words of a template stand for. */
struct collection_words {
	const struct call *call;
	const json_t *record;               /* "$NAME" */
	const json_t *shown;                /* "$": the record, or the records, without what is hidden */
	const struct collection_page *page; /* NULL: none */
};

/* `*ret` is yours. */
int collection_expand(const struct collection_words *words, const char *template, json_t **ret);

#endif
