/* Jobs that make a report to be downloaded. */
#ifndef SANDBOX_JOBS_H
#define SANDBOX_JOBS_H

#include "call.h"

enum { JOB_SECONDS = 120 }; /* a job takes so long */
#define JOB_KIND "report-job"

/*
 * When the body has `download`: starts a job for it, answers with its id and returns 1; a refusal of 400
 * without anybody to notify. Else 0.
 */
int jobs_start(struct call *call);

#endif
