/* What people are told: errors with their remedy, usage, progress. */
#ifndef TENANTFS_CLI_REPORT_H
#define TENANTFS_CLI_REPORT_H

#include <stdio.h>

#include "command.h"
#include "tenantfs/error.h"

/* The exit code an errno stands for. */
int cli_exit_of(int code);

/* What to do about it, a line without newline; NULL when there is nothing the message does not say. */
const char *cli_remedy(const struct tfs_error *error);

/* Writes "tenantfs: WHAT: message", the facts and the remedy. `what` NULL or "", `remedy` NULL: left out. */
void cli_print_error(FILE *out, const char *what, const struct tfs_error *error, const char *remedy);
/* The same on standard error with the usual remedy; returns the exit code. */
int cli_fail(const char *what, const struct tfs_error *error);

/* A command that was called wrongly; returns CLI_USAGE. `command` NULL: the program. */
int cli_usage(const struct cli_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Says on a terminal what is waited for, once it takes more than a second. NULL (nothing is shown) is fine.
 */
struct cli_progress;
struct cli_progress *cli_progress_start(const char *what);
void cli_progress_end(struct cli_progress *progress);

#endif
