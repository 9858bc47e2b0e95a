/* The log of requests, one JSON line each, for tests to read. */
#ifndef SANDBOX_JOURNAL_H
#define SANDBOX_JOURNAL_H

#include "call.h"
#include "fault.h"

/* Descriptor to append to, or a negative errno. */
int journal_open(const char *path, struct tfs_error *error);
/*
 * Members: time (epoch seconds), method, path (below the base), query, endpoint (the path as the catalogue
 * has it, or null), status (0: no answer is given), body and requestid (opened, or null), fault (or null),
 * actor, ms. One write, so lines of several threads never mix; when it returns the line can be read.
 */
void journal_write(int fd, const struct call *call, int status, const struct fault *fault, uint64_t ms);

#endif
