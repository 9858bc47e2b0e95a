/* Objects read from the server. */
#ifndef TENANTFS_RESOURCE_OBJECT_H
#define TENANTFS_RESOURCE_OBJECT_H

#include "store.h"

/* One object as the server has it. */
struct object {
	struct tfs_doc *doc;
	json_t *record;
};
void resource_object_finish(struct object *object);

/*
 * Reads the object from the server, by look-up or with its list, and puts it into the cache. `id` ("" or NULL:
 * any) selects among objects of one name. -ENOENT: it does not exist.
 */
int resource_object_read(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *id,
			 struct object *ret);
/*
 * 0: a fresh list or the server says that nothing has the name; -EEXIST. A stale list is no proof: a create
 * whose answer was lost would be sent again.
 */
int resource_object_absent(struct tfs_resource *resource, struct tfs_op *op, const char *name);
/*
 * Fetches the list and shares it; for the thread that leads the fetch. `ret` (may be NULL) gets the object with
 * `want_id` or `want_name`.
 */
int resource_list_fetch(struct tfs_resource *resource, struct tfs_op *op, const char *want_name, const char *want_id,
			struct object *ret);

#endif
