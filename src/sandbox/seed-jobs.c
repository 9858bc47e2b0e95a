/* Seeds report jobs: some finished long ago, one cancelled. */
#include <errno.h>
#include <time.h>

#include "jobs.h"
#include "seed-data.h"
#include "session.h"

int sandbox_seed_jobs(const struct seed_place *place)
{
	static const struct {
		const char *report, *status;
		int hours;
	} jobs[] = { { "audit_log", "Pending", 700 }, { "metrics", "Cancelled", 90 }, { "events", "Pending", 26 } };
	uint64_t state = sandbox_seed_state(place->seed, place->community, 901);
	long long now = (long long)time(NULL) * 1000;
	int r = 0;

	for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs) && r == 0; i++) {
		char id[SEED_UUID];
		sandbox_seed_uuid(&state, id);
		cleanup_json json_t *job = json_pack("{s:s, s:I, s:s, s:s, s:[s], s:s}", "jobId", id, "createdAt",
						     (json_int_t)(now - jobs[i].hours * 3600000LL), "status",
						     jobs[i].status, "requestedBy", SESSION_LOGIN, "sendNotificationTo",
						     "audit@example.com", "report", jobs[i].report);
		r = job ? sandbox_store_put(place->store, place->community, JOB_KIND, id, job) : -ENOMEM;
	}
	return r;
}
