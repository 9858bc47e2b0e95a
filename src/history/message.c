/* Commit messages: made from a change, read back as trailers. */
#include "message.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/utf8.h"

enum { MEMBERS_TOLD = 6, TRAILERS_MAX = 32 };

static const char *const operations[] = {
	[TFS_CHANGE_CREATE] = "create", [TFS_CHANGE_CHANGE] = "change", [TFS_CHANGE_REMOVE] = "remove",
	[TFS_CHANGE_RENAME] = "rename", [TFS_CHANGE_CALL] = "call",
};

static const char server_member[] = "\n  \"_server\": ";

/* The length of a document's text up to the member "_server", without the brackets and commas before it. */
static size_t text_members(const char *text, size_t len)
{
	/* Newlines inside strings are escaped, so this can only be a top-level member. */
	const char *server = memmem(text, len, server_member, sizeof(server_member) - 1);

	if (server)
		len = (size_t)(server - text);
	else if (len > 0 && text[len - 1] == '\n')
		len--;
	if (!server && len > 0 && text[len - 1] == '}')
		len--;
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ','))
		len--;
	return len;
}

bool history_text_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t left = text_members(a, a_len), right = text_members(b, b_len);

	return left == right && memcmp(a, b, left) == 0;
}

static json_t *parse(const char *text)
{
	json_t *value = NULL;

	return tfs_json_parse(text, strlen(text), &value, NULL) == 0 ? value : NULL;
}

/* Appends the members that differ to the first line: "enabled, factors". */
static int add_members(struct tfs_buf *out, const struct tfs_change *change)
{
	cleanup_json json_t *before = change->before ? parse(change->before) : NULL;
	cleanup_json json_t *after = change->after ? parse(change->after) : NULL;
	const char *name;
	json_t *value;
	int listed = 0, r = 0;

	if (!json_is_object(before) || !json_is_object(after))
		return 0;
	/* First the present members, then the removed ones. */
	for (int pass = 0; pass < 2; pass++) {
		json_t *all = pass == 0 ? after : before, *other = pass == 0 ? before : after;

		json_object_foreach (all, name, value) {
			const json_t *beside = json_object_get(other, name);

			if (strcmp(name, "_server") == 0 || r < 0 || listed > MEMBERS_TOLD ||
			    (pass == 1 ? !!beside : beside && json_equal(beside, value)))
				continue;
			listed++;
			r = tfs_buf_printf(out, "%s%s", listed == 1 ? ": " : ", ", listed > MEMBERS_TOLD ? "…" : name);
		}
	}
	return r;
}

static int add_subject(struct tfs_buf *out, const struct tfs_change *change, enum origin origin, size_t count)
{
	static const char *const heads[] = { "", "seen: ", "first seen: ", "as the server keeps it: " };
	const char *from = heads[origin];
	int r;

	if (change->type == TFS_CHANGE_CALL)
		return tfs_buf_printf(out, "call %s", change->endpoint ? change->endpoint : "");
	if (count > 1)
		return tfs_buf_printf(out, "%s%s, %zu documents", from, change->path, count);
	if (origin == ORIGIN_BASELINE)
		return tfs_buf_printf(out, "%s%s", from, change->path);
	r = tfs_buf_printf(out, "%s%s %s", from, operations[change->type], change->path);
	if (r == 0 && change->new_path)
		r = tfs_buf_printf(out, " to %s", change->new_path);
	return r == 0 ? add_members(out, change) : r;
}

/* Appends the text as one line of printable characters. */
static int add_line(struct tfs_buf *out, const char *text, size_t len)
{
	cleanup_free char *line = strndup(text, len);

	if (!line)
		return -ENOMEM;
	tfs_utf8_tame(line);
	return tfs_buf_puts(out, line);
}

/*
 * Continues a text of several lines after a space, as git folds trailers. A blank line is left out: it would end the
 * paragraph of the trailers.
 */
static int add_trailer(struct tfs_buf *out, const char *name, const char *value)
{
	bool first = true;
	size_t len;
	int r = 0;

	for (; value && *value != '\0' && r == 0; value += len + strspn(value + len, "\r\n")) {
		len = strcspn(value, "\r\n");
		if (strspn(value, " \t") >= len)
			continue;
		r = first ? tfs_buf_printf(out, "%s: ", name) : tfs_buf_puts(out, "\n ");
		first = false;
		if (r == 0)
			r = add_line(out, value, len);
	}
	return r == 0 && !first ? tfs_buf_putc(out, '\n') : r;
}

static int add_number(struct tfs_buf *out, const char *name, long long value)
{
	return tfs_buf_printf(out, "%s: %lld\n", name, value);
}

static int add_caller(struct tfs_buf *out, const struct tfs_change *change)
{
	int r = add_number(out, "Uid", change->caller.uid);

	if (r == 0)
		r = add_number(out, "Pid", change->caller.pid);
	return r == 0 ? add_trailer(out, "Command", change->caller.command) : r;
}

static int add_trailers(struct tfs_buf *out, const struct tfs_change *change, enum origin origin, size_t count)
{
	static const char *const origins[] = { "tenantfs", "others", "baseline", "server" };
	int r = add_trailer(out, "Operation", origin == ORIGIN_BASELINE ? "baseline" : operations[change->type]);

	if (r == 0)
		r = add_trailer(out, "Origin", origins[origin]);
	if (r == 0)
		r = add_trailer(out, count > 1 ? "Directory" : "Path", change->path);
	if (r == 0)
		r = add_trailer(out, "New-Path", change->new_path);
	if (r == 0 && origin == ORIGIN_CHANGE)
		r = add_caller(out, change);
	if (r == 0)
		r = add_trailer(out, "Endpoint", change->endpoint);
	if (r == 0)
		r = add_trailer(out, "Request-Id", change->request_id);
	if (r == 0 && origin == ORIGIN_CHANGE)
		r = add_trailer(out, "Outcome", change->result == 0 ? "done" : tfs_error_name(change->result));
	if (r == 0)
		r = add_trailer(out, "Reason", change->reason);
	if (r == 0 && origin == ORIGIN_CHANGE)
		r = add_trailer(out, "Change-Set", change->change_set);
	return r == 0 && change->seq > 0 ? add_number(out, "Journal", (long long)change->seq) : r;
}

int history_message_make(const struct tfs_change *change, enum origin origin, size_t count, struct tfs_buf *out)
{
	const char *reason = change->reason ? change->reason + strspn(change->reason, " \t\r\n") : "";
	struct tfs_buf subject cleanup_buf = TFS_BUF_INIT(MESSAGE_MAX);
	size_t len = strcspn(reason, "\r\n");
	int r = add_subject(&subject, change, origin, count);

	/* The user's reason comes first, what was done then in the body. */
	if (r == 0 && len > 0)
		r = add_line(out, reason, len);
	if (r == 0 && len > 0)
		r = tfs_buf_puts(out, "\n\n");
	if (r == 0)
		r = add_line(out, subject.data, subject.len);
	if (r == 0)
		r = tfs_buf_puts(out, "\n\n");
	return r == 0 ? add_trailers(out, change, origin, count) : r;
}

/* The last paragraph: only our trailers are there, whatever a reason looks like. */
static const char *last_paragraph(const char *message)
{
	const char *start = message, *at = message;

	while ((at = strstr(at, "\n\n"))) {
		at += 2;
		if (*at != '\0')
			start = at;
	}
	return start;
}

static int take_trailer(json_t *into, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	struct tfs_buf value cleanup_buf = TFS_BUF_INIT(MESSAGE_MAX);
	char name[32];
	size_t name_len = colon ? (size_t)(colon - line) : sizeof(name);

	if (name_len >= sizeof(name))
		return 0;
	for (size_t i = 0; i < name_len; i++)
		name[i] = line[i] == '-' ? '_' : (char)tolower((unsigned char)line[i]);
	name[name_len] = '\0';
	for (const char *c = colon + 1 + (colon[1] == ' '); c < line + len; c++) {
		if (*c == '\n' && c[1] == ' ') {
			tfs_buf_putc(&value, '\n');
			c++;
		} else if (*c != '\n') {
			tfs_buf_putc(&value, *c);
		}
	}
	return json_object_set_new(into, name, tfs_json_string(value.data));
}

json_t *history_message_trailers(const char *message)
{
	json_t *all = json_object();
	const char *at = last_paragraph(message);

	for (int i = 0; all && *at != '\0' && i < TRAILERS_MAX; i++) {
		const char *end = strchr(at, '\n');

		while (end && end[1] == ' ')
			end = strchr(end + 1, '\n');
		if (!end)
			end = at + strlen(at);
		take_trailer(all, at, (size_t)(end - at));
		at = *end == '\0' ? end : end + 1;
	}
	return all;
}

uint64_t history_message_journal(const char *message)
{
	const char *at = strstr(last_paragraph(message), "\nJournal: ");

	return at ? strtoull(at + 10, NULL, 10) : 0;
}
