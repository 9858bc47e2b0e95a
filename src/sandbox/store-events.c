/* Events in the database: JSON texts, found by time and by members. */
#include <errno.h>
#include <string.h>

#include "store-inner.h"

int sandbox_store_event_add(struct store *store, const char *community, const json_t *event)
{
	cleanup_free char *text = json_dumps(event, JSON_COMPACT);
	sqlite3_stmt *statement = sandbox_store_statement(store, STORE_EVENT_ADD);
	const char *user = tfs_json_text(event, "user_id");
	const char *name = tfs_json_text(event, "eventName");

	if (!text)
		return -ENOMEM;
	sqlite3_bind_int64(statement, 1, json_integer_value(json_object_get(event, "event_ts")));
	sandbox_store_bind(statement, 2, community, -1);
	sandbox_store_bind(statement, 3, user ? user : "", -1);
	sandbox_store_bind(statement, 4, name ? name : "", -1);
	sandbox_store_bind(statement, 5, text, -1);
	return sandbox_store_run(store, statement);
}

static sqlite3_stmt *bind_search(struct store *store, enum store_statement which, const struct store_events *search)
{
	sqlite3_stmt *statement = sandbox_store_statement(store, which);

	sandbox_store_bind(statement, 1, search->community, -1);
	sqlite3_bind_int64(statement, 2, search->from);
	sqlite3_bind_int64(statement, 3, search->to);
	/* NULL is bound as NULL, which matches any value. */
	sandbox_store_bind(statement, 4, search->category, -1);
	sandbox_store_bind(statement, 5, search->user, -1);
	sandbox_store_bind(statement, 6, search->name, -1);
	sandbox_store_bind(statement, 7, search->outcome, -1);
	sandbox_store_bind(statement, 8, search->broker, -1);
	sandbox_store_bind(statement, 9, search->method, -1);
	sandbox_store_bind(statement, 10, search->application, -1);
	return statement;
}

static int count_events(struct store *store, const struct store_events *search, long long *ret)
{
	sqlite3_stmt *statement = bind_search(store, STORE_EVENT_COUNT, search);
	int r = sqlite3_step(statement) == SQLITE_ROW ? 0 : sandbox_store_fail(store);

	if (r == 0)
		*ret = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return r;
}

int sandbox_store_event_page(struct store *store, const struct store_events *search, json_t **ret, long long *ret_total)
{
	long long total = 0;
	int r = count_events(store, search, &total);
	sqlite3_stmt *statement = r == 0 ? bind_search(store, STORE_EVENT_PAGE, search) : NULL;

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 11, search->size ? search->size : -1);
	sqlite3_bind_int64(statement, 12, search->index * search->size);
	r = sandbox_store_rows(store, statement, ret);
	if (r == 0)
		*ret_total = total;
	return r;
}
