/* From which configuration a mount was made, and paths. */
#ifndef TENANTFS_CLI_MOUNTS_H
#define TENANTFS_CLI_MOUNTS_H

#include "tenantfs/mounts.h"

/*
 * Absolute, without "." and ".." and doubled slashes, by text alone: no mount
 * is touched. Caller frees; NULL without memory.
 */
char *cli_path_absolute(const char *path);
/* As that, links followed; a mount whose daemon is dead can be named all the same. */
char *cli_path_real(const char *path);

/* What a mount says of itself. Both are absolute; NULL: it does not say. */
struct cli_mount_facts {
	char *config;    /* file it was made from */
	char *state_dir; /* of the tenant; where its daemon listens */
};
/* Empty when the mount does not answer, or is another user's, who could name any file. Its texts are yours.
 */
void cli_mount_facts_read(const struct tfs_mount *mount, struct cli_mount_facts *ret);
void cli_mount_facts_finish(struct cli_mount_facts *facts);

#endif
