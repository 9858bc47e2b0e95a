/* Lock requests: flock, and fcntl's locks of byte ranges. One that waits occupies no thread. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>

#include "notify.h"
#include "reply.h"
#include "tenantfs/file-lock.h"

/* A request for a lock, with the reply that the notifier makes if it is not settled at once. */
struct lock_wait {
	struct tfs_lock_request request;
	struct daemon *daemon;
	struct notice *notice; /* owns this */
};

static struct tfs_file *file_of(const struct fuse_file_info *fi)
{
	return (struct tfs_file *)(uintptr_t)fi->fh;
}

void mountd_lock_settled(void *context, struct tfs_lock_request *request, int result, uint64_t stale)
{
	struct lock_wait *wait = (struct lock_wait *)request;

	(void)context;
	mountd_notify_reply(wait->daemon->replier, wait->notice, stale, result);
}

static void on_interrupt(fuse_req_t req, void *context)
{
	struct lock_wait *wait = context;

	(void)req;
	tfs_lock_cancel(wait->daemon->tree, &wait->request);
}

static struct lock_wait *wait_new(fuse_req_t req, const struct tfs_file_lock *lock)
{
	struct lock_wait *wait = calloc(1, sizeof(*wait));

	if (!wait)
		return NULL;
	wait->notice = mountd_notice_new(req, wait);
	if (!wait->notice) {
		free(wait);
		return NULL;
	}
	wait->daemon = mountd_request_daemon(req);
	wait->request.lock = *lock;
	wait->request.reader = fuse_req_ctx(req)->pid;
	return wait;
}

static void lock(fuse_req_t req, struct tfs_file *file, const struct tfs_file_lock *lock, bool sleep)
{
	struct lock_wait *wait = wait_new(req, lock);
	uint64_t stale = 0;
	int r;

	if (!wait) {
		fuse_reply_err(req, ENOLCK);
		return;
	}
	fuse_req_interrupt_func(req, on_interrupt, wait);
	r = tfs_lock_ask(file, &wait->request, sleep, &stale);
	if (r == TFS_LOCK_WAITS)
		return;
	if (r == 0 && stale != 0) {
		mountd_notify_reply(wait->daemon->replier, wait->notice, stale, 0);
		return;
	}
	fuse_req_interrupt_func(req, NULL, NULL);
	fuse_reply_err(req, -r);
	mountd_notice_free(wait->notice);
}

static void unlock(fuse_req_t req, struct tfs_file *file, const struct tfs_file_lock *lock)
{
	struct tfs_op *op = tfs_file_commits(file) ? mountd_request_begin(req) : mountd_request_begin_nowait(req);

	if (!op)
		return;
	/* Its verdict comes at close. */
	tfs_file_flush(file, op);
	tfs_lock_release(file, lock);
	mountd_request_finish(req, op, 0);
}

static void set(fuse_req_t req, struct tfs_file *file, const struct tfs_file_lock *wanted, bool sleep)
{
	if (wanted->type == F_UNLCK)
		unlock(req, file, wanted);
	else
		lock(req, file, wanted, sleep);
}

static struct tfs_file_lock range_of(const struct fuse_file_info *fi, const struct flock *lock)
{
	return (struct tfs_file_lock){
		.type = lock->l_type,
		.first = (uint64_t)lock->l_start,
		.last = lock->l_len > 0 ? (uint64_t)lock->l_start + (uint64_t)lock->l_len - 1 : UINT64_MAX,
		.owner = fi->lock_owner,
		.pid = lock->l_pid,
	};
}

void mountd_op_setlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct flock *lock, int sleep)
{
	struct tfs_file_lock wanted = range_of(fi, lock);

	(void)ino;
	set(req, file_of(fi), &wanted, sleep);
}

void mountd_op_getlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct flock *lock)
{
	struct tfs_file_lock found = range_of(fi, lock);

	(void)ino;
	tfs_lock_test(file_of(fi), &found);
	lock->l_type = found.type;
	if (found.type != F_UNLCK) {
		lock->l_start = (off_t)found.first;
		lock->l_len = found.last == UINT64_MAX ? 0 : (off_t)(found.last - found.first + 1);
		lock->l_pid = found.pid;
	}
	fuse_reply_lock(req, lock);
}

void mountd_op_flock(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, int how)
{
	struct tfs_file_lock wanted = { .whole = true, .last = UINT64_MAX, .owner = fi->lock_owner };

	(void)ino;
	if (how & LOCK_UN)
		wanted.type = F_UNLCK;
	else
		wanted.type = how & LOCK_EX ? F_WRLCK : F_RDLCK;
	set(req, file_of(fi), &wanted, !(how & LOCK_NB));
}
