/* Sealed strings: base64 of IV, AES-256-GCM cipher text and tag. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base64.h"
#include "peer.h"
#include "tenantfs/digest.h"

enum { IV_BYTES = 16, TAG_BYTES = 16, FRAME_BYTES = IV_BYTES + TAG_BYTES };

/* OpenSSL's lengths are int, and base64 adds a third. */
static const size_t LARGEST = INT_MAX / 2;

TFS_DEFINE_CLEANUP(cipher_ctx, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)
#define cleanup_cipher_ctx TFS_CLEANUP(tfs_cleanup_cipher_ctx)

static int fail_open(struct tfs_error *error, const char *message)
{
	return tfs_error_set(error, -EBADMSG, "envelope", "the sealed text %s", message);
}

static int fail_room(struct tfs_error *error, int code)
{
	return tfs_error_set(error, code, "envelope", code == -EFBIG ? "the text is too large" : "out of memory");
}

/* A context with key and IV set, to encrypt (1) or decrypt (0). NULL on failure. */
static EVP_CIPHER_CTX *start_cipher(const struct tfs_peer *peer, const unsigned char iv[IV_BYTES], int encrypt)
{
	cleanup_cipher_ctx EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t iv_len = IV_BYTES;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &iv_len),
				OSSL_PARAM_construct_end() };

	if (!ctx)
		return NULL;
	/* The IV's length must be set before the IV. */
	if (!EVP_CipherInit_ex2(ctx, peer->cipher, NULL, NULL, encrypt, params) ||
	    !EVP_CipherInit_ex2(ctx, NULL, tfs_secret_bytes(peer->shared), iv, encrypt, NULL))
		return NULL;
	return steal_pointer(&ctx);
}

/* Writes IV, cipher text and tag to `out`. */
static int encrypt_frame(const struct tfs_peer *peer, const void *plain, size_t len, unsigned char *out,
			 struct tfs_error *error)
{
	cleanup_cipher_ctx EVP_CIPHER_CTX *ctx = NULL;
	unsigned char *tag = out + IV_BYTES + len;
	int got = 0;

	if (tfs_random(out, IV_BYTES) < 0)
		return tfs_error_set(error, -EIO, "envelope", "no random bytes to be had");
	ctx = start_cipher(peer, out, 1);
	if (!ctx || (len > 0 && !EVP_EncryptUpdate(ctx, out + IV_BYTES, &got, plain, (int)len)) ||
	    !EVP_EncryptFinal_ex(ctx, tag, &got) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tag) <= 0)
		return envelope_fail_crypto(error, "encrypt");
	return 0;
}

int tfs_seal(const struct tfs_peer *peer, const void *plain, size_t len, struct tfs_buf *out, struct tfs_error *error)
{
	cleanup_free unsigned char *frame = NULL;
	size_t sealed;
	int r;

	if (len > LARGEST)
		return fail_room(error, -EFBIG);
	sealed = base64_length(len + FRAME_BYTES);
	r = tfs_buf_reserve(out, sealed);
	if (r < 0)
		return fail_room(error, r);
	frame = malloc(len + FRAME_BYTES);
	if (!frame)
		return fail_room(error, -ENOMEM);
	r = encrypt_frame(peer, plain, len, frame, error);
	if (r < 0)
		return r;
	envelope_base64_encode(frame, len + FRAME_BYTES, out->data + out->len);
	tfs_buf_grow(out, sealed);
	return 0;
}

/* Writes the plain text to `out`. After a failure its contents are not authenticated and must not be used. */
static int decrypt_frame(const struct tfs_peer *peer, unsigned char *frame, size_t len, unsigned char *out,
			 struct tfs_error *error)
{
	cleanup_cipher_ctx EVP_CIPHER_CTX *ctx = start_cipher(peer, frame, 0);
	unsigned char *tag = frame + len - TAG_BYTES;
	int got = 0;

	if (!ctx || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) <= 0 ||
	    (len > FRAME_BYTES && !EVP_DecryptUpdate(ctx, out, &got, frame + IV_BYTES, (int)(len - FRAME_BYTES))))
		return envelope_fail_crypto(error, "decrypt");
	if (EVP_DecryptFinal_ex(ctx, tag, &got) <= 0) {
		ERR_clear_error();
		return fail_open(error, "does not open: it is damaged, or was sealed for another key");
	}
	return 0;
}

/* Appends the plain text to `out`. When the tag does not verify, it is wiped again. */
static int open_frame(const struct tfs_peer *peer, unsigned char *frame, size_t len, struct tfs_buf *out,
		      struct tfs_error *error)
{
	size_t plain = len - FRAME_BYTES;
	int r = tfs_buf_reserve(out, plain);

	if (r < 0)
		return fail_room(error, r);
	r = decrypt_frame(peer, frame, len, (unsigned char *)out->data + out->len, error);
	if (r < 0) {
		tfs_wipe(out->data + out->len, plain + 1);
		return r;
	}
	tfs_buf_grow(out, plain);
	return 0;
}

bool tfs_may_be_sealed(const char *text, size_t len)
{
	if (len < base64_length(FRAME_BYTES) || len % 4 != 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool padding = text[i] == '=' && i + 2 >= len;

		if (!padding && envelope_base64_values[(unsigned char)text[i]] == BASE64_WRONG)
			return false;
	}
	return true;
}

int tfs_open(const struct tfs_peer *peer, const char *sealed, size_t len, struct tfs_buf *out, struct tfs_error *error)
{
	cleanup_free unsigned char *frame = NULL;
	ssize_t got;

	if (len > LARGEST)
		return fail_room(error, -EFBIG);
	frame = malloc(base64_room(len) + 1);
	if (!frame)
		return fail_room(error, -ENOMEM);
	got = envelope_base64_decode(sealed, len, frame);
	if (got < 0)
		return fail_open(error, "is not base64");
	if (got < FRAME_BYTES)
		return fail_open(error, "is too short");
	return open_frame(peer, frame, (size_t)got, out, error);
}
