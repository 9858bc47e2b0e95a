/* The tenant and the communities of a sandbox. */
#include "box.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct community *sandbox_box_community(const struct box *box, const char *id)
{
	for (size_t i = 0; id && i < box->n_communities; i++)
		if (!strcmp(box->communities[i].id, id))
			return &box->communities[i];
	return NULL;
}

const struct community *sandbox_box_community_named(const struct box *box, const char *name)
{
	for (size_t i = 0; name && i < box->n_communities; i++)
		if (!strcmp(box->communities[i].name, name))
			return &box->communities[i];
	return NULL;
}

static char *copy_member(const json_t *object, const char *member)
{
	const char *text = tfs_json_text(object, member);

	return text ? strdup(text) : NULL;
}

static int load_communities(struct box *box, const json_t *list)
{
	size_t index;
	json_t *item;

	box->communities = calloc(json_array_size(list) + 1, sizeof(*box->communities));
	if (!box->communities)
		return -ENOMEM;
	json_array_foreach (list, index, item) {
		struct community *community = &box->communities[box->n_communities++];
		community->id = copy_member(item, "id");
		community->name = copy_member(item, "name");
		if (!community->id || !community->name)
			return -EIO;
	}
	return box->n_communities ? 0 : -EIO;
}

int sandbox_box_load(struct box *box, struct tfs_error *error)
{
	cleanup_json json_t *tenant = NULL;
	cleanup_json json_t *list = NULL;
	int r = sandbox_store_begin(box->store);

	if (r == 0) {
		r = sandbox_store_get(box->store, "", "tenant", "tenant", &tenant);
		if (r == 0)
			r = sandbox_store_list(box->store, "", "community", &list);
		sandbox_store_end(box->store, false);
	}
	if (r == 0) {
		box->tenant_id = copy_member(tenant, "id");
		box->tenant_name = copy_member(tenant, "name");
		r = box->tenant_id && box->tenant_name ? load_communities(box, list) : -EIO;
	}
	return r < 0 ? tfs_error_set(error, r, "sandbox", "the database has no tenant") : 0;
}

void sandbox_box_unload(struct box *box)
{
	for (size_t i = 0; i < box->n_communities; i++) {
		free(box->communities[i].id);
		free(box->communities[i].name);
	}
	free(box->communities);
	free(box->tenant_id);
	free(box->tenant_name);
	free(box->url);
	sandbox_replay_free(box->replay);
	sandbox_store_free(box->store);
	sandbox_data_dir_free(box->dir);
}
