/* The request log, one JSON line per request, for tests to read. */
#ifndef SANDBOX_JOURNAL_H
#define SANDBOX_JOURNAL_H

#include "call.h"
#include "fault.h"

/* A descriptor to append to, or a negative errno. */
int sandbox_journal_open(const char *path, struct tfs_error *error);
/*
 * Members: time (epoch seconds), method, path (below the base), query, endpoint (its path in the catalogue,
 * or null), status (0: no answer), body and requestid (opened, or null), fault (or null), actor, ms. One
 * write per line, so lines of several threads never mix; the line is readable when this returns.
 */
void sandbox_journal_write(int fd, const struct call *call, int status, const struct fault *fault, uint64_t ms);

#endif
