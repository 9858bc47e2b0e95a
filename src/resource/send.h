/* The call of a step. */
#ifndef TENANTFS_RESOURCE_SEND_H
#define TENANTFS_RESOURCE_SEND_H

#include "args.h"

/* Renders the arguments and calls, unless there is nothing to send; finish `ret`. */
int resource_step_call(const struct tfs_step *step, const struct args_source *with, struct tfs_api_answer *ret);
/* Calls with `args` as resource_args_render made them. */
int resource_step_send(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_step *step,
		       const json_t *args, struct tfs_api_answer *ret);

#endif
