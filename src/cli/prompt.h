/* Asks the user for a line, or reads it from a script. */
#ifndef TENANTFS_CLI_PROMPT_H
#define TENANTFS_CLI_PROMPT_H

#include <stdbool.h>

#include "tenantfs/error.h"
#include "tenantfs/secret.h"

/*
 * Reads one line from the terminal, without echo if `hidden`; if standard input is not a terminal, its next
 * line. `*ret` is yours. -ENODATA: end of input; -EINTR: a signal came, the terminal is restored.
 */
int cli_prompt(const char *question, bool hidden, struct tfs_secret **ret, struct tfs_error *error);

#endif
