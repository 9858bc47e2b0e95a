/* Finds and runs the other programs of tenantfs, and programs of the system. */
#ifndef TENANTFS_CLI_EXEC_H
#define TENANTFS_CLI_EXEC_H

#include <sys/types.h>

#include "tenantfs/error.h"

/* The path of a program of tenantfs: next to this one, as installed or as built, otherwise in PATH. Yours. */
int cli_find_program(const char *name, char **ret, struct tfs_error *error);

/* Replaces this process by the program; sets argv[0]. Returns only on failure. */
int cli_exec(const char *name, char **argv, struct tfs_error *error);

/*
 * Runs a program of the system without standard input and waits. Its exit code, and its standard error in
 * `ret_text` (yours); or a negative errno.
 */
int cli_run_program(char *const *argv, char **ret_text, struct tfs_error *error);

#endif
