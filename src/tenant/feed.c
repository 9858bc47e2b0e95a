/* The thread that polls the audit log. */
#include "tenantfs/feed.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "tenantfs/clock.h"
#include "tenantfs/digest.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"
#include "tenantfs/tenant.h"
#include "tenantfs/thread.h"

enum { FORBIDDEN_MS = 600000 }; /* interval for an account that may not read the audit log */

struct tfs_feed {
	struct tfs_tenant *tenant;
	pthread_t thread;
	struct tfs_mutex lock; /* taken before an operation's lock */
	struct tfs_op *op;     /* the running one; protected by lock */
	bool stopping;         /* protected by lock */
};

/* Makes `op` (NULL: none) the one that tfs_feed_free cancels. False: the feed ends. */
static bool set_op(struct tfs_feed *feed, struct tfs_op *op)
{
	bool stopping;

	tfs_mutex_lock(&feed->lock);
	feed->op = op;
	stopping = feed->stopping;
	tfs_mutex_unlock(&feed->lock);
	return !stopping;
}

/* Polls all communities; returns the milliseconds to wait before the next poll. */
static uint64_t poll_all(struct tfs_feed *feed, struct tfs_op *op)
{
	const struct tfs_config *config = tfs_tenant_config(feed->tenant);
	uint64_t pause = config->feed_ms;

	for (size_t i = 0; i < config->n_communities && !tfs_op_cancelled(op); i++) {
		int r = tfs_store_feed(tfs_tenant_store(feed->tenant), op, config->communities[i]);

		if (r == -EPERM || r == -ENOENT || r == -EINVAL)
			pause = config->feed_ms > FORBIDDEN_MS ? config->feed_ms : FORBIDDEN_MS;
		if (r < 0)
			tfs_log(TFS_LOG_DEBUG, tfs_op_id(op), "feed: %s", tfs_op_error(op)->message);
	}
	return pause;
}

static void *run(void *context)
{
	struct tfs_feed *feed = context;
	uint64_t timeout_ms = tfs_tenant_config(feed->tenant)->timeout_ms, pause = 0;
	bool going = true;

	while (going) {
		struct tfs_op *waiting = tfs_op_new(0), *op = tfs_op_new(pause + timeout_ms);

		going = waiting && op && set_op(feed, waiting) && tfs_op_sleep(waiting, pause) == 0;
		if (going && set_op(feed, op))
			pause = poll_all(feed, op);
		going = set_op(feed, NULL) && going;
		tfs_op_free(waiting);
		tfs_op_free(op);
	}
	tfs_crypto_thread_end();
	return NULL;
}

int tfs_feed_new(struct tfs_tenant *tenant, struct tfs_feed **ret, struct tfs_error *error)
{
	struct tfs_feed *feed;

	*ret = NULL;
	if (tfs_tenant_config(tenant)->feed_ms == 0)
		return 0;
	feed = calloc(1, sizeof(*feed));
	if (!feed)
		return tfs_error_set_memory(error);
	feed->tenant = tenant;
	tfs_mutex_init(&feed->lock);
	int r = tfs_thread_start(&feed->thread, run, feed);
	if (r < 0) {
		tfs_mutex_destroy(&feed->lock);
		free(feed);
		return tfs_error_set(error, r, "tenant", "cannot start a thread");
	}
	*ret = feed;
	return 0;
}

void tfs_feed_free(struct tfs_feed *feed)
{
	if (!feed)
		return;
	tfs_mutex_lock(&feed->lock);
	feed->stopping = true;
	if (feed->op)
		tfs_op_cancel(feed->op);
	tfs_mutex_unlock(&feed->lock);
	pthread_join(feed->thread, NULL);
	tfs_mutex_destroy(&feed->lock);
	free(feed);
}
