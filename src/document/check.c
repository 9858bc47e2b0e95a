/* Checks of a user's text before any call: the error has the position, the member and the remedy. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "member.h"
#include "tenantfs/buf.h"

/* Longer texts are not repeated in messages. */
enum { VALUE_SHOWN = 80 };

struct checker {
	const char *text;
	size_t len;
	bool creating;                 /* nothing to compare with */
	bool call;                     /* of a call: types and unknown members are left to the server */
	const json_t *document, *base; /* at the top */
	const char *excused;           /* member that may be missing */
	const struct document_known *known;
	struct tfs_error *error;
};

static int complain(const struct checker *checker, const struct json_path *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* -EINVAL; the message begins with the position in the text, if known. */
static int complain(const struct checker *checker, const struct json_path *path, const char *format, ...)
{
	struct tfs_error *error = checker->error;
	va_list args;

	va_start(args, format);
	tfs_error_setv(error, -EINVAL, "document", format, args);
	va_end(args);
	if (!error)
		return -EINVAL;
	document_json_path_text(path, error->member, sizeof(error->member));
	tfs_json_locate(checker->text, checker->len, error->member, &error->line, &error->column);
	if (error->line > 0)
		tfs_error_prefix(error, "line %d, column %d: ", error->line, error->column);
	return -EINVAL;
}

static const char *type_of(const json_t *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "a boolean",
		[JSON_FALSE] = "a boolean",  [JSON_NULL] = "null",
	};

	return names[json_typeof(value)];
}

static const char *type_wanted(enum tfs_type type)
{
	static const char *const names[] = {
		[TFS_TYPE_ANY] = "a value",     [TFS_TYPE_STRING] = "a string",  [TFS_TYPE_BOOLEAN] = "a boolean",
		[TFS_TYPE_NUMBER] = "a number", [TFS_TYPE_OBJECT] = "an object", [TFS_TYPE_ARRAY] = "an array",
	};

	return names[type];
}

static int check_values(const struct checker *checker, const struct tfs_field *field, const struct json_path *path,
			const json_t *value)
{
	struct tfs_buf list cleanup_buf = TFS_BUF_INIT(TFS_ERROR_MESSAGE);
	char way[512];

	if (!field->values || !json_is_string(value))
		return 0;
	for (const char *const *one = field->values; *one; one++)
		if (strcmp(*one, tfs_field_written(field, json_string_value(value))) == 0)
			return 0;
	if (checker->known && checker->known->uses) {
		document_json_path_pattern(path, way, sizeof(way));
		if (checker->known->uses(checker->known->data, way, json_string_value(value)))
			return 0;
	}
	/* A list too long for a message is cut off. */
	for (const char *const *one = field->values; *one; one++)
		tfs_buf_printf(&list, "%s%s", one == field->values ? "" : ", ", *one);
	return complain(checker, path, "%s: \"%s\" is none of %s", field->name, json_string_value(value),
			list.data ? list.data : "the values allowed");
}

/* The value for a message, unless it is secret or long. */
static int print_value(const struct tfs_field *field, const json_t *value, struct tfs_buf *out)
{
	const char *text = json_string_value(value);

	if (field->secret || (text && strlen(text) > VALUE_SHOWN))
		return 0;
	if (text)
		return tfs_buf_printf(out, ": \"%s\"", text);
	return json_is_number(value) ? tfs_buf_printf(out, ": %.15g", json_number_value(value)) : 0;
}

static int check_rules(const struct checker *checker, const struct tfs_field *field, const struct json_path *path,
		       const json_t *value)
{
	struct tfs_buf wanted cleanup_buf = TFS_BUF_INIT(TFS_ERROR_MESSAGE);
	struct tfs_buf shown cleanup_buf = TFS_BUF_INIT(TFS_ERROR_MESSAGE);
	int r = tfs_rules_check(&field->rules, field->about, value, field->required, &wanted);

	if (r == 0)
		return 0;
	if (r != -EINVAL || print_value(field, value, &shown) < 0)
		return complain(checker, path, "%s: out of memory", field->name);
	return complain(checker, path, "%s%s must be %s", field->name, shown.data ? shown.data : "", wanted.data);
}

static int check_object(const struct checker *checker, struct table table, const struct json_path *path,
			const json_t *object, const json_t *base);

static int check_value(const struct checker *checker, const struct tfs_field *field, const struct json_path *path,
		       const json_t *value, const json_t *base);

static int check_array(const struct checker *checker, const struct tfs_field *field, const struct json_path *path,
		       const json_t *array, const json_t *base)
{
	struct tfs_field item = tfs_field_item(field);
	int r = 0;

	item.required = true; /* an element cannot be null */
	for (size_t i = 0; i < json_array_size(array) && r == 0; i++) {
		const json_t *element = json_array_get(array, i);
		struct json_path here = { path, NULL, i };

		r = check_value(checker, &item, &here, element, document_element_like(field, element, i, base));
	}
	return r;
}

static int check_value(const struct checker *checker, const struct tfs_field *field, const struct json_path *path,
		       const json_t *value, const json_t *base)
{
	int r;

	/* A value of the server's is always accepted. */
	if (base && document_same_value(value, base))
		return 0;
	if (field->fixed && !checker->creating && !path->up)
		return complain(checker, path, "%s is set at creation and cannot be changed", field->name);
	if (json_is_null(value))
		return field->required ? complain(checker, path, "%s: %s is wanted, not null", field->name,
						  type_wanted(field->type))
				       : 0;
	/* A digest may come from another tenant. That is decided when it is saved. */
	if (field->secret && document_is_digest(value))
		return 0;
	if (!tfs_type_fits(field->type, value))
		return checker->call ? 0
				     : complain(checker, path, "%s: %s is wanted, not %s", field->name,
						type_wanted(field->type), type_of(value));
	r = check_rules(checker, field, path, value);
	if (r < 0)
		return r;
	if (json_is_array(value))
		return check_array(checker, field, path, value, base);
	if (field->members && json_is_object(value))
		return check_object(checker, member_table(field), path, value, base);
	return check_values(checker, field, path, value);
}

/* Edit distance of two names, not exact beyond `most`. */
static size_t distance(const char *a, const char *b, size_t most)
{
	enum { LONGEST = 48 };
	size_t row[LONGEST + 1], a_len = strlen(a), b_len = strlen(b);

	if (a_len > LONGEST || b_len > LONGEST)
		return most + 1;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t replace = corner + (a[i - 1] != b[j - 1]);
			size_t shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			corner = row[j];
			row[j] = replace < shorter ? replace : shorter;
		}
	}
	return row[b_len];
}

static const char *find_like(struct table table, const char *name)
{
	size_t most = strlen(name) > 5 ? 2 : 1;

	for (size_t i = 0; i < table.count; i++)
		if (strcasecmp(table.fields[i].name, name) == 0)
			return table.fields[i].name;
	for (size_t i = 0; i < table.count; i++)
		if (distance(table.fields[i].name, name, most) <= most)
			return table.fields[i].name;
	return NULL;
}

static int check_unknown(const struct checker *checker, struct table table, const struct json_path *path,
			 const json_t *base)
{
	char way[512];
	const char *like;

	/* Without a table any member is allowed. */
	if (checker->call || (table.count == 0 && !table.kind))
		return 0;
	if (json_object_get(base, path->member))
		return 0;
	document_json_path_pattern(path, way, sizeof(way));
	if (checker->known && json_object_get(checker->known->members, way))
		return 0;
	like = find_like(table, path->member);
	if (like)
		return complain(checker, path, "%s is no member of this kind; did you mean %s?", path->member, like);
	/* Other members are accepted unchecked. */
	if (table.kind && table.kind->open_document)
		return 0;
	return complain(checker, path, "%s is no member of this kind", path->member);
}

/* Says which member is missing, and which values of others require it. */
static int complain_missing(const struct checker *checker, const struct tfs_field *field, const struct json_path *path,
			    const json_t *object)
{
	struct tfs_buf why cleanup_buf = TFS_BUF_INIT(TFS_ERROR_MESSAGE);

	/* Conditions too long for a message are cut off. */
	for (size_t i = 0; i < field->n_required_when && !field->required; i++) {
		const struct tfs_condition *when = &field->required_when[i];

		tfs_buf_printf(&why, "%s%s %s", i > 0 ? " and " : "", when->member + (when->member[0] == '/'),
			       tfs_condition_met(when, object, checker->document));
	}
	if (!why.data)
		return complain(checker, path, "%s is missing", field->name);
	return complain(checker, path, "%s is missing, which %s %s", field->name, why.data,
			field->n_required_when > 1 ? "need" : "needs");
}

/* Required members. One that the server's document lacks as well is not required. */
static int check_missing(const struct checker *checker, struct table table, const struct json_path *path,
			 const json_t *object, const json_t *base)
{
	for (size_t i = 0; i < table.count; i++) {
		const struct tfs_field *field = &table.fields[i];
		struct json_path here = { path, field->name, 0 };
		const json_t *had = json_object_get(base, field->name);

		if (json_object_get(object, field->name))
			continue;
		if (!tfs_field_wanted(field, object, checker->document) ||
		    (!path && checker->excused && strcmp(checker->excused, field->name) == 0))
			continue;
		if (base && (!had || json_is_null(had)) && tfs_field_wanted(field, base, checker->base))
			continue;
		if (field->fixed && had && !path)
			return complain(checker, &here, "%s is set at creation and cannot be removed", field->name);
		return complain_missing(checker, field, &here, object);
	}
	return 0;
}

/*
 * A value of the server's that breaks a rule blocks no edit of other members, unless the edit makes the rule apply:
 * a consent with an empty title is switched on.
 */
static int check_member(const struct checker *checker, const struct tfs_field *field, const struct json_path *path,
			const json_t *object, const json_t *base)
{
	const json_t *value = json_object_get(object, field->name), *had = json_object_get(base, field->name);
	struct tfs_field here = tfs_field_within(field, object, checker->document);
	int r;

	/* The server lacks it as well. */
	if (json_is_null(value) && base && !had && !field->required)
		return 0;
	r = check_value(checker, &here, path, value, had);
	if (r < 0 || !had || !document_same_value(value, had))
		return r;
	if (tfs_conditions_hold(field->rules_when, field->n_rules_when, base, checker->base) &&
	    here.required == tfs_field_wanted(field, base, checker->base))
		return 0;
	return check_rules(checker, &here, path, value);
}

static int check_object(const struct checker *checker, struct table table, const struct json_path *path,
			const json_t *object, const json_t *base)
{
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		const struct tfs_field *field = document_table_find(table, name);
		struct json_path here = { path, name, 0 };

		if (r < 0)
			return r;
		if (table.kind && strcmp(name, SERVER_MEMBER) == 0)
			continue;
		if (field)
			r = check_member(checker, field, &here, object, base);
		else
			r = check_unknown(checker, table, &here, base);
	}
	return r < 0 ? r : check_missing(checker, table, path, object, base);
}

static int fail_first(struct tfs_error *error, const char *message)
{
	tfs_error_set(error, -EINVAL, "document", "line 1, column 1: %s", message);
	if (error)
		error->line = error->column = 1;
	return -EINVAL;
}

/* A copy of an object lacks write-only secrets. They count as unknown. */
static int complete_copy(const struct tfs_kind *kind, json_t *copy)
{
	for (size_t i = 0; i < kind->n_fields; i++) {
		const struct tfs_field *field = &kind->fields[i];

		if (field->write_only && field->secret && field->required && !json_object_get(copy, field->name) &&
		    json_object_set_new(copy, field->name, json_string(UNKNOWN_SECRET)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int document_check_document(const struct tfs_kind *kind, const char *text, size_t len, const json_t *base,
			    const char *excused, const struct document_known *known, json_t **ret,
			    struct tfs_error *error)
{
	cleanup_json json_t *written = NULL;
	struct checker checker = {
		.text = text,
		.len = len,
		.creating = !base,
		.base = base,
		.excused = excused,
		.known = known,
		.error = error,
	};
	int r;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return fail_first(error, "the text begins with a byte order mark; save it as plain UTF-8");
	r = tfs_json_parse(text, len, &written, error);
	if (r < 0)
		return r;
	if (!json_is_object(written))
		return fail_first(error, "a document is a JSON object");
	if (!base && json_object_get(written, SERVER_MEMBER) && complete_copy(kind, written) < 0)
		return tfs_error_set_memory(error);
	checker.document = written;
	r = check_object(&checker, top_table(kind), NULL, written, base);
	if (r < 0)
		return r;
	r = document_canonical_document(kind, written, ret);
	return r < 0 ? tfs_error_set_memory(error) : 0;
}

int tfs_document_check_call(const struct tfs_field *fields, size_t n, const json_t *part, struct tfs_error *error)
{
	const struct checker checker = { .text = "", .creating = true, .call = true, .document = part, .error = error };

	if (!json_is_object(part))
		return 0;
	return check_object(&checker, (struct table){ fields, n, NULL }, NULL, part, NULL);
}

int document_check_member(const struct tfs_field *field, const json_t *value, struct tfs_error *error)
{
	struct checker checker = { .text = "", .creating = true, .error = error };
	struct json_path path = { NULL, field->name, 0 };

	return check_value(&checker, field, &path, value, NULL);
}

int tfs_document_check(const struct tfs_kind *kind, const char *text, size_t len, const json_t *base, json_t **ret,
		       struct tfs_error *error)
{
	const struct tfs_field *name = document_kind_name_field(kind);

	/* The file name gives the member's value. */
	return document_check_document(kind, text, len, base, !base && name ? name->name : NULL, NULL, ret, error);
}
