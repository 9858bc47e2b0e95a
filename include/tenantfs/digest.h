/* Keyed digests, random bytes, request uuids. */
#ifndef TENANTFS_DIGEST_H
#define TENANTFS_DIGEST_H

#include <stddef.h>

enum { TFS_DIGEST_KEY = 32, TFS_UUID_TEXT = 37, TFS_SECRET_TEXT = 24 };

/* Cryptographically strong bytes. 0 or -EIO. */
int tfs_random(void *out, size_t len);
/* A version 4 UUID in lower case, NUL-terminated. 0 or -EIO. */
int tfs_uuid(char out[TFS_UUID_TEXT]);

/*
 * "secret:" and 16 hex digits of HMAC-SHA-256(key, bytes), shown in documents in place of a secret. 0 or
 * -EIO.
 */
int tfs_secret_digest(const unsigned char key[TFS_DIGEST_KEY], const void *bytes, size_t len,
		      char out[TFS_SECRET_TEXT]);

/*
 * Releases OpenSSL's data of the calling thread. Call it at the end of a thread that sealed, opened or used
 * TLS; OpenSSL's own cleanup leaves some of it.
 */
void tfs_crypto_thread_end(void);

/* First 16 hex digits of SHA-256, for revisions and fingerprints. 0 or -EIO. */
int tfs_fingerprint(const void *bytes, size_t len, char out[17]);

#endif
