/* The processes that use a mount. */
#ifndef TENANTFS_CLI_MOUNT_USERS_H
#define TENANTFS_CLI_MOUNT_USERS_H

#include <stdio.h>

/*
 * Prints a line for each process with its working directory, its root or an open file in `dir`, as far as
 * permissions allow. Returns their number.
 */
int cli_mount_users_print(FILE *out, const char *dir);
/* The same for the processes of other mount namespaces, where the mount may be at another place. */
int cli_mount_users_elsewhere(FILE *out, unsigned connection);

#endif
