/* Sends a step's call. One that changes something is noted, so that its audit event is known as ours. */
#include "send.h"

#include "audit.h"

/* Whether an answer of success lists the only object of the call as refused. */
static bool is_refused(const struct tfs_resource *resource, const struct tfs_step *step,
		       const struct tfs_api_answer *answer)
{
	return step->failures && answer->body && !resource->kind->imports &&
	       json_array_size(tfs_json_at(answer->body, step->failures)) > 0;
}

int resource_step_send(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_step *step,
		       const json_t *args, struct tfs_api_answer *ret)
{
	struct tfs_api_call call = {
		.endpoint = step->endpoint,
		.path = json_object_get(args, "path"),
		.query = json_object_get(args, "query"),
		.body = json_object_get(args, "body"),
	};
	struct audit *audit = resource->store->audit;
	uint64_t serial;
	int r;

	if (step->endpoint->reads)
		return resource->store->calls.call(resource->store->api, op, &call, ret);
	serial = resource_audit_note_call(audit, resource->kind);
	r = resource->store->calls.call(resource->store->api, op, &call, ret);
	resource_audit_note_answer(audit, serial,
				   r == 0 ? !is_refused(resource, step, ret) : resource_outcome_unknown(op, r));
	return r;
}

int resource_step_call(const struct tfs_step *step, const struct args_source *with, struct tfs_api_answer *ret)
{
	cleanup_json json_t *args = NULL;
	int r = resource_args_render(step, with, &args);

	if (r == 1)
		return 0;
	return r < 0 ? r : resource_step_send(with->resource, with->op, step, args, ret);
}
