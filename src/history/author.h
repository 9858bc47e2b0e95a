/* Whose name a commit bears. */
#ifndef TENANTFS_HISTORY_AUTHOR_H
#define TENANTFS_HISTORY_AUTHOR_H

#include <sys/types.h>

#include "tenantfs/config.h"

struct author {
	char name[128];
	char mail[192];
};

/* Of a local user: the configuration's [author] for the login name or the number, else what the system knows. */
void author_of_uid(const struct tfs_config *config, uid_t uid, struct author *ret);
/* Of whom the audit log names: the configuration's, else the name itself. */
void author_of_actor(const struct tfs_config *config, const char *actor, struct author *ret);
/* Of what was found without a name. */
void author_unknown(const struct tfs_config *config, struct author *ret);
/* tenantfs itself: who recorded how things were before anybody changed them. */
void author_tenantfs(const struct tfs_config *config, struct author *ret);

#endif
