/* One connection to the control socket, served by its own thread. */
#ifndef TENANTFS_TENANT_CONNECTION_H
#define TENANTFS_TENANT_CONNECTION_H

#include <pthread.h>
#include <stdbool.h>

#include "socket.h"
#include "tenantfs/control.h"

/* Shared by all connections; outlives them. */
struct tfs_control_service {
	tfs_control_handler handler;
	void *handler_context;
	const char *url;             /* of the tenant; a request for another URL is refused */
	uint64_t timeout_ms;         /* default of a request */
	void (*wake)(void *context); /* called by any thread when a connection's state changes */
	void *wake_context;
};

struct tfs_connection;

/* Starts the thread. On success takes over `fd`. */
int tfs_connection_new(const struct tfs_control_service *service, int fd, const struct tfs_socket_peer *peer,
		       struct tfs_connection **ret);
/* Joins the thread and closes the descriptor. Waits unless the connection is stopped or done. */
void tfs_connection_free(struct tfs_connection *connection);

int tfs_connection_fd(const struct tfs_connection *connection);
/* The thread has ended, or is about to. */
bool tfs_connection_done(struct tfs_connection *connection);
/* A request is running, and its peer has not hung up. */
bool tfs_connection_watched(struct tfs_connection *connection);
/* The peer is gone: cancels the running request. */
void tfs_connection_hang_up(struct tfs_connection *connection);
/* Cancels the running request and accepts no further one. */
void tfs_connection_stop(struct tfs_connection *connection);

#endif
