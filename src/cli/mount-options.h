/* The -o options of a mount: what is ours, what is fstab's, what is the daemon's. */
#ifndef TENANTFS_CLI_MOUNT_OPTIONS_H
#define TENANTFS_CLI_MOUNT_OPTIONS_H

/*
 * Takes "config=FILE" out of a list separated by commas, and what says when and by whom something is mounted
 * (noauto, user, nofail, x-… and the like). `*ret_options` is what is left for the daemon, `*ret_config` NULL
 * without one; both yours. 0 or -ENOMEM.
 */
int cli_mount_options_split(const char *list, char **ret_options, char **ret_config);

#endif
