/* Document and record: one form for people, one for the server. Pure functions of a kind. */
#ifndef TENANTFS_DOCUMENT_H
#define TENANTFS_DOCUMENT_H

#include <stdbool.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/digest.h"
#include "tenantfs/json.h"

/* How names stand for ids, and secrets for digests. */
struct tfs_document_context {
	unsigned char digest_key[TFS_DIGEST_KEY];
	/* 0 and the name of the object `id` of `kind` (caller frees); -ENOENT when there is none: the id is shown. */
	int (*name_of)(void *data, const char *kind, const char *id, char **ret_name);
	/* The way back; a name nobody has is -EINVAL. */
	int (*id_of)(void *data, const char *kind, const char *name, char **ret_id);
	void *data;
	/*
	 * The document becomes a new object: a digest of a secret that only another place knows is left out, or,
	 * where the member is required, stands for a random text; then `unknown_secret` is told its name.
	 */
	bool creating;
	void (*unknown_secret)(void *data, const char *member);
};

/*
 * Record (as the server sent it) to document: declared members in order with
 * their declared types ("true" to true, "12" to 12), unknown ones sorted
 * behind, the server's own in "_server", secrets as digests, references as
 * names, unordered arrays sorted. `*ret` is yours. -EINVAL: not a record.
 */
int tfs_document_from_record(const struct tfs_kind *kind, const struct tfs_document_context *context,
			     const json_t *record, json_t **ret, struct tfs_error *error);

/*
 * Checks a text somebody wrote: syntax, required and unknown members, types,
 * enumerations; -EINVAL with line, column and member. `base` is the document
 * the server has (NULL: to be created). "_server" is dropped. `*ret` is yours.
 */
int tfs_document_check(const struct tfs_kind *kind, const char *text, size_t len, const json_t *base, json_t **ret,
		       struct tfs_error *error);

/* Members (by top-level name) that differ between two checked documents: array of strings, yours; empty: none. */
int tfs_document_diff(const struct tfs_kind *kind, const json_t *base, const json_t *next, json_t **ret_members);

/*
 * Three-way merge by member. `*ret_merged` is yours; -ESTALE when both sides changed one differently: `error`
 * has the members and both values, of secrets their digests by `digest_key` (NULL: those are not shown).
 */
int tfs_document_merge(const struct tfs_kind *kind, const unsigned char *digest_key, const json_t *base,
		       const json_t *ours, const json_t *theirs,
		       json_t **ret_merged, struct tfs_error *error);

/* What `.template-TYPE.json` (`variant` NULL: `.template.json`) and `.schema.json` hold. `*ret` is yours. */
int tfs_document_template(const struct tfs_kind *kind, const struct tfs_variant *variant, json_t **ret);
/* The type whose template a file of that name is, or NULL. */
const struct tfs_variant *tfs_document_variant(const struct tfs_kind *kind, const char *file);
int tfs_document_schema(const struct tfs_kind *kind, json_t **ret);

#endif
