/* The rich error: what a user is told when something is refused. */
#ifndef TENANTFS_ERROR_H
#define TENANTFS_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

enum {
	TFS_ERROR_MESSAGE = 512,
	TFS_ERROR_MEMBER = 160,
	TFS_ERROR_REQUEST = 48,
};

/*
 * One failure. `code` is a negative errno and the only part the kernel sees;
 * the rest travels beside it to `user.tenantfs.error`, errors.json and the
 * command line. Plain data: may be copied, needs no release.
 */
struct tfs_error {
	int code;                           /* negative errno; 0: no error */
	const char *origin;                 /* static text: "document", "api", "http", "envelope" … */
	int status;                         /* HTTP status; 0: no answer was involved */
	bool doubtful;                      /* refused in the end, but an earlier try may have been carried out */
	int line, column;                   /* 1-based place in the text; 0: none */
	char member[TFS_ERROR_MEMBER];      /* JSON pointer of the member concerned; "" none */
	char request_id[TFS_ERROR_REQUEST]; /* uuid of the request; "" none */
	char message[TFS_ERROR_MESSAGE];    /* one sentence, no newline, no secret */
};

/*
 * Empties `error`, fills code, origin and message; returns `code`. `error` may be NULL. Control
 * bytes become '?'.
 */
int tfs_error_set(struct tfs_error *error, int code, const char *origin, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int tfs_error_setv(struct tfs_error *error, int code, const char *origin, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));

/* Puts `format` in front of the message that stands there; returns error->code. */
int tfs_error_prefix(struct tfs_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

void tfs_error_clear(struct tfs_error *error);

/* "EINVAL" for -EINVAL; "E?" for a number without a name. */
const char *tfs_error_name(int code);

#endif
