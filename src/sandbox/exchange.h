/* What one HTTP exchange needs of the server around it. */
#ifndef SANDBOX_EXCHANGE_H
#define SANDBOX_EXCHANGE_H

#include <microhttpd.h>
#include <pthread.h>

#include "box.h"
#include "fault-source.h"

enum { EXCHANGE_BODY_MAX = 8 << 20 };

struct sandbox {
	struct box box;
	struct MHD_Daemon *daemon;
	struct fault_source *faults;
	int log;                  /* descriptor; -1: none */
	char *address;            /* "http://127.0.0.1:8080" */
	char *tls_key, *tls_cert; /* PEM; NULL without TLS */
	pthread_mutex_t lock;
	pthread_cond_t stopping;
	bool stop; /* protected by lock */
};

/* Sleeps, or until the server stops. */
void exchange_wait(struct sandbox *sandbox, unsigned ms);

/* Callbacks of libmicrohttpd; `cls` is the sandbox. */
void *exchange_begin(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_go_on(void *cls, struct MHD_Connection *connection, const char *url,
			       const char *method, const char *version, const char *upload,
			       size_t *upload_len, void **request);
void exchange_end(void *cls, struct MHD_Connection *connection, void **request,
		  enum MHD_RequestTerminationCode why);

#endif
