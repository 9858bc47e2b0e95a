/* Shows on a terminal what the command waits for, after one second. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "report.h"
#include "tenantfs/lock.h"
#include "tenantfs/thread.h"

struct cli_progress {
	const char *what;
	pthread_t thread;
	struct tfs_mutex lock;
	pthread_cond_t ended_cond;
	bool ended; /* protected by lock */
};

/* Waits for one second; true if the command's wait has ended. */
static bool wait_a_second(struct cli_progress *progress, struct timespec *until) TFS_HOLDS(progress->lock)
{
	int r = 0;

	until->tv_sec++;
	while (!progress->ended && r != -ETIMEDOUT)
		r = tfs_cond_wait_until(&progress->ended_cond, &progress->lock, until);
	return progress->ended;
}

static void *show(void *context)
{
	struct cli_progress *progress = context;
	struct timespec until;
	int seconds = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	tfs_mutex_lock(&progress->lock);
	while (!wait_a_second(progress, &until))
		dprintf(STDERR_FILENO, "\r%s … %d s", progress->what, ++seconds);
	tfs_mutex_unlock(&progress->lock);
	if (seconds)
		dprintf(STDERR_FILENO, "\r\033[K");
	return NULL;
}

struct cli_progress *cli_progress_start(const char *what)
{
	struct cli_progress *progress = isatty(STDERR_FILENO) ? calloc(1, sizeof(*progress)) : NULL;

	if (!progress)
		return NULL;
	progress->what = what;
	tfs_mutex_init(&progress->lock);
	tfs_cond_init(&progress->ended_cond);
	if (tfs_thread_start(&progress->thread, show, progress) < 0) {
		pthread_cond_destroy(&progress->ended_cond);
		tfs_mutex_destroy(&progress->lock);
		free(progress);
		return NULL;
	}
	return progress;
}

void cli_progress_end(struct cli_progress *progress)
{
	if (!progress)
		return;
	tfs_mutex_lock(&progress->lock);
	progress->ended = true;
	pthread_cond_signal(&progress->ended_cond);
	tfs_mutex_unlock(&progress->lock);
	pthread_join(progress->thread, NULL);
	pthread_cond_destroy(&progress->ended_cond);
	tfs_mutex_destroy(&progress->lock);
	free(progress);
}
