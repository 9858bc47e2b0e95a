/* Routes: which handler serves an endpoint. */
#ifndef SANDBOX_ROUTES_H
#define SANDBOX_ROUTES_H

#include "call.h"
#include "routes-activity.h"

/*
 * The route that serves the endpoint; NULL: it gets the documented answer. `*ret_collection` is the row that
 * has the route, NULL for a route of no collection.
 */
const struct route *sandbox_routes_find(const struct tfs_endpoint *endpoint, const struct collection **ret_collection);
/* Whether the route is one of signing on, without which nothing can be called. NULL: false. */
bool sandbox_route_signs_on(const struct route *route);
/* All routes of no collection, ended by one without a method; for the tests. */
const struct route *sandbox_routes_all(void);

/* Gives the documented answer of an endpoint that keeps no state here. */
int sandbox_serve_documented(struct call *call);

/*
 * state-*.c. A handler is called within a transaction of the store; 0, or a negative errno with or without a
 * refusal.
 */
int sandbox_serve_document(struct call *call);         /* shows the document of `kind` */
int sandbox_serve_document_replace(struct call *call); /* replaces it by the body */
int sandbox_serve_document_merge(struct call *call);   /* sets the members of the body */
int sandbox_serve_environment(struct call *call);

int sandbox_serve_modules(struct call *call);
int sandbox_serve_module(struct call *call);
int sandbox_serve_module_create(struct call *call);
int sandbox_serve_module_change(struct call *call);
int sandbox_serve_module_remove(struct call *call);
int sandbox_serve_auth_scheme(struct call *call);

int sandbox_serve_users(struct call *call);
int sandbox_serve_users_count(struct call *call);
int sandbox_serve_users_count_all(struct call *call);
int sandbox_serve_users_find(struct call *call);
int sandbox_serve_user_detail(struct call *call);
int sandbox_serve_user_create(struct call *call);
int sandbox_serve_user_update(struct call *call);
int sandbox_serve_user_role(struct call *call);
int sandbox_serve_user_lock(struct call *call);
int sandbox_serve_user_unlock(struct call *call);
int sandbox_serve_user_properties(struct call *call);
int sandbox_serve_user_phones(struct call *call);
int sandbox_serve_alias_unique(struct call *call);

int sandbox_serve_devices(struct call *call);
int sandbox_serve_login_options(struct call *call);
int sandbox_serve_device_unlink(struct call *call);
int sandbox_serve_codes(struct call *call);
int sandbox_serve_code_invite(struct call *call);
int sandbox_serve_code_revoke(struct call *call);

int sandbox_serve_providers(struct call *call);
int sandbox_serve_provider(struct call *call);
int sandbox_serve_provider_create(struct call *call);
int sandbox_serve_provider_featured(struct call *call);
int sandbox_serve_provider_change(struct call *call);
int sandbox_serve_provider_remove(struct call *call);
int sandbox_serve_provider_apps(struct call *call);

int sandbox_serve_roles(struct call *call);
int sandbox_serve_role(struct call *call);

int sandbox_serve_public_key(struct call *call);
int sandbox_serve_health(struct call *call);
int sandbox_serve_directory(struct call *call);
int sandbox_serve_community_info(struct call *call);
int sandbox_serve_ecdsa(struct call *call);
int sandbox_serve_service_keys(struct call *call);
int sandbox_serve_service_key_reset(struct call *call);

int sandbox_serve_authenticate(struct call *call);
int sandbox_serve_verify_user(struct call *call);
int sandbox_serve_request_access(struct call *call);
int sandbox_serve_session_new(struct call *call);
int sandbox_serve_logout(struct call *call);
int sandbox_serve_token_check(struct call *call);

#endif
