/* Gates: dangerous changes are refused until the user permits them, by the gate's word. */
#ifndef TENANTFS_GATE_H
#define TENANTFS_GATE_H

#include "tenantfs/save.h"

enum tfs_gate {
	TFS_GATE_REMOVALS,  /* many objects of a set removed within a minute */
	TFS_GATE_LOCKOUT,   /* changes that may end the mount's own session */
	TFS_GATE_WEAKENING, /* weaker authentication: `weakens` in the catalogue */
	TFS_GATE_BLANKING,  /* calls that would erase members the API does not show */
	TFS_GATES,
};

enum {
	TFS_GATE_MS = 10 * 60 * 1000,           /* default duration of an allowance */
	TFS_GATE_LONGEST_MS = 24 * 3600 * 1000, /* longest duration */
};

/*
 * Opens a gate at and below `path` ("": the whole mount) for `ms` milliseconds. Kept in the state folder, for
 * the daemon and for commands without one. -EINVAL: no such word.
 */
int tfs_store_allow(struct tfs_store *store, struct tfs_op *op, const char *word, const char *path, uint64_t ms);

/* {"refused": {word: count…}, "allowed": [{"word", "path", "until"}…]}; yours, NULL when out of memory. */
json_t *tfs_store_gates(struct tfs_store *store);

#endif
