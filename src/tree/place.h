/* Places: where the path templates of the catalogue's kinds put things, as a trie made once. */
#ifndef TENANTFS_TREE_PLACE_H
#define TENANTFS_TREE_PLACE_H

#include <stdbool.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/error.h"

enum place_type {
	PLACE_DIR,       /* a directory called `name` */
	PLACE_COMMUNITY, /* one directory for each configured community */
	PLACE_OBJECTS,   /* one directory for each object of `kind`, called like it */
	PLACE_BELOW,     /* one for each object of `kind`, called like it with `name` (".d") behind; never listed */
	PLACE_DOC,       /* one document of `kind` called `name` */
	PLACE_SET,       /* the documents of `kind`, called like the objects with `name` (".json") behind */
};

/* Immutable once made. */
struct place {
	enum place_type type;
	char *name;
	const struct tfs_kind *kind;
	bool unlisted;
	struct place *parent, *children, *next; /* children: literal names first, then long endings before short ones */
	unsigned n_children;
	unsigned index; /* among its parent's children */
	unsigned rank;  /* above that of all places whose objects those here, listed, may name */
};

int places_new(const struct tfs_kind *kinds, size_t n_kinds, struct place **ret, struct tfs_error *error);
void places_free(struct place *root);

/*
 * The child after `after` (NULL: the first) that `name` is at, by form alone. `*ret_object` (yours) is the object's
 * name, NULL for a directory with a name of its own.
 */
const struct place *place_match(const struct place *parent, const struct place *after, const char *name,
				char **ret_object);

bool place_is_document(const struct place *place);
/* The document that `name` is at in a directory, by form alone; NULL: none. */
const struct place *place_document(const struct place *directory, const char *name);
/* Where documents can neither be made, changed nor removed. */
bool kind_is_view(const struct tfs_kind *kind);
/* The set a directory holds (the first, where there are several), or NULL. */
const struct place *place_set(const struct place *directory);

#endif
