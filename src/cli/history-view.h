/* Functions shared by the commands that read the history. */
#ifndef TENANTFS_CLI_HISTORY_VIEW_H
#define TENANTFS_CLI_HISTORY_VIEW_H

#include "session.h"
#include "tenantfs/history-view.h"

/* Opens the history of the command's tenant, after its daemon has recorded all changes. */
int cli_history_open(const struct cli *cli, const char *path, struct tfs_history_view **ret, struct tfs_error *error);

/* The local time of an entry, "2026-11-23 11:11:12". */
void cli_history_time(const json_t *entry, char out[32]);
/* Prints changes member by member. */
void cli_history_print_changes(const json_t *changes);
/* Prints `value` on standard output; returns the exit code. */
int cli_print_json(const json_t *value);
/* True if the argument is a revision, false if it is a path. */
bool cli_history_is_revision(struct tfs_history_view *view, const char *arg);

#endif
