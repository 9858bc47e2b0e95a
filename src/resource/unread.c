/* Members that no answer shows, as last written here: {path of the resource: {id: values}} in the state folder. */
#include "unread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "document/unread.h"
#include "tenantfs/file.h"
#include "tenantfs/log.h"

enum { FILE_MAX_BYTES = 16 << 20 };

struct unread {
	char *file;
	struct tfs_mutex lock; /* of `all` */
	json_t *all;
	struct tfs_mutex writing; /* the file gets the states of `all` in their order; `lock` is taken under it */
};

static json_t *read_all(const char *file)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(FILE_MAX_BYTES);
	cleanup_json json_t *all = NULL;
	struct tfs_error error = { 0 };
	int r = tfs_file_read_private(file, &text, &error);

	if (r == 0)
		r = tfs_json_parse(text.data, text.len, &all, &error);
	if (r < 0 && r != -ENOENT)
		tfs_log(TFS_LOG_WARNING, 0, "what was written to members that the API does not show is lost: %s",
			error.message);
	return json_is_object(all) ? steal_pointer(&all) : json_object();
}

int resource_unread_new(const struct tfs_config *config, struct unread **ret, struct tfs_error *error)
{
	struct unread *unread = calloc(1, sizeof(*unread));

	if (!unread)
		return tfs_error_set_memory(error);
	tfs_mutex_init(&unread->lock);
	tfs_mutex_init(&unread->writing);
	if (asprintf(&unread->file, "%s/unread.json", config->state_dir) < 0)
		unread->file = NULL;
	if (unread->file)
		unread->all = read_all(unread->file);
	if (!unread->all) {
		resource_unread_free(unread);
		return tfs_error_set_memory(error);
	}
	*ret = unread;
	return 0;
}

void resource_unread_free(struct unread *unread)
{
	if (!unread)
		return;
	tfs_mutex_destroy(&unread->lock);
	tfs_mutex_destroy(&unread->writing);
	json_decref(unread->all);
	free(unread->file);
	free(unread);
}

static json_t *find(const struct unread *unread, const struct tfs_resource *resource, const char *id)
	TFS_HOLDS(unread->lock)
{
	return json_object_get(json_object_get(unread->all, resource->path), id);
}

int resource_unread_complete(struct tfs_resource *resource, const char *id, json_t *record)
{
	struct unread *unread = resource->store->unread;
	const json_t *values;
	int r = 0;

	tfs_mutex_lock(&unread->lock);
	values = find(unread, resource, id);
	if (values)
		r = document_unread_fill(resource->kind, record, values);
	tfs_mutex_unlock(&unread->lock);
	return r;
}

json_t *resource_unread_values(struct tfs_resource *resource, const char *id)
{
	struct unread *unread = resource->store->unread;
	json_t *copy;

	tfs_mutex_lock(&unread->lock);
	copy = json_deep_copy(find(unread, resource, id));
	tfs_mutex_unlock(&unread->lock);
	return copy;
}

/* 1: it differs from before. `values` NULL: removes them. */
static int set_values(struct unread *unread, const struct tfs_resource *resource, const char *id, json_t *values)
	TFS_HOLDS(unread->lock)
{
	json_t *objects = json_object_get(unread->all, resource->path), *had = json_object_get(objects, id);

	/* Without an id it would be found under no name after a rename. */
	if ((!values && !had) || *id == '\0')
		return 0;
	if (!values)
		return json_object_del(objects, id) == 0;
	if (json_equal(had, values))
		return 0;
	if (!objects) {
		objects = json_object();
		if (json_object_set_new(unread->all, resource->path, objects) < 0)
			return -ENOMEM;
	}
	return json_object_set(objects, id, values) < 0 ? -ENOMEM : 1;
}

static int print_all(struct unread *unread, struct tfs_buf *out)
{
	int r;

	tfs_mutex_lock(&unread->lock);
	r = tfs_json_print_document(unread->all, out);
	tfs_mutex_unlock(&unread->lock);
	return r;
}

/* The object was changed on the server: what cannot be kept is only logged. Whether it differs from before. */
static bool store(struct tfs_resource *resource, const char *id, json_t *values)
{
	struct unread *unread = resource->store->unread;
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(FILE_MAX_BYTES);
	struct tfs_error error = { .message = "out of memory" };
	bool changed;
	int r;

	tfs_mutex_lock(&unread->writing);
	tfs_mutex_lock(&unread->lock);
	r = set_values(unread, resource, id, values);
	tfs_mutex_unlock(&unread->lock);
	changed = r > 0;
	if (changed)
		r = print_all(unread, &text);
	if (r == 0 && text.len > 0)
		r = tfs_file_write(unread->file, text.data, text.len, 0600, &error);
	tfs_mutex_unlock(&unread->writing);
	if (r < 0)
		tfs_log(TFS_LOG_WARNING, 0,
			"%s: what was written to members that the API does not show is not kept: %s", resource->path,
			error.message);
	return changed;
}

bool resource_unread_note(struct tfs_resource *resource, const char *id, const json_t *document)
{
	cleanup_json json_t *values = document_unread_values(resource->kind, document);

	return json_object_size(values) > 0 && store(resource, id, values);
}

void resource_unread_forget(struct tfs_resource *resource, const char *id)
{
	store(resource, id, NULL);
}
