/* What the other side consists of, for sealing and opening. */
#ifndef ENVELOPE_PEER_H
#define ENVELOPE_PEER_H

#include <openssl/evp.h>

#include "curve.h"

/* Nothing changes after it was made, so any number of threads may use it. */
struct tfs_peer {
	struct tfs_secret *shared; /* SHARED_BYTES */
	EVP_CIPHER *cipher;
	char public_text[POINT_TEXT];
	char fingerprint[17];
};

#endif
