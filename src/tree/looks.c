/* Looks: counted by process, for those seen last. */
#include "looks.h"

enum { LOOKS_FREE = 4 }; /* documents that a process may look at without opening one */

static struct look *find(struct tfs_tree *tree, const struct tfs_op *op)
{
	for (unsigned i = 0; i < LOOKS_KEPT; i++)
		if (tree->looks[i].pid == tfs_op_pid(op))
			return &tree->looks[i];
	return NULL;
}

bool tree_looks_take(struct tfs_tree *tree, const struct tfs_op *op)
{
	struct look *look = find(tree, op);

	if (!look) {
		look = &tree->looks[tree->next_look++ % LOOKS_KEPT];
		*look = (struct look){ .pid = tfs_op_pid(op) };
	}
	return look->count++ < LOOKS_FREE;
}

void tree_looks_opened(struct tfs_tree *tree, const struct tfs_op *op)
{
	struct look *look = find(tree, op);

	if (look)
		look->count = 0;
}
