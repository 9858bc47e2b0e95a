/* An open history: what its public functions, its intake and its recorder thread share. */
#ifndef TENANTFS_HISTORY_STATE_H
#define TENANTFS_HISTORY_STATE_H

#include "day-index.h"
#include "pusher.h"
#include "observations.h"
#include "tenantfs/history.h"
#include "tenantfs/lock.h"

/* A caller of tfs_history_flush, on its stack. Protected by the lock. */
struct flush_waiter {
	struct flush_waiter *next;
	struct tfs_op *op;
	atomic_bool done;
	uint64_t pass; /* the first pass that began after the call */
	int result;
};

struct tfs_history {
	const struct tfs_config *config;
	struct tfs_journal *journal; /* may be NULL */
	struct tfs_cache *cache;     /* may be NULL */
	char *listed_path;           /* file of the directories that are recorded completely */
	pthread_t thread;
	bool started;

	/* Of the recorder thread alone. */
	struct recorder recorder;
	struct observations held;  /* wait until the changes in `barrier` are settled */
	struct observations later; /* arrived after `barrier` was set */
	uint64_t *barrier;         /* changes that were open then, ascending */
	size_t n_barrier;
	bool grown; /* listings were recorded since memory was last given back */
	struct day_index days;
	bool days_failed; /* the last write of `days` failed, and that is logged */
	bool dropped;     /* observations were dropped since the last good write, and that is logged */
	size_t undated;   /* commits since `days` was written */

	struct tfs_mutex lock; /* of all below; an operation's and the pusher's are taken under it */
	pthread_cond_t wake;   /* of the recorder thread */
	struct observed_list *lists;
	struct observations arrived;
	uint64_t first_ms, last_ms; /* when the first and the last of `arrived` came */
	struct flush_waiter *waiters;
	uint64_t pass; /* number of the pass under way, or of the last one */
	bool stop;
	pid_t low_tid;        /* the recorder thread once its priority is low; 0: not yet */
	bool settled;         /* the journal settled changes since the last pass began */
	uint64_t settled_seq; /* the newest settled change, 0: none yet */
	struct tfs_history_stats stats;
	struct tfs_error error; /* of the last pass */
	tfs_history_find_actor actor;
	void *actor_context;
	struct pusher *pusher; /* NULL: no remote */
};

#endif
