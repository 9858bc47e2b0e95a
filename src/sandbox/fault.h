/* Faults on demand: which requests fail, and how. */
#ifndef SANDBOX_FAULT_H
#define SANDBOX_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "tenantfs/error.h"

enum fault_kind {
	FAULT_NONE,
	FAULT_STATUS,     /* status=N, and 429, conflict */
	FAULT_REPLAYED,   /* 401, as for a request id used before */
	FAULT_DROP,       /* close before acting */
	FAULT_DROP_AFTER, /* act, then close without an answer */
	FAULT_STALL,      /* wait, then act and answer */
	FAULT_TRUNCATE,   /* half of the announced body, then close */
	FAULT_BADTAG,     /* a sealed answer that does not verify */
	FAULT_OLDKEY,     /* an answer with another service key */
	FAULT_GARBAGE,    /* an answer that is not JSON */
	FAULT_HUGE,       /* 200 MB */
	FAULT_DEEP,       /* JSON nested 10,000 deep */
	FAULT_BADUTF8,
	FAULT_DUPKEYS,
	FAULT_PAGES,  /* a page that claims 10^9 records */
	FAULT_NAMES,  /* records with hostile names */
	FAULT_KEYED,  /* an object of records by id instead of an array */
	FAULT_NESTED, /* each record alone in an object */
	FAULT_BOXED,  /* the answer in an object */
	FAULT_SINGLE, /* the record instead of an array with one */
	/* One record in the middle of a list has a member that parsers refuse. */
	FAULT_SURROGATE, /* half of a character */
	FAULT_INTEGER,   /* past 2^63 */
	FAULT_REAL,      /* past the largest number */
	FAULT_DOUBLED,   /* twice the same member */
	FAULT_TRICKLE,   /* a few bytes at a time */
};

/* What happens to one request. */
struct fault {
	enum fault_kind kind;
	int status;      /* of FAULT_STATUS */
	int retry_after; /* seconds, -1: no header */
	unsigned stall_ms;
	/* In addition to any kind: */
	unsigned latency_ms;
	unsigned lag_ms; /* a read answers with the state of so long ago */
	int shift;       /* a later page begins so many records later, as after a removal */
	bool lags;       /* older states are to be kept */
	bool fold;       /* texts are stored in lower case and trimmed */
	bool recordless; /* a change answers without a record */
	char name[24];   /* as shown in the log; "": none */
};

/* The properties of a request that choose its fault. */
struct fault_request {
	const char *method, *path; /* path below the base */
	bool sealed;               /* its answer will be sealed */
	bool is_key;               /* it asks for the service's key */
};

struct fault_set;

/*
 * `spec`: rules separated by ';' or newlines, each a comma list of
 *   one kind: status=N 429 conflict drop drop-after stall=SECONDS truncate badtag oldkey garbage huge
 *             deep badutf8 dupkeys pages names keyed nested boxed single surrogate integer real doubled trickle
 *             latency=MS lag=SECONDS fold recordless lose gain
 *   any of:   rate=0…1 count=N after=N path=PREFIX-or-glob method=M retry-after=SECONDS
 * `seed` makes `rate` the same in every run. -EINVAL names the bad word. NULL or "" is no fault at all.
 */
int sandbox_fault_set_new(const char *spec, uint64_t seed, struct fault_set **ret, struct tfs_error *error);
void sandbox_fault_set_free(struct fault_set *set);
/*
 * Picks the first rule that applies, and what every rule of latency=, lag=, fold or recordless adds. The lag is from 0
 * to that of the rule. Thread-safe.
 */
void sandbox_fault_pick(struct fault_set *set, const struct fault_request *request, struct fault *ret);

#endif
