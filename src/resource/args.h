/* A step's argument template and the values it is filled with. */
#ifndef TENANTFS_RESOURCE_ARGS_H
#define TENANTFS_RESOURCE_ARGS_H

#include "store.h"

/* Values for an argument template; all borrowed, NULL: unknown. */
struct args_source {
	struct tfs_resource *resource;
	struct tfs_op *op;
	const struct tfs_document_context *context;
	const char *id, *name;   /* raw */
	const json_t *new, *old; /* documents */
	const json_t *record;    /* the server's */
	json_int_t page;         /* index */
	const char *text;        /* of a text document */
	const json_t *item;      /* the element an `each` is at */
	const char *uuid;        /* of the step; set while rendering */
};
/* A row of catalogue/placeholders.json. */
struct placeholder {
	const char *name;
	enum { PLACEHOLDER_SENDS_NOTHING, PLACEHOLDER_SENDS_MEMBER, PLACEHOLDER_SENDS_DOCUMENT } sends;
	bool skip_if_empty; /* without elements the step is not made */
	/* One of the two: `value` of "$NAME", `value_of` of "$NAME.ARGUMENT". */
	int (*value)(const struct args_source *with, json_t **ret);
	int (*value_of)(const struct args_source *with, const char *argument, json_t **ret);
};
/* The row of `word`, which is a placeholder without its '$'; `*ret_argument` points into it. NULL: unknown. */
const struct placeholder *resource_placeholder_find(const char *word, const char **ret_argument);
/* Value of the placeholder `word`, without its '$'. `*ret` (yours) stays NULL if it has none. */
int resource_placeholder_value(const struct args_source *with, const char *word, json_t **ret);
/* The object of path, query and body, yours; 1: the step has nothing to send. */
int resource_args_render(const struct tfs_step *step, const struct args_source *with, json_t **ret);
/* The part of `body` that the step's `answer` points to; borrowed, NULL: not there. */
int resource_step_answer(const struct tfs_step *step, const struct args_source *with, const json_t *body,
			 const json_t **ret);
/* Whether the template sends this member of the new document by a placeholder. */
bool resource_args_send_member(const struct tfs_step *step, const char *member);
/* Whether the template sends the new document whole. */
bool resource_args_send_document(const struct tfs_step *step);
/* Whether the template sends anything of the new document. */
bool resource_args_send_any(const struct tfs_step *step);

#endif
