/* What the server makes of our writes: read back after a save, remembered for what is read later. */
#ifndef TENANTFS_CHANGE_OWN_H
#define TENANTFS_CHANGE_OWN_H

#include "save.h"
#include "tenantfs/journal.h"

/*
 * Remembers the write and, unless the answers told, reads what became of it. `*doc` is the version as sent; it is
 * replaced by the one to be shown. Never fails: a write that was accepted is done.
 */
void change_own_settle(struct save *save, struct tfs_doc **doc);
/* Remembers a removal. */
void change_own_note_removal(struct tfs_resource *resource, struct tfs_op *op, struct tfs_doc *doc);
/* Remembers a settled change of the journal, by this or an earlier process. */
void change_own_note_entry(struct tfs_store *store, const struct tfs_journal_entry *entry);
/* The same for the last changes, which a read after a restart may not show yet. */
void change_own_load(struct tfs_store *store, struct tfs_journal *journal);

/*
 * A text that was made from a version we wrote, before the server's form of it was known: changes `*base` and the
 * wanted document so that they start from the server's form. 0 or a negative errno.
 */
int change_own_rebase(struct save *save, const struct tfs_doc *from, json_t **base);
/* Whether `now` is only the server's form of `from`, which we wrote. */
bool change_own_is_form(const struct save *save, const struct tfs_doc *from, const struct tfs_doc *now);

#endif
