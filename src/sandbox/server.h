/* The sandbox as a server. */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "box.h"

/* The command line's options. Strings are borrowed until sandbox_start returns. */
struct sandbox_options {
	const char *data;
	/* "127.0.0.1:PORT", "[::1]:PORT"; NULL: loopback, at the last run's port or a free one */
	const char *listen;
	unsigned users; /* 0: a fresh tenant */
	uint64_t seed;
	bool tls;
	const char *fault; /* NULL: none */
	unsigned latency_ms;
	const char *log; /* NULL: no log */
	enum tfs_curve curve;
	enum box_mode mode;
	bool short_lists;
	struct login_way login;
};

struct sandbox;

/*
 * Serves in its own threads from now on; the files of DIR are written. -EINVAL: an option has an impossible
 * value.
 */
int sandbox_start(const struct sandbox_options *options, struct sandbox **ret, struct tfs_error *error);
/* Ends waits of requests in progress, answers them, closes. */
void sandbox_stop(struct sandbox *sandbox);
/* "http://127.0.0.1:8080"; borrowed. */
const char *sandbox_address(const struct sandbox *sandbox);

#endif
