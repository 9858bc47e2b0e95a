/* Importing: a CSV table is sent unchanged to the call that takes its columns. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "intent.h"
#include "tenantfs/clock.h"

enum { HEADER_MAX = 512 };

/* Whether the header line has the column. */
static bool line_has(const char *line, size_t len, const char *column)
{
	const char *end = line + len;
	size_t wanted = strlen(column);

	while (line < end) {
		const char *comma = memchr(line, ',', (size_t)(end - line));
		const char *stop = comma ? comma : end;

		while (line < stop && strchr(" \"\xef\xbb\xbf", *line))
			line++;
		while (stop > line && strchr(" \"\r", stop[-1]))
			stop--;
		if ((size_t)(stop - line) == wanted && memcmp(line, column, wanted) == 0)
			return true;
		line = comma ? comma + 1 : end;
	}
	return false;
}

static const struct tfs_step *find_step(const struct tfs_kind *kind, const char *text, size_t len)
{
	const char *newline = memchr(text, '\n', len);
	size_t line = newline ? (size_t)(newline - text) : len;

	for (size_t i = 0; i < kind->n_create; i++) {
		const char *const *column = kind->create[i].columns;

		while (*column && line_has(text, line, *column))
			column++;
		if (!*column)
			return &kind->create[i];
	}
	return NULL;
}

static int refuse_header(struct save *save)
{
	const struct tfs_kind *kind = save->resource->kind;
	struct tfs_buf known cleanup_buf = TFS_BUF_INIT(HEADER_MAX);

	for (size_t i = 0; i < kind->n_create; i++) {
		tfs_buf_puts(&known, i > 0 ? " or " : "");
		for (const char *const *column = kind->create[i].columns; *column; column++)
			tfs_buf_printf(&known, "%s%s", column == kind->create[i].columns ? "" : ",", *column);
	}
	tfs_fail(save->op, -EINVAL, "document", "line 1 must name the columns %s",
		 known.data ? known.data : "of a table");
	tfs_op_error(save->op)->line = 1;
	return -EINVAL;
}

/* Invalidates the list of the objects that the table creates, whatever the result. */
static void forget_made(struct save *save)
{
	struct tfs_resource *resource = save->resource, *made;
	const struct tfs_kind *kind = tfs_kind_find(resource->kind->imports);

	if (kind && tfs_store_resource(resource->store, kind, resource->scope, &made) == 0)
		tfs_list_invalidate(made->list);
}

static int send_table(struct save *save, const struct tfs_step *step, struct tfs_doc **ret)
{
	int r = change_step_run(save, step, NULL);

	forget_made(save);
	if (r < 0 && tfs_op_error(save->op)->status / 100 == 2)
		tfs_error_prefix(tfs_op_error(save->op), "rows were refused, others may have been taken: ");
	if (r < 0)
		return r;
	*ret = tfs_doc_new(save->name, "", save->text, save->text_len, tfs_clock_wall());
	return *ret ? 0 : tfs_fail(save->op, -ENOMEM, "resource", "imported, but out of memory");
}

int change_save_import(struct save *save, const char *text, size_t len, struct tfs_doc **ret)
{
	const struct tfs_step *step = find_step(save->resource->kind, text, len);
	int r = change_save_take_text(save, text, len);

	if (r < 0)
		return r;
	if (!step)
		return refuse_header(save);
	/* Imports run one after the other. */
	r = change_save_lock(save, "");
	if (r < 0)
		return r;
	r = change_save_conclude(save, send_table(save, step, ret), ret);
	resource_name_unlock(&save->resource->name_locks, "");
	return r;
}
