/* Parses --listen; refuses addresses that other machines can reach. */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int refuse_text(const char *text, struct tfs_error *error)
{
	return tfs_error_set(error, -EINVAL, "sandbox", "--listen %s: not ADDRESS:PORT", text);
}

/* Splits the text into host and port; false: it is neither. */
static bool split(const char *text, char host[64], const char **ret_port)
{
	const char *end = text[0] == '[' ? strchr(text, ']') : strchr(text, ':');
	const char *from = text[0] == '[' ? text + 1 : text;

	if (text[0] == '[' && !end)
		return false;
	size_t len = end ? (size_t)(end - from) : strlen(from);
	if (len == 0 || len >= 64)
		return false;
	memcpy(host, from, len);
	host[len] = '\0';
	const char *rest = end ? end + (*end == ']') : "";
	*ret_port = *rest == ':' ? rest + 1 : NULL;
	return !*rest || *rest == ':';
}

static bool set_host(struct listen_address *address, const char *host, bool *ret_loopback)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&address->addr;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->addr;

	if (!strcmp(host, "localhost"))
		host = "127.0.0.1";
	memset(&address->addr, 0, sizeof(address->addr));
	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		address->addr.ss_family = AF_INET;
		*ret_loopback = ntohl(four->sin_addr.s_addr) >> 24 == 127;
		snprintf(address->host, sizeof(address->host), "%s", host);
		return true;
	}
	if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
		address->addr.ss_family = AF_INET6;
		*ret_loopback = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
		snprintf(address->host, sizeof(address->host), "[%.60s]", host);
		return true;
	}
	return false;
}

int sandbox_listen_parse(const char *text, struct listen_address *ret, struct tfs_error *error)
{
	char host[64];
	const char *port_text = NULL;
	char *end = NULL;
	bool loopback = false;

	if (!split(text, host, &port_text) || !set_host(ret, host, &loopback))
		return refuse_text(text, error);
	unsigned long port = port_text ? strtoul(port_text, &end, 10) : 0;
	if (port_text && (!*port_text || *end || port > 65535 || strspn(port_text, "0123456789") != strlen(port_text)))
		return refuse_text(text, error);
	if (!loopback)
		return tfs_error_set(error, -EINVAL, "sandbox", "--listen %s: not a loopback address", text);
	sandbox_listen_set_port(ret, (uint16_t)port);
	return 0;
}

uint16_t sandbox_listen_port(const struct listen_address *address)
{
	if (address->addr.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)&address->addr)->sin6_port);
	return ntohs(((const struct sockaddr_in *)&address->addr)->sin_port);
}

void sandbox_listen_set_port(struct listen_address *address, uint16_t port)
{
	if (address->addr.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&address->addr)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)&address->addr)->sin_port = htons(port);
}

int sandbox_listen_open(struct listen_address *address)
{
	struct sockaddr_storage bound;
	socklen_t len;
	int fd = socket(address->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, r = 0;

	if (fd < 0)
		return -errno;
	/* Allows the port of a sandbox that has just ended. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	len = address->addr.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	if (bind(fd, (const struct sockaddr *)&address->addr, len) < 0 || listen(fd, SOMAXCONN) < 0)
		r = -errno;
	len = sizeof(bound);
	if (r == 0 && getsockname(fd, (struct sockaddr *)&bound, &len) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	address->addr = bound;
	return fd;
}
