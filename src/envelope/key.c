/* Private keys: generated, read in every encoding in use, kept in locked memory. */
#include "key.h"

#include <errno.h>
#include <string.h>

#include "base64.h"
#include "tenantfs/digest.h"
#include "tenantfs/file.h"

enum {
	FORM_BYTES = SCALAR_BYTES + 1, /* the longest encoding: a sign byte in front */
	TEXT_BYTES = 44,               /* base64 of the scalar; the same for the longest encoding */
	FILE_MAX = 4096,
};

TFS_DEFINE_CLEANUP(secret, struct tfs_secret *, tfs_secret_free)
#define cleanup_secret TFS_CLEANUP(tfs_cleanup_secret)

static int fail_key(struct tfs_error *error, const char *message)
{
	return tfs_error_set(error, -EINVAL, "envelope", "the private key %s", message);
}

/* Takes over `scalar`, which is valid. */
static int make_key(enum tfs_curve curve, struct tfs_secret *scalar, struct tfs_key **ret, struct tfs_error *error)
{
	cleanup_key struct tfs_key *key = calloc(1, sizeof(*key));
	int r;

	if (!key) {
		tfs_secret_free(scalar);
		return tfs_error_set_memory(error);
	}
	key->curve = curve;
	key->scalar = scalar;
	r = envelope_curve_multiply_base(curve, tfs_secret_bytes(scalar), key->point, error);
	if (r < 0)
		return r;
	envelope_base64_encode(key->point, sizeof(key->point), key->public_text);
	*ret = steal_pointer(&key);
	return 0;
}

int tfs_key_generate(enum tfs_curve curve, struct tfs_key **ret, struct tfs_error *error)
{
	cleanup_secret struct tfs_secret *scalar = tfs_secret_new(NULL, SCALAR_BYTES);
	int r = -EINVAL;

	if (!scalar)
		return tfs_error_set_memory(error);
	/* Fewer than one random value in four thousand million is not a valid scalar. */
	for (int tries = 0; tries < 16 && r == -EINVAL; tries++) {
		r = tfs_random(tfs_secret_bytes(scalar), SCALAR_BYTES);
		if (r < 0)
			return tfs_error_set(error, r, "envelope", "no random bytes to be had");
		r = envelope_curve_check_scalar(curve, tfs_secret_bytes(scalar), error);
	}
	if (r < 0)
		return r;
	tfs_error_clear(error);
	return make_key(curve, steal_pointer(&scalar), ret, error);
}

/* Pads or trims a big-endian number of 1 to 33 bytes to 32. -EINVAL when it is larger. */
static int fit_scalar(const unsigned char *bytes, size_t len, unsigned char out[SCALAR_BYTES], enum tfs_curve curve,
		      struct tfs_error *error)
{
	if (len == FORM_BYTES && bytes[0] != 0)
		return tfs_error_set(error, -EINVAL, "envelope", "the private key is not below the group order of %s",
				     tfs_curve_name(curve));
	if (len == FORM_BYTES) {
		bytes++;
		len--;
	}
	memcpy(out + SCALAR_BYTES - len, bytes, len);
	return envelope_curve_check_scalar(curve, out, error);
}

int tfs_key_from_base64(enum tfs_curve curve, const char *text, size_t len, struct tfs_key **ret,
			struct tfs_error *error)
{
	cleanup_secret struct tfs_secret *form = NULL, *scalar = NULL;
	ssize_t got;
	int r;

	if (len == 0)
		return fail_key(error, "is empty");
	if (len > FILE_MAX)
		return fail_key(error, "is too long: more than 33 bytes");
	form = tfs_secret_new(NULL, base64_room(len) + 1);
	scalar = tfs_secret_new(NULL, SCALAR_BYTES);
	if (!form || !scalar)
		return tfs_error_set_memory(error);
	got = envelope_base64_decode(text, len, tfs_secret_bytes(form));
	if (got < 0)
		return fail_key(error, "is not base64");
	if (got > FORM_BYTES)
		return fail_key(error, "is too long: more than 33 bytes");
	r = fit_scalar(tfs_secret_bytes(form), (size_t)got, tfs_secret_bytes(scalar), curve, error);
	if (r < 0)
		return r;
	return make_key(curve, steal_pointer(&scalar), ret, error);
}

int tfs_key_load(enum tfs_curve curve, const char *path, struct tfs_key **ret, struct tfs_error *error)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(FILE_MAX);
	const char *start;
	size_t len;
	int r;

	r = tfs_file_read_private(path, &text, error);
	if (r < 0)
		return r;
	start = text.data;
	len = text.len;
	while (len > 0 && strchr(" \t\r\n", start[len - 1]))
		len--;
	while (len > 0 && strchr(" \t\r\n", *start)) {
		start++;
		len--;
	}
	r = tfs_key_from_base64(curve, start, len, ret, error);
	if (r < 0)
		tfs_error_prefix(error, "%s: ", path);
	return r;
}

int tfs_key_save(const struct tfs_key *key, const char *path, struct tfs_error *error)
{
	cleanup_secret struct tfs_secret *text = tfs_key_private(key);
	char *bytes;

	if (!text)
		return tfs_error_set_memory(error);
	/* The newline takes the place of the final NUL. */
	bytes = (char *)tfs_secret_bytes(text);
	bytes[TEXT_BYTES] = '\n';
	return tfs_file_create(path, bytes, TEXT_BYTES + 1, 0600, error);
}

void tfs_key_free(struct tfs_key *key)
{
	if (!key)
		return;
	tfs_secret_free(key->scalar);
	free(key);
}

const char *tfs_key_public(const struct tfs_key *key)
{
	return key->public_text;
}

struct tfs_secret *tfs_key_private(const struct tfs_key *key)
{
	struct tfs_secret *text = tfs_secret_new(NULL, TEXT_BYTES);

	if (text)
		envelope_base64_encode(tfs_secret_bytes(key->scalar), SCALAR_BYTES, (char *)tfs_secret_bytes(text));
	return text;
}
