/* The connect link: the service's public key, from the configuration, or learned once and kept in the state folder. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "tenantfs/clock.h"
#include "tenantfs/file.h"
#include "tenantfs/lock.h"

enum {
	COMPARE_MS = 60000, /* least time between two requests for the service's key */
	SILENT_MAX = 3,     /* unsealed refusals in a row before a proven key is compared again */
};

/* Caller frees; NULL when out of memory. */
static char *pin_path(const struct tfs_api *api)
{
	char *path;

	return asprintf(&path, "%s/service-key", api->config->state_dir) < 0 ? NULL : path;
}

/* Fetches the service's key and appends it to `out`. */
static int ask_service(struct tfs_api *api, struct tfs_op *op, struct tfs_buf *out)
{
	struct tfs_api_call call = { .endpoint = tfs_endpoint_find("GET", "/publickeys") };
	struct tfs_api_answer answer = { 0 };
	json_t *headers cleanup_json = json_pack("{s:s*}", "X-TenantTag", api->config->tenant_tag);
	const char *key;
	int r;

	if (!call.endpoint)
		return tfs_fail(op, -ENOSYS, "api", "the catalogue has no GET /publickeys");
	if (!headers)
		return tfs_fail_memory(op);
	call.headers = headers;
	r = api_run_call(api, op, &call, "", false, &answer);
	if (r < 0)
		return r;
	key = tfs_json_text(answer.body, "publicKey");
	if (!key || key[0] == '\0')
		r = tfs_fail(op, -EBADMSG, "api", "GET /publickeys returned no publicKey");
	else if (tfs_buf_puts(out, key) < 0)
		r = tfs_fail(op, -EBADMSG, "api", "GET /publickeys returned an invalid publicKey");
	tfs_api_answer_finish(&answer);
	return r;
}

/* Fetches the service's key and stores it. If another process has stored one meanwhile, that one is used. */
static int learn_key(struct tfs_api *api, struct tfs_op *op, const char *path, struct tfs_buf *out)
{
	struct tfs_error error = { 0 };
	struct pin *probe = NULL;
	int r = ask_service(api, op, out);

	if (r == 0)
		r = api_pin_new(api, op, out->data, "GET /publickeys", &probe);
	api_pin_unref(probe);
	if (r < 0)
		return r;
	r = tfs_file_make_private_dir(api->config->state_dir, &error);
	if (r == 0)
		r = tfs_file_create(path, out->data, out->len, 0600, &error);
	if (r == -EEXIST) {
		tfs_buf_reset(out);
		r = tfs_file_read(path, out, &error);
	}
	if (r < 0)
		*tfs_op_error(op) = error;
	return r;
}

static int pin_from_state(struct tfs_api *api, struct tfs_op *op, struct pin **ret)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(SERVICE_KEY_MAX);
	cleanup_free char *path = pin_path(api);
	struct tfs_error error = { 0 };
	int r;

	if (!path)
		return tfs_fail_memory(op);
	r = tfs_file_read(path, &text, &error);
	if (r == -ENOENT)
		r = learn_key(api, op, path, &text);
	else if (r < 0)
		*tfs_op_error(op) = error;
	if (r < 0)
		return r;
	while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]))
		tfs_buf_resize(&text, text.len - 1);
	return api_pin_new(api, op, text.len > 0 ? text.data : "", path, ret);
}

static int find_pin(struct tfs_api *api, struct tfs_op *op, struct pin **ret)
{
	int r;

	if (!api->config->service_key)
		return pin_from_state(api, op, ret);
	r = api_pin_new(api, op, api->config->service_key, api->config->path, ret);
	if (r == 0)
		(*ret)->configured = true;
	return r;
}

int api_pin_get(struct tfs_api *api, struct tfs_op *op, struct pin **ret)
{
	struct pin *pin = NULL;
	int r;

	tfs_mutex_lock(&api->lock);
	if (api->pin)
		pin = api_pin_ref(api->pin);
	tfs_mutex_unlock(&api->lock);
	if (!pin) {
		r = find_pin(api, op, &pin);
		if (r < 0)
			return r;
		tfs_mutex_lock(&api->lock);
		if (!api->pin)
			api->pin = api_pin_ref(pin);
		tfs_mutex_unlock(&api->lock);
	}
	*ret = pin;
	return 0;
}

/* The next call reads the pin again: the user may have accepted the new key. */
static void forget_pin(struct tfs_api *api, struct pin *pin)
{
	bool ours;

	tfs_mutex_lock(&api->lock);
	ours = api->pin == pin;
	if (ours)
		api->pin = NULL;
	tfs_mutex_unlock(&api->lock);
	if (ours)
		api_pin_unref(pin);
}

int api_pin_compare(struct tfs_api *api, struct tfs_op *op, struct pin *pin, const char *text)
{
	struct tfs_peer *other cleanup_peer = NULL;
	const char *found;

	if (strcmp(text, tfs_peer_public(pin->peer)) == 0)
		return 0;
	found = tfs_peer_new(api->key, text, &other, NULL) == 0 ? tfs_peer_fingerprint(other) : "no key at all";
	if (pin->configured)
		tfs_fail(op, -EBADMSG, "api",
			 "the service's key changed: pinned is %s, it has %s; if that is right, set "
			 "service-key in %s",
			 tfs_peer_fingerprint(pin->peer), found, api->config->path);
	else
		tfs_fail(op, -EBADMSG, "api",
			 "the service's key changed: pinned is %s, it has %s; if that is right, remove "
			 "%s/service-key",
			 tfs_peer_fingerprint(pin->peer), found, api->config->state_dir);
	forget_pin(api, pin);
	return -EBADMSG;
}

int api_pin_suspect(struct tfs_api *api, struct tfs_op *op, struct pin *pin)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(SERVICE_KEY_MAX);
	unsigned silent = atomic_fetch_add(&pin->silent, 1) + 1;
	unsigned long long last = atomic_load(&pin->compared_ms), now = tfs_clock_ms();
	struct tfs_error before = *tfs_op_error(op);

	if (atomic_load(&pin->proven) && silent < SILENT_MAX)
		return 0;
	if ((last != 0 && now - last < COMPARE_MS) || !atomic_compare_exchange_strong(&pin->compared_ms, &last, now))
		return 0;
	if (ask_service(api, op, &text) < 0) {
		/* Report the refusal, not this failure to explain it. */
		*tfs_op_error(op) = before;
		return 0;
	}
	return api_pin_compare(api, op, pin, text.data);
}

int api_connect_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	const struct tfs_endpoint *endpoint = exchange->endpoint;
	bool has_token = endpoint->token != TFS_NEED_NONE || (exchange->bearer && exchange->bearer[0] != '\0');
	bool sealed = has_token || endpoint->request_id != TFS_NEED_NONE || endpoint->license != TFS_NEED_NONE ||
		      endpoint->answer_seal == TFS_SEAL_ALWAYS ||
		      (endpoint->request_seal == TFS_SEAL_ALWAYS && exchange->call->body);
	int r = sealed ? api_pin_get(exchange->api, op, &exchange->pin) : 0;

	return r < 0 ? r : run_next(link, op, exchange);
}
