/* The state that every part of a running sandbox can reach. */
#ifndef SANDBOX_BOX_H
#define SANDBOX_BOX_H

#include <stdint.h>

#include "data-dir.h"
#include "login-way.h"
#include "replay.h"
#include "store.h"

enum { BOX_TIME_SPAN = 60 }; /* how far a request's time may differ from ours: environment.allowed_time_span */

/* How far the sandbox goes beyond what the API document says clearly. */
enum box_mode {
	BOX_KEEPS,   /* keeps changes, and is as strict as the document is clear */
	BOX_STRICT,  /* and takes what the document leaves open in the way that is hardest for a client */
	BOX_LITERAL, /* keeps nothing but sessions, and answers with the document's examples */
};

struct community {
	char *id, *name;
};

/* Filled before the first request and then read only; mutable parts have their own lock. */
struct box {
	struct data_dir *dir;
	struct store *store;
	struct replay *replay;
	uint64_t seed;
	enum box_mode mode;
	bool short_lists; /* lists lack members where a record can be read by its id */
	struct login_way login;
	char *url; /* http://127.0.0.1:PORT/adminapi */
	char *tenant_id, *tenant_name;
	struct community *communities;
	size_t n_communities;
};

#define BOX_DNS "sandbox.tenantfs.test"
#define BOX_BASE "/adminapi"

const struct community *sandbox_box_community(const struct box *box, const char *id);
const struct community *sandbox_box_community_named(const struct box *box, const char *name);
/* Reads the tenant and its communities from a seeded store. */
int sandbox_box_load(struct box *box, struct tfs_error *error);
void sandbox_box_unload(struct box *box);

#endif
