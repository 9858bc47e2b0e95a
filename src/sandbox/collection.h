/* Records that are listed, made, changed and removed alike: each kind of them is a row of a table. */
#ifndef SANDBOX_COLLECTION_H
#define SANDBOX_COLLECTION_H

#include "call.h"

/* `member` is wanted of records that at the pointer `at` have `value` (in any case), or an array with it. */
struct collection_need {
	const char *at, *value, *member;
};

/* Only records are listed that have at the pointer `at` what the request's `member` is, or one of its texts.
 */
struct collection_filter {
	const char *member, *at;
};

enum collection_ids {
	COLLECTION_HEX,   /* 24 hex digits, given when it is made */
	COLLECTION_UUID,  /* a UUID, given when it is made */
	COLLECTION_GIVEN, /* the request that makes it has it */
};

/*
 * Templates are JSON texts. "$" in them is the record, of a list the array of them; "$NAME" that member of
 * the record, left out where it has none; "@tenant" "@community" "@actor" "@id" (fresh) "@now" (ISO)
 * "@seconds" "@ms" are of the call, "@total" "@index" "@size" of a list. NULL as an answer: the record
 * itself.
 */
struct collection {
	const char *kind; /* of the documents in the store, and of the routes; NULL ends a table */
	const char *what; /* "message gateway", for messages */
	const char *id;   /* member of the record */
	enum collection_ids ids;
	const char *named_by;                /* member of path or body that names one; NULL: `id` */
	const char *name;                    /* member that is never empty; NULL: none */
	const char *const *unique;           /* members of which no two records have the same; NULL: none */
	const char *within;                  /* … only among those that agree in this one; NULL: all */
	bool tenant_wide;                    /* not of a community */
	const struct collection_need *needs; /* ended by one without `at`; NULL: none */
	const struct collection_filter *filters; /* ended by one without `member`; NULL: none */
	const char *const *from_path; /* parameters of the address that are members of a record; NULL: none */
	const char *const *hidden;    /* members "$" is without; NULL: none */
	unsigned page_size;           /* unless pSize says otherwise; 0: the list comes whole */
	const char *born, *touched;   /* templates of members set at creation, at each change; NULL: none */
	const char *listed, *one, *made, *changed, *removed; /* templates of answers */
	/* A record as it would be stored, before the checks of the table; `old` is NULL for a new one. */
	int (*check)(struct call *call, json_t *record, const json_t *old);
	/* Whether a record may go. */
	int (*check_remove)(struct call *call, const json_t *record);
	/* Before a list is read: what is not there yet may be made. */
	int (*before_list)(struct call *call);
};

/* One table per file collections-*.c. */
extern const struct collection collections_connect[];

/* The row of a kind, NULL when there is none. */
const struct collection *collection_find(const char *kind);
/* A member of the request, wherever it stands: path, query, body. Borrowed; NULL. */
json_t *collection_given(const struct call *call, const char *member);
/* A record that the table's defaults complete is stored as new: id, members of birth. Takes it over. */
int collection_add(struct call *call, const struct collection *row, json_t *record);

#endif
