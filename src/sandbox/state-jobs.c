/* Report jobs: started by calls with `download`, listed, cancelled while running. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs.h"
#include "record.h"
#include "routes.h"
#include "tenantfs/digest.h"
#include "window.h"

static int start(struct call *call, json_t *notified)
{
	const char *path = call->endpoint->path;
	char id[TFS_UUID_TEXT];

	if (tfs_uuid(id) < 0)
		return -EIO;
	cleanup_json json_t *job =
		json_pack("{s:s, s:I, s:s, s:s, s:O, s:s}", "jobId", id, "createdAt",
			  (json_int_t)sandbox_record_now_ms(), "status", "Pending", "requestedBy",
			  sandbox_call_actor(call), "sendNotificationTo", notified, "report", strrchr(path, '/') + 1);
	int r = job ? sandbox_store_put(call->box->store, call->community->id, JOB_KIND, id, job) : -ENOMEM;
	if (r == 0)
		r = sandbox_call_answer(call, json_pack("{s:s}", "jobId", id));
	call->wrote = true;
	return r < 0 ? r : 1;
}

int sandbox_jobs_start(struct call *call)
{
	json_t *list = json_object_get(sandbox_call_member(call, "download"), "notificationList");

	return sandbox_call_member(call, "download") ? start(call, list) : 0;
}

/* A job whose time has passed is shown as done. */
static int show_job(const struct call *call, json_t *job)
{
	const char *status = tfs_json_text(job, "status");
	const char *id = tfs_json_text(job, "jobId");
	long long done = json_integer_value(json_object_get(job, "createdAt")) + JOB_SECONDS * 1000LL;
	cleanup_free char *link = NULL;

	if (strcmp(status, "Pending") || done > sandbox_record_now_ms())
		return 0;
	if (asprintf(&link, "https://%s/downloads/reports/tenant/%s/community/%s/job/%s/report.csv", BOX_DNS,
		     call->box->tenant_id, call->community->id, id) < 0) {
		link = NULL;
		return -ENOMEM;
	}
	cleanup_json json_t *more = json_pack("{s:s, s:I, s:i, s:s}", "status", "Completed", "completedAt",
					      (json_int_t)done, "size", 1234, "downloadLink", link);
	return more ? json_object_update(job, more) : -ENOMEM;
}

struct order {
	const char *field;
	bool descending;
};

static int compare_values(const json_t *a, const json_t *b)
{
	if (json_is_string(a) && json_is_string(b))
		return strcmp(json_string_value(a), json_string_value(b));
	double x = json_number_value(a), y = json_number_value(b);
	return x < y ? -1 : x > y;
}

static int compare_jobs(const void *a, const void *b, void *order_)
{
	const struct order *order = order_;
	int r = compare_values(json_object_get(*(json_t *const *)a, order->field),
			       json_object_get(*(json_t *const *)b, order->field));

	return order->descending ? -r : r;
}

/* Sorts by the first requested member, else in the order of their start. */
static int sort_jobs(const struct call *call, json_t *list)
{
	const json_t *wanted = json_array_get(sandbox_call_member(call, "sort"), 0);
	const char *direction = tfs_json_text(wanted, "order");
	struct order order = { .field = tfs_json_text(wanted, "field"),
			       .descending = direction && !strcmp(direction, "desc") };
	size_t n = json_array_size(list);
	cleanup_free json_t **jobs = calloc(n + 1, sizeof(*jobs));

	if (!jobs)
		return -ENOMEM;
	if (!order.field)
		return 0;
	for (size_t i = 0; i < n; i++)
		jobs[i] = json_incref(json_array_get(list, i));
	qsort_r(jobs, n, sizeof(*jobs), compare_jobs, &order);
	json_array_clear(list);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, jobs[i]);
	return 0;
}

int sandbox_serve_jobs(struct call *call)
{
	struct store_events page = { 0 };
	json_t *sort = sandbox_call_member(call, "sort");
	cleanup_json json_t *list = NULL;
	cleanup_json json_t *data = json_array();
	size_t index;
	json_t *job;
	int r = data ? sandbox_window_read_page(call, &page) : -ENOMEM;

	if (r == 0)
		r = sandbox_store_list(call->box->store, call->community->id, JOB_KIND, &list);
	json_array_foreach (list, index, job)
		r = r < 0 ? r : show_job(call, job);
	if (r == 0)
		r = sort_jobs(call, list);
	json_array_foreach (list, index, job) {
		if (r == 0 && (long long)index / page.size == page.index && json_array_append(data, job) < 0)
			r = -ENOMEM;
	}
	if (r < 0)
		return r;
	json_t *head = sandbox_window_page(&page, (long long)json_array_size(list));
	if (head && sort)
		json_object_set(head, "sort", sort);
	return sandbox_call_answer(call, json_pack("{s:o, s:O}", "page", head, "data", data));
}

int sandbox_serve_job_cancel(struct call *call)
{
	const char *id = sandbox_call_param(call, "jobId");
	cleanup_json json_t *job = NULL;
	int r = sandbox_store_get(call->box->store, call->community->id, JOB_KIND, id, &job);

	if (r == 0)
		r = show_job(call, job);
	if (r == -ENOENT)
		return call_refuse(call, 404, "jobId", "no job has this id");
	if (r == 0 && strcmp(tfs_json_text(job, "status"), "Pending"))
		return call_refuse(call, 404, "jobId", "the job is not running");
	if (r == 0 && json_object_set_new(job, "status", json_string("Cancelled")) < 0)
		r = -ENOMEM;
	if (r == 0)
		r = sandbox_store_put(call->box->store, call->community->id, JOB_KIND, id, job);
	return r < 0 ? r : sandbox_call_done(call);
}

/* Calls that only start a job; one of them needs nobody to notify. */
int sandbox_serve_export(struct call *call)
{
	cleanup_json json_t *nobody = json_array();
	int r = sandbox_jobs_start(call);

	if (r == 0)
		r = nobody ? start(call, nobody) : -ENOMEM;
	return r < 0 ? r : 0;
}
