/* The parts of a running sandbox, and waits that end when it stops. */
#include "sandbox.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct sandbox *sandbox_new(void)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox));
	pthread_condattr_t attributes;

	if (!sandbox)
		return NULL;
	sandbox->log = -1;
	pthread_mutex_init(&sandbox->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&sandbox->stopping, &attributes);
	pthread_condattr_destroy(&attributes);
	return sandbox;
}

void sandbox_free(struct sandbox *sandbox)
{
	if (sandbox->log >= 0)
		close(sandbox->log);
	fault_source_free(sandbox->faults);
	box_unload(&sandbox->box);
	free(sandbox->address);
	free(sandbox->tls_key);
	free(sandbox->tls_cert);
	pthread_cond_destroy(&sandbox->stopping);
	pthread_mutex_destroy(&sandbox->lock);
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
	pthread_mutex_lock(&sandbox->lock);
	while (!sandbox->stop && pthread_cond_timedwait(&sandbox->stopping, &sandbox->lock, &end) == 0)
		;
	pthread_mutex_unlock(&sandbox->lock);
}

void sandbox_end_waits(struct sandbox *sandbox)
{
	pthread_mutex_lock(&sandbox->lock);
	sandbox->stop = true;
	pthread_cond_broadcast(&sandbox->stopping);
	pthread_mutex_unlock(&sandbox->lock);
}
