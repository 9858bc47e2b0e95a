/* A secret is shown as a digest: the form of a digest, and how one is made. */
#include <errno.h>

#include "member.h"
#include "tenantfs/buf.h"

enum { VALUE_MAX = 64 << 20 };

bool document_is_digest(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && json_string_length(value) == TFS_SECRET_TEXT - 1 && strncmp(text, "secret:", 7) == 0 &&
	       strspn(text + 7, "0123456789abcdef") == 16;
}

json_t *document_known_secret(const struct tfs_document_context *context, const json_t *digest)
{
	return context->secret_of ? context->secret_of(context->data, json_string_value(digest)) : NULL;
}

int document_show_secret(const struct tfs_document_context *context, const json_t *secret, json_t **ret)
{
	struct tfs_buf text TFS_CLEANUP(tfs_buf_wipe) = TFS_BUF_INIT_SECRET(VALUE_MAX);
	char digest[TFS_SECRET_TEXT];
	int r;

	if (json_is_null(secret) || (json_is_string(secret) && json_string_length(secret) == 0)) {
		*ret = json_ref_const(secret);
		return 0;
	}
	if (json_is_string(secret)) {
		r = tfs_secret_digest(context->digest_key, json_string_value(secret), json_string_length(secret),
				      digest);
	} else {
		r = tfs_json_print(secret, &text);
		if (r == 0)
			r = tfs_secret_digest(context->digest_key, text.data, text.len, digest);
	}
	if (r < 0)
		return r;
	*ret = json_string(digest);
	return !*ret ? -ENOMEM : 0;
}
