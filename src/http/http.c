/*
 * The HTTP client: callers queue exchanges, one thread runs all of them.
 *
 * Ownership of an exchange: the caller owns it until it is queued, then the thread does. The thread returns
 * it by setting its state to DONE and signalling the caller's operation, both under the lock. A caller that
 * stops waiting takes a queued exchange back. A running one it leaves to the thread: it clears `op`, so that
 * the thread uses nothing of the caller's, and the thread removes the exchange from curl and frees it. An
 * exchange holds copies of all it needs.
 *
 * Lock order: http->lock, then the operation's lock.
 */
#include "tenantfs/http.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "tenantfs/lock.h"
#include "tenantfs/thread.h"

enum { DEFAULT_CONNECT_MS = 10000, DEFAULT_CONNECTIONS = 8 };

static int set_up_multi(struct tfs_http *http)
{
	long most = (long)http->options.max_connections;
	CURLMcode bad = CURLM_OK;

	http->multi = curl_multi_init();
	if (!http->multi)
		return -ENOMEM;
	bad |= curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	bad |= curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, most);
	bad |= curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, most);
	return bad == CURLM_OK ? 0 : -ENOMEM;
}

static int copy_texts(struct tfs_http *http, const struct tfs_http_options *options)
{
	http->options.ca_file = options->ca_file ? strdup(options->ca_file) : NULL;
	http->options.tls_pin = options->tls_pin ? strdup(options->tls_pin) : NULL;
	return (options->ca_file && !http->options.ca_file) || (options->tls_pin && !http->options.tls_pin) ? -ENOMEM
													    : 0;
}

static void destroy(struct tfs_http *http)
{
	while (http->n_spare > 0)
		curl_easy_cleanup(http->spare[--http->n_spare]);
	if (http->multi)
		curl_multi_cleanup(http->multi);
	curl_global_cleanup();
	pthread_cond_destroy(&http->idle);
	tfs_mutex_destroy(&http->lock);
	free((char *)http->options.ca_file);
	free((char *)http->options.tls_pin);
	free(http);
}

int tfs_http_new(const struct tfs_http_options *options, struct tfs_http **ret, struct tfs_error *error)
{
	struct tfs_http *http = calloc(1, sizeof(*http));
	int r;

	/* curl would write the keys of each connection to this file. */
	unsetenv("SSLKEYLOGFILE");
	if (!http || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(http);
		return tfs_error_set_memory(error);
	}
	tfs_mutex_init(&http->lock);
	tfs_cond_init(&http->idle);
	http->options = *options;
	if (http->options.connect_timeout_ms == 0)
		http->options.connect_timeout_ms = DEFAULT_CONNECT_MS;
	if (http->options.max_connections == 0)
		http->options.max_connections = DEFAULT_CONNECTIONS;
	r = copy_texts(http, options);
	if (r == 0)
		r = set_up_multi(http);
	if (r == 0)
		r = tfs_thread_start(&http->thread, http_run_http_thread, http);
	if (r < 0) {
		destroy(http);
		return tfs_error_set(error, r, "http", "cannot start the HTTP client: %s", strerrordesc_np(-r));
	}
	*ret = http;
	return 0;
}

void tfs_http_free(struct tfs_http *http)
{
	if (!http)
		return;
	tfs_mutex_lock(&http->lock);
	http->ending = true;
	tfs_mutex_unlock(&http->lock);
	curl_multi_wakeup(http->multi);
	pthread_join(http->thread, NULL);
	tfs_mutex_lock(&http->lock);
	while (http->callers > 0)
		tfs_cond_wait(&http->idle, &http->lock);
	tfs_mutex_unlock(&http->lock);
	destroy(http);
}

static int enqueue(struct tfs_http *http, struct exchange *exchange)
{
	int r = 0;

	tfs_mutex_lock(&http->lock);
	if (http->ending) {
		r = -ECANCELED;
	} else {
		exchange->prev = http->queue_last;
		if (http->queue_last)
			http->queue_last->next = exchange;
		else
			http->queue = exchange;
		http->queue_last = exchange;
		http->callers++;
	}
	tfs_mutex_unlock(&http->lock);
	return r;
}

/* The caller stops waiting. True: the exchange is the caller's again (done, or removed from the queue). */
static bool take_back(struct tfs_http *http, struct exchange *exchange, bool *sent)
{
	bool ours = true;

	tfs_mutex_lock(&http->lock);
	*sent = exchange->sent;
	if (exchange->state == EXCHANGE_QUEUED) {
		http_unlink_exchange(&http->queue, &http->queue_last, exchange);
	} else if (exchange->state == EXCHANGE_RUNNING) {
		exchange->op = NULL;
		exchange->next_dropped = http->dropped;
		http->dropped = exchange;
		ours = false;
	}
	tfs_mutex_unlock(&http->lock);
	if (!ours)
		curl_multi_wakeup(http->multi);
	return ours;
}

static void caller_leaves(struct tfs_http *http)
{
	tfs_mutex_lock(&http->lock);
	assert(http->callers > 0);
	if (--http->callers == 0)
		pthread_cond_signal(&http->idle);
	tfs_mutex_unlock(&http->lock);
}

/* 0: the exchange is done and the caller's. Otherwise the wait ended early, and the exchange is gone. */
static int wait_for(struct tfs_http *http, struct tfs_op *op, struct exchange *exchange, bool *sent)
{
	int r = tfs_op_wait(op, &exchange->done);

	if (r == 0) {
		*sent = exchange->sent;
		return 0;
	}
	if (!take_back(http, exchange, sent))
		return r;
	if (exchange->state == EXCHANGE_DONE) {
		/* It finished just after the deadline: its result is worth more than the timeout. */
		tfs_error_clear(tfs_op_error(op));
		return 0;
	}
	http_exchange_free(exchange);
	return r;
}

static int take_answer(struct tfs_op *op, struct exchange *exchange, struct tfs_http_answer *ret_answer)
{
	int r = exchange->error.code;

	if (r < 0) {
		*tfs_op_error(op) = exchange->error;
	} else {
		*ret_answer = exchange->answer;
		exchange->answer = (struct tfs_http_answer){ .body = TFS_BUF_INIT(0) };
	}
	http_exchange_free(exchange);
	return r;
}

int tfs_http_call(struct tfs_http *http, struct tfs_op *op, const struct tfs_http_request *request,
		  struct tfs_http_answer *ret_answer, bool *sent)
{
	struct exchange *exchange = NULL;
	int r;

	*sent = false;
	if (tfs_op_cancelled(op))
		return tfs_fail(op, -EINTR, "http", "interrupted");
	if (tfs_op_left_ms(op) == 0)
		return tfs_fail(op, -ETIMEDOUT, "http", "no time left for a call");
	r = http_exchange_new(http, op, request, &exchange);
	if (r == -EINVAL)
		return tfs_fail(op, r, "http",
				"a header, the address or the method contains a byte that is not allowed");
	if (r < 0)
		return tfs_fail_memory(op);
	r = enqueue(http, exchange);
	if (r < 0) {
		http_exchange_free(exchange);
		return tfs_fail(op, r, "http", "the client is being closed");
	}
	curl_multi_wakeup(http->multi);
	r = wait_for(http, op, exchange, sent);
	caller_leaves(http);
	return r < 0 ? r : take_answer(op, exchange, ret_answer);
}
