/* The operation: one request of a user on its way through the layers. */
#ifndef TENANTFS_OP_H
#define TENANTFS_OP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tenantfs/error.h"

/*
 * Made for each kernel request and each command, used by the one thread that
 * serves it, handed down by pointer. Only tfs_op_cancel, tfs_op_cancelled
 * and tfs_op_signal may be called from other threads.
 */
struct tfs_op;

/* `timeout_ms` counts from now; 0: no deadline. NULL when out of memory. */
struct tfs_op *tfs_op_new(uint64_t timeout_ms);
void tfs_op_free(struct tfs_op *op);

/* Who asks; 0/0/0 until set. */
void tfs_op_set_caller(struct tfs_op *op, uid_t uid, gid_t gid, pid_t pid);
uid_t tfs_op_uid(const struct tfs_op *op);
gid_t tfs_op_gid(const struct tfs_op *op);
pid_t tfs_op_pid(const struct tfs_op *op);

/* What the caller says it is for; NULL until set. Copied; NULL or "" takes it away. 0 or -ENOMEM. */
int tfs_op_set_reason(struct tfs_op *op, const char *reason);
const char *tfs_op_reason(const struct tfs_op *op);

/* A save is to come as far as its first call that changes something, and ends there with -ECANCELED. */
void tfs_op_set_rehearsal(struct tfs_op *op, bool rehearsal);
bool tfs_op_rehearsal(const struct tfs_op *op);

/* What ties the changes of one command together; "" until set. A number in hex of TFS_OP_SET digits, or "". */
enum { TFS_OP_SET = 16 };
void tfs_op_set_change_set(struct tfs_op *op, const char *id);
const char *tfs_op_change_set(const struct tfs_op *op);

/* The uuid of the last request made for it, those that only read left out; "" before the first. */
void tfs_op_set_request(struct tfs_op *op, const char *request_id);
const char *tfs_op_request(const struct tfs_op *op);

/* Number unique in this process, for log lines. */
uint64_t tfs_op_id(const struct tfs_op *op);

/* The operation's rich error, never NULL; empty until something failed. */
struct tfs_error *tfs_op_error(struct tfs_op *op);

/* Sets the operation's error and returns `code`: `return tfs_fail(op, -EINVAL, "document", "…")`. */
int tfs_fail(struct tfs_op *op, int code, const char *origin, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Milliseconds left, at least 0; UINT64_MAX without a deadline. */
uint64_t tfs_op_left_ms(const struct tfs_op *op);

/* Ends the wait of the operation, now or when it next waits. Any thread. */
void tfs_op_cancel(struct tfs_op *op);
bool tfs_op_cancelled(const struct tfs_op *op);

/*
 * Sleeps until `*done`: 0 (also when cancelled or late, if it is set by then);
 * -EINTR when cancelled, -ETIMEDOUT past the deadline (the op's error says so).
 */
int tfs_op_wait(struct tfs_op *op, const atomic_bool *done);
/*
 * Sets `*done` and wakes the waiter, in one step: once tfs_op_wait returned 0
 * the signaller no longer touches `op` or `done`, and both may be freed. After
 * another result somebody may still hold the op in order to signal it: take it
 * out of their reach first, under the lock they find it by.
 */
void tfs_op_signal(struct tfs_op *op, atomic_bool *done);

/*
 * Sleeps `ms` (for back-off): 0 when slept out, -EINTR, or -ETIMEDOUT at once
 * when the deadline lies before the end. An error that stands in the op stays.
 */
int tfs_op_sleep(struct tfs_op *op, uint64_t ms);

#endif
