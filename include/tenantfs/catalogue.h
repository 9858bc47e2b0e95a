/* The catalogue: every endpoint of the API and every kind of object in the tree, as constant tables. */
#ifndef TENANTFS_CATALOGUE_H
#define TENANTFS_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "tenantfs/field.h"

/* Generated from src/catalogue/groups/<group>.json. schema.json there explains each member of a row. */

enum tfs_seal { TFS_SEAL_NEVER, TFS_SEAL_ALWAYS };
/* What a member `data` of an unsealed answer is: sealed, the answer itself, or a text that is never opened. */
enum tfs_data { TFS_DATA_SEALED, TFS_DATA_CLEAR, TFS_DATA_TEXT };
enum tfs_need { TFS_NEED_NONE, TFS_NEED_OPTIONAL, TFS_NEED_REQUIRED };

struct tfs_endpoint {
	const char *group;      /* "Login Settings" */
	const char *group_slug; /* "login-settings" */
	const char *slug;       /* "put-config-authentication-mfa_settings": file name below .api/<group_slug>/ */
	const char *method;
	const char *path;                                     /* "/attributes/{attributeId}" */
	const char *title, *note;                             /* note: NULL without one */
	const char *access;                                   /* "administrator" …; NULL: the document does not say */
	enum tfs_need request_id, public_key, token, license; /* headers */
	enum tfs_seal request_seal;
	enum tfs_seal answer_seal; /* of the documented answer; any sealed answer is opened */
	enum tfs_data answer_data;
	bool repeatable; /* may be sent again if the outcome is unknown */
	bool reads;      /* changes nothing, whatever its arguments are */
	/* `header_params`: a text as it is, an object as sealed JSON; "authorization" replaces the token. */
	const struct tfs_field *path_params, *query, *header_params, *body;
	size_t n_path_params, n_query, n_header_params, n_body;
	const char *upload;         /* the body is a file in this field of a form; NULL: it is JSON */
	const int *statuses;        /* documented, ascending, 0-terminated */
	const char *example;        /* JSON text of a body; NULL */
	const char *header_example; /* JSON text of the required further headers; NULL */
	const char *answer;         /* JSON text of the opened answer's example; NULL */
	bool open_query, open_body; /* it may have members that `query`, `body` does not declare */
};

extern const struct tfs_endpoint tfs_endpoints[]; /* sorted by group, then path, then method */
extern const size_t tfs_n_endpoints;

/* NULL: none. `path` is the template of the API document. */
const struct tfs_endpoint *tfs_endpoint_find(const char *method, const char *path);
/* NULL: none. `path` has values: "/attributes/5f3d…". A literal segment wins over a parameter. */
const struct tfs_endpoint *tfs_endpoint_match(const char *method, const char *path);

enum tfs_shape {
	TFS_SHAPE_DOC,  /* one document at a fixed place */
	TFS_SHAPE_SET,  /* a directory of documents */
	TFS_SHAPE_DIRS, /* a directory of directories that hold other kinds */
};

/* TEXT: the file is a text of the answer, not JSON: script, certificate, artifact. */
enum tfs_form { TFS_FORM_JSON, TFS_FORM_TEXT };
/* DAY: YYYY-MM-DD, one of the last 90 days. */
enum tfs_name_form { TFS_NAME_ANY, TFS_NAME_DAY };

enum tfs_send {
	TFS_SEND_NOTHING, /* only what `args` says */
	TFS_SEND_CHANGED, /* args and the changed members */
	TFS_SEND_WHOLE,   /* args and every member of the document */
};

/*
 * One call of a role. `args` is the JSON text of {"path": {…}, "query": {…}, "body": {…}}. A text in it that starts
 * with '$' is a placeholder, "${…}" in a text is filled in; without a value the member is left out. Member names and
 * the segments of `answer` may be placeholders, too. placeholders.json lists them, and the generated page rows.md
 * explains each. {"each": ARRAY, "make": TEMPLATE} makes an array: TEMPLATE for each element, which is $item in it.
 * A step is not made if its `each` is empty, or the array of a placeholder marked `skip_if_empty`.
 * A create may have several steps. Those up to the first without `when` are alternatives: the first whose condition
 * holds makes the object. The object is then looked up, so that $id has a value, and each later step is made if the
 * new document has members that the step carries.
 */
struct tfs_step {
	const struct tfs_endpoint *endpoint;
	const char *args;
	const char *answer; /* JSON pointer to record(s) in the opened answer; "" the whole */
	enum tfs_send send;
	/* Members it is for, NULL-terminated; NULL: every body field. For TFS_SEND_NOTHING they are in `args`. */
	const char *const *members;
	/* Made only if these members got these values; a removal: if the document has them. NULL: always. */
	const struct tfs_condition *when;
	size_t n_when;
	const char *failures;       /* JSON pointer to the failed rows in an answer of 200; NULL: none */
	const char *const *columns; /* of an import: those of the tables it takes, NULL-terminated */
};

/* A type of objects: `.template-NAME.json` starts with these members. */
struct tfs_variant {
	const char *name;
	const char *members; /* JSON text of an object */
};

struct tfs_kind {
	const char *name; /* "user" */
	const char *group;
	/* "communities/{community}/users/{auth-module}/{name}.json": {KIND} an object of that kind, {name} itself. */
	const char *path;
	const char *about; /* what it holds, for README.md */
	enum tfs_shape shape;
	bool on_demand;          /* not listed; there when opened by name */
	const char *name_member; /* record member it is named by; NULL: records are plain strings, or a document */
	/* Record members with its id, NULL-terminated, in order of preference; NULL: the name is the id. */
	const char *const *id_members;
	const char *mtime_member;       /* NULL: none */
	const struct tfs_field *fields; /* what a document may set, in order */
	size_t n_fields;
	const struct tfs_variant *types; /* NULL: all objects have one type */
	size_t n_types;
	/* Record members that only the server sets, NULL-terminated; "_id" and the like always are. */
	const char *const *server_members;
	const struct tfs_step *list; /* NULL: none. For a document: its read */
	const char *page_total;      /* pointer to the total in a paged answer; NULL: not paged */
	unsigned page_size;
	const struct tfs_step *lookup;                   /* one object by its name; NULL: the list is read */
	const struct tfs_step *detail;                   /* one by its id, for lists that lack members; NULL: none */
	const struct tfs_step *create, *change, *remove; /* several steps in order */
	size_t n_create, n_change, n_remove;
	bool rename;          /* a change of name_member renames it */
	unsigned freshness_s; /* 0: the configuration's */
	/* A sentence: why not; NULL: possible. */
	const char *no_list, *no_read, *no_create, *no_change, *no_remove, *no_rename;
	/* "user": the session's user is one of them; "module": its module is; NULL: neither. */
	const char *session_object;
	const char *const *events; /* audit events that report its changes, NULL-terminated; NULL: none */
	const char *wrap_in;       /* member for an answer that is no object, or for all pages; NULL: an object */
	/* The answer is an object of records; this member of a record gets its key. NULL: it is not. */
	const char *map_key;
	const char *const *fixed_names; /* the objects' names where no call lists them, NULL-terminated; NULL: listed */
	enum tfs_form form;
	enum tfs_name_form name_form;
	const char *const *copy_after; /* kinds its objects name without a reference, NULL-terminated; NULL: none */
	bool open_document;            /* the document may have members that no field declares */
	const char *hook;              /* src/resource/hooks/: completes the records of a list; NULL */
	const char *imports; /* kind that is made from the rows of a file; the file leaves no document; NULL */
	const struct tfs_condition *deleted_when; /* a record that meets all of these counts as deleted; NULL: none */
	size_t n_deleted_when;
};

extern const struct tfs_kind tfs_kinds[]; /* sorted by name */
extern const size_t tfs_n_kinds;
const struct tfs_kind *tfs_kind_find(const char *name);
/*
 * Calls `each` once for every directory of other kinds below the object whose document is at `path`. A module has
 * users and attributes. A result other than 0 ends the calls and is returned.
 */
typedef int (*tfs_kind_directory)(void *context, const char *directory);
int tfs_kind_below(const char *path, tfs_kind_directory each, void *context);
static inline bool tfs_kind_listed(const struct tfs_kind *kind)
{
	return kind->list || kind->fixed_names;
}

#endif
