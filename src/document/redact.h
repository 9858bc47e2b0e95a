/* Documents that may be kept on disk. */
#ifndef TENANTFS_DOCUMENT_REDACT_H
#define TENANTFS_DOCUMENT_REDACT_H

#include "member.h"

/* A copy of a document with each secret as its digest. `*ret_found`: there was a secret. `*ret` is yours. */
int document_redact_secrets(const struct tfs_kind *kind, const unsigned char *digest_key, const json_t *document,
			    json_t **ret, bool *ret_found);

#endif
