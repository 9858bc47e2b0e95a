/* The sandbox's database: opening, transactions, documents. */
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store-inner.h"
#include "tenantfs/clock.h"
#include "tenantfs/lock.h"

int sandbox_store_open(const char *path, struct store **ret, struct tfs_error *error)
{
	struct store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return tfs_error_set_memory(error);
	tfs_mutex_init(&store->lock);
	store->path = strdup(path);
	r = store->path ? sandbox_store_link_open(&store->link, path, error) : tfs_error_set_memory(error);
	if (r < 0) {
		sandbox_store_free(store);
		return r;
	}
	*ret = store;
	return 0;
}

void sandbox_store_free(struct store *store)
{
	if (!store)
		return;
	sandbox_store_states_free(store);
	sandbox_store_link_close(&store->link);
	tfs_mutex_destroy(&store->lock);
	free(store->path);
	free(store);
}

sqlite3_stmt *sandbox_store_statement(struct store *store, enum store_statement which)
{
	return sandbox_store_link(store)->statements[which];
}

void sandbox_store_bind(sqlite3_stmt *statement, int place, const char *text, int len)
{
	sqlite3_bind_text(statement, place, text, len, SQLITE_STATIC);
}

int sandbox_store_run(struct store *store, sqlite3_stmt *statement)
{
	/* A state of the past stays as it was. */
	int code = store->behind && !sqlite3_stmt_readonly(statement) ? SQLITE_DONE : sqlite3_step(statement);
	int r = 0;

	if (code == SQLITE_CONSTRAINT)
		r = -EEXIST;
	else if (code != SQLITE_DONE)
		r = sandbox_store_fail(store);
	sqlite3_reset(statement);
	return r;
}

static int read_column(sqlite3_stmt *statement, json_t **ret)
{
	const char *text = (const char *)sqlite3_column_text(statement, 0);
	json_t *value = NULL;

	if (text)
		value = json_loadb(text, (size_t)sqlite3_column_bytes(statement, 0), JSON_DECODE_ANY | JSON_ALLOW_NUL,
				   NULL);
	if (!value)
		return -EIO;
	*ret = value;
	return 0;
}

int sandbox_store_row(struct store *store, sqlite3_stmt *statement, json_t **ret)
{
	int code = sqlite3_step(statement);
	int r = code == SQLITE_ROW    ? read_column(statement, ret)
		: code == SQLITE_DONE ? -ENOENT
				      : sandbox_store_fail(store);

	sqlite3_reset(statement);
	return r;
}

/* Unchecked, both: sandbox_store_begin takes the lock only when it succeeds, and the header hides the lock. */
int sandbox_store_begin(struct store *store) TFS_UNCHECKED_LOCKS
{
	tfs_mutex_lock(&store->lock);
	sandbox_store_note_state(store);
	int r = sandbox_store_run(store, sandbox_store_statement(store, STORE_BEGIN));
	if (r < 0)
		tfs_mutex_unlock(&store->lock);
	return r;
}

/* Unchecked as sandbox_store_begin is. */
int sandbox_store_begin_behind(struct store *store, unsigned ms) TFS_UNCHECKED_LOCKS
{
	uint64_t now = tfs_clock_ms();
	int r = 0;

	tfs_mutex_lock(&store->lock);
	/* The oldest state that was still the present one then. */
	for (struct store_state *state = store->states; state; state = state->next)
		if (state->until_ms != 0 && state->until_ms + ms > now)
			store->behind = state;
	if (!store->behind)
		r = sandbox_store_run(store, sandbox_store_statement(store, STORE_BEGIN));
	if (r < 0)
		tfs_mutex_unlock(&store->lock);
	return r;
}

int sandbox_store_end(struct store *store, bool keep) TFS_UNCHECKED_LOCKS
{
	int r = 0;

	if (!store->behind)
		r = sandbox_store_run(store, sandbox_store_statement(store, keep ? STORE_COMMIT : STORE_ROLLBACK));
	if (r == 0 && keep && !store->behind)
		sandbox_store_state_replaced(store);
	store->behind = NULL;
	if (r < 0 && keep)
		sandbox_store_run(store, sandbox_store_statement(store, STORE_ROLLBACK));
	tfs_mutex_unlock(&store->lock);
	return r;
}

int sandbox_store_meta_get(struct store *store, const char *key, char **ret)
{
	sqlite3_stmt *statement = sandbox_store_statement(store, STORE_META_GET);
	char *value = NULL;
	int r = -ENOENT;

	sandbox_store_bind(statement, 1, key, -1);
	int code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(statement, 0);
		value = text ? strdup(text) : NULL;
		r = value ? 0 : -ENOMEM;
	} else if (code != SQLITE_DONE) {
		r = sandbox_store_fail(store);
	}
	sqlite3_reset(statement);
	if (r == 0)
		*ret = value;
	return r;
}

int sandbox_store_meta_set(struct store *store, const char *key, const char *value)
{
	sqlite3_stmt *statement = sandbox_store_statement(store, STORE_META_SET);

	sandbox_store_bind(statement, 1, key, -1);
	sandbox_store_bind(statement, 2, value, -1);
	return sandbox_store_run(store, statement);
}

static sqlite3_stmt *bind_doc(struct store *store, enum store_statement which, const char *community, const char *kind,
			      const char *key)
{
	sqlite3_stmt *statement = sandbox_store_statement(store, which);

	sandbox_store_bind(statement, 1, community, -1);
	sandbox_store_bind(statement, 2, kind, -1);
	if (key)
		sandbox_store_bind(statement, 3, key, -1);
	return statement;
}

int sandbox_store_get(struct store *store, const char *community, const char *kind, const char *key, json_t **ret)
{
	return sandbox_store_row(store, bind_doc(store, STORE_DOC_GET, community, kind, key), ret);
}

int sandbox_store_put(struct store *store, const char *community, const char *kind, const char *key, const json_t *doc)
{
	cleanup_free char *text = json_dumps(doc, JSON_COMPACT);

	if (!text)
		return -ENOMEM;
	sqlite3_stmt *statement = bind_doc(store, STORE_DOC_PUT, community, kind, key);
	sandbox_store_bind(statement, 4, text, -1);
	return sandbox_store_run(store, statement);
}

int sandbox_store_remove(struct store *store, const char *community, const char *kind, const char *key)
{
	int r = sandbox_store_run(store, bind_doc(store, STORE_DOC_REMOVE, community, kind, key));

	if (r < 0)
		return r;
	return sqlite3_changes(sandbox_store_link(store)->db) ? 0 : -ENOENT;
}

int sandbox_store_rows(struct store *store, sqlite3_stmt *statement, json_t **ret)
{
	cleanup_json json_t *list = json_array();
	int r = list ? 0 : -ENOMEM;
	int code = SQLITE_DONE;

	while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		json_t *doc = NULL;
		r = read_column(statement, &doc);
		if (r == 0 && json_array_append_new(list, doc) < 0)
			r = -ENOMEM;
	}
	if (r == 0 && code != SQLITE_DONE)
		r = sandbox_store_fail(store);
	sqlite3_reset(statement);
	if (r < 0)
		return r;
	*ret = steal_pointer(&list);
	return 0;
}

int sandbox_store_list(struct store *store, const char *community, const char *kind, json_t **ret)
{
	return sandbox_store_rows(store, bind_doc(store, STORE_DOC_LIST, community, kind, NULL), ret);
}

int sandbox_store_revoke(struct store *store, const char *jti, long long expires)
{
	sqlite3_stmt *statement = sandbox_store_statement(store, STORE_REVOKE);

	sandbox_store_bind(statement, 1, jti, -1);
	sqlite3_bind_int64(statement, 2, expires);
	return sandbox_store_run(store, statement);
}

int sandbox_store_revoked(struct store *store, const char *jti)
{
	sqlite3_stmt *statement = sandbox_store_statement(store, STORE_REVOKED);

	sandbox_store_bind(statement, 1, jti, -1);
	int code = sqlite3_step(statement);
	int r = code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : sandbox_store_fail(store);
	sqlite3_reset(statement);
	return r;
}
