/* Document and record: one form for people, one for the server. Pure functions of a kind. */
#ifndef TENANTFS_DOCUMENT_H
#define TENANTFS_DOCUMENT_H

#include <stdbool.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/digest.h"
#include "tenantfs/json.h"

/* How ids are shown as names and secrets as digests. */
struct tfs_document_context {
	unsigned char digest_key[TFS_DIGEST_KEY];
	/*
	 * 0 and the name of the object `id` of `kind` (caller frees); -ENOENT: there is none, and the id is
	 * shown.
	 */
	int (*name_of)(void *data, const char *kind, const char *id, char **ret_name);
	/* The reverse; -EINVAL: no object has the name. */
	int (*id_of)(void *data, const char *kind, const char *name, char **ret_id);
	void *data;
	/*
	 * The document is for a new object. A digest becomes the secret that `secret_of` knows (yours; NULL: none).
	 * Another one is left out, and `unknown_secret` is called with the member's name. Where the member is required,
	 * that is -EINVAL, or with `invent_secrets` a random text takes its place.
	 */
	bool creating;
	bool invent_secrets;
	json_t *(*secret_of)(void *data, const char *digest);
	void (*unknown_secret)(void *data, const char *member);
};

/*
 * Converts the server's record to a document: declared members in the row's order and type ("true" becomes
 * true, "12" 12), then undeclared ones sorted by name, the server's own in "_server", secrets as digests,
 * references as names, unordered arrays sorted. `*ret` is yours. -EINVAL: not a record.
 */
int tfs_document_from_record(const struct tfs_kind *kind, const struct tfs_document_context *context,
			     const json_t *record, json_t **ret, struct tfs_error *error);

/*
 * The id of a record: the first of the kind's id members that has one, a text or a whole number. Borrowed;
 * NULL: none.
 */
const json_t *tfs_document_record_id(const struct tfs_kind *kind, const json_t *record);
/* The same of a document, where a member may have another name or be in "_server". */
const json_t *tfs_document_id(const struct tfs_kind *kind, const json_t *document);

/*
 * Checks a user's text: syntax, required and unknown members, types, enumerations, rules. -EINVAL with line,
 * column and member. `base` is the server's document (NULL: to be created). "_server" is dropped. `*ret` is yours.
 */
int tfs_document_check(const struct tfs_kind *kind, const char *text, size_t len, const json_t *base, json_t **ret,
		       struct tfs_error *error);

/*
 * Checks the path, query or body of a call against its fields: missing members, enumerations and rules. Types and
 * unknown members are not checked, because the API document contradicts itself in some. -EINVAL with the member.
 */
int tfs_document_check_call(const struct tfs_field *fields, size_t n, const json_t *part, struct tfs_error *error);

/* Members (by top-level name) that differ between two checked documents: array of strings, yours; empty: none. */
int tfs_document_diff(const struct tfs_kind *kind, const json_t *base, const json_t *next, json_t **ret_members);

/*
 * Three-way merge by member. `*ret_merged` is yours. -ESTALE: both sides changed a member to different values;
 * `error` has the members and both values, secrets as digests by `digest_key` (NULL: not shown).
 */
int tfs_document_merge(const struct tfs_kind *kind, const unsigned char *digest_key, const json_t *base,
		       const json_t *ours, const json_t *theirs, json_t **ret_merged, struct tfs_error *error);

/*
 * Calls `each` for every write-only member of the kind, secret and fixed ones too, with its JSON pointer in a document.
 * A result other than 0 ends the calls and is returned.
 */
typedef int (*tfs_document_member)(void *context, const struct tfs_field *field, const char *pointer);
int tfs_document_write_only(const struct tfs_kind *kind, tfs_document_member each, void *context);

/*
 * Contents of `.template-TYPE.json` (`variant` NULL: `.template.json`) and of `.schema.json`. `*ret` is yours.
 */
int tfs_document_template(const struct tfs_kind *kind, const struct tfs_variant *variant, json_t **ret);
/* The type of the template file `file`; NULL: it is none. */
const struct tfs_variant *tfs_document_variant(const struct tfs_kind *kind, const char *file);
int tfs_document_schema(const struct tfs_kind *kind, json_t **ret);

#endif
