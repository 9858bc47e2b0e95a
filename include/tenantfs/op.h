/* The operation: one user request as it passes through the layers. */
#ifndef TENANTFS_OP_H
#define TENANTFS_OP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tenantfs/error.h"

/*
 * Created for each kernel request and each command; used only by the thread that serves it. Other threads may
 * call tfs_op_cancel, tfs_op_cancelled and tfs_op_signal only.
 */
struct tfs_op;

/* `timeout_ms` counts from now; 0: no deadline. NULL: out of memory. */
struct tfs_op *tfs_op_new(uint64_t timeout_ms);
void tfs_op_free(struct tfs_op *op);

/* The calling process; 0/0/0 until set. */
void tfs_op_set_caller(struct tfs_op *op, uid_t uid, gid_t gid, pid_t pid);
uid_t tfs_op_uid(const struct tfs_op *op);
gid_t tfs_op_gid(const struct tfs_op *op);
pid_t tfs_op_pid(const struct tfs_op *op);

/* The calling program, for a process that has ended; "" until set: /proc tells it. */
enum { TFS_OP_COMMAND = 16 };
void tfs_op_set_command(struct tfs_op *op, const char *command);
const char *tfs_op_command(const struct tfs_op *op);

/* The caller's reason for the change; NULL until set. Copied; NULL or "" clears it. 0 or -ENOMEM. */
int tfs_op_set_reason(struct tfs_op *op, const char *reason);
const char *tfs_op_reason(const struct tfs_op *op);

/* A dry run: a save stops before its first call that changes something, with -ECANCELED. */
void tfs_op_set_dry_run(struct tfs_op *op, bool dry_run);
bool tfs_op_dry_run(const struct tfs_op *op);

/* A restore: a new object gets the members that the catalogue does not know, as the removed one had them. */
void tfs_op_set_restores(struct tfs_op *op, bool restores);
bool tfs_op_restores(const struct tfs_op *op);

/* Id of the change set, common to all changes of one command: TFS_OP_SET hex digits; "" until set. */
enum { TFS_OP_SET = 16 };
void tfs_op_set_change_set(struct tfs_op *op, const char *id);
const char *tfs_op_change_set(const struct tfs_op *op);

/* Uuid of the last request that was not a mere read; "" before the first. */
void tfs_op_set_request(struct tfs_op *op, const char *request_id);
const char *tfs_op_request(const struct tfs_op *op);

/* Unique in this process; for log lines. */
uint64_t tfs_op_id(const struct tfs_op *op);

/* The operation's rich error; never NULL, empty until something fails. */
struct tfs_error *tfs_op_error(struct tfs_op *op);

/* Sets the operation's error and returns `code`: `return tfs_fail(op, -EINVAL, "document", "…")`. */
int tfs_fail(struct tfs_op *op, int code, const char *origin, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Sets "out of memory" and returns -ENOMEM. */
int tfs_fail_memory(struct tfs_op *op);

/* Milliseconds until the deadline, 0 after it; UINT64_MAX without a deadline. */
uint64_t tfs_op_left_ms(const struct tfs_op *op);

/* Ends the current wait of the operation, and every later one. Any thread. */
void tfs_op_cancel(struct tfs_op *op);
bool tfs_op_cancelled(const struct tfs_op *op);

/*
 * Waits until `*done` is set: 0, even if cancelled or late, when it is set by then. -EINTR: cancelled.
 * -ETIMEDOUT: deadline reached. Sets the op's error.
 */
int tfs_op_wait(struct tfs_op *op, const atomic_bool *done);
/*
 * Sets `*done` and wakes the waiter atomically: after tfs_op_wait returns 0, the signaller no longer uses
 * `op` or `done`, and both may be freed. After any other result a signaller may still hold the op: remove it
 * from their list first, under the lock of that list.
 */
void tfs_op_signal(struct tfs_op *op, atomic_bool *done);

/*
 * Sleeps `ms` between retries. 0, -EINTR if cancelled, or -ETIMEDOUT at once if the deadline comes first.
 * Keeps an error that the op already has.
 */
int tfs_op_sleep(struct tfs_op *op, uint64_t ms);

#endif
