/* Saving: read again, merge, send the difference, cache the result. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gate.h"
#include "intent.h"
#include "own.h"
#include "resource/store.h"
#include "tenantfs/clock.h"
#include "tenantfs/feed.h"
#include "tenantfs/name.h"

/* Beginning of a conflict's message; the name of whoever made the other change follows. */
static const char STALE_HEAD[] = "changed on the server";

/* After a failure between calls the object's state is unknown: reads it, if possible. */
static void read_truth(struct save *save)
{
	struct tfs_error error = *tfs_op_error(save->op);
	struct object object = { 0 };

	assert(!save->acted || save->object.doc);
	if (save->object.doc)
		atomic_store(&save->object.doc->stale, true);
	tfs_list_invalidate(save->resource->list);
	if (save->acted)
		resource_object_read(save->resource, save->op, save->name, save->object.doc->id, &object);
	resource_object_finish(&object);
	*tfs_op_error(save->op) = error;
}

static int check_name_change(struct save *save)
{
	const struct tfs_kind *kind = save->resource->kind;
	const struct tfs_field *name = document_kind_name_field(kind);
	struct json_path path = { NULL, name ? name->name : NULL, 0 };

	if (!name || kind->rename ||
	    document_same_value(json_object_get(save->theirs, name->name), json_object_get(save->ours, name->name)))
		return 0;
	return document_fail_member(tfs_op_error(save->op), -EINVAL, &path, "%s: %s", name->name,
				    kind->no_rename ? kind->no_rename : "the name cannot be changed");
}

/* Makes the calls and publishes the new version. */
static int send_difference(struct save *save, struct tfs_doc **ret)
{
	const struct tfs_kind *kind = save->resource->kind;
	int r;

	assert(save->ours && save->theirs && save->object.doc);
	r = change_save_compare(save);
	if (r < 0)
		return tfs_fail(save->op, r, "resource", "%s", strerrordesc_np(-r));
	if (json_array_size(save->changed) == 0) {
		*ret = tfs_doc_ref(save->object.doc);
		return 0;
	}
	r = check_name_change(save);
	/* Nobody should have to open a gate for a value that cannot be sent. */
	if (r == 0)
		r = change_step_check_values(save);
	if (r == 0)
		r = change_gate_change(save);
	if (r < 0)
		return r;
	r = change_steps_run(save, kind->change, kind->n_change);
	if (r == 0)
		return change_save_publish(save, ret);
	if (save->acted || resource_outcome_unknown(save->op, r) || r == -ENOENT)
		read_truth(save);
	return r;
}

/* Reads the server's present version. After a restart a read that is behind has no record to change: it waits. */
static int read_theirs(struct save *save, const struct tfs_doc *base)
{
	uint64_t until = tfs_clock_ms() + save->resource->store->config->read_lag_ms;
	struct object object = { 0 };
	int r;

	do {
		resource_object_finish(&object);
		r = resource_object_read(save->resource, save->op, save->name, base ? base->id : NULL, &object);
	} while (r == 0 && atomic_load(&object.doc->stale) && !json_is_object(object.record) &&
		 tfs_clock_ms() < until && tfs_op_sleep(save->op, BEHIND_MS) == 0);

	return r < 0 ? r : change_save_take_object(save, &object);
}

/* Adds who made the conflicting change, if the audit log tells. */
static void name_actor(struct save *save)
{
	struct tfs_error *error = tfs_op_error(save->op);
	const struct tfs_doc *doc = save->object.doc;
	cleanup_free char *actor = NULL, *message = NULL;

	if (tfs_store_actor(save->resource, save->op, doc ? doc->id : "", save->raw_name ? save->raw_name : "",
			    &actor) < 0 ||
	    !actor)
		return;
	message = strdup(error->message);
	if (message && strncmp(message, STALE_HEAD, strlen(STALE_HEAD)) == 0)
		snprintf(error->message, sizeof(error->message), "%s by %s%s", STALE_HEAD, actor,
			 message + strlen(STALE_HEAD));
}

/* Merges the changes others made since `base` into `ours`. */
static int merge_theirs(struct save *save, const json_t *base)
{
	cleanup_json json_t *ours = steal_pointer(&save->ours);
	int r = tfs_document_merge(save->resource->kind, save->resource->store->digest_key, base, ours, save->theirs,
				   &save->ours, tfs_op_error(save->op));

	if (r == -ESTALE)
		name_actor(save);
	return r;
}

static int check_text(struct save *save, const json_t *theirs, const char *text, size_t len)
{
	const struct document_known known = { .uses = change_sibling_uses, .data = save->resource };

	return document_check_document(save->resource->kind, text, len, theirs, NULL, &known, &save->ours,
				       tfs_op_error(save->op));
}

/* Completes a text by what it cannot say, or does not have to: secrets behind digests, members that stay. */
static int complete_text(struct save *save, const json_t *theirs)
{
	int r = change_save_adopt_secrets(save, theirs);

	return r < 0 ? r : change_save_keep_absent(save, theirs);
}

/* The name is locked. `base` NULL: overwrite without a base version. */
static int change_locked(struct save *save, struct tfs_doc *base, json_t **base_document, const char *text, size_t len,
			 struct tfs_doc **ret)
{
	int r = read_theirs(save, base);

	if (r == 0 && base)
		r = change_own_rebase(save, base, base_document);
	if (r < 0)
		return r;
	if (base)
		r = merge_theirs(save, *base_document);
	else
		r = check_text(save, save->theirs, text, len);
	if (r == 0 && !base)
		r = complete_text(save, save->theirs);
	return r < 0 ? r : send_difference(save, ret);
}

static int refuse(struct tfs_op *op, const char *reason, const char *otherwise)
{
	return tfs_fail(op, -EPERM, "resource", "%s", reason ? reason : otherwise);
}

/* 1: the text does not differ from the base. */
static int check_against(struct save *save, struct tfs_doc *base, const char *text, size_t len, json_t **ret_base)
{
	cleanup_json json_t *members = NULL;
	int r = change_save_parse(save, base, ret_base);

	if (r == 0)
		r = check_text(save, *ret_base, text, len);
	if (r == 0)
		r = complete_text(save, *ret_base);
	if (r == 0)
		r = tfs_document_diff(save->resource->kind, *ret_base, save->ours, &members);
	if (r < 0)
		return r;
	return json_array_size(members) == 0;
}

/* Nothing to send: returns the cached version, else the base. */
static int keep_version(struct save *save, struct tfs_doc *base, struct tfs_doc **ret)
{
	struct tfs_doc *doc = tfs_list_get(save->resource->list, save->name);

	*ret = doc ? doc : tfs_doc_ref(base);
	return 0;
}

/*
 * The text does not differ from its base. If the cache has a newer version, the text is a request to restore
 * the base: compares with that version. 1: no difference either.
 */
static int check_current(struct save *save, struct tfs_doc *base, const char *text, size_t len,
			 struct tfs_doc **ret_base, json_t **ret_document)
{
	struct tfs_doc *current cleanup_doc = tfs_list_get(save->resource->list, save->name);
	cleanup_json json_t *document = NULL;
	int r;

	if (!current || current->generation == base->generation || change_own_is_form(save, base, current))
		return 1;
	json_decref(steal_pointer(&save->ours));
	r = check_against(save, current, text, len, &document);
	if (r != 0)
		return r;
	*ret_base = steal_pointer(&current);
	json_decref(*ret_document);
	*ret_document = steal_pointer(&document);
	return 0;
}

static int change(struct save *save, struct tfs_doc *base, const char *text, size_t len, struct tfs_doc **ret)
{
	struct tfs_resource *resource = save->resource;
	struct tfs_doc *current cleanup_doc = NULL;
	cleanup_json json_t *base_document = NULL;
	int r = 0;

	if (base)
		r = check_against(save, base, text, len, &base_document);
	if (r == 1)
		r = check_current(save, base, text, len, &current, &base_document);
	if (current)
		base = current;
	if (r < 0)
		return r;
	if (r == 1)
		return keep_version(save, base, ret);
	if (resource->kind->n_change == 0)
		return refuse(save->op, resource->kind->no_change, "It cannot be changed through the API.");
	r = change_save_lock(save, save->name);
	if (r < 0)
		return r;
	r = change_save_conclude(save, change_locked(save, base, &base_document, text, len, ret), ret);
	resource_name_unlock(&resource->name_locks, save->name);
	return r;
}

static int create(struct save *save, const char *text, size_t len, struct tfs_doc **ret)
{
	struct tfs_resource *resource = save->resource;
	int r;

	if (resource->kind->n_create == 0)
		return refuse(save->op, resource->kind->no_create, "It cannot be made through the API.");
	r = change_save_lock(save, save->name);
	if (r < 0)
		return r;
	r = change_save_conclude(save, change_save_create(save, text, len, ret), ret);
	resource_name_unlock(&resource->name_locks, save->name);
	return r;
}

int tfs_resource_save(struct tfs_resource *resource, struct tfs_op *op, const char *name, struct tfs_doc *base,
		      const char *text, size_t len, struct tfs_doc **ret)
{
	struct tfs_doc *made = NULL;
	struct save save;
	int r;

	change_save_init(&save, resource, op, name);
	if (resource->kind->imports)
		r = change_save_import(&save, text, len, &made);
	else if (resource->kind->form == TFS_FORM_TEXT)
		r = change_save_text(&save, base, text, len, &made);
	else if (!base && resource->kind->shape == TFS_SHAPE_SET)
		r = create(&save, text, len, &made);
	else
		r = change(&save, base, text, len, &made);
	if (r < 0 && tfs_op_error(op)->code == 0)
		tfs_fail(op, r, "resource", "%s/%s could not be saved", resource->path, name);
	if (r == 0)
		change_save_report_unknown(&save);
	change_save_finish(&save);
	if (r == 0)
		*ret = made;
	return r;
}

/* Both names are locked. */
static int rename_locked(struct save *save, const char *to, struct tfs_doc **ret)
{
	const struct tfs_field *name = document_kind_name_field(save->resource->kind);
	/* Of two objects with the same name only the id identifies one. */
	struct tfs_doc *known cleanup_doc = tfs_list_get(save->resource->list, save->name);
	cleanup_free char *raw = NULL;
	size_t len;
	int r = tfs_name_unescape(to, strlen(to), &raw, &len);

	if (r < 0)
		return tfs_fail(save->op, -EINVAL, "resource", "\"%s\" cannot be a name", to);
	r = resource_object_absent(save->resource, save->op, to);
	if (r < 0)
		return r;
	r = read_theirs(save, known);
	if (r < 0)
		return r;
	save->ours = json_copy(save->theirs);
	if (!save->ours || json_object_set_new(save->ours, name->name, json_stringn(raw, len)) < 0)
		return tfs_fail_memory(save->op);
	r = document_check_member(name, json_object_get(save->ours, name->name), tfs_op_error(save->op));
	return r < 0 ? r : send_difference(save, ret);
}

int tfs_resource_rename(struct tfs_resource *resource, struct tfs_op *op, const char *from, const char *to,
			struct tfs_doc **ret)
{
	/* Always lock in the same order. */
	bool ahead = strcmp(from, to) < 0;
	const char *first = ahead ? from : to, *second = ahead ? to : from;
	struct tfs_doc *made = NULL;
	struct save save;
	int r;

	tfs_error_clear(tfs_op_error(op));
	if (!resource->kind->rename || !document_kind_name_field(resource->kind))
		return refuse(op, resource->kind->no_rename, "It cannot be renamed through the API.");
	if (strcmp(from, to) == 0)
		return tfs_resource_get(resource, op, from, UINT64_MAX, ret);
	r = resource_name_lock(&resource->name_locks, op, first);
	if (r < 0)
		return r;
	change_save_init(&save, resource, op, from);
	save.to = to;
	r = change_save_lock(&save, second);
	if (r == 0) {
		r = change_save_conclude(&save, rename_locked(&save, to, &made), &made);
		resource_name_unlock(&resource->name_locks, second);
	}
	change_save_finish(&save);
	resource_name_unlock(&resource->name_locks, first);
	if (r == 0)
		*ret = made;
	return r;
}
