/* The text that puts an earlier state back or takes a change back, computed member by member. */
#include "tenantfs/revert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"

enum { DEPTH_MAX = 32 };

static json_t *parse_object(const char *text)
{
	json_t *value = NULL;

	if (!text || tfs_json_parse(text, strlen(text), &value, NULL) < 0)
		return NULL;
	if (json_is_object(value))
		return value;
	json_decref(value);
	return NULL;
}

int tfs_revert_note(json_t *cannot, const char *member, const char *what)
{
	cleanup_free char *text = NULL;

	if (asprintf(&text, "%s: %s", member, what) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return json_array_append_new(cannot, json_string(text)) < 0 ? -ENOMEM : 0;
}

/* Pairs elements by key, else by index. */
static const json_t *counterpart(const struct tfs_field *field, const json_t *element, size_t place, const json_t *now)
{
	const json_t *key = field && field->key ? json_object_get(element, field->key) : NULL;
	const json_t *other;
	size_t i;

	if (!key)
		return json_array_get(now, place);
	json_array_foreach (now, i, other)
		if (json_equal(json_object_get(other, field->key), key))
			return other;
	return NULL;
}

/* Removes a member. At the top the text says so, since a member that it only lacks may stay. */
static int remove_member(json_t *object, const char *name, int depth)
{
	int r = depth == 0 ? json_object_set_new(object, name, json_null()) : json_object_del(object, name);

	return r < 0 ? -ENOMEM : 0;
}

/* Where notes go: a secret is reported by the top-level member it is in. */
struct telling {
	json_t *cannot;
	const char *top;
	const struct tfs_revert_secrets *secrets; /* of a new object; NULL: none is known */
};

static bool is_known(const struct telling *telling, const json_t *digest)
{
	const struct tfs_revert_secrets *secrets = telling->secrets;

	return secrets && secrets->known(secrets->data, json_string_value(digest));
}

static int keep_secrets(const struct tfs_field *field, struct table table, json_t *then, const json_t *now,
			struct telling telling, int depth);

/*
 * Only the digest of a secret is recorded, so the present secret is kept. `now` NULL: the object is created
 * again, and the creation decides about a digest.
 */
static int keep_member(struct table table, json_t *then, const json_t *now, const char *name, struct telling telling,
		       int depth)
{
	const struct tfs_field *field = document_table_find(table, name);
	json_t *value = json_object_get(then, name), *current = json_object_get(now, name);
	struct table inner = field ? member_table(field) : (struct table){ 0 };
	int r;

	if (depth == 0)
		telling.top = name;
	if (!document_is_digest(value))
		return keep_secrets(field, inner, value, current, telling, depth + 1);
	if ((current && json_equal(current, value)) || is_known(&telling, value))
		return 0;
	if (!now)
		return tfs_revert_note(telling.cannot, telling.top,
				       "only the digest of this secret is recorded: set the secret again");
	r = tfs_revert_note(telling.cannot, telling.top,
			    current ? "a secret, kept as it is now: only its digest is recorded"
				    : "a secret, left out: only its digest is recorded");
	if (r == 0)
		r = current ? json_object_set(then, name, current) : json_object_del(then, name);
	return r;
}

/* The same for a value; `field` is its declaration (NULL: undeclared), `table` that of its members. */
static int keep_secrets(const struct tfs_field *field, struct table table, json_t *then, const json_t *now,
			struct telling telling, int depth)
{
	const char *name;
	json_t *value;
	void *next;
	size_t i;
	int r = depth > DEPTH_MAX ? -EINVAL : 0;

	json_object_foreach_safe (then, next, name, value) {
		if (r == 0)
			r = keep_member(table, then, now, name, telling, depth);
	}
	json_array_foreach (then, i, value) {
		if (r == 0)
			r = keep_secrets(NULL, table, value, counterpart(field, value, i, now), telling, depth + 1);
	}
	return r == 0 || r == -EINVAL ? r : -ENOMEM;
}

/* Removes what `is` has and `was` had not. */
static int remove_others(json_t *was, json_t *is)
{
	const char *name;
	json_t *value;

	json_object_foreach (is, name, value) {
		if (strcmp(name, SERVER_MEMBER) == 0 || json_is_null(value) || json_object_get(was, name))
			continue;
		if (remove_member(was, name, 0) < 0)
			return -ENOMEM;
	}
	return 0;
}

int tfs_revert_to(const struct tfs_kind *kind, const char *then, const char *now,
		  const struct tfs_revert_secrets *secrets, struct tfs_buf *out, json_t *cannot)
{
	cleanup_json json_t *was = parse_object(then), *is = parse_object(now);
	const struct telling telling = { cannot, "", is ? NULL : secrets };
	int r;

	if (!was)
		return tfs_buf_puts(out, then);
	/* Without an object "_server" stays: it marks the document as a copy. */
	if (is)
		json_object_del(was, "_server");
	r = keep_secrets(NULL, top_table(kind), was, is, telling, 0);
	if (r == 0)
		r = remove_others(was, is);
	return r < 0 ? r : tfs_json_print_document(was, out);
}

static bool is_same(const json_t *a, const json_t *b)
{
	return a == b || (a && b && json_equal(a, b));
}

/* The three states of an object. */
struct states {
	json_t *before, *after, *now;
};

static int undo_members(struct table table, struct states states, struct telling telling, int depth);

/* Sets the earlier value, but for the secrets in it. */
static int put_value(const struct tfs_field *field, struct table inner, json_t *now, const char *name,
		     const json_t *was, struct telling telling, int depth)
{
	cleanup_json json_t *copy = json_deep_copy(was);
	int r = -ENOMEM;

	if (copy)
		r = keep_secrets(field, inner, copy, json_object_get(now, name), telling, depth + 1);
	return r == 0 && json_object_set(now, name, copy) < 0 ? -ENOMEM : r;
}

/* Sets the value of before the change, if it still is the value of after the change. */
static int undo_member(struct table table, struct states states, const char *name, struct telling telling, int depth)
{
	const struct tfs_field *field = document_table_find(table, name);
	struct table inner = field ? member_table(field) : (struct table){ 0 };
	json_t *was = json_object_get(states.before, name), *became = json_object_get(states.after, name);
	json_t *is = json_object_get(states.now, name);

	if (depth == 0)
		telling.top = name;
	if (is_same(was, became) || is_same(is, was))
		return 0;
	if (json_is_object(was) && json_is_object(became) && json_is_object(is) && depth < DEPTH_MAX)
		return undo_members(inner, (struct states){ was, became, is }, telling, depth + 1);
	if (!is_same(is, became))
		return tfs_revert_note(telling.cannot, telling.top, "changed again since; it stays");
	if (document_is_digest(was))
		return tfs_revert_note(telling.cannot, telling.top,
				       "a secret, kept as it is now: only its digest is recorded");
	if (was)
		return put_value(field, inner, states.now, name, was, telling, depth);
	return remove_member(states.now, name, depth);
}

static int undo_members(struct table table, struct states states, struct telling telling, int depth)
{
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach (states.after, name, value) {
		if (r == 0)
			r = undo_member(table, states, name, telling, depth);
	}
	json_object_foreach (states.before, name, value) {
		if (r == 0 && !json_object_get(states.after, name))
			r = undo_member(table, states, name, telling, depth);
	}
	return r;
}

int tfs_revert_change(const struct tfs_kind *kind, const char *before, const char *after, const char *now,
		      struct tfs_buf *out, json_t *cannot)
{
	cleanup_json json_t *was = parse_object(before), *became = parse_object(after), *is = parse_object(now);
	int r;

	if (!was || !became || !is) {
		if (strcmp(now, after) == 0)
			return tfs_buf_puts(out, before);
		r = tfs_revert_note(cannot, "the text", "changed again since; it stays");
		return r < 0 ? r : tfs_buf_puts(out, now);
	}
	json_object_del(was, "_server");
	json_object_del(became, "_server");
	json_object_del(is, "_server");
	r = undo_members(top_table(kind), (struct states){ was, became, is }, (struct telling){ cannot, "", NULL }, 0);
	return r < 0 ? r : tfs_json_print_document(is, out);
}
