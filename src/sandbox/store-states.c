/*
 * States of the database that were replaced, for answers that are behind. A transaction of SQLite's write-ahead log
 * reads the state with which it began for as long as it is open.
 */
#include <stdlib.h>

#include "store-inner.h"
#include "tenantfs/clock.h"
#include "tenantfs/log.h"

enum { KEEP_MS = 12000 };

static void free_from(struct store_state **at)
{
	while (*at) {
		struct store_state *state = *at;

		*at = state->next;
		sqlite3_exec(state->link.db, "ROLLBACK", NULL, NULL, NULL);
		sandbox_store_link_close(&state->link);
		free(state);
	}
}

void sandbox_store_states_free(struct store *store)
{
	free_from(&store->states);
}

static struct store_state *new_state(const struct store *store)
{
	struct store_state *state = calloc(1, sizeof(*state));
	struct tfs_error error = { 0 };

	if (!state)
		return NULL;
	if (sandbox_store_link_open(&state->link, store->path, &error) == 0 &&
	    sqlite3_exec(state->link.db, "BEGIN; SELECT 1 FROM meta LIMIT 1", NULL, NULL, NULL) == SQLITE_OK)
		return state;
	tfs_log(TFS_LOG_ERROR, 0, "sandbox: a state cannot be kept: %s", error.message);
	sandbox_store_link_close(&state->link);
	free(state);
	return NULL;
}

void sandbox_store_note_state(struct store *store)
{
	struct store_state **at = &store->states, *state;
	uint64_t now = tfs_clock_ms();

	if (!store->keep_states)
		return;
	while (*at && ((*at)->until_ms == 0 || now - (*at)->until_ms < KEEP_MS))
		at = &(*at)->next;
	free_from(at);
	if (store->states && store->states->until_ms == 0)
		return;
	state = new_state(store);
	if (!state)
		return;
	state->next = store->states;
	store->states = state;
}

void sandbox_store_state_replaced(struct store *store)
{
	if (store->states && store->states->until_ms == 0)
		store->states->until_ms = tfs_clock_ms();
}

void sandbox_store_keep_states(struct store *store)
{
	tfs_mutex_lock(&store->lock);
	store->keep_states = true;
	tfs_mutex_unlock(&store->lock);
}
