/* What a step's argument template is filled with, and the call that is made of it. */
#ifndef TENANTFS_RESOURCE_ARGS_H
#define TENANTFS_RESOURCE_ARGS_H

#include "store.h"

/* Names and ids of referenced objects for one conversion after the other. */
struct resolver {
	struct tfs_resource *resource;
	struct tfs_op *op;
	const char *kind; /* whose documents are in `docs` */
	struct tfs_doc **docs;
	size_t count;
	struct tfs_document_context context;
	struct tfs_buf unknown; /* names of members whose secret nobody here knows */
};
void resolver_init(struct resolver *resolver, struct tfs_resource *resource, struct tfs_op *op);
void resolver_finish(struct resolver *resolver);
/* A member whose secret nobody here knows; each is named once. */
void resolver_note_unknown(struct resolver *resolver, const char *member);
/* From here on documents become new objects. */
void resolver_create(struct resolver *resolver);

/* What an argument template is filled with; all borrowed, what is not known NULL. */
struct expansion {
	struct tfs_resource *resource;
	struct tfs_op *op;
	const struct tfs_document_context *context;
	const char *id, *name;   /* raw */
	const json_t *new, *old; /* documents */
	const json_t *record;    /* the server's */
	json_int_t page;         /* index */
	const char *text;        /* of a text document */
	const json_t *item;      /* the element an `each` is at */
	const char *uuid;        /* of the step; set while it is expanded */
};
/* `word` stands behind the '$'. `*ret` (yours) stays NULL where it has no value. */
int word_expand(const struct expansion *with, const char *word, json_t **ret);
/* The object of path, query and body, yours; 1: there is nothing for the step to say. */
int step_expand(const struct tfs_step *step, const struct expansion *with, json_t **ret);
/* Where `body` has what the step's `answer` points to; borrowed, NULL when it is not there. */
int step_answer(const struct tfs_step *step, const struct expansion *with, const json_t *body,
		const json_t **ret);
/* Whether the template asks for "$new.MEMBER" ("$added.MEMBER" …). */
bool step_mentions(const struct tfs_step *step, const char *prefix, const char *member);
/* Whether the template has anything of the new document. */
bool step_bears(const struct tfs_step *step);
/* Expands and calls, unless there is nothing to say; finish `ret`. */
int step_call(const struct tfs_step *step, const struct expansion *with, struct tfs_api_answer *ret);
/* Calls with `args` as step_expand made them. */
int step_send(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_step *step,
	      const json_t *args, struct tfs_api_answer *ret);

#endif
