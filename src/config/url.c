/* Checks the tenant's URL and its pinned public key. */
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *authority_of(const char *url, size_t *ret_len)
{
	const char *start = strstr(url, "://");

	start = start ? start + 3 : url;
	*ret_len = strcspn(start, "/?#");
	return start;
}

char *config_host_of_url(const char *url)
{
	size_t len, host_len;
	const char *host = authority_of(url, &len);

	if (len > 0 && host[0] == '[') {
		host++;
		host_len = strcspn(host, "]");
	} else {
		host_len = strcspn(host, ":/?#");
	}
	return strndup(host, host_len);
}

bool config_is_loopback(const char *host)
{
	unsigned a, b, c, d;
	char extra;

	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0)
		return true;
	return sscanf(host, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &extra) == 4 && a == 127 && b < 256 && c < 256 &&
	       d < 256;
}

static const char *find_fault(const char *url)
{
	bool secure = strncasecmp(url, "https://", 8) == 0;
	cleanup_free char *host = NULL;
	size_t len;
	const char *authority;

	if (!secure && strncasecmp(url, "http://", 7) != 0)
		return "must begin with https://";
	for (const char *c = url; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 127)
			return "must not contain spaces or control bytes";
	authority = authority_of(url, &len);
	if (memchr(authority, '@', len))
		return "must not contain a user name or password";
	if (strpbrk(url, "?#"))
		return "must not contain a query or a fragment";
	host = config_host_of_url(url);
	if (!host || host[0] == '\0')
		return "names no host";
	if (!secure && !config_is_loopback(host))
		return "must begin with https:// (http:// is for this machine only)";
	return NULL;
}

int config_check_url(char *url, const char **ret_reason)
{
	const char *fault = find_fault(url);
	size_t len = strlen(url);

	if (fault) {
		*ret_reason = fault;
		return -EINVAL;
	}
	while (url[len - 1] == '/')
		url[--len] = '\0';
	return 0;
}

bool config_is_public_key(const char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return strspn(text, alphabet) == 86 && strcmp(text + 86, "==") == 0;
}
