/* The control socket between the command and the daemon: JSON lines, private to the user. */
#ifndef TENANTFS_CONTROL_H
#define TENANTFS_CONTROL_H

#include "tenantfs/config.h"
#include "tenantfs/json.h"
#include "tenantfs/op.h"

/*
 * A request is {"command": "...", …}; the answer {"ok": true, …} or
 * {"ok": false, "error": {code, message, …}}. One line each way, at most 64 MiB.
 */
enum { TFS_CONTROL_MAX = 64 << 20 };

/*
 * Serves one request of a peer with our uid (or root's). `*ret` is the answer, handed over; "ok" is put in
 * where it is left out. A negative errno makes it a refusal with the op's error.
 */
typedef int (*tfs_control_handler)(void *context, struct tfs_op *op, const json_t *request, json_t **ret);

struct tfs_control;
/*
 * Listens at tfs_control_path with threads of its own; the state folder's lock must be held
 * (tfs_tenant_open). The handler runs on several of them at once. Its operation ends when the asker hangs up,
 * after the asker's "timeout_ms" (else the configuration's), and on tfs_control_free. `config` is borrowed;
 * a request meant for another url, of a configuration that shares the state folder, is -EBUSY.
 */
int tfs_control_new(const struct tfs_config *config, tfs_control_handler handler, void *context,
		    struct tfs_control **ret, struct tfs_error *error);
/* Ends the running requests, joins, removes the socket. */
void tfs_control_free(struct tfs_control *control);

/* Path of a tenant's socket, in its state folder; caller frees. */
char *tfs_control_path(const struct tfs_config *config);
/*
 * Asks the daemon; -ECONNREFUSED when none serves. `*ret` is the answer,
 * yours; a refusal is returned as its error.
 */
int tfs_control_ask(const struct tfs_config *config, const json_t *request, uint64_t timeout_ms, json_t **ret,
		    struct tfs_error *error);

/* The process that serves; -ECONNREFUSED when none does. */
int tfs_control_owner(const struct tfs_config *config, pid_t *ret);

#endif
