/* Handlers of activity: reports and their jobs, hardware tokens, authorizations. */
#ifndef SANDBOX_ROUTES_ACTIVITY_H
#define SANDBOX_ROUTES_ACTIVITY_H

#include "call.h"

/* As in routes.h: the store's transaction is open. */
int sandbox_serve_audit_log(struct call *call);
int sandbox_serve_events(struct call *call);
int sandbox_serve_login_activity(struct call *call);
int sandbox_serve_event_store(struct call *call);
int sandbox_serve_metrics(struct call *call);
int sandbox_serve_enrollment(struct call *call);
int sandbox_serve_export(struct call *call);
int sandbox_serve_jobs(struct call *call);
int sandbox_serve_job_cancel(struct call *call);

int sandbox_serve_tokens(struct call *call);
int sandbox_serve_token_create(struct call *call);
int sandbox_serve_token_change(struct call *call);
int sandbox_serve_token_remove(struct call *call);
int sandbox_serve_token_resync(struct call *call);
int sandbox_serve_token_users(struct call *call);
int sandbox_serve_token_assign(struct call *call);
int sandbox_serve_token_assign_table(struct call *call);
int sandbox_serve_token_take(struct call *call);

int sandbox_serve_authorizations(struct call *call);
int sandbox_serve_permissions(struct call *call);
int sandbox_serve_ial(struct call *call);

#endif
