/*
 * The server of an Admin API for tests: opens requests and answers them by a
 * script of steps. Included, not linked.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../scratch.h"
#include "tenantfs/api.h"
#include "tenantfs/clock.h"
#include "tenantfs/file.h"
#include "tenantfs/lock.h"

#include "../http/server.c"

enum step_kind {
	SEALED,   /* {"data", "publicKey"} */
	KEYLESS,  /* {"data"} */
	CHATTY,   /* {"data", "publicKey", "code"} */
	CLEAR,    /* the body unsealed */
	TAMPERED, /* sealed, then damaged */
	LIAR,     /* sealed with another key */
	DROP,     /* no answer, connection closed */
};

/* The answer to one call; the last step answers all further calls. */
struct step {
	enum step_kind kind;
	int status;
	const char *body, *headers;
};

enum { SERVICE_CALLS = 64, SERVICE_THREADS = 8, MAX_TEXT = 8192 };

/* One received request. */
struct seen {
	char method[16], path[2048], authorization[MAX_TEXT], license[256], secret[256], body[MAX_TEXT];
	char appid[64], uuid[64], echo_key[256];
	long long ts;
	bool body_sealed, token_sealed;
};

struct service {
	struct server *server;
	struct tfs_key *key, *client_key, *other_key;
	struct tfs_peer *peer, *other_peer; /* the client, as seen with each key */
	bool rotated;                       /* the service now has other_key */
	struct tfs_config *config;
	struct tfs_http *http;
	struct tfs_api *api;
	struct tfs_op *op;
	struct tfs_api_answer answer;
	char dir[64];
	struct tfs_mutex lock;
	const struct step *script; /* ended by a step of status 0 */
	struct seen seen[SERVICE_CALLS];
	unsigned n_seen, n_keys; /* protected by lock */
	char tag[64];            /* X-TenantTag of the last question for the key */
};

#define UNUSED __attribute__((unused))

static const struct tfs_endpoint read_endpoint = {
	.group = "Test",
	.group_slug = "test",
	.slug = "get-things",
	.method = "GET",
	.path = "/things/{id}",
	.request_id = TFS_NEED_REQUIRED,
	.public_key = TFS_NEED_REQUIRED,
	.answer_seal = TFS_SEAL_ALWAYS,
	.repeatable = true,
};
static const struct tfs_endpoint create_endpoint = {
	.group = "Test",
	.group_slug = "test",
	.slug = "post-things",
	.method = "POST",
	.path = "/things",
	.request_id = TFS_NEED_REQUIRED,
	.public_key = TFS_NEED_REQUIRED,
	.request_seal = TFS_SEAL_ALWAYS,
	.answer_seal = TFS_SEAL_ALWAYS,
};

static UNUSED void open_text(const struct tfs_peer *peer, const char *sealed, char *out, size_t room)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(room - 1);

	out[0] = '\0';
	if (sealed[0] != '\0' && tfs_open(peer, sealed, strlen(sealed), &text, NULL) == 0 && text.len > 0)
		memcpy(out, text.data, text.len + 1);
}

static void note_request_id(struct seen *seen, const char *text)
{
	json_t *id cleanup_json = NULL;

	if (tfs_json_parse(text, strlen(text), &id, NULL) < 0)
		return;
	snprintf(seen->appid, sizeof(seen->appid), "%s", tfs_json_text(id, "appid"));
	snprintf(seen->uuid, sizeof(seen->uuid), "%s", tfs_json_text(id, "uuid"));
	seen->ts = json_integer_value(json_object_get(id, "ts"));
}

static void note_body(struct service *service, struct seen *seen, const struct request *request)
{
	json_t *body cleanup_json = NULL;
	const char *data;

	snprintf(seen->body, sizeof(seen->body), "%s", request->body);
	if (tfs_json_parse(request->body, request->body_len, &body, NULL) < 0)
		return;
	data = tfs_json_text(body, "data");
	if (!data)
		return;
	seen->body_sealed = true;
	assert_string_equal(tfs_json_text(body, "publicKey"), tfs_key_public(service->client_key));
	open_text(service->peer, data, seen->body, sizeof(seen->body));
}

/* A sealed token is noted as opened. */
static void note_token(struct service *service, struct seen *seen, const struct request *request)
{
	char text[MAX_TEXT], opened[MAX_TEXT];

	server_header(request, "authorization", text, sizeof(text));
	open_text(service->peer, strncmp(text, "Bearer ", 7) == 0 ? text + 7 : "", opened, sizeof(opened));
	seen->token_sealed = opened[0] != '\0';
	snprintf(seen->authorization, sizeof(seen->authorization), "%s%.*s", seen->token_sealed ? "Bearer " : "",
		 MAX_TEXT - 8, seen->token_sealed ? opened : text);
}

static void note(struct service *service, struct seen *seen, const struct request *request)
{
	char sealed[MAX_TEXT], text[MAX_TEXT];

	memset(seen, 0, sizeof(*seen));
	snprintf(seen->method, sizeof(seen->method), "%s", request->method);
	snprintf(seen->path, sizeof(seen->path), "%s", request->path);
	note_token(service, seen, request);
	server_header(request, "keySecret", seen->secret, sizeof(seen->secret));
	server_header(request, "publickey", seen->echo_key, sizeof(seen->echo_key));
	server_header(request, "licensekey", sealed, sizeof(sealed));
	open_text(service->peer, sealed, seen->license, sizeof(seen->license));
	server_header(request, "requestid", sealed, sizeof(sealed));
	open_text(service->peer, sealed, text, sizeof(text));
	note_request_id(seen, text);
	note_body(service, seen, request);
}

static bool reply_sealed(struct service *service, int fd, const struct step *step)
{
	bool lies = step->kind == LIAR || service->rotated;
	const struct tfs_peer *peer = lies ? service->other_peer : service->peer;
	const char *key = tfs_key_public(lies ? service->other_key : service->key);
	struct tfs_buf sealed cleanup_buf = TFS_BUF_INIT(1 << 20), body cleanup_buf = TFS_BUF_INIT(1 << 20);

	assert_int_equal(tfs_seal(peer, step->body, strlen(step->body), &sealed, NULL), 0);
	if (step->kind == TAMPERED)
		sealed.data[sealed.len / 2] = sealed.data[sealed.len / 2] == 'A' ? 'B' : 'A';
	tfs_buf_printf(&body, "{\"data\":\"%s\"", sealed.data);
	if (step->kind != KEYLESS)
		tfs_buf_printf(&body, ",\"publicKey\":\"%s\"", key);
	tfs_buf_puts(&body, step->kind == CHATTY ? ",\"code\":200}" : "}");
	return server_reply(fd, step->status, step->headers ? step->headers : "", body.data);
}

static bool answer_keys(struct service *service, int fd, const struct request *request)
{
	char body[256];

	tfs_mutex_lock(&service->lock);
	service->n_keys++;
	server_header(request, "x-tenanttag", service->tag, sizeof(service->tag));
	tfs_mutex_unlock(&service->lock);
	snprintf(body, sizeof(body), "{\"publicKey\":\"%s\"}",
		 tfs_key_public(service->rotated ? service->other_key : service->key));
	return server_reply(fd, 200, "", body);
}

static bool service_handle(struct server *server, int fd, const struct request *request)
{
	struct service *service = server->context;
	const struct step *step = service->script;
	unsigned number;

	if (strcmp(request->path, "/adminapi/publickeys") == 0)
		return answer_keys(service, fd, request);
	tfs_mutex_lock(&service->lock);
	number = service->n_seen++;
	if (number < SERVICE_CALLS)
		note(service, &service->seen[number], request);
	tfs_mutex_unlock(&service->lock);
	while (number-- > 0 && step[1].status != 0)
		step++;
	if (step->kind == DROP)
		return false;
	if (step->kind == CLEAR)
		return server_reply(fd, step->status, step->headers ? step->headers : "", step->body);
	return reply_sealed(service, fd, step);
}

static UNUSED char *path_in(const struct service *service, const char *name)
{
	static _Thread_local char path[256];

	snprintf(path, sizeof(path), "%s/%s", service->dir, name);
	return path;
}

static UNUSED void write_file(const struct service *service, const char *name, const char *text, mode_t mode)
{
	assert_int_equal(tfs_file_write(path_in(service, name), text, strlen(text), mode, NULL), 0);
}

static UNUSED void read_file(const struct service *service, const char *name, char *out, size_t room)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(room - 1);

	out[0] = '\0';
	if (tfs_file_read(path_in(service, name), &text, NULL) == 0 && text.len > 0)
		memcpy(out, text.data, text.len + 1);
}

/* Replaces the client by one with further settings. */
static UNUSED void service_open(struct service *service, const char *settings)
{
	char text[8192];

	tfs_api_free(service->api);
	tfs_config_free(service->config);
	service->api = NULL;
	snprintf(text, sizeof(text),
		 "[tenant \"t\"]\n\turl = http://127.0.0.1:%d/adminapi\n\tdns = t.example\n\tcommunity = "
		 "default\n"
		 "\tkey-file = client.key\n\tstate-dir = state\n%s\n",
		 service->server->port, settings);
	write_file(service, "conf", text, 0600);
	assert_int_equal(tfs_config_load(path_in(service, "conf"), NULL, &service->config, NULL), 0);
	assert_int_equal(tfs_api_new(service->config, service->http, &service->api, NULL), 0);
}

static UNUSED void service_start(struct service *service, const struct step *script, const char *settings)
{
	memset(service, 0, sizeof(*service));
	tfs_mutex_init(&service->lock);
	scratch_name(service->dir, sizeof(service->dir));
	assert_non_null(mkdtemp(service->dir));
	assert_int_equal(tfs_key_generate(TFS_SECP256K1, &service->key, NULL), 0);
	assert_int_equal(tfs_key_generate(TFS_SECP256K1, &service->other_key, NULL), 0);
	assert_int_equal(tfs_key_generate(TFS_SECP256K1, &service->client_key, NULL), 0);
	assert_int_equal(tfs_peer_new(service->key, tfs_key_public(service->client_key), &service->peer, NULL), 0);
	assert_int_equal(
		tfs_peer_new(service->other_key, tfs_key_public(service->client_key), &service->other_peer, NULL), 0);
	assert_int_equal(tfs_key_save(service->client_key, path_in(service, "client.key"), NULL), 0);
	service->script = script;
	service->server = server_start(service_handle, service);
	assert_int_equal(tfs_http_new(&(struct tfs_http_options){ 0 }, &service->http, NULL), 0);
	service->op = tfs_op_new(10000);
	service_open(service, settings);
}

static void remove_files(const struct service *service)
{
	static const char *const names[] = { "state/token",
					     "state/token-form",
					     "state/service-key",
					     "state",
					     "conf",
					     "client.key",
					     "token",
					     "license",
					     "count" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove(path_in(service, names[i]));
	assert_int_equal(rmdir(service->dir), 0);
}

static UNUSED void service_stop(struct service *service)
{
	tfs_api_answer_finish(&service->answer);
	tfs_op_free(service->op);
	tfs_api_free(service->api);
	tfs_http_free(service->http);
	tfs_config_free(service->config);
	if (service->server)
		server_stop(service->server);
	tfs_peer_free(service->peer);
	tfs_peer_free(service->other_peer);
	tfs_key_free(service->key);
	tfs_key_free(service->other_key);
	tfs_key_free(service->client_key);
	tfs_mutex_destroy(&service->lock);
	remove_files(service);
}

/* Starts a new script and forgets the received requests. */
static UNUSED void service_play(struct service *service, const struct step *script)
{
	tfs_mutex_lock(&service->lock);
	service->script = script;
	service->n_seen = 0;
	service->n_keys = 0;
	tfs_mutex_unlock(&service->lock);
}

static UNUSED unsigned seen_count(struct service *service)
{
	unsigned n;

	tfs_mutex_lock(&service->lock);
	n = service->n_seen;
	tfs_mutex_unlock(&service->lock);
	return n;
}

static UNUSED unsigned key_count(struct service *service)
{
	unsigned n;

	tfs_mutex_lock(&service->lock);
	n = service->n_keys;
	tfs_mutex_unlock(&service->lock);
	return n;
}

/* Replaces the operation by a new one. */
static UNUSED void service_op(struct service *service, uint64_t timeout_ms)
{
	tfs_op_free(service->op);
	service->op = tfs_op_new(timeout_ms);
}

static UNUSED int service_call(struct service *service, const struct tfs_endpoint *endpoint, const char *body)
{
	json_t *path cleanup_json = json_pack("{s:s}", "id", "7");
	json_t *value cleanup_json = body ? json_loads(body, JSON_DECODE_ANY, NULL) : NULL;
	struct tfs_api_call call = {
		.endpoint = endpoint,
		.path = strchr(endpoint->path, '{') ? path : NULL,
		.body = value,
	};

	tfs_api_answer_finish(&service->answer);
	memset(&service->answer, 0, sizeof(service->answer));
	tfs_error_clear(tfs_op_error(service->op));
	return tfs_api_call(service->api, service->op, &call, &service->answer);
}

struct threaded_call {
	struct service *service;
	const struct tfs_endpoint *endpoint;
	int result;
};

static void *run_threaded_call(void *data)
{
	struct threaded_call *one = data;
	struct tfs_op *op = tfs_op_new(20000);
	struct tfs_api_answer answer = { 0 };
	json_t *body cleanup_json = json_object();
	struct tfs_api_call call = { .endpoint = one->endpoint, .body = body };

	one->result = tfs_api_call(one->service->api, op, &call, &answer);
	tfs_api_answer_finish(&answer);
	tfs_op_free(op);
	return NULL;
}

/* Makes a call with an empty body in each of SERVICE_THREADS threads at once; all succeed. */
static UNUSED void service_call_by_threads(struct service *service, const struct tfs_endpoint *endpoint)
{
	pthread_t threads[SERVICE_THREADS];
	struct threaded_call calls[SERVICE_THREADS];

	for (size_t i = 0; i < SERVICE_THREADS; i++) {
		calls[i] = (struct threaded_call){ service, endpoint, -1 };
		assert_int_equal(pthread_create(&threads[i], NULL, run_threaded_call, &calls[i]), 0);
	}
	for (size_t i = 0; i < SERVICE_THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(calls[i].result, 0);
	}
}

static UNUSED void assert_failure(struct service *service, int code, const char *message)
{
	assert_string_equal(tfs_op_error(service->op)->message, message);
	assert_int_equal(tfs_op_error(service->op)->code, code);
}
