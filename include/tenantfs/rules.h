/* What a value must be besides its type, as the API document says: one check for clients and the sandbox. */
#ifndef TENANTFS_RULES_H
#define TENANTFS_RULES_H

#include <stdbool.h>

#include "tenantfs/buf.h"
#include "tenantfs/json.h"

/* Forms of a text. src/catalogue/formats.c says what each accepts. */
enum tfs_format {
	TFS_FORMAT_ANY,
	TFS_FORMAT_ANSI,
	TFS_FORMAT_BASE64,
	TFS_FORMAT_DIGITS,
	TFS_FORMAT_EMAIL,
	TFS_FORMAT_HEX_COLOR,
	TFS_FORMAT_HOSTNAME,
	TFS_FORMAT_IMAGE,
	TFS_FORMAT_RECENT_TIME,
	TFS_FORMAT_URI,
	TFS_FORMAT_URL,
};

struct tfs_rules {
	unsigned min_length, max_length; /* characters of a text, elements of an array; 0: no limit */
	const double *min, *max;         /* of a number; NULL: no limit */
	enum tfs_format format;
	const char *pattern; /* extended regular expression that a text matches; NULL: any */
};

/*
 * 0: the value meets the rules. -EINVAL: it does not; `ret_wanted` gets what it has to be, as words that follow "must
 * be": "at most 15 characters". -ENOMEM. Rules for other types do not apply. An empty text that is not `needed` is no
 * value and always meets length and format. `about` (may be NULL) describes the pattern.
 */
int tfs_rules_check(const struct tfs_rules *rules, const char *about, const json_t *value, bool needed,
		    struct tfs_buf *ret_wanted);

/* Whether the text has the format. */
bool tfs_format_fits(enum tfs_format format, const char *text);
/* "an email address"; "" for ANY. */
const char *tfs_format_words(enum tfs_format format);
/* Its name in the catalogue, which is that of JSON Schema where that has one. NULL for ANY. */
const char *tfs_format_name(enum tfs_format format);

#endif
