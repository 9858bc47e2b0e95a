/* The expiry and the user of a token. Its signature is not verified; the server does that. */
#include <string.h>

#include "tenantfs/json.h"
#include "tenantfs/secret.h"

#include "session.h"

enum { PAYLOAD_MAX = 32768 };

static int value_of(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

/* Decodes base64url without padding. False when it is invalid. */
static bool decode(const char *text, size_t len, struct tfs_buf *out)
{
	unsigned bits = 0, n_bits = 0;

	for (size_t i = 0; i < len; i++) {
		int value = value_of(text[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (unsigned)value;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		if (tfs_buf_putc(out, (char)(bits >> n_bits & 0xff)) < 0)
			return false;
	}
	return true;
}

/* The claims of the token; NULL when it cannot be read. Caller owns. */
static json_t *read_claims(const char *token)
{
	struct tfs_buf payload cleanup_buf = TFS_BUF_INIT_SECRET(PAYLOAD_MAX);
	const char *start = strchr(token, '.');
	const char *end = start ? strchr(start + 1, '.') : NULL;
	json_t *claims = NULL;

	if (!end || !decode(start + 1, (size_t)(end - start - 1), &payload) || payload.len == 0)
		return NULL;
	return tfs_json_parse(payload.data, payload.len, &claims, NULL) < 0 ? NULL : claims;
}

long long api_jwt_expiry(const char *token)
{
	json_t *claims cleanup_json = read_claims(token);
	const json_t *exp = json_object_get(claims, "exp");

	if (!json_is_number(exp) || json_number_value(exp) < 0 || json_number_value(exp) > 1e12)
		return 0;
	return (long long)json_number_value(exp);
}

char *api_jwt_user(const char *token)
{
	json_t *claims cleanup_json = read_claims(token);
	const char *user = tfs_json_text(claims, "username");

	if (!user)
		user = tfs_json_text(claims, "sub");
	return !user ? NULL : strdup(user);
}
