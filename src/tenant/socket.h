/* The control socket: binding, connecting, checking the peer. */
#ifndef TENANTFS_TENANT_SOCKET_H
#define TENANTFS_TENANT_SOCKET_H

#include <stdint.h>
#include <sys/types.h>

#include "tenantfs/config.h"

/* A listening descriptor. Replaces the socket of a dead owner. The caller holds the state folder's lock. */
int tfs_socket_listen(const struct tfs_config *config, struct tfs_error *error);

/* A connected descriptor. -ECONNREFUSED: no daemon. -EACCES: another user's process listens. */
int tfs_socket_connect(const struct tfs_config *config, uint64_t timeout_ms, struct tfs_error *error);

struct tfs_socket_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};
/* The process at the other end. */
int tfs_socket_peer(int fd, struct tfs_socket_peer *ret);
/* 0, or -EACCES if the peer is neither this user nor root. */
int tfs_socket_check_peer(const struct tfs_socket_peer *peer);

#endif
