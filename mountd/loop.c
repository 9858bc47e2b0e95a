/* A leader/follower pool of threads that serve FUSE requests. */
#include "loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "tenantfs/digest.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"
#include "tenantfs/secret.h"
#include "tenantfs/thread.h"

enum {
	MAX_THREADS = 256,
	LINGER_NS = 50000,
};

/* The state of one thread; found by loop->self. */
struct worker {
	struct loop *loop;
	bool leading; /* its own thread's only */
	struct fuse_buf request;
};

struct loop {
	struct fuse_session *session;
	int end_fd;  /* readable when the loop has ended */
	bool linger; /* there is a spare processor for polling */
	pthread_key_t self;
	struct tfs_mutex lock; /* innermost */
	pthread_cond_t turn;
	/* All below protected by `lock`. */
	pthread_t threads[MAX_THREADS];
	unsigned n_threads, idle;
	bool led;
	bool ended;
};

int mountd_loop_new(struct loop **ret, struct tfs_error *error)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return tfs_error_set_memory(error);
	loop->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->end_fd < 0 || pthread_key_create(&loop->self, NULL) != 0) {
		if (loop->end_fd >= 0)
			close(loop->end_fd);
		free(loop);
		return tfs_error_set(error, -EMFILE, "mountd", "cannot serve requests");
	}
	tfs_mutex_init(&loop->lock);
	tfs_cond_init(&loop->turn);
	*ret = loop;
	return 0;
}

void mountd_loop_free(struct loop *loop)
{
	if (!loop)
		return;
	assert(loop->n_threads == 0 || loop->ended);
	pthread_cond_destroy(&loop->turn);
	tfs_mutex_destroy(&loop->lock);
	pthread_key_delete(loop->self);
	close(loop->end_fd);
	free(loop);
}

/* Ends the loop, from any thread: no more requests are read. */
static void end(struct loop *loop)
{
	uint64_t one = 1;

	tfs_mutex_lock(&loop->lock);
	loop->ended = true;
	pthread_cond_broadcast(&loop->turn);
	tfs_mutex_unlock(&loop->lock);
	if (write(loop->end_fd, &one, sizeof(one)) < 0)
		tfs_log(TFS_LOG_DEBUG, 0, "loop: %s", strerror(errno));
}

/* False: the loop has ended. */
static bool await_request(struct loop *loop)
{
	struct pollfd fds[] = { { .fd = fuse_session_fd(loop->session), .events = POLLIN },
				{ .fd = loop->end_fd, .events = POLLIN } };

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	return fds[1].revents == 0;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/*
 * Receives the next request; 0: the loop has ended. A client that walks a tree sends its next request within
 * microseconds, less than it takes to wake a thread on another processor: the leader polls for a while before
 * it sleeps. That halves the time of `grep -r`.
 */
static int receive(struct worker *worker)
{
	struct loop *loop = worker->loop;
	int r = fuse_session_receive_buf(loop->session, &worker->request);

	if (r == -EAGAIN && loop->linger) {
		int64_t until = now_ns() + LINGER_NS;

		do {
			sched_yield();
			r = fuse_session_receive_buf(loop->session, &worker->request);
		} while (r == -EAGAIN && now_ns() < until);
	}
	while (r == -EAGAIN || r == -EINTR) {
		if (!await_request(loop))
			return 0;
		r = fuse_session_receive_buf(loop->session, &worker->request);
	}
	return r;
}

/* Written data may contain a secret, and the buffer may not be overwritten for a long time. */
static void wipe_written(const struct fuse_buf *request)
{
	struct fuse_in_header header;

	if (request->flags & FUSE_BUF_IS_FD || request->size < sizeof(header))
		return;
	memcpy(&header, request->mem, sizeof(header));
	if (header.opcode == FUSE_WRITE)
		tfs_wipe(request->mem, request->size);
}

static void lead(struct worker *worker)
{
	struct loop *loop = worker->loop;
	int r = 1;

	while (worker->leading && r > 0 && !fuse_session_exited(loop->session)) {
		r = receive(worker);
		if (r <= 0)
			break;
		fuse_session_process_buf(loop->session, &worker->request);
		wipe_written(&worker->request);
	}
	if (worker->leading)
		end(loop);
}

static void *work(void *context)
{
	struct loop *loop = context;
	struct worker worker = { .loop = loop };

	pthread_setspecific(loop->self, &worker);
	tfs_mutex_lock(&loop->lock);
	while (!loop->ended) {
		if (loop->led) {
			loop->idle++;
			tfs_cond_wait(&loop->turn, &loop->lock);
			loop->idle--;
			continue;
		}
		loop->led = true;
		worker.leading = true;
		tfs_mutex_unlock(&loop->lock);
		lead(&worker);
		tfs_mutex_lock(&loop->lock);
	}
	tfs_mutex_unlock(&loop->lock);
	free(worker.request.mem);
	tfs_crypto_thread_end();
	return NULL;
}

static int start_thread(struct loop *loop) TFS_HOLDS(loop->lock)
{
	int r = -EAGAIN;

	assert(!loop->led);
	if (loop->n_threads < MAX_THREADS)
		r = tfs_thread_start(&loop->threads[loop->n_threads], work, loop);
	if (r == 0)
		loop->n_threads++;
	return r;
}

int mountd_loop_hand_over(struct loop *loop)
{
	struct worker *worker = pthread_getspecific(loop->self);
	int r = 0;

	if (!worker || !worker->leading)
		return 0;
	tfs_mutex_lock(&loop->lock);
	assert(loop->led);
	/* First, so that the new leader finds nobody leading. */
	loop->led = false;
	if (loop->idle > 0)
		pthread_cond_signal(&loop->turn);
	else
		r = start_thread(loop);
	loop->led = r < 0;
	worker->leading = r < 0;
	tfs_mutex_unlock(&loop->lock);
	return r;
}

static bool is_over(struct loop *loop)
{
	bool over;

	tfs_mutex_lock(&loop->lock);
	over = loop->ended;
	tfs_mutex_unlock(&loop->lock);
	return over;
}

int mountd_loop_run(struct loop *loop, struct fuse_session *session)
{
	struct pollfd end_fd = { .fd = loop->end_fd, .events = POLLIN };
	int fd = fuse_session_fd(session), r;
	sigset_t none;

	loop->session = session;
	loop->linger = sysconf(_SC_NPROCESSORS_ONLN) > 1;
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		return -errno;
	tfs_mutex_lock(&loop->lock);
	r = start_thread(loop);
	tfs_mutex_unlock(&loop->lock);
	if (r < 0)
		return r;
	/* Signals are unblocked only here: their handler calls fuse_session_exit. */
	sigemptyset(&none);
	while (!is_over(loop) && !fuse_session_exited(session))
		ppoll(&end_fd, 1, NULL, &none);
	end(loop);
	for (unsigned i = 0; i < loop->n_threads; i++)
		pthread_join(loop->threads[i], NULL);
	return 0;
}
