/* What the server makes of our writes. */
#include "own.h"

#include <errno.h>
#include <stdlib.h>

#include "tenantfs/clock.h"

static bool same_text(const struct tfs_doc *a, const struct tfs_doc *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void note(const struct save *save, struct tfs_doc *doc)
{
	const struct own_write write = {
		.before = save->made ? NULL : save->object.doc,
		.doc = doc,
		.record = save->record,
		.sent = save->made ? NULL : save->sent,
		.answered = save->answered && !save->made,
		.confirmed = save->confirmed,
		.at_ms = tfs_clock_ms(),
		.uid = tfs_op_uid(save->op),
	};

	resource_own_writes_note(save->resource, &write);
}

static bool can_be_read(const struct tfs_kind *kind)
{
	return !kind->no_read && (kind->lookup || kind->list);
}

void change_own_settle(struct save *save, struct tfs_doc **doc)
{
	struct tfs_resource *resource = save->resource;
	struct tfs_error error = *tfs_op_error(save->op);
	struct object now = { 0 };

	note(save, *doc);
	if (save->confirmed || save->answered || !can_be_read(resource->kind))
		return;
	/* A change by others in between is theirs: the save's own version is the one that was sent. */
	if (resource_object_read(resource, save->op, (*doc)->name, (*doc)->id, &now) == 0 &&
	    !resource_own_writes_overtaken(resource, (*doc)->id)) {
		tfs_doc_unref(*doc);
		*doc = tfs_doc_ref(now.doc);
		save->confirmed = true;
	}
	resource_object_finish(&now);
	*tfs_op_error(save->op) = error;
}

void change_own_note_removal(struct tfs_resource *resource, struct tfs_op *op, struct tfs_doc *doc)
{
	const struct own_write write = { .before = doc, .at_ms = tfs_clock_ms(), .uid = tfs_op_uid(op) };

	resource_own_writes_note(resource, &write);
}

/* The id of a recorded document, where the change does not have it. Caller frees. */
static char *id_of(const struct tfs_kind *kind, const struct tfs_change *change, const char *text, const char *name)
{
	cleanup_json json_t *document = NULL;
	const json_t *id = NULL;
	char *made;

	if (change->id)
		return strdup(change->id);
	if (tfs_json_parse(text, strlen(text), &document, NULL) == 0)
		id = tfs_document_id(kind, document);
	if (json_is_string(id))
		return strdup(json_string_value(id));
	if (!json_is_integer(id))
		return strdup(name);
	return asprintf(&made, "%lld", (long long)json_integer_value(id)) < 0 ? NULL : made;
}

static struct tfs_doc *recorded_doc(const struct tfs_kind *kind, const struct tfs_change *change, const char *text,
				    const char *name)
{
	cleanup_free char *id = text ? id_of(kind, change, text, name) : NULL;

	return id ? tfs_doc_new(name, id, text, strlen(text), change->time) : NULL;
}

/* How long ago it was, in ms. */
static uint64_t age_of(const struct timespec *time)
{
	struct timespec now = tfs_clock_wall();
	int64_t age = (int64_t)(now.tv_sec - time->tv_sec) * 1000 + (now.tv_nsec - time->tv_nsec) / 1000000;

	return age < 0 ? 0 : (uint64_t)age;
}

void change_own_note_entry(struct tfs_store *store, const struct tfs_journal_entry *entry)
{
	const struct tfs_change *change = &entry->change;
	struct tfs_doc *before cleanup_doc = NULL, *after cleanup_doc = NULL;
	const char *to = tfs_json_text(entry->where, "to"), *name;
	struct tfs_resource *resource;
	struct own_write write = { .uid = change->caller.uid, .at_ms = tfs_clock_ms() - age_of(&change->time) };

	if (change->type == TFS_CHANGE_CALL || tfs_store_find(store, entry->where, &resource, &name) < 0)
		return;
	before = recorded_doc(resource->kind, change, change->before, name);
	after = recorded_doc(resource->kind, change, change->after, to ? to : name);
	write.before = before;
	write.doc = after;
	if (before || after)
		resource_own_writes_note(resource, &write);
}

struct loading {
	struct tfs_store *store;
	struct tfs_journal *journal;
	uint64_t recent[256];
	size_t count;
};

/* The newest come first: collects those that a read may not show yet. */
static int collect(void *context, const struct tfs_journal_entry *entry)
{
	struct loading *loading = context;

	if (entry->change.seq != 0 && age_of(&entry->change.time) >= loading->store->config->read_lag_ms)
		return 1;
	if (entry->change.seq != 0 && entry->change.result == 0)
		loading->recent[loading->count++] = entry->change.intent;
	return loading->count == sizeof(loading->recent) / sizeof(*loading->recent);
}

void change_own_load(struct tfs_store *store, struct tfs_journal *journal)
{
	struct loading loading = { .store = store, .journal = journal };

	tfs_journal_newest(journal, collect, &loading);
	while (loading.count-- > 0) {
		struct tfs_journal_entry entry;

		if (tfs_journal_read(journal, loading.recent[loading.count], &entry) < 0)
			continue;
		change_own_note_entry(store, &entry);
		tfs_journal_entry_finish(&entry);
	}
}

/* Gives the wanted document the server's form of each member that it has as we wrote it. */
static int take_form(struct save *save, const json_t *written, const json_t *settled)
{
	cleanup_json json_t *members = NULL;
	int r = tfs_document_diff(save->resource->kind, written, settled, &members);

	for (size_t i = 0; r == 0 && i < json_array_size(members); i++) {
		const char *name = json_string_value(json_array_get(members, i));
		json_t *form = json_object_get(settled, name);

		if (!document_same_value(json_object_get(save->ours, name), json_object_get(written, name)))
			continue;
		if (form)
			r = json_object_set_nocheck(save->ours, name, form);
		else
			json_object_del(save->ours, name);
	}
	return r < 0 ? -ENOMEM : 0;
}

int change_own_rebase(struct save *save, const struct tfs_doc *from, json_t **base)
{
	struct tfs_doc *written cleanup_doc = NULL, *settled cleanup_doc = NULL;
	json_t *form = NULL;
	int r;

	if (!resource_own_writes_settled(save->resource, from->id, &written, &settled) || !same_text(from, written))
		return 0;
	r = tfs_json_parse(settled->data, settled->len, &form, tfs_op_error(save->op));
	if (r == 0)
		r = take_form(save, *base, form);
	if (r < 0) {
		json_decref(form);
		return r;
	}
	json_decref(*base);
	*base = form;
	return 0;
}

bool change_own_is_form(const struct save *save, const struct tfs_doc *from, const struct tfs_doc *now)
{
	struct tfs_doc *written cleanup_doc = NULL, *settled cleanup_doc = NULL;

	return resource_own_writes_settled(save->resource, from->id, &written, &settled) && same_text(from, written) &&
	       same_text(now, settled);
}
