/* Saving a text document: no members, so no merge; all of it is sent when it differs. */
#include <errno.h>
#include <stdlib.h>

#include "intent.h"
#include "tenantfs/clock.h"

static bool same_text(const struct tfs_doc *doc, const char *text, size_t len)
{
	return doc->len == len && memcmp(doc->data, text, len) == 0;
}

/* What the API takes is a text in a JSON body. */
int text_check(struct tfs_op *op, const char *text, size_t len)
{
	cleanup_json json_t *value = json_stringn(text, len);

	if (value != NULL && memchr(text, '\0', len) == NULL)
		return 0;
	return tfs_fail(op, -EINVAL, "document", "this is no UTF-8 text");
}

static int settle(struct save *save, size_t len, struct tfs_doc **ret)
{
	struct tfs_doc *doc cleanup_doc =
		tfs_doc_new(save->name, save->object.doc->id, save->text, len, tfs_clock_wall());

	if (doc != NULL && tfs_list_put(save->resource->list, doc, ret) == 0)
		return 0;
	tfs_list_stale(save->resource->list);
	return tfs_fail(save->op, -ENOMEM, "resource", "saved, but not remembered");
}

static int send_text(struct save *save, size_t len, struct tfs_doc **ret)
{
	const struct tfs_kind *kind = save->resource->kind;
	int r = 0;

	for (size_t i = 0; i < kind->n_change && r == 0; i++)
		r = step_run(save, &kind->change[i], NULL);
	if (r == 0)
		return settle(save, len, ret);
	if (outcome_unknown(save->op, r))
		tfs_list_stale(save->resource->list);
	return r;
}

/* Nothing to compare with: it is sent as it is, and shows as nothing again. */
static int send_unread(struct save *save, struct tfs_doc **ret)
{
	const struct tfs_kind *kind = save->resource->kind;
	int r = tfs_resource_get(save->resource, save->op, save->name, UINT64_MAX, &save->object.doc);

	for (size_t i = 0; i < kind->n_change && r == 0; i++)
		r = step_run(save, &kind->change[i], NULL);
	return r < 0 ? r : tfs_resource_get(save->resource, save->op, save->name, UINT64_MAX, ret);
}

/* The slot is held. */
static int change_held(struct save *save, const struct tfs_doc *base, size_t len, struct tfs_doc **ret)
{
	const struct tfs_doc *theirs;
	int r;

	if (save->resource->kind->no_read != NULL)
		return send_unread(save, ret);
	r = object_read(save->resource, save->op, save->name, NULL, &save->object);
	if (r < 0)
		return r;
	theirs = save->object.doc;
	if (same_text(theirs, save->text, len)) {
		*ret = tfs_doc_ref(save->object.doc);
		return 0;
	}
	if (base != NULL && !same_text(theirs, base->data, base->len))
		return tfs_fail(save->op, -ESTALE, "resource",
				"it was changed on the server meanwhile; open it again to see how");
	return send_text(save, len, ret);
}

int save_text(struct save *save, const struct tfs_doc *base, const char *text, size_t len,
	      struct tfs_doc **ret)
{
	struct tfs_resource *resource = save->resource;
	cleanup_free char *copy = strndup(text, len);
	int r = copy == NULL ? -ENOMEM : text_check(save->op, text, len);

	if (r < 0)
		return r;
	if (resource->kind->n_change == 0)
		return tfs_fail(save->op, -EPERM, "resource", "%s", resource->kind->no_change);
	r = slot_enter(&resource->slots, save->op, save->name);
	if (r < 0)
		return r;
	save->text = copy;
	r = intent_settle_before(resource, save->op, save->name);
	if (r == 0)
		r = save_conclude(save, change_held(save, base, len, ret), ret);
	save->text = NULL;
	slot_leave(&resource->slots, save->name);
	return r;
}
