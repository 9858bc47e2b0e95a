/* JWT with HS256 by GnuTLS, which libmicrohttpd needs anyway. */
#include "token.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "tenantfs/buf.h"

enum { SIGNATURE = 32, TOKEN_MAX = 16384 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int add_base64url(struct tfs_buf *out, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t take = len - i < 3 ? len - i : 3;
		unsigned group = (unsigned)bytes[i] << 16;

		if (take > 1)
			group |= (unsigned)bytes[i + 1] << 8;
		if (take > 2)
			group |= bytes[i + 2];
		for (size_t k = 0; k <= take; k++) {
			int r = tfs_buf_putc(out, alphabet[(group >> (18 - 6 * k)) & 63]);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int read_base64url(const char *text, size_t len, struct tfs_buf *out)
{
	unsigned group = 0;
	unsigned bits = 0;

	if (len % 4 == 1)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;
		if (!at)
			return -EINVAL;
		group = group << 6 | (unsigned)(at - alphabet);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		int r = tfs_buf_putc(out, (char)(group >> bits & 0xff));
		if (r < 0)
			return r;
	}
	return group & ((1u << bits) - 1) ? -EINVAL : 0;
}

static int sign(const unsigned char secret[TOKEN_SECRET], const char *text, size_t len,
		unsigned char signature[SIGNATURE])
{
	return gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret, TOKEN_SECRET, text, len, signature) < 0 ? -EIO : 0;
}

char *sandbox_token_sign(const unsigned char secret[TOKEN_SECRET], const json_t *claims)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	struct tfs_buf token = TFS_BUF_INIT(TOKEN_MAX);
	struct tfs_buf text = TFS_BUF_INIT(TOKEN_MAX);
	unsigned char signature[SIGNATURE];
	char *ret = NULL;

	if (tfs_json_print(claims, &text) == 0 &&
	    add_base64url(&token, (const unsigned char *)header, sizeof(header) - 1) == 0 &&
	    tfs_buf_putc(&token, '.') == 0 && add_base64url(&token, (const unsigned char *)text.data, text.len) == 0 &&
	    sign(secret, token.data, token.len, signature) == 0 && tfs_buf_putc(&token, '.') == 0 &&
	    add_base64url(&token, signature, SIGNATURE) == 0)
		ret = tfs_buf_steal(&token, NULL);
	tfs_buf_finish(&text);
	tfs_buf_finish(&token);
	return ret;
}

static int check_signature(const unsigned char secret[TOKEN_SECRET], const char *token, const char *dot)
{
	struct tfs_buf given = TFS_BUF_INIT(SIGNATURE + 8);
	unsigned char ours[SIGNATURE];
	unsigned char difference = 0;
	int r = read_base64url(dot + 1, strlen(dot + 1), &given);

	if (r == 0)
		r = sign(secret, token, (size_t)(dot - token), ours);
	if (r == 0 && given.len == SIGNATURE) {
		for (size_t i = 0; i < SIGNATURE; i++)
			difference |= ours[i] ^ (unsigned char)given.data[i];
		r = difference ? -EBADMSG : 0;
	} else if (r == 0 || r == -EFBIG) {
		r = -EBADMSG;
	}
	tfs_buf_finish(&given);
	return r;
}

static int read_part(const char *text, size_t len, json_t **ret)
{
	struct tfs_buf plain = TFS_BUF_INIT(TOKEN_MAX);
	int r = read_base64url(text, len, &plain);

	if (r == 0)
		r = tfs_json_parse(plain.data ? plain.data : "", plain.len, ret, NULL);
	tfs_buf_finish(&plain);
	return r < 0 ? -EINVAL : 0;
}

static int check_header(const char *token, size_t len)
{
	cleanup_json json_t *header = NULL;
	int r = read_part(token, len, &header);

	if (r < 0)
		return r;
	/* Only this algorithm: a token with "none" must not pass. */
	const char *alg = tfs_json_text(header, "alg");
	return alg && !strcmp(alg, "HS256") ? 0 : -EINVAL;
}

int sandbox_token_check(const unsigned char secret[TOKEN_SECRET], const char *token, time_t now, json_t **ret)
{
	cleanup_json json_t *claims = NULL;
	const char *first = strchr(token, '.');
	const char *last = first ? strchr(first + 1, '.') : NULL;

	if (!last || strlen(token) > TOKEN_MAX)
		return -EINVAL;
	int r = check_header(token, (size_t)(first - token));
	if (r == 0)
		r = check_signature(secret, token, last);
	if (r == 0)
		r = read_part(first + 1, (size_t)(last - first - 1), &claims);
	if (r < 0)
		return r;
	if (!json_is_object(claims) || json_integer_value(json_object_get(claims, "exp")) <= now)
		return -ETIMEDOUT;
	*ret = steal_pointer(&claims);
	return 0;
}
