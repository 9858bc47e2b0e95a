/* One save on its way, and the calls that carry it. */
#ifndef TENANTFS_CHANGE_SAVE_H
#define TENANTFS_CHANGE_SAVE_H

#include "resource/args.h"
#include "resource/object.h"
#include "tenantfs/change.h"

/* One save on its way: the versions, the difference, what was sent. */
struct save {
	struct tfs_resource *resource;
	struct tfs_op *op;
	struct resolver resolver;
	const char *name; /* file name */
	char *raw_name;
	json_t *ours;         /* document that shall be */
	json_t *theirs;       /* document the server has; empty while there is none */
	json_t *changed;      /* names of the top-level members that differ */
	struct object object; /* as read; nothing while there is none */
	json_t *record;       /* the server's, with what was sent and answered since */
	json_t *sent;         /* object: the members some call carried */
	bool acted;           /* some call was made */
	struct tfs_buf done;  /* their names, for the message when a later call fails */
	char *text;           /* new text (text kinds only), else NULL */
	size_t text_len;
	const char *to;       /* file name it is being renamed to; NULL */
	uint64_t intent;      /* of the journal; 0: not announced */
	char endpoint[TFS_CHANGE_ENDPOINT]; /* last one called */
};
void save_init(struct save *save, struct tfs_resource *resource, struct tfs_op *op, const char *name);
void save_finish(struct save *save);
/* The JSON of a version. */
int save_parse(struct save *save, const struct tfs_doc *doc, json_t **ret);
/* Makes `object` what the server has: takes it over. */
int save_know(struct save *save, struct object *object);
/* Computes `changed`. */
int save_compare(struct save *save);
/* Puts the version that was saved into the cache and invalidates what depends on it. */
int save_publish(struct save *save, struct tfs_doc **ret);

/* The body's name for a document's member; NULL when the body has no such member. */
const char *step_body_name(const struct tfs_kind *kind, const struct tfs_endpoint *endpoint, const char *member);
/* Whether the body takes the member besides what the template names. */
bool step_sends(const struct tfs_kind *kind, const struct tfs_step *step, const char *member);
/* Whether the step takes the member at all; whether it is called for the present difference. */
bool step_carries(const struct tfs_kind *kind, const struct tfs_step *step, const char *member);
bool step_applies(const struct save *save, const struct tfs_step *step);
/* 0, or -EINVAL with the rows that an answer of success lists as refused. */
int step_refusals(struct tfs_op *op, const struct tfs_step *step, const struct tfs_api_answer *answer);
/* Makes one call; notes what it carried. `ret_answer` (may be NULL) gets the record it answered with, or
 * NULL. */
int step_run(struct save *save, const struct tfs_step *step, json_t **ret_answer);
/* Every step that applies, in order. What none carries is an error, told before the first call. */
int steps_run(struct save *save, const struct tfs_step *steps, size_t count);

/* The save of a text document: all of it is sent when it differs. `base` as for tfs_resource_save. */
int save_text(struct save *save, const struct tfs_doc *base, const char *text, size_t len,
	      struct tfs_doc **ret);
/* The save of a table that other objects are made of. The version it gives is remembered by nobody. */
int save_import(struct save *save, const char *text, size_t len, struct tfs_doc **ret);
/* Takes the text over into the save; -EINVAL for what no JSON body can bear. */
int save_take_text(struct save *save, const char *text, size_t len);
/*
 * Has the slot to itself: what was left of the last write of the document is settled. 0, and it is to be left with
 * slot_leave, or nothing is held.
 */
int save_enter(struct save *save, const char *slot);
/* Takes digests that are none of the secrets in `theirs` out of `ours`: those secrets stay. 0 or -ENOMEM. */
int save_adopt_secrets(struct save *save, const json_t *theirs);
/* After a save that went well: which secrets it could not set, as a notice in the operation's error. */
void save_tell_unknown(struct save *save);
int save_create(struct save *save, const char *text, size_t len, struct tfs_doc **ret);
/* Ways (place_way) to undeclared members that others of the kind have. Yours; NULL: out of memory. */
json_t *known_members(struct tfs_resource *resource);
/* Takes what no table declares out of a document. */
void drop_undeclared(const struct tfs_kind *kind, json_t *document);

#endif
