/* What the sandbox makes of a body before a handler keeps it. */
#ifndef SANDBOX_BODY_H
#define SANDBOX_BODY_H

#include "call.h"

/*
 * Makes `call->body` a copy in which texts have the form in which they are read, and, if the sandbox is strict, the
 * members that are missing have the defaults of the row. `call->sent` keeps what came. 0 or -ENOMEM.
 */
int sandbox_body_take(struct call *call);

#endif
