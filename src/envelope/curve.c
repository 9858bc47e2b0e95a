/* Elliptic curves: scalars, points and key agreement by OpenSSL. */
#include "curve.h"

#include <errno.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

TFS_DEFINE_CLEANUP(bignum, BIGNUM *, BN_clear_free)
#define cleanup_bignum TFS_CLEANUP(tfs_cleanup_bignum)
TFS_DEFINE_CLEANUP(group, EC_GROUP *, EC_GROUP_free)
#define cleanup_group TFS_CLEANUP(tfs_cleanup_group)
TFS_DEFINE_CLEANUP(point, EC_POINT *, EC_POINT_free)
#define cleanup_point TFS_CLEANUP(tfs_cleanup_point)
TFS_DEFINE_CLEANUP(pkey, EVP_PKEY *, EVP_PKEY_free)
#define cleanup_pkey TFS_CLEANUP(tfs_cleanup_pkey)
TFS_DEFINE_CLEANUP(pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
#define cleanup_pkey_ctx TFS_CLEANUP(tfs_cleanup_pkey_ctx)

/* OpenSSL puts a byte for the encoding in front of a point; the API's keys have none. */
enum { UNCOMPRESSED = 4, ENCODED_BYTES = 1 + POINT_BYTES };

static const struct {
	const char *name;
	int nid;
} curves[] = {
	[TFS_SECP256K1] = { "secp256k1", NID_secp256k1 },
	[TFS_PRIME256V1] = { "prime256v1", NID_X9_62_prime256v1 },
};

int tfs_curve_from_name(const char *name, enum tfs_curve *ret_curve)
{
	if (strcmp(name, "secp256k1") == 0)
		*ret_curve = TFS_SECP256K1;
	else if (strcmp(name, "prime256v1") == 0 || strcmp(name, "secp256r1") == 0)
		*ret_curve = TFS_PRIME256V1;
	else
		return -EINVAL;
	return 0;
}

const char *tfs_curve_name(enum tfs_curve curve)
{
	return curves[curve].name;
}

int envelope_fail_crypto(struct tfs_error *error, const char *what)
{
	unsigned long last = ERR_peek_last_error();
	const char *reason = last != 0 ? ERR_reason_error_string(last) : NULL;

	tfs_error_set(error, -ENOMEM, "envelope", "OpenSSL cannot %s%s%s", what, reason ? ": " : "",
		      reason ? reason : "");
	ERR_clear_error();
	return -ENOMEM;
}

int envelope_curve_check_scalar(enum tfs_curve curve, const unsigned char scalar[SCALAR_BYTES], struct tfs_error *error)
{
	cleanup_group EC_GROUP *group = EC_GROUP_new_by_curve_name(curves[curve].nid);
	cleanup_bignum BIGNUM *number = BN_bin2bn(scalar, SCALAR_BYTES, NULL);

	if (!group || !number)
		return envelope_fail_crypto(error, "read the private key");
	if (BN_is_zero(number))
		return tfs_error_set(error, -EINVAL, "envelope", "the private key is zero");
	if (BN_cmp(number, EC_GROUP_get0_order(group)) >= 0)
		return tfs_error_set(error, -EINVAL, "envelope", "the private key is not below the group order of %s",
				     curves[curve].name);
	return 0;
}

int envelope_curve_multiply_base(enum tfs_curve curve, const unsigned char scalar[SCALAR_BYTES],
				 unsigned char out[POINT_BYTES], struct tfs_error *error)
{
	cleanup_group EC_GROUP *group = EC_GROUP_new_by_curve_name(curves[curve].nid);
	cleanup_bignum BIGNUM *number = BN_bin2bn(scalar, SCALAR_BYTES, NULL);
	cleanup_point EC_POINT *point = !group ? NULL : EC_POINT_new(group);
	unsigned char encoded[ENCODED_BYTES];

	if (!number || !point || !EC_POINT_mul(group, point, number, NULL, NULL, NULL))
		return envelope_fail_crypto(error, "compute the public key");
	if (EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof(encoded), NULL) !=
	    sizeof(encoded))
		return envelope_fail_crypto(error, "write the public key");
	memcpy(out, encoded + 1, POINT_BYTES);
	return 0;
}

static void encode_point(const unsigned char point[POINT_BYTES], unsigned char out[ENCODED_BYTES])
{
	out[0] = UNCOMPRESSED;
	memcpy(out + 1, point, POINT_BYTES);
}

int envelope_curve_check_point(enum tfs_curve curve, const unsigned char point[POINT_BYTES], struct tfs_error *error)
{
	cleanup_group EC_GROUP *group = EC_GROUP_new_by_curve_name(curves[curve].nid);
	cleanup_point EC_POINT *read = !group ? NULL : EC_POINT_new(group);
	unsigned char encoded[ENCODED_BYTES];

	if (!read)
		return envelope_fail_crypto(error, "read the public key");
	encode_point(point, encoded);
	if (EC_POINT_oct2point(group, read, encoded, sizeof(encoded), NULL))
		return 0;
	ERR_clear_error();
	return tfs_error_set(error, -EINVAL, "envelope", "the public key is not a point of the curve %s",
			     curves[curve].name);
}

/* An OpenSSL key; `scalar` is NULL for a public key alone. NULL on failure. */
static EVP_PKEY *make_pkey(enum tfs_curve curve, const unsigned char point[POINT_BYTES], const unsigned char *scalar)
{
	cleanup_pkey_ctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	cleanup_bignum BIGNUM *number = !scalar ? NULL : BN_bin2bn(scalar, SCALAR_BYTES, NULL);
	unsigned char encoded[ENCODED_BYTES], native[SCALAR_BYTES] = { 0 };
	OSSL_PARAM params[4], *next = params;
	EVP_PKEY *pkey = NULL;

	if (!ctx || (scalar && !number))
		return NULL;
	/* A parameter builder would leave a copy of the scalar in freed memory. */
	if (number && BN_bn2nativepad(number, native, sizeof(native)) < 0)
		return NULL;
	encode_point(point, encoded);
	*next++ =
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)curves[curve].name, 0);
	*next++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof(encoded));
	if (scalar)
		*next++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, sizeof(native));
	*next = OSSL_PARAM_construct_end();
	if (EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &pkey, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) <= 0)
		pkey = NULL;
	tfs_wipe(native, sizeof(native));
	return pkey;
}

int envelope_curve_agree(enum tfs_curve curve, const unsigned char scalar[SCALAR_BYTES],
			 const unsigned char own[POINT_BYTES], const unsigned char point[POINT_BYTES],
			 unsigned char out[SHARED_BYTES], struct tfs_error *error)
{
	cleanup_pkey EVP_PKEY *mine = make_pkey(curve, own, scalar);
	cleanup_pkey EVP_PKEY *theirs = make_pkey(curve, point, NULL);
	cleanup_pkey_ctx EVP_PKEY_CTX *ctx = !mine ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);
	size_t len = SHARED_BYTES;

	if (!ctx || !theirs || EVP_PKEY_derive_init(ctx) <= 0 || EVP_PKEY_derive_set_peer(ctx, theirs) <= 0 ||
	    EVP_PKEY_derive(ctx, out, &len) <= 0 || len != SHARED_BYTES) {
		tfs_wipe(out, SHARED_BYTES);
		return envelope_fail_crypto(error, "agree on a key");
	}
	return 0;
}
