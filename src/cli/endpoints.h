/* Lists and describes the API's endpoints. */
#ifndef TENANTFS_CLI_ENDPOINTS_H
#define TENANTFS_CLI_ENDPOINTS_H

#include "tenantfs/catalogue.h"

/* Prints "METHOD PATH  title" of each endpoint that matches all words. */
void cli_list_endpoints(char *const *args, int n_args);
/* Prints an endpoint's fields with their types, and an example. */
void cli_describe_endpoint(const struct tfs_endpoint *endpoint);

#endif
