/* What an answer shows of the records that a strict sandbox keeps. */
#ifndef SANDBOX_SHOWN_H
#define SANDBOX_SHOWN_H

#include "call.h"

/*
 * Takes the write-only members of the kinds out of the answer, and names the id as the example of the answer does, or
 * as the row prefers. 0 or -ENOMEM.
 */
int sandbox_shown_limit(struct call *call);

#endif
