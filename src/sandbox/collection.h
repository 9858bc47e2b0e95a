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

enum { COLLECTION_ROUTES = 6 };

enum collection_ids {
	COLLECTION_HEX,   /* 24 hex digits, given when it is made */
	COLLECTION_UUID,  /* a UUID, given when it is made */
	COLLECTION_GIVEN, /* the request that makes it has it */
};

/*
 * Templates are JSON texts. "$" in them is the record; "$NAME" that member of it, left out where it has none;
 * "@tenant" "@community" "@actor" "@id" (fresh) "@seconds" are of the call. NULL as an answer: the record
 * itself.
 */
struct collection {
	const char *kind; /* of the documents in the store; NULL ends a table */
	const char *what; /* "message gateway", for messages */
	const char *id;   /* member of the record */
	enum collection_ids ids;
	const char *named_by; /* member of path or body that names one; NULL: `id` */
	const char
		*within;  /* member of request and record: the auth module it is of; NULL: the community's */
	const char *name; /* member that is never empty; NULL: none */
	const char *const *unique;           /* members of which no two records have the same; NULL: none */
	const struct collection_need *needs; /* ended by one without `at`; NULL: none */
	const struct collection_filter *filters;    /* ended by one without `member`; NULL: none */
	const char *const *hidden;                  /* members "$" is without; NULL: none */
	const char *born;                           /* template of members set at creation; NULL: none */
	const char *one, *made, *changed, *removed; /* templates of answers; a list comes whole */
	/* A record as it would be stored, before the checks of the table; `old` is NULL for a new one. */
	int (*check)(struct call *call, json_t *record, const json_t *old);
	/* Before a list is read: what is not there yet may be made. */
	int (*before_list)(struct call *call);
	struct route routes[COLLECTION_ROUTES]; /* ended by one without a method */
};

/* A member of the request, wherever it stands: path, query, body. Borrowed; NULL. */
json_t *collection_given(const struct call *call, const char *member);
/*
 * A record is completed (id, members of birth), checked and stored as new; takes it over. What the table does
 * not allow is refused.
 */
int collection_add(struct call *call, const struct collection *row, json_t *record);

/* Handlers of the routes of a row; `call->collection` is the row. */
int serve_collection(struct call *call); /* all records, those asked for */
int serve_collection_one(struct call *call);
int serve_collection_create(struct call *call);
int serve_collection_change(struct call *call); /* sets the members of the body */
int serve_collection_replace(
	struct call *call);                  /* also removes the members the body could have and has not */
int serve_collection_set(struct call *call); /* creates or replaces the record of the given id */
int serve_collection_remove(struct call *call);

#endif
