/* Threads of our own. */
#ifndef TENANTFS_THREAD_H
#define TENANTFS_THREAD_H

#include <pthread.h>

/* pthread_create with all signals blocked: they are the main thread's business. 0 or a negative errno. */
int tfs_thread_start(pthread_t *ret, void *(*run)(void *), void *context);

#endif
