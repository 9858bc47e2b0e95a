/* Intents and outcomes to JSON and back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "tenantfs/clock.h"

static const char *const types[] = {
	[TFS_CHANGE_CREATE] = "create", [TFS_CHANGE_CHANGE] = "change", [TFS_CHANGE_REMOVE] = "remove",
	[TFS_CHANGE_RENAME] = "rename", [TFS_CHANGE_CALL] = "call",
};

static json_t *time_json(void)
{
	struct timespec now = tfs_clock_wall();
	char date[32], text[64];
	struct tm utc;

	gmtime_r(&now.tv_sec, &utc);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text, sizeof(text), "%s.%09ldZ", date, now.tv_nsec);
	return json_string(text);
}

/* Leaves the member out for NULL or "". */
static int set_text(json_t *object, const char *member, const char *text)
{
	return text && *text != '\0' ? json_object_set_new(object, member, tfs_json_string(text)) : 0;
}

json_t *journal_intent_to_json(const struct tfs_intent *intent)
{
	const struct tfs_change_caller *caller = &intent->caller;
	cleanup_json json_t *who = json_pack("{s:I, s:I, s:I}", "uid", (json_int_t)caller->uid, "gid",
					     (json_int_t)caller->gid, "pid", (json_int_t)caller->pid);
	cleanup_json json_t *value = json_object();
	int r = !value || !who ? -1 : json_object_set_new(value, "time", time_json());

	if (r == 0)
		r = set_text(value, "type", types[intent->type]) | set_text(value, "kind", intent->kind) |
		    set_text(value, "path", intent->path) | set_text(value, "new_path", intent->new_path) |
		    set_text(value, "id", intent->id) | set_text(value, "reason", intent->reason) |
		    set_text(value, "change_set", intent->change_set) | set_text(who, "command", caller->command);
	if (r == 0 && intent->where)
		r = json_object_set(value, "where", (json_t *)(uintptr_t)intent->where);
	if (r == 0 && intent->calls)
		r = json_object_set(value, "calls", (json_t *)(uintptr_t)intent->calls);
	if (r == 0)
		r = set_text(value, "before", intent->before) | set_text(value, "wanted", intent->wanted);
	if (r == 0 && intent->text)
		r = json_object_set_new(value, "text_apart", json_true());
	if (r == 0)
		r = json_object_set(value, "caller", who);
	return r == 0 ? steal_pointer(&value) : NULL;
}

json_t *journal_outcome_to_json(uint64_t intent, const struct tfs_outcome *outcome)
{
	cleanup_json json_t *value = json_pack("{s:I}", "intent", (json_int_t)intent);
	int r = !value ? -1 : json_object_set_new(value, "time", time_json());

	if (r == 0)
		r = json_object_set_new(value, "result", json_integer(outcome->result));
	if (r == 0 && outcome->result < 0)
		r = set_text(value, "errno", tfs_error_name(outcome->result));
	if (r == 0)
		r = set_text(value, "message", outcome->message) | set_text(value, "after", outcome->after) |
		    set_text(value, "new_path", outcome->new_path) | set_text(value, "endpoint", outcome->endpoint) |
		    set_text(value, "request_id", outcome->request_id);
	return r == 0 ? steal_pointer(&value) : NULL;
}

static enum tfs_change_type read_type(const char *name)
{
	for (size_t i = 0; name && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], name) == 0)
			return (enum tfs_change_type)i;
	return TFS_CHANGE_CALL;
}

static json_int_t read_number(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

static void read_caller(const json_t *who, struct tfs_change_caller *caller)
{
	const char *command = tfs_json_text(who, "command");

	caller->uid = (uid_t)read_number(who, "uid");
	caller->gid = (gid_t)read_number(who, "gid");
	caller->pid = (pid_t)read_number(who, "pid");
	snprintf(caller->command, sizeof(caller->command), "%s", command ? command : "");
}

void journal_entry_from_json(struct tfs_journal_entry *entry)
{
	const json_t *intent = entry->intent, *outcome = entry->outcome;
	struct tfs_change *change = &entry->change;
	const char *time = tfs_json_text(outcome ? outcome : intent, "time");
	const char *request_id = tfs_json_text(outcome, "request_id");
	const char *moved = tfs_json_text(outcome, "new_path");

	change->type = read_type(tfs_json_text(intent, "type"));
	if (time)
		tfs_clock_parse(time, &change->time);
	change->kind = tfs_json_text(intent, "kind");
	change->path = tfs_json_text(intent, "path");
	change->new_path = moved ? moved : tfs_json_text(intent, "new_path");
	change->id = tfs_json_text(intent, "id");
	change->before = tfs_json_text(intent, "before");
	change->wanted = tfs_json_text(intent, "wanted");
	change->reason = tfs_json_text(intent, "reason");
	change->change_set = tfs_json_text(intent, "change_set");
	change->after = tfs_json_text(outcome, "after");
	change->endpoint = tfs_json_text(outcome, "endpoint");
	change->request_id = request_id ? request_id : "";
	change->message = tfs_json_text(outcome, "message");
	change->result = (int)read_number(outcome, "result");
	read_caller(json_object_get(intent, "caller"), &change->caller);
	entry->where = json_object_get(intent, "where");
	entry->calls = json_object_get(intent, "calls");
}
