/* The license key, which goes with every sealed call. */
#ifndef API_LICENSE_H
#define API_LICENSE_H

#include "tenantfs/config.h"
#include "tenantfs/op.h"

struct license;

/* Borrows `config`. 0 or -ENOMEM. */
int api_license_new(const struct tfs_config *config, struct license **ret);
void api_license_free(struct license *license);

/*
 * The key, read on first use by one thread; borrowed until the license is freed. -EACCES when none is configured or
 * it cannot be read.
 */
int api_license_get(struct license *license, struct tfs_op *op, const char **ret);
/* The service refused the key: the next api_license_get reads it again. */
void api_license_forget(struct license *license);

#endif
