/* Texts to be put back, computed member by member. */
#include "wanted.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

static json_t *parse_object(const char *text)
{
	json_t *value = NULL;

	if (text == NULL || tfs_json_parse(text, strlen(text), &value, NULL) < 0)
		return NULL;
	if (json_is_object(value))
		return value;
	json_decref(value);
	return NULL;
}

int wanted_say(json_t *cannot, const char *member, const char *what)
{
	cleanup_free char *text = NULL;

	if (asprintf(&text, "%s: %s", member, what) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return json_array_append_new(cannot, json_string(text)) < 0 ? -ENOMEM : 0;
}

static bool is_digest(const json_t *value)
{
	const char *text = json_string_value(value);

	return text != NULL && strncmp(text, "secret:", 7) == 0 && strlen(text) == 23;
}

/*
 * A digest is all that is known of a secret: what stands now stays. `top` is the member it is told of. `now` NULL:
 * it is made anew, and what becomes of a digest is up to who makes it.
 */
static int keep_secrets(json_t *then, const json_t *now, const char *top, json_t *cannot, int depth)
{
	const char *name;
	json_t *value;
	void *next;
	size_t i;
	int r = 0;

	if (depth > DEPTH_MAX)
		return -EINVAL;
	json_object_foreach_safe(then, next, name, value)
	{
		json_t *stands = json_object_get(now, name);
		const char *told = depth == 0 ? name : top;

		if (r < 0)
			break;
		if (!is_digest(value)) {
			r = keep_secrets(value, stands, told, cannot, depth + 1);
			continue;
		}
		if (stands != NULL && json_equal(stands, value))
			continue;
		if (now == NULL) {
			r = wanted_say(cannot, told, "a secret, of which only the digest is recorded: set it anew");
			continue;
		}
		r = wanted_say(cannot, told, stands != NULL ? "a secret, kept as it is now: only its digest is recorded"
							    : "a secret, left out: only its digest is recorded");
		if (r == 0 && stands != NULL)
			r = json_object_set(then, name, stands);
		else if (r == 0)
			r = json_object_del(then, name);
	}
	json_array_foreach(then, i, value)
	{
		if (r == 0)
			r = keep_secrets(value, json_array_get(now, i), top, cannot, depth + 1);
	}
	return r < 0 ? -ENOMEM : 0;
}

int wanted_restore(const char *then, const char *now, struct tfs_buf *out, json_t *cannot)
{
	cleanup_json json_t *was = parse_object(then), *is = parse_object(now);
	int r;

	if (was == NULL)
		return tfs_buf_puts(out, then);
	/* What is made anew says that it is a copy. */
	if (is != NULL)
		json_object_del(was, "_server");
	r = keep_secrets(was, is, "", cannot, 0);
	return r < 0 ? r : tfs_json_print_document(was, out);
}

static bool same(const json_t *a, const json_t *b)
{
	return a == b || (a != NULL && b != NULL && json_equal(a, b));
}

static int undo_members(json_t *before, json_t *after, json_t *now, const char *top, json_t *cannot, int depth);

/* Back to `before`, if it still is what the change made of it. */
static int undo_member(json_t *before, json_t *after, json_t *now, const char *name, const char *told, json_t *cannot,
		       int depth)
{
	json_t *was = json_object_get(before, name), *became = json_object_get(after, name);
	json_t *is = json_object_get(now, name);
	int r;

	if (same(was, became) || same(is, was))
		return 0;
	if (json_is_object(was) && json_is_object(became) && json_is_object(is) && depth < DEPTH_MAX)
		return undo_members(was, became, is, told, cannot, depth + 1);
	if (!same(is, became))
		return wanted_say(cannot, told, "changed again since; it stays");
	if (is_digest(was))
		return wanted_say(cannot, told, "a secret, kept as it is now: only its digest is recorded");
	if (was == NULL) {
		json_object_del(now, name);
		return 0;
	}
	r = keep_secrets(was, is, told, cannot, depth + 1);
	return r < 0 || json_object_set(now, name, was) < 0 ? -ENOMEM : 0;
}

static int undo_members(json_t *before, json_t *after, json_t *now, const char *top, json_t *cannot, int depth)
{
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach(after, name, value)
	{
		if (r == 0)
			r = undo_member(before, after, now, name, depth == 0 ? name : top, cannot, depth);
	}
	json_object_foreach(before, name, value)
	{
		if (r == 0 && json_object_get(after, name) == NULL)
			r = undo_member(before, after, now, name, depth == 0 ? name : top, cannot, depth);
	}
	return r;
}

int wanted_undo(const char *before, const char *after, const char *now, struct tfs_buf *out, json_t *cannot)
{
	cleanup_json json_t *was = parse_object(before), *became = parse_object(after), *is = parse_object(now);
	int r;

	if (was == NULL || became == NULL || is == NULL) {
		if (strcmp(now, after) == 0)
			return tfs_buf_puts(out, before);
		r = wanted_say(cannot, "the text", "changed again since; it stays");
		return r < 0 ? r : tfs_buf_puts(out, now);
	}
	json_object_del(was, "_server");
	json_object_del(became, "_server");
	json_object_del(is, "_server");
	r = undo_members(was, became, is, "", cannot, 0);
	return r < 0 ? r : tfs_json_print_document(is, out);
}
