/*
 * Printing a record as a document: each member is looked up once in a sorted table and printed in its place, so
 * that a list of many users needs no JSON tree for each document.
 */
#include "print-record.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "undeclared-members.h"

enum { SCRATCH_MAX = 64 << 20 };

/* A name a record may have. */
struct record_name {
	const char *name;
	size_t slot; /* of the declared member; SIZE_MAX: the server's */
};

struct other_member {
	const char *name;
	const json_t *value;
};

static int compare_entries(const void *a, const void *b)
{
	const struct record_name *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	/* Declared names first: they take precedence. */
	return order != 0 ? order : (left->slot > right->slot) - (left->slot < right->slot);
}

static int compare_rest(const void *a, const void *b)
{
	return strcmp(((const struct other_member *)a)->name, ((const struct other_member *)b)->name);
}

static void add_entry(struct record_printer *printer, const char *name, size_t slot)
{
	assert(slot == SIZE_MAX || slot < printer->kind->n_fields);
	printer->entries[printer->count++] = (struct record_name){ name, slot };
}

static void fill_entries(struct record_printer *printer)
{
	const struct tfs_kind *kind = printer->kind;
	size_t kept = 0;

	for (size_t i = 0; i < kind->n_fields; i++) {
		add_entry(printer, record_name(&kind->fields[i]), i);
		/* A record member with the name of a declared document member. */
		add_entry(printer, kind->fields[i].name, SIZE_MAX);
	}
	for (const char *const *name = kind->server_members; name && *name; name++)
		add_entry(printer, *name, SIZE_MAX);
	for (const char *const *name = document_server_names; *name; name++)
		add_entry(printer, *name, SIZE_MAX);
	add_entry(printer, SERVER_MEMBER, SIZE_MAX);
	qsort(printer->entries, printer->count, sizeof(*printer->entries), compare_entries);
	for (size_t i = 0; i < printer->count; i++)
		if (kept == 0 || strcmp(printer->entries[kept - 1].name, printer->entries[i].name) != 0)
			printer->entries[kept++] = printer->entries[i];
	printer->count = kept;
}

static size_t count_names(const char *const *names)
{
	size_t count = 0;

	while (names && names[count])
		count++;
	return count;
}

int document_record_printer_init(struct record_printer *printer, const struct tfs_kind *kind)
{
	size_t most = 2 * kind->n_fields + count_names(kind->server_members) + count_names(document_server_names) + 1;

	*printer = (struct record_printer){ .kind = kind, .scratch = TFS_BUF_INIT(SCRATCH_MAX) };
	printer->entries = malloc(most * sizeof(*printer->entries));
	printer->slots = malloc((kind->n_fields + 1) * sizeof(*printer->slots));
	if (!printer->entries || !printer->slots) {
		document_record_printer_finish(printer);
		return -ENOMEM;
	}
	fill_entries(printer);
	return 0;
}

void document_record_printer_finish(struct record_printer *printer)
{
	free(steal_pointer(&printer->entries));
	free(steal_pointer(&printer->slots));
	free(steal_pointer(&printer->unknown));
	free(steal_pointer(&printer->server));
	tfs_buf_finish(&printer->scratch);
}

static const struct record_name *find_entry(const struct record_printer *printer, const char *name)
{
	size_t low = 0, high = printer->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(printer->entries[middle].name, name);

		if (order == 0)
			return &printer->entries[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int make_room(struct record_printer *printer, size_t count)
{
	struct other_member *unknown, *server;

	if (count <= printer->room)
		return 0;
	unknown = realloc(printer->unknown, count * sizeof(*unknown));
	if (unknown)
		printer->unknown = unknown;
	server = realloc(printer->server, count * sizeof(*server));
	if (server)
		printer->server = server;
	if (!unknown || !server)
		return -ENOMEM;
	printer->room = count;
	return 0;
}

/* Sorts every member to its place. */
static int gather(struct record_printer *printer, const json_t *record)
{
	json_t *members = (json_t *)(uintptr_t)record;
	int r = make_room(printer, json_object_size(record));

	if (r < 0)
		return r;
	printer->n_unknown = printer->n_server = 0;
	memset(printer->slots, 0, (printer->kind->n_fields + 1) * sizeof(*printer->slots));
	for (void *at = json_object_iter(members); at; at = json_object_iter_next(members, at)) {
		struct other_member rest = { json_object_iter_key(at), json_object_iter_value(at) };
		const struct record_name *entry = find_entry(printer, rest.name);

		if (!entry)
			printer->unknown[printer->n_unknown++] = rest;
		else if (entry->slot == SIZE_MAX)
			printer->server[printer->n_server++] = rest;
		else
			printer->slots[entry->slot] = rest.value;
	}
	if (printer->n_unknown > 1)
		qsort(printer->unknown, printer->n_unknown, sizeof(*printer->unknown), compare_rest);
	if (printer->n_server > 1)
		qsort(printer->server, printer->n_server, sizeof(*printer->server), compare_rest);
	return 0;
}

static bool is_plain(const char *name)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < 0x20 || *name == '"' || *name == '\\')
			return false;
	return true;
}

static int print_name(const char *name, struct tfs_buf *out)
{
	cleanup_json json_t *value = NULL;
	int r;

	if (is_plain(name)) {
		r = tfs_buf_putc(out, '"');
		if (r == 0)
			r = tfs_buf_puts(out, name);
		return r < 0 ? r : tfs_buf_putc(out, '"');
	}
	value = json_string_nocheck(name);
	return !value ? -ENOMEM : tfs_json_print(value, out);
}

/* The end of the previous member and the indent of the next. */
static int print_lead(struct tfs_buf *out, int depth, bool first)
{
	static const char leads[2][2][8] = { { ",\n  ", "\n  " }, { ",\n    ", "\n    " } };

	return tfs_buf_puts(out, leads[depth - 1][first]);
}

/* An object or array that is not empty, indented by the depth. */
static int print_nested(struct record_printer *printer, const json_t *value, int depth, struct tfs_buf *out)
{
	const char *line, *end;
	int r;

	tfs_buf_reset(&printer->scratch);
	r = tfs_json_print_document(value, &printer->scratch);
	if (r < 0)
		return r;
	/* JSON strings have no raw newline; the last newline ends the document. */
	for (line = printer->scratch.data; r == 0; line = end + 1) {
		end = strchr(line, '\n');
		assert(end);
		r = tfs_buf_add(out, line, (size_t)(end - line));
		if (end[1] == '\0')
			break;
		if (r == 0)
			r = tfs_buf_puts(out, depth == 1 ? "\n  " : "\n    ");
	}
	return r;
}

static int print_value(struct record_printer *printer, const json_t *value, int depth, struct tfs_buf *out)
{
	if (json_object_size(value) > 0 || json_array_size(value) > 0)
		return print_nested(printer, value, depth, out);
	return tfs_json_print(value, out);
}

static int print_member(struct record_printer *printer, const char *name, const json_t *value, int depth, bool first,
			struct tfs_buf *out)
{
	int r = print_lead(out, depth, first);

	if (r == 0)
		r = print_name(name, out);
	if (r == 0)
		r = tfs_buf_add(out, ": ", 2);
	return r < 0 ? r : print_value(printer, value, depth, out);
}

static int print_declared(struct record_printer *printer, const struct tfs_document_context *context, bool *first,
			  struct tfs_buf *out)
{
	for (size_t i = 0; i < printer->kind->n_fields; i++) {
		cleanup_json json_t *shown = NULL;
		int r;

		if (!printer->slots[i])
			continue;
		r = document_show_value(context, &printer->kind->fields[i], printer->slots[i], &shown);
		if (r == 0)
			r = print_member(printer, printer->kind->fields[i].name, shown, 1, *first, out);
		if (r < 0)
			return r;
		*first = false;
	}
	return 0;
}

static int print_rest(struct record_printer *printer, const struct tfs_document_context *context,
		      const struct other_member *rest, size_t count, int depth, bool *first, struct tfs_buf *out)
{
	for (size_t i = 0; i < count; i++) {
		cleanup_json json_t *sorted = NULL;
		int r = document_show_undeclared(context, NULL, rest[i].name, rest[i].value, &sorted);

		if (r == 0)
			r = print_member(printer, rest[i].name, sorted, depth, *first, out);
		if (r < 0)
			return r;
		*first = false;
	}
	return 0;
}

static int print_server(struct record_printer *printer, const struct tfs_document_context *context, bool *first,
			struct tfs_buf *out)
{
	bool inner = true;
	int r;

	if (printer->n_server == 0)
		return 0;
	r = print_lead(out, 1, *first);
	*first = false;
	if (r == 0)
		r = tfs_buf_puts(out, "\"" SERVER_MEMBER "\": {");
	if (r == 0)
		r = print_rest(printer, context, printer->server, printer->n_server, 2, &inner, out);
	return r < 0 ? r : tfs_buf_puts(out, "\n  }");
}

int document_record_print(struct record_printer *printer, const struct tfs_document_context *context,
			  const json_t *record, struct tfs_buf *out)
{
	bool first = true;
	int r = gather(printer, record);

	if (r == 0)
		r = tfs_buf_putc(out, '{');
	if (r == 0)
		r = print_declared(printer, context, &first, out);
	if (r == 0)
		r = print_rest(printer, context, printer->unknown, printer->n_unknown, 1, &first, out);
	if (r == 0)
		r = print_server(printer, context, &first, out);
	if (r == 0 && !first)
		r = tfs_buf_putc(out, '\n');
	return r < 0 ? r : tfs_buf_puts(out, "}\n");
}

static int print_and_read(const struct tfs_kind *kind, const struct tfs_document_context *context, const json_t *record,
			  json_t **ret, struct tfs_error *error)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(SCRATCH_MAX);
	struct record_printer printer;
	int r = document_record_printer_init(&printer, kind);

	if (r == 0)
		r = document_record_print(&printer, context, record, &text);
	document_record_printer_finish(&printer);
	return r < 0 ? r : tfs_json_parse(text.data, text.len, ret, error);
}

int tfs_document_from_record(const struct tfs_kind *kind, const struct tfs_document_context *context,
			     const json_t *record, json_t **ret, struct tfs_error *error)
{
	int r;

	if (json_is_string(record) && kind->shape == TFS_SHAPE_SET) {
		*ret = json_pack("{sO}", "name", record);
		return !*ret ? -ENOMEM : 0;
	}
	if (!json_is_object(record))
		return tfs_error_set(error, -EINVAL, "document", "the server's record is no object");
	r = print_and_read(kind, context, record, ret, error);
	if (r < 0 && error && error->code != r)
		tfs_error_set(error, r, "document", "the record could not be shown");
	return r;
}
