/* The whole tree gone through: every place that is listed and recorded, whoever looks at it or not. */
#ifndef TENANTFS_WALK_H
#define TENANTFS_WALK_H

#include "tenantfs/resource.h"
#include "tenantfs/tree.h"

/*
 * One place: the only document of `resource` (`object` its name), or its list (`object` NULL). Where `ret_docs` is not
 * NULL the list is needed to go on below it; `*ret_docs` is for tfs_docs_free. Other than 0 is taken for "nothing
 * below it"; -EINTR ends the walk.
 */
typedef int (*tfs_walk_fn)(void *context, struct tfs_resource *resource, const char *object, struct tfs_doc ***ret_docs,
			   size_t *ret_count);

/* Views and what no listing shows are left out. Makes no call itself. 0, -EINTR, -ENOMEM. */
int tfs_tree_walk(struct tfs_tree *tree, tfs_walk_fn visit, void *context);

#endif
