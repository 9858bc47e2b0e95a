/* Random bytes and digests. */
#include "tenantfs/digest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "tenantfs/secret.h"

enum { SHA256_BYTES = 32, SHORT_BYTES = 8 };

static void write_hex(const unsigned char *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

static int fail_quietly(void)
{
	ERR_clear_error();
	return -EIO;
}

int tfs_random(void *out, size_t len)
{
	if (len > INT_MAX || RAND_bytes(out, (int)len) != 1)
		return fail_quietly();
	return 0;
}

int tfs_uuid(char out[TFS_UUID_TEXT])
{
	unsigned char b[16];

	if (tfs_random(b, sizeof(b)) < 0)
		return -EIO;
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(out, TFS_UUID_TEXT, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return 0;
}

int tfs_secret_digest(const unsigned char key[TFS_DIGEST_KEY], const void *bytes, size_t len, char out[TFS_SECRET_TEXT])
{
	unsigned char mac[SHA256_BYTES];

	if (!HMAC(EVP_sha256(), key, TFS_DIGEST_KEY, bytes, len, mac, NULL))
		return fail_quietly();
	memcpy(out, "secret:", 7);
	write_hex(mac, SHORT_BYTES, out + 7);
	tfs_wipe(mac, sizeof(mac));
	return 0;
}

int tfs_fingerprint(const void *bytes, size_t len, char out[17])
{
	unsigned char digest[SHA256_BYTES];

	if (!EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL))
		return fail_quietly();
	write_hex(digest, SHORT_BYTES, out);
	return 0;
}

void tfs_crypto_thread_end(void)
{
	OPENSSL_thread_stop();
}
