/* The sandbox as a server. */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "tenantfs/envelope.h"

/* What the command line says. Texts are borrowed until sandbox_start returns. */
struct sandbox_options {
	const char *data;
	const char *listen; /* "127.0.0.1:PORT", "[::1]:PORT"; NULL: loopback, at the port of last time or a
			       free one */
	unsigned users; /* 0: a tenant nobody has worked in yet */
	uint64_t seed;
	bool tls;
	const char *fault; /* NULL: none */
	unsigned latency_ms;
	const char *log; /* NULL: no log */
	enum tfs_curve curve;
};

struct sandbox;

/* Serves in threads of its own from then on; DIR's files are written. -EINVAL: an option says what cannot be.
 */
int sandbox_start(const struct sandbox_options *options, struct sandbox **ret, struct tfs_error *error);
/* Ends the waits of requests under way, answers them, closes. */
void sandbox_stop(struct sandbox *sandbox);
/* "http://127.0.0.1:8080"; borrowed. */
const char *sandbox_address(const struct sandbox *sandbox);

#endif
