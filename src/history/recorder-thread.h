/* The thread that records: it makes commits of what the journal settled and of what the cache reported. */
#ifndef HISTORY_RECORDER_THREAD_H
#define HISTORY_RECORDER_THREAD_H

#include "state.h"

int history_recorder_thread_start(struct tfs_history *history, struct tfs_error *error);
/* Records what there is, then ends the thread. Does nothing when it was not started. */
void history_recorder_thread_stop(struct tfs_history *history);

#endif
