/* A tenant's client: the state its links share. */
#ifndef API_CLIENT_H
#define API_CLIENT_H

#include <stdatomic.h>

#include "license.h"
#include "link.h"
#include "odd-records.h"
#include "session.h"
#include "tenantfs/lock.h"

enum {
	SERVICE_KEY_MAX = 4096, /* bytes of the file that holds it */
	CREDENTIAL_MAX = 65536, /* bytes of a token or a license */
	LINKS = 11,
	SHARES = 64, /* processes whose calls are counted at a time */
};

/* The service's public key; counted, as exchanges share it. */
struct pin {
	atomic_uint refs;
	struct tfs_peer *peer;
	bool configured;           /* from `service-key`, else from the state folder */
	atomic_bool proven;        /* an answer was opened with it */
	atomic_uint silent;        /* unsealed refusals since the last opened answer */
	atomic_ullong compared_ms; /* when it was last compared with the service's; 0: never */
};

/* A process's calls. Protected by the tenant's rate_lock. */
struct share {
	pid_t pid;
	uint64_t at_ms; /* when `calls_left` was computed */
	double calls_left;
	unsigned long calls, waits;
};

struct community;

struct tfs_api {
	const struct tfs_config *config;
	struct tfs_http *http;
	struct tfs_key *key;
	struct session *session;
	struct token_form *token_form;
	struct license *license;
	struct tfs_link chain[LINKS];

	/* The pause after a 429, of the rate link. */
	struct tfs_mutex rate_lock; /* no other lock is taken under it */
	uint64_t not_before_ms;     /* protected by rate_lock */
	unsigned slowness;          /* doublings of the pause. Protected by rate_lock */

	struct tfs_mutex lock;         /* no other lock is taken under it */
	struct pin *pin;               /* NULL until known. Protected by lock */
	struct community *communities; /* entries are never removed. Protected by lock */

	struct share shares[SHARES]; /* of the budget link; protected by rate_lock */
	atomic_ulong budget_waits, budget_waited_ms;
	atomic_ulong calls, retries, failures, rate_limited;
	atomic_bool reachable;
	struct odd_records odd_records;
};

/* Runs a call through the links. `bearer` and `raw` as in struct tfs_exchange. */
int api_run_call(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call, const char *bearer, bool raw,
		 struct tfs_api_answer *ret);

/* A pin of the key `text`, counted once; `origin` names its source in messages. -EBADMSG when it is no key. */
int api_pin_new(struct tfs_api *api, struct tfs_op *op, const char *text, const char *origin, struct pin **ret);
struct pin *api_pin_ref(struct pin *pin);
void api_pin_unref(struct pin *pin);
/* The service's key; read, or learned from the service, on first use. The caller owns the reference. */
int api_pin_get(struct tfs_api *api, struct tfs_op *op, struct pin **ret);
/*
 * 0 when `text` is the pinned key. Else -EBADMSG with both fingerprints; the next call reads the pin again.
 */
int api_pin_compare(struct tfs_api *api, struct tfs_op *op, struct pin *pin, const char *text);
/*
 * Called after an unsealed refusal. Asks the service for its key if no answer was opened with this one yet,
 * or not for some time. 0, or -EBADMSG when the service has another key.
 */
int api_pin_suspect(struct tfs_api *api, struct tfs_op *op, struct pin *pin);

void api_communities_free(struct community *first);

#endif
