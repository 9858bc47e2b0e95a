/* The HTTP client against servers that answer, stall, close early, flood and send garbage. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "tenantfs/clock.h"
#include "tenantfs/http.h"

#include "server.c"

enum { MAX_ANSWER = 1 << 20, TIMEOUT_MS = 10000 };

struct fixture {
	struct server *server;
	struct tfs_http *http;
	struct tfs_op *op;
	struct tfs_http_answer answer;
	bool sent;
	char url[128];
};

static bool answer_ok(struct server *server, int fd, const struct request *request)
{
	char text[4096];

	(void)server;
	snprintf(text, sizeof(text), "%s %s %zu", request->method, request->path, request->body_len);
	return server_reply(fd, 200, "Content-Type: text/plain\r\nrequestid: abc-123\r\n", text);
}

static void start_with(struct fixture *f, server_handler handle, const struct tfs_http_options *options)
{
	memset(f, 0, sizeof(*f));
	f->server = server_start(handle, f);
	assert_int_equal(tfs_http_new(options, &f->http, NULL), 0);
	f->op = tfs_op_new(TIMEOUT_MS);
	snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d", f->server->port);
}

static void start(struct fixture *f, server_handler handle)
{
	start_with(f, handle, &(struct tfs_http_options){ 0 });
}

static void stop(struct fixture *f)
{
	tfs_http_answer_finish(&f->answer);
	tfs_op_free(f->op);
	tfs_http_free(f->http);
	server_stop(f->server);
}

static int call(struct fixture *f, const char *method, const char *path, const char *body)
{
	char url[256];
	struct tfs_http_request request = { .method = method, .url = url, .max_answer = MAX_ANSWER };

	snprintf(url, sizeof(url), "%s%s", f->url, path);
	request.body = body;
	request.body_len = body ? strlen(body) : 0;
	tfs_http_answer_finish(&f->answer);
	memset(&f->answer, 0, sizeof(f->answer));
	return tfs_http_call(f->http, f->op, &request, &f->answer, &f->sent);
}

/* "HOST" in `message` is replaced by the server's address. */
static void assert_message(struct fixture *f, int code, const char *message)
{
	const struct tfs_error *error = tfs_op_error(f->op);
	const char *host = strstr(message, "HOST");
	char expected[256];

	if (host)
		snprintf(expected, sizeof(expected), "%.*s127.0.0.1:%d%s", (int)(host - message), message,
			 f->server->port, host + 4);
	else
		snprintf(expected, sizeof(expected), "%s", message);
	assert_string_equal(error->message, expected);
	assert_int_equal(error->code, code);
	assert_string_equal(error->origin, "http");
}

static void test_answer(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, answer_ok);
	assert_int_equal(call(&f, "GET", "/a%20b", NULL), 0);
	assert_int_equal(f.answer.status, 200);
	assert_string_equal(f.answer.body.data, "GET /a%20b 0");
	assert_string_equal(f.answer.content_type, "text/plain");
	assert_string_equal(f.answer.request_id, "abc-123");
	assert_true(f.sent);
	assert_int_equal(call(&f, "POST", "/x", "hello"), 0);
	assert_string_equal(f.answer.body.data, "POST /x 5");
	assert_int_equal(call(&f, "DELETE", "/x", NULL), 0);
	assert_string_equal(f.answer.body.data, "DELETE /x 0");
	assert_int_equal(call(&f, "DELETE", "/x", "why"), 0);
	assert_string_equal(f.answer.body.data, "DELETE /x 3");
	assert_int_equal(call(&f, "PATCH", "/x", NULL), 0);
	assert_string_equal(f.answer.body.data, "PATCH /x 0");
	assert_int_equal(call(&f, "GET", "/after", NULL), 0);
	assert_string_equal(f.answer.body.data, "GET /after 0");
	assert_int_equal(call(&f, "HEAD", "/h", NULL), 0);
	assert_int_equal(f.answer.status, 200);
	stop(&f);
}

/* The path is sent unchanged (no dot segments removed); redirects are not followed. */
static bool redirect(struct server *server, int fd, const struct request *request)
{
	(void)server;
	return server_reply(fd, 302, "Location: /elsewhere\r\n", request->path);
}

static void test_redirect_is_an_answer(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, redirect);
	assert_int_equal(call(&f, "GET", "/a/../b", NULL), 0);
	assert_int_equal(f.answer.status, 302);
	assert_string_equal(f.answer.body.data, "/a/../b");
	assert_string_equal(f.answer.location, "/elsewhere");
	assert_int_equal(atomic_load(&f.server->requests), 1);
	stop(&f);
}

static void test_keeps_connection(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, answer_ok);
	for (int i = 0; i < 100; i++)
		assert_int_equal(call(&f, i % 2 ? "GET" : "POST", "/", i % 2 ? NULL : "x"), 0);
	assert_int_equal(atomic_load(&f.server->requests), 100);
	assert_int_equal(atomic_load(&f.server->connections), 1);
	stop(&f);
}

static bool echo_head(struct server *server, int fd, const struct request *request)
{
	(void)server;
	return server_reply(fd, 200, "", request->head);
}

static void test_headers(void **state)
{
	static const char *const headers[] = { "authorization: Bearer tok", "publickey: abc=", NULL };
	struct tfs_http_request request = {
		.method = "POST",
		.headers = headers,
		.body = "{}",
		.body_len = 2,
		.max_answer = MAX_ANSWER,
	};
	struct fixture f;

	(void)state;
	start(&f, echo_head);
	request.url = f.url;
	assert_int_equal(tfs_http_call(f.http, f.op, &request, &f.answer, &f.sent), 0);
	assert_non_null(strstr(f.answer.body.data, "\r\nauthorization: Bearer tok\r\n"));
	assert_non_null(strstr(f.answer.body.data, "\r\npublickey: abc=\r\n"));
	assert_non_null(strstr(f.answer.body.data, "\r\nUser-Agent: tenantfs\r\n"));
	assert_null(strcasestr(f.answer.body.data, "expect:"));
	assert_null(strcasestr(f.answer.body.data, "content-type:"));
	/* The next exchange does not repeat them. */
	assert_int_equal(call(&f, "GET", "/", NULL), 0);
	assert_null(strstr(f.answer.body.data, "Bearer"));
	stop(&f);
}

static void test_refuses_broken_headers(void **state)
{
	static const char *const headers[] = { "a: b\r\nc: d", NULL };
	struct tfs_http_request request = { .method = "GET", .headers = headers, .max_answer = MAX_ANSWER };
	struct fixture f;

	(void)state;
	start(&f, answer_ok);
	request.url = f.url;
	assert_int_equal(tfs_http_call(f.http, f.op, &request, &f.answer, &f.sent), -EINVAL);
	assert_message(&f, -EINVAL, "a header, the address or the method contains a byte that is not allowed");
	request.headers = NULL;
	request.url = "http://127.0.0.1/\n";
	assert_int_equal(tfs_http_call(f.http, f.op, &request, &f.answer, &f.sent), -EINVAL);
	request.url = f.url;
	request.method = "GET /x";
	assert_int_equal(tfs_http_call(f.http, f.op, &request, &f.answer, &f.sent), -EINVAL);
	request.method = "GET";
	request.url = "file:///etc/passwd";
	assert_int_equal(tfs_http_call(f.http, f.op, &request, &f.answer, &f.sent), -EIO);
	assert_false(f.sent);
	assert_int_equal(atomic_load(&f.server->requests), 0);
	stop(&f);
}

static bool answer_chunked(struct server *server, int fd, const struct request *request)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				   "5\r\nhello\r\n6\r\n world\r\n0\r\nrequestid: trailer\r\n\r\n";

	(void)request;
	for (size_t i = 0; i < sizeof(text) - 1; i += 7) {
		if (!server_send(fd, text + i, i + 7 < sizeof(text) - 1 ? 7 : sizeof(text) - 1 - i))
			return false;
		server_pause(server, 5);
	}
	return true;
}

static void test_chunked(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, answer_chunked);
	assert_int_equal(call(&f, "GET", "/", NULL), 0);
	assert_string_equal(f.answer.body.data, "hello world");
	assert_int_equal(call(&f, "GET", "/", NULL), 0);
	assert_int_equal(atomic_load(&f.server->connections), 1);
	stop(&f);
}

static bool answer_interim(struct server *server, int fd, const struct request *request)
{
	static const char interim[] =
		"HTTP/1.1 103 Early\r\nRetry-After: 77\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";

	(void)server, (void)request;
	return server_send(fd, interim, sizeof(interim) - 1) && server_reply(fd, 200, "", "late");
}

static void test_interim_answer_is_ignored(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, answer_interim);
	assert_int_equal(call(&f, "GET", "/", NULL), 0);
	assert_int_equal(f.answer.status, 200);
	assert_int_equal(f.answer.retry_after_s, 0);
	assert_int_equal(f.answer.server_time, 0);
	stop(&f);
}

static bool answer_limits(struct server *server, int fd, const struct request *request)
{
	(void)server;
	if (strcmp(request->path, "/seconds") == 0)
		return server_reply(fd, 429, "Retry-After: 7\r\n", "");
	if (strcmp(request->path, "/date") == 0)
		return server_reply(fd, 429,
				    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
				    "Retry-After: Sun, 06 Nov 1994 08:51:37 GMT\r\n",
				    "");
	if (strcmp(request->path, "/past") == 0)
		return server_reply(fd, 503, "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "");
	if (strcmp(request->path, "/huge") == 0)
		return server_reply(fd, 503, "Retry-After: 99999999999999999999\r\n", "");
	if (strcmp(request->path, "/zero") == 0)
		return server_reply(fd, 503, "retry-after:0\r\n", "");
	return server_reply(fd, 429, "Retry-After: soon\r\n", "");
}

static void test_retry_after(void **state)
{
	static const struct {
		const char *path;
		uint32_t seconds;
	} cases[] = { { "/seconds", 7 },       { "/date", 120 }, { "/past", 1 },
		      { "/huge", UINT32_MAX }, { "/zero", 1 },   { "/words", 0 } };
	struct fixture f;

	(void)state;
	start(&f, answer_limits);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(call(&f, "GET", cases[i].path, NULL), 0);
		assert_int_equal(f.answer.retry_after_s, cases[i].seconds);
	}
	assert_int_equal(call(&f, "GET", "/date", NULL), 0);
	assert_int_equal(f.answer.server_time, 784111777);
	stop(&f);
}

static bool break_off(struct server *server, int fd, const struct request *request)
{
	(void)server;
	if (strcmp(request->path, "/inside") == 0)
		server_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 43);
	return false;
}

static void test_closed_early(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, break_off);
	assert_int_equal(call(&f, "POST", "/", "x"), -EIO);
	assert_true(f.sent);
	assert_message(&f, -EIO, "HOST closed the connection before its answer");
	assert_int_equal(call(&f, "GET", "/inside", NULL), -EIO);
	assert_true(f.sent);
	assert_message(&f, -EIO, "HOST closed the connection in the middle of its answer");
	stop(&f);
}

/*
 * The server reads the second request on a kept connection and does not answer: it may have been carried out.
 */
static bool break_second(struct server *server, int fd, const struct request *request)
{
	if (atomic_load(&server->requests) == 2)
		return false;
	return answer_ok(server, fd, request);
}

static void test_never_sends_twice(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, break_second);
	assert_int_equal(call(&f, "POST", "/create", "1"), 0);
	assert_int_equal(call(&f, "POST", "/create", "2"), -EIO);
	assert_true(f.sent);
	assert_message(&f, -EIO, "HOST closed the connection before its answer");
	server_pause(f.server, 100);
	assert_int_equal(atomic_load(&f.server->requests), 2);
	assert_int_equal(call(&f, "POST", "/create", "3"), 0);
	stop(&f);
}

/* The server closes after each answer without announcing it: the next exchange must open a new connection. */
static bool close_after(struct server *server, int fd, const struct request *request)
{
	answer_ok(server, fd, request);
	return false;
}

static void test_closed_connection_is_replaced(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, close_after);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(call(&f, "POST", "/", "x"), 0);
		server_pause(f.server, 50);
	}
	assert_int_equal(atomic_load(&f.server->requests), 5);
	stop(&f);
}

static void test_cannot_connect(void **state)
{
	struct fixture f;
	char expected[256];
	int port;

	(void)state;
	start(&f, answer_ok);
	port = f.server->port;
	server_stop(f.server);
	assert_int_equal(call(&f, "GET", "/", NULL), -EIO);
	assert_false(f.sent);
	snprintf(expected, sizeof(expected), "cannot connect to 127.0.0.1:%d: Connection refused", port);
	assert_string_equal(tfs_op_error(f.op)->message, expected);
	snprintf(f.url, sizeof(f.url), "http://nowhere.invalid:81");
	assert_int_equal(call(&f, "GET", "/", NULL), -EIO);
	assert_false(f.sent);
	assert_string_equal(tfs_op_error(f.op)->message, "the host name nowhere.invalid:81 does not resolve");
	tfs_op_free(f.op);
	tfs_http_free(f.http);
}

static bool babble(struct server *server, int fd, const struct request *request)
{
	(void)server;
	if (strcmp(request->path, "/status") == 0)
		server_send(fd, "HTTP/1.1 twohundred OK\r\n\r\n", 26);
	else
		server_send(fd, "\001\002\003 no http at all\r\n\r\n", 22);
	return false;
}

static void test_garbage(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, babble);
	assert_int_equal(call(&f, "GET", "/status", NULL), -EIO);
	assert_true(f.sent);
	assert_int_equal(call(&f, "GET", "/binary", NULL), -EIO);
	assert_message(&f, -EIO, "the exchange with HOST failed: Received HTTP/0.9 when not allowed");
	stop(&f);
}

/* 200 MB: with a length, streamed without one, or as endless headers. */
static bool flood(struct server *server, int fd, const struct request *request)
{
	static char block[65536];
	bool headers = strcmp(request->path, "/headers") == 0;

	(void)server;
	if (strcmp(request->path, "/announced") == 0)
		server_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n", 47);
	else
		server_send(fd, "HTTP/1.1 200 OK\r\n", 17);
	if (strcmp(request->path, "/streamed") == 0)
		server_send(fd, "\r\n", 2);
	for (int i = 0; i < 3200; i++)
		if (!(headers ? server_send(fd, "x-more: more and more and more\r\n", 32)
			      : server_send(fd, block, sizeof(block))))
			return false;
	for (int i = 0; headers && i < 3000000; i++)
		if (!server_send(fd, "x-more: more and more and more\r\n", 32))
			return false;
	return false;
}

static long resident_peak_kb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void test_flood_is_limited(void **state)
{
	static const char *const paths[] = { "/announced", "/streamed", "/headers" };
	struct fixture f;
	long before;

	(void)state;
	start(&f, flood);
	before = resident_peak_kb();
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(call(&f, "GET", paths[i], NULL), -EFBIG);
		assert_true(f.sent);
		assert_int_equal(tfs_op_error(f.op)->code, -EFBIG);
	}
	assert_true(resident_peak_kb() - before < 40 * 1024);
	assert_int_equal(call(&f, "GET", "/streamed", NULL), -EFBIG);
	assert_message(&f, -EFBIG, "the answer of HOST is larger than the 1048576 bytes allowed");
	stop(&f);
}

/* Sends a byte now and then, for ever. */
static bool trickle(struct server *server, int fd, const struct request *request)
{
	(void)request;
	server_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", 44);
	while (!atomic_load(&server->stopping)) {
		if (!server_send(fd, "x", 1))
			return false;
		server_pause(server, 20);
	}
	return false;
}

static void test_deadline(void **state)
{
	struct fixture f;
	uint64_t start_ms, took;

	(void)state;
	start(&f, trickle);
	tfs_op_free(f.op);
	f.op = tfs_op_new(300);
	start_ms = tfs_clock_ms();
	assert_int_equal(call(&f, "GET", "/", NULL), -ETIMEDOUT);
	took = tfs_clock_ms() - start_ms;
	assert_true(took >= 290 && took < 1500);
	assert_true(f.sent);
	assert_string_equal(tfs_op_error(f.op)->message, "no answer within the time allowed");
	/* Nothing is sent for an operation past its deadline. */
	assert_int_equal(call(&f, "GET", "/", NULL), -ETIMEDOUT);
	assert_false(f.sent);
	assert_int_equal(atomic_load(&f.server->requests), 1);
	stop(&f);
}

static void *cancel_later(void *data)
{
	usleep(100000);
	tfs_op_cancel(data);
	return NULL;
}

static void test_cancel_returns_at_once(void **state)
{
	struct fixture f;
	pthread_t thread;
	uint64_t start_ms;

	(void)state;
	start(&f, trickle);
	pthread_create(&thread, NULL, cancel_later, f.op);
	start_ms = tfs_clock_ms();
	assert_int_equal(call(&f, "GET", "/", NULL), -EINTR);
	assert_true(tfs_clock_ms() - start_ms < 1000);
	assert_true(f.sent);
	pthread_join(thread, NULL);
	assert_int_equal(call(&f, "GET", "/", NULL), -EINTR);
	assert_false(f.sent);
	stop(&f);
}

static void test_connections_are_capped(void **state)
{
	struct tfs_http_options options = { .max_connections = 1 };
	struct fixture f;
	struct tfs_op *second;
	struct tfs_http_request request = { .method = "GET", .max_answer = MAX_ANSWER };
	pthread_t thread;

	(void)state;
	start_with(&f, trickle, &options);
	request.url = f.url;
	second = tfs_op_new(200);
	pthread_create(&thread, NULL, cancel_later, f.op);
	/* The dropped exchange closes its connection; the second opens a new one. */
	assert_int_equal(call(&f, "GET", "/", NULL), -EINTR);
	pthread_join(thread, NULL);
	assert_int_equal(tfs_http_call(f.http, second, &request, &f.answer, &f.sent), -ETIMEDOUT);
	assert_int_equal(atomic_load(&f.server->connections), 2);
	tfs_op_free(second);
	stop(&f);
}

struct caller {
	struct fixture *f;
	pthread_t thread;
	unsigned done, failed;
	uint64_t timeout_ms;
};

static void *call_many(void *data)
{
	struct caller *caller = data;
	struct fixture *f = caller->f;
	struct tfs_http_request request = { .method = "POST", .url = f->url, .max_answer = MAX_ANSWER };
	char body[2000];
	bool sent;

	memset(body, 'b', sizeof(body));
	request.body = body;
	for (unsigned i = 0; i < 100; i++) {
		struct tfs_op *op = tfs_op_new(caller->timeout_ms);
		struct tfs_http_answer answer = { 0 };
		char expected[64];

		request.body_len = i * 10;
		snprintf(expected, sizeof(expected), "POST / %u", i * 10);
		if (tfs_http_call(f->http, op, &request, &answer, &sent) == 0 &&
		    strcmp(answer.body.data, expected) == 0)
			caller->done++;
		else
			caller->failed++;
		tfs_http_answer_finish(&answer);
		tfs_op_free(op);
	}
	return NULL;
}

static void run_callers(struct caller *callers, size_t n, struct fixture *f, uint64_t timeout_ms)
{
	for (size_t i = 0; i < n; i++) {
		callers[i] = (struct caller){ .f = f, .timeout_ms = timeout_ms };
		pthread_create(&callers[i].thread, NULL, call_many, &callers[i]);
	}
	for (size_t i = 0; i < n; i++)
		pthread_join(callers[i].thread, NULL);
}

static void test_eight_threads(void **state)
{
	struct caller callers[8];
	struct fixture f;

	(void)state;
	start(&f, answer_ok);
	run_callers(callers, 8, &f, 60000);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(callers[i].done, 100);
		assert_int_equal(callers[i].failed, 0);
	}
	assert_int_equal(atomic_load(&f.server->requests), 800);
	assert_true(atomic_load(&f.server->connections) <= 8);
	stop(&f);
}

static bool answer_late(struct server *server, int fd, const struct request *request)
{
	server_pause(server, (unsigned)(request->body_len % 3) * 5);
	return answer_ok(server, fd, request);
}

/* Callers give up at any point and free their memory at once; later callers are served. */
static void test_cancel_under_load(void **state)
{
	struct caller callers[8];
	struct fixture f;

	(void)state;
	start(&f, answer_late);
	run_callers(callers, 8, &f, 4);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(callers[i].done + callers[i].failed, 100);
	assert_int_equal(call(&f, "GET", "/", NULL), 0);
	stop(&f);
}

static void *free_later(void *data)
{
	usleep(100000);
	tfs_http_free(data);
	return NULL;
}

static void test_free_ends_exchanges(void **state)
{
	struct fixture f;
	pthread_t thread;

	(void)state;
	start(&f, trickle);
	pthread_create(&thread, NULL, free_later, f.http);
	assert_int_equal(call(&f, "GET", "/", NULL), -ECANCELED);
	assert_string_equal(tfs_op_error(f.op)->message, "the client is being closed");
	pthread_join(thread, NULL);
	tfs_op_free(f.op);
	server_stop(f.server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_redirect_is_an_answer),
		cmocka_unit_test(test_keeps_connection),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_refuses_broken_headers),
		cmocka_unit_test(test_chunked),
		cmocka_unit_test(test_interim_answer_is_ignored),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_closed_early),
		cmocka_unit_test(test_never_sends_twice),
		cmocka_unit_test(test_closed_connection_is_replaced),
		cmocka_unit_test(test_cannot_connect),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_flood_is_limited),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_cancel_returns_at_once),
		cmocka_unit_test(test_connections_are_capped),
		cmocka_unit_test(test_eight_threads),
		cmocka_unit_test(test_cancel_under_load),
		cmocka_unit_test(test_free_ends_exchanges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
