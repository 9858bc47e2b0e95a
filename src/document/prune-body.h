/* Request bodies without the members an endpoint does not take. */
#ifndef TENANTFS_DOCUMENT_PRUNE_BODY_H
#define TENANTFS_DOCUMENT_PRUNE_BODY_H

#include "member.h"

/*
 * Removes from a body what only the server sets and the endpoint does not name, and null where the endpoint has a
 * type. 0 or -ENOMEM.
 */
int document_body_prune(const struct tfs_kind *kind, const struct tfs_endpoint *endpoint, json_t *body);
/* The value that takes a member away; NULL: the endpoint has no such value. Yours. */
json_t *document_body_removal(const struct tfs_endpoint *endpoint, const char *name);

#endif
