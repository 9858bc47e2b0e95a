/* Reports of events: audit log, raw events, logins; and the call that stores an event. */
#include <errno.h>
#include <string.h>

#include "event.h"
#include "jobs.h"
#include "record.h"
#include "routes.h"
#include "window.h"

/* 1: a job was started instead. */
static int read_search(struct call *call, struct store_events *search)
{
	int r = sandbox_window_read(call, search);

	search->user = sandbox_call_text(call, "user_id");
	if (r == 0)
		r = sandbox_window_read_page(call, search);
	return r < 0 ? r : sandbox_jobs_start(call);
}

static int answer_page(struct call *call, const struct store_events *search, json_t *data, long long total)
{
	json_t *page = sandbox_window_page(search, total);

	return sandbox_call_answer(call, json_pack("{s:o, s:o}", "page", page, "data", data));
}

int sandbox_serve_audit_log(struct call *call)
{
	struct store_events search = { .category = EVENT_AUDIT };
	json_t *events = NULL;
	long long total = 0;
	int r = read_search(call, &search);

	if (r == 0)
		r = sandbox_store_event_page(call->box->store, &search, &events, &total);
	if (r)
		return r < 0 ? r : 0;
	return answer_page(call, &search, json_pack("[{s:o}]", "auditLogEvents", events), total);
}

int sandbox_serve_events(struct call *call)
{
	struct store_events search = { .name = sandbox_call_text(call, "eventName"),
				       .outcome = sandbox_call_text(call, "outcome"),
				       .broker = sandbox_call_text(call, "broker_id") };
	json_t *events = NULL;
	long long total = 0;
	int r = read_search(call, &search);

	if (r == 0)
		r = sandbox_store_event_page(call->box->store, &search, &events, &total);
	if (r)
		return r < 0 ? r : 0;
	return answer_page(call, &search, events, total);
}

/* The sign-on event of each session with one of the activities. */
static int find_logins(struct call *call, const json_t *activities, json_t **ret)
{
	const struct store_events search = { .community = call->community->id,
					     .to = sandbox_record_now_ms(),
					     .name = "E_LOGIN_SUCCEEDED",
					     .category = EVENT_SIGN_ON };
	cleanup_json json_t *all = NULL;
	cleanup_json json_t *wanted = json_object();
	cleanup_json json_t *logins = json_object();
	long long total;
	size_t index;
	json_t *event;
	int r = wanted && logins ? sandbox_store_event_page(call->box->store, &search, &all, &total) : -ENOMEM;

	json_array_foreach ((json_t *)activities, index, event)
		json_object_set_new(wanted, tfs_json_text(event, "session_id"), json_true());
	json_array_foreach (all, index, event) {
		const char *session = tfs_json_text(event, "session_id");
		if (session && json_object_get(wanted, session) && json_object_set(logins, session, event) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&logins);
	return r;
}

int sandbox_serve_login_activity(struct call *call)
{
	struct store_events search = { .name = "E_SP_REDIRECT_SUCCEEDED",
				       .method = sandbox_call_text(call, "auth_method"),
				       .application = sandbox_call_text(call, "application") };
	const char *role = tfs_json_text(call->claims, "role");
	json_t *events = NULL;
	json_t *logins = NULL;
	long long total = 0;
	int r = read_search(call, &search);

	if (r == 1)
		return 0;
	if (r == 0 && role && !strcmp(role, "basic_user"))
		search.user = sandbox_call_actor(call);
	if (r == 0)
		r = sandbox_store_event_page(call->box->store, &search, &events, &total);
	if (r == 0)
		r = find_logins(call, events, &logins);
	if (r < 0) {
		json_decref(events);
		return r;
	}
	json_t *data = json_pack("[{s:o, s:o}]", "activityEvents", events, "loginEvents", logins);
	return answer_page(call, &search, data, total);
}

static int read_server_data(struct call *call, json_t *event)
{
	const json_t *wanted = sandbox_call_member(call, "serverEventData");
	const json_t *ts = json_object_get(event, "event_ts");
	int r = 0;

	if (json_is_true(json_object_get(wanted, "event_ts")) || !json_is_integer(ts))
		r = json_object_set_new(event, "event_ts", json_integer(sandbox_record_now_ms()));
	if (r == 0 && json_is_true(json_object_get(wanted, "caller_ip")))
		r = json_object_set_new(event, "caller_ip", json_string("127.0.0.1"));
	return r < 0 ? -ENOMEM : 0;
}

int sandbox_serve_event_store(struct call *call)
{
	const json_t *data = sandbox_call_member(call, "eventData");
	cleanup_json json_t *event = data ? json_deep_copy(data) : json_object();

	if (!event || json_object_set_new(event, "tenantId", json_string(call->box->tenant_id)) < 0 ||
	    json_object_set_new(event, "communityId", json_string(call->community->id)) < 0)
		return -ENOMEM;
	/* The call needs no session, so its events must not appear in a report's category. */
	json_object_del(event, "eventCategory");
	int r = read_server_data(call, event);
	call->wrote = true;
	return r < 0 ? r : sandbox_store_event_add(call->box->store, call->community->id, event);
}
