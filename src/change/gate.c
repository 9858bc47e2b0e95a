/* The gates: many removals at once, changes that may end the mount's own session, and weaker authentication. */
#include "gate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burst.h"
#include "tenantfs/name.h"
#include "tenantfs/path.h"
#include "weakening.h"
#include "writer.h"

enum {
	FEW = 3,    /* removals of a small set that pass, where a share would be none or all */
	SHARE = 30, /* percent of a set */
};

/* Path of the object's file. */
static char *object_path(const struct tfs_resource *resource, const char *name)
{
	char *path = NULL;

	if (resource->doc_name)
		return strdup(resource->path);
	return asprintf(&path, "%s/%s.json", resource->path, name) < 0 ? NULL : path;
}

int change_gate_pass(struct tfs_resource *resource, struct tfs_op *op, enum tfs_gate gate, const char *name,
		     const char *reason)
{
	cleanup_free char *path = object_path(resource, name);

	if (!path)
		return tfs_fail_memory(op);
	if (change_gates_allow(resource->store->writer->gates, op, gate, path))
		return 0;
	return change_gate_refuse(op, gate, path, "%s", reason);
}

/* Compares a row's "true", "false" or "any" with the wanted value. */
static bool is_value(const char *wanted, const json_t *value)
{
	if (!wanted)
		return false;
	return strcmp(wanted, "any") == 0 || (strcmp(wanted, "true") == 0 && json_is_true(value)) ||
	       (strcmp(wanted, "false") == 0 && json_is_false(value));
}

static bool is_changed(const json_t *changed, const char *name)
{
	for (size_t i = 0; i < json_array_size(changed); i++)
		if (strcmp(json_string_value(json_array_get(changed, i)), name) == 0)
			return true;
	return false;
}

/* The session's account; NULL if the token does not name it. Yours. */
static char *session_user(struct tfs_store *store, struct tfs_op *op)
{
	char *user = NULL;

	/* Without a session the call itself fails with its own error. */
	if (!store->calls.user || store->calls.user(store->api, op, &user) < 0)
		tfs_error_clear(tfs_op_error(op));
	return user;
}

static const struct tfs_kind *user_kind(const struct tfs_kind *module)
{
	for (size_t i = 0; i < tfs_n_kinds; i++)
		if (tfs_kinds[i].session_object && strcmp(tfs_kinds[i].session_object, "user") == 0 &&
		    tfs_path_through(tfs_kinds[i].path, module->name) > 0)
			return &tfs_kinds[i];
	return NULL;
}

/* 1: the session's user belongs to the module; 0: not. Costs one look-up unless cached. */
static int holds_user(struct tfs_resource *resource, struct tfs_op *op, const char *module, const char *user)
{
	const struct tfs_kind *kind = user_kind(resource->kind);
	struct tfs_scope scope = { resource->scope, resource->kind->name, module };
	cleanup_free char *name = tfs_name_escape(user, strlen(user), TFS_NAME_MAX);
	struct tfs_doc *doc cleanup_doc = NULL;
	struct tfs_resource *users;
	int r;

	if (!kind)
		return 0;
	if (!name)
		return tfs_fail_memory(op);
	r = tfs_store_resource(resource->store, kind, &scope, &users);
	if (r == 0)
		r = tfs_resource_get(users, op, name, UINT64_MAX, &doc);
	if (r == -ENOENT)
		tfs_error_clear(tfs_op_error(op));
	return r == 0 ? 1 : r == -ENOENT ? 0 : r;
}

/* 1: the session depends on the object. */
static int is_own(struct tfs_resource *resource, struct tfs_op *op, const char *name)
{
	cleanup_free char *user = NULL, *raw = NULL;

	if (!resource->kind->session_object)
		return 0;
	user = session_user(resource->store, op);
	if (!user)
		return 0;
	if (strcmp(resource->kind->session_object, "module") == 0)
		return holds_user(resource, op, name, user);
	return resource_name_raw(name, &raw) == 0 && strcmp(raw, user) == 0;
}

/* 1: an object that the session depends on is left out of an array of references, or all are. */
static int leaves_out_own(struct save *save, const struct tfs_field *field)
{
	const struct tfs_kind *kind = tfs_kind_find(field->reference);
	const json_t *had = json_object_get(save->theirs, field->name);
	const json_t *wanted = json_object_get(save->ours, field->name);
	struct tfs_resource *others;
	int r;

	if (json_array_size(wanted) == 0)
		return 1;
	r = !kind ? -EINVAL : tfs_store_resource(save->resource->store, kind, save->resource->scope, &others);
	for (size_t i = 0; i < json_array_size(had) && r == 0; i++) {
		const char *name = json_string_value(json_array_get(had, i));
		cleanup_free char *file = NULL;
		bool stays = false;

		for (size_t j = 0; j < json_array_size(wanted) && !stays; j++)
			stays = document_same_value(json_array_get(had, i), json_array_get(wanted, j));
		if (stays || !name)
			continue;
		file = tfs_name_escape(name, strlen(name), TFS_NAME_MAX);
		r = !file ? -ENOMEM : is_own(others, save->op, file);
	}
	return r;
}

/* 1: the change of the member may lock the session's account out. */
static int may_change_lock_out(struct save *save, const struct tfs_field *field)
{
	if (!field->locks_out || !is_changed(save->changed, field->name))
		return 0;
	if (strcmp(field->locks_out, "left-out") == 0)
		return leaves_out_own(save, field);
	return is_value(field->locks_out, json_object_get(save->ours, field->name))
		       ? is_own(save->resource, save->op, save->name)
		       : 0;
}

static int check_lockout(struct save *save)
{
	const struct tfs_kind *kind = save->resource->kind;
	char reason[256];

	for (size_t i = 0; i < kind->n_fields; i++) {
		const struct tfs_field *field = &kind->fields[i];
		int r = may_change_lock_out(save, field);

		if (r > 0) {
			snprintf(reason, sizeof(reason), "changing %s may end the session this mount runs on",
				 field->name);
			r = change_gate_pass(save->resource, save->op, TFS_GATE_LOCKOUT, save->name, reason);
			if (r == 0)
				return 0;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_weakening(struct save *save)
{
	struct tfs_buf what cleanup_buf = TFS_BUF_INIT(TFS_ERROR_MESSAGE);
	char reason[256];
	int r = change_weakening_find(save->resource->kind, save->theirs, save->ours, &what);

	if (r < 0)
		return tfs_fail_memory(save->op);
	if (r == 0)
		return 0;
	snprintf(reason, sizeof(reason), "%s makes signing on less safe", what.data);
	return change_gate_pass(save->resource, save->op, TFS_GATE_WEAKENING, save->name, reason);
}

int change_gate_change(struct save *save)
{
	int r = check_lockout(save);

	return r < 0 ? r : check_weakening(save);
}

/* Removals allowed within a minute. A share is meaningless for a small set: one of three is a third. */
static size_t removals_limit(size_t count)
{
	size_t json_ref_const = count * SHARE / 100;

	if (count == 0 || json_ref_const > REMOVALS_MAX)
		return REMOVALS_MAX;
	return json_ref_const < FEW ? FEW : json_ref_const;
}

/* The size of the set a minute ago; 0: unknown. */
static size_t size_before(struct tfs_resource *resource)
{
	struct tfs_doc **docs = NULL;
	size_t count = 0;

	if (!tfs_list_complete(resource->list, NULL) || tfs_list_all(resource->list, &docs, &count) < 0)
		return 0;
	tfs_docs_free(docs, count);
	return count + change_gates_recent(resource->store->writer->gates, resource);
}

/* The limit, and how to take back what is gone already. */
static int refuse_removal(struct tfs_op *op, enum removal removal, const char *path, size_t limit)
{
	bool all = removal == REMOVAL_REFUSED_BY_ALL;

	if (removal == REMOVAL_PASSES)
		return 0;
	return change_gate_refuse(op, TFS_GATE_REMOVALS, path,
				  "more than %zu removals %s within a minute; those before are done (tenantfs log), "
				  "and tenantfs undo --set takes them back",
				  all ? (size_t)REMOVALS_MAX : limit, all ? "in the whole mount" : "here");
}

/* Refuses the first of many removals, if the program says how many there will be. */
static int check_burst(struct tfs_resource *resource, struct tfs_op *op, size_t limit)
{
	struct gates *gates = resource->store->writer->gates;
	size_t recent = change_gates_recent(gates, resource), all = change_gates_recent(gates, gates);
	size_t named = change_burst_size(resource, tfs_op_pid(op), REMOVALS_MAX + 1);
	bool passes = recent + named <= limit && all + named <= REMOVALS_MAX;

	if (named < 2 || passes || change_gates_allow(gates, op, TFS_GATE_REMOVALS, resource->path))
		return 0;
	return change_gate_refuse(
		op, TFS_GATE_REMOVALS, resource->path,
		"the command names more objects than the %zu that may be removed here within a minute; "
		"%zu are removed",
		limit, recent);
}

int change_gate_remove(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_doc *doc)
{
	struct gates *gates = resource->store->writer->gates;
	size_t limit = removals_limit(size_before(resource));
	int r = is_own(resource, op, doc->name);

	if (r > 0)
		r = change_gate_pass(resource, op, TFS_GATE_LOCKOUT, doc->name,
				     "removing it would end the session this mount runs on");
	if (r < 0)
		return r;
	r = check_burst(resource, op, limit);
	if (r < 0)
		return r;
	return refuse_removal(op, change_gates_count(gates, resource->path, resource, limit), resource->path, limit);
}

static bool is_step(const struct tfs_step *steps, size_t count, const struct tfs_endpoint *endpoint)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i].endpoint == endpoint)
			return true;
	return false;
}

/* Whether any text of the arguments is the session's user. */
static bool names_user(const json_t *value, const char *user)
{
	const json_t *member;
	const char *name;
	size_t i;

	if (json_is_string(value))
		return strcmp(json_string_value(value), user) == 0;
	json_object_foreach ((json_t *)(uintptr_t)value, name, member) {
		if (names_user(member, user))
			return true;
	}
	json_array_foreach (value, i, member) {
		if (names_user(member, user))
			return true;
	}
	return false;
}

/* Whether the step's condition gives the field a value that may lock the account out. */
static bool when_locks_out(const struct tfs_step *step, const struct tfs_field *field)
{
	if (!field->locks_out)
		return false;
	if (strcmp(field->locks_out, "any") == 0)
		return true;
	for (size_t i = 0; i < step->n_when; i++)
		if (strcmp(step->when[i].member, field->name) == 0 &&
		    strcmp(step->when[i].values[0], field->locks_out) == 0)
			return true;
	return false;
}

/* Whether the step sets the field by its arguments alone, to a value that no body tells. */
static bool args_set(const struct tfs_step *step, const struct tfs_field *field)
{
	if (!step->members || step->send != TFS_SEND_NOTHING || step->when)
		return false;
	for (const char *const *member = step->members; *member; member++)
		if (strcmp(*member, field->name) == 0)
			return true;
	return false;
}

/* Whether the call may lock the account out: by its own meaning, or by a member of its body. */
static bool may_lock_out(const struct tfs_kind *kind, const struct tfs_endpoint *endpoint, const json_t *body)
{
	for (size_t k = 0; k < kind->n_change; k++) {
		const struct tfs_step *step = &kind->change[k];

		for (size_t i = 0; step->endpoint == endpoint && i < kind->n_fields; i++) {
			const struct tfs_field *field = &kind->fields[i];
			const json_t *sent = json_object_get(body, record_name(field));

			if (when_locks_out(step, field) || (sent && is_value(field->locks_out, sent)) ||
			    (field->locks_out && args_set(step, field)))
				return true;
		}
	}
	return false;
}

/* The array of a call that may leave out what the session depends on: a call does not say. NULL: none. */
static const char *sets_left_out(const struct tfs_kind *kind, const struct tfs_endpoint *endpoint, const json_t *body)
{
	if (!is_step(kind->change, kind->n_change, endpoint))
		return NULL;
	for (size_t i = 0; i < kind->n_fields; i++) {
		const struct tfs_field *field = &kind->fields[i];

		if (field->locks_out && strcmp(field->locks_out, "left-out") == 0 &&
		    json_object_get(body, record_name(field)))
			return field->name;
	}
	return NULL;
}

/* What of a call that names no object of the tree may lock the account out, judged by its values. NULL: nothing. */
static const char *call_locks_out(struct tfs_store *store, struct tfs_op *op, const struct tfs_kind *kind,
				  const struct tfs_api_call *call)
{
	const struct tfs_endpoint *endpoint = call->endpoint;
	cleanup_free char *user = NULL;

	if (!kind->session_object)
		return sets_left_out(kind, endpoint, call->body);
	if (strcmp(kind->session_object, "module") == 0)
		return is_step(kind->remove, kind->n_remove, endpoint) ? "removing it" : NULL;
	if (!may_lock_out(kind, endpoint, call->body))
		return NULL;
	user = session_user(store, op);
	return user && (names_user(call->body, user) || names_user(call->path, user)) ? "it" : NULL;
}

/* Some calls that remove are a POST. */
static bool removes(const struct tfs_endpoint *endpoint)
{
	bool found = strcmp(endpoint->method, "DELETE") == 0;

	for (size_t i = 0; i < tfs_n_kinds && !found; i++)
		found = is_step(tfs_kinds[i].remove, tfs_kinds[i].n_remove, endpoint);
	return found;
}

static int check_call_lockout(struct tfs_store *store, struct tfs_op *op, const struct tfs_api_call *call,
			      const char *path)
{
	for (size_t i = 0; i < tfs_n_kinds; i++) {
		const char *what = call_locks_out(store, op, &tfs_kinds[i], call);

		if (what && !change_gates_allow(store->writer->gates, op, TFS_GATE_LOCKOUT, path))
			return change_gate_refuse(op, TFS_GATE_LOCKOUT, path,
						  "%s may end the session this mount runs on", what);
	}
	return 0;
}

static int check_call_weakening(struct tfs_store *store, struct tfs_op *op, const struct tfs_api_call *call,
				const char *path)
{
	struct tfs_buf what cleanup_buf = TFS_BUF_INIT(TFS_ERROR_MESSAGE);
	int r = 0;

	for (size_t i = 0; i < tfs_n_kinds && r == 0; i++)
		if (is_step(tfs_kinds[i].change, tfs_kinds[i].n_change, call->endpoint))
			r = change_weakening_find_in_body(&tfs_kinds[i], call->body, &what);
	if (r < 0)
		return tfs_fail_memory(op);
	if (r == 0 || change_gates_allow(store->writer->gates, op, TFS_GATE_WEAKENING, path))
		return 0;
	return change_gate_refuse(op, TFS_GATE_WEAKENING, path, "%s may make signing on less safe", what.data);
}

int change_gate_call(struct tfs_store *store, struct tfs_op *op, const struct tfs_api_call *call)
{
	const struct tfs_endpoint *endpoint = call->endpoint;
	cleanup_free char *path = NULL;
	int r;

	if (endpoint->reads)
		return 0;
	if (asprintf(&path, ".api/%s/%s", endpoint->group_slug, endpoint->slug) < 0) {
		path = NULL;
		return tfs_fail_memory(op);
	}
	if (store->config->read_only)
		return tfs_fail(op, -EROFS, "resource", "%s: the tenant is read-only", endpoint->title);
	if (!tfs_config_writable(store->config, path))
		return tfs_fail(op, -EROFS, "resource", "the \"write\" patterns leave %s out", path);
	r = check_call_lockout(store, op, call, path);
	if (r == 0)
		r = check_call_weakening(store, op, call, path);
	if (r < 0)
		return r;
	if (!removes(endpoint))
		return 0;
	return refuse_removal(op, change_gates_count(store->writer->gates, path, endpoint, REMOVALS_MAX), path,
			      REMOVALS_MAX);
}
