/* Session tokens, request ids, addresses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "replay.h"
#include "token.h"
#include "uri.h"

/* Made with another implementation: HS256 under 32 bytes of value 1, {"sub":"a","exp":2000000000}. */
static const unsigned char secret[TOKEN_SECRET] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
						    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
static const char known[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIiwiZXhwIjoyMDAwMDAwMDAwfQ."
			    "fBjDctpMdeqkoVOsrQX9egrhZBbLf9W-L5wikDTV9wQ";

static void test_signature_matches_another_implementation(void **state)
{
	cleanup_json json_t *claims = json_pack("{s:s, s:i}", "sub", "a", "exp", 2000000000);
	cleanup_free char *token = sandbox_token_sign(secret, claims);
	json_t *read = NULL;

	(void)state;
	assert_string_equal(token, known);
	assert_int_equal(sandbox_token_check(secret, known, 1999999999, &read), 0);
	assert_true(json_equal(read, claims));
	json_decref(read);
}

static void test_foreign_tokens_are_refused(void **state)
{
	/* {"alg":"none","typ":"JWT"} */
	static const char none[] = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhIiwiZXhwIjoyMDAwMDAwMDAwfQ.";
	unsigned char other[TOKEN_SECRET] = { 2 };
	char spoilt[sizeof(known)];
	json_t *read = NULL;

	(void)state;
	assert_int_equal(sandbox_token_check(secret, known, 2000000000, &read), -ETIMEDOUT);
	assert_int_equal(sandbox_token_check(other, known, 0, &read), -EBADMSG);
	assert_int_equal(sandbox_token_check(secret, none, 0, &read), -EINVAL);
	assert_int_equal(sandbox_token_check(secret, "", 0, &read), -EINVAL);
	assert_int_equal(sandbox_token_check(secret, "..", 0, &read), -EINVAL);
	assert_int_equal(sandbox_token_check(secret, "a.b", 0, &read), -EINVAL);
	memcpy(spoilt, known, sizeof(known));
	spoilt[40] = spoilt[40] == 'A' ? 'B' : 'A';
	assert_int_equal(sandbox_token_check(secret, spoilt, 0, &read), -EBADMSG);
	memcpy(spoilt, known, sizeof(known));
	spoilt[sizeof(known) - 4] = '\0';
	assert_int_equal(sandbox_token_check(secret, spoilt, 0, &read), -EBADMSG);
	assert_null(read);
}

static void test_request_id_is_accepted_once(void **state)
{
	struct replay *replay = sandbox_replay_new(100, 3);

	(void)state;
	assert_non_null(replay);
	assert_int_equal(sandbox_replay_take(replay, "7b5c6f1e-9a3d-4c52-8f10-2d3e4f5a6b7c", 1000), 0);
	assert_int_equal(sandbox_replay_take(replay, "7B5C6F1E-9A3D-4C52-8F10-2D3E4F5A6B7C", 1001), -EEXIST);
	assert_int_equal(sandbox_replay_take(replay, "7b5c6f1e-9a3d-4c52-8f10-2d3e4f5a6b7d", 1002), 0);
	assert_int_equal(sandbox_replay_take(replay, "7b5c6f1e-9a3d-4c52-8f10-2d3e4f5a6b7e", 1003), 0);
	assert_int_equal(sandbox_replay_take(replay, "7b5c6f1e-9a3d-4c52-8f10-2d3e4f5a6b7f", 1004), -EAGAIN);
	/* Known after half the time, forgotten after twice the time. */
	assert_int_equal(sandbox_replay_take(replay, "7b5c6f1e-9a3d-4c52-8f10-2d3e4f5a6b7c", 1150), -EEXIST);
	assert_int_equal(sandbox_replay_take(replay, "7b5c6f1e-9a3d-4c52-8f10-2d3e4f5a6b7c", 1360), 0);
	sandbox_replay_free(replay);
}

static void test_request_id_must_be_version_4(void **state)
{
	static const char *const bad[] = { "",
					   "7b5c6f1e9a3d4c528f102d3e4f5a6b7c",
					   "7b5c6f1e-9a3d-1c52-8f10-2d3e4f5a6b7c",
					   "7b5c6f1e-9a3d-4c52-cf10-2d3e4f5a6b7c",
					   "7b5c6f1e-9a3d-4c52-8f10-2d3e4f5a6b7",
					   "7b5c6f1e-9a3d-4c52-8f10-2d3e4f5a6b7g" };
	struct replay *replay = sandbox_replay_new(100, 10);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(sandbox_replay_take(replay, bad[i], 1000), -EINVAL);
	sandbox_replay_free(replay);
}

static void test_many_request_ids_are_distinct(void **state)
{
	struct replay *replay = sandbox_replay_new(100, 1 << 20);
	char uuid[40];

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 20000; i++) {
			snprintf(uuid, sizeof(uuid), "%08x-0000-4000-8000-0000%08x", i * 7919, i);
			assert_int_equal(sandbox_replay_take(replay, uuid, 1000), round ? -EEXIST : 0);
		}
	}
	sandbox_replay_free(replay);
}

static void test_addresses_are_split(void **state)
{
	cleanup_free char *path = sandbox_uri_path("/adminapi/a/b%2Fc?x=1", "/adminapi");
	cleanup_free char *outside = sandbox_uri_path("/adminapix/a", "/adminapi");
	cleanup_json json_t *query = NULL;
	cleanup_json json_t *params = NULL;

	(void)state;
	assert_string_equal(path, "/a/b%2Fc");
	assert_string_equal(outside, "");
	assert_int_equal(sandbox_uri_query("/a?x=1&y=a+b%26&z", &query), 0);
	assert_int_equal(json_object_size(query), 3);
	assert_string_equal(tfs_json_text(query, "y"), "a b&");
	assert_string_equal(tfs_json_text(query, "z"), "");
	assert_int_equal(sandbox_uri_params("/a/{id}/x/{name}", "/a/b%2Fc+d/x/%C3%A9", &params), 0);
	assert_string_equal(tfs_json_text(params, "id"), "b/c+d");
	assert_string_equal(tfs_json_text(params, "name"), "é");
}

static void test_bad_percent_coding_is_refused(void **state)
{
	json_t *value = NULL;

	(void)state;
	assert_int_equal(sandbox_uri_query("/a?x=%", &value), -EINVAL);
	assert_int_equal(sandbox_uri_query("/a?x=%4", &value), -EINVAL);
	assert_int_equal(sandbox_uri_query("/a?x=%zz", &value), -EINVAL);
	assert_int_equal(sandbox_uri_query("/a?x=%00", &value), -EINVAL);
	assert_int_equal(sandbox_uri_query("/a?x=%ff", &value), -EINVAL);
	assert_int_equal(sandbox_uri_query("/a?x=1&x=2", &value), -EINVAL);
	assert_int_equal(sandbox_uri_params("/a/{id}", "/a", &value), -EINVAL);
	assert_null(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signature_matches_another_implementation),
		cmocka_unit_test(test_foreign_tokens_are_refused),
		cmocka_unit_test(test_request_id_is_accepted_once),
		cmocka_unit_test(test_request_id_must_be_version_4),
		cmocka_unit_test(test_many_request_ids_are_distinct),
		cmocka_unit_test(test_addresses_are_split),
		cmocka_unit_test(test_bad_percent_coding_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
