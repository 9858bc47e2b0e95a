/* Record to text in one pass, for lists of many. */
#ifndef TENANTFS_DOCUMENT_PRINT_RECORD_H
#define TENANTFS_DOCUMENT_PRINT_RECORD_H

#include "member.h"

/* Where each member of a kind's records belongs, and room to gather one record's; for one thread. */
struct shape {
	const struct tfs_kind *kind;
	struct entry *entries; /* by name */
	size_t count;
	const json_t *
		*slots; /* of the record at hand: values of the declared members, in the table's order */
	struct rest *unknown, *server;
	size_t n_unknown, n_server, room;
	struct tfs_buf scratch;
};
/* 0 or -ENOMEM. */
int shape_init(struct shape *shape, const struct tfs_kind *kind);
void shape_finish(struct shape *shape);

/* Appends the document of a record, an object. 0, -ENOMEM, -EFBIG, or what resolving a name failed with. */
int shape_print(struct shape *shape, const struct tfs_document_context *context, const json_t *record,
		struct tfs_buf *out);

#endif
