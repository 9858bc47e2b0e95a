/* Documents for the cache, made of records. */
#ifndef TENANTFS_RESOURCE_DOC_BUILDER_H
#define TENANTFS_RESOURCE_DOC_BUILDER_H

#include "args.h"
#include "document/print-record.h"
#include "references.h"

/* Makes documents of records, one at a time, in one buffer. */
struct doc_builder {
	struct tfs_resource *resource;
	struct tfs_op *op;
	struct resolver resolver;
	struct record_printer printer;
	struct tfs_buf text;
	struct timespec now;
};
/* 0 or -ENOMEM; to be finished either way. */
int resource_doc_builder_init(struct doc_builder *builder, struct tfs_resource *resource, struct tfs_op *op);
void resource_doc_builder_finish(struct doc_builder *builder);
/*
 * The document of a record, which is completed with what no answer shows. `name` (may be NULL) is for a record that
 * has no name of its own. Yours. -EINVAL: no document can be made of it.
 */
int resource_doc_build(struct doc_builder *builder, json_t *record, const char *name, struct tfs_doc **ret);
/* File name and id of a record, yours; -EINVAL when it has neither. */
int resource_record_name_and_id(const struct tfs_kind *kind, const json_t *record, char **ret_name, char **ret_id);

/* Whether the kind's row says that such a record is a deleted object. */
bool resource_record_deleted(const struct tfs_kind *kind, const json_t *record);

/* A text document of the text in the answer, or of its raw body. -EINVAL: there is none. */
int resource_doc_build_text(struct doc_builder *builder, const struct tfs_step *step, const struct args_source *with,
			    const struct tfs_api_answer *answer, const char *name, struct tfs_doc **ret);

/*
 * The records of a set in `body` as an array, or the record of a document, where the step's `answer` points to;
 * shape.h has the forms that are accepted. `*ret` is yours; NULL: none. -EBADMSG: another form, with the op's error.
 */
int resource_records_find(const struct tfs_step *step, const struct args_source *with, const json_t *body,
			  json_t **ret);
/* -EBADMSG if an answer, or all pages together, have fewer records than the server counts. `total` -1: it does not. */
int resource_check_total(struct tfs_op *op, const struct tfs_endpoint *endpoint, long long had, long long total);
/* The total in an answer, a number or text; -1: it has none. */
long long resource_total_of(const json_t *body, const char *pointer);

#endif
