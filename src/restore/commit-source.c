/* A commit of the history as a source. The newest commit represents the tenant: the caller has flushed the history. */
#include "commit-source.h"

#include <errno.h>
#include <stdio.h>

static const char NEWEST[] = "HEAD";

static struct commit_source *commit_of(struct source *source)
{
	return (struct commit_source *)source;
}

static int commit_is_directory(struct source *source, const char *path, bool *ret, struct tfs_error *error)
{
	const struct commit_source *commit = commit_of(source);
	struct timespec time;
	size_t size;
	int r = tfs_view_stat(commit->view, commit->id, path, ret, &size, &time, error);

	if (r != -ENOENT)
		return r;
	r = tfs_view_stat(commit->view, NEWEST, path, ret, &size, &time, error);
	if (r == 0)
		tfs_error_clear(error);
	return r;
}

static int commit_list_differing(struct source *source, const char *path, source_each each, void *context,
				 struct tfs_error *error)
{
	const struct commit_source *commit = commit_of(source);
	cleanup_json json_t *changes = NULL;
	const json_t *change;
	size_t i;
	int r = tfs_view_diff(commit->view, commit->id, NEWEST, path, &changes, error);

	json_array_foreach (changes, i, change) {
		if (r == 0)
			r = each(context, tfs_json_text(change, "path"));
	}
	return r;
}

static int commit_read(struct source *source, const char *path, struct tfs_buf *out, struct tfs_error *error)
{
	const struct commit_source *commit = commit_of(source);

	return commit->id[0] != '\0' ? tfs_view_read(commit->view, commit->id, path, out, error) : -ENOENT;
}

static int commit_created_since(struct source *source, const json_t **ret, struct tfs_error *error)
{
	struct commit_source *commit = commit_of(source);
	int r = 0;

	if (!commit->created_since)
		r = tfs_view_made(commit->view, commit->id, &commit->created_since, error);
	*ret = commit->created_since;
	return r;
}

static const struct source_ops commit_ops = {
	.is_directory = commit_is_directory,
	.list_differing = commit_list_differing,
	.read = commit_read,
	.created_since = commit_created_since,
};

void restore_commit_source_init(struct commit_source *source, struct tfs_history_view *view, const char *id)
{
	*source = (struct commit_source){ .source.ops = &commit_ops, .view = view };
	snprintf(source->id, sizeof(source->id), "%s", id);
}

void restore_commit_source_finish(struct commit_source *source)
{
	json_decref(source->created_since);
}
