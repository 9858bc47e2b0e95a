/* The forms in which an answer may bear records. */
#ifndef TENANTFS_RESOURCE_SHAPE_H
#define TENANTFS_RESOURCE_SHAPE_H

#include "store.h"

/*
 * The records in `value` as an array: it is one, one record, an object of records by id, or an object with one of
 * these in a member; each record may be the only member of an object. `*ret` is yours; NULL: it is none of them.
 */
int resource_shape_list(const struct tfs_kind *kind, const json_t *value, json_t **ret);
/* The value at `pointer` in `body`, or in the only member of `body`. Borrowed; NULL: there is none. */
const json_t *resource_shape_at(const json_t *body, const char *pointer);
/*
 * The record of a document or report in `value`: it may be the only element of an array, or the only member of an
 * object. The parts of a report, an array of objects of lists, become one object. `*ret` is yours.
 */
int resource_shape_document(const struct tfs_kind *kind, const json_t *value, json_t **ret);
/* Fails with what the step's answer should bear and what `came` (NULL: nothing). Tells no value. -EBADMSG. */
int resource_shape_fail(struct tfs_op *op, const struct tfs_kind *kind, const struct tfs_step *step,
			const json_t *came);

#endif
