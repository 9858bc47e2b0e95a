/* Assignments of hardware tokens: pages, creation one by one or from a table, removal. */
#include <errno.h>
#include <string.h>

#include "record.h"
#include "routes.h"
#include "tokens.h"

static bool member_is(const json_t *query, const char *name, const json_t *assignment)
{
	const json_t *wanted = json_object_get(query, name);

	return !wanted || json_equal(wanted, json_object_get(assignment, name));
}

int sandbox_serve_token_users(struct call *call)
{
	const json_t *query = sandbox_call_member(call, "query");
	cleanup_json json_t *all = NULL;
	cleanup_json json_t *list = json_array();
	size_t index;
	json_t *assignment;
	int r = list ? sandbox_store_list(call->box->store, call->community->id, TOKEN_USER_KIND, &all) : -ENOMEM;

	json_array_foreach (all, index, assignment) {
		if (member_is(query, "username", assignment) && member_is(query, "serialNumber", assignment) &&
		    json_array_append(list, assignment) < 0)
			r = -ENOMEM;
	}
	return r < 0 ? r : sandbox_tokens_answer_page(call, list);
}

/*
 * Sets `*ret` to what is wrong with an assignment, NULL: nothing. The user need not exist: users of a
 * directory appear at their first sign-on.
 */
static int check_assignment(struct call *call, const json_t *row, const char *key, const char **ret)
{
	cleanup_json json_t *token = NULL;
	cleanup_json json_t *there = NULL;
	int r = sandbox_tokens_get(call, tfs_json_text(row, "serialNumber"), &token);

	*ret = NULL;
	if (r == -ENOENT)
		*ret = "no hardware token has this serial number";
	else if (r < 0)
		return r;
	if (!*ret && sandbox_store_get(call->box->store, call->community->id, TOKEN_USER_KIND, key, &there) == 0)
		*ret = "the user already has this token";
	return 0;
}

static int add_assignment(const struct call *call, const json_t *row, const char *key)
{
	char now[RECORD_TIME];

	sandbox_record_now(now);
	cleanup_json json_t *assignment = json_pack(
		"{s:O, s:O, s:s, s:s}", "username", json_object_get(row, "username"), "serialNumber",
		json_object_get(row, "serialNumber"), "assignedBy", sandbox_call_actor(call), "assignedAt", now);
	return assignment ? sandbox_store_put(call->box->store, call->community->id, TOKEN_USER_KIND, key, assignment)
			  : -ENOMEM;
}

/* 1: assigned; 0: added to `errors`; or a negative errno. */
static int take_row(struct call *call, const json_t *row, json_t *errors)
{
	const char *serial = tfs_json_text(row, "serialNumber");
	const char *user = tfs_json_text(row, "username");
	const char *wrong = NULL;

	if (!serial || !*serial || !user || !*user)
		return sandbox_tokens_add_error(errors, row, "username and serialNumber are required");
	cleanup_free char *key = sandbox_tokens_assignment_key(serial, user);
	int r = key ? check_assignment(call, row, key, &wrong) : -ENOMEM;
	if (r == 0)
		r = wrong ? sandbox_tokens_add_error(errors, row, wrong) : add_assignment(call, row, key);
	return r < 0 ? r : !wrong;
}

static int assign(struct call *call, const json_t *rows)
{
	cleanup_json json_t *errors = json_array();
	long long made = 0;
	size_t index;
	json_t *row;

	json_array_foreach ((json_t *)rows, index, row) {
		int r = errors ? take_row(call, row, errors) : -ENOMEM;
		if (r < 0)
			return r;
		made += r;
	}
	return errors ? sandbox_tokens_answer_made(call, made, steal_pointer(&errors)) : -ENOMEM;
}

int sandbox_serve_token_assign(struct call *call)
{
	const json_t *list = sandbox_call_member(call, "list");

	if (!json_array_size(list))
		return call_refuse(call, 400, "list", "\"list\" must contain at least 1 items");
	return assign(call, list);
}

int sandbox_serve_token_assign_table(struct call *call)
{
	static const char *const columns[] = { "serialNumber", "username", NULL };
	cleanup_json json_t *rows = NULL;
	int r = sandbox_tokens_read_table(call, columns, &rows);

	return r < 0 ? r : assign(call, rows);
}

int sandbox_serve_token_take(struct call *call)
{
	size_t index;
	json_t *row;
	bool taken = false;

	json_array_foreach (sandbox_call_member(call, "list"), index, row) {
		const char *serial = tfs_json_text(row, "serialNumber");
		const char *user = tfs_json_text(row, "username");
		cleanup_free char *key = serial && user ? sandbox_tokens_assignment_key(serial, user) : NULL;
		int r = key ? sandbox_store_remove(call->box->store, call->community->id, TOKEN_USER_KIND, key)
			    : -ENOENT;
		if (r < 0 && r != -ENOENT)
			return r;
		taken = taken || r == 0;
	}
	call->quiet = !taken;
	return sandbox_call_done(call);
}
