/* Reads terminating signals from a descriptor while the program must clean up before it ends. */
#ifndef TENANTFS_CLI_SIGNALS_H
#define TENANTFS_CLI_SIGNALS_H

#include <signal.h>

/* Blocks the signals; returns a descriptor that becomes readable when one comes, or a negative errno. */
int cli_signals_hold(sigset_t *ret_before);
/* Closes the descriptor; a signal that came in the meantime now takes effect. */
void cli_signals_release(int fd, const sigset_t *before);

#endif
