/* Sends an answer over libmicrohttpd. */
#ifndef SANDBOX_REPLY_H
#define SANDBOX_REPLY_H

#include "answer.h"
#include "sandbox.h"

/* Queues the answer as its fault demands; takes over its body. MHD_NO: close the connection. */
enum MHD_Result sandbox_reply_send(struct sandbox *sandbox, struct MHD_Connection *connection, const char *uuid,
				   const struct fault *fault, struct answer *answer);

#endif
