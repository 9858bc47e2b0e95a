/* The outcome of an intent: the server's present state compared with the wanted one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "resource/unread.h"
#include "save.h"
#include "tenantfs/clock.h"
#include "tenantfs/path.h"
#include "verdict.h"

/* Whether a member matches; MATCH_UNSEEN: the server never returns it (passwords). */
enum match { MATCH_SAME, MATCH_OTHER, MATCH_UNSEEN };

static enum match match_member(const struct tfs_kind *kind, const json_t *now, const json_t *differing,
			       const char *member)
{
	const struct tfs_field *field = document_table_find(top_table(kind), member);

	for (size_t i = 0; i < json_array_size(differing); i++) {
		if (strcmp(json_string_value(json_array_get(differing, i)), member) != 0)
			continue;
		return field && (field->secret || field->write_only) && !json_object_get(now, member) ? MATCH_UNSEEN
												      : MATCH_OTHER;
	}
	return MATCH_SAME;
}

static bool has_name(const json_t *names, const char *name)
{
	for (size_t i = 0; i < json_array_size(names); i++)
		if (strcmp(json_string_value(json_array_get(names, i)), name) == 0)
			return true;
	return false;
}

/* The documents an intent is about, parsed. */
struct intent_comparison {
	const struct tfs_kind *kind;
	json_t *before, *wanted, *now;
	json_t *changed;     /* between before and wanted */
	json_t *differs;     /* between now and wanted */
	const json_t *calls; /* of the intent */
};

static void comparison_finish(struct intent_comparison *cmp)
{
	json_decref(cmp->before);
	json_decref(cmp->wanted);
	json_decref(cmp->now);
	json_decref(cmp->changed);
	json_decref(cmp->differs);
}

/* The members of an object that another has, too. */
static json_t *common_members(const json_t *object, const json_t *other)
{
	json_t *common = json_object(), *kept;
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		const json_t *same = json_object_get(other, name);

		if (!same)
			continue;
		if (json_is_object(value) && json_is_object(same))
			kept = common_members(value, same);
		else
			kept = json_ref_const(value);
		if (json_object_set_new_nocheck(common, name, kept) < 0) {
			json_decref(common);
			return NULL;
		}
	}
	return common;
}

/* For a new object: ignores the members the server added. */
static int see_made(struct intent_comparison *cmp)
{
	json_t *made = common_members(cmp->now, cmp->wanted);

	if (!made)
		return -ENOMEM;
	json_decref(cmp->now);
	cmp->now = made;
	return 0;
}

/* Ignores members that are part of the call's path: the service may show them in another form. */
static void forget_path_members(struct intent_comparison *cmp)
{
	const char *call = tfs_json_text(json_array_get(cmp->calls, 0), "call");

	for (size_t i = json_array_size(cmp->differs); i > 0 && call; i--)
		if (tfs_path_through(call, json_string_value(json_array_get(cmp->differs, i - 1))) > 0)
			json_array_remove(cmp->differs, i - 1);
}

static int comparison_init(struct intent_comparison *cmp, const struct tfs_kind *kind, const struct tfs_change *change,
			   const struct object *now)
{
	int r;

	cmp->kind = kind;
	if (change->before)
		r = tfs_json_parse(change->before, strlen(change->before), &cmp->before, NULL);
	else
		r = (cmp->before = json_object()) ? 0 : -ENOMEM;
	if (r == 0)
		r = !change->wanted ? -EBADMSG : 0;
	if (r == 0)
		r = tfs_json_parse(change->wanted, strlen(change->wanted), &cmp->wanted, NULL);
	if (r == 0)
		r = tfs_json_parse(now->doc->data, now->doc->len, &cmp->now, NULL);
	if (r == 0 && !change->before)
		r = see_made(cmp);
	if (r == 0)
		r = tfs_document_diff(kind, cmp->before, cmp->wanted, &cmp->changed);
	if (r == 0)
		r = tfs_document_diff(kind, cmp->now, cmp->wanted, &cmp->differs);
	if (r == 0 && !change->before)
		forget_path_members(cmp);
	return r;
}

/*
 * Whether a write-only member must have been accepted. Calls are made in order and stop at the first failure,
 * so it was if another member of the same or a later call is there.
 */
static bool is_shown_by_others(const struct intent_comparison *cmp, const char *member)
{
	const json_t *call, *name;
	bool carried = false;
	size_t i, j;

	json_array_foreach (cmp->calls, i, call) {
		const json_t *members = json_object_get(call, "members");

		carried = carried || has_name(members, member);
		json_array_foreach (members, j, name) {
			if (carried &&
			    match_member(cmp->kind, cmp->now, cmp->differs, json_string_value(name)) == MATCH_SAME)
				return true;
		}
	}
	return false;
}

/* Numbers of changed members, by match. */
struct count {
	size_t same, other, untold;
};

/* Counts the changed members, or those in `only`. Appends the names of those that do not match to `why`. */
static struct count count_members(const struct intent_comparison *cmp, const json_t *only, struct tfs_buf *why)
{
	struct count count = { 0 };

	for (size_t i = 0; i < json_array_size(cmp->changed); i++) {
		const char *member = json_string_value(json_array_get(cmp->changed, i));
		enum match match = match_member(cmp->kind, cmp->now, cmp->differs, member);

		if (only && !has_name(only, member))
			continue;
		if (match == MATCH_SAME || (match == MATCH_UNSEEN && is_shown_by_others(cmp, member))) {
			count.same++;
			continue;
		}
		if (match == MATCH_OTHER)
			count.other++;
		else
			count.untold++;
		if (why)
			tfs_buf_printf(why, "%s%s", why->len > 0 ? ", " : "", member);
	}
	return count;
}

static enum verdict judge_change(const struct intent_comparison *cmp, struct tfs_buf *why)
{
	struct count count = count_members(cmp, NULL, why);

	if (count.other == 0 && count.untold == 0)
		return count.same > 0 ? VERDICT_DONE : VERDICT_PARTIAL;
	return count.same > 0 || count.other == 0 ? VERDICT_PARTIAL : VERDICT_NOT_DONE;
}

/*
 * An object of that name exists now. It is ours if the visible members of the first call match; members of
 * further calls may be missing.
 */
static enum verdict judge_create(const struct intent_comparison *cmp, struct tfs_buf *why)
{
	const json_t *carried = json_object_get(json_array_get(cmp->calls, 0), "members");
	struct count first = count_members(cmp, carried, NULL), all = count_members(cmp, NULL, why);

	if (first.other > 0)
		return VERDICT_CONFLICTING;
	/* If the object exists, the first call's write-only members were accepted. */
	return all.other == 0 && all.untold <= first.untold ? VERDICT_DONE : VERDICT_PARTIAL;
}

static int judge(const struct tfs_resource *resource, const struct tfs_journal_entry *entry, const struct object *now,
		 struct tfs_buf *why, enum verdict *ret)
{
	struct intent_comparison cmp TFS_CLEANUP(comparison_finish) = { .calls = entry->calls };
	const struct tfs_change *change = &entry->change;
	int r;

	if (resource->kind->form == TFS_FORM_TEXT) {
		bool same = strlen(change->wanted) == now->doc->len &&
			    memcmp(change->wanted, now->doc->data, now->doc->len) == 0;

		*ret = same ? VERDICT_DONE : VERDICT_NOT_DONE;
		return 0;
	}
	r = comparison_init(&cmp, resource->kind, change, now);
	if (r < 0)
		return r;
	*ret = change->type == TFS_CHANGE_CREATE ? judge_create(&cmp, why) : judge_change(&cmp, why);
	return 0;
}

/* Reads from the server, never from the cache. 0 as well if it does not exist. */
static int read_now(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *id,
		    struct object *now)
{
	int r = resource_object_read(resource, op, name, id, now);

	if (r == -ENOENT)
		tfs_error_clear(tfs_op_error(op));
	return r == -ENOENT ? 0 : r;
}

static bool is_same_object(const struct tfs_change *change, const struct object *now)
{
	return now->doc && (!change->id || strcmp(now->doc->id, change->id) == 0);
}

/* The answer of a change that was done is lost. Its intent says what was written to members that no answer shows. */
static int remember_written(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_change *change,
			    struct object *now)
{
	cleanup_json json_t *wanted = NULL;
	struct object again = { 0 };
	int r;

	if (!now->doc && change->id)
		resource_unread_forget(resource, change->id);
	if (!now->doc || !change->wanted || tfs_json_parse(change->wanted, strlen(change->wanted), &wanted, NULL) < 0 ||
	    !resource_unread_note(resource, now->doc->id, wanted))
		return 0;
	r = read_now(resource, op, now->doc->name, now->doc->id, &again);
	/* This read may be behind the one before. */
	if (r < 0 || !again.doc)
		return r;
	resource_object_finish(now);
	*now = again;
	return 0;
}

/* One read of the object, and what it says. */
static int verify_once(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_journal_entry *entry,
		       const char *name, struct object *now, struct tfs_buf *why, enum verdict *ret)
{
	const struct tfs_change *change = &entry->change;
	const char *to = tfs_json_text(entry->where, "to");
	bool renames = change->type == TFS_CHANGE_RENAME && to;
	int r = read_now(resource, op, renames ? to : name, change->id, now);

	if (r < 0)
		return r;
	if (change->type == TFS_CHANGE_REMOVE)
		*ret = is_same_object(change, now) ? VERDICT_NOT_DONE : VERDICT_DONE;
	else if (renames)
		/* Found by its id, it may still have its old name. */
		*ret = is_same_object(change, now) && strcmp(now->doc->name, to) == 0 ? VERDICT_DONE : VERDICT_NOT_DONE;
	else if (!now->doc) {
		*ret = VERDICT_NOT_DONE;
		if (resource->kind->no_read)
			return tfs_buf_puts(why, resource->kind->no_read);
	} else {
		r = judge(resource, entry, now, why, ret);
	}
	return r == 0 && *ret == VERDICT_DONE ? remember_written(resource, op, change, now) : r;
}

int change_intent_verify(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_journal_entry *entry,
			 const char *name, uint64_t until_ms, struct object *now, struct tfs_buf *why,
			 enum verdict *ret)
{
	int r;

	/* Each row became an object of its own. */
	if (resource->kind->imports) {
		*ret = VERDICT_NOT_DONE;
		return tfs_buf_puts(why, "Look which of its rows were taken before it is sent again");
	}
	for (;;) {
		tfs_buf_reset(why);
		resource_object_finish(now);
		r = verify_once(resource, op, entry, name, now, why, ret);
		if (r < 0 || *ret == VERDICT_DONE || *ret == VERDICT_CONFLICTING || resource->kind->no_read ||
		    tfs_clock_ms() >= until_ms)
			return r;
		r = tfs_op_sleep(op, BEHIND_MS);
		if (r < 0)
			return r;
	}
}

int change_verdict_made_base(const struct tfs_change *change, const struct tfs_doc *now, struct tfs_buf *out)
{
	cleanup_json json_t *current = NULL, *wanted = NULL, *common = NULL;
	int r = tfs_json_parse(now->data, now->len, &current, NULL);

	if (r == 0)
		r = tfs_json_parse(change->wanted, strlen(change->wanted), &wanted, NULL);
	if (r < 0)
		return r;
	common = common_members(current, wanted);
	return !common ? -ENOMEM : tfs_json_print_document(common, out);
}
