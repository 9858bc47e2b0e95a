/* The hooks there are, by name. */
#include "hook.h"

#include <string.h>

static const struct hook *const hooks[] = {
	&resource_hardware_tokens_hook,
	NULL,
};

const struct hook *resource_hook_of(const struct tfs_kind *kind)
{
	for (size_t i = 0; kind->hook && hooks[i]; i++)
		if (strcmp(hooks[i]->name, kind->hook) == 0)
			return hooks[i];
	return NULL;
}

int resource_completion_run(struct completion *completion, struct tfs_resource *resource, struct tfs_op *op,
			    const json_t *records)
{
	completion->hook = resource_hook_of(resource->kind);
	if (!completion->hook || !json_is_array(records))
		return 0;
	return completion->hook->complete(resource, op, (json_t *)(uintptr_t)records, &completion->state);
}

void resource_completion_finish(struct completion *completion)
{
	if (completion->state)
		completion->hook->finish(completion->state);
}
