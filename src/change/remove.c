/* Removing an object. */
#include <errno.h>
#include <stdlib.h>

#include "gate.h"
#include "intent.h"
#include "own.h"
#include "reconcile.h"
#include "resource/removed-secrets.h"
#include "resource/unread.h"

static int run_step(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_step *step,
		    const struct tfs_doc *doc)
{
	cleanup_json json_t *document = NULL;
	cleanup_free char *raw = NULL;
	struct tfs_api_answer answer = { 0 };
	struct resolver resolver;
	struct args_source with = { .resource = resource, .op = op, .id = doc->id };
	const char *named;
	int r = resource_name_raw(doc->name, &raw);

	if (r < 0)
		return tfs_fail(op, r, "resource", "%s", strerrordesc_np(-r));
	tfs_json_parse(doc->data, doc->len, &document, NULL);
	named = !document_kind_name_field(resource->kind)
			? NULL
			: tfs_json_text(document, document_kind_name_field(resource->kind)->name);
	resource_resolver_init(&resolver, resource, op);
	with.context = &resolver.context;
	with.name = named ? named : raw;
	with.old = document;
	r = resource_step_call(step, &with, &answer);
	tfs_api_answer_finish(&answer);
	resource_resolver_finish(&resolver);
	return r;
}

/* Some services answer 400 for an object that no longer exists. Reads it to find out. */
static bool is_gone(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_doc *doc)
{
	struct tfs_error refused = *tfs_op_error(op);
	struct object object = { 0 };
	int r = resource_object_read(resource, op, doc->name, doc->id, &object);

	resource_object_finish(&object);
	*tfs_op_error(op) = refused;
	if (r == -ENOENT)
		tfs_error_clear(tfs_op_error(op));
	return r == -ENOENT;
}

/* Whether the document meets the step's conditions. */
static bool step_fits(const struct tfs_step *step, const struct tfs_doc *doc)
{
	cleanup_json json_t *document = NULL;

	if (!step->when)
		return true;
	return tfs_json_parse(doc->data, doc->len, &document, NULL) == 0 &&
	       tfs_conditions_hold(step->when, step->n_when, document, document);
}

/* The API may be able to remove some objects only. */
static int check_removable(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_doc *doc)
{
	const struct tfs_kind *kind = resource->kind;

	for (size_t i = 0; i < kind->n_remove; i++)
		if (step_fits(&kind->remove[i], doc))
			return 0;
	return tfs_fail(op, -EPERM, "resource", "%s", kind->no_remove);
}

static int run_steps(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_doc *doc)
{
	const struct tfs_kind *kind = resource->kind;
	int r = 0;

	for (size_t i = 0; i < kind->n_remove && r == 0; i++)
		if (step_fits(&kind->remove[i], doc))
			r = run_step(resource, op, &kind->remove[i], doc);
	return r;
}

/* So that the document's digests can be turned back. Without an answer they cannot. */
static void remember_secrets(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_doc *doc)
{
	struct object object = { 0 };

	if (!strstr(doc->data, "\"secret:"))
		return;
	if (resource_object_read(resource, op, doc->name, doc->id, &object) == 0 && object.record)
		resource_removed_secrets_add(resource->store, object.record, doc->data);
	resource_object_finish(&object);
	tfs_error_clear(tfs_op_error(op));
}

static int remove_locked(struct tfs_resource *resource, struct tfs_op *op, const char *name)
{
	struct tfs_doc *doc cleanup_doc = NULL;
	uint64_t intent = 0;
	int r = change_reconcile_before(resource, op, name);

	if (r == 0)
		r = resource_get_locked(resource, op, name, UINT64_MAX, &doc);
	if (r == 0)
		r = check_removable(resource, op, doc);
	if (r == 0)
		r = change_gate_remove(resource, op, doc);
	if (r == 0)
		remember_secrets(resource, op, doc);
	if (r == 0)
		r = change_remove_announce(resource, op, doc, &intent);
	if (r == 0)
		r = run_steps(resource, op, doc);
	if (r == -EINVAL && doc && tfs_op_error(op)->status == 400 && is_gone(resource, op, doc))
		r = 0;
	r = change_remove_conclude(resource, op, name, intent, r);
	if (r == 0) {
		change_own_note_removal(resource, op, doc);
		resource_unread_forget(resource, doc->id);
	}
	if (r == 0 || r == -ENOENT) {
		tfs_list_drop(resource->list, name);
		resource_store_invalidate_children(resource->store, resource->path, name);
	} else if (doc && resource_outcome_unknown(op, r)) {
		/* Unknown whether it was removed. */
		tfs_list_invalidate(resource->list);
	}
	return r;
}

int tfs_resource_remove(struct tfs_resource *resource, struct tfs_op *op, const char *name)
{
	const struct tfs_kind *kind = resource->kind;
	int r;

	tfs_error_clear(tfs_op_error(op));
	if (kind->n_remove == 0)
		return tfs_fail(op, -EPERM, "resource", "%s",
				kind->no_remove ? kind->no_remove : "It cannot be removed through the API.");
	r = resource_name_lock(&resource->name_locks, op, name);
	if (r < 0)
		return r;
	r = remove_locked(resource, op, name);
	resource_name_unlock(&resource->name_locks, name);
	return r;
}
