/* Seeds an empty database with a populated tenant. */
#ifndef SANDBOX_SEED_DATA_H
#define SANDBOX_SEED_DATA_H

#include <stdbool.h>

#include "seed.h"
#include "store.h"

enum { SEED_MOST_USERS = 1000000 };

/* The arguments shared by all seeding functions. */
struct seed_place {
	struct store *store;
	uint64_t seed;
	const char *community; /* id */
	const char *tenant;    /* id */
	bool empty;            /* a fresh tenant: only what the service itself creates */
};

/*
 * One tenant with the communities "default" and "partners", `users` users in the first; the same data for the
 * same seed and number. One transaction; does nothing when the database has data. Without users it is a fresh
 * tenant: internal user store, one admin, settings.
 */
int sandbox_seed_store(struct store *store, uint64_t seed, unsigned users, struct tfs_error *error);

/* Parts of it. `number` distinguishes the communities. */
int sandbox_seed_settings(const struct seed_place *place);
/* The platform's configuration of all communities; a community's own configuration. */
int sandbox_seed_platform(const struct seed_place *place);
int sandbox_seed_config(const struct seed_place *place);
/* User attributes of a module, and its brokers if it has them. */
int sandbox_seed_module_parts(const struct seed_place *place, const char *module, bool broker);
int sandbox_seed_providers(const struct seed_place *place, unsigned number);
int sandbox_seed_connections(const struct seed_place *place, unsigned number);

/*
 * A record of a collection as JSON text; missing ids of the record, the tenant and the community are added.
 */
struct seeded {
	const char *kind, *text;
};
/* `records` is grouped by kind: later communities get the first record of each kind. */
int sandbox_seed_records(const struct seed_place *place, const struct seeded *records, size_t n, unsigned number);

/*
 * Users first … first+n-1 of a module. User 0 is the admin who can log in; users with awkward names follow.
 */
int sandbox_seed_users(const struct seed_place *place, const char *module, unsigned first, unsigned n);
/* Up to twelve users with awkward names, for a directory. */
int sandbox_seed_directory_users(const struct seed_place *place, const char *module, unsigned n);
/* The first users of a module, for events and tokens; `*ret` is yours. */
int sandbox_seed_people(const struct seed_place *place, const char *module, json_t **ret);
/* 90 days of events up to now. */
int sandbox_seed_events(const struct seed_place *place, const json_t *people);
/* Hardware tokens first … first+n-1, some of them assigned to `people`. */
int sandbox_seed_tokens(const struct seed_place *place, const json_t *people, unsigned first, unsigned n);
/* An invitation for each of `people`. */
int sandbox_seed_codes(const struct seed_place *place, const json_t *people);
/* Report jobs, finished and cancelled. */
int sandbox_seed_jobs(const struct seed_place *place);

#endif
