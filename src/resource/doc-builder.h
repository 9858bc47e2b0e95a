/* Records to remembered documents. */
#ifndef TENANTFS_RESOURCE_DOC_BUILDER_H
#define TENANTFS_RESOURCE_DOC_BUILDER_H

#include "args.h"
#include "document/print-record.h"

/* Makes documents of records, one after the other, in one buffer. */
struct maker {
	struct tfs_resource *resource;
	struct tfs_op *op;
	struct resolver resolver;
	struct shape shape;
	struct tfs_buf text;
	struct timespec now;
};
/* 0 or -ENOMEM; to be finished either way. */
int maker_init(struct maker *maker, struct tfs_resource *resource, struct tfs_op *op);
void maker_finish(struct maker *maker);
/*
 * The document of a record; `name` (may be NULL) where the record does not say
 * its name itself. Yours. -EINVAL: nothing a file could be made of, to be left out.
 */
int maker_make(struct maker *maker, const json_t *record, const char *name, struct tfs_doc **ret);
/* File name and id of a record, yours; -EINVAL when it has neither. */
int record_name_of(const struct tfs_kind *kind, const json_t *record, char **ret_name, char **ret_id);

/* Whether the kind takes such a record for one that is no longer there. */
bool record_gone(const struct tfs_kind *kind, const json_t *record);

/* A text document of the answer's text, or of its body where that is no JSON. -EINVAL: there is none. */
int maker_make_text(struct maker *maker, const struct tfs_step *step, const struct expansion *with,
		    const struct tfs_api_answer *answer, const char *name, struct tfs_doc **ret);

/*
 * What `step`'s answer points to in `body`, an object of records by key as array. `*ret` is yours; NULL when
 * nothing is there.
 */
int records_find(const struct tfs_step *step, const struct expansion *with, const json_t *body, json_t **ret);

#endif
