/* Keeps the reports of the journal and the cache until the recorder thread takes them. */
#ifndef TENANTFS_HISTORY_INTAKE_H
#define TENANTFS_HISTORY_INTAKE_H

#include "state.h"

/* Starts to watch the journal and the cache, as far as the history has them. */
int history_intake_watch(struct tfs_history *history, struct tfs_error *error);
void history_intake_unwatch_cache(struct tfs_history *history);
/* Frees the observations not taken. The journal and the cache must no longer report. */
void history_intake_finish(struct tfs_history *history);

/*
 * Sets `listed` of the lists named in the file beside the repository's objects. Without the file no list has it: what
 * is then new in a directory counts as a baseline again.
 */
void history_intake_load_listed(struct tfs_history *history);
void history_intake_save_listed(struct tfs_history *history);

/* True when the recorder may take `arrived`: no more is expected soon, or somebody waits. */
bool history_intake_is_ripe(const struct tfs_history *history, uint64_t now) TFS_HOLDS(history->lock);
/* Milliseconds until history_intake_is_ripe without further events; `arrived` is not empty. */
uint64_t history_intake_ripe_in_ms(const struct tfs_history *history, uint64_t now) TFS_HOLDS(history->lock);

#endif
