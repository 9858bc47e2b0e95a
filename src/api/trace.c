/* The trace link: logs one line for each attempt, without bodies and without the values in the path. */
#include "client.h"
#include "tenantfs/clock.h"
#include "tenantfs/log.h"

int api_trace_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	uint64_t start = tfs_clock_ms();
	int r = run_next(link, op, exchange);
	unsigned long long ms = tfs_clock_ms() - start;
	const char *echoed = exchange->http.request_id;

	/* The request id of the operation is that of its last write, not of a later read. */
	if (!exchange->endpoint->reads)
		tfs_op_set_request(op, exchange->uuid);
	if (r < 0)
		tfs_log(TFS_LOG_DEBUG, tfs_op_id(op), "%s %s: %s after %llu ms, attempt %u, request %s",
			exchange->endpoint->method, exchange->endpoint->path, tfs_error_name(r), ms, exchange->attempt,
			exchange->uuid);
	else
		tfs_log(TFS_LOG_DEBUG, tfs_op_id(op), "%s %s: %d after %llu ms, attempt %u, request %s%s%s",
			exchange->endpoint->method, exchange->endpoint->path, exchange->http.status, ms,
			exchange->attempt, exchange->uuid, echoed[0] != '\0' ? ", echoed " : "", echoed);
	return r;
}
