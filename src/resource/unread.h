/*
 * What was last written to members that no answer shows (document/unread.h), by object. In the state folder, so that
 * it outlives the mount. A record read from the server is completed with it.
 */
#ifndef TENANTFS_RESOURCE_UNREAD_H
#define TENANTFS_RESOURCE_UNREAD_H

#include "store.h"

struct unread;

/* A file that cannot be read counts as empty. */
int resource_unread_new(const struct tfs_config *config, struct unread **ret, struct tfs_error *error);
void resource_unread_free(struct unread *unread);

/* Completes the record of the object. 0 or -ENOMEM. */
int resource_unread_complete(struct tfs_resource *resource, const char *id, json_t *record);
/* A copy of what is known of the object; NULL: nothing, or out of memory. */
json_t *resource_unread_values(struct tfs_resource *resource, const char *id);
/*
 * Remembers what the document, which the server has now, says of these members. A failure is logged. True: it was not
 * known, so that a record read before is not complete.
 */
bool resource_unread_note(struct tfs_resource *resource, const char *id, const json_t *document);
void resource_unread_forget(struct tfs_resource *resource, const char *id);

#endif
