/* From a finished call to the bytes of its answer, faults included. */
#ifndef SANDBOX_ANSWER_H
#define SANDBOX_ANSWER_H

#include "call.h"
#include "fault.h"

struct answer {
	int status;
	struct tfs_buf body; /* empty: no body */
	const char *type;    /* content type */
	bool sealed;
};

/* Fills `answer` (body made by TFS_BUF_INIT). 0 or a negative errno; then the answer is unusable. */
int answer_build(struct call *call, const struct fault *fault, struct answer *answer);
void answer_finish(struct answer *answer);

/* What a fault does to the JSON text inside of the envelope. */
int answer_spoil(const struct fault *fault, struct tfs_buf *text);
/* Bytes an answer of the fault "huge" has: `len` of them from `offset` on into `out`. */
void answer_huge(uint64_t offset, char *out, size_t len);
#define ANSWER_HUGE_BYTES (200ull << 20)

#endif
