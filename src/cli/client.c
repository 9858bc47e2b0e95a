/* An API client that does not take the tenant's lock. */
#include "client.h"

#include "session.h"
#include "tenantfs/file.h"

int cli_client_start(struct cli_client *ret, const struct tfs_config *config, struct tfs_error *error)
{
	struct tfs_http_options options = { .ca_file = config->ca_file, .tls_pin = config->tls_pin };
	int r = tfs_http_new(&options, &ret->http, error);

	return r < 0 ? r : tfs_api_new(config, ret->http, &ret->api, error);
}

int cli_client_open(const struct cli *cli, struct cli_client *ret, struct tfs_error *error)
{
	*ret = (struct cli_client){ 0 };
	int r = cli_find_config(cli, NULL, &ret->config, error);

	if (r >= 0)
		r = tfs_file_make_private_dir(ret->config->state_dir, error);
	return r < 0 ? r : cli_client_start(ret, ret->config, error);
}

void cli_client_close(struct cli_client *client)
{
	tfs_api_free(client->api);
	tfs_http_free(client->http);
	tfs_config_free(client->config);
}

void cli_client_tell_daemon(const struct cli_client *client)
{
	cleanup_json json_t *request = json_pack("{s:s, s:s}", "command", "refresh", "path", "");
	cleanup_json json_t *answer = NULL;

	/* Fails when no daemon runs, which is fine. */
	if (request)
		cli_ask(client->config, request, &answer, NULL);
}
