/* The address the sandbox listens on: loopback only. */
#ifndef SANDBOX_LISTEN_H
#define SANDBOX_LISTEN_H

#include <stdint.h>
#include <sys/socket.h>

#include "tenantfs/error.h"

struct listen_address {
	struct sockaddr_storage addr;
	char host[64]; /* as in a URL: "127.0.0.1", "[::1]" */
};

/* Parses "127.0.0.1:PORT", "localhost:PORT", "[::1]:PORT"; without a port it is 0. -EINVAL: anything else. */
int sandbox_listen_parse(const char *text, struct listen_address *ret, struct tfs_error *error);
uint16_t sandbox_listen_port(const struct listen_address *address);
/* A listening socket bound to the address, or a negative errno; sets the port of `address`. */
int sandbox_listen_open(struct listen_address *address);
void sandbox_listen_set_port(struct listen_address *address, uint16_t port);

#endif
