/* Single documents: login settings, branding, configurations of a community or of the tenant. */
#include <errno.h>
#include <string.h>

#include "routes.h"

/* True for members of a body that address the document and are not stored in it. */
static bool is_address(const char *name)
{
	static const char *const names[] = { "tenantId", "communityId", "dns", "communityName" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static const char *owner(const struct call *call)
{
	const char *kind = call->route->kind;

	return !strcmp(kind, "environment") || !strncmp(kind, "instance-", 9) ? "" : call->community->id;
}

static int load(struct call *call, json_t **ret)
{
	int r = sandbox_store_get(call->box->store, owner(call), call->route->kind, "", ret);

	if (r != -ENOENT)
		return r;
	*ret = json_object();
	return *ret ? 0 : -ENOMEM;
}

/*
 * The API document shows some booleans as the strings "true" and "false": so does the answer where its
 * example does.
 */
static int show(struct call *call, const json_t *doc)
{
	cleanup_json json_t *example = NULL;
	const char *text = call->endpoint->answer;
	json_t *shown = json_copy((json_t *)doc);
	const char *name;
	json_t *value;

	if (!shown)
		return -ENOMEM;
	if (text && tfs_json_parse(text, strlen(text), &example, NULL) == 0) {
		json_object_foreach ((json_t *)doc, name, value) {
			const char *like = tfs_json_text(example, name);
			if (!like || !json_is_boolean(value) || (strcmp(like, "true") && strcmp(like, "false")))
				continue;
			json_object_set_new(shown, name, json_string(json_is_true(value) ? "true" : "false"));
		}
	}
	return sandbox_call_answer(call, shown);
}

int sandbox_serve_document(struct call *call)
{
	const char *dns = tfs_json_text(call->params, "dns");
	cleanup_json json_t *doc = NULL;

	if (dns && strcmp(dns, BOX_DNS))
		return call_refuse(call, 404, "dns", "no tenant has this dns");
	int r = load(call, &doc);
	return r < 0 ? r : show(call, doc);
}

static int save(struct call *call, const json_t *doc)
{
	int r = sandbox_store_put(call->box->store, owner(call), call->route->kind, "", doc);

	return r < 0 ? r : show(call, doc);
}

static int set_members(json_t *doc, const json_t *body)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)body, name, value) {
		if (!is_address(name) && json_object_set(doc, name, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

int sandbox_serve_document_replace(struct call *call)
{
	const char *dns = sandbox_call_text(call, "dns");
	const char *name = sandbox_call_text(call, "communityName");
	cleanup_json json_t *doc = NULL;

	if (dns && strcmp(dns, BOX_DNS))
		return call_refuse(call, 404, "dns", "no tenant has this dns");
	if (name && strcmp(name, call->community->name))
		return call_refuse(call, 400, "communityName", "\"communityName\" is not that of the community");
	int r = load(call, &doc);
	if (r < 0)
		return r;
	/* Removes the members that this call could set and did not; keeps those it cannot set. */
	for (size_t i = 0; i < call->endpoint->n_body; i++)
		json_object_del(doc, call->endpoint->body[i].name);
	r = set_members(doc, call->body);
	return r < 0 ? r : save(call, doc);
}

int sandbox_serve_document_merge(struct call *call)
{
	cleanup_json json_t *doc = NULL;
	int r = load(call, &doc);

	if (r == 0)
		r = set_members(doc, call->body);
	return r < 0 ? r : save(call, doc);
}

int sandbox_serve_environment(struct call *call)
{
	cleanup_json json_t *doc = NULL;
	int r = load(call, &doc);

	if (r == 0 && (json_object_set_new(doc, "allowed_time_span", json_integer(BOX_TIME_SPAN)) < 0 ||
		       json_object_set_new(doc, "dns", json_string(BOX_DNS)) < 0))
		r = -ENOMEM;
	return r < 0 ? r : show(call, doc);
}
