/* Starting the sandbox: after a kill, with old data, with TLS, with the other curve. */
#include "client.c"

#include <signal.h>
#include <sys/wait.h>

/* Runs a sandbox in a child process until it is killed. */
static pid_t serve_apart(const struct world *world)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		const struct sandbox_options options = { .data = world->dir, .users = 50, .seed = 3 };
		struct sandbox *sandbox = NULL;
		if (sandbox_start(&options, &sandbox, NULL) == 0 && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void test_acknowledged_change_survives_a_kill(void **state)
{
	struct world *world = world_new();
	int status;

	(void)state;
	pid_t child = serve_apart(world);
	client_start(&world->client, world->dir);
	for (int i = 0; i < 50; i++) {
		cleanup_free char *body = NULL;
		assert_true(asprintf(&body,
				     "{\"moduleId\":\"%s\",\"username\":\"survivor%d\",\"status\":\"active\","
				     "\"role\":\"auditor\",\"firstname\":\"S\",\"lastname\":\"V\","
				     "\"email1\":\"s@example.com\"}",
				     world->client.module, i) > 0);
		json_decref(client_expect(&world->client, 200, "PUT", "/users/create", body));
	}
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	client_close(&world->client);
	world_start(world, (struct sandbox_options){ 0 });
	cleanup_free char *scope = client_scope(&world->client, "\"query\":{\"firstname\":\"S\",\"lastname\":\"V\"}");
	cleanup_json json_t *page = client_expect(&world->client, 200, "POST", "/users/fetch", scope);
	assert_int_equal(json_integer_value(tfs_json_at(page, "/page/total")), 50);
	world_free(world);
}

static void test_restart_keeps_data_and_port(void **state)
{
	struct world *world = world_new();
	char community[25];

	(void)state;
	world_start(world, (struct sandbox_options){ .listen = "127.0.0.1:0" });
	int port = world->client.port;
	memcpy(community, world->client.community, sizeof(community));
	json_decref(client_expect(&world->client, 204, "POST", "/users/user/lock",
				  "{\"username\":\"admin\",\"lock_duration\":5}"));
	world_stop(world);
	world_start(world, (struct sandbox_options){ .seed = 99, .users = 5 });
	assert_int_equal(world->client.port, port);
	assert_string_equal(world->client.community, community);
	cleanup_free char *scope = client_scope(&world->client, "\"query\":{\"username\":\"admin\",\"isLocked\":true}");
	cleanup_json json_t *page = client_expect(&world->client, 200, "POST", "/users/fetch", scope);
	assert_int_equal(json_integer_value(tfs_json_at(page, "/page/total")), 1);
	world_free(world);
}

static void test_tls_creates_its_own_authority(void **state)
{
	struct world *world = world_new();
	char path[96];
	struct tfs_buf text = TFS_BUF_INIT(65536);

	(void)state;
	world_start(world, (struct sandbox_options){ .tls = true, .users = 3 });
	assert_int_equal(strncmp(sandbox_address(world->sandbox), "https://127.0.0.1:", 18), 0);
	snprintf(path, sizeof(path), "%s/ca.pem", world->dir);
	assert_int_equal(tfs_file_read(path, &text, NULL), 0);
	assert_memory_equal(text.data, "-----BEGIN CERTIFICATE-----", 27);
	tfs_buf_reset(&text);
	snprintf(path, sizeof(path), "%s/tenantfs.conf", world->dir);
	assert_int_equal(tfs_file_read(path, &text, NULL), 0);
	assert_non_null(strstr(text.data, "ca-file = "));
	assert_non_null(strstr(text.data, "url = https://127.0.0.1:"));
	tfs_buf_finish(&text);
	world_free(world);
}

static void test_other_curve_works(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_start(world, (struct sandbox_options){ .curve = TFS_PRIME256V1, .users = 3 });
	json_decref(client_expect(&world->client, 200, "GET", "/authz/role/fetch", NULL));
	world_free(world);
}

int main(void)
{
	/* The test that forks comes first, before any thread exists. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acknowledged_change_survives_a_kill),
		cmocka_unit_test(test_restart_keeps_data_and_port),
		cmocka_unit_test(test_tls_creates_its_own_authority),
		cmocka_unit_test(test_other_curve_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
