/* The sandbox's own certificates. */
#ifndef SANDBOX_TLS_H
#define SANDBOX_TLS_H

#include "data-dir.h"

/*
 * The server's key and certificate for loopback (PEM, caller frees), signed by
 * the authority in DIR/ca.pem; made and kept in DIR when they are not there.
 */
int tls_open(const struct data_dir *dir, char **ret_key, char **ret_cert, struct tfs_error *error);

#endif
