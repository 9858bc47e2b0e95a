/* The state of a save: the server's version before, and the version published to the cache after. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "own.h"
#include "reconcile.h"
#include "resource/doc-builder.h"
#include "resource/unread.h"
#include "save.h"

enum { NAMES_MAX = 1024 };

void change_save_init(struct save *save, struct tfs_resource *resource, struct tfs_op *op, const char *name)
{
	*save = (struct save){
		.resource = resource,
		.op = op,
		.name = name,
		.done = TFS_BUF_INIT(NAMES_MAX),
	};
	tfs_error_clear(tfs_op_error(op));
	resource_resolver_init(&save->resolver, resource, op);
}

void change_save_finish(struct save *save)
{
	resource_resolver_finish(&save->resolver);
	free(save->raw_name);
	free(save->folded);
	free(save->text);
	json_decref(save->ours);
	json_decref(save->theirs);
	json_decref(save->changed);
	json_decref(save->record);
	json_decref(save->sent);
	resource_object_finish(&save->object);
	tfs_buf_finish(&save->done);
}

int change_save_parse(struct save *save, const struct tfs_doc *doc, json_t **ret)
{
	return tfs_json_parse(doc->data, doc->len, ret, tfs_op_error(save->op));
}

/* The object's name in the API. An object whose file name has a part of its id has its name in its record. */
static int take_raw_name(struct save *save)
{
	const struct tfs_kind *kind = save->resource->kind;
	const char *named = kind->name_member ? tfs_json_text(save->object.record, kind->name_member) : NULL;

	free(steal_pointer(&save->raw_name));
	if (!named)
		return resource_name_raw(save->name, &save->raw_name);
	save->raw_name = strdup(named);
	return !save->raw_name ? -ENOMEM : 0;
}

int change_save_take_object(struct save *save, struct object *object)
{
	int r;

	resource_object_finish(&save->object);
	save->object = *object;
	*object = (struct object){ 0 };
	json_decref(steal_pointer(&save->theirs));
	json_decref(steal_pointer(&save->record));
	if (!save->sent)
		save->sent = json_object();
	if (!json_is_object(save->object.record))
		return tfs_fail(save->op, -EPERM, "resource", "%s is no document that can be changed", save->name);
	save->record = json_copy(save->object.record);
	if (!save->sent || !save->record)
		return tfs_fail_memory(save->op);
	r = change_save_parse(save, save->object.doc, &save->theirs);
	return r < 0 ? r : take_raw_name(save);
}

int change_save_compare(struct save *save)
{
	json_decref(steal_pointer(&save->changed));
	return tfs_document_diff(save->resource->kind, save->theirs, save->ours, &save->changed);
}

/* The file name after the save: unchanged unless the object's name was changed. */
static int published_name(const struct save *save, char **ret)
{
	const struct tfs_kind *kind = save->resource->kind;
	cleanup_free char *before = NULL, *after = NULL, *id = NULL, *id_after = NULL;
	bool known = save->object.record && resource_record_name_and_id(kind, save->object.record, &before, &id) == 0;

	if (!save->resource->doc_name && resource_record_name_and_id(kind, save->record, &after, &id_after) == 0 &&
	    (!known || strcmp(before, after) != 0)) {
		*ret = steal_pointer(&after);
		return 0;
	}
	*ret = strdup(save->object.doc ? save->object.doc->name : save->name);
	return !*ret ? -ENOMEM : 0;
}

static int make_version(struct save *save, const char *name, struct tfs_doc **ret)
{
	const struct tfs_doc *old = save->object.doc;
	struct doc_builder builder;
	struct tfs_doc *doc;
	int r;

	r = resource_doc_builder_init(&builder, save->resource, save->op);
	if (r == 0)
		r = resource_doc_build(&builder, save->record, name, &doc);
	/* Unless the answer has a newer time, the record's time is that of the previous change. */
	if (r == 0 && old && doc->mtime.tv_sec <= old->mtime.tv_sec)
		doc->mtime = builder.now;
	if (r == 0 && old)
		doc->origin = old->origin;
	resource_doc_builder_finish(&builder);
	if (r == 0)
		*ret = doc;
	return r;
}

int change_save_publish(struct save *save, struct tfs_doc **ret)
{
	struct tfs_resource *resource = save->resource;
	struct tfs_doc *doc cleanup_doc = NULL;
	cleanup_free char *name = NULL;
	int r = published_name(save, &name);

	if (save->object.doc)
		resource_unread_note(resource, save->object.doc->id, save->ours);

	if (r == 0)
		r = make_version(save, name, &doc);
	if (r == 0)
		change_own_settle(save, &doc);
	if (r == 0 && resource_own_writes_overtaken(resource, doc->id))
		*ret = tfs_doc_ref(doc);
	else if (r == 0)
		r = tfs_list_put(resource->list, doc, ret);
	if (r < 0) {
		/* It is saved; only the cache has to be filled again. */
		tfs_list_invalidate(resource->list);
		return tfs_op_error(save->op)->code != 0
			       ? r
			       : tfs_fail(save->op, r, "resource", "saved, but not remembered");
	}
	if (strcmp(doc->name, save->name) != 0) {
		tfs_list_drop(resource->list, save->name);
		resource_store_invalidate_referring(resource->store, resource);
	}
	if (!resource->doc_name)
		resource_store_invalidate_children(resource->store, resource->path, save->name);
	resource_store_invalidate_related(resource->store, resource);
	return 0;
}

int change_save_lock(struct save *save, const char *name)
{
	int r = resource_name_lock(&save->resource->name_locks, save->op, name);

	if (r < 0)
		return r;
	r = change_reconcile_before(save->resource, save->op, save->name);
	if (r < 0)
		resource_name_unlock(&save->resource->name_locks, name);
	return r;
}
