/* Opening a store: its digest key, the API it calls, the reads its rows may need. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit.h"
#include "removed-secrets.h"
#include "short-lists.h"
#include "store.h"
#include "tenantfs/file.h"
#include "tenantfs/lock.h"
#include "tenantfs/secret.h"
#include "unread.h"

static const struct tfs_calls real_calls = {
	.call = tfs_api_call,
	.call_raw = tfs_api_call_raw,
	.community = tfs_api_community,
	.user = tfs_api_user,
	.license = tfs_api_license,
};

static int read_key(const char *path, unsigned char key[TFS_DIGEST_KEY], struct tfs_error *error)
{
	struct tfs_buf bytes TFS_CLEANUP(tfs_buf_wipe) = TFS_BUF_INIT_SECRET(4096);
	int r = tfs_file_read_private(path, &bytes, error);

	if (r < 0)
		return r;
	if (bytes.len != TFS_DIGEST_KEY)
		return tfs_error_set(error, -EINVAL, "resource", "%s: not a digest key; remove it to make a new one",
				     path);
	memcpy(key, bytes.data, TFS_DIGEST_KEY);
	return 0;
}

/* The key of the digests. Each state folder has its own, so that digests reveal nothing elsewhere. */
static int load_key(const struct tfs_config *config, unsigned char key[TFS_DIGEST_KEY], struct tfs_error *error)
{
	cleanup_free char *path = NULL;
	int r;

	if (asprintf(&path, "%s/digest.key", config->state_dir) < 0) {
		path = NULL;
		return tfs_error_set_memory(error);
	}
	r = read_key(path, key, error);
	if (r != -ENOENT)
		return r;
	r = tfs_file_make_private_dir(config->state_dir, error);
	if (r < 0)
		return r;
	if (tfs_random(key, TFS_DIGEST_KEY) < 0)
		return tfs_error_set(error, -EIO, "resource", "no random bytes");
	r = tfs_file_write(path, key, TFS_DIGEST_KEY, 0600, error);
	if (r == 0)
		tfs_error_clear(error);
	return r;
}

int tfs_store_new(const struct tfs_config *config, struct tfs_api *api, struct tfs_cache *cache, struct tfs_store **ret,
		  struct tfs_error *error)
{
	struct tfs_store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return tfs_error_set_memory(error);
	if (tfs_mutex_init(&store->lock) < 0) {
		free(store);
		return tfs_error_set_memory(error);
	}
	store->config = config;
	store->api = api;
	store->cache = cache;
	store->calls = real_calls;
	store->reads = (struct store_reads){ tfs_resource_find, tfs_resource_list };
	r = load_key(config, store->digest_key, error);
	if (r == 0 &&
	    (resource_audit_new(&store->audit) < 0 || resource_short_lists_new(config, &store->short_lists) < 0))
		r = tfs_error_set_memory(error);
	store->removed_secrets = resource_removed_secrets_new();
	if (r == 0 && !store->removed_secrets)
		r = tfs_error_set_memory(error);
	if (r == 0)
		r = resource_unread_new(config, &store->unread, error);
	if (r < 0) {
		tfs_store_free(store);
		return r;
	}
	*ret = store;
	return 0;
}

void tfs_store_set_calls(struct tfs_store *store, const struct tfs_calls *calls)
{
	store->calls = *calls;
}
