/* Members of bodies and documents, as the catalogue declares them. */
#ifndef TENANTFS_FIELD_H
#define TENANTFS_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "tenantfs/json.h"
#include "tenantfs/rules.h"

enum tfs_type { TFS_TYPE_ANY, TFS_TYPE_STRING, TFS_TYPE_BOOLEAN, TFS_TYPE_NUMBER, TFS_TYPE_OBJECT, TFS_TYPE_ARRAY };

/* What makes signing on less safe. */
enum tfs_weakens {
	TFS_WEAKENS_NEVER,
	TFS_WEAKENS_TRUE,
	TFS_WEAKENS_FALSE,
	TFS_WEAKENS_LAST,   /* false, if no member beside it that is marked so stays true */
	TFS_WEAKENS_MORE,   /* a larger number; of an array: elements added */
	TFS_WEAKENS_LESS,   /* a smaller number; elements taken away */
	TFS_WEAKENS_VALUES, /* one of `weak_values` */
};

/* Whether a value is of the type; ANY takes all. */
bool tfs_type_fits(enum tfs_type type, const json_t *value);

/* A condition on a member. It holds if the member has one of the values, or is an array that has one of them. */
struct tfs_condition {
	const char *member;        /* of the same object; after a '/' of the document */
	const char *const *values; /* NULL-terminated; a boolean is "true" or "false" */
};

/* A value that the server shows in another form than it takes. */
struct tfs_reading {
	const char *written;
	const char *const *read; /* NULL-terminated; the first is what the API document shows */
};

/* A member of a body or of a document. */
struct tfs_field {
	const char *name;
	const char *record; /* its name in the server's record; NULL: the same */
	enum tfs_type type;
	enum tfs_type item;              /* type of an array's elements */
	const char *const *values;       /* enumeration (of an array: of its elements), NULL-terminated; NULL: any */
	const struct tfs_field *members; /* of an object, or of an array's objects; NULL: any */
	size_t n_members;
	const char *reference; /* kind whose id the server holds and whose name the document shows; NULL: none */
	const char *key;       /* array of objects: member that identifies each; NULL: order matters */
	const char *about;     /* a few words for the reference and the call files; NULL: none */
	const struct tfs_condition *required_when; /* required if all of these hold; NULL: see `required` */
	size_t n_required_when;
	const struct tfs_reading *read_as; /* of a text: documents have the written form; NULL: both are the same */
	size_t n_read_as;
	const char *fallback;   /* JSON text: what the server sets when a call omits it; NULL: not known */
	struct tfs_rules rules; /* of an array: lengths for itself, the others for its elements */
	const struct tfs_condition *rules_when; /* rules and fallback apply if all of these hold; NULL: always */
	size_t n_rules_when;
	enum tfs_weakens weakens;
	const char *const *weak_values; /* TFS_WEAKENS_VALUES: NULL-terminated */
	/* "true", "false", "any": value that may end the session, see session_object; "left-out": of references */
	const char *locks_out;
	bool required;
	bool secret;        /* shown as a digest */
	bool write_only;    /* in no record */
	bool fixed;         /* set at creation, cannot be changed afterwards */
	bool empty_removes; /* of a body: an empty text removes it */
	bool unordered;     /* array: its order has no meaning, it is kept sorted */
};

const struct tfs_field *tfs_field_find(const struct tfs_field *fields, size_t n, const char *name);
/* The value that meets the condition in `object`, which is the document `top` or inside it. NULL: not met. */
const char *tfs_condition_met(const struct tfs_condition *condition, const json_t *object, const json_t *top);
/* Whether all conditions hold; true for none. */
bool tfs_conditions_hold(const struct tfs_condition *conditions, size_t n, const json_t *object, const json_t *top);
/* The form in which a text is written; `text` itself if the field does not map it. */
const char *tfs_field_written(const struct tfs_field *field, const char *text);
/* Whether `object`, which is `top` or inside it, must have the member. */
bool tfs_field_wanted(const struct tfs_field *field, const json_t *object, const json_t *top);
/* The field as it applies within `object`, which is `top` or inside it: `required`, rules and fallback. */
struct tfs_field tfs_field_within(const struct tfs_field *field, const json_t *object, const json_t *top);
/* The field of one element of an array field. */
struct tfs_field tfs_field_item(const struct tfs_field *field);

#endif
