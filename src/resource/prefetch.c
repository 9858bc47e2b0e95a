/*
 * Pages asked for while the present one is made into documents: a listing
 * then takes the longer of the two for each page, not their sum.
 */
#include "prefetch.h"

#include <errno.h>

#include "tenantfs/digest.h"
#include "tenantfs/thread.h"

static void *fetch(void *data)
{
	struct ahead *ahead = data;
	struct expansion with = {
		.resource = ahead->resource,
		.op = ahead->op,
		.page = ahead->page,
	};
	struct resolver resolver;

	resolver_init(&resolver, ahead->resource, ahead->op);
	with.context = &resolver.context;
	ahead->result = step_call(ahead->resource->kind->list, &with, &ahead->answer);
	resolver_finish(&resolver);
	tfs_crypto_thread_end();
	tfs_op_signal(ahead->waiter, &ahead->done);
	return NULL;
}

int ahead_start(struct ahead *ahead, struct tfs_resource *resource, struct tfs_op *op, json_int_t page)
{
	uint64_t left = tfs_op_left_ms(op);

	*ahead = (struct ahead){ .resource = resource, .waiter = op, .page = page };
	if (left == 0)
		return tfs_fail(op, -ETIMEDOUT, "resource", "no answer within the time allowed");
	ahead->op = tfs_op_new(left == UINT64_MAX ? 0 : left);
	if (ahead->op == NULL)
		return tfs_fail(op, -ENOMEM, "resource", "out of memory");
	tfs_op_set_caller(ahead->op, tfs_op_uid(op), tfs_op_gid(op), tfs_op_pid(op));
	if (tfs_thread_start(&ahead->thread, fetch, ahead) == 0)
		return 0;
	tfs_op_free(ahead->op);
	ahead->op = NULL;
	return tfs_fail(op, -EAGAIN, "resource", "cannot start a thread");
}

int ahead_take(struct ahead *ahead, struct tfs_api_answer *ret)
{
	int r = tfs_op_wait(ahead->waiter, &ahead->done);

	if (r < 0) {
		ahead_drop(ahead);
		return r;
	}
	pthread_join(ahead->thread, NULL);
	r = ahead->result;
	if (r == 0)
		*ret = ahead->answer;
	else
		*tfs_op_error(ahead->waiter) = *tfs_op_error(ahead->op);
	tfs_op_free(ahead->op);
	ahead->op = NULL;
	return r;
}

void ahead_drop(struct ahead *ahead)
{
	if (ahead->op == NULL)
		return;
	tfs_op_cancel(ahead->op);
	pthread_join(ahead->thread, NULL);
	if (ahead->result == 0)
		tfs_api_answer_finish(&ahead->answer);
	tfs_op_free(ahead->op);
	ahead->op = NULL;
}
