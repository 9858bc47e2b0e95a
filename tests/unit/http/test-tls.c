/*
 * TLS: a valid certificate is accepted; any other is refused with the reason. The server is `openssl
 * s_server`.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../scratch.h"
#include "tenantfs/http.h"

enum { MAX_ANSWER = 1 << 20 };

static char dir[64], key[128], cert[128], other_key[128], other_cert[128];

struct tls_server {
	pid_t pid;
	int port, output;
};

static pid_t spawn(char *const argv[], int output)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (output >= 0)
		posix_spawn_file_actions_adddup2(&actions, output, 1);
	else
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	assert_int_equal(posix_spawn(&pid, "/usr/bin/openssl", &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

#define ARG(text) ((char *)(text))

static void make_certificate(const char *key_file, const char *cert_file, const char *name)
{
	char *const argv[] = { ARG("openssl"),
			       ARG("req"),
			       ARG("-x509"),
			       ARG("-newkey"),
			       ARG("ec"),
			       ARG("-pkeyopt"),
			       ARG("ec_paramgen_curve:prime256v1"),
			       ARG("-nodes"),
			       ARG("-keyout"),
			       ARG(key_file),
			       ARG("-out"),
			       ARG(cert_file),
			       ARG("-days"),
			       ARG("2"),
			       ARG("-subj"),
			       ARG("/CN=test"),
			       ARG("-addext"),
			       ARG(name),
			       NULL };
	int status = -1;

	assert_true(waitpid(spawn(argv, -1), &status, 0) > 0);
	assert_int_equal(status, 0);
}

/* The server first prints "ACCEPT 127.0.0.1:40123", then that it is ready. */
static int read_port(int fd)
{
	char text[512] = "";
	size_t len = 0;
	const char *colon;

	while (len < sizeof(text) - 1 && !(colon = strchr(text, ':'))) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		ssize_t got;

		assert_int_equal(poll(&ready, 1, 10000), 1);
		got = read(fd, text + len, sizeof(text) - 1 - len);
		assert_true(got > 0);
		len += (size_t)got;
		text[len] = '\0';
	}
	return (int)strtol(strchr(text, ':') + 1, NULL, 10);
}

static void start_server(struct tls_server *server, const char *key_file, const char *cert_file, const char *protocol)
{
	char *const argv[] = { ARG("openssl"),
			       ARG("s_server"),
			       ARG("-www"),
			       ARG("-accept"),
			       ARG("127.0.0.1:0"),
			       ARG("-key"),
			       ARG(key_file),
			       ARG("-cert"),
			       ARG(cert_file),
			       ARG("-cipher"),
			       ARG("DEFAULT@SECLEVEL=0"),
			       ARG(protocol),
			       NULL };
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	server->pid = spawn(argv, ends[1]);
	close(ends[1]);
	server->output = ends[0];
	server->port = read_port(ends[0]);
}

static void stop_server(struct tls_server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	close(server->output);
}

static int call(struct tls_server *server, const char *host, const char *ca_file, struct tfs_error *error)
{
	struct tfs_http_options options = { .ca_file = ca_file };
	struct tfs_http_answer answer = { 0 };
	struct tfs_op *op = tfs_op_new(10000);
	struct tfs_http *http = NULL;
	char url[128];
	struct tfs_http_request request = { .method = "GET", .url = url, .max_answer = MAX_ANSWER };
	bool sent = false;
	int r;

	snprintf(url, sizeof(url), "https://%s:%d/", host, server->port);
	assert_int_equal(tfs_http_new(&options, &http, NULL), 0);
	r = tfs_http_call(http, op, &request, &answer, &sent);
	assert_int_equal(sent, r == 0);
	if (r == 0)
		assert_int_equal(answer.status, 200);
	*error = *tfs_op_error(op);
	tfs_http_answer_finish(&answer);
	tfs_http_free(http);
	tfs_op_free(op);
	return r;
}

static void assert_begins(const struct tls_server *server, const struct tfs_error *error, const char *host,
			  const char *rest)
{
	char expected[256];

	snprintf(expected, sizeof(expected), "%s %s:%d %s",
		 strncmp(rest, "cannot", 6) == 0 ? "TLS with" : "the certificate of", host, server->port, rest);
	assert_memory_equal(error->message, expected, strlen(expected));
}

static void test_trusted(void **state)
{
	struct tls_server server;
	struct tfs_error error;

	(void)state;
	start_server(&server, key, cert, "-tls1_2");
	assert_int_equal(call(&server, "127.0.0.1", cert, &error), 0);
	stop_server(&server);
}

static void test_not_trusted(void **state)
{
	struct tls_server server;
	struct tfs_error error;

	(void)state;
	start_server(&server, key, cert, "-tls1_2");
	assert_int_equal(call(&server, "127.0.0.1", NULL, &error), -EBADMSG);
	assert_begins(&server, &error, "127.0.0.1",
		      "does not verify: SSL certificate problem: self-signed certificate");
	assert_int_equal(call(&server, "127.0.0.1", other_cert, &error), -EBADMSG);
	assert_int_equal(call(&server, "127.0.0.1", "/nonexistent/ca.pem", &error), -EBADMSG);
	assert_begins(&server, &error, "127.0.0.1", "does not verify: error setting certificate file");
	stop_server(&server);
}

static void test_wrong_name(void **state)
{
	struct tls_server server;
	struct tfs_error error;

	(void)state;
	start_server(&server, other_key, other_cert, "-tls1_2");
	assert_int_equal(call(&server, "127.0.0.1", other_cert, &error), -EBADMSG);
	assert_begins(&server, &error, "127.0.0.1", "does not verify: SSL: no alternative certificate subject name");
	stop_server(&server);
}

static void test_old_protocol(void **state)
{
	struct tls_server server;
	struct tfs_error error;

	(void)state;
	start_server(&server, key, cert, "-tls1_1");
	assert_int_equal(call(&server, "127.0.0.1", cert, &error), -EIO);
	assert_begins(&server, &error, "127.0.0.1", "cannot be set up: ");
	stop_server(&server);
}

static int enter(void **state)
{
	(void)state;
	scratch_name(dir, sizeof(dir));
	if (!mkdtemp(dir))
		return -1;
	snprintf(key, sizeof(key), "%s/key", dir);
	snprintf(cert, sizeof(cert), "%s/cert", dir);
	snprintf(other_key, sizeof(other_key), "%s/other-key", dir);
	snprintf(other_cert, sizeof(other_cert), "%s/other-cert", dir);
	make_certificate(key, cert, "subjectAltName=IP:127.0.0.1");
	make_certificate(other_key, other_cert, "subjectAltName=DNS:other.example");
	return 0;
}

static int leave(void **state)
{
	(void)state;
	unlink(key);
	unlink(cert);
	unlink(other_key);
	unlink(other_cert);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trusted),
		cmocka_unit_test(test_not_trusted),
		cmocka_unit_test(test_wrong_name),
		cmocka_unit_test(test_old_protocol),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
