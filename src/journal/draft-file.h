/* Drafts as files: path, writing, reading. */
#ifndef TENANTFS_JOURNAL_DRAFT_FILE_H
#define TENANTFS_JOURNAL_DRAFT_FILE_H

#include "tenantfs/drafts.h"

/* A deep copy with one reference, or NULL: out of memory. Takes over `name` in both cases. */
struct tfs_draft *journal_draft_copy(const struct tfs_draft *draft, char *name, uint64_t number);
char *journal_draft_path(const char *dir, uint64_t number);
int journal_draft_write(const char *dir, const struct tfs_draft *draft);
/* -EBADMSG: the file is not a draft. */
int journal_draft_read(const char *dir, uint64_t number, struct tfs_draft **ret);
/* The draft's number in a file name; 0: not a draft's file name. */
uint64_t journal_draft_number(const char *name);

#endif
