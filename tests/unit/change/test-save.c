/* Saving: the exact calls, and the documents afterwards. */
#include "bob.c"

#include <pthread.h>

#define AUDIT "POST /reports/audit_log"

static void test_unchanged_text_makes_no_call(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *base = look(fake, resource, BOB(",\"phones\":[\"2\",\"1\"]")), *after = NULL;

	NO_CALLS(fake);
	assert_int_equal(save(fake, resource, "bob", base, base->data, &after), 0);
	assert_ptr_equal(after, base);
	tfs_doc_unref(after);
	assert_int_equal(save(fake, resource, "bob", base,
			      "{\"phones\":[\"2\",\"1\"],\"role\":\"admin\",\"username\":\"bob\",\"_server\":{}}",
			      &after),
			 0);
	assert_ptr_equal(after, base);
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

static void test_save_is_one_read_and_one_write(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *base = look(fake, resource, BOB(",\"otpMaxAttempts\":\"3\",\"extra\":1")), *after = NULL, *seen;

	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"otpMaxAttempts\":\"3\",\"extra\":1")), 0 },
	       { "PATCH /people/{id}", "{\"path\":{\"id\":\"u1\"},\"body\":{\"otpMaxAttempts\":5}}", 0,
		 "{\"status\":true}", 0 });
	assert_int_equal(save(fake, resource, "bob", base, BOB_DOC(",\"otpMaxAttempts\":5,\"extra\":1"), &after), 0);
	all_called(fake);
	assert_doc(after, BOB_DOC(",\"otpMaxAttempts\":5,\"extra\":1,\"_server\":{\"tenantId\":\"t9\","
				  "\"uid\":\"u1\"}"));
	assert_true(after->generation > base->generation);
	NO_CALLS(fake);
	seen = get(fake, resource, "bob", UINT64_MAX);
	assert_ptr_equal(seen, after);
	tfs_doc_unref(seen);
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

static void test_record_in_the_answer_is_cached(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *base = look(fake, resource, BOB(",\"enabled\":false,\"updatedAt\":\"2024-01-01T00:00:00Z\"")),
		       *after = NULL;

	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"enabled\":false,\"updatedAt\":\"2024-01-01T00:00:00Z\"")), 0 },
	       { "PATCH /people/{id}", NULL, 0,
		 "{\"uid\":\"u1\",\"enabled\":\"true\",\"updatedAt\":\"2024-06-01T00:00:00Z\",\"more\":1}", 0 });
	assert_int_equal(save(fake, resource, "bob", base, BOB_DOC(",\"enabled\":true"), &after), 0);
	assert_doc(after, BOB_DOC(",\"enabled\":true,\"_server\":{\"tenantId\":\"t9\",\"uid\":\"u1\","
				  "\"updatedAt\":\"2024-06-01T00:00:00Z\"}"));
	assert_int_equal(after->mtime.tv_sec, 1717200000);
	tfs_doc_unref(after);
	/* A record of another object is not used. */
	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"enabled\":false")), 0 },
	       { "PATCH /people/{id}", NULL, 0, "{\"uid\":\"u2\",\"enabled\":\"false\"}", 0 });
	assert_int_equal(save(fake, resource, "bob", base, BOB_DOC(",\"enabled\":true"), &after), 0);
	assert_doc(after, BOB_DOC(",\"enabled\":true,\"_server\":{\"tenantId\":\"t9\",\"uid\":\"u1\"}"));
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

static void test_members_are_sent_to_their_endpoints(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *base = look(fake, resource, BOB(",\"status\":\"active\",\"otpMaxAttempts\":1")), *after = NULL;

	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"status\":\"active\",\"otpMaxAttempts\":1")), 0 },
	       { "PATCH /people/{id}", "{\"path\":{\"id\":\"u1\"},\"body\":{\"otpMaxAttempts\":null}}", 0, NULL, 0 },
	       { "PATCH /people/role", "{\"body\":{\"user\":\"bob\",\"old\":\"admin\",\"new\":\"user\"}}", 0, NULL, 0 },
	       { "POST /people/lock", "{\"body\":{\"user\":\"bob\",\"tenant\":\"ten1\"}}", 0, NULL, 0 },
	       { "POST /people/phones", "{\"body\":{\"user\":\"u1\",\"phones\":[\"1\",\"2\"]}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "bob", base,
			      "{\"username\":\"bob\",\"role\":\"user\",\"status\":\"locked\",\"phones\":["
			      "\"2\",\"1\"]}",
			      &after),
			 0);
	all_called(fake);
	assert_doc(after, "{\"username\":\"bob\",\"role\":\"user\",\"status\":\"locked\",\"phones\":[\"1\",\"2\"],"
			  "\"_server\":{\"tenantId\":\"t9\",\"uid\":\"u1\"}}");
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

/* As in the API's document: only some members accept an empty text, and no typed member accepts null. */
static const struct tfs_field typed_body[] = {
	{ .name = "status", .type = TFS_TYPE_STRING, .empty_removes = true },
	{ .name = "otpMaxAttempts", .type = TFS_TYPE_NUMBER },
	{ .name = "phones", .type = TFS_TYPE_ARRAY, .item = TFS_TYPE_STRING },
	{ .name = "anything" },
};
static const struct tfs_endpoint update_typed = {
	.method = "PATCH",
	.path = "/people/{id}",
	.body = typed_body,
	.n_body = COUNT(typed_body),
};
static const struct tfs_step typed_steps[] = { { &update_typed, "{" ID_PATH "}", NULL, TFS_SEND_CHANGED, NULL, NULL } };
static const struct tfs_kind typed = {
	PERSON_FORM,
	.list = &list_step,
	.page_total = "/page/total",
	.page_size = 2,
	.lookup = &lookup_step,
	.change = typed_steps,
	.n_change = COUNT(typed_steps),
};

static void test_removed_member_is_sent_in_its_endpoints_form(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &typed);
	struct tfs_doc *base, *after = NULL;
	const char *had = BOB(",\"status\":\"active\",\"otpMaxAttempts\":3,\"phones\":[\"1\"],\"anything\":{}");

	base = look(fake, resource, had);
	SCRIPT(fake,
	       { FETCH, LOOK, 0,
		 ONE(BOB(",\"status\":\"active\",\"otpMaxAttempts\":3,\"phones\":[\"1\"],\"anything\":{}")), 0 },
	       { "PATCH /people/{id}",
		 "{\"path\":{\"id\":\"u1\"},\"body\":{\"status\":\"\",\"phones\":[],\"anything\":null}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "bob", base, BOB_DOC(",\"otpMaxAttempts\":3"), &after), 0);
	all_called(fake);
	assert_doc(after, BOB_DOC(",\"otpMaxAttempts\":3,\"phones\":[],"
				  "\"_server\":{\"tenantId\":\"t9\",\"uid\":\"u1\"}"));
	tfs_doc_unref(after);
	/* A member that cannot be removed is reported before any writing call, if the text says it. */
	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"status\":\"active\",\"otpMaxAttempts\":3")), 0 });
	assert_failed(fake,
		      save(fake, resource, "bob", base, BOB_DOC(",\"status\":null,\"otpMaxAttempts\":null"), &after),
		      -EINVAL, "otpMaxAttempts: the API has no way to take it away; give it another value");
	assert_string_equal(tfs_op_error(fake->op)->member, "/otpMaxAttempts");
	all_called(fake);
	tfs_doc_unref(base);
}

static void test_member_without_a_call_is_refused_first(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *base = look(fake, resource, BOB(",\"status\":\"locked\",\"extra\":1")), *after = NULL;

	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"status\":\"locked\",\"extra\":1")), 0 });
	assert_failed(fake,
		      save(fake, resource, "bob", base, BOB_DOC(",\"status\":\"active\",\"extra\":1,\"enabled\":true"),
			   &after),
		      -EINVAL, "status: the API has no call that makes this change");
	assert_string_equal(tfs_op_error(fake->op)->member, "/status");
	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"status\":\"locked\",\"extra\":1")), 0 });
	assert_failed(fake, save(fake, resource, "bob", base, BOB_DOC(",\"status\":\"locked\",\"extra\":2"), &after),
		      -EINVAL, "extra: the API has no call that makes this change");
	/* An invalid text needs no call at all. */
	NO_CALLS(fake);
	assert_failed(fake, save(fake, resource, "bob", base, BOB_DOC(",\"status\":3"), &after), -EINVAL,
		      "line 1, column 34: status: a string is wanted, not a number");
	tfs_doc_unref(base);
}

static void test_unknown_nested_members_go_back(void **state)
{
	static const struct tfs_field body[] = {
		{ .name = "address", .type = TFS_TYPE_OBJECT, .members = address_members, .n_members = 3 },
		{ .name = "claims", .type = TFS_TYPE_ARRAY, .members = claim_members, .n_members = 3 },
		{ .name = "anything" },
	};
	static const struct tfs_endpoint put = { .method = "PUT", .path = "/p", .body = body, .n_body = 3 };
	static const struct tfs_step change = { &put, NULL, NULL, TFS_SEND_WHOLE, NULL, NULL };
	static const char record[] = BOB(",\"address\":{\"_id\":\"7\",\"town\":\"a\",\"zip\":1,\"z2\":1},"
					 "\"claims\":[{\"_id\":\"8\",\"claim\":\"c\",\"more\":2}],"
					 "\"anything\":{\"_id\":\"9\"}");
	struct tfs_kind kind = people;
	struct fake *fake = *state;
	struct tfs_resource *resource;
	struct tfs_doc *base, *after = NULL;

	kind.name = "fitted";
	kind.change = &change;
	kind.n_change = 1;
	resource = open_resource(fake, &kind);
	base = look(fake, resource, record);
	SCRIPT(fake,
	       { FETCH, LOOK, 0,
		 ONE(BOB(",\"address\":{\"_id\":\"7\",\"town\":\"a\",\"zip\":1,\"z2\":1},"
			 "\"claims\":[{\"_id\":\"8\",\"claim\":\"c\",\"more\":2}],\"anything\":{\"_id\":"
			 "\"9\"}")),
		 0 },
	       { "PUT /p",
		 "{\"body\":{\"address\":{\"town\":\"b\",\"z2\":5,\"zip\":1},\"claims\":[{\"claim\":\"c\",\"more\":2}],"
		 "\"anything\":{\"_id\":\"9\"}}}",
		 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "bob", base,
			      BOB_DOC(",\"address\":{\"town\":\"b\",\"zip\":1,\"z2\":5},"
				      "\"claims\":[{\"claim\":\"c\",\"more\":2}],\"anything\":{\"_id\":\"9\"}"),
			      &after),
			 0);
	all_called(fake);
	assert_non_null(strstr(after->data, "\"zip\": 1"));
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

static void test_failure_names_the_member(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *base = look(fake, resource, BOB("")), *after = NULL;

	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB("")), 0 }, { "PATCH /people/{id}", NULL, -EINVAL, NULL, 400 });
	assert_failed(fake, save(fake, resource, "bob", base, BOB_DOC(",\"enabled\":true"), &after), -EINVAL,
		      "enabled: refused by the script");
	assert_int_equal(tfs_op_error(fake->op)->status, 400);
	assert_string_equal(tfs_op_error(fake->op)->member, "/enabled");
	tfs_doc_unref(base);
}

static void test_half_done_save_names_the_saved_members(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *base = look(fake, resource, BOB("")), *after = NULL;

	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB("")), 0 }, { "PATCH /people/{id}", NULL, 0, NULL, 0 },
	       { "PATCH /people/role", NULL, -EPERM, NULL, 403 }, { FETCH, LOOK, 0, ONE(BOB(",\"enabled\":true")), 0 });
	assert_failed(fake,
		      save(fake, resource, "bob", base,
			   "{\"username\":\"bob\",\"role\":\"user\",\"enabled\":true,\"phones\":[\"1\"]}", &after),
		      -EPERM, "enabled saved, role, phones not: refused by the script");
	assert_string_equal(tfs_op_error(fake->op)->member, "/role");
	all_called(fake);
	/* The cache has the server's state. */
	NO_CALLS(fake);
	after = get(fake, resource, "bob", UINT64_MAX);
	assert_doc(after, BOB_DOC(",\"enabled\":true,\"_server\":{\"tenantId\":\"t9\",\"uid\":\"u1\"}"));
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

static void test_unknown_outcome_is_checked(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *base = look(fake, resource, BOB("")), *after = NULL;

	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB("")), 0 }, { "PATCH /people/{id}", NULL, -EIO, NULL, 0 },
	       { FETCH, LOOK, 0, ONE(BOB(",\"enabled\":true")), 0 });
	assert_int_equal(save(fake, resource, "bob", base, BOB_DOC(",\"enabled\":true"), &after), -EIO);
	after = get(fake, resource, "bob", UINT64_MAX);
	all_called(fake);
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

static void test_changes_by_others_are_merged(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *base = look(fake, resource, BOB(",\"enabled\":false,\"otpMaxAttempts\":1")), *after = NULL;

	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"enabled\":false,\"otpMaxAttempts\":9")), 0 },
	       { "PATCH /people/{id}", "{\"path\":{\"id\":\"u1\"},\"body\":{\"enabled\":true}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "bob", base, BOB_DOC(",\"otpMaxAttempts\":1,\"enabled\":true"), &after),
			 0);
	assert_doc(after, BOB_DOC(",\"otpMaxAttempts\":9,\"enabled\":true,"
				  "\"_server\":{\"tenantId\":\"t9\",\"uid\":\"u1\"}"));
	tfs_doc_unref(after);
	/* The same change by another client: no call is left to make. */
	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"enabled\":true,\"otpMaxAttempts\":1")), 0 });
	assert_int_equal(save(fake, resource, "bob", base, BOB_DOC(",\"otpMaxAttempts\":1,\"enabled\":true"), &after),
			 0);
	tfs_doc_unref(after);
	all_called(fake);
	tfs_doc_unref(base);
}

static void test_change_of_one_member_by_both_is_a_conflict(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *base = look(fake, resource, BOB(",\"enabled\":false,\"otpMaxAttempts\":1")), *after = NULL;

	/* The name comes from the audit log: the last event about bob. */
	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"enabled\":false,\"otpMaxAttempts\":9")), 0 },
	       { AUDIT, NULL, 0,
		 "{\"data\":[{\"auditLogEvents\":["
		 "{\"eventName\":\"E_X\",\"event_id\":\"3\",\"event_ts\":30,\"user_id\":\"zoe\",\"object_id\":\"u9\"},"
		 "{\"eventName\":\"E_X\",\"event_id\":\"2\",\"event_ts\":20,\"user_id\":\"ann\",\"object_id\":\"u1\"},"
		 "{\"eventName\":\"E_X\",\"event_id\":\"1\",\"event_ts\":10,\"user_id\":\"joe\",\"object_id\":\"u1\"}"
		 "]}]}",
		 0 });
	assert_failed(fake,
		      save(fake, resource, "bob", base, BOB_DOC(",\"otpMaxAttempts\":5,\"enabled\":true"), &after),
		      -ESTALE, "changed on the server by ann meanwhile, too: otpMaxAttempts: 5 here, 9 there");
	assert_string_equal(tfs_op_error(fake->op)->member, "/otpMaxAttempts");
	/* The cache has their version. */
	NO_CALLS(fake);
	after = get(fake, resource, "bob", UINT64_MAX);
	assert_non_null(strstr(after->data, "\"otpMaxAttempts\": 9"));
	tfs_doc_unref(after);
	/* A removed object cannot be changed. */
	SCRIPT(fake, { FETCH, LOOK, 0, NONE, 0 });
	assert_failed(fake, save(fake, resource, "bob", base, BOB_DOC(",\"enabled\":true"), &after), -ENOENT,
		      "there is no \"bob\"");
	tfs_doc_unref(base);
}

/* The digest in the document's text, for the member. */
static const char *digest_in(const struct tfs_doc *doc, const char *member, char out[TFS_SECRET_TEXT])
{
	cleanup_json json_t *value = NULL;

	assert_int_equal(tfs_json_parse(doc->data, doc->len, &value, NULL), 0);
	snprintf(out, TFS_SECRET_TEXT, "%s", tfs_json_text(value, member));
	assert_int_equal(strncmp(out, "secret:", 7), 0);
	return out;
}

static void test_secrets_are_set_kept_and_shown_as_digests(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *base = look(fake, resource, BOB(",\"password\":\"hunter2\"")), *after = NULL;
	char digest[TFS_SECRET_TEXT], again[TFS_SECRET_TEXT], text[256];

	digest_in(base, "password", digest);
	/* An unchanged secret is not sent. */
	snprintf(text, sizeof(text), BOB_DOC(",\"enabled\":true,\"password\":\"%s\""), digest);
	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"password\":\"hunter2\"")), 0 },
	       { "PATCH /people/{id}", "{\"path\":{\"id\":\"u1\"},\"body\":{\"enabled\":true}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "bob", base, text, &after), 0);
	assert_string_equal(digest_in(after, "password", again), digest);
	tfs_doc_unref(after);
	/* A new secret is sent. */
	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"password\":\"hunter2\"")), 0 },
	       { "PATCH /people/{id}", "{\"path\":{\"id\":\"u1\"},\"body\":{\"password\":\"new\"}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "bob", base, BOB_DOC(",\"password\":\"new\""), &after), 0);
	assert_string_not_equal(digest_in(after, "password", again), digest);
	assert_null(strstr(after->data, "\"new\""));
	tfs_doc_unref(after);
	/* A secret changed by others and not by us keeps their value. */
	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"password\":\"theirs\"")), 0 },
	       { "PATCH /people/{id}", "{\"path\":{\"id\":\"u1\"},\"body\":{\"enabled\":true}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "bob", base, text, &after), 0);
	assert_string_not_equal(digest_in(after, "password", again), digest);
	tfs_doc_unref(after);
	/* A digest of an unknown secret is no difference, … */
	tfs_doc_unref(base);
	base = look(fake, resource, BOB(",\"password\":\"hunter2\""));
	NO_CALLS(fake);
	assert_int_equal(
		save(fake, resource, "bob", base, BOB_DOC(",\"password\":\"secret:0123456789abcdef\""), &after), 0);
	assert_string_equal(tfs_op_error(fake->op)->message,
			    "saved, but for secrets that came as digests of another place: /password; write them");
	assert_int_equal(tfs_op_error(fake->op)->code, 0);
	tfs_doc_unref(after);
	/* … and is not sent with other changes. */
	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"password\":\"hunter2\"")), 0 },
	       { "PATCH /people/{id}", "{\"path\":{\"id\":\"u1\"},\"body\":{\"enabled\":true}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "bob", base,
			      BOB_DOC(",\"enabled\":true,\"password\":\"secret:0123456789abcdef\""), &after),
			 0);
	all_called(fake);
	assert_string_equal(digest_in(after, "password", again), digest);
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

static void test_whole_document_is_sent_with_the_secret(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &settings);
	struct tfs_doc *base, *after = NULL;
	char digest[TFS_SECRET_TEXT], text[256];

	SCRIPT(fake, { "GET /settings", "{}", 0, "{\"attempts\":\"3\",\"seed\":\"s1\",\"unknown\":1}", 0 });
	base = get(fake, resource, "mfa", 0);
	snprintf(text, sizeof(text), "{\"attempts\":3,\"prompt\":\"p\",\"seed\":\"%s\",\"unknown\":1}",
		 digest_in(base, "seed", digest));
	SCRIPT(fake, { "GET /settings", "{}", 0, "{\"attempts\":\"3\",\"seed\":\"s1\",\"unknown\":1}", 0 },
	       { "PUT /settings",
		 "{\"body\":{\"communityId\":\"com1\",\"attempts\":3,\"prompt\":\"p\",\"seed\":\"s1\",\"unknown\":1}}",
		 0, "{\"attempts\":3}", 0 });
	assert_int_equal(save(fake, resource, "mfa", base, text, &after), 0);
	all_called(fake);
	snprintf(text, sizeof(text), "{\"attempts\":3,\"prompt\":\"p\",\"seed\":\"%s\",\"unknown\":1}", digest);
	assert_doc(after, text);
	tfs_doc_unref(after);
	/* A secret that the server does not return is left out. */
	SCRIPT(fake, { "GET /settings", "{}", 0, "{\"attempts\":3,\"unknown\":1}", 0 },
	       { "PUT /settings", "{\"body\":{\"communityId\":\"com1\",\"attempts\":4,\"unknown\":1}}", 0, NULL, 0 });
	snprintf(text, sizeof(text), "{\"attempts\":4,\"seed\":\"%s\",\"unknown\":1}", digest);
	assert_int_equal(save(fake, resource, "mfa", base, text, &after), 0);
	all_called(fake);
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

/* What a call would set to a default or demand goes along, though it is unchanged; null is not sent. */
static void test_required_members_and_defaults_go_along(void **state)
{
	static const struct tfs_field body[] = {
		{ .name = "name", .type = TFS_TYPE_STRING, .required = true },
		{ .name = "url", .type = TFS_TYPE_STRING, .fallback = "\"\"" },
		{ .name = "kind", .type = TFS_TYPE_STRING },
	};
	static const struct tfs_endpoint patch = { .method = "PATCH", .path = "/a", .body = body, .n_body = 3 };
	static const struct tfs_step change = { &patch, NULL, NULL, TFS_SEND_CHANGED, NULL, NULL };
	static const char record[] = "[{\"_id\":\"1\",\"name\":\"one\",\"url\":\"u\",\"kind\":null}]";
	struct tfs_kind kind = apps;
	struct fake *fake = *state;
	struct tfs_resource *resource;
	struct tfs_doc *base, *after = NULL;

	kind.name = "along";
	kind.change = &change;
	kind.n_change = 1;
	resource = open_resource(fake, &kind);
	SCRIPT(fake, { "GET /apps", NULL, 0, record, 0 });
	base = get(fake, resource, "one", 0);
	SCRIPT(fake, { "GET /apps", NULL, 0, record, 0 },
	       { "PATCH /a", "{\"body\":{\"name\":\"one\",\"url\":\"u\",\"kind\":\"k\"}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "one", base, "{\"name\":\"one\",\"url\":\"u\",\"kind\":\"k\"}", &after),
			 0);
	all_called(fake);
	tfs_doc_unref(after);
	/* A removed member gets its default. */
	SCRIPT(fake, { "GET /apps", NULL, 0, record, 0 },
	       { "PATCH /a", "{\"body\":{\"name\":\"one\",\"url\":\"\"}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "one", base, "{\"name\":\"one\",\"kind\":null}", &after), 0);
	all_called(fake);
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

/* An answer without a body: a document without members, which can be written. */
static void test_empty_answer_can_be_written(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &settings);
	struct tfs_doc *base, *after = NULL;

	SCRIPT(fake, { "GET /settings", "{}", 0, NULL, 0 });
	base = get(fake, resource, "mfa", 0);
	assert_doc(base, "{}");
	SCRIPT(fake, { "GET /settings", "{}", 0, NULL, 0 },
	       { "PUT /settings", "{\"body\":{\"communityId\":\"com1\",\"attempts\":3}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "mfa", base, "{\"attempts\":3}", &after), 0);
	all_called(fake);
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

static void test_document_without_a_base_version_is_overwritten(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &settings);
	struct tfs_doc *after = NULL;

	SCRIPT(fake, { "GET /settings", "{}", 0, "{\"attempts\":3,\"prompt\":\"x\"}", 0 },
	       { "PUT /settings", "{\"body\":{\"communityId\":\"com1\",\"attempts\":4}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "mfa", NULL, "{\"attempts\":4}", &after), 0);
	assert_doc(after, "{\"attempts\":4}");
	tfs_doc_unref(after);
}

#define APPS "[{\"_id\":\"1\",\"name\":\"one\",\"url\":\"u\"},{\"_id\":\"2\",\"name\":\"two\",\"url\":\"v\"}]"

static void test_changed_name_renames_the_file(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);
	struct tfs_doc *base, *after = NULL;

	SCRIPT(fake, { "GET /apps", NULL, 0, APPS, 0 }, { "GET /apps", NULL, 0, APPS, 0 },
	       { "PUT /apps/{id}", "{\"path\":{\"id\":\"1\"},\"body\":{\"name\":\"uno\",\"url\":\"u\"}}", 0, NULL, 0 });
	base = get(fake, resource, "one", 0);
	assert_int_equal(save(fake, resource, "one", base, "{\"name\":\"uno\",\"url\":\"u\"}", &after), 0);
	assert_string_equal(after->name, "uno");
	NO_CALLS(fake);
	assert_names(fake, resource, UINT64_MAX, "two uno ");
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

static void test_namesakes_keep_their_files(void **state)
{
	static const char two[] =
		"[{\"_id\":\"aaaaaa\",\"name\":\"x\",\"url\":\"u\"},{\"_id\":\"bbbbbb\",\"name\":\"x\"}]";
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);
	struct tfs_doc *base, *after = NULL;

	SCRIPT(fake, { "GET /apps", NULL, 0, two, 0 }, { "GET /apps", NULL, 0, two, 0 },
	       { "PUT /apps/{id}", "{\"path\":{\"id\":\"aaaaaa\"},\"body\":{\"name\":\"x\",\"url\":\"w\"}}", 0, NULL,
		 0 });
	base = get(fake, resource, "x~aaaaaa", 0);
	assert_int_equal(save(fake, resource, "x~aaaaaa", base, "{\"name\":\"x\",\"url\":\"w\"}", &after), 0);
	assert_string_equal(after->name, "x~aaaaaa");
	assert_doc(after, "{\"name\":\"x\",\"url\":\"w\",\"_server\":{\"_id\":\"aaaaaa\"}}");
	NO_CALLS(fake);
	assert_names(fake, resource, UINT64_MAX, "x~aaaaaa x~bbbbbb ");
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

static void test_operation_without_a_call_is_refused_with_its_reason(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &words);
	struct tfs_doc *after = NULL, *base;

	SCRIPT(fake, { "GET /apps", NULL, 0, "[\"w\"]", 0 });
	base = get(fake, resource, "w", 0);
	assert_failed(fake, save(fake, resource, "v", NULL, "{}", &after), -EPERM,
		      "There is no call that makes a word.");
	assert_failed(fake, save(fake, resource, "w", base, "{\"name\":\"v\"}", &after), -EPERM,
		      "It cannot be changed through the API.");
	assert_failed(fake, tfs_resource_remove(resource, fake->op, "w"), -EPERM,
		      "It cannot be removed through the API.");
	tfs_doc_unref(base);
}

static void test_references_are_resolved_by_their_kind(void **state)
{
	static const struct tfs_field fields[] = {
		{ .name = "name", .type = TFS_TYPE_STRING },
		{ .name = "module", .type = TFS_TYPE_STRING, .reference = "auth-module" },
	};
	static const struct tfs_endpoint put = {
		.method = "PUT",
		.path = "/x",
		.body = fields,
		.n_body = COUNT(fields),
	};
	static const struct tfs_step change[] = { { &put, NULL, NULL, TFS_SEND_CHANGED, NULL, NULL } };
	static const struct tfs_kind kind = {
		.name = "referrer",
		.path = "communities/{community}/referrers/{name}.json",
		.shape = TFS_SHAPE_SET,
		.name_member = "name",
		.fields = fields,
		.n_fields = 2,
		.list = &apps_list,
		.change = change,
		.n_change = 1,
	};
	static const char list[] = "[{\"name\":\"a\",\"module\":\"m1\"}]";
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &kind);
	struct tfs_doc *base, *after = NULL;

	SCRIPT(fake, { "GET /apps", NULL, 0, list, 0 },
	       { "POST /auth_modules/fetch", NULL, 0,
		 "{\"modules\":[{\"_id\":\"m1\",\"name\":\"Staff\"},{\"_id\":\"m2\",\"name\":\"a/b\"}]}", 0 },
	       { "GET /apps", NULL, 0, list, 0 }, { "PUT /x", "{\"body\":{\"module\":\"m2\"}}", 0, NULL, 0 },
	       { "GET /apps", NULL, 0, "[{\"name\":\"a\",\"module\":\"m2\"}]", 0 }, { "GET /apps", NULL, 0, list, 0 });
	base = get(fake, resource, "a", 0);
	assert_doc(base, "{\"name\":\"a\",\"module\":\"Staff\"}");
	assert_int_equal(save(fake, resource, "a", base, "{\"name\":\"a\",\"module\":\"a/b\"}", &after), 0);
	assert_doc(after, "{\"name\":\"a\",\"module\":\"a/b\"}");
	tfs_doc_unref(after);
	assert_failed(fake, save(fake, resource, "a", base, "{\"name\":\"a\",\"module\":\"c\"}", &after), -EINVAL,
		      "module: there is no auth-module called \"c\"");
	all_called(fake);
	tfs_doc_unref(base);
}

/* A writer that read bob before others changed him saves the text it read: this restores the old version. */
static void test_earlier_version_can_be_restored(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *before, *now, *after = NULL;

	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB("")), 0 }, { FETCH, LOOK, 0, ONE(BOB(",\"enabled\":true")), 0 },
	       { FETCH, LOOK, 0, ONE(BOB(",\"enabled\":true")), 0 },
	       { "PATCH /people/{id}", "{\"path\":{\"id\":\"u1\"},\"body\":{\"enabled\":null}}", 0, NULL, 0 });
	before = get(fake, resource, "bob", 0);
	now = get(fake, resource, "bob", 0);
	assert_int_equal(tfs_resource_save(resource, fake->op, "bob", before, before->data, before->len, &after), 0);
	all_called(fake);
	tfs_doc_unref(after);
	/* An equal text is not sent. */
	NO_CALLS(fake);
	assert_int_equal(tfs_resource_save(resource, fake->op, "bob", before, before->data, before->len, &after), 0);
	tfs_doc_unref(after);
	tfs_doc_unref(before);
	tfs_doc_unref(now);
}

static void test_ids_are_filled_in_calls(void **state)
{
	static const struct tfs_field body[] = {
		{ .name = "tenantId" },      { .name = "communityId" }, { .name = "dns" },
		{ .name = "communityName" }, { .name = "query" },
	};
	static const struct tfs_field path[] = { { .name = "communityId" } };
	static const struct tfs_endpoint endpoint = {
		.method = "POST",
		.path = "/count",
		.body = body,
		.n_body = COUNT(body),
		.path_params = path,
		.n_path_params = 1,
		.repeatable = true,
	};
	struct fake *fake = *state;
	cleanup_json json_t *bare = json_pack("{s{ss}ss}", "query", "a", "b", "dns", "other");
	cleanup_json json_t *whole = json_pack("{s{ss}s{ss}}", "path", "communityId", "c2", "body", "tenantId", "t2");
	cleanup_json json_t *query = json_pack("{s{}}", "query");
	json_t *answer = NULL;

	SCRIPT(fake,
	       { "POST /count",
		 "{\"path\":{\"communityId\":\"com1\"},\"body\":{\"query\":{\"a\":\"b\"},\"dns\":\"other\","
		 "\"tenantId\":\"ten1\","
		 "\"communityId\":\"com1\",\"communityName\":\"default\"}}",
		 0, "{\"count\":5}", 0 },
	       { "POST /count",
		 "{\"path\":{\"communityId\":\"c2\"},\"body\":{\"tenantId\":\"t2\",\"communityId\":\"com1\","
		 "\"dns\":\"acme.example.com\",\"communityName\":\"default\"}}",
		 1, "plain", 0 },
	       { "POST /count",
		 "{\"path\":{\"communityId\":\"com1\"},\"body\":{\"query\":{},\"tenantId\":\"ten1\","
		 "\"communityId\":\"com1\","
		 "\"dns\":\"acme.example.com\",\"communityName\":\"default\"}}",
		 -EPERM, NULL, 403 });
	assert_int_equal(tfs_store_call(fake->store, fake->op, &endpoint, NULL, bare, &answer), 0);
	assert_true(json_integer_value(tfs_json_at(answer, "/body/count")) == 5);
	assert_true(json_integer_value(tfs_json_at(answer, "/status")) == 200);
	json_decref(answer);
	assert_int_equal(tfs_store_call(fake->store, fake->op, &endpoint, "default", whole, &answer), 0);
	assert_string_equal(tfs_json_text(answer, "body"), "plain");
	json_decref(answer);
	assert_failed(fake, tfs_store_call(fake->store, fake->op, &endpoint, "", query, &answer), -EPERM,
		      "refused by the script");
	all_called(fake);
}

static int serve_counting(struct fake *fake, const char *call, const json_t *args, struct tfs_api_answer *ret)
{
	int *attempts = fake->data;

	usleep(5000);
	if (strcmp(call, "GET /settings") == 0)
		ret->body = json_pack("{sisi}", "attempts", attempts[0], "other", attempts[1]);
	else
		attempts[0] = (int)json_integer_value(tfs_json_at(args, "/body/attempts"));
	return 0;
}

struct writer {
	pthread_t thread;
	struct tfs_resource *resource;
	struct tfs_doc *base;
	struct tfs_op *op;
	int number, r;
};

static void *write_settings(void *data)
{
	struct writer *writer = data;
	struct tfs_doc *after = NULL;
	char text[64];

	snprintf(text, sizeof(text), "{\"attempts\":%d,\"other\":0}", writer->number);
	writer->r = tfs_resource_save(writer->resource, writer->op, "mfa", writer->base, text, strlen(text), &after);
	if (writer->r == 0)
		tfs_doc_unref(after);
	return NULL;
}

static void test_second_of_two_writers_gets_a_conflict(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &settings);
	struct writer writers[4];
	int attempts[2] = { 1, 0 }, saved = 0;
	struct tfs_doc *base;

	fake->serve = serve_counting;
	fake->data = attempts;
	base = get(fake, resource, "mfa", 0);
	for (int i = 0; i < 4; i++) {
		writers[i] =
			(struct writer){ .resource = resource, .base = base, .number = i + 2, .op = tfs_op_new(10000) };
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_settings, &writers[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(writers[i].thread, NULL);
		assert_true(writers[i].r == 0 || writers[i].r == -ESTALE);
		saved += writers[i].r == 0;
		tfs_op_free(writers[i].op);
	}
	assert_int_equal(saved, 1);
	tfs_doc_unref(base);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, writing_setup, writing_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_unchanged_text_makes_no_call),
		TEST(test_save_is_one_read_and_one_write),
		TEST(test_record_in_the_answer_is_cached),
		TEST(test_members_are_sent_to_their_endpoints),
		TEST(test_removed_member_is_sent_in_its_endpoints_form),
		TEST(test_member_without_a_call_is_refused_first),
		TEST(test_unknown_nested_members_go_back),
		TEST(test_failure_names_the_member),
		TEST(test_half_done_save_names_the_saved_members),
		TEST(test_unknown_outcome_is_checked),
		TEST(test_changes_by_others_are_merged),
		TEST(test_change_of_one_member_by_both_is_a_conflict),
		TEST(test_secrets_are_set_kept_and_shown_as_digests),
		TEST(test_whole_document_is_sent_with_the_secret),
		TEST(test_required_members_and_defaults_go_along),
		TEST(test_empty_answer_can_be_written),
		TEST(test_document_without_a_base_version_is_overwritten),
		TEST(test_changed_name_renames_the_file),
		TEST(test_namesakes_keep_their_files),
		TEST(test_operation_without_a_call_is_refused_with_its_reason),
		TEST(test_references_are_resolved_by_their_kind),
		TEST(test_ids_are_filled_in_calls),
		TEST(test_second_of_two_writers_gets_a_conflict),
		TEST(test_earlier_version_can_be_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
