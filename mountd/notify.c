/*
 * The queue and the thread of kernel notifications. The kernel may hold a directory's lock while it waits for
 * a reply: a notification from within a request could deadlock.
 */
#include "notify.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/lock.h"
#include "tenantfs/log.h"
#include "tenantfs/thread.h"

struct notice {
	struct notice *next;
	uint64_t ino;
	uint64_t child; /* the node that had the name; 0: not told */
	fuse_req_t req; /* to be replied with `code`; NULL: none */
	int code;
	void *owned;
	size_t len; /* of `name`; 0: the node itself */
	char name[];
};

struct notify {
	pthread_t thread;
	struct tfs_mutex lock; /* innermost: no lock is taken under it */
	pthread_cond_t more;
	/* All below protected by `lock`. */
	struct notice *first, **last;
	struct fuse_session *session;
	bool stopping, ended;
	bool joined; /* the main thread's only */
};

static void reply(const struct notice *notice)
{
	if (!notice->req)
		return;
	/* Waits for a running interrupt, which uses what is freed next. */
	fuse_req_interrupt_func(notice->req, NULL, NULL);
	fuse_reply_err(notice->req, -notice->code);
}

static void tell(struct fuse_session *session, const struct notice *notice)
{
	int r = 0;

	if (notice->ino == 0)
		;
	else if (notice->child != 0)
		/* Also invalidates the entry. -ENOENT: the name is that of the new node already. */
		r = fuse_lowlevel_notify_delete(session, notice->ino, notice->child, notice->name, notice->len);
	else if (notice->len > 0)
		r = fuse_lowlevel_notify_inval_entry(session, notice->ino, notice->name, notice->len);
	else
		r = fuse_lowlevel_notify_inval_inode(session, notice->ino, 0, 0);
	/* -ENOENT: the kernel has it not cached. */
	if (r < 0 && r != -ENOENT && r != -ENOTCONN && r != -EBADF)
		tfs_log(TFS_LOG_DEBUG, 0, "notify: %s", strerror(-r));
	reply(notice);
}

static void *run(void *context)
{
	struct notify *notify = context;

	tfs_mutex_lock(&notify->lock);
	while (!notify->ended) {
		struct notice *notice = notify->first;
		struct fuse_session *session = notify->session;

		if (!notice || !session || notify->stopping) {
			tfs_cond_wait(&notify->more, &notify->lock);
			continue;
		}
		notify->first = notice->next;
		if (!notify->first)
			notify->last = &notify->first;
		tfs_mutex_unlock(&notify->lock);
		tell(session, notice);
		mountd_notice_free(notice);
		tfs_mutex_lock(&notify->lock);
	}
	tfs_mutex_unlock(&notify->lock);
	return NULL;
}

int mountd_notify_new(struct notify **ret, struct tfs_error *error)
{
	struct notify *notify = calloc(1, sizeof(*notify));

	if (!notify)
		return tfs_error_set_memory(error);
	tfs_mutex_init(&notify->lock);
	tfs_cond_init(&notify->more);
	notify->last = &notify->first;
	if (tfs_thread_start(&notify->thread, run, notify) < 0) {
		pthread_cond_destroy(&notify->more);
		tfs_mutex_destroy(&notify->lock);
		free(notify);
		return tfs_error_set(error, -EAGAIN, "mountd", "cannot start a thread");
	}
	*ret = notify;
	return 0;
}

static void set_and_wake(struct notify *notify, bool *flag)
{
	tfs_mutex_lock(&notify->lock);
	*flag = true;
	pthread_cond_signal(&notify->more);
	tfs_mutex_unlock(&notify->lock);
}

void mountd_notify_attach(struct notify *notify, struct fuse_session *session)
{
	tfs_mutex_lock(&notify->lock);
	notify->session = session;
	pthread_cond_signal(&notify->more);
	tfs_mutex_unlock(&notify->lock);
}

void mountd_notify_stop(struct notify *notify)
{
	if (notify)
		set_and_wake(notify, &notify->stopping);
}

void mountd_notify_end(struct notify *notify)
{
	if (notify->joined)
		return;
	set_and_wake(notify, &notify->ended);
	pthread_join(notify->thread, NULL);
	notify->joined = true;
	for (const struct notice *notice = notify->first; notice; notice = notice->next)
		reply(notice);
}

void mountd_notify_free(struct notify *notify)
{
	if (!notify)
		return;
	mountd_notify_end(notify);
	while (notify->first) {
		struct notice *notice = notify->first;

		notify->first = notice->next;
		mountd_notice_free(notice);
	}
	pthread_cond_destroy(&notify->more);
	tfs_mutex_destroy(&notify->lock);
	free(notify);
}

static void queue(struct notify *notify, struct notice *notice)
{
	tfs_mutex_lock(&notify->lock);
	*notify->last = notice;
	notify->last = &notice->next;
	pthread_cond_signal(&notify->more);
	tfs_mutex_unlock(&notify->lock);
}

struct notice *mountd_notice_new(fuse_req_t req, void *owned)
{
	struct notice *notice = calloc(1, sizeof(*notice) + 1);

	if (notice) {
		notice->req = req;
		notice->owned = owned;
	}
	return notice;
}

void mountd_notice_free(struct notice *notice)
{
	if (notice)
		free(notice->owned);
	free(notice);
}

void mountd_notify_reply(struct notify *notify, struct notice *notice, uint64_t ino, int code)
{
	notice->ino = ino;
	notice->code = code;
	queue(notify, notice);
}

static void add(struct notify *notify, uint64_t ino, uint64_t child, const char *name, size_t len)
{
	struct notice *notice = calloc(1, sizeof(*notice) + len + 1);

	assert(ino != 0);
	/* Out of memory: the kernel notices at the next open, which compares versions. */
	if (!notice)
		return;
	notice->ino = ino;
	notice->child = child;
	notice->len = len;
	memcpy(notice->name, name, len);
	queue(notify, notice);
}

void mountd_notify_node(void *context, uint64_t ino)
{
	add(context, ino, 0, "", 0);
}

void mountd_notify_entry(void *context, uint64_t parent, const char *name)
{
	add(context, parent, 0, name, strlen(name));
}

void mountd_notify_replaced(void *context, uint64_t parent, uint64_t ino, const char *name)
{
	add(context, parent, ino, name, strlen(name));
}
