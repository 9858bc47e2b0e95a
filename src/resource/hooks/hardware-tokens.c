/*
 * Who holds which hardware token. The API has tokens and their assignments to users in two lists; a token's
 * document shows both. Rows can join by a call for each object only: here the second list is read once for
 * all tokens of a listing, or, for a single token, its own part of it.
 */
#include <errno.h>
#include <stdlib.h>

#include "doc-builder.h"
#include "hook.h"

enum { PAGE = 100, PAGES_MAX = 100000 };

struct holders {
	json_t *users; /* serial number: array of user names */
	bool all;      /* of every token */
};

static void holders_finish(void *state)
{
	struct holders *holders = state;

	json_decref(holders->users);
	free(holders);
}

static int add_holder(struct holders *holders, const json_t *assignment)
{
	const char *serial = tfs_json_text(assignment, "serialNumber");
	json_t *user = json_object_get(assignment, "username"), *users;

	if (!serial || !json_is_string(user))
		return 0;
	users = json_object_get(holders->users, serial);
	if (!users) {
		users = json_array();
		if (json_object_set_new_nocheck(holders->users, serial, users) < 0)
			return -ENOMEM;
	}
	return json_array_append(users, user) < 0 ? -ENOMEM : 0;
}

static const struct tfs_endpoint *holders_endpoint(void)
{
	return tfs_endpoint_find("POST", "/hardwaretokens/usertokens/fetch");
}

/* One page; `*ret_came` and `*ret_total` tell how many assignments it had and how many there are. */
static int read_page(struct holders *holders, struct tfs_resource *resource, struct tfs_op *op, json_t *body,
		     json_int_t *ret_came, json_int_t *ret_total)
{
	const struct tfs_api_call call = {
		.endpoint = holders_endpoint(),
		.body = body,
	};
	struct tfs_api_answer answer = { 0 };
	const json_t *data;
	int r = resource->store->calls.call(resource->store->api, op, &call, &answer);

	data = r == 0 ? json_object_get(answer.body, "data") : NULL;
	if (r == 0 && !json_is_array(data))
		r = tfs_fail(op, -EBADMSG, "resource", "%s %s: the answer has no list of assignments",
			     call.endpoint->method, call.endpoint->path);
	for (size_t i = 0; i < json_array_size(data) && r == 0; i++)
		r = add_holder(holders, json_array_get(data, i));
	*ret_came = (json_int_t)json_array_size(data);
	*ret_total = resource_total_of(answer.body, "/page/total");
	tfs_api_answer_finish(&answer);
	return r;
}

/* Assignments of one token, or (`serial` NULL) of all. */
static int read_holders(struct holders *holders, struct tfs_resource *resource, struct tfs_op *op, const json_t *serial)
{
	json_int_t seen = 0, came = PAGE, total = 1;
	int r = 0;

	json_object_clear(holders->users);
	for (int page = 0; r == 0 && came > 0 && seen < total && page < PAGES_MAX; page++) {
		cleanup_json json_t *body = json_pack("{si, si}", "pSize", PAGE, "pIndex", page);

		if (!body ||
		    (serial && json_object_set_new(body, "query", json_pack("{sO}", "serialNumber", serial)) < 0))
			return -ENOMEM;
		r = read_page(holders, resource, op, body, &came, &total);
		seen += came;
	}
	if (r == 0)
		r = resource_check_total(op, holders_endpoint(), seen, total);
	holders->all = r == 0 && !serial;
	return r;
}

static int set_users(const struct holders *holders, json_t *record)
{
	const char *serial = tfs_json_text(record, "serialNumber");
	json_t *users = serial ? json_object_get(holders->users, serial) : NULL;
	json_t *own = users ? json_copy(users) : json_array();

	return json_object_set_new_nocheck(record, "users", own) < 0 ? -ENOMEM : 0;
}

static int complete(struct tfs_resource *resource, struct tfs_op *op, json_t *records, void **state)
{
	size_t count = json_array_size(records);
	struct holders *holders = *state;
	int r = 0;

	if (count == 0)
		return 0;
	if (!holders) {
		*state = holders = calloc(1, sizeof(*holders));
		if (!holders)
			return -ENOMEM;
		holders->users = json_object();
	}
	if (!holders->all)
		r = read_holders(holders, resource, op,
				 count == 1 ? json_object_get(json_array_get(records, 0), "serialNumber") : NULL);
	for (size_t i = 0; i < count && r == 0; i++)
		r = set_users(holders, json_array_get(records, i));
	return r;
}

const struct hook resource_hardware_tokens_hook = {
	.name = "hardware-tokens",
	.complete = complete,
	.finish = holders_finish,
};
