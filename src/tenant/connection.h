/* One connection to the control socket, served by a thread of its own. */
#ifndef TENANTFS_TENANT_CONNECTION_H
#define TENANTFS_TENANT_CONNECTION_H

#include <pthread.h>
#include <stdbool.h>

#include "socket.h"
#include "tenantfs/control.h"

/* What all connections share; outlives them. */
struct tfs_control_service {
	tfs_control_handler handler;
	void *handler_context;
	const char *url;             /* of the tenant served; a request for another is refused */
	uint64_t timeout_ms;         /* of a request that names none */
	void (*wake)(void *context); /* called when a connection's state changed; any thread */
	void *wake_context;
};

struct tfs_connection;

/* Starts the thread; takes `fd` over when it succeeds. */
int tfs_connection_new(const struct tfs_control_service *service, int fd, const struct tfs_socket_peer *peer,
		       struct tfs_connection **ret);
/* Joins the thread, closes the descriptor. To be stopped or done before, else it waits. */
void tfs_connection_free(struct tfs_connection *connection);

int tfs_connection_fd(const struct tfs_connection *connection);
/* The thread has nothing left to do. */
bool tfs_connection_done(struct tfs_connection *connection);
/* A request is being served whose peer has not hung up yet. */
bool tfs_connection_watched(struct tfs_connection *connection);
/* The peer is gone: nobody waits for what is being done. */
void tfs_connection_hang_up(struct tfs_connection *connection);
/* Ends the running request and takes no further one. */
void tfs_connection_stop(struct tfs_connection *connection);

#endif
