/* Signals that end a program, taken in by descriptor while something has to be put right first. */
#ifndef TENANTFS_CLI_SIGNALS_H
#define TENANTFS_CLI_SIGNALS_H

#include <signal.h>

/* A descriptor that can be read once one has come; from then on they wait. Or a negative errno. */
int cli_signals_hold(sigset_t *ret_before);
/* Closes it; what has come in the meantime does now what it would have done at once. */
void cli_signals_release(int fd, const sigset_t *before);

#endif
