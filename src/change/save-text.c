/* Saving a text document. It has no members to merge: all of it is sent if it differs. */
#include <errno.h>
#include <stdlib.h>

#include "intent.h"
#include "own.h"
#include "tenantfs/clock.h"

static bool same_text(const struct tfs_doc *doc, const char *text, size_t len)
{
	return doc->len == len && memcmp(doc->data, text, len) == 0;
}

int change_save_take_text(struct save *save, const char *text, size_t len)
{
	/* The API takes it as a JSON string. */
	cleanup_json json_t *value = json_stringn(text, len);

	if (!value || memchr(text, '\0', len))
		return tfs_fail(save->op, -EINVAL, "document", "this is no UTF-8 text");
	save->text = strndup(text, len);
	save->text_len = len;
	return save->text ? 0 : -ENOMEM;
}

static int settle(struct save *save, struct tfs_doc **ret)
{
	struct tfs_doc *doc cleanup_doc =
		tfs_doc_new(save->name, save->object.doc->id, save->text, save->text_len, tfs_clock_wall());

	if (doc)
		change_own_settle(save, &doc);
	if (doc && tfs_list_put(save->resource->list, doc, ret) == 0)
		return 0;
	tfs_list_invalidate(save->resource->list);
	return tfs_fail(save->op, -ENOMEM, "resource", "saved, but not remembered");
}

static int send_text(struct save *save, struct tfs_doc **ret)
{
	const struct tfs_kind *kind = save->resource->kind;
	int r = 0;

	for (size_t i = 0; i < kind->n_change && r == 0; i++)
		r = change_step_run(save, &kind->change[i], NULL);
	if (r == 0)
		return settle(save, ret);
	if (resource_outcome_unknown(save->op, r))
		tfs_list_invalidate(save->resource->list);
	return r;
}

/* A text that cannot be read: it is sent without comparing, and reads as empty afterwards. */
static int send_unread(struct save *save, struct tfs_doc **ret)
{
	const struct tfs_kind *kind = save->resource->kind;
	int r = tfs_resource_get(save->resource, save->op, save->name, UINT64_MAX, &save->object.doc);

	for (size_t i = 0; i < kind->n_change && r == 0; i++)
		r = change_step_run(save, &kind->change[i], NULL);
	return r < 0 ? r : tfs_resource_get(save->resource, save->op, save->name, UINT64_MAX, ret);
}

/* The name is locked. */
static int change_locked(struct save *save, const struct tfs_doc *base, struct tfs_doc **ret)
{
	const struct tfs_doc *theirs;
	int r;

	if (save->resource->kind->no_read)
		return send_unread(save, ret);
	r = resource_object_read(save->resource, save->op, save->name, NULL, &save->object);
	if (r < 0)
		return r;
	theirs = save->object.doc;
	if (same_text(theirs, save->text, save->text_len)) {
		*ret = tfs_doc_ref(save->object.doc);
		return 0;
	}
	if (base && !same_text(theirs, base->data, base->len))
		return tfs_fail(save->op, -ESTALE, "resource",
				"it was changed on the server meanwhile; open it again to see how");
	return send_text(save, ret);
}

int change_save_text(struct save *save, const struct tfs_doc *base, const char *text, size_t len, struct tfs_doc **ret)
{
	int r = change_save_take_text(save, text, len);

	if (r < 0)
		return r;
	if (save->resource->kind->n_change == 0)
		return tfs_fail(save->op, -EPERM, "resource", "%s", save->resource->kind->no_change);
	r = change_save_lock(save, save->name);
	if (r < 0)
		return r;
	r = change_save_conclude(save, change_locked(save, base, ret), ret);
	resource_name_unlock(&save->resource->name_locks, save->name);
	return r;
}
