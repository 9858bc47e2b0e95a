/* What the commands that look at the history share. */
#ifndef TENANTFS_CLI_HISTORY_VIEW_H
#define TENANTFS_CLI_HISTORY_VIEW_H

#include "session.h"
#include "tenantfs/past.h"

/* The history of the command's tenant, with all that its daemon has by now. */
int cli_history_open(const struct cli *cli, const char *path, struct tfs_past **ret, struct tfs_error *error);

/* "2026-11-23 11:11:12" of an entry, local time. */
void cli_history_time(const json_t *entry, char out[32]);
/* A change set, member by member, as people read it. */
void cli_history_print_changes(const json_t *changes);
/* On standard output; returns the exit code. */
int cli_print_json(const json_t *value);
/* Whether a word names a revision; else it is a path. */
bool cli_history_is_revision(struct tfs_past *past, const char *word);

#endif
