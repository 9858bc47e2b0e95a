/* Events of the audit log: read from a record, matched with kinds and paths. */
#include "audit-event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/json.h"
#include "tenantfs/name.h"

bool audit_event_listed(const struct tfs_kind *kind, const char *name)
{
	for (size_t i = 0; kind->events != NULL && kind->events[i] != NULL; i++)
		if (strcmp(kind->events[i], name) == 0)
			return true;
	return false;
}

const struct tfs_kind *audit_event_kind(const char *name)
{
	for (size_t i = 0; i < tfs_n_kinds; i++)
		if (audit_event_listed(&tfs_kinds[i], name))
			return &tfs_kinds[i];
	return NULL;
}

static void copy_text(char *to, size_t room, const char *text)
{
	snprintf(to, room, "%s", text != NULL ? text : "");
}

static const char *first_text(const json_t *object, const char *const *names)
{
	const char *text = NULL;

	for (; *names != NULL && text == NULL; names++)
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
bool audit_event_read(const json_t *record, const char *community, struct audit_event *ret)
{
	static const char *const ids[] = { "event_id", "_id", "id", NULL };
	static const char *const actors[] = { "user_id", "actor", "username", NULL };
	static const char *const objects[] = { "object_id", "target_id", NULL };
	static const char *const names[] = { "object_name", "target_name", "name", NULL };
	const char *name = tfs_json_text(record, "eventName");

	if (name == NULL)
		return false;
	*ret = (struct audit_event){ .kind = audit_event_kind(name) };
	ret->time_ms = number_of(json_object_get(record, "event_ts"));
	copy_text(ret->name, sizeof(ret->name), name);
	copy_text(ret->event_id, sizeof(ret->event_id), first_text(record, ids));
	copy_text(ret->actor, sizeof(ret->actor), first_text(record, actors));
	copy_text(ret->id, sizeof(ret->id), first_text(record, objects));
	copy_text(ret->object, sizeof(ret->object), first_text(record, names));
	copy_text(ret->community, sizeof(ret->community), community);
	return true;
}

bool audit_event_is_change(const char *event)
{
	static const char *const ends[] = { "_MODIFIED", "_UPDATED", "_CHANGED", "_LOCKED", "_UNLOCKED" };
	size_t len = strlen(event);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (len > strlen(ends[i]) && strcmp(event + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

/* One segment of a path against one of a kind's path. A placeholder of another object matches any name. */
static bool is_same_segment(const char *form, size_t form_len, const char *name, size_t len,
			    const struct audit_event *event)
{
	cleanup_free char *object = NULL;
	const char *close = form[0] == '{' ? memchr(form, '}', form_len) : NULL;
	size_t rest;

	if (close == NULL)
		return form_len == len && memcmp(form, name, len) == 0;
	rest = form_len - (size_t)(close + 1 - form);
	if (len < rest || memcmp(name + len - rest, close + 1, rest) != 0)
		return false;
	len -= rest;
	if (strncmp(form, "{community}", 11) == 0)
		object = tfs_name_escape(event->community, strlen(event->community), TFS_NAME_MAX);
	else if (strncmp(form, "{name}", 6) == 0 && event->object[0] != '\0')
		object = tfs_name_escape(event->object, strlen(event->object), TFS_NAME_MAX);
	else
		return true;
	return object != NULL && strlen(object) == len && memcmp(object, name, len) == 0;
}

/* Whether an event of the kind may be about the document at `path`. */
static bool may_be_at(const struct tfs_kind *kind, const char *path, const struct audit_event *event)
{
	const char *form = kind->path;

	for (;;) {
		size_t form_len = strcspn(form, "/"), len = strcspn(path, "/");

		if (!is_same_segment(form, form_len, path, len, event))
			return false;
		if (form[form_len] == '\0' || path[len] == '\0')
			return form[form_len] == path[len];
		form += form_len + 1;
		path += len + 1;
	}
}

bool audit_event_is_about(const struct audit_event *event, const char *path)
{
	for (size_t i = 0; i < tfs_n_kinds; i++)
		if (audit_event_listed(&tfs_kinds[i], event->name) && may_be_at(&tfs_kinds[i], path, event))
			return true;
	return false;
}
