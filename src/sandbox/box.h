/* What every part of a running sandbox can reach. */
#ifndef SANDBOX_BOX_H
#define SANDBOX_BOX_H

#include <stdint.h>

#include "data-dir.h"
#include "replay.h"
#include "store.h"

enum {
	BOX_TIME_SPAN = 60
}; /* seconds a request's time may differ from ours: environment.allowed_time_span */

struct community {
	char *id, *name;
};

/* Set up before the first request, then read only; what can change stands behind its own lock. */
struct box {
	struct data_dir *dir;
	struct store *store;
	struct replay *replay;
	uint64_t seed;
	char *url; /* http://127.0.0.1:PORT/adminapi */
	char *tenant_id, *tenant_name;
	struct community *communities;
	size_t n_communities;
};

#define BOX_DNS "sandbox.tenantfs.test"
#define BOX_BASE "/adminapi"

const struct community *box_community(const struct box *box, const char *id);
const struct community *box_community_named(const struct box *box, const char *name);
/* Reads tenant and communities from the store, which is seeded. */
int box_load(struct box *box, struct tfs_error *error);
void box_unload(struct box *box);

#endif
