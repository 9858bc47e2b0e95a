/* Trust in the service's key: pinned, changed; damaged answers. */
#include "service.c"

static const struct step fine[] = { { SEALED, 200, "{}", NULL }, { 0 } };

static void changed_message(struct service *s, const char *remedy, const char *path, char *out, size_t room)
{
	snprintf(out, room, "the service's key changed: pinned is %s, it has %s; if that is right, %s %s",
		 tfs_peer_fingerprint(s->peer), tfs_peer_fingerprint(s->other_peer), remedy, path);
}

/*
 * A peer has the fingerprint of the other side's key. The client's messages name
 * the service's keys, so the peers are made from the client's side.
 */
static void use_client_view(struct service *s)
{
	tfs_peer_free(s->peer);
	tfs_peer_free(s->other_peer);
	assert_int_equal(tfs_peer_new(s->client_key, tfs_key_public(s->key), &s->peer, NULL), 0);
	assert_int_equal(tfs_peer_new(s->client_key, tfs_key_public(s->other_key), &s->other_peer, NULL), 0);
}

static void test_key_is_fetched_once_and_pinned(void **state)
{
	struct service s;
	struct tfs_api_stats stats;
	struct stat st;
	char text[256];

	(void)state;
	service_start(&s, fine, "");
	use_client_view(&s);
	assert_int_equal(tfs_api_connect(s.api, s.op), 0);
	assert_int_equal(key_count(&s), 1);
	read_file(&s, "state/service-key", text, sizeof(text));
	assert_string_equal(text, tfs_key_public(s.key));
	assert_int_equal(stat(path_in(&s, "state/service-key"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), 0);
	tfs_api_get_stats(s.api, &stats);
	assert_string_equal(stats.service_fingerprint, tfs_peer_fingerprint(s.peer));
	service_open(&s, "");
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), 0);
	assert_int_equal(key_count(&s), 1);
	service_stop(&s);
}

static void test_configured_key_is_not_fetched(void **state)
{
	struct service s;
	char settings[256], message[1024];

	(void)state;
	service_start(&s, fine, "");
	use_client_view(&s);
	snprintf(settings, sizeof(settings), "\tservice-key = %s", tfs_key_public(s.key));
	service_open(&s, settings);
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), 0);
	assert_int_equal(key_count(&s), 0);
	assert_int_equal(access(path_in(&s, "state/service-key"), F_OK), -1);
	s.rotated = true;
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EBADMSG);
	changed_message(&s, "set service-key in", path_in(&s, "conf"), message, sizeof(message));
	assert_failure(&s, -EBADMSG, message);
	service_stop(&s);
}

static void test_changed_key_is_refused_until_unpinned(void **state)
{
	struct service s;
	char message[1024];

	(void)state;
	service_start(&s, fine, "");
	use_client_view(&s);
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), 0);
	s.rotated = true;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EBADMSG);
		changed_message(&s, "remove", path_in(&s, "state/service-key"), message, sizeof(message));
		assert_failure(&s, -EBADMSG, message);
	}
	assert_int_equal(key_count(&s), 1);
	/* Removing the pinned key accepts the new one without a restart. */
	assert_int_equal(unlink(path_in(&s, "state/service-key")), 0);
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), 0);
	assert_int_equal(key_count(&s), 2);
	service_stop(&s);
}

/* A service that cannot open a request sealed for its old key answers in clear. */
static void test_changed_key_is_found_behind_a_refusal(void **state)
{
	static const struct step refusing[] = { { CLEAR, 401, "{\"message\":\"bad requestid\"}", NULL }, { 0 } };
	struct service s;
	char message[1024];

	(void)state;
	service_start(&s, refusing, "");
	use_client_view(&s);
	assert_int_equal(tfs_api_connect(s.api, s.op), 0);
	s.rotated = true;
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EBADMSG);
	changed_message(&s, "remove", path_in(&s, "state/service-key"), message, sizeof(message));
	assert_failure(&s, -EBADMSG, message);
	assert_int_equal(key_count(&s), 2);
	service_stop(&s);
}

/* With a proven key a refusal does not make the client fetch the key each time. */
static void test_refusals_fetch_the_key_at_most_once(void **state)
{
	static const struct step refusing[] = { { CLEAR, 400, "{\"message\":\"no\"}", NULL }, { 0 } };
	struct service s;

	(void)state;
	service_start(&s, fine, "");
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), 0);
	service_play(&s, refusing);
	for (int i = 0; i < 2; i++)
		assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EINVAL);
	assert_int_equal(key_count(&s), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EINVAL);
	assert_int_equal(key_count(&s), 1);
	service_stop(&s);
}

static void test_damaged_answer_is_refused(void **state)
{
	static const struct step tampered[] = { { TAMPERED, 200, "{\"a\":1}", NULL }, { 0 } };
	static const struct step refusal[] = { { TAMPERED, 400, "{\"message\":\"m\"}", NULL }, { 0 } };
	static const char expected[] = "the answer of POST /things cannot be opened: ";
	struct service s;

	(void)state;
	service_start(&s, tampered, "");
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EBADMSG);
	assert_memory_equal(tfs_op_error(s.op)->message, expected, sizeof(expected) - 1);
	assert_int_equal(tfs_op_error(s.op)->status, 200);
	assert_null(s.answer.body);
	/* A read is not retried either. */
	service_play(&s, tampered);
	assert_int_equal(service_call(&s, &read_endpoint, NULL), -EBADMSG);
	assert_int_equal(seen_count(&s), 1);
	service_play(&s, refusal);
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EBADMSG);
	assert_int_equal(tfs_op_error(s.op)->status, 400);
	service_stop(&s);
}

static void test_answer_with_another_key_is_refused(void **state)
{
	static const struct step liar[] = { { LIAR, 200, "{\"a\":1}", NULL }, { 0 } };
	struct service s;

	(void)state;
	service_start(&s, liar, "");
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EBADMSG);
	assert_non_null(strstr(tfs_op_error(s.op)->message, "the service's key changed: pinned is "));
	service_stop(&s);
}

static void test_invalid_pinned_key_is_refused(void **state)
{
	static const char pinned[] = "AAAA";
	struct service s;
	char message[1024];

	(void)state;
	service_start(&s, fine, "");
	assert_int_equal(mkdir(path_in(&s, "state"), 0700), 0);
	write_file(&s, "state/service-key", pinned, 0600);
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EBADMSG);
	snprintf(message, sizeof(message), "the service's key of %s cannot be used: the public key is not of 64 bytes",
		 path_in(&s, "state/service-key"));
	assert_failure(&s, -EBADMSG, message);
	assert_int_equal(seen_count(&s), 0);
	service_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_is_fetched_once_and_pinned),
		cmocka_unit_test(test_configured_key_is_not_fetched),
		cmocka_unit_test(test_changed_key_is_refused_until_unpinned),
		cmocka_unit_test(test_changed_key_is_found_behind_a_refusal),
		cmocka_unit_test(test_refusals_fetch_the_key_at_most_once),
		cmocka_unit_test(test_damaged_answer_is_refused),
		cmocka_unit_test(test_answer_with_another_key_is_refused),
		cmocka_unit_test(test_invalid_pinned_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
