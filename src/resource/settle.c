/* Settling: what became of a change nobody saw the end of, told by looking at the server; nothing is sent blindly. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "document/redact.h"
#include "intent.h"
#include "tenantfs/clock.h"
#include "tenantfs/log.h"

enum { WHY_BYTES = 4096, BASE_BYTES = 64 << 20 };

struct tfs_drafts *tfs_store_drafts(struct tfs_store *store)
{
	return store->drafts;
}

void intent_leave(struct tfs_store *store, uint64_t intent, const char *path, bool told)
{
	struct pending *pending = calloc(1, sizeof(*pending) + strlen(path) + 1);

	/* Without memory for it, it is found again at the next start. */
	if (pending == NULL)
		return;
	pending->intent = intent;
	pending->told = told;
	memcpy(pending->path, path, strlen(path) + 1);
	pthread_mutex_lock(&store->lock);
	LL_APPEND(store->pending, pending);
	pthread_mutex_unlock(&store->lock);
}

void intents_forget(struct tfs_store *store)
{
	struct pending *pending;

	while ((pending = store->pending) != NULL) {
		store->pending = pending->next;
		free(pending);
	}
}

int tfs_store_set_journal(struct tfs_store *store, struct tfs_journal *journal, struct tfs_drafts *drafts)
{
	cleanup_free uint64_t *intents = NULL;
	size_t count = 0;
	int r = 0;

	store->journal = journal;
	store->drafts = drafts;
	if (journal != NULL)
		r = tfs_journal_open_intents(journal, &intents, &count);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct tfs_journal_entry entry;

		if (tfs_journal_read(journal, intents[i], &entry) < 0)
			continue;
		intent_leave(store, intents[i], entry.change.path != NULL ? entry.change.path : "", false);
		tfs_journal_entry_finish(&entry);
	}
	return r;
}

size_t tfs_store_pending(struct tfs_store *store)
{
	const struct pending *pending;
	size_t count = 0;

	pthread_mutex_lock(&store->lock);
	LL_COUNT(store->pending, pending, count);
	pthread_mutex_unlock(&store->lock);
	return count;
}

/* The next after `after`, of `path` alone where that is not NULL; 0: none. */
static uint64_t next_pending(struct tfs_store *store, uint64_t after, const char *path, bool *ret_told)
{
	uint64_t found = 0;

	pthread_mutex_lock(&store->lock);
	for (const struct pending *pending = store->pending; pending != NULL; pending = pending->next) {
		if (pending->intent <= after || (found != 0 && pending->intent > found) ||
		    (path != NULL && strcmp(pending->path, path) != 0))
			continue;
		found = pending->intent;
		*ret_told = pending->told;
	}
	pthread_mutex_unlock(&store->lock);
	return found;
}

static void forget_pending(struct tfs_store *store, uint64_t intent)
{
	struct pending *pending, *next;

	pthread_mutex_lock(&store->lock);
	LL_FOREACH_SAFE(store->pending, pending, next)
	{
		if (pending->intent == intent) {
			LL_DELETE(store->pending, pending);
			free(pending);
		}
	}
	pthread_mutex_unlock(&store->lock);
}

static json_t *pending_json(struct tfs_journal *journal, uint64_t intent)
{
	struct tfs_journal_entry entry;
	json_t *value;

	if (tfs_journal_read(journal, intent, &entry) < 0)
		return NULL;
	value = json_pack("{s:I, s:s*, s:s*, s:s*, s:s}", "intent", (json_int_t)intent, "type",
			  tfs_json_text(entry.intent, "type"), "path", entry.change.path, "time",
			  tfs_json_text(entry.intent, "time"), "command", entry.change.caller.command);
	tfs_journal_entry_finish(&entry);
	return value;
}

json_t *tfs_store_pending_json(struct tfs_store *store)
{
	json_t *array = json_array();
	uint64_t intent = 0;
	bool told;

	while (array != NULL && (intent = next_pending(store, intent, NULL, &told)) != 0) {
		json_t *value = pending_json(store->journal, intent);

		if (value != NULL)
			json_array_append_new(array, value);
	}
	return array;
}

/* A member the server shows as it was wanted; one it never shows (a password) cannot be told. */
enum match { MATCH_SAME, MATCH_OTHER, MATCH_UNSEEN };

static enum match match_member(const struct tfs_kind *kind, const json_t *now, const json_t *differing,
			       const char *member)
{
	const struct tfs_field *field = table_find(top_table(kind), member);

	for (size_t i = 0; i < json_array_size(differing); i++) {
		if (strcmp(json_string_value(json_array_get(differing, i)), member) != 0)
			continue;
		return field != NULL && (field->secret || field->write_only) && json_object_get(now, member) == NULL ?
			       MATCH_UNSEEN :
			       MATCH_OTHER;
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
struct look {
	const struct tfs_kind *kind;
	json_t *before, *wanted, *now;
	json_t *changed; /* between before and wanted */
	json_t *differs; /* between now and wanted */
	const json_t *calls; /* of the intent */
};

static void look_finish(struct look *look)
{
	json_decref(look->before);
	json_decref(look->wanted);
	json_decref(look->now);
	json_decref(look->changed);
	json_decref(look->differs);
}

/* Of an object what another has, too. */
static json_t *common_members(const json_t *object, const json_t *other)
{
	json_t *common = json_object(), *kept;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		const json_t *same = json_object_get(other, name);

		if (same == NULL)
			continue;
		kept = json_is_object(value) && json_is_object(same) ? common_members(value, same) : share(value);
		if (json_object_set_new_nocheck(common, name, kept) < 0) {
			json_decref(common);
			return NULL;
		}
	}
	return common;
}

/* What the server added to a new object of its own is none of it. */
static int see_made(struct look *look)
{
	json_t *made = common_members(look->now, look->wanted);

	if (made == NULL)
		return -ENOMEM;
	json_decref(look->now);
	look->now = made;
	return 0;
}

/* A member that is in the call's path says which call makes the object; what it shows as is the service's choice. */
static void forget_path_members(struct look *look)
{
	const char *call = tfs_json_text(json_array_get(look->calls, 0), "call");

	for (size_t i = json_array_size(look->differs); i > 0 && call != NULL; i--) {
		cleanup_free char *word = NULL;

		if (asprintf(&word, "{%s}", json_string_value(json_array_get(look->differs, i - 1))) < 0)
			word = NULL;
		if (word != NULL && strstr(call, word) != NULL)
			json_array_remove(look->differs, i - 1);
	}
}

static int look_init(struct look *look, const struct tfs_kind *kind, const struct tfs_change *change,
		     const struct object *now)
{
	int r;

	look->kind = kind;
	if (change->before != NULL)
		r = tfs_json_parse(change->before, strlen(change->before), &look->before, NULL);
	else
		r = (look->before = json_object()) != NULL ? 0 : -ENOMEM;
	if (r == 0)
		r = change->wanted == NULL ? -EBADMSG : 0;
	if (r == 0)
		r = tfs_json_parse(change->wanted, strlen(change->wanted), &look->wanted, NULL);
	if (r == 0)
		r = tfs_json_parse(now->doc->data, now->doc->len, &look->now, NULL);
	if (r == 0 && change->before == NULL)
		r = see_made(look);
	if (r == 0)
		r = tfs_document_diff(kind, look->before, look->wanted, &look->changed);
	if (r == 0)
		r = tfs_document_diff(kind, look->now, look->wanted, &look->differs);
	if (r == 0 && change->before == NULL)
		forget_path_members(look);
	return r;
}

/*
 * Calls are made in their order, and none after one that failed: what a call carried that nobody sees is there when
 * something it carried, or a later one, is seen.
 */
static bool is_told_by_others(const struct look *look, const char *member)
{
	const json_t *call, *name;
	bool carried = false;
	size_t i, j;

	json_array_foreach(look->calls, i, call)
	{
		const json_t *members = json_object_get(call, "members");

		carried = carried || has_name(members, member);
		json_array_foreach(members, j, name)
		{
			if (carried && match_member(look->kind, look->now, look->differs, json_string_value(name)) ==
					       MATCH_SAME)
				return true;
		}
	}
	return false;
}

/* The changed members, by how they stand. */
struct count {
	size_t same, other, untold;
};

/* Of these members alone where `only` is not NULL. The names of those that do not stand as wanted go to `why`. */
static struct count count_members(const struct look *look, const json_t *only, struct tfs_buf *why)
{
	struct count count = { 0 };

	for (size_t i = 0; i < json_array_size(look->changed); i++) {
		const char *member = json_string_value(json_array_get(look->changed, i));
		enum match match = match_member(look->kind, look->now, look->differs, member);

		if (only != NULL && !has_name(only, member))
			continue;
		if (match == MATCH_SAME || (match == MATCH_UNSEEN && is_told_by_others(look, member))) {
			count.same++;
			continue;
		}
		if (match == MATCH_OTHER)
			count.other++;
		else
			count.untold++;
		if (why != NULL)
			tfs_buf_printf(why, "%s%s", why->len > 0 ? ", " : "", member);
	}
	return count;
}

static enum verdict judge_change(const struct look *look, struct tfs_buf *why)
{
	struct count count = count_members(look, NULL, why);

	if (count.other == 0 && count.untold == 0)
		return count.same > 0 ? VERDICT_DONE : VERDICT_HALF;
	return count.same > 0 || count.other == 0 ? VERDICT_HALF : VERDICT_NOT_DONE;
}

/*
 * An object of that name where there was none: ours when what the first call carried stands so, as far as it
 * shows; what further calls were to carry may be missing.
 */
static enum verdict judge_create(const struct look *look, struct tfs_buf *why)
{
	const json_t *carried = json_object_get(json_array_get(look->calls, 0), "members");
	struct count first = count_members(look, carried, NULL), all = count_members(look, NULL, why);

	if (first.other > 0)
		return VERDICT_OTHER;
	/* That it is there tells of what nobody sees of the first call. */
	return all.other == 0 && all.untold <= first.untold ? VERDICT_DONE : VERDICT_HALF;
}

static int judge(const struct tfs_resource *resource, const struct tfs_journal_entry *entry, const struct object *now,
		 struct tfs_buf *why, enum verdict *ret)
{
	struct look look TFS_CLEANUP(look_finish) = { .calls = entry->calls };
	const struct tfs_change *change = &entry->change;
	int r;

	if (resource->kind->form == TFS_FORM_TEXT) {
		bool same = strlen(change->wanted) == now->doc->len &&
			    memcmp(change->wanted, now->doc->data, now->doc->len) == 0;

		*ret = same ? VERDICT_DONE : VERDICT_NOT_DONE;
		return 0;
	}
	r = look_init(&look, resource->kind, change, now);
	if (r < 0)
		return r;
	*ret = change->type == TFS_CHANGE_CREATE ? judge_create(&look, why) : judge_change(&look, why);
	return 0;
}

/* Read anew: what is remembered says nothing. 0 too when there is none. */
static int read_now(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *id,
		    struct object *now)
{
	int r = object_read(resource, op, name, id, now);

	if (r == -ENOENT)
		tfs_error_clear(tfs_op_error(op));
	return r == -ENOENT ? 0 : r;
}

static bool is_same_object(const struct tfs_change *change, const struct object *now)
{
	return now->doc != NULL && (change->id == NULL || strcmp(now->doc->id, change->id) == 0);
}

int intent_look(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_journal_entry *entry,
		const char *name, struct object *now, struct tfs_buf *why, enum verdict *ret)
{
	const struct tfs_change *change = &entry->change;
	const char *to = tfs_json_text(entry->where, "to");
	bool renames = change->type == TFS_CHANGE_RENAME && to != NULL;
	int r;

	/* Its rows became objects, each by itself. */
	if (resource->kind->imports != NULL) {
		*ret = VERDICT_NOT_DONE;
		return tfs_buf_puts(why, "Look which of its rows were taken before it is sent again");
	}
	r = read_now(resource, op, renames ? to : name, change->id, now);
	if (r < 0)
		return r;
	if (change->type == TFS_CHANGE_REMOVE)
		*ret = is_same_object(change, now) ? VERDICT_NOT_DONE : VERDICT_DONE;
	else if (renames)
		/* Told by its id it may be found under its old name. */
		*ret = is_same_object(change, now) && strcmp(now->doc->name, to) == 0 ? VERDICT_DONE :
											 VERDICT_NOT_DONE;
	else if (now->doc == NULL) {
		*ret = VERDICT_NOT_DONE;
		if (resource->kind->no_read != NULL)
			return tfs_buf_puts(why, resource->kind->no_read);
	} else
		return judge(resource, entry, now, why, ret);
	return 0;
}

/*
 * What a new object that lacks some of its members is to be compared with: itself, without what the server added,
 * for its writer took none of that away.
 */
static int made_base(const struct tfs_change *change, const struct tfs_doc *now, struct tfs_buf *out)
{
	cleanup_json json_t *stands = NULL, *wanted = NULL, *common = NULL;
	int r = tfs_json_parse(now->data, now->len, &stands, NULL);

	if (r == 0)
		r = tfs_json_parse(change->wanted, strlen(change->wanted), &wanted, NULL);
	if (r < 0)
		return r;
	common = common_members(stands, wanted);
	return common == NULL ? -ENOMEM : tfs_json_print_document(common, out);
}

/* A draft of what was to be, for its writer to send again. `made`: the object that is there in part; NULL: none. */
static int keep_draft(struct tfs_store *store, const struct tfs_journal_entry *entry, const struct tfs_doc *made,
		      const struct tfs_error *error, char **ret_name)
{
	const struct tfs_change *change = &entry->change;
	struct tfs_buf base cleanup_buf = TFS_BUF_INIT(BASE_BYTES);
	char *text = entry->text != NULL ? entry->text : (char *)(uintptr_t)change->wanted;
	struct tfs_draft draft = {
		.path = (char *)(uintptr_t)change->path,
		.where = (json_t *)(uintptr_t)entry->where,
		.text = text,
		.len = text != NULL ? strlen(text) : 0,
		.base = (char *)(uintptr_t)change->before,
		.base_id = (char *)(uintptr_t)change->id,
		.error = *error,
		.time = tfs_clock_wall(),
		.uid = change->caller.uid,
	};
	int r;

	if (store->drafts == NULL || text == NULL)
		return -ENODATA;
	if (made != NULL && made_base(change, made, &base) == 0) {
		draft.base = base.data;
		draft.base_id = (char *)(uintptr_t)made->id;
	}
	r = tfs_drafts_put(store->drafts, &draft, ret_name);
	if (r == 0)
		tfs_drafts_write(store->drafts);
	return r;
}

static void explain(struct tfs_error *error, const struct tfs_change *change, enum verdict verdict, const char *why)
{
	static const char *const verbs[] = { "made", "saved", "removed", "renamed", "called" };
	const char *verb = verbs[change->type];

	switch (verdict) {
	case VERDICT_NOT_DONE:
		if (*why != '\0')
			tfs_error_set(error, -EIO, "journal", "nobody knows whether it was %s. %s", verb, why);
		else
			tfs_error_set(error, -EIO, "journal",
				      "it was not %s: the mount ended, or the answer was lost, on the way", verb);
		break;
	case VERDICT_HALF:
		tfs_error_set(error, -EIO, "journal", "it was %s in part, not yet: %s", verb, *why != '\0' ? why : "?");
		break;
	case VERDICT_OTHER:
		tfs_error_set(error, -EEXIST, "journal",
			      "it was not made: there is another of that name, which differs in %s",
			      *why != '\0' ? why : "?");
		break;
	case VERDICT_DONE:
		break;
	}
}

/* One intent on its way to its outcome. */
struct settling {
	struct tfs_store *store;
	struct tfs_resource *resource;
	const char *name;
	uint64_t intent;
	bool told;
	struct tfs_journal_entry entry;
	char *draft; /* name of the one that is to be finished; NULL: none */
};

static void note(struct settling *settling, const struct tfs_error *error, const struct tfs_doc *after)
{
	const struct tfs_change *change = &settling->entry.change;
	struct tfs_outcome outcome = {
		.result = error->code,
		.after = after != NULL ? after->data : NULL,
		.endpoint = tfs_json_text(json_array_get(settling->entry.calls, 0), "call"),
		.message = error->code < 0 ? error->message : NULL,
	};

	tfs_journal_end(settling->store->journal, settling->intent, &outcome);
	forget_pending(settling->store, settling->intent);
	tfs_log(TFS_LOG_INFO, 0, "%s: left open, and now known: %s", change->path,
		error->code < 0 ? error->message : "done");
}

/* Nothing in the text that the server does not have. */
static bool adds_nothing(const struct tfs_resource *resource, const struct tfs_draft *draft, const struct tfs_doc *now)
{
	cleanup_json json_t *stands = NULL, *ours = NULL, *masked = NULL, *members = NULL;
	bool found;

	if (resource->kind->form == TFS_FORM_TEXT)
		return draft->len == now->len && memcmp(draft->text, now->data, now->len) == 0;
	return tfs_json_parse(now->data, now->len, &stands, NULL) == 0 &&
	       tfs_document_check(resource->kind, draft->text, draft->len, stands, &ours, NULL) == 0 &&
	       redact_secrets(resource->kind, resource->store->digest_key, ours, &masked, &found) == 0 &&
	       tfs_document_diff(resource->kind, stands, masked, &members) == 0 && json_array_size(members) == 0;
}

/* Its writer was told that it failed, and it was done all the same: what was kept of it is of no use. */
static void drop_drafts(const struct settling *settling, const struct tfs_doc *now)
{
	struct tfs_drafts *drafts = settling->store->drafts;
	struct tfs_draft **list;
	size_t count;

	if (drafts == NULL || now == NULL || tfs_drafts_list(drafts, &list, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i]->path, settling->entry.change.path) == 0 &&
		    adds_nothing(settling->resource, list[i], now))
			tfs_drafts_drop(drafts, list[i]);
	tfs_drafts_list_free(list, count);
}

/* The slot is held. */
static int settle_held(struct settling *settling, struct tfs_op *op)
{
	struct tfs_buf why cleanup_buf = TFS_BUF_INIT(WHY_BYTES);
	struct object now = { 0 };
	struct tfs_error error = { 0 };
	enum verdict verdict;
	int r = intent_look(settling->resource, op, &settling->entry, settling->name, &now, &why, &verdict);

	if (r == 0 && verdict != VERDICT_DONE) {
		explain(&error, &settling->entry.change, verdict, why.len > 0 ? why.data : "");
		if (!settling->told)
			keep_draft(settling->store, &settling->entry,
				   verdict == VERDICT_HALF && settling->entry.change.before == NULL ? now.doc : NULL,
				   &error, verdict == VERDICT_HALF ? &settling->draft : NULL);
	}
	if (r == 0 && verdict == VERDICT_DONE)
		drop_drafts(settling, now.doc);
	if (r == 0)
		note(settling, &error, verdict == VERDICT_NOT_DONE || verdict == VERDICT_OTHER ? NULL : now.doc);
	object_finish(&now);
	return r;
}

/* The same draft with the newest reason. */
static void tell_draft(struct tfs_drafts *drafts, const struct tfs_draft *draft, const struct tfs_error *error)
{
	const struct tfs_draft again = {
		.path = draft->path,
		.where = draft->where,
		.text = draft->text,
		.len = draft->len,
		.base = draft->base,
		.base_id = draft->base_id,
		.error = *error,
		.time = draft->time,
		.uid = draft->uid,
	};

	if (tfs_drafts_put(drafts, &again, NULL) == 0)
		tfs_drafts_write(drafts);
}

/* The dead one's last call may have reached the server after we looked, and ours been refused for it. */
static bool stands_by_now(const struct settling *settling, struct tfs_op *op, const struct tfs_draft *draft)
{
	struct tfs_error error = *tfs_op_error(op);
	struct object now = { 0 };
	bool stands = object_read(settling->resource, op, settling->name, draft->base_id, &now) == 0 &&
		      now.doc != NULL && adds_nothing(settling->resource, draft, now.doc);

	object_finish(&now);
	*tfs_op_error(op) = error;
	return stands;
}

/* What was done in part is sent on, as a save that reads and merges first; what is refused then stays a draft. */
static void finish_rest(struct settling *settling, struct tfs_op *op)
{
	struct tfs_drafts *drafts = settling->store->drafts;
	const struct tfs_config *config = settling->store->config;
	const struct tfs_change *change = &settling->entry.change;
	struct tfs_draft *draft cleanup_draft = tfs_drafts_get(drafts, settling->draft);
	struct tfs_doc *base cleanup_doc = NULL;
	struct tfs_doc *doc cleanup_doc = NULL;

	if (draft == NULL || config->read_only || !tfs_config_writable(config, draft->path))
		return;
	if (draft->base != NULL)
		base = tfs_doc_new(settling->name, draft->base_id != NULL ? draft->base_id : "", draft->base,
				   strlen(draft->base), tfs_clock_wall());
	/* It is still the change of who began it, though that process may be another by now. */
	tfs_op_set_caller(op, change->caller.uid, change->caller.gid, 0);
	if (base == NULL || tfs_op_set_reason(op, change->reason) < 0) {
		tfs_op_set_caller(op, 0, 0, 0);
		return;
	}
	tfs_op_set_change_set(op, change->change_set);
	if (tfs_resource_save(settling->resource, op, settling->name, base, draft->text, draft->len, &doc) == 0 ||
	    stands_by_now(settling, op, draft)) {
		tfs_drafts_drop(drafts, draft);
		tfs_log(TFS_LOG_INFO, tfs_op_id(op), "%s: the rest of it is saved", draft->path);
	} else {
		tfs_error_prefix(tfs_op_error(op), "it was saved in part, and the rest of it was refused: ");
		tell_draft(drafts, draft, tfs_op_error(op));
	}
	tfs_op_set_caller(op, 0, 0, 0);
	tfs_op_set_reason(op, NULL);
	tfs_op_set_change_set(op, NULL);
}

/* A call's effect is not to be seen anywhere. */
static void give_up_call(struct settling *settling)
{
	struct tfs_error error;

	tfs_error_set(&error, -EIO, "journal",
		      "nobody knows whether the server did it: the mount ended before the answer came");
	note(settling, &error, NULL);
}

static int settle_entry(struct settling *settling, struct tfs_op *op, bool held)
{
	int r;

	if (settling->entry.change.type == TFS_CHANGE_CALL) {
		give_up_call(settling);
		return 0;
	}
	r = tfs_store_find(settling->store, settling->entry.where, &settling->resource, &settling->name);
	if (r < 0)
		return tfs_fail(op, r, "journal", "%s: nothing of this version stands there",
				settling->entry.change.path);
	if (!held)
		r = slot_enter(&settling->resource->slots, op, settling->name);
	if (r < 0)
		return r;
	r = settle_held(settling, op);
	if (!held)
		slot_leave(&settling->resource->slots, settling->name);
	if (r == 0 && !held && settling->draft != NULL)
		finish_rest(settling, op);
	return r;
}

static int settle_one(struct tfs_store *store, struct tfs_op *op, uint64_t intent, bool told, bool held)
{
	struct settling settling = { .store = store, .intent = intent, .told = told };
	int r = tfs_journal_read(store->journal, intent, &settling.entry);

	/* Another has settled it, or its line is damaged. */
	if (r < 0 || settling.entry.change.seq != 0) {
		forget_pending(store, intent);
		r = r == -ENOENT || r == -EBADMSG ? 0 : r;
	} else {
		r = settle_entry(&settling, op, held);
	}
	free(settling.draft);
	tfs_journal_entry_finish(&settling.entry);
	return r;
}

int tfs_store_settle(struct tfs_store *store, struct tfs_op *op)
{
	uint64_t intent = 0;
	bool told = false;
	int result = 0;

	while ((intent = next_pending(store, intent, NULL, &told)) != 0) {
		int r = settle_one(store, op, intent, told, false);

		if (r < 0)
			result = r;
		/* Without the server the others have no better luck. */
		if (is_away(r) || r == -EINTR)
			break;
	}
	return result;
}

int intent_settle_before(struct tfs_resource *resource, struct tfs_op *op, const char *name)
{
	struct tfs_store *store = resource->store;
	cleanup_free char *path = NULL;
	uint64_t intent;
	bool told = false;
	int r = 0;

	if (tfs_store_pending(store) == 0)
		return 0;
	path = document_path(resource, name);
	if (path == NULL)
		return -ENOMEM;
	while (r == 0 && (intent = next_pending(store, 0, path, &told)) != 0)
		r = settle_one(store, op, intent, told, true);
	return r;
}
