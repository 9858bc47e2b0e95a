/* The thread that records: it commits the changes the journal settled, and those the cache reported. */
#ifndef TENANTFS_HISTORY_RECORDER_THREAD_H
#define TENANTFS_HISTORY_RECORDER_THREAD_H

#include "state.h"

int history_recorder_thread_start(struct tfs_history *history, struct tfs_error *error);
/* Records the remaining changes, then ends the thread. Does nothing when it was not started. */
void history_recorder_thread_stop(struct tfs_history *history);

#endif
