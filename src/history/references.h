/* Documents that show the name of an object: its rename changes them, too. */
#ifndef TENANTFS_HISTORY_REFERENCES_H
#define TENANTFS_HISTORY_REFERENCES_H

#include "tenantfs/buf.h"
#include "tenantfs/change.h"

/*
 * Calls `each` with the path of each single document that may show names of objects of the kind at the change's path.
 * A result other than 0 ends the calls and is returned.
 */
int history_references_each(const struct tfs_change *change, int (*each)(void *context, const char *path),
			    void *context);
/* The document `text` at `path` with the new name; 0: it does not show the old one, 1: `out` has it. -ENOMEM. */
int history_references_rename(const struct tfs_change *change, const char *path, const char *text, size_t len,
			      struct tfs_buf *out);

#endif
