/* Fills an empty database with a lively tenant. */
#ifndef SANDBOX_SEED_DATA_H
#define SANDBOX_SEED_DATA_H

#include <stdbool.h>

#include "seed.h"
#include "store.h"

enum { SEED_MOST_USERS = 1000000 };

/* What the fillers share. */
struct seed_place {
	struct store *store;
	uint64_t seed;
	const char *community; /* id */
	const char *tenant;    /* id */
	bool empty;            /* only what a tenant has of itself: nothing anybody made */
};

/*
 * One tenant, the communities "default" and "partners", `users` users in the
 * first; the same data for the same seed and number. One transaction; returns
 * at once when the database has data already. With no users it is a tenant
 * nobody has worked in yet: its internal user store, the one who can log in, its settings.
 */
int seed_store(struct store *store, uint64_t seed, unsigned users, struct tfs_error *error);

/* Parts of it. `number` tells the communities apart. */
int seed_settings(const struct seed_place *place);
/* What the platform sets for all communities; a community's own configuration. */
int seed_platform(const struct seed_place *place);
int seed_config(const struct seed_place *place);
/* User attributes of a module, and its brokers where it has them. */
int seed_module_parts(const struct seed_place *place, const char *module, bool broker);
int seed_providers(const struct seed_place *place, unsigned number);
int seed_connections(const struct seed_place *place, unsigned number);

/* A record of a collection as JSON text; its id and those of tenant and community are given where it has
 * none. */
struct seeded {
	const char *kind, *text;
};
/* Records of a kind stand together: a later community has the first of each. */
int seed_records(const struct seed_place *place, const struct seeded *records, size_t n, unsigned number);

/* Users first … first+n-1 of a module; 0 is the one who can log in, then come the awkward names. */
int seed_users(const struct seed_place *place, const char *module, unsigned first, unsigned n);
/* Twelve awkward names and fewer, for a directory. */
int seed_directory_users(const struct seed_place *place, const char *module, unsigned n);
/* The first users of a module, for what is told of people; `*ret` is yours. */
int seed_people(const struct seed_place *place, const char *module, json_t **ret);
/* 90 days of events up to now. */
int seed_events(const struct seed_place *place, const json_t *people);
/* Hardware tokens first … first+n-1, held by some of the people. */
int seed_tokens(const struct seed_place *place, const json_t *people, unsigned first, unsigned n);
/* An invitation for each of the people. */
int seed_codes(const struct seed_place *place, const json_t *people);
/* Jobs of reports, done and under way. */
int seed_jobs(const struct seed_place *place);

#endif
