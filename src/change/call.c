/* Calls of any endpoint, with the identifiers filled in that the mount knows. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gate.h"
#include "intent.h"
#include "resource/audit.h"
#include "tenantfs/document.h"
#include "tenantfs/envelope.h"

static const char *const parts[] = { "path", "query", "body" };

struct filler {
	struct tfs_store *store;
	struct tfs_op *op;
	const char *community;
	const struct tfs_community *found; /* NULL until needed */
};

static bool is_part(const char *name)
{
	return strcmp(name, "path") == 0 || strcmp(name, "query") == 0 || strcmp(name, "body") == 0;
}

/*
 * {"path": …, "query": …, "body": …} and nothing else. An endpoint whose body
 * has a member of that name gets it as body, unless another part says otherwise.
 */
static bool is_wrapped(const struct tfs_endpoint *endpoint, const json_t *request)
{
	bool all_body = true;
	const char *name;
	json_t *value;

	if (!json_is_object(request) || json_object_size(request) == 0)
		return false;
	json_object_foreach ((json_t *)(uintptr_t)request, name, value) {
		if (!is_part(name))
			return false;
		all_body = all_body && tfs_field_find(endpoint->body, endpoint->n_body, name);
	}
	return !all_body;
}

static int find_value(struct filler *filler, const char *name, const char **ret)
{
	struct tfs_store *store = filler->store;
	int r = 0;

	*ret = NULL;
	if (strcmp(name, "dns") == 0) {
		*ret = store->config->dns;
	} else if (strcmp(name, "communityName") == 0) {
		*ret = filler->community;
	} else if (strcmp(name, "tenantId") == 0 || strcmp(name, "communityId") == 0) {
		if (!filler->found)
			r = store->calls.community(store->api, filler->op, filler->community, &filler->found);
		if (r == 0)
			*ret = strcmp(name, "tenantId") == 0 ? filler->found->tenant_id : filler->found->id;
	}
	return r;
}

static int fill(struct filler *filler, const struct tfs_field *fields, size_t count, json_t *object)
{
	for (size_t i = 0; i < count; i++) {
		const char *value;
		int r;

		if (json_object_get(object, fields[i].name))
			continue;
		r = find_value(filler, fields[i].name, &value);
		if (r < 0)
			return r;
		if (value && json_object_set_new(object, fields[i].name, json_string(value)) < 0)
			return tfs_fail_memory(filler->op);
	}
	return 0;
}

/* The part as an object (a body: any value), NULL where the endpoint has none and none was given. Yours. */
static int make_part(struct filler *filler, const json_t *given, const struct tfs_field *fields, size_t count,
		     bool is_body, json_t **ret)
{
	cleanup_json json_t *part = NULL;
	int r;

	if (given && !json_is_object(given) && !is_body)
		return tfs_fail(filler->op, -EINVAL, "document", "path and query are JSON objects");
	if (!given && count == 0)
		return 0;
	part = !given ? json_object() : json_copy((json_t *)(uintptr_t)given);
	if (!part)
		return tfs_fail_memory(filler->op);
	if (json_is_object(part)) {
		r = fill(filler, fields, count, part);
		if (r < 0)
			return r;
	}
	*ret = steal_pointer(&part);
	return 0;
}

/* Bytes that are no text, as base64. */
static int encode(const struct tfs_buf *bytes, json_t **ret)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(SIZE_MAX);
	int r = tfs_base64(bytes->data, bytes->len, &out);

	if (r < 0)
		return r;
	*ret = json_stringn_nocheck(out.data, out.len);
	return !*ret ? -ENOMEM : 0;
}

static int make_answer(struct tfs_op *op, const struct tfs_api_answer *answer, json_t **ret)
{
	cleanup_json json_t *out = json_pack("{si}", "status", answer->status), *text = NULL;
	const char *member = "body";

	if (!out)
		return tfs_fail_memory(op);
	if (answer->body) {
		text = json_ref_const(answer->body);
	} else if (answer->raw.len > 0) {
		text = json_stringn(answer->raw.data, answer->raw.len);
		if (!text && encode(&answer->raw, &text) == 0)
			member = "base64";
		if (!text)
			return tfs_fail_memory(op);
	}
	if (text && json_object_set(out, member, text) < 0)
		return tfs_fail_memory(op);
	*ret = steal_pointer(&out);
	return 0;
}

static const json_t *given_part(const json_t *request, bool wrapped, size_t part)
{
	if (wrapped)
		return json_object_get(request, parts[part]);
	return part == 2 && request && !json_is_null(request) ? request : NULL;
}

int tfs_store_call(struct tfs_store *store, struct tfs_op *op, const struct tfs_endpoint *endpoint,
		   const char *community, const json_t *request, json_t **ret)
{
	bool wrapped = is_wrapped(endpoint, request), named = community && *community != '\0';
	struct filler filler = { store, op, named ? community : store->config->communities[0], NULL };
	cleanup_json json_t *path = NULL, *query = NULL, *body = NULL;
	struct tfs_api_answer answer = { 0 };
	struct tfs_api_call call = { .endpoint = endpoint };
	uint64_t intent, serial = 0;
	int r;

	tfs_error_clear(tfs_op_error(op));
	r = make_part(&filler, given_part(request, wrapped, 0), endpoint->path_params, endpoint->n_path_params, false,
		      &path);
	if (r == 0)
		r = make_part(&filler, given_part(request, wrapped, 1), endpoint->query, endpoint->n_query, false,
			      &query);
	if (r == 0)
		r = make_part(&filler, given_part(request, wrapped, 2), endpoint->body, endpoint->n_body, true, &body);
	if (r == 0)
		r = tfs_document_check_call(endpoint->path_params, endpoint->n_path_params, path, tfs_op_error(op));
	if (r == 0)
		r = tfs_document_check_call(endpoint->query, endpoint->n_query, query, tfs_op_error(op));
	if (r == 0)
		r = tfs_document_check_call(endpoint->body, endpoint->n_body, body, tfs_op_error(op));
	if (r < 0)
		return r;
	call.path = path;
	call.query = query;
	call.body = body;
	r = change_gate_call(store, op, &call);
	if (r == 0)
		r = change_call_announce(store, op, &call, &intent);
	if (r < 0)
		return r;
	if (!endpoint->reads)
		serial = resource_audit_note_call(store->audit, NULL);
	r = store->calls.call_raw(store->api, op, &call, &answer);
	change_call_conclude(store, op, endpoint, intent,
			     r < 0 || answer.status < 400 ? r : tfs_status_errno(answer.status));
	if (!endpoint->reads)
		resource_audit_note_answer(store->audit, serial,
					   r == 0 ? answer.status < 400 : resource_outcome_unknown(op, r));
	if (r == 0)
		r = make_answer(op, &answer, ret);
	tfs_api_answer_finish(&answer);
	/* The call may have changed anything. */
	if (!endpoint->reads)
		tfs_store_refresh(store, "");
	return r;
}
