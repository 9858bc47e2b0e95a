/* Call files: the text that describes how to call an endpoint. */
#ifndef TENANTFS_TREE_CALL_H
#define TENANTFS_TREE_CALL_H

#include "tenantfs/buf.h"
#include "tenantfs/catalogue.h"

int tree_call_describe(const struct tfs_endpoint *endpoint, struct tfs_buf *out);

#endif
