/* Printing records as documents in one pass. */
#ifndef TENANTFS_DOCUMENT_PRINT_RECORD_H
#define TENANTFS_DOCUMENT_PRINT_RECORD_H

#include "member.h"

/* The place of each member of a kind's records, and room for the members of one record; for one thread. */
struct record_printer {
	const struct tfs_kind *kind;
	struct record_name *entries; /* by name */
	size_t count;
	const json_t **slots; /* values of the present record's declared members, in the table's order */
	struct other_member *unknown, *server;
	size_t n_unknown, n_server, room;
	struct tfs_buf scratch;
};
/* 0 or -ENOMEM. */
int document_record_printer_init(struct record_printer *printer, const struct tfs_kind *kind);
void document_record_printer_finish(struct record_printer *printer);

/* Appends the document of a record, an object. 0, -ENOMEM, -EFBIG, or the error of resolving a name. */
int document_record_print(struct record_printer *printer, const struct tfs_document_context *context,
			  const json_t *record, struct tfs_buf *out);

#endif
