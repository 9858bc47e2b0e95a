/* The parts of the store that its files share. */
#ifndef SANDBOX_STORE_INNER_H
#define SANDBOX_STORE_INNER_H

#include <sqlite3.h>
#include <stdint.h>

#include "store.h"
#include "tenantfs/lock.h"

/* The condition of an event search: community, time, and members where given. */
#define STORE_EVENT_MATCH                                                                       \
	"community = ?1 AND ts BETWEEN ?2 AND ?3"                                               \
	" AND (?4 IS NULL OR detail ->> '$.eventCategory' = ?4) AND (?5 IS NULL OR actor = ?5)" \
	" AND (?6 IS NULL OR name = ?6) AND (?7 IS NULL OR detail ->> '$.outcome' = ?7)"        \
	" AND (?8 IS NULL OR detail ->> '$.broker_id' = ?8)"                                    \
	" AND (?9 IS NULL OR detail ->> '$.auth_method' = ?9)"                                  \
	" AND (?10 IS NULL OR detail ->> '$.application' = ?10)"

/* All statements: name and SQL text. */
#define STORE_STATEMENTS(X)                                                                                        \
	X(BEGIN, "BEGIN IMMEDIATE")                                                                                \
	X(COMMIT, "COMMIT")                                                                                        \
	X(ROLLBACK, "ROLLBACK")                                                                                    \
	X(META_GET, "SELECT value FROM meta WHERE key = ?1")                                                       \
	X(META_SET, "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2")                       \
	X(DOC_GET, "SELECT doc FROM docs WHERE community = ?1 AND kind = ?2 AND key = ?3")                         \
	X(DOC_PUT, "INSERT INTO docs (community, kind, key, doc) VALUES (?1, ?2, ?3, ?4) "                         \
		   "ON CONFLICT (community, kind, key) DO UPDATE SET doc = ?4")                                    \
	X(DOC_REMOVE, "DELETE FROM docs WHERE community = ?1 AND kind = ?2 AND key = ?3")                          \
	X(DOC_LIST, "SELECT doc FROM docs WHERE community = ?1 AND kind = ?2 ORDER BY seq")                        \
	X(EVENT_ADD, "INSERT INTO events (ts, community, actor, name, detail) VALUES (?1, ?2, ?3, ?4, ?5)")        \
	X(EVENT_COUNT, "SELECT count(*) FROM events WHERE " STORE_EVENT_MATCH)                                     \
	X(EVENT_PAGE,                                                                                              \
	  "SELECT detail FROM events WHERE " STORE_EVENT_MATCH " ORDER BY ts DESC, seq DESC LIMIT ?11 OFFSET ?12") \
	X(REVOKE, "INSERT OR REPLACE INTO revoked VALUES (?1, ?2)")                                                \
	X(REVOKED, "SELECT 1 FROM revoked WHERE jti = ?1")                                                         \
	X(USER_COUNT, "SELECT coalesce(max(seq) + 1, 0) FROM users WHERE module = ?1")                             \
	X(USER_ADD, "INSERT INTO users (module, seq, username, uid, record) VALUES (?1, ?2, ?3, ?4, ?5)")          \
	X(USER_BY_NAME, "SELECT record FROM users WHERE module = ?1 AND username = ?2")                            \
	X(USER_BY_UID, "SELECT record FROM users WHERE module = ?1 AND uid = ?2")                                  \
	X(USER_UPDATE, "UPDATE users SET record = ?3 WHERE module = ?1 AND uid = ?2")                              \
	X(USER_PAGE, "SELECT record FROM users WHERE module = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3")

enum store_statement {
#define X(name, text) STORE_##name,
	STORE_STATEMENTS(X)
#undef X
		STORE_N_STATEMENTS
};

/* A connection to the database with its statements. */
struct store_link {
	sqlite3 *db;
	sqlite3_stmt *statements[STORE_N_STATEMENTS];
};

/* A state that was replaced, or the present one: a connection whose transaction began with it. */
struct store_state {
	struct store_state *next; /* the one before */
	struct store_link link;
	uint64_t until_ms; /* when it was replaced; 0: it is the present one */
};

struct store {
	struct tfs_mutex lock; /* held from sandbox_store_begin to sandbox_store_end; protects all fields */
	struct store_link link;
	struct store_state *states; /* the newest first */
	struct store_state *behind; /* what the call under way reads; NULL: the present state */
	bool keep_states;
	char *path;
};

/* The connection that the call under way uses. */
static inline struct store_link *sandbox_store_link(struct store *store)
{
	return store->behind ? &store->behind->link : &store->link;
}
/* 0, or -EIO with SQLite's message in `error`. To be closed either way. */
int sandbox_store_link_open(struct store_link *link, const char *path, struct tfs_error *error);
void sandbox_store_link_close(struct store_link *link);
/* Before a write: makes sure that the present state can be read later. */
void sandbox_store_note_state(struct store *store);
/* After a commit. */
void sandbox_store_state_replaced(struct store *store);
void sandbox_store_states_free(struct store *store);

/* The statement, ready for binding. */
sqlite3_stmt *sandbox_store_statement(struct store *store, enum store_statement which);
/* `len` -1: NUL-terminated. The text must live until the statement is reset. */
void sandbox_store_bind(sqlite3_stmt *statement, int place, const char *text, int len);
/* Runs a statement without rows, and resets it. 0, -EEXIST (not unique) or -EIO. */
int sandbox_store_run(struct store *store, sqlite3_stmt *statement);
/* The JSON text of the first row; resets the statement. 0, -ENOENT or -EIO. */
int sandbox_store_row(struct store *store, sqlite3_stmt *statement, json_t **ret);
/* The JSON texts of all rows as an array; resets the statement. */
int sandbox_store_rows(struct store *store, sqlite3_stmt *statement, json_t **ret);
/* Logs SQLite's message; -EIO or -ENOMEM. */
int sandbox_store_fail(struct store *store);

#endif
