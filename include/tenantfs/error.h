/* The rich error: an errno with origin, HTTP status, member, place and message for the user. */
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
 * One failure. The kernel sees only `code`; the rest reaches the user through the attribute
 * `user.tenantfs.error`, errors.json and the command line. Plain data: may be copied, needs no release.
 */
struct tfs_error {
	int code;                           /* negative errno; 0: no error */
	const char *origin;                 /* static text: "document", "api", "http", "envelope" … */
	int status;                         /* HTTP status; 0: no answer was received */
	bool doubtful;                      /* refused in the end, but an earlier try may have succeeded */
	int line, column;                   /* 1-based position in the text; 0: none */
	char member[TFS_ERROR_MEMBER];      /* JSON pointer of the offending member; "" none */
	char request_id[TFS_ERROR_REQUEST]; /* uuid of the request; "" none */
	char message[TFS_ERROR_MESSAGE];    /* one sentence, no newline, no secret */
};

/*
 * Replaces the whole error: sets code, origin and message, clears the rest. Returns `code`.
 * `error` may be NULL. The message is tamed (tfs_utf8_tame) and cut between characters.
 */
int tfs_error_set(struct tfs_error *error, int code, const char *origin, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int tfs_error_setv(struct tfs_error *error, int code, const char *origin, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));

/* Sets "out of memory" and returns -ENOMEM. `error` may be NULL. */
int tfs_error_set_memory(struct tfs_error *error);

/* Inserts text before the message; returns error->code. */
int tfs_error_prefix(struct tfs_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Names the offending member. The pointer is tamed and cut between characters, so that it is always valid UTF-8. */
void tfs_error_set_member(struct tfs_error *error, const char *pointer);

void tfs_error_clear(struct tfs_error *error);

/* "EINVAL" for -EINVAL; "E?" for a number without a name. */
const char *tfs_error_name(int code);

#endif
