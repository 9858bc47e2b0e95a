/* Functions shared by the handlers of users. */
#ifndef SANDBOX_USERS_H
#define SANDBOX_USERS_H

#include "call.h"

/* A user and its module. */
struct user_place {
	json_t *user; /* the record, owned by the holder */
	char module[25];
};

/*
 * The user named by `names` ({"uid"} or {"username"}) in the module `module`. Refuses with 404 when there is
 * none, with 400 when `names` names nobody.
 */
int sandbox_user_load(struct call *call, const char *module, const json_t *names, struct user_place *ret);
/* The same by user name, in the first module of the community that has one. */
int sandbox_user_load_named(struct call *call, const json_t *name, struct user_place *ret);
/* The same by uid. */
int sandbox_user_load_uid(struct call *call, const json_t *uid, struct user_place *ret);
/* Sets updatedAt and stores the record. */
int sandbox_user_save(struct call *call, const struct user_place *place);
/* -EINVAL with a refusal of 400 unless the community has the role. */
int sandbox_user_check_role(struct call *call, const char *member, const char *role);

#endif
