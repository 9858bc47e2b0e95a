/*
 * Pages are fetched while the present one is made into documents, so that a listing takes the longer of the two
 * times for each page, not their sum.
 */
#include "prefetch.h"

#include <assert.h>
#include <errno.h>

#include "send.h"
#include "tenantfs/digest.h"
#include "tenantfs/thread.h"

static void *fetch(void *data)
{
	struct prefetch *prefetch = data;
	struct args_source with = {
		.resource = prefetch->resource,
		.op = prefetch->op,
		.page = prefetch->page,
	};
	struct resolver resolver;

	resource_resolver_init(&resolver, prefetch->resource, prefetch->op);
	with.context = &resolver.context;
	prefetch->result = resource_step_call(prefetch->resource->kind->list, &with, &prefetch->answer);
	resource_resolver_finish(&resolver);
	tfs_crypto_thread_end();
	tfs_op_signal(prefetch->waiter, &prefetch->done);
	return NULL;
}

int resource_prefetch_start(struct prefetch *prefetch, struct tfs_resource *resource, struct tfs_op *op,
			    json_int_t page)
{
	uint64_t left = tfs_op_left_ms(op);

	*prefetch = (struct prefetch){ .resource = resource, .waiter = op, .page = page };
	if (left == 0)
		return tfs_fail(op, -ETIMEDOUT, "resource", "no answer within the time allowed");
	prefetch->op = tfs_op_new(left == UINT64_MAX ? 0 : left);
	if (!prefetch->op)
		return tfs_fail_memory(op);
	tfs_op_set_caller(prefetch->op, tfs_op_uid(op), tfs_op_gid(op), tfs_op_pid(op));
	if (tfs_thread_start(&prefetch->thread, fetch, prefetch) == 0)
		return 0;
	tfs_op_free(prefetch->op);
	prefetch->op = NULL;
	return tfs_fail(op, -EAGAIN, "resource", "cannot start a thread");
}

int resource_prefetch_take(struct prefetch *prefetch, struct tfs_api_answer *ret)
{
	int r;

	assert(prefetch->op);
	r = tfs_op_wait(prefetch->waiter, &prefetch->done);
	if (r < 0) {
		resource_prefetch_drop(prefetch);
		return r;
	}
	pthread_join(prefetch->thread, NULL);
	r = prefetch->result;
	if (r == 0)
		*ret = prefetch->answer;
	else
		*tfs_op_error(prefetch->waiter) = *tfs_op_error(prefetch->op);
	tfs_op_free(prefetch->op);
	prefetch->op = NULL;
	return r;
}

void resource_prefetch_drop(struct prefetch *prefetch)
{
	if (!prefetch->op)
		return;
	tfs_op_cancel(prefetch->op);
	pthread_join(prefetch->thread, NULL);
	if (prefetch->result == 0)
		tfs_api_answer_finish(&prefetch->answer);
	tfs_op_free(prefetch->op);
	prefetch->op = NULL;
}
