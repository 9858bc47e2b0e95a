/* Makes the bytes of the answer of a finished call, faults included. */
#ifndef SANDBOX_ANSWER_H
#define SANDBOX_ANSWER_H

#include "call.h"
#include "fault.h"

struct answer {
	int status;
	struct tfs_buf body; /* empty: no body */
	const char *type;
	const char *location, *disposition; /* of a redirection, of a download; NULL: none */
	bool sealed;
};

/* Fills `answer`; release it with sandbox_answer_finish. 0 or a negative errno; `answer` is then unusable. */
int sandbox_answer_build(struct call *call, const struct fault *fault, struct answer *answer);
void sandbox_answer_finish(struct answer *answer);

/* Applies a fault to the JSON text inside the envelope. */
int sandbox_answer_spoil(const struct fault *fault, struct tfs_buf *text);
/* Gives the records another form, as a fault demands. */
int sandbox_answer_shape(const struct fault *fault, struct tfs_buf *text);
/* Takes members out of the records of a list, if each can be read by its id. */
int sandbox_answer_shorten(const struct tfs_endpoint *endpoint, struct tfs_buf *text);
/* The array of records in an answer, borrowed; NULL: there is none. */
json_t *sandbox_answer_records(json_t *value);
/* Replaces the text by a value, which is taken over. */
int sandbox_answer_print(json_t *value, struct tfs_buf *text);
/* Writes `len` bytes from `offset` of the body of the fault "huge" into `out`. */
void sandbox_answer_huge(uint64_t offset, char *out, size_t len);
#define ANSWER_HUGE_BYTES (200ull << 20)

#endif
