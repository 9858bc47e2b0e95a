/* Messages for people: errors with a remedy, usage, progress. */
#ifndef TENANTFS_CLI_REPORT_H
#define TENANTFS_CLI_REPORT_H

#include <stdio.h>

#include "command.h"
#include "tenantfs/error.h"

/* The exit code of an errno. */
int cli_exit_of(int code);

/* A remedy as one line without newline; NULL when the message already says it. */
const char *cli_remedy(const struct tfs_error *error);

/* Prints "tenantfs: WHAT: message", details and remedy. `what` NULL or "", `remedy` NULL: left out. */
void cli_print_error(FILE *out, const char *what, const struct tfs_error *error, const char *remedy);
/* Prints the error with its usual remedy on standard error; returns the exit code. */
int cli_fail(const char *what, const struct tfs_error *error);

/* Reports a usage error; returns CLI_USAGE. `command` NULL: of the program. */
int cli_usage(const struct cli_command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Shows on a terminal what the command waits for, after one second. NULL, which shows nothing, is valid. */
struct cli_progress;
struct cli_progress *cli_progress_start(const char *what);
void cli_progress_end(struct cli_progress *progress);

#endif
