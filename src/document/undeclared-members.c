/*
 * Undeclared members: providers and journeys are open, and any record may have more members than its row. No
 * row says which are secret, so their names decide. A digest too many is better than a password in a file, in
 * history or in a log.
 */
#include "undeclared-members.h"

#include <ctype.h>
#include <errno.h>

/* Letters and digits of a name in lower case; only the end of a long name. */
struct plain {
	char text[64];
	size_t len;
};

static void make_plain(const char *name, struct plain *plain)
{
	size_t len = strlen(name);

	plain->len = 0;
	if (len >= sizeof(plain->text))
		name += len - sizeof(plain->text) + 1;
	for (; *name != '\0'; name++)
		if (isalnum((unsigned char)*name))
			plain->text[plain->len++] = (char)tolower((unsigned char)*name);
	/* Accepts the plural ("passwords"). */
	if (plain->len > 0 && plain->text[plain->len - 1] == 's')
		plain->len--;
	plain->text[plain->len] = '\0';
}

static bool ends_with(const struct plain *plain, const char *end)
{
	size_t len = strlen(end);

	return plain->len >= len && memcmp(plain->text + plain->len - len, end, len) == 0;
}

static bool is_secret_name(const char *name)
{
	/* Endings of names; "pas" is "pass" without the plural's last letter. */
	static const char *const ends[] = {
		"password",   "passwd",        "passphrase", "passcode",      "secret",    "token",
		"privatekey", "secretkey",     "accesskey",  "apikey",        "sharedkey", "masterkey",
		"signingkey", "encryptionkey", "credential", "authorization",
	};
	/* Too short to be matched at the end of a longer word. */
	static const char *const whole[] = { "pin", "seed", "psk", "pwd", "pas", "otp", "cookie" };
	struct plain plain;

	make_plain(name, &plain);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_with(&plain, ends[i]))
			return true;
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		if (strcmp(plain.text, whole[i]) == 0)
			return true;
	return false;
}

/* {"name": "clientSecret", "value": …}: another member names the value. */
static bool is_secret_pair(const json_t *object, const char *name)
{
	static const char *const called[] = { "name", "key", "header", "property" };

	if (strcmp(name, "value") != 0)
		return false;
	for (size_t i = 0; i < sizeof(called) / sizeof(*called); i++) {
		const char *says = json_string_value(json_object_get(object, called[i]));

		if (says && is_secret_name(says))
			return true;
	}
	return false;
}

/* The private parts of a JSON Web Key. */
static bool is_key_part(const json_t *object, const char *name)
{
	static const char *const parts[] = { "d", "p", "q", "dp", "dq", "qi", "k" };

	if (!json_is_string(json_object_get(object, "kty")))
		return false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strcmp(name, parts[i]) == 0)
			return true;
	return false;
}

bool document_is_undeclared_secret(const json_t *object, const char *name, const json_t *value)
{
	const char *text = json_string_value(value);

	/* Booleans and numbers are no secrets: {"password": true} is a switch. */
	if (!text || json_string_length(value) == 0)
		return false;
	return is_secret_name(name) || is_secret_pair(object, name) || is_key_part(object, name) ||
	       strstr(text, "PRIVATE KEY-----");
}

struct hider {
	const struct tfs_document_context *context;
	bool written; /* a user's document: a digest in it stays */
	bool found;
};

static int hide_within(struct hider *hider, const char *name, json_t *value);

/* `*ret` NULL: unchanged. */
static int hide_one(struct hider *hider, const json_t *object, const char *name, json_t *value, json_t **ret)
{
	*ret = NULL;
	if (!document_is_undeclared_secret(object, name, value) || (hider->written && document_is_digest(value)))
		return hide_within(hider, name, value);
	hider->found = true;
	return document_show_secret(hider->context, value, ret);
}

/* Works in place: the objects and arrays are a private copy. */
static int hide_within(struct hider *hider, const char *name, json_t *value)
{
	json_t *shown;
	int r = 0;

	for (void *at = json_object_iter(value); at && r == 0; at = json_object_iter_next(value, at)) {
		r = hide_one(hider, value, json_object_iter_key(at), json_object_iter_value(at), &shown);
		if (r == 0 && shown && json_object_iter_set_new(value, at, shown) < 0)
			r = -ENOMEM;
	}
	for (size_t i = 0; i < json_array_size(value) && r == 0; i++) {
		r = hide_one(hider, NULL, name, json_array_get(value, i), &shown);
		if (r == 0 && shown && json_array_set_new(value, i, shown) < 0)
			r = -ENOMEM;
	}
	return r;
}

static int hide(struct hider *hider, const json_t *object, const char *name, const json_t *value, json_t **ret)
{
	cleanup_json json_t *sorted = NULL;
	json_t *shown = NULL;
	int r = document_sort_members(value, &sorted);

	if (r == 0)
		r = hide_one(hider, object, name, sorted, &shown);
	if (r == 0)
		*ret = shown ? shown : steal_pointer(&sorted);
	return r;
}

int document_show_undeclared(const struct tfs_document_context *context, const json_t *object, const char *name,
			     const json_t *value, json_t **ret)
{
	struct hider hider = { .context = context };

	return hide(&hider, object, name, value, ret);
}

int document_redact_undeclared(const struct tfs_document_context *context, const json_t *object, const char *name,
			       const json_t *value, json_t **ret, bool *found)
{
	struct hider hider = { .context = context, .written = true };
	int r = hide(&hider, object, name, value, ret);

	*found |= hider.found;
	return r;
}

/* The secret of the record that shows as `digest`, borrowed; `*ret` NULL: none. */
static int find_secret(const struct tfs_document_context *context, const json_t *object, const char *name,
		       const json_t *record, const json_t *digest, const json_t **ret)
{
	cleanup_json json_t *shown = NULL;
	const char *inner;
	json_t *value;
	int r = 0;

	if (document_is_undeclared_secret(object, name, record)) {
		r = document_show_secret(context, record, &shown);
		if (r == 0 && json_equal(shown, digest))
			*ret = record;
		return r;
	}
	json_object_foreach ((json_t *)(uintptr_t)record, inner, value) {
		if (r == 0 && !*ret)
			r = find_secret(context, record, inner, value, digest, ret);
	}
	for (size_t i = 0; i < json_array_size(record) && r == 0 && !*ret; i++)
		r = find_secret(context, NULL, name, json_array_get(record, i), digest, ret);
	return r;
}

struct storing {
	const struct tfs_document_context *context;
	const char *name;     /* of the member whose value `record` is */
	const json_t *within; /* the object that has the member; may be NULL */
	const json_t *record;
	struct tfs_error *error;
};

static int store_part(const struct storing *storing, const struct json_path *path, const json_t *object,
		      const char *name, const json_t *value, json_t **ret);

/* A digest of a known secret, a digest of an unknown one, or a text that only looks like a digest. */
static int store_digest(const struct storing *storing, const struct json_path *path, const json_t *object,
			const char *name, const json_t *digest, json_t **ret)
{
	const struct tfs_document_context *context = storing->context;
	const json_t *secret = NULL;
	char text[TFS_ERROR_MEMBER];
	int r = find_secret(context, storing->within, storing->name, storing->record, digest, &secret);

	*ret = NULL;
	if (r < 0)
		return r;
	if (secret || !document_is_undeclared_secret(object, name, digest)) {
		*ret = json_ref_const(secret ? secret : digest);
		return 0;
	}
	*ret = context->creating ? document_known_secret(context, digest) : NULL;
	if (*ret)
		return 0;
	document_json_path_text(path, text, sizeof(text));
	if (!context->creating)
		return document_fail_member(storing->error, -EINVAL, path,
					    "%s: a digest of another secret; write the secret itself", text + 1);
	if (context->unknown_secret)
		context->unknown_secret(context->data, text);
	return 0;
}

static int store_members(const struct storing *storing, const struct json_path *path, const json_t *object,
			 json_t **ret)
{
	cleanup_json json_t *out = json_object();
	const char *name;
	json_t *value, *stored;
	int r = !out ? -ENOMEM : 0;

	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		struct json_path here = { path, name, 0 };

		if (r < 0)
			break;
		r = store_part(storing, &here, object, name, value, &stored);
		if (r == 0 && stored && json_object_set_new_nocheck(out, name, stored) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int store_elements(const struct storing *storing, const struct json_path *path, const char *name,
			  const json_t *array, json_t **ret)
{
	cleanup_json json_t *out = json_array();
	json_t *stored;
	int r = !out ? -ENOMEM : 0;

	for (size_t i = 0; i < json_array_size(array) && r == 0; i++) {
		struct json_path here = { path, NULL, i };

		r = store_part(storing, &here, NULL, name, json_array_get(array, i), &stored);
		if (r == 0 && stored && json_array_append_new(out, stored) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int store_part(const struct storing *storing, const struct json_path *path, const json_t *object,
		      const char *name, const json_t *value, json_t **ret)
{
	if (json_is_object(value))
		return store_members(storing, path, value, ret);
	if (json_is_array(value))
		return store_elements(storing, path, name, value, ret);
	if (document_is_digest(value))
		return store_digest(storing, path, object, name, value, ret);
	*ret = json_ref_const(value);
	return 0;
}

int document_store_undeclared(const struct tfs_document_context *context, const struct json_path *path,
			      const json_t *object, const char *name, const json_t *value, const json_t *within,
			      const json_t *record, json_t **ret, struct tfs_error *error)
{
	const struct storing storing = { context, name, within, record, error };

	return store_part(&storing, path, object, name, value, ret);
}

bool document_has_digest(const json_t *shown, const json_t *digest)
{
	const char *name;
	json_t *value;

	if (json_is_string(shown))
		return json_equal(shown, digest);
	json_object_foreach ((json_t *)(uintptr_t)shown, name, value) {
		if (document_has_digest(value, digest))
			return true;
	}
	for (size_t i = 0; i < json_array_size(shown); i++)
		if (document_has_digest(json_array_get(shown, i), digest))
			return true;
	return false;
}
