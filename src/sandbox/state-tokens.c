/* Hardware tokens: pages, creation from a table, seed and counter, removal, resynchronization. */
#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "routes.h"
#include "tokens.h"

enum { SERIAL_MOST = 128, SEED_MOST = 128, CODE_DIGITS = 6, CODES = 3 };
#define COUNTER_MOST (1LL << 40)

/* /…/ is a regular expression, anything else a serial number. */
static int serial_matches(struct call *call, const char *wanted, const char *serial, bool *ret)
{
	size_t len = strlen(wanted);
	regex_t pattern;

	if (len < 3 || wanted[0] != '/' || wanted[len - 1] != '/') {
		*ret = !strcmp(wanted, serial);
		return 0;
	}
	cleanup_free char *text = strndup(wanted + 1, len - 2);
	if (!text)
		return -ENOMEM;
	if (regcomp(&pattern, text, REG_EXTENDED | REG_NOSUB))
		return call_refuse(call, 400, "query.serialNumbers", "\"query.serialNumbers\" has an invalid pattern");
	*ret = regexec(&pattern, serial, 0, NULL, 0) == 0;
	regfree(&pattern);
	return 0;
}

static int is_wanted(struct call *call, const char *serial, bool *ret)
{
	const json_t *numbers = json_object_get(sandbox_call_member(call, "query"), "serialNumbers");
	size_t index;
	json_t *wanted;
	int r = 0;

	*ret = !numbers;
	json_array_foreach ((json_t *)numbers, index, wanted) {
		if (r == 0 && !*ret)
			r = serial_matches(call, json_string_value(wanted), serial, ret);
	}
	return r;
}

static json_int_t count_users(const json_t *assignments, const char *serial)
{
	json_int_t count = 0;
	size_t index;
	json_t *assignment;

	json_array_foreach ((json_t *)assignments, index, assignment)
		count += !strcmp(tfs_json_text(assignment, "serialNumber"), serial);
	return count;
}

/* Adds the members that the request asks for in addition to the record. */
static int add_counts(struct call *call, json_t *list)
{
	bool users = json_is_true(sandbox_call_member(call, "returnAssignedUserCount"));
	bool activity = json_is_true(sandbox_call_member(call, "returnActivityStatus"));
	cleanup_json json_t *assignments = NULL;
	size_t index;
	json_t *token;
	int r = users || activity
			? sandbox_store_list(call->box->store, call->community->id, TOKEN_USER_KIND, &assignments)
			: 0;

	json_array_foreach (assignments ? list : NULL, index, token) {
		json_int_t count = count_users(assignments, tfs_json_text(token, "serialNumber"));
		if (users && json_object_set_new(token, "assignedUserCount", json_integer(count)) < 0)
			r = -ENOMEM;
		if (activity &&
		    json_object_set_new(token, "activityStatus", json_string(count ? "active" : "inactive")) < 0)
			r = -ENOMEM;
	}
	return r;
}

int sandbox_serve_tokens(struct call *call)
{
	cleanup_json json_t *all = NULL;
	cleanup_json json_t *list = json_array();
	size_t index;
	json_t *token;
	int r = list ? sandbox_store_list(call->box->store, call->community->id, TOKEN_KIND, &all) : -ENOMEM;

	json_array_foreach (all, index, token) {
		bool wanted = false;
		if (r == 0)
			r = is_wanted(call, tfs_json_text(token, "serialNumber"), &wanted);
		if (r == 0 && wanted && json_array_append(list, token) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		r = add_counts(call, list);
	return r < 0 ? r : sandbox_tokens_answer_page(call, list);
}

static bool is_seed(const char *seed)
{
	size_t len = strlen(seed);

	for (const char *p = seed; *p; p++)
		if (iscntrl((unsigned char)*p))
			return false;
	return len > 0 && len <= SEED_MOST;
}

/* What is wrong with a row, NULL: nothing; reads its counter. */
static const char *check_row(const json_t *row, long long *counter)
{
	const json_t *number = json_object_get(row, "serialNumber");
	const char *serial = json_string_value(number);
	const char *seed = tfs_json_text(row, "seed");
	const char *count = tfs_json_text(row, "counter");
	char *end = NULL;

	if (!serial || !*serial)
		return "serialNumber is missing";
	if (strlen(serial) != json_string_length(number) || strlen(serial) > SERIAL_MOST)
		return "serialNumber is not valid";
	if (!seed || !is_seed(seed))
		return "seed must have 1 to 128 characters";
	*counter = count && *count ? strtoll(count, &end, 10) : 0;
	if ((end && *end) || *counter < 0 || *counter > COUNTER_MOST)
		return "counter must be a whole number";
	return NULL;
}

static int add_token(const struct call *call, const json_t *row, long long counter)
{
	const char *serial = tfs_json_text(row, "serialNumber");
	char id[RECORD_ID], now[RECORD_TIME];

	if (sandbox_record_id(id) < 0)
		return -EIO;
	sandbox_record_now(now);
	cleanup_json json_t *token =
		json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "_id", id, "serialNumber", serial, "seed",
			  tfs_json_text(row, "seed"), "counter", (json_int_t)counter, "tenantId", call->box->tenant_id,
			  "communityId", call->community->id, "createdBy", sandbox_call_actor(call), "createdAt", now,
			  "updatedAt", now);
	return token ? sandbox_store_put(call->box->store, call->community->id, TOKEN_KIND, serial, token) : -ENOMEM;
}

/* 1: created; 0: added to `errors`; or a negative errno. */
static int take_row(struct call *call, const json_t *row, json_t *errors)
{
	cleanup_json json_t *there = NULL;
	long long counter = 0;
	const char *wrong = check_row(row, &counter);

	if (!wrong) {
		int r = sandbox_tokens_get(call, tfs_json_text(row, "serialNumber"), &there);
		if (r < 0 && r != -ENOENT)
			return r;
		if (r == 0)
			wrong = "another token has this serial number";
	}
	int r = wrong ? sandbox_tokens_add_error(errors, row, wrong) : add_token(call, row, counter);
	return r < 0 ? r : !wrong;
}

int sandbox_serve_token_create(struct call *call)
{
	static const char *const columns[] = { "serialNumber", "seed", NULL };
	cleanup_json json_t *rows = NULL;
	cleanup_json json_t *errors = json_array();
	long long made = 0;
	size_t index;
	json_t *row;
	int r = errors ? sandbox_tokens_read_table(call, columns, &rows) : -ENOMEM;

	json_array_foreach (rows, index, row) {
		r = take_row(call, row, errors);
		if (r < 0)
			return r;
		made += r;
	}
	return r < 0 ? r : sandbox_tokens_answer_made(call, made, steal_pointer(&errors));
}

static int find_by_id(struct call *call, const char *id, json_t **ret)
{
	cleanup_json json_t *all = NULL;
	size_t index;
	json_t *token;
	int r = sandbox_store_list(call->box->store, call->community->id, TOKEN_KIND, &all);

	json_array_foreach (all, index, token) {
		if (strcmp(tfs_json_text(token, "_id"), id))
			continue;
		*ret = json_incref(token);
		return 0;
	}
	return r < 0 ? r : call_refuse(call, 400, "id", "no hardware token has this id");
}

static int save_token(const struct call *call, json_t *token)
{
	char now[RECORD_TIME];

	sandbox_record_now(now);
	if (json_object_set_new(token, "updatedAt", json_string(now)) < 0)
		return -ENOMEM;
	return sandbox_store_put(call->box->store, call->community->id, TOKEN_KIND,
				 tfs_json_text(token, "serialNumber"), token);
}

int sandbox_serve_token_change(struct call *call)
{
	static const char *const members[] = { "seed", "counter", NULL };
	const char *seed = sandbox_call_text(call, "seed");
	cleanup_json json_t *token = NULL;
	long long counter = 0;

	if (!seed && !sandbox_call_member(call, "counter"))
		return call_refuse(call, 400, "seed", "\"seed\" or \"counter\" is required");
	if (seed && !is_seed(seed))
		return call_refuse(call, 400, "seed", "\"seed\" must have 1 to 128 characters");
	int r = sandbox_record_number(call, "counter", 0, COUNTER_MOST, &counter);
	if (r == 0)
		r = find_by_id(call, sandbox_call_param(call, "id"), &token);
	if (r == 0)
		r = sandbox_record_take(call, token, members);
	if (r == 0)
		r = save_token(call, token);
	return r < 0 ? r : sandbox_call_answer(call, json_incref(token));
}

int sandbox_serve_token_remove(struct call *call)
{
	json_int_t count = 0;
	size_t index;
	json_t *number;
	int r = 0;

	json_array_foreach (sandbox_call_member(call, "serialNumbers"), index, number) {
		const char *serial = json_string_value(number);
		r = sandbox_store_remove(call->box->store, call->community->id, TOKEN_KIND, serial);
		if (r == 0)
			r = sandbox_tokens_unassign(call, serial);
		else if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		count++;
	}
	call->quiet = count == 0;
	return sandbox_call_answer(call, json_pack("{s:I}", "deletedCount", count));
}

static bool is_code(const char *code)
{
	return code && strlen(code) == CODE_DIGITS && strspn(code, "0123456789") == CODE_DIGITS;
}

int sandbox_serve_token_resync(struct call *call)
{
	static const char *const names[] = { "code1", "code2", "code3" };
	cleanup_json json_t *token = NULL;
	const char *serial = sandbox_call_text(call, "serialNumber");

	for (size_t i = 0; i < CODES; i++)
		if (!is_code(sandbox_call_text(call, names[i])))
			return call_refuse(call, 400, names[i], "\"%s\" must have %d digits", names[i], CODE_DIGITS);
	int r = serial ? sandbox_tokens_get(call, serial, &token) : -ENOENT;
	if (r == -ENOENT)
		return call_refuse(call, 400, "serialNumber", "no hardware token has this serial number");
	if (r == 0 &&
	    json_object_set_new(token, "counter",
				json_integer(json_integer_value(json_object_get(token, "counter")) + CODES)) < 0)
		r = -ENOMEM;
	if (r == 0)
		r = save_token(call, token);
	return r < 0 ? r : sandbox_call_answer(call, json_pack("{s:b}", "status", 1));
}
