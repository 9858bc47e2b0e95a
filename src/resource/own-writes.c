/* Judges versions that were read by what we wrote shortly before. */
#include "own-entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "doc-builder.h"
#include "document/own-form.h"
#include "store.h"
#include "tenantfs/clock.h"
#include "tenantfs/path.h"

enum { READ_BACK_MS = 2000 }; /* so soon after a write its side effects are ours, too */

static bool same_text(const struct tfs_doc *a, const struct tfs_doc *b)
{
	return a && b && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* The names of the members, without their values: those may be secrets. NULL: unknown. Yours. */
static json_t *names_of(const json_t *sent)
{
	json_t *names = sent ? json_object() : NULL;
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)sent, name, value)
		json_object_set_new_nocheck(names, name, json_true());
	return names;
}

/* Notes that the write has left the object with `id` with `doc`. */
static void note_version(struct tfs_resource *resource, const char *id, struct tfs_doc *doc,
			 const struct own_write *write) TFS_HOLDS(resource->own.lock)
{
	struct own_entry *entry = resource_own_entry(&resource->own, id);
	bool known;

	if (!entry)
		return;
	known = same_text(entry->doc, write->before);
	if (!known)
		resource_own_entry_replace(entry, entry->doc, entry->confirmed, write->at_ms);
	/* A version that no read has shown yet may come in another form. */
	resource_own_entry_replace(entry, write->before, !known || entry->confirmed, write->at_ms);
	entry->made = doc && (!write->before || strcmp(write->before->name, doc->name) != 0 ||
			      (entry->made && write->at_ms - entry->at_ms < resource->store->config->read_lag_ms));
	resource_own_entry_set(entry, doc, doc ? write->record : NULL);
	tfs_doc_unref(steal_pointer(&entry->written));
	json_decref(entry->sent);
	entry->sent = names_of(write->sent);
	entry->by_others = false;
	entry->answered = write->answered;
	entry->confirmed = write->confirmed;
	entry->at_ms = write->at_ms;
	resource_own_entry_forget(entry, resource->store->config->read_lag_ms);
	entry->uid = write->uid;
	entry->events = resource_audit_count(resource->store->audit);
}

/* The version under the name that its record has: a listing adds a part of the id where several have it. */
static struct tfs_doc *named_by_record(const struct tfs_resource *resource, const struct own_write *write)
{
	cleanup_free char *name = NULL, *id = NULL;
	struct tfs_doc *doc;

	if (resource->doc_name || !json_is_object(write->record) ||
	    resource_record_name_and_id(resource->kind, write->record, &name, &id) < 0 ||
	    strcmp(name, write->doc->name) == 0)
		return tfs_doc_ref(write->doc);
	doc = tfs_doc_new(name, write->doc->id, write->doc->data, write->doc->len, write->doc->mtime);
	if (doc)
		doc->origin = write->doc->origin;
	return doc;
}

void resource_own_writes_note(struct tfs_resource *resource, const struct own_write *write)
{
	struct tfs_doc *doc cleanup_doc = write->doc ? named_by_record(resource, write) : NULL;

	if (write->doc && !doc)
		return;
	tfs_mutex_lock(&resource->own.lock);
	resource_own_entries_expire(&resource->own, resource->store->config->read_lag_ms);
	if (write->before && (!doc || strcmp(write->before->id, doc->id) != 0))
		note_version(resource, write->before->id, NULL, write);
	if (doc)
		note_version(resource, doc->id, doc, write);
	tfs_mutex_unlock(&resource->own.lock);
}

/* How alike two versions are. */
enum likeness {
	SAME, /* but for members that only the server sets */
	FORM, /* the server's form of the same values */
	OTHER,
};

/* `*ret_sent`: only members that `sent` names differ. */
static enum likeness compare(const struct tfs_kind *kind, const struct tfs_doc *written, const struct tfs_doc *read,
			     const json_t *sent, bool *ret_sent)
{
	cleanup_json json_t *a = NULL, *b = NULL, *members = NULL;
	enum likeness alike = SAME;

	*ret_sent = !sent;
	if (same_text(written, read))
		return SAME;
	if (tfs_json_parse(written->data, written->len, &a, NULL) < 0 ||
	    tfs_json_parse(read->data, read->len, &b, NULL) < 0 || !json_is_object(a) || !json_is_object(b) ||
	    tfs_document_diff(kind, a, b, &members) < 0)
		return OTHER;
	*ret_sent = true;
	for (size_t i = 0; i < json_array_size(members); i++) {
		const char *name = json_string_value(json_array_get(members, i));
		bool form = document_is_own_form(json_object_get(a, name), json_object_get(b, name));

		alike = !form ? OTHER : alike == SAME ? FORM : alike;
		*ret_sent = *ret_sent && (!sent || json_object_get(sent, name));
	}
	return alike;
}

enum judgment {
	NEWEST,  /* it is the version we know */
	SETTLED, /* what the server made of our write */
	BEHIND,  /* a version that was replaced */
	FOREIGN, /* a change by others */
	UNSURE,  /* it depends on the audit log */
};

/* Whether the version is one that was replaced less than `lag` ago. `*ret_doubt`: another one may be in any form. */
static bool is_behind(const struct own_entry *entry, const struct tfs_kind *kind, const struct tfs_doc *doc,
		      enum likeness now, uint64_t lag, bool *ret_doubt)
{
	uint64_t at = tfs_clock_ms();
	bool sent;

	*ret_doubt = false;
	for (size_t i = 0; i < entry->n_old; i++) {
		const struct replaced *old = &entry->old[i];
		enum likeness alike;

		if (at - old->at_ms >= lag)
			continue;
		alike = compare(kind, old->doc, doc, NULL, &sent);
		if (alike == SAME || (alike == FORM && now == OTHER && !old->certain))
			return true;
		*ret_doubt = *ret_doubt || !old->certain;
	}
	return false;
}

static enum judgment judge(const struct tfs_resource *resource, const struct own_entry *entry,
			   const struct tfs_doc *doc, bool polled)
{
	const struct audit_subject of = { resource->kind, resource->community, doc->id, doc->name };
	uint64_t age = tfs_clock_ms() - entry->at_ms;
	bool sent, doubt, foreign;
	enum likeness alike = compare(resource->kind, entry->doc, doc, entry->sent, &sent);

	if (alike == SAME && strcmp(entry->doc->name, doc->name) == 0)
		return NEWEST;
	foreign = resource_audit_others_since(resource->store->audit, entry->events, &of);
	if (!foreign && is_behind(entry, resource->kind, doc, alike, resource->store->config->read_lag_ms, &doubt))
		return BEHIND;
	if (entry->confirmed || age > OWN_KEEP_MS)
		return FOREIGN;
	if (alike != OTHER)
		return SETTLED;
	if (entry->answered || foreign)
		return FOREIGN;
	if (!polled)
		return UNSURE;
	if (doubt)
		return BEHIND;
	return sent || age < READ_BACK_MS ? SETTLED : FOREIGN;
}

/* The version we know, to be read again. */
static int give_known(const struct own_entry *entry, struct tfs_doc **doc, json_t **record)
{
	struct tfs_doc *known =
		tfs_doc_new(entry->doc->name, entry->doc->id, entry->doc->data, entry->doc->len, entry->doc->mtime);

	if (!known)
		return -ENOMEM;
	known->origin = entry->doc->origin;
	atomic_store(&known->stale, true);
	tfs_doc_unref(*doc);
	*doc = known;
	json_decref(*record);
	*record = entry->record ? json_incref(entry->record) : NULL;
	return 0;
}

static int apply(struct own_entry *entry, enum judgment judgment, struct tfs_doc **doc, json_t **record)
{
	switch (judgment) {
	case BEHIND:
		return give_known(entry, doc, record);
	case SETTLED:
		tfs_doc_unref(entry->written);
		entry->written = tfs_doc_ref(entry->doc);
		break;
	case FOREIGN:
		resource_own_entry_replace(entry, entry->doc, entry->confirmed, tfs_clock_ms());
		tfs_doc_unref(steal_pointer(&entry->written));
		entry->by_others = true;
		break;
	default:
		break;
	}
	resource_own_entry_set(entry, *doc, *record);
	entry->confirmed = true;
	entry->made = false;
	return 0;
}

/* One look at the entry of the object. -EAGAIN: the audit log has to be read first. */
static int judge_once(struct tfs_resource *resource, bool polled, struct tfs_doc **doc, json_t **record)
{
	struct own_writes *own = &resource->own;
	struct own_entry *entry;
	enum judgment judgment;
	int r = 0;

	tfs_mutex_lock(&own->lock);
	HASH_FIND_STR(own->entries, (*doc)->id, entry);
	if (entry && !entry->doc) {
		r = tfs_clock_ms() - entry->at_ms < resource->store->config->read_lag_ms ? 1 : 0;
	} else if (entry && (*doc)->origin != TFS_DOC_SHORT) {
		judgment = judge(resource, entry, *doc, polled);
		r = judgment == UNSURE ? -EAGAIN : apply(entry, judgment, doc, record);
		resource_own_entry_forget(entry, resource->store->config->read_lag_ms);
	}
	tfs_mutex_unlock(&own->lock);
	return r;
}

int resource_own_writes_judge(struct tfs_resource *resource, struct tfs_op *op, struct tfs_doc **doc, json_t **record)
{
	struct tfs_store *store = resource->store;
	struct tfs_error error = *tfs_op_error(op);
	int r = judge_once(resource, !store->reads.poll, doc, record);

	if (r != -EAGAIN)
		return r;
	/* An account that may not read the log does not learn of others' changes. */
	store->reads.poll(store, op, resource->community);
	*tfs_op_error(op) = error;
	return judge_once(resource, true, doc, record);
}

/* Whether a read may not show the object yet. */
static bool is_unseen(const struct tfs_resource *resource, const struct own_entry *entry)
{
	return entry->doc && entry->made && tfs_clock_ms() - entry->at_ms < resource->store->config->read_lag_ms;
}

struct tfs_doc *resource_own_writes_unseen(struct tfs_resource *resource, const char *name, json_t **ret_record)
{
	struct own_entry *entry, *next;
	struct tfs_doc *doc = NULL;

	tfs_mutex_lock(&resource->own.lock);
	HASH_ITER (hh, resource->own.entries, entry, next) {
		if (doc || !is_unseen(resource, entry) || strcmp(entry->doc->name, name) != 0)
			continue;
		if (give_known(entry, &doc, ret_record) < 0)
			doc = NULL;
	}
	tfs_mutex_unlock(&resource->own.lock);
	return doc;
}

static bool has_id(struct tfs_doc *const *docs, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(docs[i]->id, id) == 0)
			return true;
	return false;
}

int resource_own_writes_unlisted(struct tfs_resource *resource, struct tfs_doc *const *docs, size_t count,
				 int (*take)(void *context, struct tfs_doc *doc, const json_t *record), void *context)
{
	struct own_entry *entry, *next;
	int r = 0;

	tfs_mutex_lock(&resource->own.lock);
	HASH_ITER (hh, resource->own.entries, entry, next) {
		cleanup_json json_t *record = NULL;
		struct tfs_doc *doc = NULL;

		if (r < 0 || !is_unseen(resource, entry) || has_id(docs, count, entry->id))
			continue;
		r = give_known(entry, &doc, &record);
		if (r == 0)
			r = take(context, doc, record);
	}
	tfs_mutex_unlock(&resource->own.lock);
	return r;
}

bool resource_own_writes_settled(struct tfs_resource *resource, const char *id, struct tfs_doc **ret_written,
				 struct tfs_doc **ret_settled)
{
	struct own_entry *entry;
	bool found;

	tfs_mutex_lock(&resource->own.lock);
	HASH_FIND_STR(resource->own.entries, id, entry);
	found = entry && entry->written;
	if (found) {
		*ret_written = tfs_doc_ref(entry->written);
		*ret_settled = tfs_doc_ref(entry->doc);
	}
	tfs_mutex_unlock(&resource->own.lock);
	return found;
}

bool resource_own_writes_overtaken(struct tfs_resource *resource, const char *id)
{
	struct own_entry *entry;
	bool behind;

	tfs_mutex_lock(&resource->own.lock);
	HASH_FIND_STR(resource->own.entries, id, entry);
	behind = entry && entry->by_others;
	tfs_mutex_unlock(&resource->own.lock);
	return behind;
}

/* Whether the entry explains that a read now shows `text` (NULL: nothing) at the path. */
static bool explains(const struct tfs_resource *resource, const struct own_entry *entry, const char *path,
		     const char *text)
{
	const struct tfs_doc *shown = text ? entry->doc : entry->written;
	cleanup_free char *at = NULL;

	if (!entry->doc || !entry->written || (text && strcmp(entry->doc->data, text) != 0) ||
	    (!text && strcmp(entry->doc->name, entry->written->name) == 0))
		return false;
	at = resource_document_path(resource, shown->name);
	return at && strcmp(at, path) == 0;
}

static bool made_by(struct tfs_resource *resource, const char *path, const char *text, uid_t *ret_uid)
{
	struct own_entry *entry, *next;
	bool found = false;

	tfs_mutex_lock(&resource->own.lock);
	HASH_ITER (hh, resource->own.entries, entry, next) {
		if (found || !explains(resource, entry, path, text))
			continue;
		found = true;
		*ret_uid = entry->uid;
	}
	tfs_mutex_unlock(&resource->own.lock);
	return found;
}

bool tfs_store_own_form(struct tfs_store *store, const char *path, const char *text, uid_t *ret_uid)
{
	struct tfs_resource *resource, *next;
	bool found = false;

	tfs_mutex_lock(&store->lock);
	HASH_ITER (hh, store->resources, resource, next) {
		found = found || (tfs_path_is_below(path, resource->path) && made_by(resource, path, text, ret_uid));
	}
	tfs_mutex_unlock(&store->lock);
	return found;
}
