/* Jobs that create a report for download. */
#ifndef SANDBOX_JOBS_H
#define SANDBOX_JOBS_H

#include "call.h"

enum { JOB_SECONDS = 120 }; /* the time a job takes */
#define JOB_KIND "report-job"

/*
 * When the body has `download`: starts a job, answers with its id and returns 1; refuses with 400 when nobody
 * is to be notified. Else 0.
 */
int sandbox_jobs_start(struct call *call);

#endif
