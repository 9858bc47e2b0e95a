/* The parts of a running sandbox, and waits that end when it stops. */
#include "sandbox.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tenantfs/lock.h"

struct sandbox *sandbox_new(void)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox));

	if (!sandbox)
		return NULL;
	sandbox->log = -1;
	tfs_mutex_init(&sandbox->lock);
	tfs_cond_init(&sandbox->stopping);
	return sandbox;
}

void sandbox_free(struct sandbox *sandbox)
{
	if (sandbox->log >= 0)
		close(sandbox->log);
	sandbox_fault_source_free(sandbox->faults);
	sandbox_box_unload(&sandbox->box);
	free(sandbox->address);
	free(sandbox->tls_key);
	free(sandbox->tls_cert);
	pthread_cond_destroy(&sandbox->stopping);
	tfs_mutex_destroy(&sandbox->lock);
	free(sandbox);
}

void sandbox_wait(struct sandbox *sandbox, unsigned ms)
{
	struct timespec end;

	if (!ms)
		return;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)(ms / 1000);
	end.tv_nsec += (long)(ms % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	tfs_mutex_lock(&sandbox->lock);
	while (!sandbox->stop && tfs_cond_wait_until(&sandbox->stopping, &sandbox->lock, &end) == 0)
		;
	tfs_mutex_unlock(&sandbox->lock);
}

void sandbox_end_waits(struct sandbox *sandbox)
{
	tfs_mutex_lock(&sandbox->lock);
	sandbox->stop = true;
	pthread_cond_broadcast(&sandbox->stopping);
	tfs_mutex_unlock(&sandbox->lock);
}
