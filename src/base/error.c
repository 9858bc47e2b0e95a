/* The rich error: filled once, where the failure happens, then passed up unchanged. */
#include "tenantfs/error.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tenantfs/utf8.h"

/*
 * Makes the output of vsnprintf (which returned `wanted`) one line of valid UTF-8, even if it was truncated.
 */
static void tidy_message(char *text, size_t room, int wanted)
{
	if (wanted < 0)
		text[0] = '\0';
	else if ((size_t)wanted >= room)
		text[tfs_utf8_cut(text, room - 1)] = '\0';
	tfs_utf8_tame(text);
}

int tfs_error_setv(struct tfs_error *error, int code, const char *origin, const char *format, va_list args)
{
	/* The arguments may point into `error`, so the message is formatted before `error` is overwritten. */
	char message[TFS_ERROR_MESSAGE];
	int wanted;

	assert(code <= 0);
	if (!error)
		return code;
	wanted = vsnprintf(message, sizeof(message), format, args);
	tidy_message(message, sizeof(message), wanted);
	*error = (struct tfs_error){ .code = code, .origin = origin };
	memcpy(error->message, message, strlen(message) + 1);
	return code;
}

int tfs_error_set(struct tfs_error *error, int code, const char *origin, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tfs_error_setv(error, code, origin, format, args);
	va_end(args);
	return code;
}

int tfs_error_set_memory(struct tfs_error *error)
{
	return tfs_error_set(error, -ENOMEM, "memory", "out of memory");
}

int tfs_error_prefix(struct tfs_error *error, const char *format, ...)
{
	char prefix[TFS_ERROR_MESSAGE], whole[TFS_ERROR_MESSAGE * 2];
	va_list args;
	int wanted;

	if (!error)
		return 0;
	va_start(args, format);
	wanted = vsnprintf(prefix, sizeof(prefix), format, args);
	va_end(args);
	tidy_message(prefix, sizeof(prefix), wanted);
	wanted = snprintf(whole, sizeof(whole), "%s%s", prefix, error->message);
	whole[sizeof(error->message) - 1] = '\0';
	tidy_message(whole, sizeof(error->message), wanted);
	memcpy(error->message, whole, strlen(whole) + 1);
	return error->code;
}

void tfs_error_set_member(struct tfs_error *error, const char *pointer)
{
	size_t len = strnlen(pointer, sizeof(error->member) - 1);

	len = tfs_utf8_cut(pointer, len);
	memcpy(error->member, pointer, len);
	error->member[len] = '\0';
	tfs_utf8_tame(error->member);
}

void tfs_error_clear(struct tfs_error *error)
{
	if (error)
		*error = (struct tfs_error){ 0 };
}

const char *tfs_error_name(int code)
{
	const char *name;

	if (code == INT_MIN)
		return "E?";
	name = strerrorname_np(code < 0 ? -code : code);
	return name && code != 0 ? name : "E?";
}
