/* Consents, their earlier versions, and which of them a user still has to give. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record.h"
#include "routes-config.h"
#include "tenantfs/digest.h"

enum { HASH_TEXT = 47, BODY_MAX = 1 << 20 };

static const char *const types[] = { "biometric", NULL };

static int check_type(struct call *call, const char *type)
{
	for (const char *const *known = types; type && *known; known++)
		if (!strcmp(*known, type))
			return 0;
	return call_refuse(call, 400, "type", "\"type\" must be one of [biometric]");
}

/* The default of a consent that was never set. */
static json_t *unset_consent(const char *type)
{
	return json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:[]}", "type", type, "isEnabled", 0, "title", "", "subtitle",
			 "", "body", "", "acknowledgeText", "", "history");
}

int sandbox_serve_consent(struct call *call)
{
	const char *type = sandbox_call_param(call, "type");
	json_t *consent = NULL;
	int r = check_type(call, type);

	if (r == 0)
		r = sandbox_store_get(call->box->store, call->community->id, "consent", type, &consent);
	if (r == -ENOENT)
		return sandbox_call_answer(call, unset_consent(type));
	return r < 0 ? r : sandbox_call_answer(call, consent);
}

int sandbox_serve_consent_version(struct call *call)
{
	json_t *version = NULL;
	int r = sandbox_store_get(call->box->store, call->community->id, "consent-version",
				  sandbox_call_param(call, "ipfsHash"), &version);

	if (r == -ENOENT)
		return call_refuse(call, 404, "ipfsHash", "no document has this hash");
	return r < 0 ? r : sandbox_call_answer(call, version);
}

/* A hash in the alphabet of IPFS hashes; equal texts have equal hashes. */
static int content_hash(const json_t *consent, char out[HASH_TEXT])
{
	static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	cleanup_buf struct tfs_buf text = TFS_BUF_INIT(BODY_MAX);
	char part[17];
	int r = tfs_json_print(consent, &text);

	memcpy(out, "Qm", 2);
	for (size_t i = 2; i < HASH_TEXT - 1 && r == 0; i++) {
		size_t at = (i - 2) % 16;
		if (at == 0)
			r = tfs_buf_putc(&text, (char)('0' + i / 16));
		if (at == 0 && r == 0)
			r = tfs_fingerprint(text.data, text.len, part);
		out[i] = digits[(unsigned char)part[at] * 7u % (sizeof(digits) - 1)];
	}
	out[HASH_TEXT - 1] = '\0';
	return r;
}

/* Stores the version and adds it to the history. */
static int keep_version(struct call *call, json_t *consent, json_t *history)
{
	char hash[HASH_TEXT], now[RECORD_TIME];
	cleanup_json json_t *version = json_deep_copy(consent);
	int r = version ? content_hash(version, hash) : -ENOMEM;

	sandbox_record_now(now);
	if (r < 0)
		return r;
	if (json_object_set_new(version, "ipfsHash", json_string(hash)) < 0 ||
	    json_object_set_new(consent, "ipfsHash", json_string(hash)) < 0 ||
	    json_array_append_new(history, json_pack("{s:s, s:s}", "ipfsHash", hash, "updatedAt", now)) < 0 ||
	    json_object_set(consent, "history", history) < 0)
		return -ENOMEM;
	return sandbox_store_put(call->box->store, call->community->id, "consent-version", hash, version);
}

int sandbox_serve_consent_set(struct call *call)
{
	static const char *const members[] = {
		"type", "isEnabled", "title", "subtitle", "body", "acknowledgeText", NULL
	};
	const char *type = sandbox_call_text(call, "type");
	cleanup_json json_t *old = NULL;
	cleanup_json json_t *consent = unset_consent(type);
	cleanup_json json_t *history = NULL;
	int r = consent ? check_type(call, type) : -ENOMEM;

	if (r == 0)
		r = sandbox_store_get(call->box->store, call->community->id, "consent", type, &old);
	if (r < 0 && r != -ENOENT)
		return r;
	history = old ? json_incref(json_object_get(old, "history")) : json_array();
	json_object_del(consent, "history");
	r = history ? sandbox_record_take(call, consent, members) : -ENOMEM;
	if (r == 0)
		r = keep_version(call, consent, history);
	if (r == 0)
		r = sandbox_store_put(call->box->store, call->community->id, "consent", type, consent);
	return r < 0 ? r : sandbox_call_answer(call, steal_pointer(&consent));
}

/* No consent is ever recorded here: all requested scopes are still to be granted. */
int sandbox_serve_consent_check(struct call *call)
{
	cleanup_json json_t *provider = NULL;
	cleanup_json json_t *scopes = json_array();
	size_t index;
	json_t *scope;
	int r = sandbox_store_get(call->box->store, call->community->id, "provider", sandbox_call_text(call, "spId"),
				  &provider);

	if (r == -ENOENT)
		return call_refuse(call, 400, "spId", "\"spId\" is not a service provider");
	json_array_foreach (sandbox_call_member(call, "scopeIds"), index, scope) {
		json_t *shown = json_pack("{s:O, s:s, s:[s]}", "uuid", scope, "name", "profile", "claims", "email");
		if (r == 0 && (!shown || json_array_append_new(scopes, shown) < 0))
			r = -ENOMEM;
	}
	return r < 0 ? r : sandbox_call_answer(call, json_pack("{s:O}", "nonGrantedScopes", scopes));
}
