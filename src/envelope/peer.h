/* Members of a peer. */
#ifndef ENVELOPE_PEER_H
#define ENVELOPE_PEER_H

#include <openssl/evp.h>

#include "curve.h"

/* Immutable, so threads share it without a lock. */
struct tfs_peer {
	struct tfs_secret *shared; /* SHARED_BYTES */
	EVP_CIPHER *cipher;
	char public_text[POINT_TEXT];
	char fingerprint[17];
};

#endif
