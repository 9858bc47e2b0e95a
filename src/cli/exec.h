/* The other programs of tenantfs, and programs of the system. */
#ifndef TENANTFS_CLI_EXEC_H
#define TENANTFS_CLI_EXEC_H

#include <sys/types.h>

#include "tenantfs/error.h"

/*
 * Path of a program of ours: beside this one, where it is installed, in the
 * build folder, else in PATH. Yours.
 */
int cli_find_program(const char *name, char **ret, struct tfs_error *error);

/* Becomes that program: argv[0] is put in its place. Returns only when it cannot. */
int cli_exec(const char *name, char **argv, struct tfs_error *error);

/*
 * Runs a program of the system with nothing on its standard input and its
 * errors in `ret_text` (yours); waits. Its exit code.
 */
int cli_run_program(char *const *argv, char **ret_text, struct tfs_error *error);

#endif
