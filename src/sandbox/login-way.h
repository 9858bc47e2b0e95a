/* How the sandbox lets people sign on, and the form in which it takes tokens: what services do differently. */
#ifndef SANDBOX_LOGIN_WAY_H
#define SANDBOX_LOGIN_WAY_H

#include <stdbool.h>

/* What follows the password. */
enum login_second { LOGIN_CODE, LOGIN_NOTHING, LOGIN_PUSH };
enum login_push { PUSH_APPROVED, PUSH_REFUSED, PUSH_NEVER };
enum login_token { TOKEN_ANY, TOKEN_SEALED, TOKEN_CLEAR };

struct login_way {
	enum login_second second;
	enum login_push push;
	unsigned polls;    /* that are answered "not yet" before the push is approved or refused */
	bool unmarked;     /* the password's answer has a token and no "next" */
	const char *named; /* where answers have the final token: "jwt", "data.jwt" …; static */
	enum login_token form;
	bool keyless; /* sealed answers have no "publicKey", and a login's answers are sealed */
};

#define LOGIN_WAY_DEFAULT ((struct login_way){ .named = "jwt" })

/*
 * Reads words separated by commas: code, nothing, push; polls=N, refused, never; unmarked; named=jwt|jwt_token|
 * access_token|data.jwt. False: a bad word.
 */
bool sandbox_login_way_parse(const char *text, struct login_way *way);
bool sandbox_login_form_parse(const char *text, struct login_way *way);

#endif
