/* Starting threads. */
#ifndef TENANTFS_THREAD_H
#define TENANTFS_THREAD_H

#include <pthread.h>

/* pthread_create with all signals blocked: the main thread handles them. 0 or a negative errno. */
int tfs_thread_start(pthread_t *ret, void *(*run)(void *), void *context);

#endif
