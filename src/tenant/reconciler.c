/* The thread that reconciles open intents with the server. */
#include "reconciler.h"

#include <errno.h>

#include "tenantfs/digest.h"
#include "tenantfs/lock.h"
#include "tenantfs/thread.h"

enum { PAUSE_MS = 2000 };

struct reconciler {
	pthread_t thread;
	struct tfs_mutex lock; /* protects `op` */
	struct tfs_store *store;
	uint64_t timeout_ms;
	struct tfs_op *sleeper; /* cancelled: the thread ends */
	struct tfs_op *op;      /* the running one; NULL: the thread sleeps */
};

/*
 * A new operation, which tenant_reconciler_free cancels. It is freed under no lock but unset under it, so it is
 * valid then.
 */
static struct tfs_op *begin_op(struct reconciler *reconciler)
{
	struct tfs_op *op = tfs_op_new(reconciler->timeout_ms);

	tfs_mutex_lock(&reconciler->lock);
	reconciler->op = op;
	if (op && tfs_op_cancelled(reconciler->sleeper))
		tfs_op_cancel(op);
	tfs_mutex_unlock(&reconciler->lock);
	return op;
}

static void end_op(struct reconciler *reconciler)
{
	struct tfs_op *op;

	tfs_mutex_lock(&reconciler->lock);
	op = reconciler->op;
	reconciler->op = NULL;
	tfs_mutex_unlock(&reconciler->lock);
	tfs_op_free(op);
}

static void *run(void *data)
{
	struct reconciler *reconciler = data;

	while (tfs_op_sleep(reconciler->sleeper, PAUSE_MS) == 0) {
		struct tfs_op *op;

		if (tfs_store_pending(reconciler->store) == 0)
			continue;
		op = begin_op(reconciler);
		if (op)
			tfs_store_reconcile(reconciler->store, op);
		end_op(reconciler);
	}
	tfs_crypto_thread_end();
	return NULL;
}

int tenant_reconciler_new(struct tfs_store *store, uint64_t timeout_ms, struct reconciler **ret,
			  struct tfs_error *error)
{
	struct reconciler *reconciler = calloc(1, sizeof(*reconciler));

	if (reconciler)
		reconciler->sleeper = tfs_op_new(0);
	if (!reconciler || !reconciler->sleeper || tfs_mutex_init(&reconciler->lock) < 0) {
		if (reconciler)
			tfs_op_free(reconciler->sleeper);
		free(reconciler);
		return tfs_error_set_memory(error);
	}
	reconciler->store = store;
	reconciler->timeout_ms = timeout_ms;
	if (tfs_thread_start(&reconciler->thread, run, reconciler) < 0) {
		tfs_op_free(reconciler->sleeper);
		tfs_mutex_destroy(&reconciler->lock);
		free(reconciler);
		return tfs_error_set(error, -EAGAIN, "tenant", "cannot start a thread");
	}
	*ret = reconciler;
	return 0;
}

void tenant_reconciler_free(struct reconciler *reconciler)
{
	if (!reconciler)
		return;
	tfs_op_cancel(reconciler->sleeper);
	tfs_mutex_lock(&reconciler->lock);
	if (reconciler->op)
		tfs_op_cancel(reconciler->op);
	tfs_mutex_unlock(&reconciler->lock);
	pthread_join(reconciler->thread, NULL);
	tfs_op_free(reconciler->sleeper);
	tfs_mutex_destroy(&reconciler->lock);
	free(reconciler);
}
