/* One call: address, headers, sealing, opening the answer, refusals. */
#include "service.c"

static const struct step fine[] = { { SEALED, 200, "{\"name\":\"x\"}", NULL }, { 0 } };

static const struct step healthy[] = { { CLEAR, 200, "{\"status\":\"ok\"}", NULL }, { 0 } };

static void test_call_is_sealed_both_ways(void **state)
{
	struct service s;
	const struct seen *seen;

	(void)state;
	service_start(&s, fine, "");
	assert_int_equal(service_call(&s, &create_endpoint, "{\"a\":[1,\"\\u00fc\"]}"), 0);
	seen = &s.seen[0];
	assert_int_equal(s.answer.status, 200);
	assert_string_equal(tfs_json_text(s.answer.body, "name"), "x");
	assert_string_equal(s.answer.request_id, seen->uuid);
	assert_string_equal(seen->method, "POST");
	assert_string_equal(seen->path, "/adminapi/things");
	assert_true(seen->body_sealed);
	assert_string_equal(seen->body, "{\"a\":[1,\"\xc3\xbc\"]}");
	assert_string_equal(seen->echo_key, tfs_key_public(s.client_key));
	assert_string_equal(seen->appid, "tenantfs");
	assert_int_equal(strlen(seen->uuid), 36);
	assert_int_equal(seen->uuid[14], '4');
	assert_true(llabs(seen->ts - (long long)time(NULL)) < 10);
	assert_string_equal(seen->authorization, "");
	assert_string_equal(seen->license, "");
	assert_string_equal(seen->secret, "");
	assert_int_equal(seen_count(&s), 1);
	service_stop(&s);
}

static void test_call_without_a_body_sends_none(void **state)
{
	struct service s;

	(void)state;
	service_start(&s, fine, "\tapp-id = mine");
	assert_int_equal(service_call(&s, &read_endpoint, NULL), 0);
	assert_string_equal(s.seen[0].path, "/adminapi/things/7");
	assert_string_equal(s.seen[0].body, "");
	assert_string_equal(s.seen[0].appid, "mine");
	service_stop(&s);
}

static void test_unsealed_endpoint_sends_a_clear_body(void **state)
{
	struct tfs_endpoint endpoint = create_endpoint;
	struct service s;

	(void)state;
	service_start(&s, fine, "");
	endpoint.request_seal = TFS_SEAL_NEVER;
	assert_int_equal(service_call(&s, &endpoint, "{\"b\":true}"), 0);
	assert_false(s.seen[0].body_sealed);
	assert_string_equal(s.seen[0].body, "{\"b\":true}");
	service_stop(&s);
}

static int call_with(struct service *s, const char *path_template, const char *path, const char *query)
{
	struct tfs_endpoint endpoint = read_endpoint;
	json_t *p cleanup_json = json_loads(path, 0, NULL);
	json_t *q cleanup_json = json_loads(query, 0, NULL);
	struct tfs_api_call call = { .endpoint = &endpoint, .path = p, .query = q };

	endpoint.path = path_template;
	tfs_api_answer_finish(&s->answer);
	return tfs_api_call(s->api, s->op, &call, &s->answer);
}

static void test_address_is_made_of_path_and_query_values(void **state)
{
	struct service s;

	(void)state;
	service_start(&s, fine, "");
	assert_int_equal(call_with(&s, "/a/{x}/b/{y}.z", "{\"x\":\"p/q r\",\"y\":12}",
				   "{\"pIndex\":0,\"on\":true,\"q\":\"a&b=\\u00e9+\",\"none\":null,\"l\":[\"1\",2]}"),
			 0);
	assert_string_equal(s.seen[0].path,
			    "/adminapi/a/p%2Fq%20r/b/12.z?pIndex=0&on=true&q=a%26b%3D%C3%A9%2B&l=1&l=2");
	assert_int_equal(call_with(&s, "/a/{x}", "{}", "{}"), -EINVAL);
	assert_failure(&s, -EINVAL, "the path parameter x is missing");
	assert_string_equal(tfs_op_error(s.op)->member, "/path/x");
	assert_int_equal(call_with(&s, "/a/{x}", "{\"x\":\"\"}", "{}"), -EINVAL);
	assert_failure(&s, -EINVAL, "the path parameter x is empty");
	assert_int_equal(call_with(&s, "/a/{x}", "{\"x\":\"..\"}", "{}"), -EINVAL);
	assert_failure(&s, -EINVAL, "the path parameter x cannot be . or ..");
	assert_int_equal(call_with(&s, "/a/{x}", "{\"x\":[1]}", "{}"), -EINVAL);
	assert_failure(&s, -EINVAL, "the path parameter x must be a text or a number");
	assert_int_equal(call_with(&s, "/a", "{}", "{\"q\":{}}"), -EINVAL);
	assert_failure(&s, -EINVAL, "the query parameter q must be a text, a number or a boolean");
	assert_int_equal(seen_count(&s), 1);
	service_stop(&s);
}

static void test_answer_of_each_form_is_read(void **state)
{
	static const struct step keyless[] = { { KEYLESS, 200, "[1]", NULL }, { 0 } };
	static const struct step chatty[] = { { CHATTY, 200, "[1,2]", NULL }, { 0 } };
	static const struct step text[] = { { SEALED, 200, "not json", NULL }, { 0 } };
	static const struct step nothing[] = { { CLEAR, 204, "", NULL }, { 0 } };
	static const struct step csv[] = { { CLEAR, 200, "a,b\n1,2\n", "Content-Type: text/csv\r\n" }, { 0 } };
	struct tfs_endpoint clear = read_endpoint;
	struct service s;

	(void)state;
	clear.answer_seal = TFS_SEAL_NEVER;
	service_start(&s, keyless, "");
	assert_int_equal(service_call(&s, &read_endpoint, NULL), 0);
	assert_int_equal(json_array_size(s.answer.body), 1);
	service_play(&s, chatty);
	assert_int_equal(service_call(&s, &read_endpoint, NULL), 0);
	assert_int_equal(json_array_size(s.answer.body), 2);
	service_play(&s, text);
	assert_int_equal(service_call(&s, &read_endpoint, NULL), 0);
	assert_null(s.answer.body);
	assert_string_equal(s.answer.raw.data, "not json");
	service_play(&s, nothing);
	assert_int_equal(service_call(&s, &read_endpoint, NULL), 0);
	assert_int_equal(s.answer.status, 204);
	assert_null(s.answer.body);
	service_play(&s, csv);
	assert_int_equal(service_call(&s, &clear, NULL), 0);
	assert_string_equal(s.answer.raw.data, "a,b\n1,2\n");
	/* A sealed answer is opened even where a clear one is documented. */
	service_play(&s, fine);
	assert_int_equal(service_call(&s, &clear, NULL), 0);
	assert_string_equal(tfs_json_text(s.answer.body, "name"), "x");
	service_play(&s, keyless);
	assert_int_equal(service_call(&s, &clear, NULL), 0);
	assert_int_equal(json_array_size(s.answer.body), 1);
	service_stop(&s);
}

/* What the row says of a member "data" that is not sealed. */
static void test_member_data_of_a_clear_answer(void **state)
{
	static const struct step object[] = { { CLEAR, 200, "{\"data\":{\"status\":true}}", NULL }, { 0 } };
	static const struct step keyed[] = { { CLEAR, 200, "{\"data\":[7],\"publicKey\":\"x\"}", NULL }, { 0 } };
	static const struct step page[] = { { CLEAR, 200, "{\"data\":[7],\"page\":{}}", NULL }, { 0 } };
	static const struct step word[] = { { CLEAR, 200, "{\"data\":\"done\"}", NULL }, { 0 } };
	static const struct step foreign[] = {
		{ CLEAR, 200, "{\"data\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", NULL }, { 0 }
	};
	struct tfs_endpoint clear = read_endpoint;
	struct service s;

	(void)state;
	clear.answer_seal = TFS_SEAL_NEVER;
	service_start(&s, object, "");
	assert_int_equal(service_call(&s, &clear, NULL), 0);
	assert_true(json_is_object(json_object_get(s.answer.body, "data")));
	service_play(&s, word);
	assert_int_equal(service_call(&s, &clear, NULL), 0);
	assert_string_equal(tfs_json_text(s.answer.body, "data"), "done");
	service_play(&s, foreign);
	assert_int_equal(service_call(&s, &clear, NULL), -EBADMSG);
	assert_failure(&s, -EBADMSG,
		       "the answer of GET /things/{id} cannot be opened: the sealed text does not open: it is damaged, "
		       "or was sealed for another key");

	clear.answer_data = TFS_DATA_TEXT;
	assert_int_equal(service_call(&s, &clear, NULL), 0);
	assert_non_null(tfs_json_text(s.answer.body, "data"));

	clear.answer_data = TFS_DATA_CLEAR;
	service_play(&s, object);
	assert_int_equal(service_call(&s, &clear, NULL), 0);
	assert_true(json_is_true(json_object_get(s.answer.body, "status")));
	service_play(&s, keyed);
	assert_int_equal(service_call(&s, &clear, NULL), 0);
	assert_int_equal(json_array_size(s.answer.body), 1);
	service_play(&s, page);
	assert_int_equal(service_call(&s, &clear, NULL), 0);
	assert_non_null(json_object_get(s.answer.body, "page"));
	service_stop(&s);
}

/* A clear answer where a sealed one is documented. */
static void test_clear_answers_are_accepted_on_demand(void **state)
{
	static const struct step object[] = { { CLEAR, 200, "{\"data\":{\"status\":true}}", NULL }, { 0 } };
	struct service s;

	(void)state;
	service_start(&s, object, "");
	assert_int_equal(service_call(&s, &read_endpoint, NULL), -EBADMSG);
	assert_failure(&s, -EBADMSG,
		       "the answer of GET /things/{id} is not sealed: the API document seals it; the setting "
		       "accept-clear-answers accepts it");
	s.config->accept_clear_answers = true;
	assert_int_equal(service_call(&s, &read_endpoint, NULL), 0);
	assert_true(json_is_true(json_object_get(s.answer.body, "status")));
	service_stop(&s);
}

static void assert_broken_json(struct service *s, const struct tfs_endpoint *endpoint, const struct step *script,
			       const char *reason)
{
	char message[256];

	service_play(s, script);
	assert_int_equal(service_call(s, endpoint, NULL), -EBADMSG);
	snprintf(message, sizeof(message), "the answer of GET /things/{id} is not JSON: %s", reason);
	assert_memory_equal(tfs_op_error(s->op)->message, message, strlen(message));
	assert_int_equal(tfs_op_error(s->op)->status, 200);
	assert_null(s->answer.body);
	assert_null(s->answer.raw.data);
}

/* An answer that is broken JSON is an error, not a text. */
static void test_broken_json_is_refused(void **state)
{
	static char deep[2 * TFS_JSON_DEPTH];
	static const struct step sealed_deep[] = { { SEALED, 200, deep, NULL }, { 0 } };
	static const struct step comma[] = { { SEALED, 200, "{\"a\":1,}", NULL }, { 0 } };
	static const struct step half[] = { { CLEAR, 200, " {\"a\":", "Content-Type: application/json\r\n" }, { 0 } };
	static const struct step log[] = { { CLEAR, 200, "[12:00] started", "Content-Type: text/plain\r\n" }, { 0 } };
	struct tfs_endpoint clear = read_endpoint;
	struct tfs_api_call call = { .endpoint = &create_endpoint };
	struct service s;

	(void)state;
	memset(deep, '[', sizeof(deep) - 1);
	clear.answer_seal = TFS_SEAL_NEVER;
	service_start(&s, sealed_deep, "");
	assert_broken_json(&s, &read_endpoint, sealed_deep, "line 1, column 129");
	assert_broken_json(&s, &read_endpoint, comma, "line 1, column ");
	assert_broken_json(&s, &clear, half, "line 1, column ");
	service_play(&s, log);
	assert_int_equal(service_call(&s, &clear, NULL), 0);
	assert_string_equal(s.answer.raw.data, "[12:00] started");
	/* A raw call returns the answer unparsed. */
	service_play(&s, comma);
	tfs_api_answer_finish(&s.answer);
	assert_int_equal(tfs_api_call_raw(s.api, s.op, &call, &s.answer), 0);
	assert_string_equal(s.answer.raw.data, "{\"a\":1,}");
	service_stop(&s);
}

/* One odd record does not hide the others. It is shown repaired, and named. */
static void test_odd_record_is_repaired_and_named(void **state)
{
	static const struct step odd[] = {
		{ SEALED, 200, "{\"data\":[{\"name\":\"ann\"},{\"name\":\"bob\",\"a\":1,\"a\":1e400}]}", NULL }, { 0 }
	};
	cleanup_json json_t *told = NULL;
	struct service s;

	(void)state;
	service_start(&s, odd, "");
	for (int i = 0; i < 2; i++) {
		service_play(&s, odd);
		assert_int_equal(service_call(&s, &read_endpoint, NULL), 0);
		assert_string_equal(tfs_json_text(tfs_json_at(s.answer.body, "/data/1"), "a"), "1e400");
	}
	told = tfs_api_odd_records(s.api);
	assert_int_equal(json_array_size(told), 2);
	assert_string_equal(json_string_value(json_array_get(told, 0)),
			    "GET /things/{id}: \"bob\" has a member that occurs twice in \"a\"");
	assert_string_equal(json_string_value(json_array_get(told, 1)),
			    "GET /things/{id}: \"bob\" has a number out of range in \"a\"");
	service_stop(&s);
}

static void test_error_of_each_form_is_read(void **state)
{
	static const struct {
		const char *body, *message, *member;
	} cases[] = {
		{ "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"Validation error\"}", "Validation error",
		  "" },
		{ "{\"code\":400,\"message\":\"no such thing\"}", "no such thing", "" },
		{ "{\"error_code\":12,\"message\":\"nope\",\"status\":false}", "nope", "" },
		{ "{\"errors\":[{\"message\":\"must be a string\",\"param\":\"body.users[0].email\"},"
		  "{\"message\":\"second\",\"param\":\"name\"}]}",
		  "must be a string; second (body.users[0].email)", "/users/0/email" },
		{ "{\"errors\":[{\"message\":\"name is bad\",\"param\":\"name\"}]}", "name is bad", "/name" },
		{ "{\"message\":[\"one\",\"two\"],\"param\":\"/x\"}", "one; two (/x)", "/x" },
		{ "{\"error\":\"plain\"}", "plain", "" },
		{ "{\"error\":{\"message\":\"deep\"}}", "deep", "" },
		{ "\"just text\"", "just text", "" },
		{ "upstream said no\r\nmore", "upstream said no", "" },
		{ "<html>oops</html>", "the server answered 400", "" },
		{ "{}", "the server answered 400", "" },
		{ "{\"message\":\"a\\nb\\u0007c\"}", "a?b?c", "" },
	};
	struct step script[] = { { SEALED, 400, NULL, NULL }, { 0 } };
	struct service s;

	(void)state;
	service_start(&s, script, "");
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		script[0].kind = i % 2 ? CLEAR : SEALED;
		script[0].body = cases[i / 2].body;
		service_play(&s, script);
		assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EINVAL);
		assert_failure(&s, -EINVAL, cases[i / 2].message);
		assert_string_equal(tfs_op_error(s.op)->member, cases[i / 2].member);
		assert_string_equal(tfs_op_error(s.op)->origin, "api");
		assert_string_equal(tfs_op_error(s.op)->request_id, s.seen[0].uuid);
		assert_int_equal(tfs_op_error(s.op)->status, 400);
		assert_int_equal(seen_count(&s), 1);
	}
	service_stop(&s);
}

static void test_status_maps_to_errno(void **state)
{
	static const struct {
		int status, code;
	} cases[] = { { 400, -EINVAL }, { 401, -EACCES }, { 403, -EPERM }, { 404, -ENOENT }, { 405, -EINVAL },
		      { 409, -EEXIST }, { 422, -EINVAL }, { 500, -EIO },   { 501, -EIO },    { 302, -EIO } };
	struct step script[] = { { SEALED, 0, "{\"message\":\"m\"}", NULL }, { 0 } };
	struct service s;
	struct tfs_api_stats stats;

	(void)state;
	script[0].status = 200;
	service_start(&s, script, "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		script[0].status = cases[i].status;
		assert_int_equal(service_call(&s, &create_endpoint, "{}"), cases[i].code);
		assert_failure(&s, cases[i].code, "m");
		assert_int_equal(tfs_op_error(s.op)->status, cases[i].status);
	}
	tfs_api_get_stats(s.api, &stats);
	assert_int_equal(stats.failures, 10);
	assert_int_equal(stats.calls, 11); /* one for the key */
	assert_true(stats.reachable);
	service_stop(&s);
}

static void test_raw_call_returns_a_refusal_as_answer(void **state)
{
	static const struct step refused[] = { { SEALED, 404, "{\"message\":\"gone\"}", NULL }, { 0 } };
	json_t *body cleanup_json = json_object();
	struct tfs_api_call call = { .endpoint = &create_endpoint, .body = body };
	struct service s;

	(void)state;
	service_start(&s, refused, "");
	assert_int_equal(tfs_api_call_raw(s.api, s.op, &call, &s.answer), 0);
	assert_int_equal(s.answer.status, 404);
	assert_string_equal(tfs_json_text(s.answer.body, "message"), "gone");
	assert_int_equal(tfs_op_error(s.op)->code, 0);
	service_stop(&s);
}

static void format_date(char *out, size_t room, long ahead)
{
	time_t at = time(NULL) + ahead;
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(out, room, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
}

static void test_refusal_with_a_wrong_clock_names_the_difference(void **state)
{
	char date[100];
	struct step script[] = { { CLEAR, 401, "{\"message\":\"bad requestid\"}", date }, { 0 } };
	const char *message;
	struct service s;
	long long seconds = 0;

	(void)state;
	service_start(&s, script, "");
	format_date(date, sizeof(date), -3600);
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EACCES);
	message = tfs_op_error(s.op)->message;
	assert_int_equal(sscanf(message, "bad requestid (this clock is %lld s ahead of", &seconds), 1);
	assert_non_null(strstr(message, " the server's: set it right)"));
	assert_true(seconds >= 3599 && seconds <= 3605);
	format_date(date, sizeof(date), 100);
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EACCES);
	assert_non_null(strstr(tfs_op_error(s.op)->message, " s behind the server's: set it right)"));
	format_date(date, sizeof(date), 10);
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EACCES);
	assert_failure(&s, -EACCES, "bad requestid");
	script[0].body = "{\"message\":\"ts is out of time\"}";
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EACCES);
	assert_non_null(strstr(tfs_op_error(s.op)->message, "ts is out of time (this clock is "));
	service_stop(&s);
}

/* Where one is configured it goes with every sealed call, also where the document does not ask for it. */
static void test_license_goes_with_every_sealed_call(void **state)
{
	static const struct tfs_endpoint open_endpoint = {
		.group = "Test",
		.group_slug = "test",
		.slug = "get-health",
		.method = "GET",
		.path = "/health",
	};
	struct service s;

	(void)state;
	service_start(&s, fine, "");
	write_file(&s, "license", "LIC-1\n", 0600);
	assert_int_equal(service_call(&s, &read_endpoint, NULL), 0);
	assert_string_equal(s.seen[0].license, "");
	service_open(&s, "\tlicense-file = license");
	assert_int_equal(service_call(&s, &read_endpoint, NULL), 0);
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), 0);
	assert_string_equal(s.seen[1].license, "LIC-1");
	assert_string_equal(s.seen[2].license, "LIC-1");
	service_play(&s, healthy);
	assert_int_equal(service_call(&s, &open_endpoint, NULL), 0);
	assert_string_equal(s.seen[0].license, "");
	service_stop(&s);
}

/* Several tenants may share a host; each has its own public key. */
static void test_tag_of_the_tenant_goes_with_the_question_for_the_key(void **state)
{
	struct service s;

	(void)state;
	service_start(&s, fine, "");
	assert_int_equal(tfs_api_connect(s.api, s.op), 0);
	assert_string_equal(s.tag, "");
	service_stop(&s);
	service_start(&s, fine, "\ttenant-tag = acme-1");
	assert_int_equal(tfs_api_connect(s.api, s.op), 0);
	assert_string_equal(s.tag, "acme-1");
	service_stop(&s);
}

/* The command may ask the user for a passphrase: it runs for one thread, and not again at once after a failure. */
static void test_license_command_runs_once(void **state)
{
	char settings[1024], runs[64];
	struct service s;

	(void)state;
	service_start(&s, fine, "");
	snprintf(settings, sizeof(settings), "\tlicense-command = \"echo >> %s; sleep 0.1; echo LIC\"",
		 path_in(&s, "count"));
	service_open(&s, settings);
	service_call_by_threads(&s, &create_endpoint);
	for (size_t i = 0; i < SERVICE_THREADS; i++)
		assert_string_equal(s.seen[i].license, "LIC");
	read_file(&s, "count", runs, sizeof(runs));
	assert_string_equal(runs, "\n");
	snprintf(settings, sizeof(settings), "\tlicense-command = \"echo >> %s; exit 3\"", path_in(&s, "count"));
	service_open(&s, settings);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EACCES);
		assert_failure(&s, -EACCES, "license-command ended with exit status 3");
	}
	read_file(&s, "count", runs, sizeof(runs));
	assert_string_equal(runs, "\n\n");
	service_stop(&s);
}

static void test_license_is_sent_where_needed(void **state)
{
	struct tfs_endpoint endpoint = read_endpoint;
	char message[1024];
	struct service s;

	(void)state;
	endpoint.license = TFS_NEED_REQUIRED;
	service_start(&s, fine, "");
	assert_int_equal(service_call(&s, &endpoint, NULL), -EACCES);
	assert_failure(&s, -EACCES, "this call needs the license key: set license-file");
	endpoint.license = TFS_NEED_OPTIONAL;
	assert_int_equal(service_call(&s, &endpoint, NULL), 0);
	assert_string_equal(s.seen[0].license, "");
	endpoint.license = TFS_NEED_REQUIRED;
	service_open(&s, "\tlicense-file = license");
	write_file(&s, "license", "LIC-1\n", 0644);
	assert_int_equal(service_call(&s, &endpoint, NULL), -EACCES);
	snprintf(message, sizeof(message),
		 "there is no license key: %s may be used by others (mode 0644): chmod 600 %s", path_in(&s, "license"),
		 path_in(&s, "license"));
	assert_failure(&s, -EACCES, message);
	write_file(&s, "license", "LIC-1\n", 0600);
	service_play(&s, fine);
	assert_int_equal(service_call(&s, &endpoint, NULL), 0);
	assert_string_equal(s.seen[0].license, "LIC-1");
	service_open(&s, "\tlicense-command = echo LIC-2");
	service_play(&s, fine);
	assert_int_equal(service_call(&s, &endpoint, NULL), 0);
	assert_string_equal(s.seen[0].license, "LIC-2");
	service_stop(&s);
}

static void test_private_key_is_sent_only_if_configured(void **state)
{
	struct tfs_secret *private;
	struct service s;

	(void)state;
	service_start(&s, fine, "\tsend-key-secret = no");
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), 0);
	assert_string_equal(s.seen[0].secret, "");
	service_open(&s, "\tsend-key-secret = yes-i-know");
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), 0);
	private = tfs_key_private(s.client_key);
	assert_string_equal(s.seen[1].secret, tfs_secret_text(private));
	tfs_secret_free(private);
	service_stop(&s);
}

static void test_community_is_fetched_once(void **state)
{
	static const struct step known[] = { { SEALED, 200,
					       "{\"community\":{\"id\":\"c1\",\"name\":\"default\","
					       "\"publicKey\":\"pk\"},"
					       "\"tenant\":{\"_id\":\"t1\",\"name\":\"Acme\"}}",
					       NULL },
					     { 0 } };
	static const struct step unknown[] = { { SEALED, 200, "{\"tenant\":{\"id\":\"t1\"}}", NULL }, { 0 } };
	const struct tfs_community *community = NULL, *again = NULL;
	static const struct step refused[] = { { SEALED, 404, "{\"message\":\"not found\"}", NULL }, { 0 } };
	char message[1024];
	struct service s;

	(void)state;
	service_start(&s, known, "");
	assert_int_equal(tfs_api_community(s.api, s.op, "default", &community), 0);
	assert_string_equal(community->name, "default");
	assert_string_equal(community->id, "c1");
	assert_string_equal(community->public_key, "pk");
	assert_string_equal(community->tenant_id, "t1");
	assert_string_equal(community->tenant_name, "Acme");
	assert_string_equal(s.seen[0].path, "/adminapi/community_auth_info/fetch");
	assert_string_equal(s.seen[0].body, "{\"dns\":\"t.example\",\"communityName\":\"default\"}");
	assert_int_equal(tfs_api_community(s.api, s.op, "default", &again), 0);
	assert_ptr_equal(again, community);
	assert_int_equal(seen_count(&s), 1);
	service_play(&s, unknown);
	again = NULL;
	assert_int_equal(tfs_api_community(s.api, s.op, "other", &again), -ENOENT);
	assert_failure(&s, -ENOENT, "the server knows no community \"other\" of t.example");
	service_play(&s, refused);
	assert_int_equal(tfs_api_community(s.api, s.op, "other", &again), -ENOENT);
	snprintf(message, sizeof(message), "community \"other\" of t.example (%s): not found", path_in(&s, "conf"));
	assert_failure(&s, -ENOENT, message);
	assert_null(again);
	service_stop(&s);
}

static void test_large_answer_is_refused(void **state)
{
	static char huge[70000];
	static const struct step large[] = { { CLEAR, 200, huge, NULL }, { 0 } };
	struct service s;

	(void)state;
	memset(huge, ' ', sizeof(huge) - 1);
	service_start(&s, large, "\tmax-answer = 64k");
	assert_int_equal(service_call(&s, &read_endpoint, NULL), -EFBIG);
	assert_int_equal(seen_count(&s), 1);
	service_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call_is_sealed_both_ways),
		cmocka_unit_test(test_call_without_a_body_sends_none),
		cmocka_unit_test(test_unsealed_endpoint_sends_a_clear_body),
		cmocka_unit_test(test_address_is_made_of_path_and_query_values),
		cmocka_unit_test(test_answer_of_each_form_is_read),
		cmocka_unit_test(test_member_data_of_a_clear_answer),
		cmocka_unit_test(test_clear_answers_are_accepted_on_demand),
		cmocka_unit_test(test_broken_json_is_refused),
		cmocka_unit_test(test_odd_record_is_repaired_and_named),
		cmocka_unit_test(test_error_of_each_form_is_read),
		cmocka_unit_test(test_status_maps_to_errno),
		cmocka_unit_test(test_raw_call_returns_a_refusal_as_answer),
		cmocka_unit_test(test_refusal_with_a_wrong_clock_names_the_difference),
		cmocka_unit_test(test_license_goes_with_every_sealed_call),
		cmocka_unit_test(test_tag_of_the_tenant_goes_with_the_question_for_the_key),
		cmocka_unit_test(test_license_command_runs_once),
		cmocka_unit_test(test_license_is_sent_where_needed),
		cmocka_unit_test(test_private_key_is_sent_only_if_configured),
		cmocka_unit_test(test_community_is_fetched_once),
		cmocka_unit_test(test_large_answer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
