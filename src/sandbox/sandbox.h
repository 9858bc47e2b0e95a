/* A running sandbox: its parts, and waits that end when it stops. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <microhttpd.h>

#include "box.h"
#include "fault-source.h"
#include "tenantfs/lock.h"

struct sandbox {
	struct box box;
	struct MHD_Daemon *daemon;
	struct fault_source *faults;
	int log;                  /* descriptor; -1: none */
	char *address;            /* "http://127.0.0.1:8080" */
	char *tls_key, *tls_cert; /* PEM; NULL without TLS */
	struct tfs_mutex lock;
	pthread_cond_t stopping;
	bool stop; /* protected by lock */
};

/* A sandbox without parts. NULL: out of memory. */
struct sandbox *sandbox_new(void);
/* Frees all parts; the HTTP daemon must have stopped. */
void sandbox_free(struct sandbox *sandbox);

/* Sleeps; ends early when the sandbox stops. */
void sandbox_wait(struct sandbox *sandbox, unsigned ms);
/* Ends all waits, present and future. */
void sandbox_end_waits(struct sandbox *sandbox);

#endif
