/* The secrets of removed objects: a ring in memory. */
#include "removed-secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/secret.h"

enum { SECRETS = 1024 };

struct removed_secret {
	char digest[TFS_SECRET_TEXT];
	struct tfs_secret *secret; /* NULL: free */
};

struct removed_secrets {
	struct tfs_mutex lock; /* leaf */
	struct removed_secret ring[SECRETS];
	size_t next;
};

struct removed_secrets *resource_removed_secrets_new(void)
{
	struct removed_secrets *removed = calloc(1, sizeof(*removed));

	if (removed && tfs_mutex_init(&removed->lock) < 0) {
		free(removed);
		return NULL;
	}
	return removed;
}

void resource_removed_secrets_free(struct removed_secrets *removed)
{
	if (!removed)
		return;
	for (size_t i = 0; i < SECRETS; i++)
		tfs_secret_free(removed->ring[i].secret);
	tfs_mutex_destroy(&removed->lock);
	free(removed);
}

static struct removed_secret *find(struct removed_secrets *removed, const char *digest) TFS_HOLDS(removed->lock)
{
	for (size_t i = 0; i < SECRETS; i++)
		if (removed->ring[i].secret && strcmp(removed->ring[i].digest, digest) == 0)
			return &removed->ring[i];
	return NULL;
}

static void add(struct removed_secrets *removed, const char *digest, const json_t *text)
{
	struct tfs_secret *secret = tfs_secret_new(json_string_value(text), json_string_length(text));
	struct removed_secret *place;

	if (!secret)
		return;
	tfs_mutex_lock(&removed->lock);
	place = find(removed, digest);
	if (!place) {
		place = &removed->ring[removed->next];
		removed->next = (removed->next + 1) % SECRETS;
	}
	tfs_secret_free(place->secret);
	place->secret = secret;
	snprintf(place->digest, sizeof(place->digest), "%s", digest);
	tfs_mutex_unlock(&removed->lock);
}

void resource_removed_secrets_add(struct tfs_store *store, const json_t *record, const char *shown)
{
	char digest[TFS_SECRET_TEXT];
	const json_t *value;
	const char *name;
	size_t i;

	json_object_foreach ((json_t *)(uintptr_t)record, name, value)
		resource_removed_secrets_add(store, value, shown);
	json_array_foreach ((json_t *)(uintptr_t)record, i, value)
		resource_removed_secrets_add(store, value, shown);
	if (json_string_length(record) > 0 &&
	    tfs_secret_digest(store->digest_key, json_string_value(record), json_string_length(record), digest) == 0 &&
	    strstr(shown, digest))
		add(store->removed_secrets, digest, record);
}

json_t *resource_removed_secrets_find(struct tfs_store *store, const char *digest)
{
	struct removed_secrets *removed = store->removed_secrets;
	const struct removed_secret *place;
	json_t *secret = NULL;

	tfs_mutex_lock(&removed->lock);
	place = find(removed, digest);
	if (place)
		secret = json_stringn(tfs_secret_text(place->secret), tfs_secret_len(place->secret));
	tfs_mutex_unlock(&removed->lock);
	return secret;
}

bool tfs_store_knows_secret(struct tfs_store *store, const char *digest)
{
	bool known;

	tfs_mutex_lock(&store->removed_secrets->lock);
	known = !!find(store->removed_secrets, digest);
	tfs_mutex_unlock(&store->removed_secrets->lock);
	return known;
}
