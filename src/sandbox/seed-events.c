/* Seeds 90 days of events: sign-ons, applications used, changes by admins. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "event.h"
#include "seed-data.h"
#include "session.h"

enum { DAYS = 90, DAY = 86400, MOST_PEOPLE = 60, MOST_LOGINS = 9, MOST_CHANGES = 3 };

/* The input of a community's events. */
struct scene {
	const struct seed_place *place;
	const json_t *people; /* user records */
	uint64_t state;
	long long now; /* epoch milliseconds; no event is later */
};

static const char *const methods[] = { "password", "otp", "push", "qr", "fido" };
static const char *const applications[] = { "Salesforce", "Wiki", "gsuite", "Payroll / HR", "Grafana" };
static const char *const agents[] = { "Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (Macintosh)",
				      "authenticator/1.10" };
static const char *const changes[] = {
	"E_BRANDING_MODIFIED",
	"E_SP_CREATED",
	"E_SP_MODIFIED",
	"E_SP_DELETED",
	"E_ROLE_CHANGED",
	"E_DIRECTORY_MODIFIED",
	"E_ADAPTIVEAUTH_MODIFIED",
	"E_DIRECTORY_ADDED",
	"E_DIRECTORY_ATTRIBUTE_MODIFIED",
	"E_PREFERREDSTORES_MODIFIED",
};
enum {
	N_METHODS = sizeof(methods) / sizeof(*methods),
	N_APPLICATIONS = sizeof(applications) / sizeof(*applications),
	N_AGENTS = sizeof(agents) / sizeof(*agents),
	N_CHANGES = sizeof(changes) / sizeof(*changes)
};

/* Adds an event; `more` has the members of its kind and is taken over. */
static int add_event(struct scene *scene, long long ts, const char *name, const char *user, json_t *more)
{
	const struct seed_place *place = scene->place;
	char id[SEED_UUID];
	cleanup_json json_t *own = more;

	sandbox_seed_uuid(&scene->state, id);
	const char *agent = agents[sandbox_seed_below(&scene->state, N_AGENTS)];
	if (!own)
		return -ENOMEM;
	if (ts > scene->now)
		return 0;
	cleanup_json json_t *event = json_pack(
		"{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "type", "event", "eventName", name, "event_id",
		id, "event_ts", (json_int_t)ts, "tenantId", place->tenant, "communityId", place->community, "user_id",
		user, "caller_ip", "192.0.2.7", "caller_user_agent", agent, "version", "1");
	return event && json_object_update(event, own) == 0
		       ? sandbox_store_event_add(place->store, place->community, event)
		       : -ENOMEM;
}

static const char *pick_person(struct scene *scene)
{
	size_t n = json_array_size(scene->people);

	return n ? tfs_json_text(json_array_get(scene->people, sandbox_seed_below(&scene->state, n)), "username")
		 : SESSION_LOGIN;
}

/* A sign-on, sometimes followed by the use of an application. */
static int add_login(struct scene *scene, long long ts)
{
	const char *user = pick_person(scene);
	const char *method = methods[sandbox_seed_below(&scene->state, N_METHODS)];
	const char *application = applications[sandbox_seed_below(&scene->state, N_APPLICATIONS)];
	size_t luck = sandbox_seed_below(&scene->state, 10);
	char session[SEED_UUID];

	sandbox_seed_uuid(&scene->state, session);
	if (luck == 0)
		return add_event(scene, ts, "E_LOGIN_FAILED", user,
				 json_pack("{s:s, s:s, s:s}", "eventCategory", EVENT_SIGN_ON, "outcome", "failure",
					   "auth_method", method));
	int r = add_event(scene, ts, "E_LOGIN_SUCCEEDED", user,
			  json_pack("{s:s, s:s, s:s, s:s}", "eventCategory", EVENT_SIGN_ON, "outcome", "success",
				    "auth_method", method, "session_id", session));
	if (r == 0 && luck < 7)
		r = add_event(scene, ts + 4000, "E_SP_REDIRECT_SUCCEEDED", user,
			      json_pack("{s:s, s:s, s:s, s:s}", "outcome", "success", "auth_method", method,
					"application", application, "session_id", session));
	if (r == 0 && luck == 9)
		r = add_event(scene, ts + 9000, "E_DEVICE_LINKED", user, json_pack("{s:s}", "outcome", "success"));
	return r;
}

static long long pick_time(struct scene *scene, long long day)
{
	return (day * DAY + (long long)sandbox_seed_below(&scene->state, DAY)) * 1000 +
	       (long long)sandbox_seed_below(&scene->state, 1000);
}

static int add_day(struct scene *scene, long long day)
{
	size_t logins = 1 + sandbox_seed_below(&scene->state, MOST_LOGINS);
	size_t changed = sandbox_seed_below(&scene->state, MOST_CHANGES + 1);
	int r = 0;

	for (size_t i = 0; i < logins && r == 0; i++)
		r = add_login(scene, pick_time(scene, day));
	for (size_t i = 0; i < changed && r == 0; i++)
		r = add_event(scene, pick_time(scene, day), changes[sandbox_seed_below(&scene->state, N_CHANGES)],
			      SESSION_LOGIN,
			      json_pack("{s:s, s:s}", "eventCategory", EVENT_AUDIT, "outcome", "success"));
	return r;
}

int sandbox_seed_people(const struct seed_place *place, const char *module, json_t **ret)
{
	const struct store_page page = { .module = module, .size = MOST_PEOPLE };
	struct tfs_buf rows = TFS_BUF_INIT(1 << 20);
	struct tfs_buf list = TFS_BUF_INIT(1 << 20);
	long long total;
	int r = sandbox_store_user_page(place->store, &page, &rows, &total);

	if (r == 0)
		r = tfs_buf_printf(&list, "[%s]", rows.data ? rows.data : "");
	if (r == 0)
		*ret = json_loadb(list.data, list.len, JSON_ALLOW_NUL, NULL);
	tfs_buf_finish(&rows);
	tfs_buf_finish(&list);
	return r == 0 && !*ret ? -ENOMEM : r;
}

int sandbox_seed_events(const struct seed_place *place, const json_t *people)
{
	long long now = (long long)time(NULL);
	struct scene scene = { .place = place,
			       .people = people,
			       .state = sandbox_seed_state(place->seed, place->community, 900),
			       .now = now * 1000 };
	int r = 0;

	for (long long day = now / DAY - DAYS + 1; day <= now / DAY && r == 0; day++)
		r = add_day(&scene, day);
	return r;
}
