/* What a request brings against what the catalogue says: members, types, enumerations, nested. */
#ifndef SANDBOX_CHECK_H
#define SANDBOX_CHECK_H

#include "refusal.h"

/*
 * 0, or -EINVAL with a refusal of status 400 naming the member by its dotted path. A member that no
 * field names is refused, unless the body is `open`; a field without a table of members takes any object
 * or array.
 */
int check_object(const struct tfs_field *fields, size_t n, bool open, const json_t *object,
		 struct refusal *refusal);
/* As above for values that came as text in the address: {"name": "text"}; numbers and booleans must read as
 * such. */
int check_texts(const struct tfs_field *fields, size_t n, const json_t *texts, struct refusal *refusal);

#endif
