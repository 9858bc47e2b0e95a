/* The reason of each user, kept until the unmount. */
#include "reason.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "node.h"
#include "tenantfs/change.h"

/* Protected by the tree's lock. */
struct reason {
	UT_hash_handle hh;
	uid_t uid;
	char *text;
};

static struct reason *find_reason(struct tfs_tree *tree, uid_t uid) TFS_HOLDS(tree->lock)
{
	struct reason *reason;

	HASH_FIND(hh, tree->reasons, &uid, sizeof(uid), reason);
	return reason;
}

static void drop_reason(struct tfs_tree *tree, struct reason *reason)
{
	HASH_DEL(tree->reasons, reason);
	free(reason->text);
	free(reason);
}

/* Takes ownership of `text`, even on failure. */
static int put_reason(struct tfs_tree *tree, uid_t uid, char *text) TFS_HOLDS(tree->lock)
{
	struct reason *reason = find_reason(tree, uid);

	if (reason) {
		free(reason->text);
		reason->text = text;
		return 0;
	}
	reason = calloc(1, sizeof(*reason));
	if (reason) {
		reason->uid = uid;
		reason->text = text;
		HASH_ADD(hh, tree->reasons, uid, sizeof(reason->uid), reason);
		if (tfs_hash_added(reason))
			return 0;
	}
	free(reason);
	free(text);
	return -ENOMEM;
}

int tree_reason_set(struct tfs_tree *tree, struct tfs_op *op, char *text)
{
	size_t len = strlen(text);
	struct reason *reason;
	char *copy = NULL;
	int r = 0;

	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
	if (len >= TFS_CHANGE_REASON)
		return tfs_fail(op, -EFBIG, "tree", "a reason has at most %d bytes", TFS_CHANGE_REASON - 1);
	if (len > 0) {
		copy = strdup(text);
		if (!copy)
			return tfs_fail_memory(op);
	}
	tree_lock(tree);
	reason = find_reason(tree, tfs_op_uid(op));
	if (copy)
		r = put_reason(tree, tfs_op_uid(op), copy);
	else if (reason)
		drop_reason(tree, reason);
	tree_unlock(tree);
	return r < 0 ? tfs_fail_memory(op) : 0;
}

static char *copy_reason(struct tfs_tree *tree, uid_t uid)
{
	const struct reason *reason;
	char *copy;

	tree_lock(tree);
	reason = find_reason(tree, uid);
	copy = reason ? strdup(reason->text) : NULL;
	tree_unlock(tree);
	return copy;
}

int tree_reason_read(struct tfs_tree *tree, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
		     size_t *ret_len, char **ret_copy)
{
	cleanup_free char *text = copy_reason(tree, tfs_op_uid(op));
	struct tfs_buf line cleanup_buf = TFS_BUF_INIT(TFS_CHANGE_REASON + 1);

	if (!text)
		return 0;
	if (tfs_buf_puts(&line, text) < 0 || tfs_buf_putc(&line, '\n') < 0)
		return tfs_fail_memory(op);
	if (offset >= line.len)
		return 0;
	*ret_len = MIN(size, line.len - offset);
	*ret_copy = tfs_buf_steal(&line, NULL);
	*ret_bytes = *ret_copy + offset;
	return 0;
}

void tree_reason_apply(struct tfs_tree *tree, struct tfs_op *op)
{
	cleanup_free char *text = !tfs_op_reason(op) ? copy_reason(tree, tfs_op_uid(op)) : NULL;

	/* Out of memory: the change is made without its reason. */
	if (text)
		tfs_op_set_reason(op, text);
}

void tree_reasons_free(struct tfs_tree *tree)
{
	struct reason *reason, *next;

	HASH_ITER (hh, tree->reasons, reason, next) {
		drop_reason(tree, reason);
	}
}
