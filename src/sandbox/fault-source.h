/* Where fault rules come from: the command line, or DIR/fault while the server runs. */
#ifndef SANDBOX_FAULT_SOURCE_H
#define SANDBOX_FAULT_SOURCE_H

#include "fault.h"

struct fault_source;

/*
 * `path` is the file looked at before each request: while it is there its
 * rules hold, newly read whenever it changes; when it is not, those of `spec`
 * do. -EINVAL when `spec` cannot be read; a bad file is reported on the log and
 * means no faults.
 */
int fault_source_new(const char *spec, const char *path, uint64_t seed, struct fault_source **ret,
		     struct tfs_error *error);
void fault_source_free(struct fault_source *source);
/* Thread-safe. */
void fault_source_pick(struct fault_source *source, const struct fault_request *request, struct fault *ret);

#endif
