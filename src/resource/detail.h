/* Reading one record by its id, where the list lacks members of it. */
#ifndef TENANTFS_RESOURCE_DETAIL_H
#define TENANTFS_RESOURCE_DETAIL_H

#include "doc-builder.h"

/* The record with the id, yours, and its document under `name` (NULL: its own name). -ENOENT: it is not there. */
int resource_detail_read(struct doc_builder *builder, const char *id, const char *name, json_t **ret_record,
			 struct tfs_doc **ret);
/*
 * The document of a record of a list: whole, short, or complete if its own call had to be made to judge the list.
 * `*ret_record` (yours) is then what that call returned, else the list's.
 */
int resource_detail_build(struct doc_builder *builder, json_t *listed, json_t **ret_record, struct tfs_doc **ret);

#endif
