/* The HTTP client's state, shared by its callers and its thread. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "exchange.h"
#include "tenantfs/lock.h"

enum { SPARE_MAX = 16 };

struct tfs_http {
	struct tfs_http_options options; /* owns ca_file and tls_pin */
	CURLM *multi;                    /* used by the thread only, except for curl_multi_wakeup */
	pthread_t thread;

	struct tfs_mutex lock;               /* taken before an operation's lock */
	pthread_cond_t idle;                 /* signalled when `callers` becomes 0 */
	struct exchange *queue, *queue_last; /* not yet started. Protected by lock */
	struct exchange *dropped;            /* running, without a waiter. Protected by lock */
	unsigned callers;                    /* inside tfs_http_call. Protected by lock */
	bool ending;                         /* Protected by lock */

	/* Used by the thread only. */
	struct exchange *running;
	CURL *spare[SPARE_MAX];
	size_t n_spare;
};

/* The thread: runs exchanges until `ending`, then returns all with -ECANCELED. `data` is the client. */
void *http_run_http_thread(void *data);

/* Removes an exchange from a list; `last` may be NULL for a list without a tail pointer. */
void http_unlink_exchange(struct exchange **head, struct exchange **last, struct exchange *exchange);

#endif
