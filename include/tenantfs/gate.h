/* Gates: changes that are refused until somebody says that they are meant, each gate by a word of its own. */
#ifndef TENANTFS_GATE_H
#define TENANTFS_GATE_H

#include "tenantfs/save.h"

enum tfs_gate {
	TFS_GATE_REMOVALS,  /* many objects of a set removed within a minute */
	TFS_GATE_LOCKOUT,   /* what would end the session the mount runs on */
	TFS_GATE_WEAKENING, /* what makes signing on less safe: `weakens` in the catalogue */
	TFS_GATES,
};

enum {
	TFS_GATE_MS = 10 * 60 * 1000,           /* how long an allowance holds, unless it says otherwise */
	TFS_GATE_LONGEST_MS = 24 * 3600 * 1000, /* and at most */
};

/*
 * Opens one gate for what is at or below `path` ("" everything in the mount) until `ms` have passed. Kept in
 * the state folder, for the daemon and for commands without one. -EINVAL for a word that is none.
 */
int tfs_store_allow(struct tfs_store *store, struct tfs_op *op, const char *word, const char *path, uint64_t ms);

/* {"refused": {word: count…}, "allowed": [{"word", "path", "until"}…]}; yours, NULL when out of memory. */
json_t *tfs_store_gates(struct tfs_store *store);

#endif
