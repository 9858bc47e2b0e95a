/* Creates and changes users. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record.h"
#include "routes.h"
#include "tenantfs/digest.h"
#include "users.h"

enum { MOST_ALIASES = 8 };

static int check_not_empty(struct call *call, const char *name)
{
	const char *text = sandbox_call_text(call, name);

	return text && !*text ? call_refuse(call, 400, name, "\"%s\" is not allowed to be empty", name) : 0;
}

static int check_status(struct call *call)
{
	const char *text = sandbox_call_text(call, "status");

	if (!text || !strcmp(text, "active") || !strcmp(text, "locked") || !strcmp(text, "disabled"))
		return 0;
	return call_refuse(call, 400, "status", "\"status\" must be one of [active, locked, disabled]");
}

static int check_profile(struct call *call)
{
	static const char *const needed[] = { "username", "firstname", "lastname", "email1" };
	int r = 0;

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed) && r == 0; i++)
		r = check_not_empty(call, needed[i]);
	return r < 0 ? r : check_status(call);
}

static const char *const profile_members[] = { "status", "firstname",       "middlename", "lastname",
					       "email1", "email1_verified", "email2",     "email2_verified",
					       "phone1", "phone1_verified", "disabled",   NULL };

/* An empty string removes one of these members. */
static void drop_emptied(json_t *user)
{
	static const char *const names[] = { "middlename", "email2", "phone1" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *text = tfs_json_text(user, names[i]);
		if (text && !*text)
			json_object_del(user, names[i]);
	}
}

static json_t *new_user(const struct call *call, const char *module)
{
	char uid[TFS_UUID_TEXT];
	char id[RECORD_ID];
	char now[RECORD_TIME];
	char urn[64];

	if (tfs_uuid(uid) < 0 || sandbox_record_id(id) < 0)
		return NULL;
	sandbox_record_now(now);
	snprintf(urn, sizeof(urn), "basic:%s", id);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:[], s:[], s:{}, s:s, s:s, "
			 "s:s, s:s}",
			 "_id", id, "uid", uid, "moduleId", module, "tenantId", call->box->tenant_id, "communityId",
			 call->community->id, "type", "basic", "roleValue", "", "email1_verified", 0, "email2_verified",
			 0, "phone1_verified", 0, "disabled", 0, "isLocked", 0, "mobiles", "landlines", "aliases",
			 "dguid", id, "urn", urn, "createdAt", now, "updatedAt", now);
}

static int add_user(struct call *call, const char *module, json_t *user)
{
	int r = json_object_set(user, "username", sandbox_call_member(call, "username")) < 0 ||
				json_object_set(user, "roleValue", sandbox_call_member(call, "role")) < 0
			? -ENOMEM
			: sandbox_record_take(call, user, profile_members);

	drop_emptied(user);
	if (r == 0)
		r = sandbox_store_user_add(call->box->store, module, user);
	if (r == -EEXIST)
		return call_refuse(call, 409, "username", "another user has this name");
	return r;
}

int sandbox_serve_user_create(struct call *call)
{
	const char *module = sandbox_call_text(call, "moduleId");
	cleanup_json json_t *known = NULL;
	cleanup_json json_t *user = NULL;
	int r = check_profile(call);

	if (r == 0)
		r = sandbox_record_module(call, module, &known);
	if (r == 0)
		r = sandbox_user_check_role(call, "role", sandbox_call_text(call, "role"));
	if (r == 0 && !(user = new_user(call, module)))
		r = -ENOMEM;
	if (r == 0)
		r = add_user(call, module, user);
	/* The document shows the numbers as strings with a trailing comma. */
	return r < 0 ? r
		     : sandbox_call_answer(call, json_pack("{s:s, s:s, s:s, s:[]}", "requested", "1,", "created", "1,",
							   "failed", "0,", "errors"));
}

/* Sets the new role if the body has one and names the old one correctly. */
static int change_role(struct call *call, json_t *user)
{
	const char *old = sandbox_call_text(call, "oldRole");
	const char *new = sandbox_call_text(call, "newRole");
	const char *own = tfs_json_text(user, "roleValue");

	if (!new)
		return 0;
	if (!old || !own || strcmp(old, own))
		return call_refuse(call, 400, "oldRole", "\"oldRole\" is not the role of the user");
	int r = sandbox_user_check_role(call, "newRole", new);
	return r < 0 ? r : json_object_set(user, "roleValue", sandbox_call_member(call, "newRole")) < 0 ? -ENOMEM : 0;
}

int sandbox_serve_user_update(struct call *call)
{
	struct user_place place = { 0 };
	int r = check_profile(call);

	if (r == 0)
		r = sandbox_user_load(call, sandbox_call_text(call, "moduleId"), call->body, &place);
	if (r < 0)
		return r;
	cleanup_json json_t *user = place.user;
	r = sandbox_record_take(call, user, profile_members);
	drop_emptied(user);
	if (r == 0)
		r = change_role(call, user);
	if (r == 0)
		r = sandbox_user_save(call, &place);
	return r < 0 ? r : sandbox_call_answer(call, steal_pointer(&user));
}

int sandbox_serve_user_role(struct call *call)
{
	static const char *const members[] = { "disabled", NULL };
	struct user_place place = { 0 };
	int r = sandbox_user_load(call, sandbox_call_text(call, "moduleId"), call->body, &place);

	if (r < 0)
		return r;
	cleanup_json json_t *user = place.user;
	r = change_role(call, user);
	if (r == 0)
		r = sandbox_record_take(call, user, members);
	if (r == 0)
		r = sandbox_user_save(call, &place);
	return r < 0 ? r : sandbox_call_answer(call, json_pack("{s:b}", "status", 1));
}

static int set_lock(struct call *call, bool locked)
{
	struct user_place place = { 0 };

	if (!sandbox_call_text(call, "username"))
		return call_refuse(call, 400, "username", "\"username\" is required");
	int r = sandbox_user_load_named(call, sandbox_call_member(call, "username"), &place);
	if (r < 0)
		return r;
	cleanup_json json_t *user = place.user;
	if (json_object_set_new(user, "isLocked", json_boolean(locked)) < 0)
		return -ENOMEM;
	r = sandbox_user_save(call, &place);
	return r < 0 ? r : sandbox_call_done(call);
}

int sandbox_serve_user_lock(struct call *call)
{
	if (json_number_value(sandbox_call_member(call, "lock_duration")) <= 0)
		return call_refuse(call, 400, "lock_duration", "\"lock_duration\" must be a positive number");
	return set_lock(call, true);
}

int sandbox_serve_user_unlock(struct call *call)
{
	return set_lock(call, false);
}

static int check_phones(struct call *call, const json_t *list, const char *name)
{
	size_t index;
	json_t *phone;

	json_array_foreach (list, index, phone) {
		const char *text = json_string_value(phone);
		size_t digits = text ? strspn(text, "0123456789") : 0;
		if (!text || digits < 3 || text[digits])
			return call_refuse(call, 400, name, "\"%s[%zu]\" must only consist of digits", name, index);
	}
	return 0;
}

static int check_aliases(struct call *call)
{
	const char *name;
	json_t *value;

	json_object_foreach (sandbox_call_member(call, "aliases"), name, value) {
		bool known = !strncmp(name, "alias", 5) && name[5] >= '1' && name[5] <= '0' + MOST_ALIASES && !name[6];
		if (!known)
			return call_refuse(call, 400, "aliases", "\"aliases.%.100s\" is not allowed", name);
		if (!json_is_string(value) && !json_is_null(value))
			return call_refuse(call, 400, "aliases", "\"aliases.%s\" must be a string", name);
	}
	return 0;
}

/* The answer of user_properties and update_phone_numbers: the user, and the named members. */
static int answer_properties(struct call *call, const json_t *user, bool aliases)
{
	json_t *answer =
		json_pack("{s:s, s:s, s:{s:O, s:O, s:O}, s:O, s:O}", "tenantId", call->box->tenant_id, "communityId",
			  call->community->id, "user", "username", json_object_get(user, "username"), "uid",
			  json_object_get(user, "uid"), "authModuleId", json_object_get(user, "moduleId"), "mobiles",
			  json_object_get(user, "mobiles"), "landlines", json_object_get(user, "landlines"));

	if (answer && aliases)
		json_object_set(answer, "aliases", json_object_get(user, "aliases"));
	return sandbox_call_answer(call, answer);
}

int sandbox_serve_user_properties(struct call *call)
{
	static const char *const members[] = { "aliases", "mobiles", "landlines", NULL };
	const json_t *names = sandbox_call_member(call, "user");
	struct user_place place = { 0 };
	int r = check_phones(call, sandbox_call_member(call, "mobiles"), "mobiles");

	if (r == 0)
		r = check_phones(call, sandbox_call_member(call, "landlines"), "landlines");
	if (r == 0)
		r = check_aliases(call);
	if (r == 0)
		r = sandbox_user_load(call, tfs_json_text(names, "authModuleId"), names, &place);
	if (r < 0)
		return r;
	cleanup_json json_t *user = place.user;
	r = sandbox_record_take(call, user, members);
	if (r == 0)
		r = sandbox_user_save(call, &place);
	return r < 0 ? r : answer_properties(call, user, true);
}

static bool list_has(const json_t *list, const json_t *value)
{
	size_t index;
	json_t *item;

	json_array_foreach ((json_t *)list, index, item) {
		if (json_equal(item, value))
			return true;
	}
	return false;
}

/* Removes the old numbers, then appends the new ones. */
static int change_phones(struct call *call, json_t *user, const char *name)
{
	const json_t *add = json_object_get(sandbox_call_member(call, "updatePhones"), name);
	const json_t *cut = json_object_get(sandbox_call_member(call, "removePhones"), name);
	json_t *list = json_array();
	size_t index;
	json_t *phone;
	int r = check_phones(call, add, name);

	json_array_foreach (json_object_get(user, name), index, phone) {
		if (!list_has(cut, phone))
			json_array_append(list, phone);
	}
	json_array_foreach ((json_t *)add, index, phone) {
		if (!list_has(list, phone))
			json_array_append(list, phone);
	}
	if (json_object_set_new(user, name, list) < 0)
		return -ENOMEM;
	return r;
}

int sandbox_serve_user_phones(struct call *call)
{
	const json_t *names = sandbox_call_member(call, "user");
	struct user_place place = { 0 };
	int r = sandbox_user_load(call, tfs_json_text(names, "authModuleId"), names, &place);

	if (r < 0)
		return r;
	cleanup_json json_t *user = place.user;
	r = change_phones(call, user, "mobiles");
	if (r == 0)
		r = change_phones(call, user, "landlines");
	if (r == 0)
		r = sandbox_user_save(call, &place);
	return r < 0 ? r : answer_properties(call, user, false);
}

/* Counts the users of a module with the alias in one of its eight members. */
static int count_alias(struct call *call, const char *module, int number, long long *ret_total)
{
	char name[24];
	struct tfs_buf rows = TFS_BUF_INIT(CALL_ANSWER_MAX);

	snprintf(name, sizeof(name), "aliases.alias%d", number);
	cleanup_json json_t *query = json_pack("{s:O}", name, sandbox_call_member(call, "alias"));
	struct store_page page = { .module = module, .query = query };
	int r = query ? sandbox_store_user_page(call->box->store, &page, &rows, ret_total) : -ENOMEM;
	tfs_buf_finish(&rows);
	return r;
}

int sandbox_serve_alias_unique(struct call *call)
{
	cleanup_json json_t *modules = NULL;
	long long found = 0;
	size_t index;
	json_t *module;
	int r = sandbox_store_list(call->box->store, call->community->id, "module", &modules);

	json_array_foreach (modules, index, module) {
		for (int i = 1; i <= MOST_ALIASES && r == 0 && !found; i++)
			r = count_alias(call, tfs_json_text(module, "_id"), i, &found);
	}
	return r < 0 ? r : sandbox_call_answer(call, json_pack("{s:b}", "isUnique", !found));
}
