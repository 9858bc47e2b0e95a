/* The configuration of an existing mount, and paths that may lead into one. */
#ifndef TENANTFS_CLI_MOUNTS_H
#define TENANTFS_CLI_MOUNTS_H

#include "tenantfs/mounts.h"

/*
 * The absolute path without ".", ".." and doubled slashes, by text alone: no mount is accessed. Caller frees;
 * NULL: out of memory.
 */
char *cli_path_absolute(const char *path);
/* The same with links resolved; also works for a mount whose daemon is dead. */
char *cli_path_real(const char *path);

/* What a mount says about itself. Absolute paths; NULL: unknown. */
struct cli_mount_facts {
	char *config;    /* file it was mounted from */
	char *state_dir; /* the tenant's; has the daemon's socket */
};
/*
 * Empty if the mount does not answer, or belongs to another user, who could name any file. Release with
 * cli_mount_facts_finish.
 */
void cli_mount_facts_read(const struct tfs_mount *mount, struct cli_mount_facts *ret);
void cli_mount_facts_finish(struct cli_mount_facts *facts);

#endif
