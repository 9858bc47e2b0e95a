/* tenantfs-sandbox: a local Admin API server. */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "seed-data.h"
#include "server.h"
#include "tenantfs/log.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 64, DEFAULT_USERS = 250, MOST_LATENCY_MS = 600000 };

static const char help[] =
	"usage: tenantfs-sandbox --data DIR [options]\n"
	"\n"
	"Serves the Admin API on a loopback address, with data generated from a seed.\n"
	"Writes DIR/tenantfs.conf, ready to mount, and ends on SIGTERM or SIGINT.\n"
	"\n"
	"  --data DIR            directory of the database, keys and client files; created if missing\n"
	"  --listen ADDRESS      127.0.0.1:PORT; port 0 picks a free one. Without a port: that of the\n"
	"                        last run if it is free\n"
	"  --users N             users to create in a new DIR (250)\n"
	"  --empty               a new DIR has only what the service itself creates\n"
	"  --seed NUMBER         seed of all generated data of a new DIR (1)\n"
	"  --curve NAME          secp256k1 (the default) or prime256v1, for a new DIR\n"
	"  --tls                 https, with a certificate of the authority in DIR/ca.pem\n"
	"  --strict              what the API document leaves open is done in the way that is hardest for a client\n"
	"  --literal             keep nothing: check each request and answer with the API document's example\n"
	"  --short-lists         lists lack members where the API has a call that reads one object by its id\n"
	"  --token-form FORM     the form in which tokens are taken: any (the default), sealed or clear\n"
	"  --login WORDS         signing on, words separated by ',': what follows the password: code (the\n"
	"                        default), nothing, push; polls=N before a push is approved, or it is\n"
	"                        refused, or never answered; unmarked: the password's answer has a token\n"
	"                        and no \"next\"; named=jwt|jwt_token|access_token|data.jwt: the final token\n"
	"  --keyless             sealed answers have no \"publicKey\", and a login's answers are sealed\n"
	"  --fault SPEC          rules separated by ';', each words separated by ',':\n"
	"      kind: status=N 429 conflict drop drop-after stall=SECONDS truncate badtag oldkey garbage\n"
	"            huge deep badutf8 dupkeys pages names keyed nested boxed single replayed trickle latency=MS\n"
	"            surrogate integer real doubled (one record of a list is odd)\n"
	"            lag=SECONDS (a read is up to so far behind) fold (texts are stored in lower case)\n"
	"            lose gain (a record goes or comes between two pages of users)\n"
	"            recordless (a change is answered with {})\n"
	"      when: rate=0…1 count=N after=N path=PREFIX-or-glob method=M; retry-after=SECONDS for a "
	"status\n"
	"                        While DIR/fault exists, its rules apply instead\n"
	"  --latency MS          minimum time of every answer\n"
	"  --log FILE            write one JSON line per request\n"
	"  --verbose             more messages on standard error\n"
	"  --help                this text\n";

enum option_id {
	OPT_DATA = 1,
	OPT_LISTEN,
	OPT_USERS,
	OPT_EMPTY,
	OPT_SEED,
	OPT_CURVE,
	OPT_TLS,
	OPT_STRICT,
	OPT_LITERAL,
	OPT_SHORT_LISTS,
	OPT_TOKEN_FORM,
	OPT_LOGIN,
	OPT_KEYLESS,
	OPT_FAULT,
	OPT_LATENCY,
	OPT_LOG,
	OPT_VERBOSE,
	OPT_HELP
};

static const struct option options_table[] = {
	{ "data", required_argument, NULL, OPT_DATA },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "empty", no_argument, NULL, OPT_EMPTY },
	{ "users", required_argument, NULL, OPT_USERS },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "curve", required_argument, NULL, OPT_CURVE },
	{ "tls", no_argument, NULL, OPT_TLS },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "literal", no_argument, NULL, OPT_LITERAL },
	{ "token-form", required_argument, NULL, OPT_TOKEN_FORM },
	{ "login", required_argument, NULL, OPT_LOGIN },
	{ "keyless", no_argument, NULL, OPT_KEYLESS },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "latency", required_argument, NULL, OPT_LATENCY },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "short-lists", no_argument, NULL, OPT_SHORT_LISTS },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

static int usage_error(const char *option, const char *text, const char *why)
{
	fprintf(stderr, "tenantfs-sandbox: %s%s%s: %s\nTry --help.\n", option, *option && *text ? " " : "", text, why);
	return EXIT_USAGE;
}

static bool read_number(const char *text, uint64_t max, uint64_t *ret)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (!*text || *end || strspn(text, "0123456789") != strlen(text) || value > max)
		return false;
	*ret = value;
	return true;
}

/* 0, or the exit code. */
static int take_number(enum option_id id, const char *text, struct sandbox_options *options)
{
	uint64_t number;

	switch (id) {
	case OPT_USERS:
		if (!read_number(text, SEED_MOST_USERS, &number) || !number)
			return usage_error("--users", text, "not a number from 1 to 1000000");
		options->users = (unsigned)number;
		return 0;
	case OPT_LATENCY:
		if (!read_number(text, MOST_LATENCY_MS, &number))
			return usage_error("--latency", text, "not a number of milliseconds");
		options->latency_ms = (unsigned)number;
		return 0;
	default:
		return read_number(text, UINT64_MAX, &options->seed) ? 0 : usage_error("--seed", text, "not a number");
	}
}

/* 0, or the exit code. */
static int take_login(enum option_id id, const char *text, struct login_way *way)
{
	switch (id) {
	case OPT_TOKEN_FORM:
		return sandbox_login_form_parse(text, way) ? 0 : usage_error("--token-form", text, "unknown form");
	case OPT_LOGIN:
		return sandbox_login_way_parse(text, way) ? 0 : usage_error("--login", text, "unknown word");
	default:
		way->keyless = true;
		return 0;
	}
}

/* 0, an exit code, or -1 when the program is done. */
static int take_option(int id, const char *text, struct sandbox_options *options)
{
	switch (id) {
	case OPT_DATA:
		options->data = text;
		return 0;
	case OPT_LISTEN:
		options->listen = text;
		return 0;
	case OPT_CURVE:
		return tfs_curve_from_name(text, &options->curve) < 0 ? usage_error("--curve", text, "unknown curve")
								      : 0;
	case OPT_EMPTY:
		options->users = 0;
		return 0;
	case OPT_TLS:
		options->tls = true;
		return 0;
	case OPT_STRICT:
		options->mode = BOX_STRICT;
		return 0;
	case OPT_LITERAL:
		options->mode = BOX_LITERAL;
		return 0;
	case OPT_SHORT_LISTS:
		options->short_lists = true;
		return 0;
	case OPT_TOKEN_FORM:
	case OPT_LOGIN:
	case OPT_KEYLESS:
		return take_login((enum option_id)id, text, &options->login);
	case OPT_FAULT:
		options->fault = text;
		return 0;
	case OPT_LOG:
		options->log = text;
		return 0;
	case OPT_VERBOSE:
		tfs_log_set_level(TFS_LOG_DEBUG);
		return 0;
	case OPT_HELP:
		fputs(help, stdout);
		return -1;
	case '?':
		return EXIT_USAGE;
	default:
		return take_number((enum option_id)id, text, options);
	}
}

static int read_options(int argc, char **argv, struct sandbox_options *options)
{
	int id;

	while ((id = getopt_long(argc, argv, "", options_table, NULL)) != -1) {
		int r = take_option(id, optarg, options);
		if (r)
			return r;
	}
	if (optind < argc)
		return usage_error("", argv[optind], "unexpected argument");
	return options->data ? 0 : usage_error("--data DIR", "", "is required");
}

int main(int argc, char **argv)
{
	struct sandbox_options options = { .users = DEFAULT_USERS, .seed = 1, .login = LOGIN_WAY_DEFAULT };
	struct tfs_error error = { 0 };
	struct sandbox *sandbox = NULL;
	sigset_t signals;
	int number;
	int r = read_options(argc, argv, &options);

	if (r)
		return r < 0 ? 0 : r;
	umask(077);
	/* Blocked before any thread starts, so that only the main thread gets the signals. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	r = sandbox_start(&options, &sandbox, &error);
	if (r < 0) {
		fprintf(stderr, "tenantfs-sandbox: %s\n", error.message);
		return EXIT_REFUSED;
	}
	printf("listening on %s\n", sandbox_address(sandbox));
	fflush(stdout);
	sigwait(&signals, &number);
	sandbox_stop(sandbox);
	return 0;
}
