/* One exchange on its way: what is sent, what came back. Who owns it when is written in http.c. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "tenantfs/http.h"

enum exchange_state { EXCHANGE_QUEUED, EXCHANGE_RUNNING, EXCHANGE_DONE };

struct exchange {
	struct tfs_http *http; /* borrowed */
	struct exchange *next,
		*prev; /* in http's queue (protected by its lock), later in the thread's own list */
	struct exchange *next_dropped; /* protected by http's lock */
	struct tfs_op *op;         /* the waiter's; protected by http's lock, NULL once it stopped waiting */
	enum exchange_state state; /* protected by http's lock */
	bool sent;                 /* protected by http's lock */
	atomic_bool done;

	/* Set by exchange_new, then only read. */
	char *text; /* all of url, method and headers: one block, wiped in the end */
	size_t text_len;
	const char *url, *method;
	struct curl_slist *headers; /* nodes in one block, texts in `text` */
	void *body;
	size_t body_len;
	uint64_t timeout_ms; /* left when handed over; UINT64_MAX: none */

	/* The thread's until done, then the waiter's. */
	CURL *easy;
	struct tfs_http_answer answer;
	size_t header_bytes;
	int failure; /* why a callback refused to go on; 0: none did */
	struct tfs_error error;
	char curl_error[CURL_ERROR_SIZE];
};

/*
 * Copies the request, so that the waiter may leave at any time. -EINVAL: bytes
 * that would break the headers.
 */
int exchange_new(struct tfs_http *http, struct tfs_op *op, const struct tfs_http_request *request,
		 struct exchange **ret);
void exchange_free(struct exchange *exchange);

/* A handle with the options that are the same for every exchange; NULL when out of memory. */
CURL *easy_new(const struct tfs_http_options *options);
/* Sets the exchange's own options; `prereq` is called with the exchange before its request goes out. */
int exchange_prepare(struct exchange *exchange, CURL *easy, curl_prereq_callback prereq);
/* Takes the exchange's pointers out of its handle. */
void exchange_release(struct exchange *exchange);

/* A line of the answer's head. 0; -EFBIG when the head grows past all reason. */
int answer_take_header(struct exchange *exchange, const char *line, size_t len);
/* What became of it, into exchange->error. */
void exchange_conclude(struct exchange *exchange, CURLcode code, uint64_t connect_timeout_ms);

/* "host:port" of an URL, for messages: start and length within it. */
const char *url_host(const char *url, size_t *ret_len);
bool host_is_loopback(const char *host, size_t len);

#endif
