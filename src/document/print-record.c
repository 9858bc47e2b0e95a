/*
 * Record to text: each member is looked up once in a sorted table and printed
 * where it belongs, so that a list of many users costs no tree of its own.
 */
#include "print-record.h"

#include <errno.h>
#include <stdlib.h>

#include "undeclared.h"

enum { SCRATCH_MAX = 64 << 20 };

/* A name that may stand in a record. */
struct entry {
	const char *name;
	size_t slot; /* of the declared member; SIZE_MAX: the server's */
};

struct rest {
	const char *name;
	const json_t *value;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	/* Declared ones first: of one name they are what counts. */
	return order != 0 ? order : (left->slot > right->slot) - (left->slot < right->slot);
}

static int compare_rest(const void *a, const void *b)
{
	return strcmp(((const struct rest *)a)->name, ((const struct rest *)b)->name);
}

static void add_entry(struct shape *shape, const char *name, size_t slot)
{
	shape->entries[shape->count++] = (struct entry){ name, slot };
}

static void fill_entries(struct shape *shape)
{
	const struct tfs_kind *kind = shape->kind;
	size_t kept = 0;

	for (size_t i = 0; i < kind->n_fields; i++) {
		add_entry(shape, record_name(&kind->fields[i]), i);
		/* A member that could not stand in the document under its own name. */
		add_entry(shape, kind->fields[i].name, SIZE_MAX);
	}
	for (const char *const *name = kind->server; name != NULL && *name != NULL; name++)
		add_entry(shape, *name, SIZE_MAX);
	for (const char *const *name = server_names; *name != NULL; name++)
		add_entry(shape, *name, SIZE_MAX);
	add_entry(shape, SERVER_MEMBER, SIZE_MAX);
	qsort(shape->entries, shape->count, sizeof(*shape->entries), compare_entries);
	for (size_t i = 0; i < shape->count; i++)
		if (kept == 0 || strcmp(shape->entries[kept - 1].name, shape->entries[i].name) != 0)
			shape->entries[kept++] = shape->entries[i];
	shape->count = kept;
}

static size_t count_names(const char *const *names)
{
	size_t count = 0;

	while (names != NULL && names[count] != NULL)
		count++;
	return count;
}

int shape_init(struct shape *shape, const struct tfs_kind *kind)
{
	size_t most = 2 * kind->n_fields + count_names(kind->server) + count_names(server_names) + 1;

	*shape = (struct shape){ .kind = kind, .scratch = TFS_BUF_INIT(SCRATCH_MAX) };
	shape->entries = malloc(most * sizeof(*shape->entries));
	shape->slots = malloc((kind->n_fields + 1) * sizeof(*shape->slots));
	if (shape->entries == NULL || shape->slots == NULL) {
		shape_finish(shape);
		return -ENOMEM;
	}
	fill_entries(shape);
	return 0;
}

void shape_finish(struct shape *shape)
{
	free(steal_pointer(&shape->entries));
	free(steal_pointer(&shape->slots));
	free(steal_pointer(&shape->unknown));
	free(steal_pointer(&shape->server));
	tfs_buf_finish(&shape->scratch);
}

static const struct entry *find_entry(const struct shape *shape, const char *name)
{
	size_t low = 0, high = shape->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(shape->entries[middle].name, name);

		if (order == 0)
			return &shape->entries[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int make_room(struct shape *shape, size_t count)
{
	struct rest *unknown, *server;

	if (count <= shape->room)
		return 0;
	unknown = realloc(shape->unknown, count * sizeof(*unknown));
	if (unknown != NULL)
		shape->unknown = unknown;
	server = realloc(shape->server, count * sizeof(*server));
	if (server != NULL)
		shape->server = server;
	if (unknown == NULL || server == NULL)
		return -ENOMEM;
	shape->room = count;
	return 0;
}

/* Every member to its place. */
static int gather(struct shape *shape, const json_t *record)
{
	json_t *members = (json_t *)(uintptr_t)record;
	int r = make_room(shape, json_object_size(record));

	if (r < 0)
		return r;
	shape->n_unknown = shape->n_server = 0;
	memset(shape->slots, 0, (shape->kind->n_fields + 1) * sizeof(*shape->slots));
	for (void *at = json_object_iter(members); at != NULL; at = json_object_iter_next(members, at)) {
		struct rest rest = { json_object_iter_key(at), json_object_iter_value(at) };
		const struct entry *entry = find_entry(shape, rest.name);

		if (entry == NULL)
			shape->unknown[shape->n_unknown++] = rest;
		else if (entry->slot == SIZE_MAX)
			shape->server[shape->n_server++] = rest;
		else
			shape->slots[entry->slot] = rest.value;
	}
	if (shape->n_unknown > 1)
		qsort(shape->unknown, shape->n_unknown, sizeof(*shape->unknown), compare_rest);
	if (shape->n_server > 1)
		qsort(shape->server, shape->n_server, sizeof(*shape->server), compare_rest);
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
	return value == NULL ? -ENOMEM : tfs_json_print(value, out);
}

/* Before a member: what ends the one before, and the indent. */
static int print_lead(struct tfs_buf *out, int depth, bool first)
{
	static const char leads[2][2][8] = { { ",\n  ", "\n  " }, { ",\n    ", "\n    " } };

	return tfs_buf_puts(out, leads[depth - 1][first]);
}

/* An object or array that has something in it, each line further in by the depth. */
static int print_nested(struct shape *shape, const json_t *value, int depth, struct tfs_buf *out)
{
	const char *line, *end;
	int r;

	tfs_buf_reset(&shape->scratch);
	r = tfs_json_print_document(value, &shape->scratch);
	if (r < 0)
		return r;
	/* No string of JSON bears a raw newline; the last one ends the document. */
	for (line = shape->scratch.data; r == 0; line = end + 1) {
		end = strchr(line, '\n');
		r = tfs_buf_add(out, line, (size_t)(end - line));
		if (end[1] == '\0')
			break;
		if (r == 0)
			r = tfs_buf_puts(out, depth == 1 ? "\n  " : "\n    ");
	}
	return r;
}

static int print_value(struct shape *shape, const json_t *value, int depth, struct tfs_buf *out)
{
	if (json_object_size(value) > 0 || json_array_size(value) > 0)
		return print_nested(shape, value, depth, out);
	return tfs_json_print(value, out);
}

static int print_member(struct shape *shape, const char *name, const json_t *value, int depth, bool first,
			struct tfs_buf *out)
{
	int r = print_lead(out, depth, first);

	if (r == 0)
		r = print_name(name, out);
	if (r == 0)
		r = tfs_buf_add(out, ": ", 2);
	return r < 0 ? r : print_value(shape, value, depth, out);
}

static int print_declared(struct shape *shape, const struct tfs_document_context *context, bool *first,
			  struct tfs_buf *out)
{
	for (size_t i = 0; i < shape->kind->n_fields; i++) {
		cleanup_json json_t *shown = NULL;
		int r;

		if (shape->slots[i] == NULL)
			continue;
		r = show_value(context, &shape->kind->fields[i], shape->slots[i], &shown);
		if (r == 0)
			r = print_member(shape, shape->kind->fields[i].name, shown, 1, *first, out);
		if (r < 0)
			return r;
		*first = false;
	}
	return 0;
}

static int print_rest(struct shape *shape, const struct tfs_document_context *context, const struct rest *rest,
		      size_t count, int depth, bool *first, struct tfs_buf *out)
{
	for (size_t i = 0; i < count; i++) {
		cleanup_json json_t *sorted = NULL;
		int r = show_undeclared(context, NULL, rest[i].name, rest[i].value, &sorted);

		if (r == 0)
			r = print_member(shape, rest[i].name, sorted, depth, *first, out);
		if (r < 0)
			return r;
		*first = false;
	}
	return 0;
}

static int print_server(struct shape *shape, const struct tfs_document_context *context, bool *first,
			struct tfs_buf *out)
{
	bool inner = true;
	int r;

	if (shape->n_server == 0)
		return 0;
	r = print_lead(out, 1, *first);
	*first = false;
	if (r == 0)
		r = tfs_buf_puts(out, "\"" SERVER_MEMBER "\": {");
	if (r == 0)
		r = print_rest(shape, context, shape->server, shape->n_server, 2, &inner, out);
	return r < 0 ? r : tfs_buf_puts(out, "\n  }");
}

int shape_print(struct shape *shape, const struct tfs_document_context *context, const json_t *record,
		struct tfs_buf *out)
{
	bool first = true;
	int r = gather(shape, record);

	if (r == 0)
		r = tfs_buf_putc(out, '{');
	if (r == 0)
		r = print_declared(shape, context, &first, out);
	if (r == 0)
		r = print_rest(shape, context, shape->unknown, shape->n_unknown, 1, &first, out);
	if (r == 0)
		r = print_server(shape, context, &first, out);
	if (r == 0 && !first)
		r = tfs_buf_putc(out, '\n');
	return r < 0 ? r : tfs_buf_puts(out, "}\n");
}

static int print_and_read(const struct tfs_kind *kind, const struct tfs_document_context *context,
			  const json_t *record, json_t **ret, struct tfs_error *error)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(SCRATCH_MAX);
	struct shape shape;
	int r = shape_init(&shape, kind);

	if (r == 0)
		r = shape_print(&shape, context, record, &text);
	shape_finish(&shape);
	return r < 0 ? r : tfs_json_parse(text.data, text.len, ret, error);
}

int tfs_document_from_record(const struct tfs_kind *kind, const struct tfs_document_context *context,
			     const json_t *record, json_t **ret, struct tfs_error *error)
{
	int r;

	if (json_is_string(record) && kind->shape == TFS_SHAPE_SET) {
		*ret = json_pack("{sO}", "name", record);
		return *ret == NULL ? -ENOMEM : 0;
	}
	if (!json_is_object(record))
		return tfs_error_set(error, -EINVAL, "document", "the server's record is no object");
	r = print_and_read(kind, context, record, ret, error);
	if (r < 0 && error != NULL && error->code != r)
		tfs_error_set(error, r, "document", "the record could not be shown");
	return r;
}
