/* What is mounted where, and from which configuration. */
#ifndef TENANTFS_CLI_MOUNTS_H
#define TENANTFS_CLI_MOUNTS_H

#include <stddef.h>
#include <sys/types.h>

#include "tenantfs/error.h"

struct cli_mount {
	char *dir;
	char *tenant;
	uid_t uid; /* who mounted it */
	unsigned connection; /* the kernel's number of it; 0: not known */
};

/* All mounts of tenantfs in a text of /proc/self/mountinfo's form. 0 or -ENOMEM. */
int cli_mounts_parse(const char *text, struct cli_mount **ret, size_t *ret_count);
/* Those there are now. */
int cli_mounts_read(struct cli_mount **ret, size_t *ret_count, struct tfs_error *error);
void cli_mounts_free(struct cli_mount *mounts, size_t count);

/* The mount that holds an absolute path: the one with the longest folder; NULL. Borrowed. */
const struct cli_mount *cli_mounts_find(const struct cli_mount *mounts, size_t count, const char *path);

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
void cli_mount_facts_read(const struct cli_mount *mount, struct cli_mount_facts *ret);
void cli_mount_facts_finish(struct cli_mount_facts *facts);

#endif
