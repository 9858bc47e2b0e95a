/* Starting threads that receive no signals. */
#include "tenantfs/thread.h"

#include <signal.h>

int tfs_thread_start(pthread_t *ret, void *(*run)(void *), void *context)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(ret, NULL, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}
