/* Who keeps a mount busy. */
#ifndef TENANTFS_CLI_MOUNT_USERS_H
#define TENANTFS_CLI_MOUNT_USERS_H

#include <stdio.h>

/*
 * A line for each process that stands in `dir` or has something of it open; as
 * far as we may look. Their number.
 */
int cli_mount_users_print(FILE *out, const char *dir);

#endif
