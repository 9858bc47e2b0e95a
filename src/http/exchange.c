/* Creates and frees an exchange, and sets its curl options. */
#include "exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tenantfs/secret.h"

enum {
	RECEIVE_BUFFER = 64 * 1024,
	IDLE_SECONDS = 55,   /* common servers close an idle connection after a minute */
	STALL_SECONDS = 120, /* limit without a byte, for an exchange without a deadline */
	TIMEOUT_SLACK_MS = 2000,
	TIMEOUT_MAX_MS = 24 * 3600 * 1000,
};

static bool is_clean(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return false;
	return true;
}

static bool is_method(const char *method)
{
	size_t len = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return len > 0 && method[len] == '\0';
}

static size_t count_headers(const struct tfs_http_request *request)
{
	size_t n = 0;

	while (request->headers && request->headers[n])
		n++;
	return n;
}

static int check_request(const struct tfs_http_request *request)
{
	if (!is_method(request->method) || !is_clean(request->url))
		return -EINVAL;
	for (size_t i = 0; i < count_headers(request); i++)
		if (!is_clean(request->headers[i]))
			return -EINVAL;
	if (request->form_field && (!is_clean(request->form_field) || !is_clean(request->file_name)))
		return -EINVAL;
	return 0;
}

static bool has_header(const struct tfs_http_request *request, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < count_headers(request); i++)
		if (strncasecmp(request->headers[i], name, len) == 0 && request->headers[i][len] == ':')
			return true;
	return false;
}

static char *put_text(char **at, const char *text)
{
	char *start = *at;
	size_t len = strlen(text) + 1;

	memcpy(start, text, len);
	*at += len;
	return start;
}

/* Builds the curl_slist by hand: curl_slist_append would make copies of the headers that nobody wipes. */
static int copy_texts(struct exchange *exchange, const struct tfs_http_request *request)
{
	/* Empty headers keep curl from sending "Expect: 100-continue" and a form's Content-Type. */
	static const char no_expect[] = "Expect:", no_type[] = "Content-Type:";
	/* curl makes the type of a form. */
	bool typed = request->form_field || has_header(request, "content-type");
	size_t n = count_headers(request);
	size_t len = strlen(request->url) + 1 + strlen(request->method) + 1 + sizeof(no_expect) + sizeof(no_type);
	char *at;

	for (size_t i = 0; i < n; i++)
		len += strlen(request->headers[i]) + 1;
	if (request->form_field)
		len += strlen(request->form_field) + 1 + strlen(request->file_name) + 1;
	exchange->text = calloc(1, len);
	exchange->headers = calloc(n + 2, sizeof(*exchange->headers));
	if (!exchange->text || !exchange->headers)
		return -ENOMEM;
	exchange->text_len = len;
	at = exchange->text;
	exchange->url = put_text(&at, request->url);
	exchange->method = put_text(&at, request->method);
	if (request->form_field) {
		exchange->form_field = put_text(&at, request->form_field);
		exchange->file_name = put_text(&at, request->file_name);
	}
	for (size_t i = 0; i < n; i++) {
		exchange->headers[i].data = put_text(&at, request->headers[i]);
		exchange->headers[i].next = &exchange->headers[i + 1];
	}
	exchange->headers[n].data = put_text(&at, no_expect);
	if (!typed) {
		exchange->headers[n].next = &exchange->headers[n + 1];
		exchange->headers[n + 1].data = put_text(&at, no_type);
	}
	return 0;
}

static int copy_body(struct exchange *exchange, const struct tfs_http_request *request)
{
	if (!request->body)
		return 0;
	exchange->body = malloc(request->body_len + 1);
	if (!exchange->body)
		return -ENOMEM;
	memcpy(exchange->body, request->body, request->body_len);
	exchange->body_len = request->body_len;
	return 0;
}

int http_exchange_new(struct tfs_http *http, struct tfs_op *op, const struct tfs_http_request *request,
		      struct exchange **ret)
{
	struct exchange *exchange;
	int r = check_request(request);

	if (r < 0)
		return r;
	exchange = calloc(1, sizeof(*exchange));
	if (!exchange)
		return -ENOMEM;
	exchange->http = http;
	exchange->op = op;
	exchange->timeout_ms = tfs_op_left_ms(op);
	exchange->answer.body = TFS_BUF_INIT_SECRET(request->max_answer);
	r = copy_texts(exchange, request);
	if (r == 0)
		r = copy_body(exchange, request);
	if (r < 0) {
		http_exchange_free(exchange);
		return r;
	}
	*ret = exchange;
	return 0;
}

void http_exchange_free(struct exchange *exchange)
{
	if (!exchange)
		return;
	if (exchange->text)
		tfs_wipe(exchange->text, exchange->text_len);
	free(exchange->text);
	free(exchange->headers);
	/* The body of an unsealed endpoint may contain secrets. */
	tfs_wipe(exchange->body, exchange->body_len);
	free(exchange->body);
	tfs_http_answer_finish(&exchange->answer);
	free(exchange);
}

/* Allocates the whole body at once if Content-Length is known. */
static void reserve_body(struct exchange *exchange)
{
	curl_off_t length = -1;

	curl_easy_getinfo(exchange->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length > 0 && (size_t)length <= exchange->answer.body.max)
		tfs_buf_reserve(&exchange->answer.body, (size_t)length);
}

static size_t take_body(char *bytes, size_t size, size_t n, void *data)
{
	struct exchange *exchange = data;
	int r;

	if (exchange->answer.body.len == 0)
		reserve_body(exchange);
	r = tfs_buf_add(&exchange->answer.body, bytes, size * n);
	if (r < 0) {
		exchange->failure = r;
		return CURL_WRITEFUNC_ERROR;
	}
	return size * n;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *data)
{
	struct exchange *exchange = data;
	int r = http_answer_take_header(exchange, bytes, size * n);

	if (r < 0) {
		exchange->failure = r;
		return CURL_WRITEFUNC_ERROR;
	}
	return size * n;
}

static CURLcode set_common(CURL *easy, const struct tfs_http_options *options)
{
	CURLcode bad = CURLE_OK;

	bad |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	bad |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* Forward secrecy and authenticated encryption; TLS 1.3 has nothing else. */
	bad |= curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "ECDHE+AESGCM:ECDHE+CHACHA20");
	bad |= curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, options->tls_pin);
	bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "tenantfs");
	bad |= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
	bad |= curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
	/* Giving up one exchange must not wait for a dead name server: that would delay all others. */
	bad |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms);
	bad |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	bad |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	if (options->ca_file) {
		/* Trust only this bundle, not the system's certificate folder in addition. */
		bad |= curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
		bad |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	return bad;
}

CURL *http_easy_new(const struct tfs_http_options *options)
{
	CURL *easy = curl_easy_init();

	if (easy && set_common(easy, options) != CURLE_OK) {
		curl_easy_cleanup(easy);
		return NULL;
	}
	return easy;
}

static size_t read_form(char *out, size_t size, size_t n, void *data)
{
	struct exchange *exchange = data;
	size_t left = exchange->body_len - exchange->form_at, len = size * n < left ? size * n : left;

	if (len > 0)
		memcpy(out, (char *)exchange->body + exchange->form_at, len);
	exchange->form_at += len;
	return len;
}

/* A form of one file. curl reads it from the exchange, so that no copy is left unwiped. */
static CURLcode set_form(struct exchange *exchange, CURL *easy)
{
	curl_mimepart *part;
	CURLcode bad = CURLE_OK;

	exchange->form_at = 0;
	exchange->form = curl_mime_init(easy);
	part = exchange->form ? curl_mime_addpart(exchange->form) : NULL;
	if (!part)
		return CURLE_OUT_OF_MEMORY;
	bad |= curl_mime_name(part, exchange->form_field);
	bad |= curl_mime_filename(part, exchange->file_name);
	bad |= curl_mime_data_cb(part, (curl_off_t)exchange->body_len, read_form, NULL, NULL, exchange);
	bad |= curl_easy_setopt(easy, CURLOPT_MIMEPOST, exchange->form);
	return bad;
}

static CURLcode set_method(struct exchange *exchange, CURL *easy)
{
	const char *method = exchange->method;
	bool sends = exchange->body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
		     strcmp(method, "PATCH") == 0;
	CURLcode bad = CURLE_OK;

	bad |= curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_NOBODY, (long)(strcmp(method, "HEAD") == 0));
	if (exchange->form_field) {
		bad |= set_form(exchange, easy);
	} else if (sends) {
		bad |= curl_easy_setopt(easy, CURLOPT_POST, 1L);
		bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_len);
		bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, exchange->body ? exchange->body : (void *)"");
	}
	bad |= curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	return bad;
}

static CURLcode set_limits(struct exchange *exchange, CURL *easy)
{
	bool endless = exchange->timeout_ms == UINT64_MAX;
	long timeout = exchange->timeout_ms > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS : (long)exchange->timeout_ms;
	CURLcode bad = CURLE_OK;

	/* The waiter's deadline comes first; this limit ends an exchange whose waiter is gone. */
	bad |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, endless ? 0L : timeout + TIMEOUT_SLACK_MS);
	bad |= curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, endless ? 1L : 0L);
	bad |= curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, endless ? (long)STALL_SECONDS : 0L);
	bad |= curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)exchange->answer.body.max);
	return bad;
}

int http_exchange_prepare(struct exchange *exchange, CURL *easy, curl_prereq_callback prereq)
{
	size_t host_len;
	const char *host = http_url_host(exchange->url, &host_len);
	CURLcode bad = CURLE_OK;

	exchange->easy = easy;
	bad |= curl_easy_setopt(easy, CURLOPT_URL, exchange->url);
	bad |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
	bad |= curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
	bad |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	bad |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
	bad |= curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, prereq);
	bad |= curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
	bad |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->curl_error);
	/* "" disables the proxy; NULL uses the environment's. */
	bad |= curl_easy_setopt(easy, CURLOPT_PROXY, http_host_is_loopback(host, host_len) ? "" : NULL);
	bad |= set_method(exchange, easy);
	bad |= set_limits(exchange, easy);
	return bad == CURLE_OK ? 0 : -ENOMEM;
}

void http_exchange_release(struct exchange *exchange)
{
	CURL *easy = exchange->easy;

	exchange->easy = NULL;
	curl_easy_setopt(easy, CURLOPT_URL, NULL);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
	curl_easy_setopt(easy, CURLOPT_MIMEPOST, NULL);
	curl_mime_free(exchange->form);
	exchange->form = NULL;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, NULL);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, NULL);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, NULL);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
}
