/* Failed rows in an answer of success, as one error message. */
#include <errno.h>

#include "save.h"

enum { ROWS_TOLD = 8, TOLD_MAX = 400 };

/* Members with the reason; the others identify the row. */
static bool is_reason(const char *name)
{
	return strcmp(name, "message") == 0 || strcmp(name, "error") == 0 || strcmp(name, "reason") == 0;
}

static int add_which(const json_t *row, struct tfs_buf *out)
{
	const char *name;
	json_t *value;
	bool first = true;
	int r = 0;

	json_object_foreach ((json_t *)(uintptr_t)row, name, value) {
		if (r < 0 || is_reason(name) || !(json_is_string(value) || json_is_integer(value)))
			continue;
		r = tfs_buf_printf(out, "%s%s ", first ? "" : ", ", name);
		if (r == 0)
			r = json_is_string(value) ? tfs_buf_puts(out, json_string_value(value))
						  : tfs_json_print(value, out);
		first = false;
	}
	return r == 0 && !first ? tfs_buf_puts(out, ": ") : r;
}

/* "row 3, serialNumber sr001: a token of this serial number exists" */
static int add_row(const json_t *row, struct tfs_buf *out)
{
	const char *name;
	json_t *value;
	int r;

	if (json_is_string(row))
		return tfs_buf_puts(out, json_string_value(row));
	r = add_which(row, out);
	json_object_foreach ((json_t *)(uintptr_t)row, name, value) {
		if (r == 0 && is_reason(name) && json_is_string(value))
			return tfs_buf_puts(out, json_string_value(value));
	}
	return r == 0 ? tfs_buf_puts(out, "the server refused it and does not say why") : r;
}

int change_step_check_rows(struct tfs_op *op, const struct tfs_step *step, const struct tfs_api_answer *answer)
{
	const json_t *rows = step->failures ? tfs_json_at(answer->body, step->failures) : NULL;
	struct tfs_buf texts cleanup_buf = TFS_BUF_INIT(TOLD_MAX);
	size_t count = json_array_size(rows);
	int r = 0;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count && i < ROWS_TOLD && r == 0; i++) {
		if (i > 0)
			r = tfs_buf_puts(&texts, "; ");
		if (r == 0)
			r = add_row(json_array_get(rows, i), &texts);
	}
	if (count > ROWS_TOLD && r == 0)
		tfs_buf_printf(&texts, "; and %zu more", count - ROWS_TOLD);
	tfs_fail(op, -EINVAL, "api", "%s", texts.data ? texts.data : "refused");
	tfs_op_error(op)->status = answer->status;
	return -EINVAL;
}
