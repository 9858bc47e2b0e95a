/* The HTTP client: blocking calls for any number of threads, all transfers on one thread. */
#ifndef TENANTFS_HTTP_H
#define TENANTFS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tenantfs/buf.h"
#include "tenantfs/op.h"

struct tfs_http;

struct tfs_http_options {
	const char *ca_file;         /* PEM bundle, or NULL for the system's */
	const char *tls_pin;         /* digests of the keys the server may have, "sha256//BASE64;…"; NULL: any */
	uint64_t connect_timeout_ms; /* 0: 10 s */
	unsigned max_connections;    /* to the one host; 0: 8 */
	void (*thread_end)(void);    /* called at the thread's end, to free thread-local state; may be NULL */
};

/* Starts the thread. 0 or a negative errno. */
int tfs_http_new(const struct tfs_http_options *options, struct tfs_http **ret, struct tfs_error *error);
/* Ends running calls with -ECANCELED and joins the thread. */
void tfs_http_free(struct tfs_http *http);

struct tfs_http_request {
	const char *method;
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
	const void *body;           /* NULL: none */
	size_t body_len;
	const char *form_field; /* the body is sent as a file of a form, in this field; NULL: as it is */
	const char *file_name;  /* of that file */
	size_t max_answer;      /* ceiling on the answer's body, bytes */
};

struct tfs_http_answer {
	int status;
	struct tfs_buf body;
	uint32_t retry_after_s; /* from Retry-After (seconds or a date); 0: none */
	char request_id[48];    /* header requestid; "" none */
	char content_type[64];
	char content_disposition[256];
	char *location;      /* NULL: none */
	int64_t server_time; /* Date header, epoch seconds; 0: none */
};
void tfs_http_answer_finish(struct tfs_http_answer *answer);

/*
 * Sends the request and waits for the response until the operation's deadline. Follows no redirect and never
 * sends twice. Thread-safe. The request is copied: it and `op` may be freed as soon as this returns.
 * 0 for any HTTP status. -EIO unreachable or connection closed, -ETIMEDOUT, -EINTR, -EFBIG past max_answer,
 * -EBADMSG certificate not valid, -EINVAL bytes a header may not contain, -ECANCELED client freed.
 * `*sent` (always set): the request may have reached the server.
 */
int tfs_http_call(struct tfs_http *http, struct tfs_op *op, const struct tfs_http_request *request,
		  struct tfs_http_answer *ret_answer, bool *sent);

#endif
