/* Code named by a kind, for what rows cannot express; in hooks/. */
#ifndef TENANTFS_RESOURCE_HOOK_H
#define TENANTFS_RESOURCE_HOOK_H

#include "store.h"

struct hook {
	const char *name;
	/*
	 * Completes the records of one answer (of one page) before documents are made of them. `*state` is NULL
	 * at first and the hook's for the listing; `finish` releases it. 0, or a negative errno with the op's error.
	 */
	int (*complete)(struct tfs_resource *resource, struct tfs_op *op, json_t *records, void **state);
	void (*finish)(void *state);
};

extern const struct hook resource_hardware_tokens_hook;

/* NULL when the kind has none. */
const struct hook *resource_hook_of(const struct tfs_kind *kind);

/* The kind's hook at work on one listing; zeroed at first. */
struct completion {
	const struct hook *hook;
	void *state;
};
int resource_completion_run(struct completion *completion, struct tfs_resource *resource, struct tfs_op *op,
			    const json_t *records);
void resource_completion_finish(struct completion *completion);

#endif
