/* Reads users: pages, counts, look-ups, details. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "record.h"
#include "routes.h"
#include "tenantfs/digest.h"
#include "users.h"

enum { PAGE_DEFAULT = 25, PAGE_MOST = 100, TOKEN_SECONDS = 600 };

static int read_rows(struct call *call, const struct store_page *page, struct tfs_buf *rows, long long *ret_total)
{
	cleanup_json json_t *module = NULL;
	int r = sandbox_record_module(call, page->module, &module);

	if (r == 0)
		r = sandbox_store_user_page(call->box->store, page, rows, ret_total);
	return r == -EINVAL && !call->refusal.status
		       ? call_refuse(call, 400, "query",
				     "\"query\" must compare members with texts, numbers or booleans")
		       : r;
}

/* Reduces each record to the members `attributes` names, and the user's ids. */
static int cut_rows(const json_t *attributes, struct tfs_buf *rows)
{
	cleanup_json json_t *list = NULL;
	struct tfs_buf text = TFS_BUF_INIT(CALL_ANSWER_MAX);
	size_t index, k;
	json_t *user, *name;
	int r = tfs_buf_printf(&text, "[%s]", rows->data ? rows->data : "");

	list = r == 0 ? json_loadb(text.data, text.len, JSON_ALLOW_NUL, NULL) : NULL;
	tfs_buf_reset(rows);
	r = list ? 0 : -ENOMEM;
	json_array_foreach (list, index, user) {
		cleanup_json json_t *cut = json_pack("{s:O, s:O}", "uid", json_object_get(user, "uid"), "username",
						     json_object_get(user, "username"));
		json_array_foreach (attributes, k, name) {
			json_t *value = json_object_get(user, json_string_value(name));
			if (cut && value)
				json_object_set(cut, json_string_value(name), value);
		}
		if (r == 0 && index)
			r = tfs_buf_putc(rows, ',');
		if (r == 0)
			r = cut ? tfs_json_print(cut, rows) : -ENOMEM;
	}
	tfs_buf_finish(&text);
	return r;
}

int sandbox_serve_users(struct call *call)
{
	struct store_page page = { .module = sandbox_call_text(call, "moduleId"),
				   .query = sandbox_call_member(call, "query"),
				   .size = PAGE_DEFAULT };
	const json_t *attributes = sandbox_call_member(call, "attributes");
	struct tfs_buf rows = TFS_BUF_INIT(CALL_ANSWER_MAX);
	long long total = 0;
	int r = sandbox_record_number(call, "pSize", 1, PAGE_MOST, &page.size);

	if (r == 0)
		r = sandbox_record_number(call, "pIndex", 0, 1LL << 40, &page.index);
	page.shift = page.index > 0 ? call->shift : 0;
	if (r == 0)
		r = read_rows(call, &page, &rows, &total);
	total -= page.shift;
	if (r == 0 && json_array_size(attributes))
		r = cut_rows(attributes, &rows);
	if (r == 0)
		r = tfs_buf_printf(&call->text, "{\"page\":{\"index\":%lld,\"total\":%lld,\"size\":%lld},\"data\":[",
				   page.index, total, page.size);
	if (r == 0)
		r = tfs_buf_add(&call->text, rows.data ? rows.data : "", rows.len);
	if (r == 0)
		r = tfs_buf_puts(&call->text, "]}");
	tfs_buf_finish(&rows);
	return r;
}

int sandbox_serve_users_count(struct call *call)
{
	struct store_page page = { .module = sandbox_call_text(call, "moduleId"),
				   .query = sandbox_call_member(call, "query") };
	cleanup_json json_t *module = NULL;
	struct tfs_buf rows = TFS_BUF_INIT(CALL_ANSWER_MAX);
	long long total = 0;
	int r = read_rows(call, &page, &rows, &total);

	tfs_buf_finish(&rows);
	if (r == 0)
		r = sandbox_record_module(call, page.module, &module);
	return r < 0 ? r
		     : sandbox_call_answer(call,
					   json_pack("{s:s, s:O, s:I}", "id", page.module, "type",
						     json_object_get(module, "type"), "count", (json_int_t)total));
}

int sandbox_serve_users_count_all(struct call *call)
{
	cleanup_json json_t *module = NULL;
	long long total = 0;
	int r = sandbox_record_module(call, sandbox_call_text(call, "moduleId"), &module);

	if (r == 0)
		r = sandbox_store_user_count(call->box->store, sandbox_call_text(call, "moduleId"), &total);
	return r < 0 ? r : sandbox_call_answer(call, json_pack("{s:I}", "count", (json_int_t)total));
}

/* A token that names a user in the calls of a sign-on. */
static json_t *user_token(const struct call *call, const json_t *user)
{
	cleanup_json json_t *claims =
		json_pack("{s:s, s:O, s:O, s:O, s:s, s:I}", "typ", "user", "uid", json_object_get(user, "uid"),
			  "username", json_object_get(user, "username"), "moduleId", json_object_get(user, "moduleId"),
			  "communityId", call->community->id, "exp", (json_int_t)time(NULL) + TOKEN_SECONDS);
	cleanup_free char *token = claims ? sandbox_token_sign(call->box->dir->token_secret, claims) : NULL;

	return token ? json_string(token) : NULL;
}

static int set_hash(json_t *found, const char *name, const json_t *value)
{
	char hash[17];
	char key[64];

	snprintf(key, sizeof(key), "%sHash", name);
	if (!json_is_string(value))
		return 0;
	int r = tfs_fingerprint(json_string_value(value), json_string_length(value), hash);
	if (r < 0)
		return r;
	return json_object_set(found, name, (json_t *)value) < 0 ||
			       json_object_set_new(found, key, json_string(hash)) < 0
		       ? -ENOMEM
		       : 0;
}

static int add_found(struct call *call, json_t *list, const json_t *user)
{
	json_t *found = json_object();
	int r = found && json_array_append_new(list, found) == 0 ? 0 : -ENOMEM;

	if (r == 0)
		r = set_hash(found, "username", json_object_get(user, "username"));
	if (r == 0)
		r = set_hash(found, "email1", json_object_get(user, "email1"));
	if (r == 0)
		r = set_hash(found, "email2", json_object_get(user, "email2"));
	if (r == 0)
		r = set_hash(found, "phone", json_object_get(user, "phone1"));
	if (r == 0 && json_object_set_new(found, "user_token", user_token(call, user)) < 0)
		r = -ENOMEM;
	return r;
}

static int find_in(struct call *call, const char *module, const json_t *query, json_t *list)
{
	struct store_page page = { .module = module, .query = query, .size = PAGE_MOST };
	struct tfs_buf text = TFS_BUF_INIT(CALL_ANSWER_MAX);
	cleanup_json json_t *users = NULL;
	long long total;
	size_t index;
	json_t *user;
	int r = tfs_buf_putc(&text, '[');

	if (r == 0)
		r = sandbox_store_user_page(call->box->store, &page, &text, &total);
	if (r == 0)
		r = tfs_buf_putc(&text, ']');
	if (r == 0 && !(users = json_loadb(text.data, text.len, JSON_ALLOW_NUL, NULL)))
		r = -EIO;
	tfs_buf_finish(&text);
	json_array_foreach (users, index, user) {
		if (r == 0)
			r = add_found(call, list, user);
	}
	return r;
}

int sandbox_serve_users_find(struct call *call)
{
	cleanup_json json_t *modules = NULL;
	cleanup_json json_t *query = json_object();
	json_t *list = json_array();
	size_t index;
	json_t *module;
	int r = query && list ? 0 : -ENOMEM;

	if (r == 0 && sandbox_call_member(call, "username"))
		json_object_set(query, "username", sandbox_call_member(call, "username"));
	if (r == 0 && sandbox_call_member(call, "email"))
		json_object_set(query, "email1", sandbox_call_member(call, "email"));
	if (r == 0 && !json_object_size(query))
		r = call_refuse(call, 400, "username", "\"username\" or \"email\" is required");
	if (r == 0)
		r = sandbox_store_list(call->box->store, call->community->id, "module", &modules);
	json_array_foreach (modules, index, module) {
		if (r == 0)
			r = find_in(call, tfs_json_text(module, "_id"), query, list);
	}
	if (r == 0)
		return sandbox_call_answer(call, json_pack("{s:o}", "users", list));
	json_decref(list);
	return r;
}

int sandbox_serve_user_detail(struct call *call)
{
	struct user_place place = { 0 };
	int r = sandbox_user_load(call, sandbox_call_text(call, "moduleId"), sandbox_call_member(call, "user"), &place);

	if (r < 0)
		return r;
	cleanup_json json_t *user = place.user;
	json_t *properties = json_pack("{s:O, s:O, s:O}", "mobiles", json_object_get(user, "mobiles"), "landlines",
				       json_object_get(user, "landlines"), "aliases", json_object_get(user, "aliases"));
	json_t *phone = json_object_get(user, "phone1");
	if (!properties || json_object_set_new(user, "userProperties", properties) < 0 ||
	    json_object_set(user, "email", json_object_get(user, "email1")) < 0 ||
	    (phone && json_object_set(user, "phone", phone) < 0) ||
	    json_object_set_new(user, "ial", json_string("IAL1")) < 0)
		return -ENOMEM;
	return sandbox_call_answer(call, steal_pointer(&user));
}
