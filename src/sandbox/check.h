/* Checks a request against the catalogue: members, types, enumerations, nested objects. */
#ifndef SANDBOX_CHECK_H
#define SANDBOX_CHECK_H

#include "refusal.h"

/*
 * 0, or -EINVAL with a refusal of 400 that names the member by its dotted path. A member without a field is
 * refused unless the body is `open`; a field without a table of members takes any object or array.
 */
int sandbox_check_object(const struct tfs_field *fields, size_t n, bool open, const json_t *object,
			 struct refusal *refusal);
/* The same for strings from the address, {"name": "text"}; numbers and booleans must parse as such. */
int sandbox_check_texts(const struct tfs_field *fields, size_t n, bool open, const json_t *texts,
			struct refusal *refusal);

#endif
