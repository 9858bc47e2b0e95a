/* The source of fault rules: the command line, or DIR/fault while the server runs. */
#ifndef SANDBOX_FAULT_SOURCE_H
#define SANDBOX_FAULT_SOURCE_H

#include "fault.h"

struct fault_source;

/*
 * `path` is checked before each request: while the file exists its rules apply, read again after each change;
 * otherwise those of `spec`. -EINVAL: `spec` cannot be parsed. A file that cannot be parsed is logged and
 * means no faults.
 */
int sandbox_fault_source_new(const char *spec, const char *path, uint64_t seed, struct fault_source **ret,
			     struct tfs_error *error);
void sandbox_fault_source_free(struct fault_source *source);
/* Thread-safe. */
void sandbox_fault_source_pick(struct fault_source *source, const struct fault_request *request, struct fault *ret);

#endif
