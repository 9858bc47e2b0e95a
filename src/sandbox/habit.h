/* Habits of a server that a fault rule demands: texts folded before they are stored, answers without a record. */
#ifndef SANDBOX_HABIT_H
#define SANDBOX_HABIT_H

#include "call.h"
#include "fault.h"

/* Whether the call only reads, so that its answer may be behind. */
bool sandbox_habit_reads(const struct call *call);
/* Before the call is carried out: folds the texts of its body that people write. */
void sandbox_habit_fold(struct call *call, const struct fault *fault);
/* After it: takes the record out of the answer. 0 or -ENOMEM. */
int sandbox_habit_answer(struct call *call, const struct fault *fault);

#endif
