/* Names and ids of the objects that documents and records refer to. */
#ifndef TENANTFS_RESOURCE_REFERENCES_H
#define TENANTFS_RESOURCE_REFERENCES_H

#include "store.h"

/* Resolves names and ids of referenced objects; for one thread. */
struct resolver {
	struct tfs_resource *resource;
	struct tfs_op *op;
	const char *kind; /* the kind of `docs` */
	struct tfs_doc **docs;
	size_t count;
	struct tfs_document_context context;
	struct tfs_buf unknown; /* names of members whose digest matches no secret of this tenant */
};
void resource_resolver_init(struct resolver *resolver, struct tfs_resource *resource, struct tfs_op *op);
void resource_resolver_finish(struct resolver *resolver);
/* Notes a member whose digest matches no secret of this tenant; each is named once. */
void resource_resolver_note_unknown(struct resolver *resolver, const char *member);
/* From now on documents are converted for new objects. */
void resource_resolver_create(struct resolver *resolver);

#endif
