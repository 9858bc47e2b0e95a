/* Prints errors for people: the message, details, and a remedy. */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* The same rows as in docs/errors.md; a test compares them. */
static const struct {
	int code;
	int exit;
	const char *remedy;
} known[] = {
	{ -EACCES, CLI_REFUSED, "log in: tenantfs login" },
	{ -EAGAIN, CLI_REFUSED, "the server limits the rate: try again in a minute" },
	{ -EBADMSG, CLI_UNREACHABLE,
	  "if the message is about a key, compare its fingerprint (tenantfs status) with the operator's" },
	{ -EBUSY, CLI_REFUSED, NULL },
	{ -ECONNREFUSED, CLI_UNREACHABLE, NULL },
	{ -ECONNRESET, CLI_UNREACHABLE, "check whether the daemon runs: tenantfs status" },
	{ -EEXIST, CLI_REFUSED, NULL },
	{ -EINTR, CLI_REFUSED, NULL },
	{ -EINVAL, CLI_REFUSED, NULL },
	{ -EIO, CLI_UNREACHABLE, "check whether the server answers: tenantfs status" },
	{ -ENOENT, CLI_REFUSED, NULL },
	{ -EPERM, CLI_REFUSED, NULL },
	{ -EROFS, CLI_REFUSED, NULL },
	{ -ESTALE, CLI_REFUSED,
	  "your text is kept in .tenantfs/drafts: edit it there, then tenantfs retry PATH, or tenantfs "
	  "discard PATH" },
	{ -ETIMEDOUT, CLI_UNREACHABLE, "try again, or raise `timeout` in the configuration" },
};

int cli_exit_of(int code)
{
	if (code >= 0)
		return CLI_DONE;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].code == code)
			return known[i].exit;
	return CLI_REFUSED;
}

/* True if a log-in may help: a file without read permission is no ended session. */
static int is_about_session(const struct tfs_error *error)
{
	/* These come with status 401, too, but a log-in does not help. */
	static const char *const others[] = { "licen", "publickey", "public key", "requestid", "this clock" };

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strcasestr(error->message, others[i]))
			return 0;
	return error->status == 401 ||
	       (error->origin && (!strcmp(error->origin, "api") || !strcmp(error->origin, "session")));
}

const char *cli_remedy(const struct tfs_error *error)
{
	if (error->code == -EACCES && (!is_about_session(error) || strstr(error->message, "tenantfs login")))
		return NULL;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].code == error->code)
			return known[i].remedy;
	return NULL;
}

void cli_print_error(FILE *out, const char *what, const struct tfs_error *error, const char *remedy)
{
	fprintf(out, "tenantfs: %s%s%s\n", what ? what : "", what && what[0] ? ": " : "",
		error->message[0] ? error->message : strerror(-error->code));
	if (error->member[0])
		fprintf(out, "  member: %s\n", error->member);
	if (error->line)
		fprintf(out, "  place: line %d, column %d\n", error->line, error->column);
	if (error->status)
		fprintf(out, "  HTTP status: %d\n", error->status);
	if (error->request_id[0])
		fprintf(out, "  request id: %s\n", error->request_id);
	if (remedy)
		fprintf(out, "  remedy: %s\n", remedy);
}

int cli_fail(const char *what, const struct tfs_error *error)
{
	fflush(stdout);
	cli_print_error(stderr, what, error, cli_remedy(error));
	return cli_exit_of(error->code);
}

int cli_usage(const struct cli_command *command, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "tenantfs: %s%s", command ? command->name : "", command ? ": " : "");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nSee: tenantfs help%s%s\n", command ? " " : "", command ? command->name : "");
	return CLI_USAGE;
}
