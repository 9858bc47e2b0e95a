/* Handlers of configuration other than users and providers: see routes.h. */
#ifndef SANDBOX_ROUTES_CONFIG_H
#define SANDBOX_ROUTES_CONFIG_H

#include "call.h"

/* state-module-parts.c */
int sandbox_serve_module_script(struct call *call);
int sandbox_serve_password_policy(struct call *call);
int sandbox_serve_test_connection(struct call *call);
int sandbox_serve_attributes_create(struct call *call);

/* state-config.c */
int sandbox_serve_caas(struct call *call);
int sandbox_serve_session_attributes(struct call *call);
int sandbox_serve_session_attributes_set(struct call *call);
int sandbox_serve_templates(struct call *call);
int sandbox_serve_templates_set(struct call *call);
int sandbox_serve_templates_remove(struct call *call);

/* state-consents.c */
int sandbox_serve_consent(struct call *call);
int sandbox_serve_consent_version(struct call *call);
int sandbox_serve_consent_set(struct call *call);
int sandbox_serve_consent_check(struct call *call);

/* state-catalog.c */
int sandbox_serve_catalog(struct call *call);
int sandbox_serve_versions(struct call *call);
int sandbox_serve_artifact(struct call *call);
int sandbox_serve_idp_metadata(struct call *call);

#endif
