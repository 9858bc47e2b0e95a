/* One HTTP exchange, from the first header to the answer. */
#ifndef SANDBOX_EXCHANGE_H
#define SANDBOX_EXCHANGE_H

#include <microhttpd.h>
#include <stddef.h>

enum { EXCHANGE_BODY_MAX = 8 << 20 };

/* Callbacks of libmicrohttpd; `cls` is the sandbox. */
void *sandbox_exchange_begin(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result sandbox_exchange_go_on(void *cls, struct MHD_Connection *connection, const char *url,
				       const char *method, const char *version, const char *upload, size_t *upload_len,
				       void **request);
void sandbox_exchange_end(void *cls, struct MHD_Connection *connection, void **request,
			  enum MHD_RequestTerminationCode why);

#endif
