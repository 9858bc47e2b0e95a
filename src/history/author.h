/* The author of a commit. */
#ifndef TENANTFS_HISTORY_AUTHOR_H
#define TENANTFS_HISTORY_AUTHOR_H

#include <sys/types.h>

#include "tenantfs/config.h"

struct author {
	char name[128];
	char mail[192];
};

/*
 * The author for a local user: from [author] of the configuration, by login name or number, else from the
 * system.
 */
void history_author_of_uid(const struct tfs_config *config, uid_t uid, struct author *ret);
/* The author for a name in the audit log: from the configuration, else the name itself. */
void history_author_of_actor(const struct tfs_config *config, const char *actor, struct author *ret);
/* The author of a change by an unknown person. */
void history_author_unknown(const struct tfs_config *config, struct author *ret);
/* tenantfs itself, the author of baselines. */
void history_author_tenantfs(const struct tfs_config *config, struct author *ret);

#endif
