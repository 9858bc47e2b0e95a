/* Calls of any endpoint, with the identifiers filled in that the mount knows. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gate.h"
#include "intent.h"
#include "resource/audit.h"
#include "tenantfs/document.h"
#include "tenantfs/envelope.h"

/* The parts of a request. */
struct parts {
	json_t *path, *query, *headers, *body;
	const char *file_name;
	struct tfs_buf file; /* of an upload */
};

struct filler {
	struct tfs_store *store;
	struct tfs_op *op;
	const char *community;
	const struct tfs_community *found; /* NULL until needed */
};

static bool is_part(const char *name)
{
	static const char *const names[] = { "path", "query", "headers", "body", "file" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/*
 * {"path": …, "query": …, "headers": …, "body": …, "file": …} and nothing else. An endpoint whose body
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
		return tfs_fail(filler->op, -EINVAL, "document", "path, query and headers are JSON objects");
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
	if ((text && json_object_set(out, member, text) < 0) ||
	    (answer->headers && json_object_set(out, "headers", answer->headers) < 0))
		return tfs_fail_memory(op);
	*ret = steal_pointer(&out);
	return 0;
}

static const json_t *given_part(const json_t *request, bool wrapped, const char *part)
{
	if (wrapped)
		return json_object_get(request, part);
	return strcmp(part, "body") == 0 && request && !json_is_null(request) ? request : NULL;
}

static int fail_file(struct tfs_op *op, const struct tfs_endpoint *endpoint)
{
	return tfs_fail(op, -EINVAL, "document",
			"%s %s takes a file: {\"file\": {\"name\": NAME, \"base64\": BYTES}}, or \"text\" for a text",
			endpoint->method, endpoint->path);
}

/* {"name": …, "base64": …} or {"name": …, "text": …}. */
static int take_file(struct tfs_op *op, const struct tfs_endpoint *endpoint, const json_t *given, struct parts *parts)
{
	const json_t *base64 = json_object_get(given, "base64"), *text = json_object_get(given, "text");
	const json_t *bytes = base64 ? base64 : text;
	int r;

	if (!endpoint->upload && given)
		return tfs_fail(op, -EINVAL, "document", "%s %s takes no file", endpoint->method, endpoint->path);
	if (!endpoint->upload)
		return 0;
	parts->file_name = tfs_json_text(given, "name");
	if (!json_is_string(bytes) || (base64 && text))
		return fail_file(op, endpoint);
	parts->file = TFS_BUF_INIT_SECRET(TFS_UPLOAD_MAX);
	r = text ? tfs_buf_add(&parts->file, json_string_value(text), json_string_length(text))
		 : tfs_unbase64(json_string_value(base64), json_string_length(base64), &parts->file);
	if (r == -EINVAL)
		return fail_file(op, endpoint);
	return r < 0 ? tfs_fail(op, r, "document", "a file has at most %d bytes", TFS_UPLOAD_MAX) : 0;
}

static int make_parts(struct filler *filler, const struct tfs_endpoint *endpoint, const json_t *request,
		      struct parts *parts)
{
	bool wrapped = is_wrapped(endpoint, request);
	int r = make_part(filler, given_part(request, wrapped, "path"), endpoint->path_params, endpoint->n_path_params,
			  false, &parts->path);

	if (r == 0)
		r = make_part(filler, given_part(request, wrapped, "query"), endpoint->query, endpoint->n_query, false,
			      &parts->query);
	if (r == 0)
		r = make_part(filler, given_part(request, wrapped, "headers"), endpoint->header_params,
			      endpoint->n_header_params, false, &parts->headers);
	if (r == 0)
		r = make_part(filler, given_part(request, wrapped, "body"), endpoint->body, endpoint->n_body, true,
			      &parts->body);
	return r < 0 ? r : take_file(filler->op, endpoint, given_part(request, wrapped, "file"), parts);
}

static int check_parts(struct tfs_op *op, const struct tfs_endpoint *endpoint, const struct parts *parts)
{
	struct tfs_error *error = tfs_op_error(op);
	int r = tfs_document_check_call(endpoint->path_params, endpoint->n_path_params, parts->path, error);

	if (r == 0)
		r = tfs_document_check_call(endpoint->query, endpoint->n_query, parts->query, error);
	if (r == 0)
		r = tfs_document_check_call(endpoint->header_params, endpoint->n_header_params, parts->headers, error);
	return r < 0 ? r : tfs_document_check_call(endpoint->body, endpoint->n_body, parts->body, error);
}

static void finish_parts(struct parts *parts)
{
	json_decref(parts->path);
	json_decref(parts->query);
	json_decref(parts->headers);
	json_decref(parts->body);
	tfs_buf_finish(&parts->file);
}

/* Announces the call, makes it, and notes the outcome. */
static int make_call(struct tfs_store *store, struct tfs_op *op, const struct tfs_api_call *call,
		     struct tfs_api_answer *ret)
{
	const struct tfs_endpoint *endpoint = call->endpoint;
	uint64_t intent, serial = 0;
	int r = change_gate_call(store, op, call);

	if (r == 0)
		r = change_call_announce(store, op, call, &intent);
	if (r < 0)
		return r;
	if (!endpoint->reads)
		serial = resource_audit_note_call(store->audit, NULL);
	r = store->calls.call_raw(store->api, op, call, ret);
	change_call_conclude(store, op, endpoint, intent,
			     r < 0 || ret->status < 400 ? r : tfs_status_errno(ret->status));
	if (!endpoint->reads)
		resource_audit_note_answer(store->audit, serial,
					   r == 0 ? ret->status < 400 : resource_outcome_unknown(op, r));
	/* The call may have changed anything. */
	if (!endpoint->reads)
		tfs_store_refresh(store, "");
	return r;
}

int tfs_store_call(struct tfs_store *store, struct tfs_op *op, const struct tfs_endpoint *endpoint,
		   const char *community, const json_t *request, json_t **ret)
{
	bool named = community && *community != '\0';
	struct filler filler = { store, op, named ? community : store->config->communities[0], NULL };
	struct parts parts = { 0 };
	struct tfs_api_answer answer = { 0 };
	struct tfs_api_call call;
	int r;

	tfs_error_clear(tfs_op_error(op));
	r = make_parts(&filler, endpoint, request, &parts);
	if (r == 0)
		r = check_parts(op, endpoint, &parts);
	call = (struct tfs_api_call){
		.endpoint = endpoint,
		.path = parts.path,
		.query = parts.query,
		.headers = parts.headers,
		.body = parts.body,
		.upload = { parts.file_name, parts.file.data, parts.file.len },
	};
	if (r == 0)
		r = make_call(store, op, &call, &answer);
	if (r == 0)
		r = make_answer(op, &answer, ret);
	finish_parts(&parts);
	tfs_api_answer_finish(&answer);
	return r;
}
