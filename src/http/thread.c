/* The client's thread: runs every exchange with one curl multi handle. */
#include "client.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "tenantfs/lock.h"

enum { POLL_MS = 60000 }; /* curl's timers and curl_multi_wakeup end a poll earlier */

void http_unlink_exchange(struct exchange **head, struct exchange **last, struct exchange *exchange)
{
	if (exchange->prev)
		exchange->prev->next = exchange->next;
	else
		*head = exchange->next;
	if (exchange->next)
		exchange->next->prev = exchange->prev;
	else if (last)
		*last = exchange->prev;
	exchange->next = NULL;
	exchange->prev = NULL;
}

static void push_running(struct tfs_http *http, struct exchange *exchange)
{
	exchange->prev = NULL;
	exchange->next = http->running;
	if (http->running)
		http->running->prev = exchange;
	http->running = exchange;
}

/*
 * curl calls it on the thread before it sends a request. Refuses if the caller has gone, and if curl would
 * resend the request on a new connection after a kept one broke: the server may have carried out the first.
 */
static int may_send(void *data, char *ip, char *local_ip, int port, int local_port)
{
	struct exchange *exchange = data;
	struct tfs_http *http = exchange->http;
	int verdict = CURL_PREREQFUNC_OK;

	(void)ip, (void)local_ip, (void)port, (void)local_port;
	tfs_mutex_lock(&http->lock);
	if (!exchange->op || exchange->sent)
		verdict = CURL_PREREQFUNC_ABORT;
	else
		exchange->sent = true;
	tfs_mutex_unlock(&http->lock);
	return verdict;
}

static void park_easy(struct tfs_http *http, CURL *easy)
{
	if (http->n_spare < SPARE_MAX)
		http->spare[http->n_spare++] = easy;
	else
		curl_easy_cleanup(easy);
}

static void drop_from_list(struct tfs_http *http, struct exchange *exchange)
{
	for (struct exchange **at = &http->dropped; *at; at = &(*at)->next_dropped) {
		if (*at == exchange) {
			*at = exchange->next_dropped;
			return;
		}
	}
}

/* Returns an exchange that curl no longer runs to its caller, or frees it if the caller has gone. */
static void give_back(struct tfs_http *http, struct exchange *exchange)
{
	bool orphan;

	tfs_mutex_lock(&http->lock);
	orphan = !exchange->op;
	if (orphan) {
		drop_from_list(http, exchange);
	} else {
		assert(exchange->state == EXCHANGE_RUNNING);
		exchange->state = EXCHANGE_DONE;
		tfs_op_signal(exchange->op, &exchange->done);
	}
	tfs_mutex_unlock(&http->lock);
	if (orphan)
		http_exchange_free(exchange);
}

/* Stops the transfer; the next exchange reuses the handle. */
static void stop_transfer(struct tfs_http *http, struct exchange *exchange)
{
	CURL *easy = exchange->easy;

	http_unlink_exchange(&http->running, NULL, exchange);
	curl_multi_remove_handle(http->multi, easy);
	http_exchange_release(exchange);
	park_easy(http, easy);
}

static void begin_exchange(struct tfs_http *http, struct exchange *exchange)
{
	CURL *easy = http->n_spare > 0 ? http->spare[--http->n_spare] : http_easy_new(&http->options);
	int r = -ENOMEM;

	if (easy) {
		r = http_exchange_prepare(exchange, easy, may_send);
		if (r == 0 && curl_multi_add_handle(http->multi, easy) != CURLM_OK)
			r = -ENOMEM;
	}
	if (r == 0) {
		push_running(http, exchange);
		return;
	}
	if (easy) {
		http_exchange_release(exchange);
		park_easy(http, easy);
	}
	tfs_error_set_memory(&exchange->error);
	give_back(http, exchange);
}

/* Starts the first queued exchange; false: the queue is empty, or the client ends. */
static bool begin_next(struct tfs_http *http)
{
	struct exchange *exchange;

	tfs_mutex_lock(&http->lock);
	exchange = http->ending ? NULL : http->queue;
	if (exchange) {
		http_unlink_exchange(&http->queue, &http->queue_last, exchange);
		exchange->state = EXCHANGE_RUNNING;
	}
	tfs_mutex_unlock(&http->lock);
	if (!exchange)
		return false;
	begin_exchange(http, exchange);
	return true;
}

static void free_dropped(struct tfs_http *http)
{
	struct exchange *exchange, *next;

	tfs_mutex_lock(&http->lock);
	exchange = http->dropped;
	http->dropped = NULL;
	tfs_mutex_unlock(&http->lock);
	for (; exchange; exchange = next) {
		next = exchange->next_dropped;
		stop_transfer(http, exchange);
		http_exchange_free(exchange);
	}
}

static void end_exchange(struct tfs_http *http, struct exchange *exchange, CURLcode code)
{
	http_exchange_conclude(exchange, code, http->options.connect_timeout_ms);
	stop_transfer(http, exchange);
	give_back(http, exchange);
}

static void collect_ended(struct tfs_http *http)
{
	struct CURLMsg *message;
	int n_more;

	while ((message = curl_multi_info_read(http->multi, &n_more))) {
		struct exchange *exchange = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
		end_exchange(http, exchange, message->data.result);
	}
}

static void cancel_exchange(struct tfs_http *http, struct exchange *exchange)
{
	tfs_error_set(&exchange->error, -ECANCELED, "http", "the client is being closed");
	give_back(http, exchange);
}

static void cancel_all(struct tfs_http *http)
{
	struct exchange *queue, *next;

	free_dropped(http);
	while (http->running) {
		struct exchange *exchange = http->running;

		stop_transfer(http, exchange);
		cancel_exchange(http, exchange);
	}
	tfs_mutex_lock(&http->lock);
	queue = http->queue;
	http->queue = NULL;
	http->queue_last = NULL;
	/* A caller that stops waiting now must not search the queue for its exchange. */
	for (struct exchange *exchange = queue; exchange; exchange = exchange->next)
		exchange->state = EXCHANGE_RUNNING;
	tfs_mutex_unlock(&http->lock);
	for (; queue; queue = next) {
		next = queue->next;
		cancel_exchange(http, queue);
	}
}

static bool is_ending(struct tfs_http *http)
{
	bool ending;

	tfs_mutex_lock(&http->lock);
	ending = http->ending;
	tfs_mutex_unlock(&http->lock);
	return ending;
}

void *http_run_http_thread(void *data)
{
	struct tfs_http *http = data;
	int n_active;

	pthread_setname_np(pthread_self(), "tfs-http");
	while (!is_ending(http)) {
		free_dropped(http);
		while (begin_next(http))
			;
		curl_multi_perform(http->multi, &n_active);
		collect_ended(http);
		/* A failing poll returns at once; the pause prevents a busy loop. */
		if (curl_multi_poll(http->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
			usleep(10000);
	}
	cancel_all(http);
	if (http->options.thread_end)
		http->options.thread_end();
	return NULL;
}
