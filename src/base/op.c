/* The operation: deadline, caller, error, and a wait that other threads can end. */
#include "tenantfs/op.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tenantfs/clock.h"
#include "tenantfs/lock.h"

struct tfs_op {
	uint64_t id;
	uint64_t deadline_ms; /* on CLOCK_MONOTONIC; 0: none */
	uid_t uid;
	gid_t gid;
	pid_t pid;
	char command[TFS_OP_COMMAND];
	char *reason;
	char change_set[TFS_OP_SET + 1];
	char request_id[TFS_ERROR_REQUEST];
	bool dry_run, restores;
	struct tfs_error error;
	atomic_bool cancelled;
	struct tfs_mutex lock; /* leaf: no other lock is taken while it is held */
	pthread_cond_t changed;
};

static uint64_t next_id(void)
{
	static atomic_uint_fast64_t last;

	return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

struct tfs_op *tfs_op_new(uint64_t timeout_ms)
{
	struct tfs_op *op = calloc(1, sizeof(*op));
	uint64_t now = tfs_clock_ms();

	if (!op)
		return NULL;
	if (tfs_mutex_init(&op->lock) < 0) {
		free(op);
		return NULL;
	}
	if (tfs_cond_init(&op->changed) < 0) {
		tfs_mutex_destroy(&op->lock);
		free(op);
		return NULL;
	}
	op->id = next_id();
	if (timeout_ms > 0)
		op->deadline_ms = timeout_ms > UINT64_MAX - now ? 0 : now + timeout_ms;
	return op;
}

void tfs_op_free(struct tfs_op *op)
{
	if (!op)
		return;
	pthread_cond_destroy(&op->changed);
	tfs_mutex_destroy(&op->lock);
	free(op->reason);
	free(op);
}

void tfs_op_set_caller(struct tfs_op *op, uid_t uid, gid_t gid, pid_t pid)
{
	op->uid = uid;
	op->gid = gid;
	op->pid = pid;
}

uid_t tfs_op_uid(const struct tfs_op *op)
{
	return op->uid;
}

gid_t tfs_op_gid(const struct tfs_op *op)
{
	return op->gid;
}

pid_t tfs_op_pid(const struct tfs_op *op)
{
	return op->pid;
}

void tfs_op_set_command(struct tfs_op *op, const char *command)
{
	snprintf(op->command, sizeof(op->command), "%s", command);
}

const char *tfs_op_command(const struct tfs_op *op)
{
	return op->command;
}

int tfs_op_set_reason(struct tfs_op *op, const char *reason)
{
	char *copy = reason && reason[0] != '\0' ? strdup(reason) : NULL;

	if (!copy && reason && reason[0] != '\0')
		return -ENOMEM;
	free(op->reason);
	op->reason = copy;
	return 0;
}

const char *tfs_op_reason(const struct tfs_op *op)
{
	return op->reason;
}

void tfs_op_set_dry_run(struct tfs_op *op, bool dry_run)
{
	op->dry_run = dry_run;
}

bool tfs_op_dry_run(const struct tfs_op *op)
{
	return op->dry_run;
}

void tfs_op_set_restores(struct tfs_op *op, bool restores)
{
	op->restores = restores;
}

bool tfs_op_restores(const struct tfs_op *op)
{
	return op->restores;
}

void tfs_op_set_change_set(struct tfs_op *op, const char *id)
{
	snprintf(op->change_set, sizeof(op->change_set), "%s", id ? id : "");
}

const char *tfs_op_change_set(const struct tfs_op *op)
{
	return op->change_set;
}

void tfs_op_set_request(struct tfs_op *op, const char *request_id)
{
	snprintf(op->request_id, sizeof(op->request_id), "%s", request_id);
}

const char *tfs_op_request(const struct tfs_op *op)
{
	return op->request_id;
}

uint64_t tfs_op_id(const struct tfs_op *op)
{
	return op->id;
}

struct tfs_error *tfs_op_error(struct tfs_op *op)
{
	return &op->error;
}

int tfs_fail(struct tfs_op *op, int code, const char *origin, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tfs_error_setv(&op->error, code, origin, format, args);
	va_end(args);
	return code;
}

int tfs_fail_memory(struct tfs_op *op)
{
	return tfs_error_set_memory(&op->error);
}

uint64_t tfs_op_left_ms(const struct tfs_op *op)
{
	uint64_t now;

	if (op->deadline_ms == 0)
		return UINT64_MAX;
	now = tfs_clock_ms();
	return now >= op->deadline_ms ? 0 : op->deadline_ms - now;
}

void tfs_op_cancel(struct tfs_op *op)
{
	tfs_mutex_lock(&op->lock);
	atomic_store(&op->cancelled, true);
	pthread_cond_broadcast(&op->changed);
	tfs_mutex_unlock(&op->lock);
}

bool tfs_op_cancelled(const struct tfs_op *op)
{
	return atomic_load(&op->cancelled);
}

/*
 * Sleeps until `*done` is set (0; `done` may be NULL), the op is cancelled (-EINTR), or the monotonic clock
 * reaches `until_ms` (-ETIMEDOUT; 0: never). Takes the lock before it returns, so a signaller no longer uses
 * the op.
 */
static int sleep_until(struct tfs_op *op, const atomic_bool *done, uint64_t until_ms)
{
	struct timespec until = { .tv_sec = (time_t)(until_ms / 1000), .tv_nsec = (long)(until_ms % 1000) * 1000000 };
	int r = 0;

	tfs_mutex_lock(&op->lock);
	while (!done || !atomic_load(done)) {
		if (atomic_load(&op->cancelled)) {
			r = -EINTR;
			break;
		}
		if (until_ms == 0) {
			tfs_cond_wait(&op->changed, &op->lock);
			continue;
		}
		if (tfs_clock_ms() >= until_ms) {
			r = -ETIMEDOUT;
			break;
		}
		tfs_cond_wait_until(&op->changed, &op->lock, &until);
	}
	tfs_mutex_unlock(&op->lock);
	return r;
}

int tfs_op_wait(struct tfs_op *op, const atomic_bool *done)
{
	int r = sleep_until(op, done, op->deadline_ms);

	if (r == -EINTR)
		return tfs_fail(op, r, "operation", "interrupted");
	if (r == -ETIMEDOUT)
		return tfs_fail(op, r, "operation", "no answer within the time allowed");
	return 0;
}

/* Keeps an error that is already set: the cause of the retry says more than that the pause ended. */
static int fail_if_unset(struct tfs_op *op, int code, const char *message)
{
	if (op->error.code == 0)
		tfs_fail(op, code, "operation", "%s", message);
	return code;
}

int tfs_op_sleep(struct tfs_op *op, uint64_t ms)
{
	uint64_t now = tfs_clock_ms();

	if (tfs_op_cancelled(op))
		return fail_if_unset(op, -EINTR, "interrupted");
	if (tfs_op_left_ms(op) < ms)
		return fail_if_unset(op, -ETIMEDOUT, "no time left to try again");
	if (ms > UINT64_MAX - now)
		ms = UINT64_MAX - now;
	if (ms > 0 && sleep_until(op, NULL, now + ms) == -EINTR)
		return fail_if_unset(op, -EINTR, "interrupted");
	return 0;
}

void tfs_op_signal(struct tfs_op *op, atomic_bool *done)
{
	tfs_mutex_lock(&op->lock);
	atomic_store(done, true);
	pthread_cond_broadcast(&op->changed);
	tfs_mutex_unlock(&op->lock);
}
