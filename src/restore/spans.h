/* Spans: the changes of a commit, or of a change set, one for each document. */
#ifndef TENANTFS_RESTORE_SPANS_H
#define TENANTFS_RESTORE_SPANS_H

#include "tenantfs/op.h"
#include "tenantfs/history-view.h"

struct spans {
	/* [{"path", "old_path", "before", "after"}]: the document's paths and the ids of the commits. "before" is ""
	 * for the first commit. */
	json_t *list;
	char change_set[TFS_OP_SET + 1]; /* of the commits; "": none */
};

/*
 * Reads the spans of the commit `revision`, or with `set` of the change set it names or is part of. -EINVAL: the commit
 * is a baseline, or is part of no set. The caller ends `spans` with restore_spans_finish, even on failure.
 */
int restore_spans_read(struct spans *spans, struct tfs_history_view *view, struct tfs_op *op, const char *revision,
		       bool set);
void restore_spans_finish(struct spans *spans);

#endif
