/* Secrets in undeclared members: found by name, shown as digests, and sent in place of their digests. */
#include "writing.c"
#include "../document/stored.c"

#include "../../../src/resource/args.h"
#include "../../../src/change/intent.h"
#include "../../../src/document/redact.h"
#include "tenantfs/secret.h"

static const struct tfs_kind person = { PERSON_FORM, .open_document = true };
static const struct tfs_document_context context = { .digest_key = { 1, 2, 3 } };

/* The secrets of the tests; <VALUE> in a text is replaced by the digest of one. */
static const char *const secrets[] = { "hunter2", "s3cr3t", "-----BEGIN PRIVATE KEY-----", "k1", "k2", NULL };

/* The text with each <VALUE> replaced by its digest. */
static char *with_digests(const char *text)
{
	struct tfs_buf out = TFS_BUF_INIT(1 << 16);
	char digest[TFS_SECRET_TEXT];

	for (const char *at = text; *at != '\0'; at++) {
		size_t i = 0;

		while (secrets[i] && (*at != '<' || strncmp(at + 1, secrets[i], strlen(secrets[i])) != 0 ||
				      at[1 + strlen(secrets[i])] != '>'))
			i++;
		if (!secrets[i]) {
			assert_int_equal(tfs_buf_putc(&out, *at), 0);
			continue;
		}
		assert_int_equal(tfs_secret_digest(context.digest_key, secrets[i], strlen(secrets[i]), digest), 0);
		assert_int_equal(tfs_buf_puts(&out, digest), 0);
		at += strlen(secrets[i]) + 1;
	}
	return tfs_buf_steal(&out, NULL);
}

static void assert_shows(const char *record, const char *document)
{
	cleanup_json json_t *value = parse(record), *shown = NULL;
	cleanup_free char *expected = with_digests(document);
	struct tfs_error error = { 0 };

	assert_int_equal(tfs_document_from_record(&person, &context, value, &shown, &error), 0);
	assert_prints(shown, expected);
}

static void test_secrets_are_found_by_name(void **state)
{
	static const char *const are[] = { "password",      "bindPassword",  "smtp-password", "passwords",
					   "client_secret", "clientSecrets", "apiKey",        "api_key",
					   "x-api-key",     "accessToken",   "token",         "PrivateKey",
					   "pin",           "Authorization", "seed",          "pass",
					   "passcode" };
	static const char *const are_none[] = { "passwordPolicy", "tokenType", "token_endpoint",
						"secretary",      "key",       "spin",
						"seeded",         "compass",   "name",
						"publicKey",      "" };
	cleanup_json json_t *text = json_string("x"), *empty = json_string("");

	(void)state;
	for (size_t i = 0; i < COUNT(are); i++)
		if (!document_is_undeclared_secret(NULL, are[i], text))
			fail_msg("%s is a secret", are[i]);
	for (size_t i = 0; i < COUNT(are_none); i++)
		if (document_is_undeclared_secret(NULL, are_none[i], text))
			fail_msg("%s is no secret", are_none[i]);
	assert_false(document_is_undeclared_secret(NULL, "password", empty));
	assert_false(document_is_undeclared_secret(NULL, "password", json_true()));
	assert_false(document_is_undeclared_secret(NULL, "password", NULL));
}

static void test_secrets_show_as_digests_at_any_depth(void **state)
{
	(void)state;
	assert_shows("{\"zeta\":{\"b\":[{\"password\":\"hunter2\",\"at\":1}],\"a\":1},\"apiKey\":\"k1\"}",
		     "{\"apiKey\":\"<k1>\",\"zeta\":{\"a\":1,\"b\":[{\"at\":1,\"password\":\"<hunter2>\"}]}}");
	/* In a declared member of any type, among the server's members, in lists. */
	assert_shows("{\"anything\":{\"tokens\":[\"k1\",\"k2\"]},\"_id\":{\"secret\":\"s3cr3t\"}}",
		     "{\"anything\":{\"tokens\":[\"<k1>\",\"<k2>\"]},\"_server\":{\"_id\":{\"secret\":\"<s3cr3t>\"}}}");
	assert_shows("{\"address\":{\"town\":\"Bern\",\"doorPin\":1,\"doorPassword\":\"k1\"}}",
		     "{\"address\":{\"town\":\"Bern\",\"doorPassword\":\"<k1>\",\"doorPin\":1}}");
	/* Name and value pairs, keys in parts, keys as text. */
	assert_shows("{\"headers\":[{\"name\":\"X-Api-Key\",\"value\":\"k1\"},{\"name\":\"Accept\",\"value\":\"k2\"}]}",
		     "{\"headers\":[{\"name\":\"X-Api-Key\",\"value\":\"<k1>\"},"
		     "{\"name\":\"Accept\",\"value\":\"k2\"}]}");
	assert_shows("{\"jwk\":{\"kty\":\"RSA\",\"d\":\"k1\",\"n\":\"k2\"}}",
		     "{\"jwk\":{\"d\":\"<k1>\",\"kty\":\"RSA\",\"n\":\"k2\"}}");
	assert_shows("{\"bundle\":\"-----BEGIN PRIVATE KEY-----\"}", "{\"bundle\":\"<-----BEGIN PRIVATE KEY----->\"}");
	/* Members with such names that are not secrets. */
	assert_shows("{\"factors\":{\"password\":true,\"token\":3,\"secret\":\"\"}}",
		     "{\"factors\":{\"password\":true,\"secret\":\"\",\"token\":3}}");
}

static int store(const char *document, const char *record, bool creating, json_t **ret, struct tfs_error *error)
{
	struct tfs_document_context with = context;
	cleanup_free char *text = with_digests(document);
	cleanup_json json_t *value = parse(text), *now = record ? parse(record) : NULL;

	with.creating = creating;
	return to_record(&person, &with, value, now, ret, error);
}

static void assert_stores(const char *document, const char *record, bool creating, const char *expected)
{
	cleanup_json json_t *out = NULL;
	cleanup_free char *text = with_digests(expected);
	struct tfs_error error = { 0 };

	if (store(document, record, creating, &out, &error) < 0)
		fail_msg("%s", error.message);
	assert_prints(out, text);
}

static void test_digests_are_replaced_by_current_secrets(void **state)
{
	static const char record[] = "{\"zeta\":{\"b\":[{\"password\":\"hunter2\"},{\"password\":\"s3cr3t\"}]},"
				     "\"apiKey\":\"k1\",\"bundle\":\"-----BEGIN PRIVATE KEY-----\"}";

	(void)state;
	/* A secret that moved, one that stayed, one that changed. */
	assert_stores("{\"zeta\":{\"b\":[{\"password\":\"<s3cr3t>\"},{\"password\":\"<hunter2>\",\"x\":1}]},"
		      "\"apiKey\":\"<k1>\",\"bundle\":\"<-----BEGIN PRIVATE KEY----->\"}",
		      record, false,
		      "{\"zeta\":{\"b\":[{\"password\":\"s3cr3t\"},{\"password\":\"hunter2\",\"x\":1}]},"
		      "\"apiKey\":\"k1\",\"bundle\":\"-----BEGIN PRIVATE KEY-----\"}");
	assert_stores("{\"zeta\":{\"b\":[{\"password\":\"k2\"}]}}", record, false,
		      "{\"zeta\":{\"b\":[{\"password\":\"k2\"}]}}");
	/* Found by a sibling member, in an object with declared members and at the top level. */
	assert_stores("{\"address\":{\"town\":\"Basel\",\"name\":\"X-Api-Key\",\"value\":\"<k1>\"}}",
		      "{\"address\":{\"town\":\"Bern\",\"name\":\"X-Api-Key\",\"value\":\"k1\"}}", false,
		      "{\"address\":{\"town\":\"Basel\",\"name\":\"X-Api-Key\",\"value\":\"k1\"}}");
	assert_stores("{\"address\":{\"town\":\"Basel\",\"kty\":\"RSA\",\"d\":\"<k1>\"}}",
		      "{\"address\":{\"town\":\"Bern\",\"kty\":\"RSA\",\"d\":\"k1\"}}", false,
		      "{\"address\":{\"town\":\"Basel\",\"kty\":\"RSA\",\"d\":\"k1\"}}");
	assert_stores("{\"header\":\"X-Api-Key\",\"value\":\"<k1>\"}", "{\"header\":\"X-Api-Key\",\"value\":\"k1\"}",
		      false, "{\"header\":\"X-Api-Key\",\"value\":\"k1\"}");
	/* A text that only looks like a digest. */
	assert_stores("{\"note\":\"<k2>\"}", NULL, false, "{\"note\":\"<k2>\"}");
}

static void test_unknown_digest_is_refused_or_left_out(void **state)
{
	cleanup_json json_t *out = NULL;
	struct tfs_error error = { 0 };

	(void)state;
	assert_int_equal(store("{\"zeta\":[{\"password\":\"<k2>\"}]}", "{\"zeta\":[{\"password\":\"k1\"}]}", false,
			       &out, &error),
			 -EINVAL);
	assert_string_equal(error.message, "zeta/0/password: a digest of another secret; write the secret itself");
	assert_string_equal(error.member, "/zeta/0/password");
	assert_stores("{\"zeta\":[{\"password\":\"<k2>\",\"x\":1}]}", NULL, true, "{\"zeta\":[{\"x\":1}]}");
}

static void test_redacted_texts_have_no_secret(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource;
	cleanup_json json_t *document =
		parse("{\"zeta\":{\"b\":[{\"password\":\"hunter2\"}]},\"anything\":{\"tokens\":[\"k1\"]},"
		      "\"address\":{\"town\":\"Bern\",\"doorPassword\":\"s3cr3t\"},\"apiKey\":\"k2\",\"note\":\"k2\"}");
	cleanup_json json_t *masked = NULL, *again = NULL;
	bool found = false;

	script(fake, NULL, 0);
	resource = open_resource(fake, &person);
	memcpy(resource->store->digest_key, context.digest_key, TFS_DIGEST_KEY);
	assert_int_equal(
		document_redact_secrets(resource->kind, resource->store->digest_key, document, &masked, &found), 0);
	assert_true(found);
	cleanup_free char *expected = with_digests(
		"{\"zeta\":{\"b\":[{\"password\":\"<hunter2>\"}]},\"anything\":{\"tokens\":[\"<k1>\"]},"
		"\"address\":{\"town\":\"Bern\",\"doorPassword\":\"<s3cr3t>\"},\"apiKey\":\"<k2>\",\"note\":\"k2\"}");
	assert_prints(masked, expected);
	assert_int_equal(document_redact_secrets(resource->kind, resource->store->digest_key, masked, &again, &found),
			 0);
	assert_false(found);
	assert_true(json_equal(masked, again));
}

static void assert_conflict(const char *base_text, const char *ours_text, const char *theirs_text, const char *text)
{
	cleanup_json json_t *base = parse(base_text), *ours = parse(ours_text), *merged = NULL;
	cleanup_free char *shown = with_digests(theirs_text);
	cleanup_free char *expected = with_digests(text);
	cleanup_json json_t *theirs = parse(shown);
	struct tfs_error error = { 0 };

	assert_int_equal(tfs_document_merge(&person, context.digest_key, base, ours, theirs, &merged, &error), -ESTALE);
	assert_string_equal(error.message, expected);
}

static void test_conflict_shows_digests(void **state)
{
	(void)state;
	assert_conflict("{}", "{\"apiKey\":\"k1\"}", "{\"apiKey\":\"<k2>\"}",
			"changed on the server meanwhile, too: apiKey: <k1> here, <k2> there");
	/* The same for a secret found by its siblings. */
	assert_conflict("{\"header\":\"X-Api-Key\"}", "{\"header\":\"X-Api-Key\",\"value\":\"k1\"}",
			"{\"header\":\"X-Api-Key\",\"value\":\"<k2>\"}",
			"changed on the server meanwhile, too: value: <k1> here, <k2> there");
	assert_conflict("{\"address\":{\"kty\":\"RSA\"}}", "{\"address\":{\"kty\":\"RSA\",\"d\":\"k1\"}}",
			"{\"address\":{\"kty\":\"RSA\",\"d\":\"<k2>\"}}",
			"changed on the server meanwhile, too: address/d: <k1> here, <k2> there");
}

/* Each omitted secret is named once, even if its name is a part of another name. */
static void test_each_omitted_secret_is_named_once(void **state)
{
	struct fake *fake = *state;
	struct resolver resolver;

	resource_resolver_init(&resolver, open_resource(fake, &person), fake->op);
	resource_resolver_note_unknown(&resolver, "/deep/password");
	resource_resolver_note_unknown(&resolver, "/password");
	resource_resolver_note_unknown(&resolver, "/deep/pass");
	resource_resolver_note_unknown(&resolver, "/password");
	resource_resolver_note_unknown(&resolver, "/deep/password");
	assert_string_equal(resolver.unknown.data, "/deep/password, /password, /deep/pass");
	resource_resolver_finish(&resolver);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets_are_found_by_name),
		cmocka_unit_test(test_secrets_show_as_digests_at_any_depth),
		cmocka_unit_test(test_digests_are_replaced_by_current_secrets),
		cmocka_unit_test(test_unknown_digest_is_refused_or_left_out),
		cmocka_unit_test_setup_teardown(test_redacted_texts_have_no_secret, writing_setup, writing_teardown),
		cmocka_unit_test(test_conflict_shows_digests),
		cmocka_unit_test_setup_teardown(test_each_omitted_secret_is_named_once, writing_setup,
						writing_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
