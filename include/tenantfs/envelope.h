/* Keys, key agreement, sealed strings: the API's wire format (elliptic curve DH, AES-256-GCM). */
#ifndef TENANTFS_ENVELOPE_H
#define TENANTFS_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "tenantfs/buf.h"
#include "tenantfs/cleanup.h"
#include "tenantfs/error.h"
#include "tenantfs/secret.h"

enum tfs_curve { TFS_SECP256K1, TFS_PRIME256V1 };

/* 0 and the curve for "secp256k1", "prime256v1" or its alias "secp256r1"; -EINVAL. */
int tfs_curve_from_name(const char *name, enum tfs_curve *ret_curve);
const char *tfs_curve_name(enum tfs_curve curve);

/* A private key with its public half. Immutable; may be used by several threads. */
struct tfs_key;

int tfs_key_generate(enum tfs_curve curve, struct tfs_key **ret, struct tfs_error *error);
/*
 * `text` is standard base64 of the big-endian scalar of 1 to 33 bytes (leading zeros dropped, or one sign
 * byte added). -EINVAL: not base64, too long, zero, or not below the group order, each with its own message.
 */
int tfs_key_from_base64(enum tfs_curve curve, const char *text, size_t len, struct tfs_key **ret,
			struct tfs_error *error);
/* Reads a key file: base64, white space around it allowed. -EACCES unless private (tfs_file_read_private). */
int tfs_key_load(enum tfs_curve curve, const char *path, struct tfs_key **ret, struct tfs_error *error);
/* Writes a new key file of mode 0600; -EEXIST when there is one. */
int tfs_key_save(const struct tfs_key *key, const char *path, struct tfs_error *error);
void tfs_key_free(struct tfs_key *key);
/* Base64 of X and Y, 64 bytes; borrowed. */
const char *tfs_key_public(const struct tfs_key *key);
/* Base64 of the 32-byte scalar. Caller frees, which wipes it. */
struct tfs_secret *tfs_key_private(const struct tfs_key *key);

/* A peer: its public key and the key shared with it. Thread-safe. */
struct tfs_peer;

/* -EINVAL: not base64 of 64 bytes, or a point that is not on the curve. */
int tfs_peer_new(const struct tfs_key *key, const char *public_key, struct tfs_peer **ret, struct tfs_error *error);
void tfs_peer_free(struct tfs_peer *peer);
const char *tfs_peer_public(const struct tfs_peer *peer);
/* First 16 hex digits of SHA-256 over the public key's bytes, for people to compare. Borrowed. */
const char *tfs_peer_fingerprint(const struct tfs_peer *peer);

/* Appends the base64 of `len` bytes. 0, -ENOMEM or -EFBIG. */
int tfs_base64(const void *bytes, size_t len, struct tfs_buf *out);
/* Appends the bytes of a base64 text. 0, -EINVAL: it is none; -ENOMEM or -EFBIG. */
int tfs_unbase64(const char *text, size_t len, struct tfs_buf *out);
/* Appends base64(iv ‖ ciphertext ‖ tag) to `out`. 0 or a negative errno. */
int tfs_seal(const struct tfs_peer *peer, const void *plain, size_t len, struct tfs_buf *out, struct tfs_error *error);
/*
 * Appends the plain text to `out`. -EBADMSG, `out` unchanged: not base64, too short, or the tag does not
 * verify.
 */
int tfs_open(const struct tfs_peer *peer, const char *sealed, size_t len, struct tfs_buf *out, struct tfs_error *error);
/* Whether `text` has the form of a sealed text: base64, and long enough for IV and tag. */
bool tfs_may_be_sealed(const char *text, size_t len);

TFS_DEFINE_CLEANUP(key, struct tfs_key *, tfs_key_free)
#define cleanup_key TFS_CLEANUP(tfs_cleanup_key)
TFS_DEFINE_CLEANUP(peer, struct tfs_peer *, tfs_peer_free)
#define cleanup_peer TFS_CLEANUP(tfs_cleanup_peer)

#endif
