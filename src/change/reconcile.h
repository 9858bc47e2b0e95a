/* Intents with an unknown outcome are reconciled with the server's state. */
#ifndef TENANTFS_CHANGE_RECONCILE_H
#define TENANTFS_CHANGE_RECONCILE_H

#include "writer.h"

/* One open intent on its way to its outcome; zeroed but for `writer`, `intent` and `reported`. */
struct reconciliation {
	struct tfs_writer *writer;
	struct tfs_resource *resource;
	const char *name;
	uint64_t intent;
	bool reported; /* as in struct pending */
	struct tfs_journal_entry entry;
	char *draft; /* name of the draft with the rest of a change done in part; NULL: none */
};
/* Notes the outcome in the journal, keeps a draft where needed. `held`: the caller has locked the name. */
int change_reconcile_intent(struct reconciliation *it, struct tfs_op *op, bool held);
void change_reconciliation_finish(struct reconciliation *it);
/* Before a write: reconciles the open intents of the document. Its name is locked. */
int change_reconcile_before(struct tfs_resource *resource, struct tfs_op *op, const char *name);
/* Whether the server has everything that the draft would save. */
bool change_reconcile_adds_nothing(const struct tfs_resource *resource, const struct tfs_draft *draft,
				   const struct tfs_doc *now);

#endif
