/* The API's endpoints as lists for people. */
#ifndef TENANTFS_CLI_ENDPOINTS_H
#define TENANTFS_CLI_ENDPOINTS_H

#include "tenantfs/catalogue.h"

/* "METHOD PATH  title" of each endpoint that has all the words in one of them. */
void cli_list_endpoints(char *const *words, int n_words);
/* What an endpoint takes: fields with type and need, an example. */
void cli_describe_endpoint(const struct tfs_endpoint *endpoint);

#endif
