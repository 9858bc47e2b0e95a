/* What is not on the server: drafts, and changes whose outcome nobody knows. */
#ifndef TENANTFS_CLI_UNSAVED_H
#define TENANTFS_CLI_UNSAVED_H

#include "tenantfs/config.h"
#include "tenantfs/json.h"

/* Lines of `status`. */
void cli_print_drafts(const json_t *status);
void cli_print_pending(const json_t *status);
/* Asks the daemon; NULL when there is none. Yours. */
json_t *cli_ask_unsaved(const struct tfs_config *config);
/* One line to standard error where something is left; `status` as cli_ask_unsaved gave it. */
void cli_warn_unsaved(const json_t *status);
/* The same of commits the history's remote has not; nobody may have the tenant open. */
void cli_warn_unpushed(const struct tfs_config *config);

#endif
