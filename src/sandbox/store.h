/* The sandbox's database: documents, users, events, revoked tokens. SQLite. */
#ifndef SANDBOX_STORE_H
#define SANDBOX_STORE_H

#include "tenantfs/json.h"

struct store;

/* Opens the database at `path`, created if missing. */
int sandbox_store_open(const char *path, struct store **ret, struct tfs_error *error);
void sandbox_store_free(struct store *store);

/*
 * The functions below are called between begin and end, by one thread at a time: begin waits for the others.
 * sandbox_store_end commits or rolls back; a commit survives the end of the process.
 */
int sandbox_store_begin(struct store *store);
int sandbox_store_end(struct store *store, bool keep);

/* From now on states that were replaced are kept for some seconds, for sandbox_store_begin_behind. */
void sandbox_store_keep_states(struct store *store);
/* As sandbox_store_begin, with the state of `ms` ago. Writes are ignored. */
int sandbox_store_begin_behind(struct store *store, unsigned ms);

/* Settings of the database itself. -ENOENT; caller frees. */
int sandbox_store_meta_get(struct store *store, const char *key, char **ret);
int sandbox_store_meta_set(struct store *store, const char *key, const char *value);

/*
 * Documents by community (id, "" for the tenant), kind and key. Replacing a document keeps its position in
 * the list. -ENOENT.
 */
int sandbox_store_get(struct store *store, const char *community, const char *kind, const char *key, json_t **ret);
int sandbox_store_put(struct store *store, const char *community, const char *kind, const char *key, const json_t *doc);
int sandbox_store_remove(struct store *store, const char *community, const char *kind, const char *key);
/* An array of the documents in the order of their creation; `*ret` is yours. */
int sandbox_store_list(struct store *store, const char *community, const char *kind, json_t **ret);

/* An event for the reports: an object with event_ts (epoch milliseconds), eventName and user_id. */
int sandbox_store_event_add(struct store *store, const char *community, const json_t *event);

/* An event search; NULL matches any value. */
struct store_events {
	const char *community;
	long long from, to; /* epoch milliseconds, inclusive */
	const char *category, *user, *name, *outcome, *broker, *method, *application;
	long long index, size; /* size 0: all */
};
/* One page of events, newest first, as an array that is yours, and the total number. */
int sandbox_store_event_page(struct store *store, const struct store_events *search, json_t **ret,
			     long long *ret_total);

/* Revokes a token until `expires` (epoch seconds). */
int sandbox_store_revoke(struct store *store, const char *jti, long long expires);
/* 1: revoked, 0: not revoked, or a negative errno. */
int sandbox_store_revoked(struct store *store, const char *jti);

/* Users of a module keep the order of their creation; none is ever deleted. */
/* `user` has username and uid. -EEXIST: the module has a user of that name or uid. */
int sandbox_store_user_add(struct store *store, const char *module, const json_t *user);
/* -ENOENT. `member` is "username" or "uid". */
int sandbox_store_user_get(struct store *store, const char *module, const char *member, const char *value, size_t len,
			   json_t **ret);
/* Replaces the user of that uid in the module. -ENOENT. */
int sandbox_store_user_update(struct store *store, const char *module, const json_t *user);
int sandbox_store_user_count(struct store *store, const char *module, long long *ret);

/* Appends a page of records as JSON texts, separated by commas; gives the total number. */
struct store_page {
	const char *module;
	const json_t *query; /* members and their required values; NULL or empty: all users */
	long long index, size;
	int shift; /* the page begins so many records later */
};
/* -EINVAL: the query compares with something other than a string, number or boolean. */
int sandbox_store_user_page(struct store *store, const struct store_page *page, struct tfs_buf *out,
			    long long *ret_total);

#endif
