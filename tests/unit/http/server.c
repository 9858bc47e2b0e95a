/*
 * A small HTTP server for tests, on a free loopback port: one thread per connection, a function of the test
 * for each request. Test programs include this file instead of linking it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tenantfs/lock.h"

enum { SERVER_CONNECTIONS = 2048, SERVER_HEAD = 65536 };

struct request {
	char method[16], path[2048];
	char head[SERVER_HEAD]; /* all headers with the empty line */
	char *body;
	size_t body_len;
};

struct server;
/* Answers one request; false closes the connection. */
typedef bool (*server_handler)(struct server *server, int fd, const struct request *request);

struct server {
	server_handler handle;
	void *context;
	int listener, port;
	pthread_t acceptor;
	atomic_bool stopping;
	atomic_uint requests, connections;
	struct tfs_mutex lock;
	int fds[SERVER_CONNECTIONS];           /* protected by lock; -1: closed */
	pthread_t threads[SERVER_CONNECTIONS]; /* used by the accepting thread until it is joined */
};

struct connection {
	struct server *server;
	unsigned number;
};

#define SERVER_UNUSED __attribute__((unused))

static SERVER_UNUSED bool server_send(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t put = send(fd, at, len, MSG_NOSIGNAL);

		if (put <= 0)
			return false;
		at += put;
		len -= (size_t)put;
	}
	return true;
}

/* `headers`: each followed by "\r\n"; may be "". */
static SERVER_UNUSED bool server_reply(int fd, int status, const char *headers, const char *body)
{
	char head[4096];
	int len = snprintf(head, sizeof(head), "HTTP/1.1 %d Test\r\n%sContent-Length: %zu\r\n\r\n", status, headers,
			   strlen(body));

	return server_send(fd, head, (size_t)len) && server_send(fd, body, strlen(body));
}

/* Sleeps `ms`, or until the server stops. */
static SERVER_UNUSED void server_pause(struct server *server, unsigned ms)
{
	for (unsigned i = 0; i < ms && !atomic_load(&server->stopping); i += 5)
		usleep(5000);
}

/* Copies the value of a header to `out`; "": no such header. */
static SERVER_UNUSED void server_header(const struct request *request, const char *name, char *out, size_t room)
{
	const char *at = request->head;
	size_t name_len = strlen(name);

	out[0] = '\0';
	while ((at = strstr(at, "\r\n"))) {
		at += 2;
		if (strncasecmp(at, name, name_len) != 0 || at[name_len] != ':')
			continue;
		at += name_len + 1;
		at += strspn(at, " ");
		snprintf(out, room, "%.*s", (int)strcspn(at, "\r\n"), at);
		return;
	}
}

static bool read_head(int fd, struct request *request, size_t *ret_len, size_t *ret_head_len)
{
	size_t len = 0;

	for (;;) {
		ssize_t got = recv(fd, request->head + len, sizeof(request->head) - 1 - len, 0);
		char *end;

		if (got <= 0)
			return false;
		len += (size_t)got;
		request->head[len] = '\0';
		end = strstr(request->head, "\r\n\r\n");
		if (!end)
			continue;
		*ret_len = len;
		*ret_head_len = (size_t)(end + 4 - request->head);
		return true;
	}
}

static bool read_request(int fd, struct request *request)
{
	size_t len, head_len, have;
	char length[32];

	if (!read_head(fd, request, &len, &head_len))
		return false;
	if (sscanf(request->head, "%15s %2047s", request->method, request->path) != 2)
		return false;
	server_header(request, "content-length", length, sizeof(length));
	request->body_len = strtoul(length, NULL, 10);
	request->body = calloc(1, request->body_len + 1);
	have = len - head_len;
	memcpy(request->body, request->head + head_len, have);
	request->head[head_len] = '\0';
	while (have < request->body_len) {
		ssize_t got = recv(fd, request->body + have, request->body_len - have, 0);

		if (got <= 0)
			return false;
		have += (size_t)got;
	}
	return true;
}

static void *serve_connection(void *data)
{
	struct connection *connection = data;
	struct server *server = connection->server;
	struct request *request = calloc(1, sizeof(*request));
	bool go_on = true;
	int fd;

	tfs_mutex_lock(&server->lock);
	fd = server->fds[connection->number];
	tfs_mutex_unlock(&server->lock);
	while (go_on && read_request(fd, request)) {
		atomic_fetch_add(&server->requests, 1);
		go_on = server->handle(server, fd, request);
		free(request->body);
		request->body = NULL;
	}
	tfs_mutex_lock(&server->lock);
	close(fd);
	server->fds[connection->number] = -1;
	tfs_mutex_unlock(&server->lock);
	free(request->body);
	free(request);
	free(connection);
	return NULL;
}

static void *accept_connections(void *data)
{
	struct server *server = data;
	unsigned n = 0;

	while (n < SERVER_CONNECTIONS) {
		struct connection *connection;
		int fd = accept(server->listener, NULL, NULL);

		if (fd < 0)
			break;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
		connection = calloc(1, sizeof(*connection));
		connection->server = server;
		connection->number = n;
		tfs_mutex_lock(&server->lock);
		server->fds[n] = fd;
		tfs_mutex_unlock(&server->lock);
		atomic_fetch_add(&server->connections, 1);
		pthread_create(&server->threads[n++], NULL, serve_connection, connection);
	}
	for (unsigned i = 0; i < n; i++) {
		tfs_mutex_lock(&server->lock);
		if (server->fds[i] >= 0)
			shutdown(server->fds[i], SHUT_RDWR);
		tfs_mutex_unlock(&server->lock);
		pthread_join(server->threads[i], NULL);
	}
	return NULL;
}

static SERVER_UNUSED struct server *server_start(server_handler handle, void *context)
{
	struct server *server = calloc(1, sizeof(*server));
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	server->handle = handle;
	server->context = context;
	tfs_mutex_init(&server->lock);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(server->listener, 64) < 0 || getsockname(server->listener, (struct sockaddr *)&address, &len) < 0)
		abort();
	server->port = ntohs(address.sin_port);
	pthread_create(&server->acceptor, NULL, accept_connections, server);
	return server;
}

static SERVER_UNUSED void server_stop(struct server *server)
{
	atomic_store(&server->stopping, true);
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->acceptor, NULL);
	close(server->listener);
	tfs_mutex_destroy(&server->lock);
	free(server);
}
