/* Events: every change and every sign-on records one, with the members the reports show. */
#include "event.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record.h"
#include "tenantfs/digest.h"

enum { EVENT_NAME = 96 };

const char *sandbox_event_of(const struct call *call)
{
	if (call->quiet)
		return NULL;
	return call->event ? call->event : call->route ? call->route->event : NULL;
}

static const char *first_text(const json_t *object, const char *const *names)
{
	const char *text = NULL;

	for (; *names && !text; names++)
		text = tfs_json_text(object, *names);
	return text;
}

/* The id of the changed object: from the address, the body, or the answer that created it. */
static const char *object_id(const struct call *call)
{
	static const char *const names[] = { "uid", "_id", "id", "moduleId", NULL };
	const char *place = tfs_json_text(call->event_about, "id");
	json_t *value;

	if (place)
		return place;
	json_object_foreach (call->params, place, value) {
		if (strcmp(place, "tenantId") && strcmp(place, "communityId") && strcmp(place, "type"))
			return json_string_value(value);
	}
	const char *id = first_text(call->body, names);
	if (!id)
		id = first_text(sandbox_call_member(call, "user"), names);
	return id ? id : first_text(call->answer, names);
}

static const char *object_name(const struct call *call)
{
	static const char *const names[] = { "name", "username", "tag", "serialNumber", NULL };

	const char *name = tfs_json_text(call->event_about, "name");
	if (!name)
		name = first_text(call->body, names);
	return name ? name : first_text(sandbox_call_member(call, "user"), names);
}

static int set_text(json_t *event, const char *name, const char *text)
{
	return text && json_object_set_new(event, name, json_string(text)) < 0 ? -ENOMEM : 0;
}

static bool is_sign_on(const char *name)
{
	return !strncmp(name, "E_LOG", 5);
}

int sandbox_event_record(struct call *call)
{
	const char *own = sandbox_event_of(call);
	const char *actor = call->event_user ? json_string_value(call->event_user) : sandbox_call_actor(call);
	char name[EVENT_NAME], id[TFS_UUID_TEXT];
	long long now = sandbox_record_now_ms();

	snprintf(name, sizeof(name), "%s%s", strncmp(own, "E_", 2) ? "E_" : "", own);
	if (tfs_uuid(id) < 0)
		return -EIO;
	cleanup_json json_t *event = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "type", "event",
					       "eventName", name, "event_id", id, "event_ts", (json_int_t)now,
					       "eventCategory", is_sign_on(name) ? EVENT_SIGN_ON : EVENT_AUDIT,
					       "tenantId", call->box->tenant_id, "communityId", call->community->id,
					       "user_id", actor, "caller_ip", "127.0.0.1", "outcome", "success");
	int r = event ? set_text(event, "object_id", object_id(call)) : -ENOMEM;
	if (r == 0)
		r = set_text(event, "object_name", object_name(call));
	return r < 0 ? r : sandbox_store_event_add(call->box->store, call->community->id, event);
}
