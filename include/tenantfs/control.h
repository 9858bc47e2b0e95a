/* The control socket between command and daemon: JSON lines, accessible to the user only. */
#ifndef TENANTFS_CONTROL_H
#define TENANTFS_CONTROL_H

#include "tenantfs/config.h"
#include "tenantfs/json.h"
#include "tenantfs/op.h"

/*
 * A request is {"command": "...", …}. The answer is {"ok": true, …} or {"ok": false, "error": {"errno",
 * "message", …}}. Each is one line of at most 64 MiB.
 */
enum { TFS_CONTROL_MAX = 64 << 20 };

/*
 * Serves one request of a peer with this process's uid or root's. 0: `*ret` is the answer, taken over; "ok"
 * is added if it is missing. A negative errno: the answer is the op's error.
 */
typedef int (*tfs_control_handler)(void *context, struct tfs_op *op, const json_t *request, json_t **ret);

struct tfs_control;
/*
 * Listens at tfs_control_path in its own threads; the caller holds the state folder's lock (tfs_tenant_open).
 * The handler runs in several threads at once. Its operation is cancelled when the peer hangs up, after the
 * request's "timeout_ms" (default: the configuration's), and by tfs_control_free. Borrows `config`. A request
 * with another "url", from a configuration that shares the state folder, is -EBUSY.
 */
int tfs_control_new(const struct tfs_config *config, tfs_control_handler handler, void *context,
		    struct tfs_control **ret, struct tfs_error *error);
/* Cancels the running requests, joins the threads, removes the socket. */
void tfs_control_free(struct tfs_control *control);

/* Path of the socket in the tenant's state folder. Caller frees. */
char *tfs_control_path(const struct tfs_config *config);
/*
 * Sends a request to the daemon. 0: the caller owns `*ret`. -ECONNREFUSED: no daemon. Else the daemon's
 * error.
 */
int tfs_control_ask(const struct tfs_config *config, const json_t *request, uint64_t timeout_ms, json_t **ret,
		    struct tfs_error *error);

/* The daemon's pid. -ECONNREFUSED: no daemon. */
int tfs_control_owner(const struct tfs_config *config, pid_t *ret);

#endif
