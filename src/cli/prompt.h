/* Asking a person, or the lines of a script. */
#ifndef TENANTFS_CLI_PROMPT_H
#define TENANTFS_CLI_PROMPT_H

#include <stdbool.h>

#include "tenantfs/error.h"
#include "tenantfs/secret.h"

/*
 * One line: asked for on the terminal, without echo where `hidden`; where standard input is no terminal, its
 * next line. `*ret` is yours. -ENODATA: the input ended; -EINTR: a signal ended the wait, the terminal is as
 * it was.
 */
int cli_prompt(const char *question, bool hidden, struct tfs_secret **ret, struct tfs_error *error);

#endif
