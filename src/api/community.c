/* The ids of communities by name, fetched once each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

/* Immutable once in the list and freed with the client, so callers borrow its texts. */
struct community {
	struct community *next;
	struct tfs_community lent;
	char *name, *id, *public_key, *tenant_id, *tenant_name;
};

void api_communities_free(struct community *first)
{
	while (first) {
		struct community *next = first->next;

		free(first->name);
		free(first->id);
		free(first->public_key);
		free(first->tenant_id);
		free(first->tenant_name);
		free(first);
		first = next;
	}
}

static const struct tfs_community *find_known(struct tfs_api *api, const char *name)
{
	const struct tfs_community *found = NULL;

	tfs_mutex_lock(&api->lock);
	for (struct community *at = api->communities; at && !found; at = at->next)
		if (strcmp(at->name, name) == 0)
			found = &at->lent;
	tfs_mutex_unlock(&api->lock);
	return found;
}

static const char *id_of(const json_t *object)
{
	const char *id = tfs_json_text(object, "id");

	return id ? id : tfs_json_text(object, "_id");
}

static struct community *make_community(const char *name, const json_t *body)
{
	const json_t *tenant = json_object_get(body, "tenant");
	const json_t *community = json_object_get(body, "community");
	const char *tenant_name = tfs_json_text(tenant, "name");
	const char *public_key = tfs_json_text(community, "publicKey");
	struct community *made = calloc(1, sizeof(*made));

	if (!made)
		return NULL;
	made->name = strdup(name);
	made->id = strdup(id_of(community));
	made->public_key = strdup(public_key ? public_key : "");
	made->tenant_id = strdup(id_of(tenant));
	made->tenant_name = strdup(tenant_name ? tenant_name : "");
	if (!made->name || !made->id || !made->public_key || !made->tenant_id || !made->tenant_name) {
		api_communities_free(made);
		return NULL;
	}
	made->lent = (struct tfs_community){
		.name = made->name,
		.id = made->id,
		.public_key = made->public_key,
		.tenant_id = made->tenant_id,
		.tenant_name = made->tenant_name,
	};
	return made;
}

static int remember(struct tfs_api *api, struct tfs_op *op, const char *name, const json_t *body)
{
	struct community *made;

	if (!id_of(json_object_get(body, "community")) || !id_of(json_object_get(body, "tenant")))
		return tfs_fail(op, -ENOENT, "api", "the server knows no community \"%s\" of %s", name,
				api->config->dns);
	made = make_community(name, body);
	if (!made)
		return tfs_fail_memory(op);
	tfs_mutex_lock(&api->lock);
	made->next = api->communities;
	api->communities = made;
	tfs_mutex_unlock(&api->lock);
	return 0;
}

/* Adds the name, and the file it comes from, to a refusal of the service. */
static int explain(struct tfs_api *api, struct tfs_op *op, const char *name)
{
	struct tfs_error *error = tfs_op_error(op);

	if (error->status == 400 || error->status == 404)
		tfs_error_prefix(error, "community \"%s\" of %s (%s): ", name, api->config->dns, api->config->path);
	return error->code;
}

static int ask(struct tfs_api *api, struct tfs_op *op, const char *name)
{
	struct tfs_api_call call = { .endpoint = tfs_endpoint_find("POST", "/community_auth_info/fetch") };
	struct tfs_api_answer answer = { 0 };
	json_t *body cleanup_json = json_pack("{s:s, s:s}", "dns", api->config->dns, "communityName", name);
	int r;

	if (!call.endpoint)
		return tfs_fail(op, -ENOSYS, "api", "the catalogue has no POST /community_auth_info/fetch");
	if (!body)
		return tfs_fail(op, -EINVAL, "api", "a community's name must be UTF-8");
	call.body = body;
	r = api_run_call(api, op, &call, NULL, false, &answer);
	if (r < 0)
		return explain(api, op, name);
	r = remember(api, op, name, answer.body);
	tfs_api_answer_finish(&answer);
	return r;
}

int tfs_api_community(struct tfs_api *api, struct tfs_op *op, const char *name, const struct tfs_community **ret)
{
	const struct tfs_community *found = find_known(api, name);
	int r = 0;

	if (!found) {
		r = ask(api, op, name);
		found = r == 0 ? find_known(api, name) : NULL;
	}
	if (found)
		*ret = found;
	return r;
}
