/* How old a list or a document may be before it is read again: the kind's row decides, else the configuration. */
#include "tenantfs/config.h"

#include "store.h"

uint64_t resource_max_age(const struct tfs_resource *resource, uint64_t max_age_ms)
{
	if (max_age_ms != UINT64_MAX)
		return max_age_ms;
	return resource->kind->freshness_s > 0 ? (uint64_t)resource->kind->freshness_s * 1000
					       : resource->store->config->freshness_ms;
}
