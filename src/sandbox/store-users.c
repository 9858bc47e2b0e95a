/* Users in the database: JSON texts, found by position, name or uid. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "store-inner.h"

enum { QUERY_TEXT = 4096, QUERY_MEMBERS = 16 };

static int bind_member(sqlite3_stmt *statement, int place, const json_t *user, const char *member)
{
	const json_t *value = json_object_get(user, member);

	if (!json_is_string(value))
		return -EINVAL;
	sandbox_store_bind(statement, place, json_string_value(value), (int)json_string_length(value));
	return 0;
}

int sandbox_store_user_count(struct store *store, const char *module, long long *ret)
{
	sqlite3_stmt *statement = sandbox_store_statement(store, STORE_USER_COUNT);

	sandbox_store_bind(statement, 1, module, -1);
	int r = sqlite3_step(statement) == SQLITE_ROW ? 0 : sandbox_store_fail(store);
	if (r == 0)
		*ret = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return r;
}

int sandbox_store_user_add(struct store *store, const char *module, const json_t *user)
{
	cleanup_free char *record = json_dumps(user, JSON_COMPACT);
	sqlite3_stmt *statement = sandbox_store_statement(store, STORE_USER_ADD);
	long long seq = 0;
	int r = record ? sandbox_store_user_count(store, module, &seq) : -ENOMEM;

	if (r < 0)
		return r;
	sandbox_store_bind(statement, 1, module, -1);
	sqlite3_bind_int64(statement, 2, seq);
	sandbox_store_bind(statement, 5, record, -1);
	r = bind_member(statement, 3, user, "username");
	if (r == 0)
		r = bind_member(statement, 4, user, "uid");
	return r < 0 ? r : sandbox_store_run(store, statement);
}

int sandbox_store_user_get(struct store *store, const char *module, const char *member, const char *value, size_t len,
			   json_t **ret)
{
	sqlite3_stmt *statement =
		sandbox_store_statement(store, strcmp(member, "uid") ? STORE_USER_BY_NAME : STORE_USER_BY_UID);

	sandbox_store_bind(statement, 1, module, -1);
	sandbox_store_bind(statement, 2, value, (int)len);
	return sandbox_store_row(store, statement, ret);
}

int sandbox_store_user_update(struct store *store, const char *module, const json_t *user)
{
	cleanup_free char *record = json_dumps(user, JSON_COMPACT);
	sqlite3_stmt *statement = sandbox_store_statement(store, STORE_USER_UPDATE);

	if (!record)
		return -ENOMEM;
	sandbox_store_bind(statement, 1, module, -1);
	sandbox_store_bind(statement, 3, record, -1);
	int r = bind_member(statement, 2, user, "uid");
	if (r == 0)
		r = sandbox_store_run(store, statement);
	if (r < 0)
		return r;
	return sqlite3_changes(sandbox_store_link(store)->db) ? 0 : -ENOENT;
}

static int add_row(sqlite3_stmt *statement, struct tfs_buf *out, bool first)
{
	int r = first ? 0 : tfs_buf_putc(out, ',');

	if (r == 0)
		r = tfs_buf_add(out, sqlite3_column_text(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
	return r;
}

static int page_of_all(struct store *store, const struct store_page *page, struct tfs_buf *out, long long *ret_total)
{
	sqlite3_stmt *statement = sandbox_store_statement(store, STORE_USER_PAGE);
	long long total = 0;
	int r = sandbox_store_user_count(store, page->module, &total);
	int code = SQLITE_DONE;

	/* Positions have no gaps, since users are never deleted: a page starts at index * size. */
	sandbox_store_bind(statement, 1, page->module, -1);
	sqlite3_bind_int64(statement, 2, page->index * page->size + page->shift);
	sqlite3_bind_int64(statement, 3, page->size);
	for (bool first = true; r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW; first = false)
		r = add_row(statement, out, first);
	if (r == 0 && code != SQLITE_DONE)
		r = sandbox_store_fail(store);
	sqlite3_reset(statement);
	if (r == 0)
		*ret_total = total;
	return r;
}

/* True for a member's name, or a path of names, that needs no quoting in SQL. */
static bool plain_name(const char *name)
{
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '.')
			return false;
	return name[0] && strlen(name) < 64;
}

static int query_text(const json_t *query, char text[QUERY_TEXT])
{
	size_t len = (size_t)snprintf(text, QUERY_TEXT, "SELECT record FROM users WHERE module = ?1");
	const char *name;
	json_t *value;
	int place = 2;

	if (json_object_size(query) > QUERY_MEMBERS)
		return -EINVAL;
	json_object_foreach ((json_t *)query, name, value) {
		if (!plain_name(name) || !(json_is_string(value) || json_is_number(value) || json_is_boolean(value)))
			return -EINVAL;
		bool column = !strcmp(name, "username") || !strcmp(name, "uid");
		len += (size_t)snprintf(text + len, QUERY_TEXT - len,
					column ? " AND %s = ?%d" : " AND json_extract(record, '$.%s') IS ?%d", name,
					place++);
	}
	snprintf(text + len, QUERY_TEXT - len, " ORDER BY seq");
	return 0;
}

static void bind_query(sqlite3_stmt *statement, const json_t *query)
{
	const char *name;
	json_t *value;
	int place = 2;

	json_object_foreach ((json_t *)query, name, value) {
		if (json_is_string(value))
			sandbox_store_bind(statement, place, json_string_value(value), (int)json_string_length(value));
		else if (json_is_real(value))
			sqlite3_bind_double(statement, place, json_real_value(value));
		else
			sqlite3_bind_int64(statement, place,
					   json_is_integer(value) ? json_integer_value(value) : json_is_true(value));
		place++;
	}
}

static int page_of_some(struct store *store, const struct store_page *page, struct tfs_buf *out, long long *ret_total)
{
	char text[QUERY_TEXT];
	sqlite3_stmt *statement = NULL;
	long long from = page->index * page->size + page->shift;
	long long total = 0;
	int code = SQLITE_DONE;
	int r = query_text(page->query, text);

	if (r < 0)
		return r;
	if (sqlite3_prepare_v2(sandbox_store_link(store)->db, text, -1, &statement, NULL) != SQLITE_OK)
		return sandbox_store_fail(store);
	sandbox_store_bind(statement, 1, page->module, -1);
	bind_query(statement, page->query);
	for (; r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW; total++)
		if (total >= from && total < from + page->size)
			r = add_row(statement, out, total == from);
	if (r == 0 && code != SQLITE_DONE)
		r = sandbox_store_fail(store);
	sqlite3_finalize(statement);
	if (r == 0)
		*ret_total = total;
	return r;
}

int sandbox_store_user_page(struct store *store, const struct store_page *page, struct tfs_buf *out,
			    long long *ret_total)
{
	return json_object_size(page->query) ? page_of_some(store, page, out, ret_total)
					     : page_of_all(store, page, out, ret_total);
}
