/* tenantfs call: calls one endpoint of the API and prints its answer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "call-request.h"
#include "endpoints.h"
#include "report.h"
#include "session.h"

enum { BODY_MAX = 32 << 20 };

static int find_endpoint(const struct cli *cli, const struct tfs_endpoint **ret)
{
	char method[16];
	size_t len = strcspn(cli->args[1], "?");
	cleanup_free char *path = strndup(cli->args[1], len);

	snprintf(method, sizeof(method), "%s", cli->args[0]);
	for (char *c = method; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	const struct tfs_endpoint *endpoint = path ? tfs_endpoint_find(method, path) : NULL;
	if (!endpoint && path)
		endpoint = tfs_endpoint_match(method, path);
	if (!endpoint)
		return cli_usage(cli->command, "the API has no %s %s; those it has: tenantfs call --list", method,
				 path ? path : "");
	*ret = endpoint;
	return 0;
}

static int read_body(const char *name, struct cli_input *input, json_t **ret, struct tfs_error *error)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(BODY_MAX);
	int r = cli_input_read(input, name, &text, error);

	if (r >= 0) {
		r = tfs_json_parse(text.data ? text.data : "", text.len, ret, error);
		if (r < 0)
			tfs_error_prefix(error, "%s: ", strcmp(name, "-") ? name : "standard input");
	}
	return r;
}

static int build(const struct cli *cli, const struct tfs_endpoint *endpoint, json_t **ret, struct tfs_error *error)
{
	struct cli_input input = { .in = stdin };
	cleanup_json json_t *body = NULL;
	const char *file = cli_option(cli, "body");

	if (file) {
		int r = read_body(file, &input, &body, error);
		if (r < 0)
			return r;
	}
	return cli_request_build(endpoint, cli->args[1], cli->args + 2, cli->n_args - 2, body, &input, ret, error);
}

static int call_directly(struct tfs_tenant *tenant, const struct tfs_endpoint *endpoint, const char *community,
			 const json_t *request, json_t **ret, struct tfs_error *error)
{
	struct tfs_op *op = tfs_op_new(tfs_tenant_config(tenant)->timeout_ms);

	if (!op)
		return tfs_error_set_memory(error);
	tfs_op_set_caller(op, getuid(), getgid(), getpid());
	int r = tfs_store_call(tfs_tenant_store(tenant), op, endpoint, community, request, ret);
	if (r < 0)
		*error = *tfs_op_error(op);
	tfs_op_free(op);
	return r;
}

/* `*ret_login`: the command line that logs in to the tenant, NULL when it is unknown. */
static int call(const struct cli *cli, const struct tfs_endpoint *endpoint, const json_t *request, json_t **ret,
		char **ret_login, struct tfs_error *error)
{
	cleanup_config struct tfs_config *config = NULL;
	cleanup_json json_t *question = NULL;
	cleanup_json json_t *reply = NULL;
	struct tfs_tenant *tenant = NULL;
	const char *community = cli_option(cli, "community");
	int r = cli_find_config(cli, NULL, &config, error);

	if (r < 0)
		return r;
	*ret_login = tfs_config_command_line(config, "login");
	question = json_pack("{s:s, s:s, s:s, s:O, s:o*}", "command", "call", "method", endpoint->method, "path",
			     endpoint->path, "request", request, "community",
			     community ? tfs_json_string(community) : NULL);
	if (!question)
		return tfs_error_set_memory(error);
	r = cli_reach(config, question, &reply, &tenant, error);
	if (r >= 0 && !tenant)
		*ret = json_incref(json_object_get(reply, "answer"));
	else if (r >= 0)
		r = call_directly(tenant, endpoint, community ? community : config->communities[0], request, ret,
				  error);
	tfs_tenant_close(tenant);
	return r;
}

/* Prints a body that is not JSON (XML, CSV) unchanged, and of a redirection without a body its target. */
static int print_answer(const json_t *answer, bool whole)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(SIZE_MAX / 2);
	const json_t *shown = whole ? answer : json_object_get(answer, "body");
	int r = 0;

	if (!shown || json_is_null(shown))
		shown = tfs_json_at(answer, "/headers/location");

	if (!whole && json_is_string(shown))
		r = tfs_buf_add(&text, json_string_value(shown), json_string_length(shown));
	else if (shown && !json_is_null(shown))
		r = tfs_json_print_document(shown, &text);
	if (r >= 0 && text.len && fwrite(text.data, 1, text.len, stdout) != text.len)
		r = -errno;
	if (r >= 0 && text.len && text.data[text.len - 1] != '\n')
		putchar('\n');
	return r;
}

/* Error bodies come in several shapes. */
static const char *message_of(const json_t *answer)
{
	static const char *const places[] = { "/body/message", "/body/errors/0/message", "/body/error" };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const json_t *message = tfs_json_at(answer, places[i]);
		if (json_is_string(message))
			return json_string_value(message);
	}
	return "the server refused it";
}

/* Reports the refusal in an answer. */
static int fail_refused(const struct tfs_endpoint *endpoint, const json_t *answer, int status, const char *login)
{
	struct tfs_error error;
	char what[160], remedy[1024];

	tfs_error_set(&error, tfs_status_errno(status), "api", "%s", message_of(answer));
	error.status = status;
	snprintf(what, sizeof(what), "%s %s", endpoint->method, endpoint->path);
	if (error.code != -EACCES || !cli_remedy(&error) || !login)
		return cli_fail(what, &error);
	snprintf(remedy, sizeof(remedy), "log in: %s", login);
	fflush(stdout);
	cli_print_error(stderr, what, &error, remedy);
	return cli_exit_of(error.code);
}

/* Prints the answer, also a refusal; what a refusal means goes to standard error. */
static int report(const struct cli *cli, const struct tfs_endpoint *endpoint, const json_t *answer, const char *login)
{
	int status = (int)json_integer_value(json_object_get(answer, "status"));
	cleanup_json json_t *shown =
		json_pack("{s:i, s:O*, s:O*, s:O*}", "status", status, "body", json_object_get(answer, "body"),
			  "base64", json_object_get(answer, "base64"), "headers", json_object_get(answer, "headers"));
	int r = shown ? print_answer(shown, cli_option(cli, "json")) : -ENOMEM;

	if (r < 0) {
		struct tfs_error error;
		tfs_error_set(&error, r, "cli", "cannot write the answer:  %s", strerror(-r));
		return cli_fail("call", &error);
	}
	/* A redirection is a result, not an error. */
	return status >= 400 ? fail_refused(endpoint, answer, status, login) : CLI_DONE;
}

static int call_and_report(const struct cli *cli)
{
	const struct tfs_endpoint *endpoint = NULL;
	cleanup_json json_t *request = NULL;
	cleanup_json json_t *answer = NULL;
	cleanup_free char *login = NULL;
	struct tfs_error error = { 0 };

	if (cli->n_args < 2)
		return cli_usage(cli->command, "it takes %s", cli->command->arguments);
	int r = find_endpoint(cli, &endpoint);
	if (r)
		return r;
	if (cli_option(cli, "describe")) {
		cli_describe_endpoint(endpoint);
		return CLI_DONE;
	}
	r = build(cli, endpoint, &request, &error);
	if (r < 0) {
		cli_fail("call", &error);
		return r == -EINVAL ? CLI_USAGE : cli_exit_of(r);
	}
	struct cli_progress *progress = cli_progress_start(endpoint->path);
	r = call(cli, endpoint, request, &answer, &login, &error);
	cli_progress_end(progress);
	return r < 0 ? cli_fail("call", &error) : report(cli, endpoint, answer, login);
}

int cli_run_call(const struct cli *cli)
{
	if (cli_option(cli, "list")) {
		cli_list_endpoints(cli->args, cli->n_args);
		return CLI_DONE;
	}
	return call_and_report(cli);
}
