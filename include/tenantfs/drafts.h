/* Drafts: texts the server does not have, each with its reason, in memory and on disk until somebody settles them. */
#ifndef TENANTFS_DRAFTS_H
#define TENANTFS_DRAFTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "tenantfs/json.h"

/* One text. Immutable and counted once it is kept; all its texts are its own then. */
struct tfs_draft {
	atomic_uint refs;
	uint64_t number;        /* rises with each that is kept; also the name of its file */
	char *name;             /* `path`, or `path` with ".2", ".3" … behind where others of the path are kept */
	char *path;             /* it was meant for, from the mount's root */
	json_t *where;          /* what finds the object again; only kept */
	char *text;
	size_t len;
	char *base, *base_id;   /* the version its writer started from; NULL: it was to be created */
	struct tfs_error error; /* the reason */
	struct timespec time;
	uid_t uid;              /* of who was refused */
	pid_t pid;              /* of its process; 0: not of this process's time */
	uint64_t replaces;      /* whose file goes once this one's is there; 0 none */
	atomic_bool on_disk;
};
struct tfs_draft *tfs_draft_ref(struct tfs_draft *draft);
void tfs_draft_unref(struct tfs_draft *draft);
TFS_DEFINE_CLEANUP(draft, struct tfs_draft *, tfs_draft_unref)
#define cleanup_draft TFS_CLEANUP(tfs_cleanup_draft)

/* All drafts of a tenant's state. Thread-safe; its lock is never held while a file is written. */
struct tfs_drafts;

enum { TFS_DRAFTS_MOST = 10000, TFS_DRAFTS_BYTES = 256 << 20 };

/* Reads the folder `dir` (made, mode 0700); NULL: in memory only. A file that is none is left alone. */
int tfs_drafts_open(const char *dir, struct tfs_drafts **ret, struct tfs_error *error);
/* Tries once more to write what a full disk refused. */
void tfs_drafts_close(struct tfs_drafts *drafts);

/*
 * Keeps a copy of `draft` (its number, name and refs are not looked at) in memory, for tfs_drafts_write to
 * write. It takes the place of one of the same path and user with the same text, or by the same process. `*ret_name`
 * (yours, may be NULL). -ENOSPC past the ceiling: it is not kept, the others are. -ENOMEM.
 */
int tfs_drafts_put(struct tfs_drafts *drafts, const struct tfs_draft *draft, char **ret_name);
/* Writes what is not on the disk yet: 0, or why some of it is in memory only. */
int tfs_drafts_write(struct tfs_drafts *drafts);
/* Yours; NULL when there is none. */
struct tfs_draft *tfs_drafts_get(struct tfs_drafts *drafts, const char *name);
/* False when it is not there (any more). */
bool tfs_drafts_drop(struct tfs_drafts *drafts, const struct tfs_draft *draft);
/* All in the order they came; free with tfs_drafts_list_free. */
int tfs_drafts_list(struct tfs_drafts *drafts, struct tfs_draft ***ret, size_t *ret_count);
void tfs_drafts_list_free(struct tfs_draft **list, size_t count);
size_t tfs_drafts_count(struct tfs_drafts *drafts);
/* {"name", "path", "time", "uid", "size", "new", "kept", "error"} each, as `status` shows them; NULL: no memory. */
json_t *tfs_drafts_to_json(struct tfs_drafts *drafts);

#endif
