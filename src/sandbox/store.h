/* What the sandbox remembers: documents, users, events, revoked tokens. SQLite. */
#ifndef SANDBOX_STORE_H
#define SANDBOX_STORE_H

#include "tenantfs/json.h"

struct store;

/* A database of its own in `path`, made when missing. */
int store_open(const char *path, struct store **ret, struct tfs_error *error);
void store_free(struct store *store);

/*
 * Everything below stands between begin and end, in one thread at a time:
 * begin waits for the others. What was written is kept, or as if it had never
 * been; kept means that it survives the end of the process.
 */
int store_begin(struct store *store);
int store_end(struct store *store, bool keep);

/* Settings of the database itself. -ENOENT; caller frees. */
int store_meta_get(struct store *store, const char *key, char **ret);
int store_meta_set(struct store *store, const char *key, const char *value);

/*
 * Documents by community (id, "" for the tenant), kind and key. A document
 * keeps its place in the list when it is put again. -ENOENT.
 */
int store_get(struct store *store, const char *community, const char *kind, const char *key, json_t **ret);
int store_put(struct store *store, const char *community, const char *kind, const char *key,
	      const json_t *doc);
int store_remove(struct store *store, const char *community, const char *kind, const char *key);
/* Array of the documents in the order they came; `*ret` is yours. */
int store_list(struct store *store, const char *community, const char *kind, json_t **ret);

/* What happened, for the reports: an object with event_ts (epoch milliseconds), eventName and user_id. */
int store_event_add(struct store *store, const char *community, const json_t *event);

/* Which events are wanted; a text that is NULL asks for any. */
struct store_events {
	const char *community;
	long long from, to; /* epoch milliseconds, both included */
	const char *category, *user, *name, *outcome, *broker, *method, *application;
	long long index, size; /* size 0: all of them */
};
/* The page's events, newest first, as an array that is yours, and the number of all. */
int store_event_page(struct store *store, const struct store_events *search, json_t **ret,
		     long long *ret_total);

/* A token that is no longer good, until `expires` (epoch seconds). */
int store_revoke(struct store *store, const char *jti, long long expires);
/* 1 revoked, 0 not, or a negative errno. */
int store_revoked(struct store *store, const char *jti);

/* Users of a module stand in the order they were made; none is ever deleted. */
/* `user` has username and uid. -EEXIST: the module has one of that name. */
int store_user_add(struct store *store, const char *module, const json_t *user);
/* -ENOENT. `member` is "username" or "uid". */
int store_user_get(struct store *store, const char *module, const char *member, const char *value, size_t len,
		   json_t **ret);
/* Replaces the user of that uid in the module. -ENOENT. */
int store_user_update(struct store *store, const char *module, const json_t *user);
int store_user_count(struct store *store, const char *module, long long *ret);

/* A page: appends the records as JSON text, separated by commas, and gives their number and that of all. */
struct store_page {
	const char *module;
	const json_t *query; /* members and the values they must have; NULL or empty: all */
	long long index, size;
};
/* -EINVAL: the query compares with something that is no text, number or boolean. */
int store_user_page(struct store *store, const struct store_page *page, struct tfs_buf *out,
		    long long *ret_total);

#endif
