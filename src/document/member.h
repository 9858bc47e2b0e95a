/* Members of documents: their tables, paths and canonical form. */
#ifndef TENANTFS_DOCUMENT_MEMBER_H
#define TENANTFS_DOCUMENT_MEMBER_H

#include <stdint.h>
#include <string.h>

#include "tenantfs/document.h"

/* The last member of a document. It holds the members that only the server sets. */
#define SERVER_MEMBER "_server"
/* The digest of an unknown secret. */
#define UNKNOWN_SECRET "secret:0000000000000000"

/* A new reference to a value borrowed as const. */
static inline json_t *json_ref_const(const json_t *value)
{
	return json_incref((json_t *)(uintptr_t)value);
}

static inline const char *record_name(const struct tfs_field *field)
{
	return field->record ? field->record : field->name;
}

/* A table of members: of a document, or of an object within one. */
struct table {
	const struct tfs_field *fields;
	size_t count;
	const struct tfs_kind *kind; /* at the top, else NULL */
};

static inline struct table top_table(const struct tfs_kind *kind)
{
	return (struct table){ kind->fields, kind->n_fields, kind };
}

/* The table of the objects in a field, or in the elements of an array field. */
static inline struct table member_table(const struct tfs_field *field)
{
	return (struct table){ field->members, field->n_members, NULL };
}

/* By document name and by record name; NULL when not declared. */
const struct tfs_field *document_table_find(struct table table, const char *name);
const struct tfs_field *document_table_find_record(struct table table, const char *name);
/* Members only the server sets, for all kinds; NULL-terminated. */
extern const char *const document_server_names[];
/* The same within nested objects with declared members. */
bool document_is_nested_server(const char *name);

/* The document member with the object's name; NULL: none. */
const struct tfs_field *document_kind_name_field(const struct tfs_kind *kind);

/* File name of the template for a type; caller frees. */
char *document_variant_file(const struct tfs_variant *variant);

/* A path in a document: a chain on the stack. */
struct json_path {
	const struct json_path *up;
	const char *member; /* NULL: `index` */
	size_t index;
};
/* As JSON pointer, cut off at `room`. */
void document_json_path_text(const struct json_path *path, char *out, size_t room);
/* The same without indices: the path of a member of all elements of an array. */
void document_json_path_pattern(const struct json_path *path, char *out, size_t room);

/* Sets the error, with the JSON pointer of the path, and returns `code`. */
int document_fail_member(struct tfs_error *error, int code, const struct json_path *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* "secret:" and 16 hex digits. */
bool document_is_digest(const json_t *value);
/* The secret of a digest that is not in the record; yours. NULL: not known. */
json_t *document_known_secret(const struct tfs_document_context *context, const json_t *digest);
/* The digest of a record's secret; an empty value is returned as it is. Yours. */
int document_show_secret(const struct tfs_document_context *context, const json_t *secret, json_t **ret);

/* Converts the value of a record's member to the document's form. Yours. */
int document_show_value(const struct tfs_document_context *context, const struct tfs_field *field, const json_t *value,
			json_t **ret);
/* Converts the value of a document's member to the record's form. `record`: the present one. `*ret` NULL: none. */
int document_store_value(const struct tfs_document_context *context, const struct tfs_field *field,
			 const json_t *document, const json_t *record, json_t **ret, struct tfs_error *error);

/* The id in a record's reference: a text, or the `id` of an object. Borrowed. */
const json_t *document_reference_id(const json_t *value);

/* For qsort over an array of texts. */
int document_compare_names(const void *a, const void *b);
/* A copy with the members of all objects sorted. Yours. */
int document_sort_members(const json_t *value, json_t **ret);
/* Sorts an array whose order has no meaning, in place. */
int document_sort_elements(json_t *array, const char *key);
/* The object of an array whose member `key` has the value; the element like one elsewhere, by key or index. */
const json_t *document_find_key(const json_t *array, const char *key, const json_t *value);
const json_t *document_element_like(const struct tfs_field *field, const json_t *element, size_t index,
				    const json_t *array);
/* A user's document in canonical form, without "_server". Yours. */
int document_canonical_document(const struct tfs_kind *kind, const json_t *document, json_t **ret);

/* Equal for the server: 1 equals 1.0, null equals absence, members have no order. Either may be NULL. */
bool document_same_value(const json_t *a, const json_t *b);

/* What the catalogue does not know and the server uses. */
struct document_known {
	const json_t *members; /* paths (document_json_path_pattern) of undeclared members; NULL: none */
	bool (*uses)(void *data, const char *way, const char *value); /* whether an object has the value at a path */
	void *data;
};
/* As tfs_document_check. `excused` (may be NULL) may be missing; what is `known` (may be NULL) is accepted. */
int document_check_document(const struct tfs_kind *kind, const char *text, size_t len, const json_t *base,
			    const char *excused, const struct document_known *known, json_t **ret,
			    struct tfs_error *error);
/* The same for one member that is not part of a text. */
int document_check_member(const struct tfs_field *field, const json_t *value, struct tfs_error *error);

#endif
