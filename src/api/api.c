/* The client of a tenant. A call goes through the links in the order below. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

static int (*const link_order[LINKS])(struct tfs_link *, struct tfs_op *, struct tfs_exchange *) = {
	api_errors_run, api_url_run,  api_connect_run, api_session_run, api_budget_run, api_rate_run,
	api_retry_run,  api_seal_run, api_open_run,    api_trace_run,   api_send_run,
};

static void build_chain(struct tfs_api *api)
{
	for (size_t i = 0; i < LINKS; i++) {
		api->chain[i].run = link_order[i];
		api->chain[i].next = i + 1 < LINKS ? &api->chain[i + 1] : NULL;
	}
}

int tfs_api_new(const struct tfs_config *config, struct tfs_http *http, struct tfs_api **ret, struct tfs_error *error)
{
	struct tfs_api *api = calloc(1, sizeof(*api));
	int r;

	if (!api)
		return tfs_error_set_memory(error);
	tfs_mutex_init(&api->lock);
	tfs_mutex_init(&api->rate_lock);
	tfs_mutex_init(&api->odd_records.lock);
	api->config = config;
	api->http = http;
	build_chain(api);
	r = tfs_key_load(config->curve, config->key_file, &api->key, error);
	if (r == 0 && (api_session_new(config, &api->session) < 0 || api_token_form_new(config, &api->token_form) < 0 ||
		       api_license_new(config, &api->license) < 0))
		r = tfs_error_set_memory(error);
	if (r < 0) {
		tfs_api_free(api);
		return r;
	}
	*ret = api;
	return 0;
}

void tfs_api_free(struct tfs_api *api)
{
	if (!api)
		return;
	api_communities_free(api->communities);
	api_pin_unref(api->pin);
	api_license_free(api->license);
	api_token_form_free(api->token_form);
	api_session_free(api->session);
	tfs_key_free(api->key);
	tfs_mutex_destroy(&api->odd_records.lock);
	tfs_mutex_destroy(&api->rate_lock);
	tfs_mutex_destroy(&api->lock);
	free(api);
}

int tfs_api_call(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call, struct tfs_api_answer *ret)
{
	return api_run_call(api, op, call, NULL, false, ret);
}

int tfs_api_call_raw(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call,
		     struct tfs_api_answer *ret)
{
	return api_run_call(api, op, call, NULL, true, ret);
}

int tfs_api_connect(struct tfs_api *api, struct tfs_op *op)
{
	struct pin *pin = NULL;
	int r = api_pin_get(api, op, &pin);

	api_pin_unref(pin);
	return r;
}

json_t *tfs_api_odd_records(struct tfs_api *api)
{
	struct odd_records *odd = &api->odd_records;
	json_t *texts = json_array();

	tfs_mutex_lock(&odd->lock);
	for (size_t i = 0; i < odd->count && texts; i++)
		json_array_append_new(texts, json_string(odd->texts[i]));
	tfs_mutex_unlock(&odd->lock);
	return texts;
}

void tfs_api_get_stats(struct tfs_api *api, struct tfs_api_stats *ret)
{
	*ret = (struct tfs_api_stats){
		.calls = atomic_load(&api->calls),
		.retries = atomic_load(&api->retries),
		.failures = atomic_load(&api->failures),
		.rate_limited = atomic_load(&api->rate_limited),
		.budget_waits = atomic_load(&api->budget_waits),
		.budget_waited_ms = atomic_load(&api->budget_waited_ms),
		.token_ends = api_session_ends(api->session),
		.reachable = atomic_load(&api->reachable),
		.session_over = api_session_is_over(api->session),
	};
	tfs_mutex_lock(&api->lock);
	if (api->pin)
		memcpy(ret->service_fingerprint, tfs_peer_fingerprint(api->pin->peer), 17);
	tfs_mutex_unlock(&api->lock);
}
