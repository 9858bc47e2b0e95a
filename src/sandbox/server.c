/* Starts and stops the sandbox: directory, database, data, listening, client files. */
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"
#include "journal.h"
#include "listen.h"
#include "sandbox.h"
#include "seed-data.h"
#include "session.h"
#include "tenantfs/log.h"
#include "tls.h"

enum { MOST_CONNECTIONS = 512, IDLE_SECONDS = 120, STACK_BYTES = 512 << 10, HEADERS_BYTES = 64 << 10 };
enum { REPLAY_SECONDS = 2 * BOX_TIME_SPAN + 1, REPLAY_MOST = 1 << 20 };
#define TOKEN_SECONDS (10LL * 365 * 86400)

static int open_store(struct sandbox *sandbox, const struct sandbox_options *options, struct tfs_error *error)
{
	struct box *box = &sandbox->box;
	cleanup_free char *path = sandbox_data_dir_path(box->dir, "db");
	char *seed = NULL;

	int r = path ? sandbox_store_open(path, &box->store, error) : tfs_error_set_memory(error);
	if (r == 0)
		r = sandbox_seed_store(box->store, options->seed, options->users, error);
	if (r == 0)
		r = sandbox_box_load(box, error);
	if (r < 0)
		return r;
	/* Data generated at run time depends on the seed of the database. */
	box->seed = options->seed;
	if (sandbox_store_begin(box->store) == 0) {
		if (sandbox_store_meta_get(box->store, "seed", &seed) == 0)
			box->seed = strtoull(seed, NULL, 10);
		sandbox_store_end(box->store, false);
	}
	free(seed);
	return 0;
}

static int open_faults(struct sandbox *sandbox, const struct sandbox_options *options, struct tfs_error *error)
{
	cleanup_free char *path = sandbox_data_dir_path(sandbox->box.dir, "fault");
	cleanup_free char *spec = NULL;
	const char *given = options->fault ? options->fault : "";
	int r = options->latency_ms ? asprintf(&spec, "latency=%u;%s", options->latency_ms, given)
				    : asprintf(&spec, "%s", given);

	if (r < 0) {
		spec = NULL;
		return tfs_error_set_memory(error);
	}
	return path ? sandbox_fault_source_new(spec, path, sandbox->box.seed, &sandbox->faults, error)
		    : tfs_error_set_memory(error);
}

__attribute__((format(printf, 2, 0))) static void log_server(void *cls, const char *format, va_list args)
{
	char text[512];

	(void)cls;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	tfs_log(TFS_LOG_DEBUG, 0, "sandbox: %s", text);
}

/* The path stays percent-coded: it is decoded part by part after it is split at its slashes. */
static size_t keep_coded(void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls;
	(void)connection;
	return strlen(text);
}

static struct MHD_Daemon *serve_on(struct sandbox *sandbox, int fd, const struct listen_address *address)
{
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC |
			 MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, sandbox->tls_key },
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, sandbox->tls_cert },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (sandbox->tls_key)
		flags |= MHD_USE_TLS;
	else
		tls[0].option = MHD_OPTION_END;
	if (address->addr.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	return MHD_start_daemon(
		flags, 0, NULL, NULL, sandbox_exchange_go_on, sandbox, MHD_OPTION_EXTERNAL_LOGGER, log_server, NULL,
		MHD_OPTION_LISTEN_SOCKET, (MHD_socket)fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)MOST_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)HEADERS_BYTES, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_UNESCAPE_CALLBACK,
		keep_coded, NULL, MHD_OPTION_URI_LOG_CALLBACK, sandbox_exchange_begin, sandbox,
		MHD_OPTION_NOTIFY_COMPLETED, sandbox_exchange_end, sandbox, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

/* The port of the last run, when the command line names none. */
static uint16_t last_port(const struct data_dir *dir)
{
	cleanup_free char *text = NULL;

	return sandbox_data_dir_read(dir, "port", &text, NULL) == 0 ? (uint16_t)strtoul(text, NULL, 10) : 0;
}

/* Starts serving, when everything else is ready. libmicrohttpd closes `fd`. */
static int serve(struct sandbox *sandbox, int fd, const struct listen_address *address, struct tfs_error *error)
{
	sandbox->daemon = serve_on(sandbox, fd, address);
	if (!sandbox->daemon)
		return tfs_error_set(error, -EIO, "sandbox", "cannot serve on %s port %u: %s", address->host,
				     sandbox_listen_port(address), strerror(errno));
	return 0;
}

static int listen_at(struct sandbox *sandbox, const struct sandbox_options *options, struct listen_address *address,
		     struct tfs_error *error)
{
	char port[8];
	int fd = -1;
	bool free_choice = !options->listen || !strchr(options->listen, ':') ||
			   (options->listen[0] == '[' && !strstr(options->listen, "]:"));

	if (free_choice) {
		sandbox_listen_set_port(address, last_port(sandbox->box.dir));
		fd = sandbox_listen_open(address);
		if (fd < 0)
			sandbox_listen_set_port(address, 0);
	}
	if (fd < 0)
		fd = sandbox_listen_open(address);
	if (fd < 0)
		return tfs_error_set(error, fd, "sandbox", "cannot listen on %s port %u: %s", address->host,
				     sandbox_listen_port(address), strerror(-fd));
	snprintf(port, sizeof(port), "%u", sandbox_listen_port(address));
	int r = sandbox_data_dir_write(sandbox->box.dir, "port", port, 0644, error);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static int write_token(const struct box *box, const struct community *community, const char *name,
		       struct tfs_error *error)
{
	const struct session_user user = {
		.uid = "sandbox", .name = SESSION_LOGIN, .role = "super_admin", .community = community->id
	};
	cleanup_free char *token = sandbox_session_token(box, &user, TOKEN_SECONDS);

	return token ? sandbox_data_dir_write(box->dir, name, token, 0600, error) : tfs_error_set_memory(error);
}

/* A configuration file for each community, since a token opens one community only. */
static int write_client_files(const struct sandbox *sandbox, struct tfs_error *error)
{
	const struct box *box = &sandbox->box;
	int r = 0;

	for (size_t i = 0; i < box->n_communities && r == 0; i++) {
		const char *name = box->communities[i].name;
		char conf_name[128] = "tenantfs.conf";
		char token_name[128] = "token";
		char tenant[128] = "sandbox";
		if (i) {
			snprintf(conf_name, sizeof(conf_name), "%.80s.conf", name);
			snprintf(token_name, sizeof(token_name), "%.80s.token", name);
			snprintf(tenant, sizeof(tenant), "sandbox-%.80s", name);
		}
		r = write_token(box, &box->communities[i], token_name, error);
		const struct data_dir_conf conf = { .name = conf_name,
						    .tenant = tenant,
						    .url = box->url,
						    .dns = BOX_DNS,
						    .community = name,
						    .token_file = token_name,
						    .tls = sandbox->tls_key };
		if (r == 0)
			r = sandbox_data_dir_write_conf(box->dir, &conf, error);
	}
	return r;
}

static int set_address(struct sandbox *sandbox, const struct listen_address *address, struct tfs_error *error)
{
	if (asprintf(&sandbox->address, "%s://%s:%u", sandbox->tls_key ? "https" : "http", address->host,
		     sandbox_listen_port(address)) < 0) {
		sandbox->address = NULL;
		return tfs_error_set_memory(error);
	}
	if (asprintf(&sandbox->box.url, "%s%s", sandbox->address, BOX_BASE) < 0) {
		sandbox->box.url = NULL;
		return tfs_error_set_memory(error);
	}
	return 0;
}

static int open_parts(struct sandbox *sandbox, const struct sandbox_options *options, struct tfs_error *error)
{
	int r = sandbox_data_dir_open(options->data, options->curve, &sandbox->box.dir, error);

	if (r == 0)
		r = open_store(sandbox, options, error);
	if (r == 0)
		r = open_faults(sandbox, options, error);
	if (r == 0 && options->tls)
		r = sandbox_tls_open(sandbox->box.dir, &sandbox->tls_key, &sandbox->tls_cert, error);
	if (r == 0 && options->log) {
		sandbox->log = sandbox_journal_open(options->log, error);
		r = sandbox->log < 0 ? sandbox->log : 0;
	}
	sandbox->box.mode = options->mode;
	sandbox->box.short_lists = options->short_lists;
	sandbox->box.login = options->login;
	if (!sandbox->box.login.named)
		sandbox->box.login.named = LOGIN_WAY_DEFAULT.named;
	sandbox->box.replay = sandbox_replay_new(REPLAY_SECONDS, REPLAY_MOST);
	return r == 0 && !sandbox->box.replay ? tfs_error_set_memory(error) : r;
}

int sandbox_start(const struct sandbox_options *options, struct sandbox **ret, struct tfs_error *error)
{
	struct listen_address address;
	int r = sandbox_listen_parse(options->listen ? options->listen : "127.0.0.1", &address, error);
	struct sandbox *sandbox = r == 0 ? sandbox_new() : NULL;
	int fd = -1;

	if (!sandbox)
		return r < 0 ? r : tfs_error_set_memory(error);
	r = open_parts(sandbox, options, error);
	if (r == 0)
		r = fd = listen_at(sandbox, options, &address, error);
	if (r >= 0)
		r = set_address(sandbox, &address, error);
	if (r == 0)
		r = write_client_files(sandbox, error);
	if (r == 0)
		r = serve(sandbox, fd, &address, error);
	else if (fd >= 0)
		close(fd);
	if (r < 0) {
		sandbox_stop(sandbox);
		return r;
	}
	*ret = sandbox;
	return 0;
}

void sandbox_stop(struct sandbox *sandbox)
{
	if (!sandbox)
		return;
	sandbox_end_waits(sandbox);
	if (sandbox->daemon)
		MHD_stop_daemon(sandbox->daemon);
	sandbox_free(sandbox);
}

const char *sandbox_address(const struct sandbox *sandbox)
{
	return sandbox->address;
}
