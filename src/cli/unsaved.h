/* Unsaved changes: drafts, changes with unknown outcome, unpushed commits. */
#ifndef TENANTFS_CLI_UNSAVED_H
#define TENANTFS_CLI_UNSAVED_H

#include "tenantfs/config.h"
#include "tenantfs/json.h"

/* Print lines of `tenantfs status`. */
void cli_print_drafts(const json_t *status);
void cli_print_pending(const json_t *status);
/* Asks the daemon for its status; NULL: there is no daemon. Yours. */
json_t *cli_ask_unsaved(const struct tfs_config *config);
/*
 * The number of drafts that exist only in the memory of the daemon, and end with it. Prints their names and a remedy;
 * `status` is that of cli_ask_unsaved.
 */
size_t cli_print_lost(const json_t *status, const char *dir);
/* Prints a warning if there are unsaved changes; `status` is that of cli_ask_unsaved. */
void cli_warn_unsaved(const json_t *status);
/* Prints a warning if the history's remote lacks commits; the tenant must not be open. */
void cli_warn_unpushed(const struct tfs_config *config);

#endif
