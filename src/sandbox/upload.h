/* Reads a file that is sent as a form (RFC 7578). */
#ifndef SANDBOX_UPLOAD_H
#define SANDBOX_UPLOAD_H

#include "call.h"

/*
 * Sets call->upload to {"field", "name", "base64"} of the only part of the form. A refusal: the body is no form, or has
 * no file in the endpoint's field.
 */
int sandbox_upload_read(struct call *call);

#endif
