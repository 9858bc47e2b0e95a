/* Where the sandbox listens: loopback and nowhere else. */
#ifndef SANDBOX_LISTEN_H
#define SANDBOX_LISTEN_H

#include <stdint.h>
#include <sys/socket.h>

#include "tenantfs/error.h"

struct listen_address {
	struct sockaddr_storage addr;
	char host[64]; /* as it stands in an address: "127.0.0.1", "[::1]" */
};

/* "127.0.0.1:PORT", "localhost:PORT", "[::1]:PORT", or without a port (0 then). -EINVAL: anything else. */
int listen_parse(const char *text, struct listen_address *ret, struct tfs_error *error);
uint16_t listen_port(const struct listen_address *address);
/* A socket bound to it and listening; `address` then has the port. A negative errno. */
int listen_open(struct listen_address *address);
void listen_set_port(struct listen_address *address, uint16_t port);

#endif
