/*
 * A client of the sandbox that can make correct and wrong requests, and a sandbox for it. Included by the
 * tests, not linked.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "server.h"
#include "tenantfs/digest.h"
#include "tenantfs/envelope.h"
#include "tenantfs/file.h"
#include "tenantfs/json.h"

#define CLIENT_TENANT_DNS "sandbox.tenantfs.test"

struct client {
	int port;
	struct tfs_key *key;
	struct tfs_peer *service;
	char token[2048], license[128], password[64], otp[16];
	char tenant[25], community[25], module[25];
};

/* Differences from a correct request. */
struct client_wrong {
	bool clear_body, no_token, no_key, no_request_id, other_key, no_uuid;
	long skew;           /* seconds */
	const char *uuid;    /* instead of a fresh one */
	const char *token;   /* instead of the client's */
	const char *license; /* instead of the right one */
};

struct client_answer {
	int status;   /* 0: the connection ended without an answer */
	json_t *body; /* opened; NULL without a body or if it is not JSON */
	bool sealed;
	char head[4096];
	struct tfs_buf raw; /* the body as received */
};

static inline void client_read(const char *dir, const char *name, char *out, size_t size)
{
	char path[512];
	struct tfs_buf text = TFS_BUF_INIT(65536);

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(tfs_file_read(path, &text, NULL), 0);
	snprintf(out, size, "%.*s", (int)text.len, text.data);
	out[strcspn(out, "\n")] = '\0';
	tfs_buf_finish(&text);
}

static inline void client_close(struct client *client)
{
	tfs_peer_free(client->service);
	tfs_key_free(client->key);
	*client = (struct client){ 0 };
}

static inline void client_answer_finish(struct client_answer *answer)
{
	json_decref(answer->body);
	tfs_buf_finish(&answer->raw);
	*answer = (struct client_answer){ 0 };
}

/* Sends the bytes and reads until the connection is closed. */
static inline void client_exchange(int port, const void *bytes, size_t len, struct tfs_buf *in)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char chunk[65536];
	ssize_t got;

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	for (size_t sent = 0; sent < len;) {
		ssize_t n = send(fd, (const char *)bytes + sent, len - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	while ((got = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		assert_int_equal(tfs_buf_add(in, chunk, (size_t)got), 0);
	close(fd);
}

static inline void client_seal(const struct client *client, const char *text, size_t len, struct tfs_buf *out)
{
	assert_int_equal(tfs_seal(client->service, text, len, out, NULL), 0);
}

static inline void client_add_request_id(const struct client *client, const struct client_wrong *wrong,
					 struct tfs_buf *out)
{
	char uuid[TFS_UUID_TEXT];
	char text[256];

	assert_int_equal(tfs_uuid(uuid), 0);
	snprintf(text, sizeof(text), "{\"appid\":\"test\",\"uuid\":\"%s\",\"ts\":%ld}",
		 wrong->uuid ? wrong->uuid : uuid, (long)time(NULL) + wrong->skew);
	tfs_buf_puts(out, "requestid: ");
	client_seal(client, text, strlen(text), out);
	tfs_buf_puts(out, "\r\n");
}

static inline void client_add_headers(const struct client *client, const struct client_wrong *wrong,
				      struct tfs_buf *out)
{
	struct tfs_key *other = NULL;
	const char *license = wrong->license ? wrong->license : client->license;

	if (!wrong->no_request_id)
		client_add_request_id(client, wrong, out);
	if (wrong->other_key)
		assert_int_equal(tfs_key_generate(TFS_SECP256K1, &other, NULL), 0);
	if (!wrong->no_key)
		tfs_buf_printf(out, "publickey: %s\r\n", tfs_key_public(other ? other : client->key));
	if (!wrong->no_token)
		tfs_buf_printf(out, "authorization: Bearer %s\r\n", wrong->token ? wrong->token : client->token);
	tfs_buf_puts(out, "licensekey: ");
	client_seal(client, license, strlen(license), out);
	tfs_buf_puts(out, "\r\n");
	tfs_key_free(other);
}

static inline void client_open_answer(const struct client *client, struct client_answer *answer)
{
	struct tfs_buf plain = TFS_BUF_INIT(64 << 20);
	const char *data = tfs_json_text(answer->body, "data");

	if (data && tfs_json_text(answer->body, "publicKey") && client->service &&
	    tfs_open(client->service, data, strlen(data), &plain, NULL) == 0) {
		json_t *opened = NULL;
		answer->sealed = true;
		if (tfs_json_parse(plain.data ? plain.data : "", plain.len, &opened, NULL) == 0) {
			json_decref(answer->body);
			answer->body = opened;
		}
	}
	tfs_buf_finish(&plain);
}

static inline void client_read_answer(const struct client *client, const struct tfs_buf *in,
				      struct client_answer *answer)
{
	const char *end = in->len ? memmem(in->data, in->len, "\r\n\r\n", 4) : NULL;

	*answer = (struct client_answer){ .raw = TFS_BUF_INIT(256 << 20) };
	if (!end || sscanf(in->data, "HTTP/1.1 %d", &answer->status) != 1)
		return;
	snprintf(answer->head, sizeof(answer->head), "%.*s", (int)(end - in->data), in->data);
	tfs_buf_add(&answer->raw, end + 4, in->len - (size_t)(end + 4 - in->data));
	if (answer->raw.len && tfs_json_parse(answer->raw.data, answer->raw.len, &answer->body, NULL) == 0)
		client_open_answer(client, answer);
}

/* `body` is JSON text or NULL. */
static inline void client_call(const struct client *client, const char *method, const char *path, const char *body,
			       const struct client_wrong *wrong_, struct client_answer *answer)
{
	const struct client_wrong right = { 0 };
	const struct client_wrong *wrong = wrong_ ? wrong_ : &right;
	struct tfs_buf out = TFS_BUF_INIT(32 << 20), payload = TFS_BUF_INIT(32 << 20), in = TFS_BUF_INIT(256 << 20);

	if (body && wrong->clear_body) {
		tfs_buf_puts(&payload, body);
	} else if (body) {
		tfs_buf_puts(&payload, "{\"data\":\"");
		client_seal(client, body, strlen(body), &payload);
		tfs_buf_printf(&payload, "\",\"publicKey\":\"%s\"}", tfs_key_public(client->key));
	}
	tfs_buf_printf(&out, "%s /adminapi%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", method, path);
	if (client->service)
		client_add_headers(client, wrong, &out);
	tfs_buf_printf(&out, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n", payload.len);
	if (payload.len)
		tfs_buf_add(&out, payload.data, payload.len);
	client_exchange(client->port, out.data, out.len, &in);
	client_read_answer(client, &in, answer);
	tfs_buf_finish(&out);
	tfs_buf_finish(&payload);
	tfs_buf_finish(&in);
}

/* As client_call; expects the status and gives the opened body, which is the caller's. */
static inline json_t *client_expect(const struct client *client, int status, const char *method, const char *path,
				    const char *body)
{
	struct client_answer answer;

	client_call(client, method, path, body, NULL, &answer);
	if (answer.status != status)
		print_error("%s %s: %d %s\n", method, path, answer.status, answer.raw.data ? answer.raw.data : "");
	assert_int_equal(answer.status, status);
	json_t *value = json_incref(answer.body);
	client_answer_finish(&answer);
	return value;
}

/* The message of an error answer of any shape. */
static inline const char *client_message(const json_t *body)
{
	const char *text = tfs_json_text(body, "message");

	return text ? text : json_string_value(tfs_json_at(body, "/errors/0/message"));
}

static inline void client_expect_refusal(const struct client *client, int status, const char *message,
					 const char *method, const char *path, const char *body)
{
	json_t *error = client_expect(client, status, method, path, body);

	assert_non_null(client_message(error));
	assert_string_equal(client_message(error), message);
	json_decref(error);
}

static inline void client_login_data(struct client *client, const char *dir)
{
	char path[512];
	char line[128];

	snprintf(path, sizeof(path), "%s/credentials", dir);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "password = %63s", client->password);
		sscanf(line, "otp = %15s", client->otp);
	}
	fclose(file);
}

/* Reads the files of the sandbox in `dir`; fetches its key, its ids and its first module. */
static inline void client_start(struct client *client, const char *dir)
{
	char path[512], text[64];
	json_t *answer;

	*client = (struct client){ 0 };
	client_read(dir, "port", text, sizeof(text));
	client->port = (int)strtol(text, NULL, 10);
	client_read(dir, "token", client->token, sizeof(client->token));
	client_read(dir, "license", client->license, sizeof(client->license));
	client_login_data(client, dir);
	snprintf(path, sizeof(path), "%s/client.key", dir);
	client_read(dir, "curve", text, sizeof(text));
	enum tfs_curve curve;
	assert_int_equal(tfs_curve_from_name(text, &curve), 0);
	assert_int_equal(tfs_key_load(curve, path, &client->key, NULL), 0);
	answer = client_expect(client, 200, "GET", "/publickeys", NULL);
	assert_int_equal(tfs_peer_new(client->key, tfs_json_text(answer, "publicKey"), &client->service, NULL), 0);
	json_decref(answer);
	answer = client_expect(client, 200, "POST", "/community_auth_info/fetch",
			       "{\"dns\":\"" CLIENT_TENANT_DNS "\",\"communityName\":\"default\"}");
	snprintf(client->community, 25, "%s", json_string_value(tfs_json_at(answer, "/community/id")));
	snprintf(client->tenant, 25, "%s", json_string_value(tfs_json_at(answer, "/tenant/id")));
	json_decref(answer);
	answer = client_expect(client, 200, "POST", "/auth_modules/fetch", NULL);
	assert_string_equal(json_string_value(tfs_json_at(answer, "/modules/0/name")), "Internal User Store");
	snprintf(client->module, 25, "%s", json_string_value(tfs_json_at(answer, "/modules/0/_id")));
	json_decref(answer);
}

/* {"tenantId", "communityId", "moduleId"} and `more` ("\"pSize\":100") as text; the caller frees. */
static inline char *client_scope(const struct client *client, const char *more)
{
	char *text = NULL;

	assert_true(asprintf(&text, "{\"tenantId\":\"%s\",\"communityId\":\"%s\",\"moduleId\":\"%s\"%s%s}",
			     client->tenant, client->community, client->module, *more ? "," : "", more) > 0);
	return text;
}

/* A sandbox in its own folder, and a client with its credentials. */
struct world {
	char dir[64], log[80];
	struct sandbox *sandbox;
	struct client client;
};

/* Starts the sandbox in the world's folder; by default with 330 users and seed 7. */
static inline void world_start(struct world *world, struct sandbox_options options)
{
	struct tfs_error error = { 0 };

	options.data = world->dir;
	options.log = world->log;
	options.seed = options.seed ? options.seed : 7;
	options.users = options.users ? options.users : 330;
	if (sandbox_start(&options, &world->sandbox, &error) < 0)
		fail_msg("%s", error.message);
	if (!options.tls)
		client_start(&world->client, world->dir);
}

static inline void world_stop(struct world *world)
{
	client_close(&world->client);
	sandbox_stop(world->sandbox);
	world->sandbox = NULL;
}

static inline struct world *world_new(void)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	scratch_name(world->dir, sizeof(world->dir));
	assert_non_null(mkdtemp(world->dir));
	snprintf(world->log, sizeof(world->log), "%s.log", world->dir);
	return world;
}

static inline void world_free(struct world *world)
{
	world_stop(world);
	scratch_remove(world->dir);
	unlink(world->log);
	free(world);
}

static inline int world_set_up(void **state)
{
	struct world *world = world_new();

	world_start(world, (struct sandbox_options){ .listen = "127.0.0.1:0" });
	*state = world;
	return 0;
}

static inline int world_tear_down(void **state)
{
	world_free(*state);
	return 0;
}

/* The last line of the request log; the caller's. */
static inline json_t *world_last_line(const struct world *world)
{
	struct tfs_buf text = TFS_BUF_INIT(256 << 20);
	json_t *line = NULL;

	assert_int_equal(tfs_file_read(world->log, &text, NULL), 0);
	assert_true(text.len > 1 && text.data[text.len - 1] == '\n');
	const char *start = memrchr(text.data, '\n', text.len - 1);
	start = start ? start + 1 : text.data;
	assert_int_equal(tfs_json_parse(start, (size_t)(text.data + text.len - 1 - start), &line, NULL), 0);
	tfs_buf_finish(&text);
	return line;
}

static inline void world_set_faults(const struct world *world, const char *spec)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/fault", world->dir);
	if (!spec)
		unlink(path);
	else
		assert_int_equal(tfs_file_write(path, spec, strlen(spec), 0600, NULL), 0);
}
