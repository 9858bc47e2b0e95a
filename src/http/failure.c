/* Translates curl's error codes into errno and message. */
#include "exchange.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

const char *http_url_host(const char *url, size_t *ret_len)
{
	const char *host = strstr(url, "://");
	const char *at;
	size_t len;

	host = host ? host + 3 : url;
	len = strcspn(host, "/?#");
	at = memrchr(host, '@', len);
	if (at) {
		len -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	*ret_len = len;
	return host;
}

bool http_host_is_loopback(const char *host, size_t len)
{
	size_t name_len = len;

	if (len > 0 && host[0] == '[')
		return len >= 5 && strncmp(host, "[::1]", 5) == 0;
	for (size_t i = 0; i < len; i++)
		if (host[i] == ':')
			name_len = i;
	if (name_len == 9 && strncasecmp(host, "localhost", 9) == 0)
		return true;
	return name_len > 4 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= name_len;
}

static const char *reason_of(const struct exchange *exchange, CURLcode code)
{
	long os_errno = 0;

	if (code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR) {
		curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &os_errno);
		if (os_errno != 0 && strerrordesc_np((int)os_errno))
			return strerrordesc_np((int)os_errno);
	}
	return exchange->curl_error[0] != '\0' ? exchange->curl_error : curl_easy_strerror(code);
}

/* Every format begins with the host as %.*s; expects `len` and `host` in scope. */
#define FAIL(errno_value, format, ...) \
	tfs_error_set(&exchange->error, errno_value, "http", format, (int)len, host, ##__VA_ARGS__)

static void conclude_callback(struct exchange *exchange)
{
	size_t len;
	const char *host = http_url_host(exchange->url, &len);

	if (exchange->failure == -EFBIG)
		FAIL(-EFBIG, "the answer of %.*s is larger than the %zu bytes allowed", exchange->answer.body.max);
	else
		FAIL(exchange->failure, "the answer of %.*s cannot be received: %s",
		     strerrordesc_np(-exchange->failure));
}

static void conclude_timeout(struct exchange *exchange, uint64_t connect_timeout_ms)
{
	size_t len;
	const char *host = http_url_host(exchange->url, &len);
	long sent = 0;

	curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &sent);
	if (sent == 0)
		FAIL(-EIO, "cannot connect to %.*s within %llu seconds",
		     (unsigned long long)(connect_timeout_ms + 999) / 1000);
	else
		FAIL(-ETIMEDOUT, "no answer of %.*s within the time allowed");
}

/* curl uses the same code before and after the request is sent; the status tells them apart. */
static void conclude_broken(struct exchange *exchange, CURLcode code)
{
	size_t len;
	const char *host = http_url_host(exchange->url, &len);
	long status = 0;

	curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 0)
		FAIL(-EIO, "%.*s closed the connection in the middle of its answer");
	else if (code == CURLE_GOT_NOTHING || code == CURLE_ABORTED_BY_CALLBACK)
		FAIL(-EIO, "%.*s closed the connection before its answer");
	else
		FAIL(-EIO, "%.*s closed the connection before its answer: %s", reason_of(exchange, code));
}

void http_exchange_conclude(struct exchange *exchange, CURLcode code, uint64_t connect_timeout_ms)
{
	size_t len;
	const char *host = http_url_host(exchange->url, &len);
	long status = 0;

	if (code == CURLE_OK) {
		curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
		exchange->answer.status = (int)status;
		return;
	}
	if (exchange->failure != 0) {
		conclude_callback(exchange);
		return;
	}
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		FAIL(-EIO, "the host name %.*s does not resolve");
		break;
	case CURLE_COULDNT_RESOLVE_PROXY:
		FAIL(-EIO, "the host name of the proxy for %.*s does not resolve");
		break;
	case CURLE_COULDNT_CONNECT:
		FAIL(-EIO, "cannot connect to %.*s: %s", reason_of(exchange, code));
		break;
	case CURLE_OPERATION_TIMEDOUT:
		conclude_timeout(exchange, connect_timeout_ms);
		break;
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		FAIL(-EBADMSG, "the certificate of %.*s has none of the keys that tls-pin names");
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_CACERT_BADFILE:
		FAIL(-EBADMSG, "the certificate of %.*s does not verify: %s", reason_of(exchange, code));
		break;
	case CURLE_SSL_CONNECT_ERROR:
		FAIL(-EIO, "TLS with %.*s cannot be set up: %s", reason_of(exchange, code));
		break;
	case CURLE_FILESIZE_EXCEEDED:
		FAIL(-EFBIG, "the answer of %.*s is larger than the %zu bytes allowed", exchange->answer.body.max);
		break;
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_ABORTED_BY_CALLBACK:
		conclude_broken(exchange, code);
		break;
	case CURLE_OUT_OF_MEMORY:
		tfs_error_set_memory(&exchange->error);
		break;
	case CURLE_URL_MALFORMAT:
		FAIL(-EINVAL, "the address of %.*s is not a URL");
		break;
	default:
		/* For example malformed headers. */
		FAIL(-EIO, "the exchange with %.*s failed: %s", reason_of(exchange, code));
	}
}
