/* A reader of comma-separated values: one object per row, one member per column. */
#include "csv.h"

#include <errno.h>
#include <string.h>

struct reader {
	const char *at, *end;
	unsigned line;
};

static int add_cell(json_t *row, const char *text, size_t len)
{
	json_t *cell = json_stringn(text, len);

	if (!cell)
		return -EINVAL;
	if (json_array_size(row) == CSV_COLUMNS) {
		json_decref(cell);
		return -EINVAL;
	}
	return json_array_append_new(row, cell) < 0 ? -ENOMEM : 0;
}

/* Reads a quoted cell; `at` is after the opening quote. */
static int read_quoted(struct reader *reader, json_t *row)
{
	struct tfs_buf text = TFS_BUF_INIT(1 << 20);
	int r = 0;

	for (;; reader->at++) {
		if (reader->at == reader->end) {
			r = -EINVAL;
			break;
		}
		if (*reader->at == '"' && (++reader->at == reader->end || *reader->at != '"'))
			break;
		reader->line += *reader->at == '\n';
		r = tfs_buf_putc(&text, *reader->at);
		if (r < 0)
			break;
	}
	if (r == 0)
		r = add_cell(row, text.data ? text.data : "", text.len);
	tfs_buf_finish(&text);
	return r;
}

static int read_plain(struct reader *reader, json_t *row)
{
	const char *start = reader->at;

	while (reader->at < reader->end && !strchr(",\n\r\"", *reader->at))
		reader->at++;
	return add_cell(row, start, (size_t)(reader->at - start));
}

/* Reads the cells of one line. */
static int read_row(struct reader *reader, json_t *row)
{
	int r;

	for (;;) {
		if (reader->at < reader->end && *reader->at == '"') {
			reader->at++;
			r = read_quoted(reader, row);
		} else {
			r = read_plain(reader, row);
		}
		if (r < 0)
			return r;
		if (reader->at < reader->end && *reader->at == ',') {
			reader->at++;
			continue;
		}
		if (reader->at < reader->end && *reader->at == '\r')
			reader->at++;
		if (reader->at == reader->end)
			return 0;
		if (*reader->at != '\n')
			return -EINVAL;
		reader->at++;
		reader->line++;
		return 0;
	}
}

static bool is_blank(const json_t *row)
{
	return json_array_size(row) == 1 && !json_string_length(json_array_get(row, 0));
}

static int add_row(json_t *rows, const json_t *columns, const json_t *cells, unsigned line)
{
	cleanup_json json_t *row = json_pack("{s:i}", "row", (int)line);
	size_t index;
	json_t *column;

	if (!row)
		return -ENOMEM;
	if (json_array_size(cells) > json_array_size(columns))
		return -EINVAL;
	json_array_foreach ((json_t *)columns, index, column) {
		json_t *cell = json_array_get(cells, index);
		if (cell && json_object_set(row, json_string_value(column), cell) < 0)
			return -EINVAL;
	}
	return json_array_append(rows, row) < 0 ? -ENOMEM : 0;
}

int sandbox_csv_parse(const char *text, size_t len, json_t **ret)
{
	struct reader reader = { .at = text, .end = text + len, .line = 1 };
	cleanup_json json_t *columns = json_array();
	cleanup_json json_t *rows = json_array();
	int r = columns && rows ? read_row(&reader, columns) : -ENOMEM;

	if (r == 0 && is_blank(columns))
		r = -EINVAL;
	while (r == 0 && reader.at < reader.end) {
		cleanup_json json_t *cells = json_array();
		unsigned line = reader.line;
		r = cells ? read_row(&reader, cells) : -ENOMEM;
		if (r == 0 && !is_blank(cells))
			r = add_row(rows, columns, cells, line);
		if (json_array_size(rows) > CSV_ROWS)
			r = -EFBIG;
	}
	if (r == 0)
		*ret = steal_pointer(&rows);
	return r;
}
