/* Elliptic curves: the group arithmetic that keys and peers need. */
#ifndef ENVELOPE_CURVE_H
#define ENVELOPE_CURVE_H

#include "tenantfs/envelope.h"

enum {
	SCALAR_BYTES = 32,
	POINT_BYTES = 64,    /* X and Y */
	POINT_TEXT = 88 + 1, /* base64 of that, and a NUL */
	SHARED_BYTES = 32,
};

/* Reports an OpenSSL call that fails only for lack of memory: -ENOMEM. Empties OpenSSL's error queue. */
int envelope_fail_crypto(struct tfs_error *error, const char *what);

/* 0 if 0 < scalar < order, else -EINVAL with the reason. */
int envelope_curve_check_scalar(enum tfs_curve curve, const unsigned char scalar[SCALAR_BYTES],
				struct tfs_error *error);

/* The public point of a valid scalar. */
int envelope_curve_multiply_base(enum tfs_curve curve, const unsigned char scalar[SCALAR_BYTES],
				 unsigned char out[POINT_BYTES], struct tfs_error *error);

/* -EINVAL when the point is not on the curve. */
int envelope_curve_check_point(enum tfs_curve curve, const unsigned char point[POINT_BYTES], struct tfs_error *error);

/* X of scalar times point, left-padded; `own` is the scalar's public point. */
int envelope_curve_agree(enum tfs_curve curve, const unsigned char scalar[SCALAR_BYTES],
			 const unsigned char own[POINT_BYTES], const unsigned char point[POINT_BYTES],
			 unsigned char out[SHARED_BYTES], struct tfs_error *error);

#endif
