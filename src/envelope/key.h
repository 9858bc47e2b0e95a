/* Members of a private key. */
#ifndef ENVELOPE_KEY_H
#define ENVELOPE_KEY_H

#include "curve.h"

struct tfs_key {
	enum tfs_curve curve;
	struct tfs_secret *scalar; /* SCALAR_BYTES, big-endian */
	unsigned char point[POINT_BYTES];
	char public_text[POINT_TEXT];
};

#endif
