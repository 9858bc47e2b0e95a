/* One exchange: request, state, response. http.c describes its ownership. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "tenantfs/http.h"

enum exchange_state { EXCHANGE_QUEUED, EXCHANGE_RUNNING, EXCHANGE_DONE };

struct exchange {
	struct tfs_http *http;         /* borrowed */
	struct exchange *next, *prev;  /* in http's queue (protected by http's lock), later in the thread's list */
	struct exchange *next_dropped; /* protected by http's lock */
	struct tfs_op *op;             /* the waiter's; protected by http's lock; NULL: it no longer waits */
	enum exchange_state state;     /* protected by http's lock */
	bool sent;                     /* protected by http's lock */
	atomic_bool done;

	/* Constant after http_exchange_new. */
	char *text; /* url, method and headers in one block, wiped when freed */
	size_t text_len;
	const char *url, *method;
	struct curl_slist *headers;         /* nodes in one block, texts in `text` */
	const char *form_field, *file_name; /* NULL: the body is no file of a form */
	void *body;
	size_t body_len;
	uint64_t timeout_ms; /* remaining at the start; UINT64_MAX: no deadline */

	/* Used by the thread until `done`, then by the waiter. */
	CURL *easy;
	curl_mime *form;
	size_t form_at; /* bytes of the body that curl has read */
	struct tfs_http_answer answer;
	size_t head_cost;
	int failure; /* negative errno of the callback that aborted; 0: none */
	struct tfs_error error;
	char curl_error[CURL_ERROR_SIZE];
};

/* Copies the request, so that the waiter may leave at any time. -EINVAL: bytes a header may not contain. */
int http_exchange_new(struct tfs_http *http, struct tfs_op *op, const struct tfs_http_request *request,
		      struct exchange **ret);
void http_exchange_free(struct exchange *exchange);

/* A curl handle with the options common to all exchanges; NULL: out of memory. */
CURL *http_easy_new(const struct tfs_http_options *options);
/* Sets the options of this exchange; curl calls `prereq` with it before sending the request. */
int http_exchange_prepare(struct exchange *exchange, CURL *easy, curl_prereq_callback prereq);
/* Clears the handle's pointers into the exchange. */
void http_exchange_release(struct exchange *exchange);

/* Parses one response header line. 0, or -EFBIG past the limit on the headers' size. */
int http_answer_take_header(struct exchange *exchange, const char *line, size_t len);
/* Sets the status, or translates curl's code into exchange->error. */
void http_exchange_conclude(struct exchange *exchange, CURLcode code, uint64_t connect_timeout_ms);

/* "host:port" within a URL, for messages. */
const char *http_url_host(const char *url, size_t *ret_len);
bool http_host_is_loopback(const char *host, size_t len);

#endif
