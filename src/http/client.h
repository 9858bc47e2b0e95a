/* The client's shared state, and what its two sides - callers and thread - know of each other. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <pthread.h>

#include "exchange.h"

enum { SPARE_MAX = 16 };

struct tfs_http {
	struct tfs_http_options options; /* ca_file is ours */
	CURLM *multi;                    /* the thread's, but for curl_multi_wakeup */
	pthread_t thread;

	pthread_mutex_t lock;                /* taken before an operation's own */
	pthread_cond_t idle;                 /* `callers` fell to 0 */
	struct exchange *queue, *queue_last; /* handed over, not begun. Protected by lock */
	struct exchange *dropped;            /* running, nobody waits for them. Protected by lock */
	unsigned callers;                    /* inside tfs_http_call. Protected by lock */
	bool ending;                         /* Protected by lock */

	/* The thread's own. */
	struct exchange *running;
	CURL *spare[SPARE_MAX];
	size_t n_spare;
};

/* Moves exchanges until `ending`, then gives all of them back with -ECANCELED. `data` is the client. */
void *run_http_thread(void *data);

/* Takes an exchange out of a list with `head` (and `last`, where it is kept). */
void unlink_exchange(struct exchange **head, struct exchange **last, struct exchange *exchange);

#endif
