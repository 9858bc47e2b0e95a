/* What the handlers of users share. */
#ifndef SANDBOX_USERS_H
#define SANDBOX_USERS_H

#include "call.h"

/* A user and the module it lives in. */
struct user_place {
	json_t *user; /* the record; the holder's */
	char module[25];
};

/*
 * The user that `names` speaks of ({"uid"} or {"username"}) in the module of
 * that id. A refusal of 404 when there is none, 400 when it names nobody.
 */
int user_load(struct call *call, const char *module, const json_t *names, struct user_place *ret);
/* The same by name alone, in whichever module of the community has it first. */
int user_load_named(struct call *call, const json_t *name, struct user_place *ret);
/* … and by uid alone. */
int user_load_uid(struct call *call, const json_t *uid, struct user_place *ret);
/* Stamps and stores the changed record. */
int user_save(struct call *call, const struct user_place *place);
/* -EINVAL with a refusal of 400 unless the community has the role. */
int user_check_role(struct call *call, const char *member, const char *role);

#endif
