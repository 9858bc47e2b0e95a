/* A tenant's client: what its links share. */
#ifndef API_CLIENT_H
#define API_CLIENT_H

#include <stdatomic.h>

#include "link.h"
#include "session.h"
#include "tenantfs/lock.h"

enum {
	SERVICE_KEY_MAX = 4096, /* bytes of the file it is pinned in */
	CREDENTIAL_MAX = 65536, /* bytes of a token or a license */
	LINKS = 11,
	LICENSES = 8,
	SHARES = 64,            /* processes whose calls are counted at a time */
};

/* The service's key as we hold it. Shared by the exchanges that use it. */
struct pin {
	atomic_uint refs;
	struct tfs_peer *peer;
	bool configured;           /* by `service-key`, else by the state folder */
	atomic_bool proven;        /* an answer opened with it */
	atomic_uint silent;        /* refusals in clear since */
	atomic_ullong compared_ms; /* when it was last asked for again; 0: never */
};

/* A process's calls. Protected by the tenant's rate_lock. */
struct share {
	pid_t pid;
	uint64_t at_ms; /* when `calls_left` was true */
	double calls_left;
	unsigned long calls, waits;
};

struct community;

struct tfs_api {
	const struct tfs_config *config;
	struct tfs_http *http;
	struct tfs_key *key;
	struct session *session;
	struct tfs_link chain[LINKS];

	/* The tenant's speed, of the rate link. */
	struct tfs_mutex rate_lock; /* a leaf */
	uint64_t not_before_ms;    /* protected by rate_lock */
	unsigned slowness;         /* doublings of the pause. Protected by rate_lock */

	struct tfs_mutex lock;          /* a leaf */
	struct pin *pin;               /* NULL until known. Protected by lock */
	struct community *communities; /* only ever added to. Protected by lock */
	struct tfs_secret *licenses[LICENSES]; /* as read, the last is good; kept while the client lives */
	size_t n_licenses;             /* protected by lock, like what is above and below */
	bool license_refused;          /* read again before the next call that needs it */

	struct share shares[SHARES]; /* of the budget link; protected by rate_lock */
	atomic_ulong budget_waits, budget_waited_ms;
	atomic_ulong calls, retries, failures, rate_limited;
	atomic_bool reachable;
};

/* Runs a call through the chain. `bearer` as in struct tfs_exchange. */
int run_call(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call, const char *bearer,
	     bool raw, struct tfs_api_answer *ret);

/* A pin of the key `text`, counted once; `origin` names its source in messages. -EBADMSG when it is no key. */
int pin_new(struct tfs_api *api, struct tfs_op *op, const char *text, const char *origin, struct pin **ret);
struct pin *pin_ref(struct pin *pin);
void pin_unref(struct pin *pin);
/* The service's key, learnt where it is not known yet. */
int pin_get(struct tfs_api *api, struct tfs_op *op, struct pin **ret);
/*
 * 0 when `text` is the pinned key; else -EBADMSG with both fingerprints, and the
 * pin is read again next time.
 */
int pin_compare(struct tfs_api *api, struct tfs_op *op, struct pin *pin, const char *text);
/*
 * Told of a refusal that was not sealed: when nothing was opened with this key
 * yet, or not for some time, the service is asked for its key. 0, or -EBADMSG
 * when it is another one.
 */
int pin_suspect(struct tfs_api *api, struct tfs_op *op, struct pin *pin);

/* The license, read on first use; borrowed. -EACCES when there is none or it cannot be had. */
int license_get(struct tfs_api *api, struct tfs_op *op, const char **ret);

/* The service refused it: somebody may put another in its place. */
void license_forget(struct tfs_api *api);

void communities_free(struct community *first);

#endif
