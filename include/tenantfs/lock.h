/*
 * Mutexes that clang's thread-safety analysis knows. A declaration says which lock its function needs or takes, and
 * a build by clang warns where a call breaks that.
 */
#ifndef TENANTFS_LOCK_H
#define TENANTFS_LOCK_H

#include <pthread.h>
#include <time.h>

#if defined(__clang__)
#define TFS_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define TFS_THREAD_SAFETY(attribute)
#endif

/* The caller holds the lock, before and after the call. The function may release it in between. */
#define TFS_HOLDS(...) TFS_THREAD_SAFETY(requires_capability(__VA_ARGS__))
/* The function returns with the lock held; without it. */
#define TFS_TAKES(...) TFS_THREAD_SAFETY(acquire_capability(__VA_ARGS__))
#define TFS_RELEASES(...) TFS_THREAD_SAFETY(release_capability(__VA_ARGS__))
/* The caller does not hold the lock: the function takes it, waits, or calls something that does. */
#define TFS_LACKS(...) TFS_THREAD_SAFETY(locks_excluded(__VA_ARGS__))
/* The analysis cannot follow the body of the function; a comment there says why. */
#define TFS_UNCHECKED_LOCKS TFS_THREAD_SAFETY(no_thread_safety_analysis)

struct TFS_THREAD_SAFETY(capability("mutex")) tfs_mutex {
	pthread_mutex_t os;
};
#define TFS_MUTEX_INITIALIZER             \
	{                                 \
		PTHREAD_MUTEX_INITIALIZER \
	}

/* 0 or a negative errno. */
static inline int tfs_mutex_init(struct tfs_mutex *mutex)
{
	return -pthread_mutex_init(&mutex->os, NULL);
}

static inline void tfs_mutex_destroy(struct tfs_mutex *mutex)
{
	pthread_mutex_destroy(&mutex->os);
}

/* Unchecked: the analysis does not know that the mutex of pthread is the lock. */
static inline void tfs_mutex_lock(struct tfs_mutex *mutex) TFS_TAKES(*mutex) TFS_UNCHECKED_LOCKS
{
	pthread_mutex_lock(&mutex->os);
}

static inline void tfs_mutex_unlock(struct tfs_mutex *mutex) TFS_RELEASES(*mutex) TFS_UNCHECKED_LOCKS
{
	pthread_mutex_unlock(&mutex->os);
}

/* A condition whose timed waits use CLOCK_MONOTONIC. 0 or a negative errno. */
int tfs_cond_init(pthread_cond_t *cond);

/* Releases the mutex until `cond` is signalled. Wakes without a signal too: the caller checks its condition. */
static inline void tfs_cond_wait(pthread_cond_t *cond, struct tfs_mutex *mutex) TFS_HOLDS(*mutex)
{
	pthread_cond_wait(cond, &mutex->os);
}

/* The same until `end` at the latest: 0 or -ETIMEDOUT. `cond` is of tfs_cond_init, `end` on CLOCK_MONOTONIC. */
static inline int tfs_cond_wait_until(pthread_cond_t *cond, struct tfs_mutex *mutex, const struct timespec *end)
	TFS_HOLDS(*mutex)
{
	return -pthread_cond_timedwait(cond, &mutex->os, end);
}

#endif
