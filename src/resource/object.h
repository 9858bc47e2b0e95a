/* Objects read anew. */
#ifndef TENANTFS_RESOURCE_OBJECT_H
#define TENANTFS_RESOURCE_OBJECT_H

#include "store.h"

/* One object as the server has it now. */
struct object {
	struct tfs_doc *doc;
	json_t *record;
};
void object_finish(struct object *object);

/*
 * Reads the object anew: look-up, or the list. `id` ("" or NULL: any) tells it
 * from others of its name. What was read is put into the cache. -ENOENT when it is not there.
 */
int object_read(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *id,
		struct object *ret);
/*
 * 0 when nothing has that name, as a fresh list or the server says; -EEXIST.
 * What was seen before the server went away proves nothing: a create whose
 * answer was lost would be sent again.
 */
int object_absent(struct tfs_resource *resource, struct tfs_op *op, const char *name);
/* Lists anew and shares it; the leader's part. `want_id`, `want_name`: the record to keep, where `ret` is not
 * NULL. */
int list_fetch(struct tfs_resource *resource, struct tfs_op *op, const char *want_name, const char *want_id,
	       struct object *ret);

#endif
