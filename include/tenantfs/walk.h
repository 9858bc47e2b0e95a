/* The walk: visits every listed and recorded document of the tenant, independent of look-ups. */
#ifndef TENANTFS_WALK_H
#define TENANTFS_WALK_H

#include "tenantfs/resource.h"
#include "tenantfs/tree.h"

/*
 * Called for the only document of `resource` (`object` is its name), or for its list (`object` is NULL). `ret_docs` is
 * not NULL when the walk continues below the list's objects; the walk frees `*ret_docs` with tfs_docs_free. -EINTR
 * and -ENOMEM end the walk. After any other error it continues elsewhere.
 */
typedef int (*tfs_walk_fn)(void *context, struct tfs_resource *resource, const char *object, struct tfs_doc ***ret_docs,
			   size_t *ret_count);

/* Leaves out views and documents that no listing shows. Makes no call itself. Returns 0, -EINTR or -ENOMEM. */
int tfs_tree_walk(struct tfs_tree *tree, tfs_walk_fn visit, void *context);

#endif
