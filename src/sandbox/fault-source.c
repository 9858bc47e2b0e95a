/* Keeps the fault rules in force: those of the command line, or of the file. */
#include "fault-source.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tenantfs/file.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"

enum { FILE_MAX = 65536 };

struct fault_source {
	struct tfs_mutex lock;          /* protects the fields below; taken before a set's lock */
	struct fault_set *given, *read; /* from the command line, from the file */
	bool is_read;                   /* the file exists */
	struct stat seen;
	char *path;
	uint64_t seed;
};

int sandbox_fault_source_new(const char *spec, const char *path, uint64_t seed, struct fault_source **ret,
			     struct tfs_error *error)
{
	struct fault_source *source = calloc(1, sizeof(*source));

	if (!source)
		return tfs_error_set_memory(error);
	tfs_mutex_init(&source->lock);
	source->seed = seed;
	source->path = strdup(path);
	int r = source->path ? sandbox_fault_set_new(spec, seed, &source->given, error) : -ENOMEM;
	if (r < 0) {
		sandbox_fault_source_free(source);
		return r;
	}
	*ret = source;
	return 0;
}

void sandbox_fault_source_free(struct fault_source *source)
{
	if (!source)
		return;
	sandbox_fault_set_free(source->given);
	sandbox_fault_set_free(source->read);
	free(source->path);
	tfs_mutex_destroy(&source->lock);
	free(source);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void read_file(struct fault_source *source)
{
	struct tfs_buf text = TFS_BUF_INIT(FILE_MAX);
	struct tfs_error error = { 0 };
	struct fault_set *set = NULL;
	int r = tfs_file_read(source->path, &text, &error);

	if (r == 0)
		r = sandbox_fault_set_new(text.data, source->seed, &set, &error);
	if (r < 0)
		tfs_log(TFS_LOG_ERROR, 0, "sandbox: %s: %s", source->path, error.message);
	tfs_buf_finish(&text);
	sandbox_fault_set_free(source->read);
	source->read = set;
}

/* The set in force; NULL: none. */
static struct fault_set *current(struct fault_source *source)
{
	struct stat now;

	if (stat(source->path, &now) < 0) {
		source->is_read = false;
		return source->given;
	}
	if (!source->is_read || !same_file(&now, &source->seen)) {
		read_file(source);
		source->seen = now;
		source->is_read = true;
	}
	return source->read;
}

void sandbox_fault_source_pick(struct fault_source *source, const struct fault_request *request, struct fault *ret)
{
	*ret = (struct fault){ .kind = FAULT_NONE };
	tfs_mutex_lock(&source->lock);
	struct fault_set *set = current(source);
	if (set)
		sandbox_fault_pick(set, request, ret);
	tfs_mutex_unlock(&source->lock);
}
