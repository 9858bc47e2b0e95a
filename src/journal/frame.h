/* One line of the journal: "CHECKSUM LETTER SEQ JSON\n". */
#ifndef TENANTFS_JOURNAL_FRAME_H
#define TENANTFS_JOURNAL_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "tenantfs/json.h"

enum {
	FRAME_INTENT = 'I',
	FRAME_OUTCOME = 'O',
	FRAME_RECORDED = 'R',
	FRAME_MAX = 160 << 20, /* bytes of a line */
};

struct frame {
	char letter;
	uint64_t seq;
	const char *json; /* borrowed, not terminated */
	size_t json_len;
	size_t len; /* of the whole line, with its newline */
};

/* Appends the line to `out`. 0 or a negative errno. */
int journal_frame_print(struct tfs_buf *out, char letter, uint64_t seq, const json_t *value);
/* Reads the line at the start of `bytes`. -EBADMSG: torn, changed, or not a line of the journal. */
int journal_frame_read(const char *bytes, size_t len, struct frame *ret);

#endif
