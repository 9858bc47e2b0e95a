/* A draft as a file. */
#ifndef TENANTFS_JOURNAL_DRAFT_FILE_H
#define TENANTFS_JOURNAL_DRAFT_FILE_H

#include "tenantfs/drafts.h"

/* Deep copy with one reference, or NULL; `name` is taken over in either case. */
struct tfs_draft *draft_copy(const struct tfs_draft *draft, char *name, uint64_t number);
char *draft_path(const char *dir, uint64_t number);
int draft_write(const char *dir, const struct tfs_draft *draft);
/* -EBADMSG when it is no draft. */
int draft_read(const char *dir, uint64_t number, struct tfs_draft **ret);
/* The number of a file's name; 0: it is none of ours. */
uint64_t draft_number(const char *name);

#endif
