/* Fetches and opens every page of a user list without a mount: the baseline for a cold listing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/api.h"
#include "tenantfs/clock.h"

enum { PAGE_SIZE = 100, OP_TIMEOUT_MS = 60000 };

struct client {
	struct tfs_config *config;
	struct tfs_http *http;
	struct tfs_api *api;
	const struct tfs_community *community;
};

static int client_open(struct client *client, struct tfs_op *op, const char *path)
{
	struct tfs_error *error = tfs_op_error(op);
	int r = tfs_config_load(path, NULL, &client->config, error);
	if (r < 0)
		return r;
	struct tfs_http_options options = { .ca_file = client->config->ca_file };
	r = tfs_http_new(&options, &client->http, error);
	if (r < 0)
		return r;
	r = tfs_api_new(client->config, client->http, &client->api, error);
	if (r < 0)
		return r;
	r = tfs_api_connect(client->api, op);
	if (r < 0)
		return r;
	return tfs_api_community(client->api, op, client->config->communities[0], &client->community);
}

static void client_close(struct client *client)
{
	tfs_api_free(client->api);
	tfs_http_free(client->http);
	tfs_config_free(client->config);
}

static int call(struct client *client, struct tfs_op *op, const char *path, json_t *body, struct tfs_api_answer *ret)
{
	struct tfs_api_call what = { .endpoint = tfs_endpoint_find("POST", path), .body = body };
	return what.endpoint ? tfs_api_call(client->api, op, &what, ret) : -ENOENT;
}

/* The id of the module with this name; -ENOENT without one. */
static int find_module(struct client *client, struct tfs_op *op, const char *name, char ret_id[64])
{
	struct tfs_api_answer answer = { 0 };
	int r = call(client, op, "/auth_modules/fetch", NULL, &answer);
	if (r < 0)
		return r;
	size_t i;
	json_t *module;
	r = -ENOENT;
	json_array_foreach (json_object_get(answer.body, "modules"), i, module) {
		const char *found = tfs_json_text(module, "name"), *id = tfs_json_text(module, "_id");
		if (found && id && !strcmp(found, name)) {
			snprintf(ret_id, 64, "%s", id);
			r = 0;
		}
	}
	tfs_api_answer_finish(&answer);
	return r;
}

/* One page: the total number of users, and the number of records in the page. */
static int fetch_page(struct client *client, const char *module, size_t index, size_t *ret_total, size_t *ret_got)
{
	struct tfs_op *op = tfs_op_new(OP_TIMEOUT_MS);
	if (!op)
		return -ENOMEM;
	cleanup_json json_t *body =
		json_pack("{s:s,s:s,s:s,s:i,s:i}", "tenantId", client->community->tenant_id, "communityId",
			  client->community->id, "moduleId", module, "pSize", PAGE_SIZE, "pIndex", (int)index);
	struct tfs_api_answer answer = { 0 };
	int r = call(client, op, "/users/fetch", body, &answer);
	if (r < 0) {
		fprintf(stderr, "page %zu: %s\n", index, tfs_op_error(op)->message);
	} else {
		*ret_total = (size_t)json_integer_value(tfs_json_at(answer.body, "/page/total"));
		*ret_got = json_array_size(tfs_json_at(answer.body, "/data"));
		tfs_api_answer_finish(&answer);
	}
	tfs_op_free(op);
	return r;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: bench-pages CONFIG MODULE\n");
		return 64;
	}
	struct client client = { 0 };
	struct tfs_op *op = tfs_op_new(OP_TIMEOUT_MS);
	char module[64] = "";
	int r = op ? client_open(&client, op, argv[1]) : -ENOMEM;
	if (r >= 0)
		r = find_module(&client, op, argv[2], module);
	if (r < 0)
		fprintf(stderr, "bench-pages: %s\n", op ? tfs_op_error(op)->message : "out of memory");

	uint64_t start = tfs_clock_ms();
	size_t total = 0, state = 0, pages = 0, got = 1;
	while (r >= 0 && got > 0 && (pages == 0 || state < total)) {
		r = fetch_page(&client, module, pages++, &total, &got);
		state += got;
	}
	if (r >= 0)
		printf("{\"pages\": %zu, \"users\": %zu, \"ms\": %llu}\n", pages, state,
		       (unsigned long long)(tfs_clock_ms() - start));
	client_close(&client);
	tfs_op_free(op);
	return r < 0 ? 1 : 0;
}
