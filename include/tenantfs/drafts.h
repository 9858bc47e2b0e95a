/* Drafts: texts that could not be saved, with the error, in memory and on disk until retried or discarded. */
#ifndef TENANTFS_DRAFTS_H
#define TENANTFS_DRAFTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "tenantfs/json.h"

/* One draft. In the table it is immutable and reference-counted, and owns its texts. */
struct tfs_draft {
	atomic_uint refs;
	uint64_t number; /* rises with each draft; also the name of its file */
	char *name;      /* `path`, or `path` with ".2", ".3" … if there are other drafts of the path */
	char *path;      /* of the document it was meant for, relative to the mount */
	json_t *where;   /* address of the object; opaque */
	char *text;
	size_t len;
	char *base, *base_id;   /* the version the edit started from; NULL: a new document */
	struct tfs_error error; /* why it was not saved */
	struct timespec time;
	uid_t uid;         /* of the user that saved */
	pid_t pid;         /* of the process that saved; 0: from before a restart */
	uint64_t replaces; /* draft whose file is removed after this one's is written; 0: none */
	atomic_bool on_disk;
};
struct tfs_draft *tfs_draft_ref(struct tfs_draft *draft);
void tfs_draft_unref(struct tfs_draft *draft);
TFS_DEFINE_CLEANUP(draft, struct tfs_draft *, tfs_draft_unref)
#define cleanup_draft TFS_CLEANUP(tfs_cleanup_draft)

/* All drafts of a tenant. Thread-safe. Its lock is not held while a file is written. */
struct tfs_drafts;

enum { TFS_DRAFTS_MAX = 10000, TFS_DRAFTS_BYTES = 256 << 20 };

/* Reads the folder `dir` (created with mode 0700); NULL: memory only. Other files in it are ignored. */
int tfs_drafts_open(const char *dir, struct tfs_drafts **ret, struct tfs_error *error);
/* Retries once to write the drafts that a full disk refused. */
void tfs_drafts_close(struct tfs_drafts *drafts);

/*
 * Adds a copy of `draft` (its number, name and refs are ignored) in memory; tfs_drafts_write writes it to
 * disk. It replaces a draft of the same path and user with the same text or from the same process. `ret_name`
 * (caller frees) may be NULL. -ENOSPC: past the ceiling; not added, the others stay. -ENOMEM.
 */
int tfs_drafts_put(struct tfs_drafts *drafts, const struct tfs_draft *draft, char **ret_name);
/* Writes the drafts that are not on disk yet. Negative errno: some remain in memory only. */
int tfs_drafts_write(struct tfs_drafts *drafts);
/* A reference for the caller; NULL: no such draft. */
struct tfs_draft *tfs_drafts_get(struct tfs_drafts *drafts, const char *name);
/* Removes a draft and its file. False: it was not in the table. */
bool tfs_drafts_drop(struct tfs_drafts *drafts, const struct tfs_draft *draft);
/* All drafts in order of number. Free with tfs_drafts_list_free. */
int tfs_drafts_list(struct tfs_drafts *drafts, struct tfs_draft ***ret, size_t *ret_count);
void tfs_drafts_list_free(struct tfs_draft **list, size_t count);
size_t tfs_drafts_count(struct tfs_drafts *drafts);
/*
 * An array of {"name", "path", "time", "uid", "size", "new", "kept", "error"}, as in `status`; NULL: out of
 * memory.
 */
json_t *tfs_drafts_to_json(struct tfs_drafts *drafts);

#endif
