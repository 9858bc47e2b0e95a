/* The place of a control socket, bound and connected whatever the length of its path. */
#ifndef TENANTFS_TENANT_SOCKET_H
#define TENANTFS_TENANT_SOCKET_H

#include <stdint.h>
#include <sys/types.h>

#include "tenantfs/config.h"

/*
 * A listening descriptor; a socket left behind by a dead owner is replaced.
 * The state folder's lock must be held.
 */
int tfs_socket_listen(const struct tfs_config *config, struct tfs_error *error);

/* A connected descriptor. -ECONNREFUSED when none serves; -EACCES when a foreigner does. */
int tfs_socket_connect(const struct tfs_config *config, uint64_t timeout_ms, struct tfs_error *error);

struct tfs_socket_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};
/* Who is at the other end. */
int tfs_socket_peer(int fd, struct tfs_socket_peer *ret);
/* 0, or -EACCES when that is neither our user nor root. */
int tfs_socket_check_peer(const struct tfs_socket_peer *peer);

#endif
