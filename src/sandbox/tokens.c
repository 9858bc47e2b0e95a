/* What the handlers of hardware tokens and of their assignments share. */
#include "tokens.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "csv.h"
#include "window.h"

int sandbox_tokens_get(const struct call *call, const char *serial, json_t **ret)
{
	return sandbox_store_get(call->box->store, call->community->id, TOKEN_KIND, serial, ret);
}

int sandbox_tokens_answer_page(struct call *call, const json_t *list)
{
	struct store_events page = { 0 };
	cleanup_json json_t *data = json_array();
	int r = data ? sandbox_window_read_page(call, &page) : -ENOMEM;
	long long total = (long long)json_array_size(list);

	for (long long i = page.index * page.size; r == 0 && i < total && i < (page.index + 1) * page.size; i++)
		if (json_array_append(data, json_array_get(list, (size_t)i)) < 0)
			r = -ENOMEM;
	return r < 0 ? r
		     : sandbox_call_answer(
			       call, json_pack("{s:o, s:O}", "page", sandbox_window_page(&page, total), "data", data));
}

int sandbox_tokens_read_table(struct call *call, const char *const *columns, json_t **ret)
{
	const json_t *text = sandbox_call_member(call, "csv_text");
	cleanup_json json_t *rows = NULL;
	int r = sandbox_csv_parse(json_string_value(text), json_string_length(text), &rows);

	if (r == -EINVAL || r == -EFBIG)
		return call_refuse(call, 400, "csv_text", "\"csv_text\" must be a table");
	if (r < 0)
		return r;
	if (!json_array_size(rows))
		return call_refuse(call, 400, "csv_text", "\"csv_text\" has no rows");
	for (; *columns; columns++)
		if (!json_object_get(json_array_get(rows, 0), *columns))
			return call_refuse(call, 400, "csv_text", "\"csv_text\" has no column \"%s\"", *columns);
	*ret = steal_pointer(&rows);
	return 0;
}

int sandbox_tokens_add_error(json_t *errors, const json_t *row, const char *message)
{
	static const char *const names[] = { "row", "serialNumber", "username" };
	cleanup_json json_t *error = json_object();

	for (size_t i = 0; error && i < sizeof(names) / sizeof(*names); i++) {
		json_t *value = json_object_get(row, names[i]);
		if (value)
			json_object_set(error, names[i], value);
	}
	return error && json_object_set_new(error, "message", json_string(message)) == 0 &&
			       json_array_append(errors, error) == 0
		       ? 0
		       : -ENOMEM;
}

int sandbox_tokens_answer_made(struct call *call, long long made, json_t *errors)
{
	call->quiet = made == 0;
	return sandbox_call_answer(call, json_pack("{s:I, s:o}", "created", (json_int_t)made, "errors", errors));
}

char *sandbox_tokens_assignment_key(const char *serial, const char *user)
{
	char *key = NULL;

	return asprintf(&key, "%zu:%s%s", strlen(serial), serial, user) < 0 ? NULL : key;
}

int sandbox_tokens_unassign(const struct call *call, const char *serial)
{
	cleanup_json json_t *all = NULL;
	size_t index;
	json_t *assignment;
	int r = sandbox_store_list(call->box->store, call->community->id, TOKEN_USER_KIND, &all);

	json_array_foreach (all, index, assignment) {
		if (r < 0 || strcmp(tfs_json_text(assignment, "serialNumber"), serial))
			continue;
		cleanup_free char *key = sandbox_tokens_assignment_key(serial, tfs_json_text(assignment, "username"));
		r = key ? sandbox_store_remove(call->box->store, call->community->id, TOKEN_USER_KIND, key) : -ENOMEM;
	}
	return r;
}
