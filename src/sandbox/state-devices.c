/* Devices linked to a user, and access codes of invitations. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record.h"
#include "routes.h"
#include "seed.h"
#include "tenantfs/digest.h"
#include "users.h"

enum { MOST_DEVICES = 3 };

static const json_t *user_names(const struct call *call)
{
	return sandbox_call_member(call, "user");
}

static int load_user(struct call *call, struct user_place *ret)
{
	const json_t *names = user_names(call);

	if (!names)
		return call_refuse(call, 400, "user", "\"user\" is required");
	return sandbox_user_load(call, tfs_json_text(names, "authModuleId"), names, ret);
}

/* Devices are derived from the seed and the user; only their unlinking is stored. */
static json_t *make_device(const struct call *call, const char *uid, unsigned number)
{
	static const char *const systems[] = { "iOS", "Android", "iOS", "Windows" };
	static const char *const names[] = { "iPhone 15", "Pixel 8", "iPad/Work", "Surface \"Pro\"" };
	uint64_t state = sandbox_seed_state(call->box->seed, uid, number + 1);
	char id[SEED_ID], did[SEED_ID], other[SEED_ID];
	char key[96];
	size_t which = sandbox_seed_below(&state, 4);

	sandbox_seed_id(&state, id);
	sandbox_seed_id(&state, did);
	sandbox_seed_id(&state, other);
	snprintf(key, sizeof(key), "%s%.16s", did, other);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "uid", uid, "did", key,
			 "os", systems[which], "publickey", other, "deviceName", names[which], "authenticatorId",
			 "com.example.authenticator", "authenticatorVersion", "1.10.20", "authenticatorName",
			 "Authenticator", "clientIp", "192.0.2.7", "userAgent", "authenticator/1.10", "locLat", "0.0",
			 "locLon", "0.0", "id", id);
}

static int add_device(struct call *call, json_t *list, const char *uid, unsigned number)
{
	json_t *device = make_device(call, uid, number);
	cleanup_json json_t *gone = NULL;
	int r = device ? sandbox_store_get(call->box->store, call->community->id, "unlinked-device",
					   tfs_json_text(device, "did"), &gone)
		       : -ENOMEM;

	if (r == -ENOENT)
		return json_array_append_new(list, device) < 0 ? -ENOMEM : 0;
	json_decref(device);
	return r;
}

static int list_devices(struct call *call, const json_t *user, json_t **ret)
{
	const char *uid = tfs_json_text(user, "uid");
	uint64_t state = sandbox_seed_state(call->box->seed, uid, 0);
	size_t n = 1 + sandbox_seed_below(&state, MOST_DEVICES);
	cleanup_json json_t *list = json_array();
	int r = list ? 0 : -ENOMEM;

	for (unsigned i = 0; i < n && r == 0; i++)
		r = add_device(call, list, uid, i);
	if (r == 0)
		*ret = steal_pointer(&list);
	return r;
}

static json_t *make_person(const struct call *call, const json_t *user)
{
	return json_pack("[{s:O, s:[O], s:s, s:s, s:s, s:s, s:O, s:O}]", "personId", json_object_get(user, "dguid"),
			 "userIdList", json_object_get(user, "username"), "communityId", call->community->id,
			 "publicKey", "", "poi_ial", "IAL1", "pon_ial", "IAL1", "updatedTS",
			 json_object_get(user, "updatedAt"), "id", json_object_get(user, "_id"));
}

static int answer_devices(struct call *call, bool options)
{
	struct user_place place = { 0 };
	json_t *devices = NULL;
	int r = load_user(call, &place);

	if (r < 0)
		return r;
	cleanup_json json_t *user = place.user;
	r = list_devices(call, user, &devices);
	if (r < 0)
		return r;
	json_t *answer = json_pack("{s:o, s:o}", "list", make_person(call, user), "devices", devices);
	if (answer && options) {
		json_object_set_new(answer, "is_user_pin_enrolled", json_boolean(json_array_size(devices) > 1));
		json_object_set_new(answer, "is_typing_phrase_enrolled", json_false());
	}
	return sandbox_call_answer(call, answer);
}

int sandbox_serve_devices(struct call *call)
{
	return answer_devices(call, false);
}

int sandbox_serve_login_options(struct call *call)
{
	return answer_devices(call, true);
}

int sandbox_serve_device_unlink(struct call *call)
{
	struct user_place place = { 0 };
	cleanup_json json_t *devices = NULL;
	const char *did = sandbox_call_text(call, "did");
	size_t index;
	json_t *device;
	int r = load_user(call, &place);

	if (r < 0)
		return r;
	cleanup_json json_t *user = place.user;
	r = list_devices(call, user, &devices);
	json_array_foreach (devices, index, device) {
		const char *own = tfs_json_text(device, "did");
		if (!did || !own || strcmp(own, did))
			continue;
		r = sandbox_store_put(call->box->store, call->community->id, "unlinked-device", did, device);
		return r < 0 ? r : sandbox_call_answer(call, json_pack("{s:s}", "message", "device unlinked"));
	}
	return r < 0 ? r : call_refuse(call, 404, "did", "device not found");
}

static bool wants_code(const struct call *call, const json_t *code)
{
	const json_t *uid = json_object_get(code, "uid");
	size_t index;
	json_t *wanted;

	json_array_foreach (sandbox_call_member(call, "uids"), index, wanted) {
		if (json_equal(wanted, uid))
			return true;
	}
	return json_equal(json_object_get(user_names(call), "uid"), uid);
}

int sandbox_serve_codes(struct call *call)
{
	cleanup_json json_t *all = NULL;
	json_t *list = json_array();
	size_t index;
	json_t *code;
	int r = list ? sandbox_store_list(call->box->store, call->community->id, "access-code", &all) : -ENOMEM;

	json_array_foreach (all, index, code) {
		if (wants_code(call, code) && json_array_append(list, code) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		return sandbox_call_answer(call, list);
	json_decref(list);
	return r;
}

/* Checks the document's rules for an invitation beyond its fields. */
static int check_invitation(struct call *call)
{
	const char *license = sandbox_call_text(call, "license");
	const char *key = sandbox_call_text(call, "templateKeyPath");

	if (!sandbox_call_text(call, "emailTo") && !sandbox_call_text(call, "smsTo"))
		return call_refuse(call, 400, "emailTo", "\"emailTo\" or \"smsTo\" is required");
	if (!*key)
		return call_refuse(call, 400, "templateKeyPath", "\"templateKeyPath\" is not allowed to be empty");
	if (license && strcmp(license, call->box->dir->license))
		return call_refuse(call, 400, "license", "\"license\" is not valid");
	if (!license && !sandbox_call_text(call, "captchaToken"))
		return call_refuse(call, 400, "captchaToken", "\"captchaToken\" is required");
	return 0;
}

static int store_invitation(const struct call *call, const char *code, const char *link, const char *now)
{
	static const char *const members[] = {
		"uid",      "userId",          "authModuleId", "emailTo",        "smsTo", "firstname",
		"lastname", "templateKeyPath", "createdby",    "createdbyemail", NULL
	};
	cleanup_json json_t *doc =
		json_pack("{s:s, s:s, s:s, s:s}", "code", code, "status", "pending", "link", link, "createdAt", now);
	int r = doc ? sandbox_record_take(call, doc, members) : -ENOMEM;

	return r < 0 ? r : sandbox_store_put(call->box->store, call->community->id, "access-code", code, doc);
}

/* Checks the invited user by uid, and by name where the body has one. */
static int check_invited(struct call *call)
{
	cleanup_json json_t *names = json_pack("{s:O, s:O}", "uid", sandbox_call_member(call, "uid"), "username",
					       sandbox_call_member(call, "userId"));
	struct user_place place = { 0 };
	int r = names ? sandbox_user_load(call, sandbox_call_text(call, "authModuleId"), names, &place) : -ENOMEM;

	json_decref(place.user);
	return r;
}

int sandbox_serve_code_invite(struct call *call)
{
	char code[TFS_UUID_TEXT];
	char now[RECORD_TIME];
	cleanup_free char *link = NULL;
	int r = check_invitation(call);

	if (r == 0)
		r = check_invited(call);
	if (r == 0 && (tfs_uuid(code) < 0 || asprintf(&link, "%s/redeem/%s", call->box->url, code) < 0))
		r = -EIO;
	if (r < 0)
		return r;
	sandbox_record_now(now);
	r = store_invitation(call, code, link, now);
	return r < 0 ? r
		     : sandbox_call_answer(call, json_pack("{s:{s:b, s:i, s:s, s:s}, s:s, s:s}", "emailResult",
							   "status", 1, "statusCode", 200, "message", "sent", "ts", now,
							   "link", link, "code", code));
}

int sandbox_serve_code_revoke(struct call *call)
{
	int r = sandbox_store_remove(call->box->store, call->community->id, "access-code",
				     sandbox_call_param(call, "code"));

	if (r == -ENOENT)
		return call_refuse(call, 404, "code", "access code not found");
	return r < 0 ? r : sandbox_call_done(call);
}
