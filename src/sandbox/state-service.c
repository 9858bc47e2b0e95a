/* The service's own data: keys, health, directory, communities. */
#include <errno.h>
#include <string.h>

#include "record.h"
#include "routes.h"
#include "tenantfs/digest.h"

enum { HELPER_MAX = 8 << 20 };

int sandbox_serve_public_key(struct call *call)
{
	call->clear = true;
	return sandbox_call_answer(call, json_pack("{s:s}", "publicKey", tfs_key_public(call->box->dir->server)));
}

int sandbox_serve_health(struct call *call)
{
	return sandbox_call_answer(call, json_pack("{s:s, s:s, s:s, s:s}", "status", "all services operational",
						   "publicKey", tfs_key_public(call->box->dir->server), "code", "200",
						   "version", "2.1.0"));
}

int sandbox_serve_directory(struct call *call)
{
	const char *url = call->box->url;

	return sandbox_call_answer(call, json_pack("{s:s, s:s, s:s}", "adminapi", url, "users", url, "reports", url));
}

/* The document of a kind, or an empty object. */
static json_t *document(const struct call *call, const struct community *community, const char *kind)
{
	json_t *doc = NULL;

	return sandbox_store_get(call->box->store, community->id, kind, "", &doc) == 0 ? doc : json_object();
}

int sandbox_serve_community_info(struct call *call)
{
	const struct box *box = call->box;
	const char *dns = sandbox_call_text(call, "dns");
	const struct community *community = sandbox_box_community_named(box, sandbox_call_text(call, "communityName"));

	if (!dns || strcmp(dns, BOX_DNS))
		return call_refuse(call, 404, "dns", "no tenant has this dns");
	if (!community)
		return call_refuse(call, 404, "communityName", "community not found");
	const char *key = tfs_key_public(box->dir->server);
	json_t *answer =
		json_pack("{s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s, s:s, s:s}, s:o, s:o, s:o, s:o}", "community", "id",
			  community->id, "name", community->name, "tenantId", box->tenant_id, "publicKey", key,
			  "tenant", "id", box->tenant_id, "name", box->tenant_name, "dns", BOX_DNS, "tag", "sandbox",
			  "authScheme", document(call, community, "auth-scheme"), "settings",
			  document(call, community, "mfa"), "branding", document(call, community, "branding"),
			  "password_reset_options", document(call, community, "password-reset"));
	return sandbox_call_answer(call, answer);
}

static int run_helper(struct call *call, bool decrypt, struct tfs_buf *out)
{
	const json_t *data = sandbox_call_member(call, "dataStr");
	const char *private_key = sandbox_call_text(call, "privateKey");
	cleanup_key struct tfs_key *key = NULL;
	cleanup_peer struct tfs_peer *peer = NULL;
	int r = tfs_key_from_base64(call->box->dir->curve, private_key, strlen(private_key), &key, NULL);

	if (r < 0)
		return call_refuse(call, 400, "privateKey", "\"privateKey\" is not valid");
	if (tfs_peer_new(key, sandbox_call_text(call, "publicKey"), &peer, NULL) < 0)
		return call_refuse(call, 400, "publicKey", "\"publicKey\" is not valid");
	r = decrypt ? tfs_open(peer, json_string_value(data), json_string_length(data), out, NULL)
		    : tfs_seal(peer, json_string_value(data), json_string_length(data), out, NULL);
	return r == -EBADMSG ? call_refuse(call, 400, "dataStr", "\"dataStr\" cannot be decrypted") : r;
}

int sandbox_serve_ecdsa(struct call *call)
{
	const char *method = sandbox_call_param(call, "method");
	bool decrypt = !strcmp(method, "decrypt");
	struct tfs_buf out = TFS_BUF_INIT(HELPER_MAX);

	call->clear = true;
	if (!decrypt && strcmp(method, "encrypt"))
		return call_refuse(call, 400, "method", "\"method\" must be one of [encrypt, decrypt]");
	int r = run_helper(call, decrypt, &out);
	if (r == 0) {
		json_t *text = json_stringn(out.data ? out.data : "", out.len);
		r = text ? sandbox_call_answer(call, json_pack("{s:o}", "data", text))
			 : call_refuse(call, 400, "dataStr", "the plain text is not UTF-8");
	}
	tfs_buf_wipe(&out);
	return r;
}

int sandbox_serve_service_keys(struct call *call)
{
	json_t *list = NULL;
	int r = sandbox_store_list(call->box->store, "", "service-key", &list);

	return r < 0 ? r : sandbox_call_answer(call, list);
}

int sandbox_serve_service_key_reset(struct call *call)
{
	char secret[TFS_UUID_TEXT];
	json_t *key = NULL;
	int r = sandbox_store_get(call->box->store, "", "service-key", sandbox_call_param(call, "keyId"), &key);

	if (r == -ENOENT)
		return call_refuse(call, 400, "keyId", "\"keyId\" is not a service key");
	if (r == 0 && (tfs_uuid(secret) < 0 || json_object_set_new(key, "keySecret", json_string(secret)) < 0))
		r = -EIO;
	if (r == 0)
		r = sandbox_store_put(call->box->store, "", "service-key", sandbox_call_param(call, "keyId"), key);
	if (r == 0)
		return sandbox_call_answer(call, json_pack("[o]", key));
	json_decref(key);
	return r;
}
