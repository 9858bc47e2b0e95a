/* Undeclared members: values without a row. Their names tell which are secret. */
#ifndef TENANTFS_DOCUMENT_UNDECLARED_MEMBERS_H
#define TENANTFS_DOCUMENT_UNDECLARED_MEMBERS_H

#include "member.h"

/*
 * `name` is that of the value, or of the array it is an element of. `object` is the object it is in (NULL: an
 * array, or unknown); its other members may name a pair's value or tell a key's part.
 */
bool document_is_undeclared_secret(const json_t *object, const char *name, const json_t *value);

/* Shows a record's value: members sorted, secrets as digests. Yours. */
int document_show_undeclared(const struct tfs_document_context *context, const json_t *object, const char *name,
			     const json_t *value, json_t **ret);
/* The same for a user's value, in which digests stay; sets `*found` if there is a secret. */
int document_redact_undeclared(const struct tfs_document_context *context, const json_t *object, const char *name,
			       const json_t *value, json_t **ret, bool *found);

/*
 * Replaces digests by the secrets of `record`, the server's value of that name in the object `within` (NULL:
 * unknown), wherever they moved in it. A digest of no such secret: -EINVAL, or for a new object it is left out
 * and reported. `*ret` NULL: nothing is left.
 */
int document_store_undeclared(const struct tfs_document_context *context, const struct json_path *path,
			      const json_t *object, const char *name, const json_t *value, const json_t *within,
			      const json_t *record, json_t **ret, struct tfs_error *error);

/* Whether `shown` shows a secret by this digest. */
bool document_has_digest(const json_t *shown, const json_t *digest);

#endif
