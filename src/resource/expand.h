/* What a step's argument template is filled with, and the call that is made of it. */
#ifndef TENANTFS_RESOURCE_EXPAND_H
#define TENANTFS_RESOURCE_EXPAND_H

#include "store.h"

/* Names and ids of referenced objects for one conversion after the other. */
struct resolver {
	struct tfs_resource *resource;
	struct tfs_op *op;
	const char *kind; /* whose documents are in `docs` */
	struct tfs_doc **docs;
	size_t count;
	struct tfs_document_context context;
};
void resolver_init(struct resolver *resolver, struct tfs_resource *resource, struct tfs_op *op);
void resolver_finish(struct resolver *resolver);

/* What an argument template is filled with; all borrowed, what is not known NULL. */
struct expansion {
	struct tfs_resource *resource;
	struct tfs_op *op;
	const struct tfs_document_context *context;
	const char *id, *name;   /* raw */
	const json_t *new, *old; /* documents */
	const json_t *record;    /* the server's */
	json_int_t page;         /* index */
};
/* The object of path, query and body. Yours. */
int step_expand(const struct tfs_step *step, const struct expansion *with, json_t **ret);
/* Whether the template asks for "$new.MEMBER". */
bool step_mentions(const struct tfs_step *step, const char *prefix, const char *member);
/* Expands and calls; finish `ret`. */
int step_call(const struct tfs_step *step, const struct expansion *with, struct tfs_api_answer *ret);
/* Calls with `args` as step_expand made them. */
int step_send(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_step *step,
	      const json_t *args, struct tfs_api_answer *ret);

#endif
