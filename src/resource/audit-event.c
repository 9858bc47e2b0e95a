/* Events of the audit log: read from a record, matched with kinds and paths. */
#include "audit-event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/json.h"
#include "tenantfs/name.h"
#include "tenantfs/path.h"

bool resource_audit_event_listed(const struct tfs_kind *kind, const char *name)
{
	for (size_t i = 0; kind->events && kind->events[i]; i++)
		if (strcmp(kind->events[i], name) == 0)
			return true;
	return false;
}

const struct tfs_kind *resource_audit_event_kind(const char *name)
{
	for (size_t i = 0; i < tfs_n_kinds; i++)
		if (resource_audit_event_listed(&tfs_kinds[i], name))
			return &tfs_kinds[i];
	return NULL;
}

static void copy_text(char *to, size_t room, const char *text)
{
	snprintf(to, room, "%s", text ? text : "");
}

static const char *first_text(const json_t *object, const char *const *names)
{
	const char *text = NULL;

	for (; *names && !text; names++)
		text = tfs_json_text(object, *names);
	return text;
}

static long long number_of(const json_t *value)
{
	if (json_is_string(value))
		return strtoll(json_string_value(value), NULL, 10);
	return json_is_number(value) ? (long long)json_number_value(value) : 0;
}

/* The API reference names few members of an event. Other names are tried as well. */
bool resource_audit_event_read(const json_t *record, const char *community, struct audit_event *ret)
{
	static const char *const ids[] = { "event_id", "_id", "id", NULL };
	static const char *const actors[] = { "user_id", "actor", "username", NULL };
	static const char *const objects[] = { "object_id", "target_id", NULL };
	static const char *const names[] = { "object_name", "target_name", "name", NULL };
	const char *name = tfs_json_text(record, "eventName");

	if (!name)
		return false;
	*ret = (struct audit_event){ .kind = resource_audit_event_kind(name) };
	ret->time_ms = number_of(json_object_get(record, "event_ts"));
	copy_text(ret->name, sizeof(ret->name), name);
	copy_text(ret->event_id, sizeof(ret->event_id), first_text(record, ids));
	copy_text(ret->actor, sizeof(ret->actor), first_text(record, actors));
	copy_text(ret->id, sizeof(ret->id), first_text(record, objects));
	copy_text(ret->object, sizeof(ret->object), first_text(record, names));
	copy_text(ret->community, sizeof(ret->community), community);
	return true;
}

bool resource_audit_event_is_change(const char *event)
{
	static const char *const ends[] = { "_MODIFIED", "_UPDATED", "_CHANGED", "_LOCKED", "_UNLOCKED" };
	size_t len = strlen(event);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (len > strlen(ends[i]) && strcmp(event + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

/* Whether the path has that value for the object of the template, or no such object. `value` is unescaped. */
static bool has_value(const struct tfs_path_bindings *bindings, const char *object, const char *value)
{
	const struct tfs_path_binding *bound = tfs_path_bound(bindings, object, strlen(object));
	cleanup_free char *name = NULL;

	if (!bound)
		return true;
	name = tfs_name_escape(value, strlen(value), TFS_NAME_MAX);
	return name && strlen(name) == bound->value_len && memcmp(name, bound->value, bound->value_len) == 0;
}

/* Whether an event of the kind may be about the document at `path`. Objects that hold it may have any name. */
static bool may_be_at(const struct tfs_kind *kind, const char *path, const struct audit_event *event)
{
	struct tfs_path_bindings bindings;

	return tfs_path_match(kind->path, strlen(kind->path), path, &bindings) &&
	       has_value(&bindings, "community", event->community) &&
	       (event->object[0] == '\0' || has_value(&bindings, "name", event->object));
}

bool resource_audit_event_is_about(const struct audit_event *event, const char *path)
{
	for (size_t i = 0; i < tfs_n_kinds; i++)
		if (resource_audit_event_listed(&tfs_kinds[i], event->name) && may_be_at(&tfs_kinds[i], path, event))
			return true;
	return false;
}
