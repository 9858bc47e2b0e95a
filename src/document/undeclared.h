/* Members no row declares: whatever stands there, the secrets among it known by what they are called. */
#ifndef TENANTFS_DOCUMENT_UNDECLARED_H
#define TENANTFS_DOCUMENT_UNDECLARED_H

#include "member.h"

/*
 * `name` is what the value, or the array it is an element of, is called; `object` is what it stands in (NULL: an
 * array, or nothing known of it), which may say by another member what a pair's value or a key's part is.
 */
bool is_undeclared_secret(const json_t *object, const char *name, const json_t *value);

/* Sorted all the way down, secrets as digests. Yours. */
int show_undeclared(const struct tfs_document_context *context, const json_t *object, const char *name,
		    const json_t *value, json_t **ret);
/* The same of what somebody wrote, who may have left digests as they are; sets `*found` for a secret. */
int redact_undeclared(const struct tfs_document_context *context, const json_t *object, const char *name,
		    const json_t *value, json_t **ret, bool *found);

/*
 * Digests back to the secrets of `record`, what the server has under that name in the object `within` (NULL: nothing
 * known of it), wherever in it they stand now. Of another place's secret: -EINVAL, or for a new object left out, and
 * told. `*ret` NULL: nothing is left.
 */
int store_undeclared(const struct tfs_document_context *context, const struct json_path *path, const json_t *object,
		     const char *name, const json_t *value, const json_t *within, const json_t *record,
		     json_t **ret, struct tfs_error *error);

/* Whether the digest stands for a secret shown in `shown`. */
bool has_digest(const json_t *shown, const json_t *digest);

#endif
