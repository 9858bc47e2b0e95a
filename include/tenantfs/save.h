/* Saving: documents are created, changed, renamed and removed on the server. */
#ifndef TENANTFS_SAVE_H
#define TENANTFS_SAVE_H

#include "tenantfs/drafts.h"
#include "tenantfs/journal.h"
#include "tenantfs/resource.h"

/*
 * Changes the objects of a store; without a writer the store is read-only. Each change is announced to `journal`
 * before its first call, and its outcome noted after the last; `drafts` takes the texts that were not saved. Either
 * may be NULL: none is kept. Both are borrowed. One for each store, made before the store is shared with other threads
 * and freed before the store.
 */
struct tfs_writer;
int tfs_writer_new(struct tfs_store *store, struct tfs_journal *journal, struct tfs_drafts *drafts,
		   struct tfs_writer **ret, struct tfs_error *error);
void tfs_writer_free(struct tfs_writer *writer);

/*
 * Saves `text` under `name`. `base` is the version the writer started from (NULL: it creates or overwrites). Reads the
 * object again, merges, and sends only the difference. 0 and the new version (yours), or an errno of the table with the
 * operation's error filled. Without a difference: 0 and no call that writes. The version has another name than `name`
 * if the change renamed the object.
 */
int tfs_resource_save(struct tfs_resource *resource, struct tfs_op *op, const char *name, struct tfs_doc *base,
		      const char *text, size_t len, struct tfs_doc **ret);
/*
 * Whether a new text names another object, one that exists: the file name that belongs to it (yours). A tool writes a
 * document's next text so, under a name of its own, and then renames it. NULL: it does not.
 */
char *tfs_resource_text_of(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *text,
			   size_t len);
int tfs_resource_remove(struct tfs_resource *resource, struct tfs_op *op, const char *name);
int tfs_resource_rename(struct tfs_resource *resource, struct tfs_op *op, const char *from, const char *to,
			struct tfs_doc **ret);

/* NULL: none are kept. */
struct tfs_drafts *tfs_store_drafts(struct tfs_store *store);
/*
 * Reconciles the intents that a crash or a lost answer left open, by reading the server's state: a change that was
 * done is noted, one that was not is kept as a draft, one done in part is finished or kept. 0, or why some stay open.
 */
int tfs_store_reconcile(struct tfs_store *store, struct tfs_op *op);
/* The number of open intents; {"intent", "type", "path", "time", "command"} of each (yours; NULL: out of memory). */
size_t tfs_store_pending(struct tfs_store *store);
json_t *tfs_store_pending_json(struct tfs_store *store);
/*
 * Makes any call. tenantId and communityId are filled in where the endpoint takes them and `request` has none.
 * `request` is {"path":…,"query":…,"headers":…,"body":…} or the bare body. An upload has "file" instead of "body":
 * {"name":…,"base64":…}, or "text". `*ret` is {"status":…,"body":…}, yours, with "base64" instead of "body" for bytes
 * that are no text; "headers" has `location`, `requestid`, `retry-after` and `content-disposition` where they came.
 */
int tfs_store_call(struct tfs_store *store, struct tfs_op *op, const struct tfs_endpoint *endpoint,
		   const char *community, const json_t *request, json_t **ret);

#endif
