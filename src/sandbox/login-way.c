/* Reads the options that say how people sign on. */
#include "login-way.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 32, MOST_POLLS = 1000 };

static bool take_named(const char *name, struct login_way *way)
{
	static const char *const names[] = { "jwt", "jwt_token", "access_token", "data.jwt" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(names[i], name)) {
			way->named = names[i];
			return true;
		}
	}
	return false;
}

static bool take_polls(const char *text, struct login_way *way)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	way->polls = (unsigned)number;
	return *text >= '0' && *text <= '9' && !*end && number <= MOST_POLLS;
}

static bool take_word(const char *word, struct login_way *way)
{
	static const struct {
		const char *word;
		int second, push;
	} words[] = {
		{ "code", LOGIN_CODE, PUSH_APPROVED }, { "nothing", LOGIN_NOTHING, PUSH_APPROVED },
		{ "push", LOGIN_PUSH, PUSH_APPROVED }, { "refused", LOGIN_PUSH, PUSH_REFUSED },
		{ "never", LOGIN_PUSH, PUSH_NEVER },
	};

	if (!strncmp(word, "named=", 6))
		return take_named(word + 6, way);
	if (!strncmp(word, "polls=", 6))
		return take_polls(word + 6, way);
	if (!strcmp(word, "unmarked"))
		return way->unmarked = true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcmp(words[i].word, word)) {
			way->second = (enum login_second)words[i].second;
			way->push = (enum login_push)words[i].push;
			return true;
		}
	}
	return false;
}

bool sandbox_login_way_parse(const char *text, struct login_way *way)
{
	char word[WORD_MAX];

	for (;;) {
		size_t len = strcspn(text, ",");

		if (len >= sizeof(word))
			return false;
		memcpy(word, text, len);
		word[len] = '\0';
		if (!take_word(word, way))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

bool sandbox_login_form_parse(const char *text, struct login_way *way)
{
	static const char *const names[] = { [TOKEN_ANY] = "any", [TOKEN_SEALED] = "sealed", [TOKEN_CLEAR] = "clear" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(names[i], text)) {
			way->form = (enum login_token)i;
			return true;
		}
	}
	return false;
}
