/*
 * Collections: records that are listed, created, changed and removed by one engine. Each kind is a row of a
 * table.
 */
#ifndef SANDBOX_COLLECTION_H
#define SANDBOX_COLLECTION_H

#include "call.h"

/*
 * A record requires `member` if it has `value` (in any case) at the JSON pointer `at`, or an array that
 * contains it.
 */
struct collection_need {
	const char *at, *value, *member;
};

/*
 * A list has only the records whose value at the pointer `at` is the request's `member`, or one of its
 * elements.
 */
struct collection_filter {
	const char *member, *at;
};

enum { COLLECTION_ROUTES = 6 };

enum collection_ids {
	COLLECTION_HEX,   /* 24 hex digits, generated */
	COLLECTION_UUID,  /* a UUID, generated */
	COLLECTION_GIVEN, /* given by the creating request */
};

/*
 * Templates are JSON texts. "$" is replaced by the record, "$NAME" by one of its members (omitted if absent),
 * "@tenant", "@community", "@actor", "@id" (new) and "@seconds" by values of the call. NULL as the
 * template of an answer: the record itself.
 */
struct collection {
	const char *kind; /* of the documents in the store; NULL ends a table */
	const char *what; /* for messages: "message gateway" */
	const char *id;   /* the record's member that holds its id */
	enum collection_ids ids;
	const char *named_by; /* member of path or body that names a record; NULL: `id` */
	const char
		/*
		 * member of request and record that names the auth module; NULL: the record is the
		 * community's
		 */
		*within;
	const char *name;                           /* required member, never empty; NULL: none */
	const char *const *unique;                  /* members no two records share; NULL: none */
	const struct collection_need *needs;        /* ended by one without `at`; NULL: none */
	const struct collection_filter *filters;    /* ended by one without `member`; NULL: none */
	const char *const *hidden;                  /* members that "$" leaves out; NULL: none */
	bool whole;                                 /* if strict, a change loses the members it does not name */
	const char *born;                           /* template of members set at creation; NULL: none */
	const char *one, *made, *changed, *removed; /* templates of answers; a list is answered whole */
	/* Checks and may complete a record before the row's own checks; `old` is NULL for a new record. */
	int (*check)(struct call *call, json_t *record, const json_t *old);
	/* Runs before a list is read; may create default records. */
	int (*before_list)(struct call *call);
	struct route routes[COLLECTION_ROUTES]; /* ended by one without a method */
};

/* A member of the request, from its path, query or body. Borrowed; NULL. */
json_t *sandbox_collection_given(const struct call *call, const char *member);
/*
 * Completes (id, members set at creation), checks and stores a new record; takes it over. Refuses what the
 * row does not allow.
 */
int sandbox_collection_add(struct call *call, const struct collection *row, json_t *record);

/* Handlers of a row's routes; `call->collection` is the row. */
int sandbox_serve_collection(struct call *call); /* lists the records that pass the filters */
int sandbox_serve_collection_one(struct call *call);
int sandbox_serve_collection_create(struct call *call);
int sandbox_serve_collection_change(struct call *call);  /* sets the members of the body */
int sandbox_serve_collection_replace(struct call *call); /* also removes the members the body may set and does not */
int sandbox_serve_collection_set(struct call *call);     /* creates or replaces the record of the given id */
int sandbox_serve_collection_remove(struct call *call);

#endif
