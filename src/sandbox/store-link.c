/* A connection to the sandbox's database: its tables and statements. */
#include <errno.h>

#include "store-inner.h"
#include "tenantfs/log.h"

static const char schema[] =
	"PRAGMA journal_mode = WAL;"
	/* Survives the end of the process at any time; a crash of the machine may lose commits. */
	"PRAGMA synchronous = NORMAL;"
	"CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS docs (seq INTEGER PRIMARY KEY, community TEXT NOT NULL, kind TEXT NOT "
	"NULL,"
	" key TEXT NOT NULL, doc TEXT NOT NULL, UNIQUE (community, kind, key));"
	"CREATE TABLE IF NOT EXISTS users (module TEXT NOT NULL, seq INTEGER NOT NULL, username TEXT NOT "
	"NULL,"
	" uid TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (module, seq), UNIQUE (module, username),"
	" UNIQUE (module, uid)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, community TEXT NOT "
	"NULL,"
	" actor TEXT NOT NULL, name TEXT NOT NULL, detail TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS events_time ON events (community, ts);"
	"CREATE TABLE IF NOT EXISTS revoked (jti TEXT PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;";

static const char *const texts[] = {
#define X(name, text) text,
	STORE_STATEMENTS(X)
#undef X
};

int sandbox_store_fail(struct store *store)
{
	int code = sqlite3_errcode(sandbox_store_link(store)->db);

	tfs_log(TFS_LOG_ERROR, 0, "sandbox: database: %s", sqlite3_errmsg(sandbox_store_link(store)->db));
	return code == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

int sandbox_store_link_open(struct store_link *link, const char *path, struct tfs_error *error)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int code = sqlite3_open_v2(path, &link->db, flags, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(link->db, schema, NULL, NULL, NULL);
	for (int i = 0; i < STORE_N_STATEMENTS && code == SQLITE_OK; i++)
		code = sqlite3_prepare_v3(link->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &link->statements[i],
					  NULL);
	if (code == SQLITE_OK)
		return 0;
	return tfs_error_set(error, -EIO, "sandbox", "%s: %s", path,
			     link->db ? sqlite3_errmsg(link->db) : "out of memory");
}

void sandbox_store_link_close(struct store_link *link)
{
	for (int i = 0; i < STORE_N_STATEMENTS; i++)
		sqlite3_finalize(link->statements[i]);
	sqlite3_close(link->db);
}
