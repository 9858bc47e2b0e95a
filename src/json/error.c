/* The rich error to JSON and back: the daemon sends it to the command. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tenantfs/json.h"

static int set_text(json_t *object, const char *member, const char *text)
{
	return text && text[0] ? json_object_set_new(object, member, tfs_json_string(text)) : 0;
}

static int set_number(json_t *object, const char *member, int number)
{
	return number ? json_object_set_new(object, member, json_integer(number)) : 0;
}

json_t *tfs_error_to_json(const struct tfs_error *error)
{
	cleanup_json json_t *object = json_object();

	if (!object || set_text(object, "errno", error->code ? tfs_error_name(error->code) : NULL) ||
	    set_text(object, "message", error->message) || set_text(object, "origin", error->origin) ||
	    set_number(object, "status", error->status) || set_text(object, "member", error->member) ||
	    set_number(object, "line", error->line) || set_number(object, "column", error->column) ||
	    set_text(object, "request_id", error->request_id))
		return NULL;
	return steal_pointer(&object);
}

/* The negative errno of a name; -EIO for an unknown name. */
static int code_from_name(const char *name)
{
	enum { LAST_ERRNO = 133 };

	for (int number = 1; name && number <= LAST_ERRNO; number++)
		if (!strcmp(tfs_error_name(-number), name))
			return -number;
	return -EIO;
}

/* An error's origin must be static text, so a received one is looked up in a table. */
static const char *known_origin(const char *name)
{
	static const char *const origins[] = { "api",     "base",     "cache",  "catalogue", "cli",      "config",
					       "control", "document", "draft",  "envelope",  "file",     "http",
					       "journal", "json",     "memory", "mountd",    "resource", "secret",
					       "session", "store",    "tenant", "tree" };

	for (size_t i = 0; name && i < sizeof(origins) / sizeof(*origins); i++)
		if (!strcmp(origins[i], name))
			return origins[i];
	return "daemon";
}

static int number_of(const json_t *value, const char *member)
{
	json_int_t number = json_integer_value(json_object_get(value, member));

	return number > 0 && number <= 1 << 30 ? (int)number : 0;
}

void tfs_error_from_json(const json_t *value, struct tfs_error *error)
{
	const char *message = tfs_json_text(value, "message");
	const char *member = tfs_json_text(value, "member");
	const char *request_id = tfs_json_text(value, "request_id");

	if (!error)
		return;
	tfs_error_set(error, code_from_name(tfs_json_text(value, "errno")),
		      known_origin(tfs_json_text(value, "origin")), "%s",
		      message ? message : "the daemon gave no reason");
	error->status = number_of(value, "status");
	error->line = number_of(value, "line");
	error->column = number_of(value, "column");
	tfs_error_set_member(error, member ? member : "");
	snprintf(error->request_id, sizeof(error->request_id), "%s", request_id ? request_id : "");
}
