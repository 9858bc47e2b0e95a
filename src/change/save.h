/* A save in progress, and the steps that send it. */
#ifndef TENANTFS_CHANGE_SAVE_H
#define TENANTFS_CHANGE_SAVE_H

#include "resource/object.h"
#include "resource/references.h"
#include "resource/send.h"
#include "tenantfs/change.h"

enum { BEHIND_MS = 250 }; /* the pause before what is not there yet is read again */

/* A save in progress: the versions, their difference, the members sent. */
struct save {
	struct tfs_resource *resource;
	struct tfs_op *op;
	struct resolver resolver;
	const char *name; /* file name */
	char *raw_name;
	char *folded;         /* file name of a new object if the server folds its name; NULL */
	json_t *ours;         /* the wanted document */
	json_t *theirs;       /* the server's document; empty while there is none */
	json_t *changed;      /* names of the top-level members that differ */
	struct object object; /* as read; empty while it does not exist */
	json_t *record;       /* the server's record, updated with the members sent and answered */
	json_t *sent;         /* object: names of the members that were sent */
	bool acted;           /* at least one call was made */
	bool made;            /* the object is new */
	bool answered;        /* the last call answered with all of the record */
	bool confirmed;       /* the record was read after the last call */
	struct tfs_buf done;  /* names of `sent`, for the message when a later call fails */
	char *text;           /* new text (text kinds only), else NULL */
	size_t text_len;
	const char *to;                     /* file name it is being renamed to; NULL */
	uint64_t intent;                    /* of the journal; 0: not announced */
	char endpoint[TFS_CHANGE_ENDPOINT]; /* last one called */
};
void change_save_init(struct save *save, struct tfs_resource *resource, struct tfs_op *op, const char *name);
void change_save_finish(struct save *save);
/* The JSON of a version. */
int change_save_parse(struct save *save, const struct tfs_doc *doc, json_t **ret);
/* Makes `object` the server's version; takes it over. */
int change_save_take_object(struct save *save, struct object *object);
/* Computes `changed`. */
int change_save_compare(struct save *save);
/* Puts the version that was saved into the cache and invalidates what depends on it. */
int change_save_publish(struct save *save, struct tfs_doc **ret);

/* The body's name for a document's member; NULL when the body has no such member. */
const char *change_step_body_name(const struct tfs_kind *kind, const struct tfs_endpoint *endpoint, const char *member);
/* Whether the body takes the member besides what the template names. */
bool change_step_sends(const struct tfs_kind *kind, const struct tfs_step *step, const char *member);
/* Whether the step takes the member at all; whether it is called for the present difference. */
bool change_step_carries(const struct tfs_kind *kind, const struct tfs_step *step, const char *member);
bool change_step_applies(const struct save *save, const struct tfs_step *step);
/* 0, or -EINVAL when an answer of success lists refused rows; the error names them. */
int change_step_check_rows(struct tfs_op *op, const struct tfs_step *step, const struct tfs_api_answer *answer);
/* -EINVAL if a changed member refers to an object that is not there. */
int change_step_check_values(struct save *save);
/* Makes one call and notes what it sent. `ret_answer` (may be NULL) gets the record of the answer, or NULL. */
int change_step_run(struct save *save, const struct tfs_step *step, json_t **ret_answer);
/*
 * Before the first call: -EINVAL if a step lacks a member that no answer shows, -EPERM if one would erase such members
 * (gate `blanking`).
 */
int change_unread_check(struct save *save, const struct tfs_step *steps, size_t count);
/* Runs every step that applies, in order. A changed member no step sends is an error before the first call. */
int change_steps_run(struct save *save, const struct tfs_step *steps, size_t count);

/* Saves a text document: sends all of it when it differs. `base` as for tfs_resource_save. */
int change_save_text(struct save *save, const struct tfs_doc *base, const char *text, size_t len, struct tfs_doc **ret);
/* Imports a table that other objects are made of. The version it returns is not cached. */
int change_save_import(struct save *save, const char *text, size_t len, struct tfs_doc **ret);
/* Copies the text into the save; -EINVAL for bytes that no JSON text can hold. */
int change_save_take_text(struct save *save, const char *text, size_t len);
/*
 * Locks the name and reconciles the last write of the document. After 0 the caller calls resource_name_unlock; after an
 * error nothing is locked.
 */
int change_save_lock(struct save *save, const char *name);
/* Replaces each digest in `ours` that matches no secret in `theirs` by the secret there. 0 or -ENOMEM. */
int change_save_adopt_secrets(struct save *save, const json_t *theirs);
/*
 * Gives `ours` the members of `theirs` that it lacks and that no call takes away, or whose value is that of an absent
 * member. `ours` has been adopted and is changed in place. 0 or -ENOMEM.
 */
int change_save_keep_absent(struct save *save, const json_t *theirs);
/* After a successful save: names the secrets that were not set, as a notice in the operation's error. */
void change_save_report_unknown(struct save *save);
int change_save_create(struct save *save, const char *text, size_t len, struct tfs_doc **ret);
/* Paths (document_json_path_pattern) of undeclared members that other objects of the kind have. Yours; NULL: ENOMEM. */
json_t *change_sibling_members(struct tfs_resource *resource);
/* The same of one document. Yours; NULL: ENOMEM. */
json_t *change_undeclared_members(const struct tfs_kind *kind, const json_t *document);
/* Whether an object of the resource `data` that was read has the text at the path: for document_known. */
bool change_sibling_uses(void *data, const char *way, const char *value);
/* Removes undeclared members from a document. */
void change_document_drop_undeclared(const struct tfs_kind *kind, json_t *document);

#endif
