/* The control socket: permissions, refusals, cancellation, shutdown. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../scratch.h"
#include "tenantfs/clock.h"
#include "tenantfs/control.h"

struct fixture {
	char folder[64];
	struct tfs_config config;
	struct tfs_control *control;
	atomic_int served, cancelled, running;
	pid_t pid;
	uint64_t left_ms;
};

static int handle_wait(struct fixture *fixture, struct tfs_op *op)
{
	atomic_bool never = false;

	atomic_fetch_add(&fixture->running, 1);
	int r = tfs_op_wait(op, &never);
	if (tfs_op_cancelled(op))
		atomic_fetch_add(&fixture->cancelled, 1);
	return r;
}

static int handle(void *context, struct tfs_op *op, const json_t *request, json_t **ret)
{
	struct fixture *fixture = context;
	const char *command = tfs_json_text(request, "command");

	atomic_fetch_add(&fixture->served, 1);
	if (!strcmp(command, "echo")) {
		*ret = json_pack("{s:O}", "request", request);
		return 0;
	}
	if (!strcmp(command, "who")) {
		fixture->pid = tfs_op_pid(op);
		fixture->left_ms = tfs_op_left_ms(op);
		return 0;
	}
	if (!strcmp(command, "list")) {
		*ret = json_pack("[i,i]", 1, 2);
		return 0;
	}
	if (!strcmp(command, "refuse")) {
		tfs_fail(op, -EPERM, "api", "not allowed");
		tfs_op_error(op)->status = 403;
		return -EPERM;
	}
	if (!strcmp(command, "silent"))
		return -EXDEV;
	if (!strcmp(command, "wait"))
		return handle_wait(fixture, op);
	if (!strcmp(command, "large")) {
		char *text = malloc(TFS_CONTROL_MAX + 1);
		memset(text, 'x', TFS_CONTROL_MAX);
		text[TFS_CONTROL_MAX] = '\0';
		*ret = json_pack("{s:s}", "text", text);
		free(text);
		return 0;
	}
	return tfs_fail(op, -EINVAL, "control", "no command \"%s\"", command);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct tfs_error error = { 0 };

	scratch_name(fixture->folder, sizeof(fixture->folder));
	assert_non_null(mkdtemp(fixture->folder));
	fixture->config = (struct tfs_config){ .name = (char *)"acme",
					       .url = (char *)"https://acme.example.com/adminapi",
					       .state_dir = fixture->folder,
					       .timeout_ms = 5000 };
	assert_int_equal(tfs_control_new(&fixture->config, handle, fixture, &fixture->control, &error), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	tfs_control_free(fixture->control);
	assert_int_equal(rmdir(fixture->folder), 0);
	free(fixture);
	return 0;
}

static int ask(struct fixture *fixture, const char *request, uint64_t timeout_ms, json_t **ret, struct tfs_error *error)
{
	json_t *value = json_loads(request, 0, NULL);

	assert_non_null(value);
	int r = tfs_control_ask(&fixture->config, value, timeout_ms, ret, error);
	json_decref(value);
	return r;
}

static int connect_raw(struct fixture *fixture)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *path = tfs_control_path(&fixture->config);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	free(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Reads up to a newline or the end of the stream. */
static char *read_answer(int fd)
{
	size_t len = 0;
	char *text = calloc(1, 4096);

	while (len < 4095) {
		ssize_t n = recv(fd, text + len, 1, 0);
		if (n <= 0 || text[len] == '\n')
			break;
		len++;
	}
	text[len] = '\0';
	return text;
}

static void wait_until(atomic_int *value, int wanted)
{
	for (int i = 0; i < 5000 && atomic_load(value) != wanted; i++)
		usleep(1000);
	assert_int_equal(atomic_load(value), wanted);
}

static void test_socket_is_private(void **state)
{
	struct fixture *fixture = *state;
	struct stat st;
	char *path = tfs_control_path(&fixture->config);

	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	free(path);
	assert_int_equal(stat(fixture->folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void test_answers(void **state)
{
	struct fixture *fixture = *state;
	json_t *answer = NULL;
	struct tfs_error error = { 0 };

	assert_int_equal(ask(fixture, "{\"command\":\"echo\",\"text\":\"\\u00e4\\n\"}", 5000, &answer, &error), 0);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	assert_string_equal(tfs_json_text(json_object_get(answer, "request"), "text"), "ä\n");
	json_decref(answer);
	assert_int_equal(ask(fixture, "{\"command\":\"list\"}", 5000, &answer, &error), 0);
	assert_int_equal(json_array_size(json_object_get(answer, "result")), 2);
	json_decref(answer);
	assert_int_equal(ask(fixture, "{\"command\":\"who\"}", 1234, &answer, &error), 0);
	assert_int_equal(json_object_size(answer), 1);
	json_decref(answer);
	assert_int_equal(fixture->pid, getpid());
	assert_in_range(fixture->left_ms, 1, 1234);
}

static void test_refusal_is_complete(void **state)
{
	struct fixture *fixture = *state;
	json_t *answer = NULL;
	struct tfs_error error = { 0 };

	assert_int_equal(ask(fixture, "{\"command\":\"refuse\"}", 5000, &answer, &error), -EPERM);
	assert_null(answer);
	assert_int_equal(error.code, -EPERM);
	assert_int_equal(error.status, 403);
	assert_string_equal(error.message, "not allowed");
	assert_string_equal(error.origin, "api");
	assert_int_equal(ask(fixture, "{\"command\":\"silent\"}", 5000, &answer, &error), -EXDEV);
	assert_string_equal(error.message, strerror(EXDEV));
	assert_int_equal(ask(fixture, "{\"command\":\"none\"}", 5000, &answer, &error), -EINVAL);
	assert_string_equal(error.message, "no command \"none\"");
}

static void test_owner(void **state)
{
	struct fixture *fixture = *state;
	pid_t pid = 0;

	assert_int_equal(tfs_control_owner(&fixture->config, &pid), 0);
	assert_int_equal(pid, getpid());
}

static void test_no_daemon(void **state)
{
	struct fixture *fixture = *state;
	struct tfs_config other = fixture->config;
	json_t *answer = NULL;
	json_t *request = json_pack("{s:s}", "command", "echo");
	struct tfs_error error = { 0 };
	pid_t pid = 0;

	other.state_dir = (char *)"/nonexistent/tenantfs";
	assert_int_equal(tfs_control_ask(&other, request, 1000, &answer, &error), -ECONNREFUSED);
	assert_string_equal(error.message, "tenant \"acme\" is not mounted");
	assert_int_equal(tfs_control_owner(&other, &pid), -ECONNREFUSED);
	tfs_control_free(fixture->control);
	fixture->control = NULL;
	assert_int_equal(tfs_control_ask(&fixture->config, request, 1000, &answer, &error), -ECONNREFUSED);
	json_decref(request);
}

static void test_other_tenant_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct tfs_config other = fixture->config;
	struct tfs_error error = { 0 };
	json_t *answer = NULL;
	json_t *request = json_pack("{s:s}", "command", "who");

	other.url = (char *)"https://other.example.com/adminapi";
	assert_int_equal(tfs_control_ask(&other, request, 1000, &answer, &error), -EBUSY);
	assert_string_equal(error.message,
			    "the daemon on this state folder serves https://acme.example.com/adminapi, not "
			    "https://other.example.com/adminapi: set state-dir in one configuration");
	assert_null(answer);
	json_decref(request);
}

static void test_dead_socket_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	struct tfs_control *second = NULL;
	struct tfs_error error = { 0 };
	json_t *answer = NULL;

	/* The socket file stays, as after kill -9; the second one replaces it. */
	assert_int_equal(tfs_control_new(&fixture->config, handle, fixture, &second, &error), 0);
	assert_int_equal(ask(fixture, "{\"command\":\"who\"}", 5000, &answer, &error), 0);
	json_decref(answer);
	tfs_control_free(second);
}

static void test_long_path(void **state)
{
	struct fixture *fixture = *state;
	struct tfs_config config = fixture->config;
	struct tfs_control *control = NULL;
	struct tfs_error error = { 0 };
	json_t *answer = NULL;
	json_t *request = json_pack("{s:s}", "command", "who");
	char folder[300];

	snprintf(folder, sizeof(folder), "%s/%0200d", fixture->folder, 7);
	assert_int_equal(mkdir(folder, 0700), 0);
	config.state_dir = folder;
	assert_int_equal(tfs_control_new(&config, handle, fixture, &control, &error), 0);
	assert_int_equal(tfs_control_ask(&config, request, 5000, &answer, &error), 0);
	json_decref(answer);
	json_decref(request);
	tfs_control_free(control);
	assert_int_equal(rmdir(folder), 0);
}

static void test_open_folder_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct tfs_control *control = NULL;
	struct tfs_error error = { 0 };

	assert_int_equal(chmod(fixture->folder, 0755), 0);
	assert_int_equal(tfs_control_new(&fixture->config, handle, fixture, &control, &error), -EACCES);
	assert_null(control);
	assert_int_equal(chmod(fixture->folder, 0700), 0);
}

static void expect_refusal(int fd, const char *name, const char *message)
{
	char *text = read_answer(fd);
	json_t *answer = json_loads(text, 0, NULL);

	assert_non_null(answer);
	assert_true(json_is_false(json_object_get(answer, "ok")));
	json_t *error = json_object_get(answer, "error");
	assert_string_equal(tfs_json_text(error, "errno"), name);
	if (message)
		assert_string_equal(tfs_json_text(error, "message"), message);
	json_decref(answer);
	free(text);
}

static void test_garbage(void **state)
{
	struct fixture *fixture = *state;
	int fd = connect_raw(fixture);

	assert_int_equal(send(fd, "\xff\x00nonsense\n", 11, MSG_NOSIGNAL), 11);
	expect_refusal(fd, "EINVAL", NULL);
	/* The line was complete, so the next request is served. */
	assert_int_equal(send(fd, "[1]\n", 4, MSG_NOSIGNAL), 4);
	expect_refusal(fd, "EINVAL", "a request is an object with a \"command\"");
	assert_int_equal(send(fd, "{}\n{}\n", 6, MSG_NOSIGNAL), 6);
	expect_refusal(fd, "EPROTO", "wait for the answer before the next request");
	close(fd);
	assert_int_equal(atomic_load(&fixture->served), 0);
}

static void test_peer_leaves_within_a_line(void **state)
{
	struct fixture *fixture = *state;
	int fd = connect_raw(fixture);
	json_t *answer = NULL;
	struct tfs_error error = { 0 };

	assert_int_equal(send(fd, "{\"command\":", 11, MSG_NOSIGNAL), 11);
	close(fd);
	assert_int_equal(ask(fixture, "{\"command\":\"who\"}", 5000, &answer, &error), 0);
	json_decref(answer);
	assert_int_equal(atomic_load(&fixture->served), 1);
}

static void test_oversize_line(void **state)
{
	struct fixture *fixture = *state;
	int fd = connect_raw(fixture);
	size_t len = 1 << 20;
	char *chunk = malloc(len);
	size_t sent = 0;

	memset(chunk, 'x', len);
	while (sent <= (size_t)TFS_CONTROL_MAX + len) {
		ssize_t n = send(fd, chunk, len, MSG_NOSIGNAL);
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	assert_in_range(sent, TFS_CONTROL_MAX - 1, SIZE_MAX);
	expect_refusal(fd, "EFBIG", "a request is one line of at most 64 MiB");
	free(chunk);
	close(fd);
}

static void test_oversize_answer(void **state)
{
	struct fixture *fixture = *state;
	json_t *answer = NULL;
	struct tfs_error error = { 0 };

	assert_int_equal(ask(fixture, "{\"command\":\"large\"}", 20000, &answer, &error), -EFBIG);
	assert_string_equal(error.message, "the answer has more than 64 MiB");
}

static void test_request_timeout(void **state)
{
	struct fixture *fixture = *state;
	json_t *answer = NULL;
	struct tfs_error error = { 0 };

	/* The daemon's operation ends first, with its own error. */
	assert_int_equal(ask(fixture, "{\"command\":\"wait\"}", 100, &answer, &error), -ETIMEDOUT);
	assert_int_equal(atomic_load(&fixture->cancelled), 0);
}

static void test_hang_up_cancels(void **state)
{
	struct fixture *fixture = *state;
	int fd = connect_raw(fixture);
	const char *line = "{\"command\":\"wait\"}\n";

	assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), (int)strlen(line));
	wait_until(&fixture->running, 1);
	close(fd);
	wait_until(&fixture->cancelled, 1);
}

static void test_half_close_is_no_hang_up(void **state)
{
	struct fixture *fixture = *state;
	int fd = connect_raw(fixture);
	const char *line = "{\"command\":\"wait\",\"timeout_ms\":300}\n";

	assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), (int)strlen(line));
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	expect_refusal(fd, "ETIMEDOUT", NULL);
	assert_int_equal(atomic_load(&fixture->cancelled), 0);
	close(fd);
}

static void test_stop_with_running_requests(void **state)
{
	struct fixture *fixture = *state;
	const char *line = "{\"command\":\"wait\"}\n";
	int idle = connect_raw(fixture);
	int busy[20];

	/* More than WORKERS: the others wait in the backlog. */
	for (int i = 0; i < 20; i++) {
		busy[i] = connect_raw(fixture);
		assert_int_equal(send(busy[i], line, strlen(line), MSG_NOSIGNAL), (int)strlen(line));
	}
	wait_until(&fixture->running, 15);
	uint64_t before = tfs_clock_ms();
	tfs_control_free(fixture->control);
	fixture->control = NULL;
	assert_in_range(tfs_clock_ms() - before, 0, 3000);
	assert_int_equal(atomic_load(&fixture->cancelled), 15);
	/* Running requests are answered with the reason. */
	expect_refusal(busy[0], "EINTR", NULL);
	for (int i = 0; i < 20; i++)
		close(busy[i]);
	close(idle);
	char *path = tfs_control_path(&fixture->config);
	assert_int_equal(access(path, F_OK), -1);
	free(path);
}

struct asker {
	struct fixture *fixture;
	int failed;
};

static void *ask_often(void *context)
{
	struct asker *asker = context;

	for (int i = 0; i < 20; i++) {
		json_t *answer = NULL;
		struct tfs_error error = { 0 };
		if (ask(asker->fixture, "{\"command\":\"echo\",\"n\":1}", 5000, &answer, &error) < 0)
			asker->failed++;
		json_decref(answer);
	}
	return NULL;
}

static void test_many_peers(void **state)
{
	struct fixture *fixture = *state;
	struct asker askers[24];
	pthread_t threads[24];

	for (int i = 0; i < 24; i++) {
		askers[i] = (struct asker){ .fixture = fixture };
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &askers[i]), 0);
	}
	for (int i = 0; i < 24; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(askers[i].failed, 0);
	}
	assert_int_equal(atomic_load(&fixture->served), 24 * 20);
}

static double cpu_seconds(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* Without free descriptors, a pending connection causes no busy loop and is served later. */
static void test_without_descriptors(void **state)
{
	struct fixture *fixture = *state;
	struct timespec while_it_waits = { .tv_nsec = 400000000 };
	struct rlimit before, none;
	struct tfs_error error = { 0 };
	json_t *answer = NULL;
	int fd = connect_raw(fixture);

	/* The request makes the server accept `fd` first, so that only the next accept lacks a descriptor. */
	assert_int_equal(ask(fixture, "{\"command\": \"echo\"}", 5000, &answer, &error), 0);
	json_decref(steal_pointer(&answer));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	none = (struct rlimit){ .rlim_cur = (rlim_t)other + 1, .rlim_max = before.rlim_max };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *path = tfs_control_path(&fixture->config);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	free(path);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(connect(other, (struct sockaddr *)&address, sizeof(address)), 0);
	double start = cpu_seconds();
	nanosleep(&while_it_waits, NULL);
	assert_true(cpu_seconds() - start < 0.1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(ask(fixture, "{\"command\": \"echo\"}", 5000, &answer, &error), 0);
	json_decref(answer);
	close(fd);
	close(other);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(test_socket_is_private),
		WITH_FIXTURE(test_answers),
		WITH_FIXTURE(test_refusal_is_complete),
		WITH_FIXTURE(test_owner),
		WITH_FIXTURE(test_no_daemon),
		WITH_FIXTURE(test_other_tenant_is_refused),
		WITH_FIXTURE(test_dead_socket_is_replaced),
		WITH_FIXTURE(test_long_path),
		WITH_FIXTURE(test_open_folder_is_refused),
		WITH_FIXTURE(test_garbage),
		WITH_FIXTURE(test_peer_leaves_within_a_line),
		WITH_FIXTURE(test_oversize_line),
		WITH_FIXTURE(test_oversize_answer),
		WITH_FIXTURE(test_request_timeout),
		WITH_FIXTURE(test_hang_up_cancels),
		WITH_FIXTURE(test_half_close_is_no_hang_up),
		WITH_FIXTURE(test_stop_with_running_requests),
		WITH_FIXTURE(test_many_peers),
		WITH_FIXTURE(test_without_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
