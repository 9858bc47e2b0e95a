/* Every endpoint of the catalogue, called as the catalogue describes it. */
#include "client.c"

#include "collections.h"
#include "routes.h"

static const struct route *route_of(const struct tfs_endpoint *endpoint)
{
	const struct collection *row;

	return sandbox_routes_find(endpoint, &row);
}

/* A valid value of a field of path or query. */
static json_t *sample(const struct tfs_field *field, const struct client *client)
{
	if (!strcmp(field->name, "tenantId"))
		return json_string(client->tenant);
	if (!strcmp(field->name, "communityId"))
		return json_string(client->community);
	if (!strcmp(field->name, "communityName"))
		return json_string("default");
	switch (field->type) {
	case TFS_TYPE_BOOLEAN:
		return json_true();
	case TFS_TYPE_NUMBER:
		return json_integer(1);
	default:
		return json_string(field->values ? field->values[0] : "text");
	}
}

static json_t *sample_body(const struct tfs_endpoint *endpoint, const struct client *client)
{
	json_t *body = endpoint->example ? json_loads(endpoint->example, 0, NULL) : json_object();

	if (json_object_get(body, "tenantId"))
		json_object_set_new(body, "tenantId", json_string(client->tenant));
	if (json_object_get(body, "communityId"))
		json_object_set_new(body, "communityId", json_string(client->community));
	/* An object `community` needs a valid id. */
	json_t *id = json_object_get(json_object_get(body, "community"), "id");
	if (id)
		json_string_set(id, client->community);
	return body;
}

static char *sample_path(const struct tfs_endpoint *endpoint, const struct client *client)
{
	struct tfs_buf path = TFS_BUF_INIT(4096);

	for (const char *at = endpoint->path; *at;) {
		if (*at != '{') {
			tfs_buf_putc(&path, *at++);
			continue;
		}
		size_t len = strcspn(at, "}");
		char name[64];
		snprintf(name, sizeof(name), "%.*s", (int)len - 1, at + 1);
		const struct tfs_field *field = tfs_field_find(endpoint->path_params, endpoint->n_path_params, name);
		assert_non_null(field);
		cleanup_json json_t *value = sample(field, client);
		tfs_buf_puts(&path, json_is_string(value) ? json_string_value(value) : "1");
		at += len + 1;
	}
	for (size_t i = 0; i < endpoint->n_query; i++) {
		cleanup_json json_t *value = sample(&endpoint->query[i], client);
		tfs_buf_printf(&path, "%c%s=%s", i ? '&' : '?', endpoint->query[i].name,
			       json_is_string(value) ? json_string_value(value)
			       : json_is_true(value) ? "true"
						     : "1");
	}
	return tfs_buf_steal(&path, NULL);
}

static void call_sample(const struct client *client, const struct tfs_endpoint *endpoint, struct client_answer *answer)
{
	cleanup_free char *path = sample_path(endpoint, client);
	cleanup_json json_t *body = sample_body(endpoint, client);
	cleanup_free char *text = endpoint->n_body ? json_dumps(body, JSON_COMPACT) : NULL;
	const struct client_wrong clear = { .clear_body = endpoint->request_seal == TFS_SEAL_NEVER };

	client_call(client, endpoint->method, path, text, &clear, answer);
}

/* These have a file or headers that the client here does not make; tests/mounted/test_further_calls.py has them. */
static bool takes_more(const struct tfs_endpoint *endpoint)
{
	return endpoint->upload || tfs_field_find(endpoint->header_params, endpoint->n_header_params, "authorization");
}

static int documented_status(const struct tfs_endpoint *endpoint)
{
	for (const int *status = endpoint->statuses; status && *status; status++)
		if (*status >= 200 && *status < 400)
			return *status;
	return 401;
}

static void check_documented(const struct client *client, const struct tfs_endpoint *endpoint)
{
	struct client_answer answer;

	call_sample(client, endpoint, &answer);
	if (answer.status != documented_status(endpoint))
		fail_msg("%s %s: %d %s", endpoint->method, endpoint->path, answer.status, answer.raw.data);
	bool has_body = answer.status == 200 || answer.status == 201;
	if (has_body && endpoint->answer) {
		cleanup_json json_t *expected = json_loads(endpoint->answer, JSON_DECODE_ANY, NULL);
		const json_t *came =
			endpoint->answer_data == TFS_DATA_CLEAR ? json_object_get(answer.body, "data") : answer.body;
		bool is_file = json_is_string(expected) && !strcmp(answer.raw.data, json_string_value(expected));
		if (!expected || (!is_file && !json_equal(came, expected)))
			fail_msg("%s %s: not the documented answer", endpoint->method, endpoint->path);
	}
	if (has_body && (endpoint->answer || answer.raw.len))
		assert_int_equal(answer.sealed, endpoint->answer_seal == TFS_SEAL_ALWAYS);
	client_answer_finish(&answer);
}

static void test_stateless_endpoints_answer_as_documented(void **state)
{
	struct world *world = *state;
	size_t checked = 0, kept = 0;

	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		if (route_of(&tfs_endpoints[i]) || takes_more(&tfs_endpoints[i])) {
			kept++;
			continue;
		}
		check_documented(&world->client, &tfs_endpoints[i]);
		checked++;
	}
	assert_true(checked > 0 && kept > 0);
	assert_int_equal(checked + kept, tfs_n_endpoints);
}

static void test_literal_answers_are_the_examples(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_start(world, (struct sandbox_options){ .listen = "127.0.0.1:0", .mode = BOX_LITERAL });
	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		if (sandbox_route_signs_on(route_of(&tfs_endpoints[i])) || takes_more(&tfs_endpoints[i]))
			continue;
		check_documented(&world->client, &tfs_endpoints[i]);
	}
	/* The request is checked all the same. */
	client_expect_refusal(&world->client, 400, "\"surplus\" is not allowed", "POST", "/branding/fetch",
			      "{\"tenantId\":\"t\",\"communityId\":\"c\",\"surplus\":1}");
	json_t *line = world_last_line(world);
	assert_string_equal(tfs_json_text(line, "refusal"), "\"surplus\" is not allowed");
	json_decref(line);
	world_free(world);
}

/* A stateful endpoint may refuse a sample, which names missing objects; but it knows the call. */
static void test_stateful_endpoints_know_their_fields(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		const struct tfs_endpoint *endpoint = &tfs_endpoints[i];
		struct client_answer answer;
		if (!route_of(endpoint) || !strcmp(endpoint->path, "/logout"))
			continue;
		call_sample(&world->client, endpoint, &answer);
		const char *message = client_message(answer.body);
		if (answer.status == 0 || answer.status >= 500 || answer.status == 405 ||
		    (message && (strstr(message, "no such route") || strstr(message, "is required"))))
			fail_msg("%s %s: %d %s", endpoint->method, endpoint->path, answer.status,
				 answer.raw.data ? answer.raw.data : "");
		client_answer_finish(&answer);
	}
}

/* `row` NULL: routes of no collection. */
static void check_routes(const struct route *routes, const struct collection *row)
{
	for (const struct route *route = routes; route->method; route++) {
		const struct tfs_endpoint *endpoint = tfs_endpoint_find(route->method, route->path);
		const struct collection *found;
		if (!endpoint)
			fail_msg("%s %s is not in the catalogue", route->method, route->path);
		assert_ptr_equal(sandbox_routes_find(endpoint, &found), route);
		assert_ptr_equal(found, row);
	}
}

static void test_every_route_is_an_endpoint(void **state)
{
	(void)state;
	check_routes(sandbox_routes_all(), NULL);
	for (const struct collection *row = sandbox_collections_connect; row->kind; row++)
		check_routes(row->routes, row);
	for (const struct collection *row = sandbox_collections_modules; row->kind; row++)
		check_routes(row->routes, row);
}

/* A call with a body that must be refused, for one reason after the other. */
struct refused {
	const struct client *client;
	const struct tfs_endpoint *endpoint;
	json_t *body;
	size_t missing, unknown; /* refusals so far */
};

static void expect_refused(const struct refused *refused, const char *member, const char *why)
{
	const struct client_wrong clear = { .clear_body = refused->endpoint->request_seal == TFS_SEAL_NEVER };
	cleanup_free char *text = json_dumps(refused->body, JSON_COMPACT);
	cleanup_free char *path = sample_path(refused->endpoint, refused->client);
	struct client_answer answer;
	char message[256];

	client_call(refused->client, refused->endpoint->method, path, text, &clear, &answer);
	snprintf(message, sizeof(message), "\"%s\" %s", member, why);
	if (answer.status != 400 || strcmp(client_message(answer.body), message))
		fail_msg("%s %s without refusal (%s): %d %s", refused->endpoint->method, refused->endpoint->path,
			 message, answer.status, answer.raw.data);
	client_answer_finish(&answer);
}

static void expect_missing(struct refused *refused, const char *place, json_t *object, const char *name)
{
	json_t *value = json_incref(json_object_get(object, name));

	json_object_del(object, name);
	expect_refused(refused, place, "is required");
	json_object_set_new(object, name, value);
	refused->missing++;
}

static void expect_unknown(struct refused *refused, const char *up, json_t *object)
{
	char place[128];

	snprintf(place, sizeof(place), "%s%ssurplus", up, *up ? "." : "");
	json_object_set_new(object, "surplus", json_true());
	expect_refused(refused, place, "is not allowed");
	json_object_del(object, "surplus");
	refused->unknown++;
}

/* Takes each required member out of the object, `up` in the body, and adds one that the table lacks. */
static void check_object(struct refused *refused, const struct tfs_field *fields, size_t n, const char *up,
			 json_t *object, bool open)
{
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_object_get(object, fields[i].name);
		char place[128];

		snprintf(place, sizeof(place), "%s%s%s", up, *up ? "." : "", fields[i].name);
		if (value && tfs_field_wanted(&fields[i], object, refused->body))
			expect_missing(refused, place, object, fields[i].name);
		if (json_is_array(value)) {
			strncat(place, "[0]", sizeof(place) - strlen(place) - 1);
			value = json_array_get(value, 0);
		}
		if (json_is_object(value) && fields[i].n_members)
			check_object(refused, fields[i].members, fields[i].n_members, place, value, false);
	}
	if (!open)
		expect_unknown(refused, up, object);
}

static bool is_opaque(const struct tfs_endpoint *endpoint)
{
	return endpoint->n_body == 1 && !strcmp(endpoint->body[0].name, "data");
}

static void test_missing_and_unknown_members_are_refused(void **state)
{
	struct world *world = *state;
	struct refused refused = { .client = &world->client };

	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		const struct tfs_endpoint *endpoint = &tfs_endpoints[i];
		if (takes_more(endpoint) || is_opaque(endpoint))
			continue;
		cleanup_json json_t *body = sample_body(endpoint, &world->client);
		refused.endpoint = endpoint;
		refused.body = body;
		check_object(&refused, endpoint->body, endpoint->n_body, "", body, endpoint->open_body);
	}
	assert_in_range(refused.missing, 300, 10000);
	assert_in_range(refused.unknown, tfs_n_endpoints * 8 / 10, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_route_is_an_endpoint),
		cmocka_unit_test(test_stateless_endpoints_answer_as_documented),
		cmocka_unit_test(test_literal_answers_are_the_examples),
		cmocka_unit_test(test_missing_and_unknown_members_are_refused),
		cmocka_unit_test(test_stateful_endpoints_know_their_fields),
	};

	return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
