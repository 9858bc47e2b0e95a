/* Metrics computed from events, and the last sign-on of each user. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "event.h"
#include "jobs.h"
#include "record.h"
#include "routes.h"
#include "window.h"

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS, SLOT = 17 };

/* What a metric counts: events of a name, as one number or per time slot and per value of a member. */
struct metric {
	const char *name, *event, *member;
};

static const struct metric metrics[] = {
	{ "M_C_ACTIVE_USER", "E_LOGIN_SUCCEEDED", "user_id" },
	{ "M_C_LOGIN_FAILED", "E_LOGIN_FAILED", NULL },
	{ "M_C_LOGINS", "E_LOGIN_SUCCEEDED", NULL },
	{ "M_C_NEW_DEVICES", "E_DEVICE_LINKED", NULL },
	{ "M_G_APPLICATION_USAGE", "E_SP_REDIRECT_SUCCEEDED", "application" },
	{ "M_G_LOGIN_FAILED", "E_LOGIN_FAILED", "auth_method" },
	{ "M_GT_SUCCESSFUL_AUTHENTICATIONS", "E_LOGIN_SUCCEEDED", "auth_method" },
	{ "M_T_NEW_DEVICES", "E_DEVICE_LINKED", NULL },
};

static const struct metric *find_metric(const char *name)
{
	for (size_t i = 0; name && i < sizeof(metrics) / sizeof(*metrics); i++)
		if (!strcmp(metrics[i].name, name))
			return &metrics[i];
	return NULL;
}

/* Counts the occurrences of each value of the member. */
static int add_one(json_t *counts, const char *key)
{
	json_int_t count = json_integer_value(json_object_get(counts, key));

	return json_object_set_new(counts, key, json_integer(count + 1)) < 0 ? -ENOMEM : 0;
}

static int answer_count(struct call *call, const struct metric *metric, const json_t *events)
{
	cleanup_json json_t *seen = json_object();
	size_t index;
	json_t *event;
	int r = seen ? 0 : -ENOMEM;

	json_array_foreach ((json_t *)events, index, event) {
		const char *key =
			metric->member ? tfs_json_text(event, metric->member) : tfs_json_text(event, "event_id");
		if (r == 0 && key)
			r = add_one(seen, key);
	}
	return r < 0 ? r : sandbox_call_answer(call, json_pack("{s:I}", "count", (json_int_t)json_object_size(seen)));
}

/* "2024-05-01", or "2024-05-01T10:00" for hourly slots. */
static void slot_of(const json_t *event, bool hours, char out[SLOT])
{
	time_t seconds = (time_t)(json_integer_value(json_object_get(event, "event_ts")) / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, SLOT, hours ? "%Y-%m-%dT%H:00" : "%Y-%m-%d", &tm);
}

static int count_slots(const struct metric *metric, const json_t *events, bool hours, json_t *slots)
{
	size_t index;
	json_t *event;
	int r = 0;

	json_array_foreach ((json_t *)events, index, event) {
		const char *value = metric->member ? tfs_json_text(event, metric->member) : "count";
		char slot[SLOT];
		slot_of(event, hours, slot);
		json_t *counts = json_object_get(slots, slot);
		if (!counts) {
			counts = json_object();
			if (json_object_set_new(slots, slot, counts) < 0)
				return -ENOMEM;
		}
		if (r == 0)
			r = add_one(counts, value ? value : "unknown");
	}
	return r;
}

static int answer_slots(struct call *call, const struct metric *metric, const json_t *events, bool hours)
{
	cleanup_json json_t *slots = json_object();
	cleanup_json json_t *list = json_array();
	const char *slot, *value;
	json_t *counts, *count;
	int r = slots && list ? count_slots(metric, events, hours, slots) : -ENOMEM;

	json_object_foreach (slots, slot, counts) {
		json_object_foreach (counts, value, count) {
			json_t *row = json_pack("{s:s, s:O}", "time", slot, "count", count);
			if (row && metric->member)
				json_object_set_new(row, metric->member, json_string(value));
			if (r == 0 && json_array_append_new(list, row) < 0)
				r = -ENOMEM;
		}
	}
	return r < 0 ? r : sandbox_call_answer(call, json_incref(list));
}

int sandbox_serve_metrics(struct call *call)
{
	const char *name = sandbox_call_text(call, "metricsName");
	const struct metric *metric = find_metric(name);
	struct store_events search = { 0 };
	cleanup_json json_t *events = NULL;
	long long total;
	int r = sandbox_window_read(call, &search);

	if (r == 0 && !metric)
		return call_refuse(call, 400, "metricsName", "\"metricsName\" is required");
	if (r == 0)
		r = sandbox_jobs_start(call);
	if (r)
		return r < 0 ? r : 0;
	/* An empty time span asks for the hours of its day. */
	bool hours = search.from == search.to;
	if (hours) {
		search.from -= search.from % DAY_MS;
		search.to = search.from + DAY_MS - 1;
	}
	search.name = metric->event;
	r = sandbox_store_event_page(call->box->store, &search, &events, &total);
	if (r < 0)
		return r;
	return strncmp(name, "M_C_", 4) ? answer_slots(call, metric, events, hours)
					: answer_count(call, metric, events);
}

static void set_last_login(json_t *row, long long ts)
{
	time_t seconds = (time_t)(ts / 1000);
	char text[40];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	size_t len = strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(text + len, sizeof(text) - len, ".%03d", (int)(ts % 1000));
	json_object_set_new(row, "lastLoginTime", json_string(text));
}

static int enrollment_row(struct call *call, const json_t *user, json_t *list)
{
	const struct store_events search = { .community = call->community->id,
					     .to = sandbox_record_now_ms(),
					     .user = tfs_json_text(user, "username"),
					     .name = "E_LOGIN_SUCCEEDED",
					     .size = 1 };
	cleanup_json json_t *logins = NULL;
	cleanup_json json_t *row =
		json_pack("{s:O, s:O, s:O*}", "username", json_object_get(user, "username"), "status",
			  json_object_get(user, "status"), "email", json_object_get(user, "email1"));
	long long total;
	int r = row ? sandbox_store_event_page(call->box->store, &search, &logins, &total) : -ENOMEM;

	if (r == 0 && json_array_size(logins))
		set_last_login(row, json_integer_value(json_object_get(json_array_get(logins, 0), "event_ts")));
	return r == 0 && json_array_append(list, row) < 0 ? -ENOMEM : r;
}

static int read_users(struct call *call, const struct store_page *page, json_t **ret, long long *ret_total)
{
	struct tfs_buf rows = TFS_BUF_INIT(CALL_ANSWER_MAX);
	struct tfs_buf list = TFS_BUF_INIT(CALL_ANSWER_MAX);
	int r = sandbox_store_user_page(call->box->store, page, &rows, ret_total);

	if (r == 0)
		r = tfs_buf_printf(&list, "[%s]", rows.data ? rows.data : "");
	if (r == 0)
		*ret = json_loadb(list.data, list.len, JSON_ALLOW_NUL, NULL);
	tfs_buf_finish(&rows);
	tfs_buf_finish(&list);
	if (r == -EINVAL)
		return call_refuse(call, 400, "query",
				   "\"query\" must compare members with texts, numbers or booleans");
	return r == 0 && !*ret ? -ENOMEM : r;
}

/* The requested module, else the first of the community. */
static int find_module(struct call *call, char out[RECORD_ID])
{
	cleanup_json json_t *module = NULL;
	cleanup_json json_t *all = NULL;
	const char *id = sandbox_call_text(call, "moduleId");
	int r = id ? sandbox_record_module(call, id, &module)
		   : sandbox_store_list(call->box->store, call->community->id, "module", &all);

	if (r == 0)
		snprintf(out, RECORD_ID, "%s", id ? id : tfs_json_text(json_array_get(all, 0), "_id"));
	return r;
}

int sandbox_serve_enrollment(struct call *call)
{
	char module[RECORD_ID] = "";
	struct store_events page = { 0 };
	cleanup_json json_t *users = NULL;
	cleanup_json json_t *list = json_array();
	long long total = 0;
	size_t index;
	json_t *user;
	int r = list ? sandbox_window_read_page(call, &page) : -ENOMEM;

	if (r == 0)
		r = find_module(call, module);
	const struct store_page wanted = {
		.module = module, .query = sandbox_call_member(call, "query"), .index = page.index, .size = page.size
	};
	if (r == 0)
		r = read_users(call, &wanted, &users, &total);
	json_array_foreach (users, index, user)
		r = r < 0 ? r : enrollment_row(call, user, list);
	return r < 0 ? r
		     : sandbox_call_answer(
			       call, json_pack("{s:o, s:O}", "page", sandbox_window_page(&page, total), "data", list));
}
