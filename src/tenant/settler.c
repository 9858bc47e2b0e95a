/* Settling in the background: while something is open, the server is looked at again and again. */
#include "settler.h"

#include <errno.h>
#include <pthread.h>

#include "tenantfs/digest.h"
#include "tenantfs/thread.h"

enum { PAUSE_MS = 2000 };

struct settler {
	pthread_t thread;
	pthread_mutex_t lock;   /* of `working` */
	struct tfs_store *store;
	uint64_t timeout_ms;
	struct tfs_op *sleeper; /* cancelled: the end */
	struct tfs_op *working; /* NULL: it sleeps */
};

/* Ends with the thread's end. Cancelled under the lock, so that the op is alive. */
static struct tfs_op *start_work(struct settler *settler)
{
	struct tfs_op *op = tfs_op_new(settler->timeout_ms);

	pthread_mutex_lock(&settler->lock);
	settler->working = op;
	if (op != NULL && tfs_op_cancelled(settler->sleeper))
		tfs_op_cancel(op);
	pthread_mutex_unlock(&settler->lock);
	return op;
}

static void end_work(struct settler *settler)
{
	struct tfs_op *op;

	pthread_mutex_lock(&settler->lock);
	op = settler->working;
	settler->working = NULL;
	pthread_mutex_unlock(&settler->lock);
	tfs_op_free(op);
}

static void *run(void *data)
{
	struct settler *settler = data;

	while (tfs_op_sleep(settler->sleeper, PAUSE_MS) == 0) {
		struct tfs_op *op;

		if (tfs_store_pending(settler->store) == 0)
			continue;
		op = start_work(settler);
		if (op != NULL)
			tfs_store_reconcile(settler->store, op);
		end_work(settler);
	}
	tfs_crypto_thread_end();
	return NULL;
}

int settler_new(struct tfs_store *store, uint64_t timeout_ms, struct settler **ret, struct tfs_error *error)
{
	struct settler *settler = calloc(1, sizeof(*settler));

	if (settler != NULL)
		settler->sleeper = tfs_op_new(0);
	if (settler == NULL || settler->sleeper == NULL || pthread_mutex_init(&settler->lock, NULL) != 0) {
		if (settler != NULL)
			tfs_op_free(settler->sleeper);
		free(settler);
		return tfs_error_set(error, -ENOMEM, "tenant", "out of memory");
	}
	settler->store = store;
	settler->timeout_ms = timeout_ms;
	if (tfs_thread_start(&settler->thread, run, settler) < 0) {
		tfs_op_free(settler->sleeper);
		pthread_mutex_destroy(&settler->lock);
		free(settler);
		return tfs_error_set(error, -EAGAIN, "tenant", "no thread is to be had");
	}
	*ret = settler;
	return 0;
}

void settler_free(struct settler *settler)
{
	if (settler == NULL)
		return;
	tfs_op_cancel(settler->sleeper);
	pthread_mutex_lock(&settler->lock);
	if (settler->working != NULL)
		tfs_op_cancel(settler->working);
	pthread_mutex_unlock(&settler->lock);
	pthread_join(settler->thread, NULL);
	tfs_op_free(settler->sleeper);
	pthread_mutex_destroy(&settler->lock);
	free(settler);
}
