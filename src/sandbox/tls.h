/* The sandbox's own certificates. */
#ifndef SANDBOX_TLS_H
#define SANDBOX_TLS_H

#include "data-dir.h"

/*
 * The server's key and certificate for loopback (PEM, caller frees), signed by the authority in DIR/ca.pem;
 * created in DIR if missing.
 */
int sandbox_tls_open(const struct data_dir *dir, char **ret_key, char **ret_cert, struct tfs_error *error);

#endif
