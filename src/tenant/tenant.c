/* Opens a tenant: locks the state folder and assembles the layers in order. */
#include "tenantfs/tenant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "reconciler.h"
#include "tenantfs/digest.h"
#include "tenantfs/drafts.h"
#include "tenantfs/feed.h"
#include "tenantfs/file.h"
#include "tenantfs/journal.h"
#include "tenantfs/log.h"

struct tfs_tenant {
	struct tfs_config *config;
	int lock_fd; /* held as long as the tenant is open */
	struct tfs_http *http;
	struct tfs_api *api;
	struct tfs_cache *cache;
	struct tfs_journal *journal;
	struct tfs_drafts *drafts;
	struct tfs_store *store;
	struct tfs_writer *writer;
	struct tfs_history *history; /* NULL: no history, or its repository cannot be opened */
	struct reconciler *reconciler;
};

/* The pid in the lock file; 0: unknown. */
static long read_owner(const char *path)
{
	char text[32] = "";
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (len <= 0)
		return 0;
	char *end = NULL;
	long pid = strtol(text, &end, 10);
	return *end == '\n' && pid > 0 ? pid : 0;
}

static int refuse_busy(const struct tfs_config *config, const char *path, struct tfs_error *error)
{
	long pid = read_owner(path);

	if (pid > 0)
		return tfs_error_set(error, -EBUSY, "tenant", "tenant \"%s\" is in use by process %ld", config->name,
				     pid);
	return tfs_error_set(error, -EBUSY, "tenant", "tenant \"%s\" is in use by another process", config->name);
}

static int write_owner(int fd, const char *path, struct tfs_error *error)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len) {
		int code = errno ? -errno : -EIO;
		/* On a full disk the lock file stays without a pid; reading must still work. */
		if (code == -ENOSPC || code == -EDQUOT)
			return 0;
		return tfs_error_set(error, code, "tenant", "%s: %s", path, strerror(-code));
	}
	return 0;
}

static int lock_state(struct tfs_tenant *tenant, struct tfs_error *error)
{
	const struct tfs_config *config = tenant->config;
	cleanup_free char *path = NULL;
	int r = tfs_file_make_private_dir(config->state_dir, error);

	if (r < 0)
		return r;
	if (asprintf(&path, "%s/lock", config->state_dir) < 0) {
		path = NULL;
		return tfs_error_set_memory(error);
	}
	r = tfs_file_lock(path, error);
	if (r == -EBUSY)
		return refuse_busy(config, path, error);
	if (r < 0)
		return r;
	tenant->lock_fd = r;
	return write_owner(tenant->lock_fd, path, error);
}

/* Opens the state that survives a crash: the journal and the drafts. */
static int open_journal(struct tfs_tenant *tenant, struct tfs_error *error)
{
	cleanup_free char *journal = NULL, *drafts = NULL;
	struct tfs_journal_options options = { 0 };
	int r;

	if (asprintf(&journal, "%s/journal", tenant->config->state_dir) < 0)
		journal = NULL;
	if (asprintf(&drafts, "%s/drafts", tenant->config->state_dir) < 0)
		drafts = NULL;
	if (!journal || !drafts)
		return tfs_error_set_memory(error);
	options.dir = journal;
	r = tfs_journal_open(&options, &tenant->journal, error);
	if (r >= 0)
		r = tfs_drafts_open(drafts, &tenant->drafts, error);
	if (r >= 0)
		r = tfs_writer_new(tenant->store, tenant->journal, tenant->drafts, &tenant->writer, error);
	return r;
}

enum { ACTOR_MS = 3000 };

/* Polls the audit log for a change that the feed has not seen yet, to find its author. */
static void poll_feed(struct tfs_tenant *tenant)
{
	struct tfs_op *op = tfs_op_new(ACTOR_MS);

	for (size_t i = 0; op && i < tenant->config->n_communities; i++)
		if (tfs_store_feed(tenant->store, op, tenant->config->communities[i]) < 0)
			tfs_log(TFS_LOG_DEBUG, tfs_op_id(op), "feed: %s", tfs_op_error(op)->message);
	tfs_op_free(op);
}

/* Who made a change that the history has found: a user of this mount, or an actor in the audit log. */
static bool find_actor(void *context, const char *path, const char *text, bool fresh, struct tfs_history_actor *ret)
{
	struct tfs_tenant *tenant = context;

	ret->ours = tfs_store_own_form(tenant->store, path, text, &ret->uid);
	if (ret->ours)
		return true;
	if (fresh && tenant->config->feed_ms > 0)
		poll_feed(tenant);
	return tfs_store_actor_at(tenant->store, path, ret->name, sizeof(ret->name));
}

/*
 * A history that cannot be opened does not prevent the mount; status and the log report it. Exception: a
 * signing key that does not work is a configuration error and is refused before anything changes.
 */
static int open_history(struct tfs_tenant *tenant, struct tfs_error *error)
{
	struct tfs_error reason = { 0 };
	int r;

	if (!tenant->config->history_record)
		return 0;
	r = tfs_history_open(tenant->config, tenant->journal, tenant->cache, &tenant->history, &reason);
	if (r == 0)
		tfs_history_set_actor(tenant->history, find_actor, tenant);
	else if (r != -EKEYREJECTED)
		tfs_log(TFS_LOG_ERROR, 0, "history: %s", reason.message);
	else
		*error = reason;
	return r == -EKEYREJECTED ? r : 0;
}

static int assemble(struct tfs_tenant *tenant, struct tfs_error *error)
{
	const struct tfs_config *config = tenant->config;
	struct tfs_http_options options = { .ca_file = config->ca_file,
					    .tls_pin = config->tls_pin,
					    .thread_end = tfs_crypto_thread_end };
	int r = tfs_http_new(&options, &tenant->http, error);

	if (r < 0)
		return r;
	r = tfs_api_new(config, tenant->http, &tenant->api, error);
	if (r < 0)
		return r;
	r = tfs_cache_new(config->cache_ceiling, &tenant->cache);
	if (r < 0)
		return tfs_error_set_memory(error);
	r = tfs_store_new(config, tenant->api, tenant->cache, &tenant->store, error);
	if (r >= 0)
		r = open_journal(tenant, error);
	if (r >= 0)
		r = open_history(tenant, error);
	return r;
}

int tfs_tenant_open(struct tfs_config *config, struct tfs_tenant **ret, struct tfs_error *error)
{
	struct tfs_tenant *tenant = calloc(1, sizeof(*tenant));

	if (!tenant) {
		tfs_config_free(config);
		return tfs_error_set_memory(error);
	}
	tenant->config = config;
	tenant->lock_fd = -1;
	int r = lock_state(tenant, error);
	if (r >= 0)
		r = assemble(tenant, error);
	if (r < 0) {
		tfs_tenant_close(tenant);
		return r;
	}
	*ret = tenant;
	return 0;
}

void tfs_tenant_close(struct tfs_tenant *tenant)
{
	if (!tenant)
		return;
	tenant_reconciler_free(tenant->reconciler);
	tfs_history_close(tenant->history);
	tfs_writer_free(tenant->writer);
	tfs_store_free(tenant->store);
	tfs_drafts_close(tenant->drafts);
	tfs_journal_close(tenant->journal);
	tfs_cache_free(tenant->cache);
	tfs_api_free(tenant->api);
	tfs_http_free(tenant->http);
	if (tenant->lock_fd >= 0) {
		/* The pid of an owner that has ended must not stay in the lock file. */
		if (ftruncate(tenant->lock_fd, 0) < 0)
			errno = 0;
		close(tenant->lock_fd);
	}
	tfs_config_free(tenant->config);
	free(tenant);
}

int tfs_tenant_start_reconciler(struct tfs_tenant *tenant, struct tfs_error *error)
{
	return tenant_reconciler_new(tenant->store, tenant->config->timeout_ms, &tenant->reconciler, error);
}

struct tfs_history *tfs_tenant_history(struct tfs_tenant *tenant)
{
	return tenant->history;
}

struct tfs_journal *tfs_tenant_journal(struct tfs_tenant *tenant)
{
	return tenant->journal;
}

struct tfs_drafts *tfs_tenant_drafts(struct tfs_tenant *tenant)
{
	return tenant->drafts;
}

struct tfs_store *tfs_tenant_store(struct tfs_tenant *tenant)
{
	return tenant->store;
}

struct tfs_api *tfs_tenant_api(struct tfs_tenant *tenant)
{
	return tenant->api;
}

const struct tfs_config *tfs_tenant_config(struct tfs_tenant *tenant)
{
	return tenant->config;
}
