/* Kinds by their names. By itself, so that a test can put kinds of its own in their place. */
#include <stdlib.h>
#include <string.h>

#include "tenantfs/catalogue.h"

static int compare_kind(const void *key, const void *kind)
{
	return strcmp(key, ((const struct tfs_kind *)kind)->name);
}

const struct tfs_kind *tfs_kind_find(const char *name)
{
	return bsearch(name, tfs_kinds, tfs_n_kinds, sizeof(*tfs_kinds), compare_kind);
}
