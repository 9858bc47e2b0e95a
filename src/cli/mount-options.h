/* Splits the -o options of a mount: this program's, mount(8)'s, the daemon's. */
#ifndef TENANTFS_CLI_MOUNT_OPTIONS_H
#define TENANTFS_CLI_MOUNT_OPTIONS_H

/*
 * Takes "config=FILE" and the options of mount(8) (noauto, user, nofail, x-… and so on) out of a list
 * separated by commas. `*ret_options` is the rest, for the daemon; `*ret_config` is NULL without config=.
 * Both yours. 0 or -ENOMEM.
 */
int cli_mount_options_split(const char *list, char **ret_options, char **ret_config);

#endif
