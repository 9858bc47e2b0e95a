/* JSON values may hold secrets, so their memory is wiped when freed. */
#include <malloc.h>
#include <stdlib.h>

#include "tenantfs/json.h"
#include "tenantfs/secret.h"

static void wipe_and_free(void *bytes)
{
	if (!bytes)
		return;
	tfs_wipe(bytes, malloc_usable_size(bytes));
	free(bytes);
}

void tfs_json_wipe_freed(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}
