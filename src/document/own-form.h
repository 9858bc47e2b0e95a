/* What a server may make of a value it was sent. */
#ifndef TENANTFS_DOCUMENT_OWN_FORM_H
#define TENANTFS_DOCUMENT_OWN_FORM_H

#include "member.h"

/*
 * Whether `read` says the same as `written` in the form of a server that folds case, trims texts, stores numbers as
 * texts or drops empty values. Either may be NULL.
 */
bool document_is_own_form(const json_t *written, const json_t *read);

#endif
