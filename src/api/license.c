/* The license key: read once, on first use, and again after the service refused it. */
#include "license.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "command.h"
#include "tenantfs/clock.h"
#include "tenantfs/file.h"

enum {
	COMMAND_MS = 30000,
	LICENSES = 8,
	POLL_MS = 20,
	FAILED_MS = 3000, /* how long a failure of the command is reported without running it again */
};

struct license {
	const struct tfs_config *config;
	struct tfs_mutex lock;              /* a leaf; not held while the key is read */
	struct tfs_secret *texts[LICENSES]; /* the last is current; the others may be borrowed. Protected by lock */
	size_t n;                           /* protected by lock */
	bool reading;                       /* a thread reads it. Protected by lock */
	bool refused;                       /* read it again before the next call. Protected by lock */
	uint64_t failed_ms;                 /* when the command failed last; 0: never. Protected by lock */
	struct tfs_error failure;           /* why. Protected by lock */
};

int api_license_new(const struct tfs_config *config, struct license **ret)
{
	struct license *license = calloc(1, sizeof(*license));

	if (!license)
		return -ENOMEM;
	license->config = config;
	tfs_mutex_init(&license->lock);
	*ret = license;
	return 0;
}

void api_license_free(struct license *license)
{
	if (!license)
		return;
	while (license->n > 0)
		tfs_secret_free(license->texts[--license->n]);
	tfs_mutex_destroy(&license->lock);
	free(license);
}

static int read_license(const struct tfs_config *config, struct tfs_op *op, struct tfs_buf *out)
{
	struct tfs_error error = { 0 };
	int r;

	if (config->license_command)
		return api_run_command(op, "license-command", config->license_command, COMMAND_MS, out);
	if (!config->license_file)
		return tfs_fail(op, -EACCES, "api", "this call needs the license key: set license-file");
	r = tfs_file_read_private(config->license_file, out, &error);
	if (r < 0)
		return tfs_fail(op, -EACCES, "api", "there is no license key: %s", error.message);
	while (out->len > 0 && strchr(" \t\r\n", out->data[out->len - 1]))
		tfs_buf_resize(out, out->len - 1);
	if (out->len == 0)
		return tfs_fail(op, -EACCES, "api", "there is no license key: %s is empty", config->license_file);
	return 0;
}

void api_license_forget(struct license *license)
{
	tfs_mutex_lock(&license->lock);
	license->refused = true;
	tfs_mutex_unlock(&license->lock);
}

/*
 * Takes over `text`, unless it is the current one or there is no room: then false. Older ones stay, as callers
 * borrow them.
 */
static bool keep(struct license *license, struct tfs_secret *text) TFS_HOLDS(license->lock)
{
	const struct tfs_secret *last = license->n > 0 ? license->texts[license->n - 1] : NULL;

	license->refused = false;
	if ((last && strcmp(tfs_secret_text(last), tfs_secret_text(text)) == 0) || license->n == LICENSES)
		return false;
	license->texts[license->n++] = text;
	return true;
}

/* Reads the key with the lock released; nobody else does at the same time. */
static int load(struct license *license, struct tfs_op *op) TFS_HOLDS(license->lock)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT_SECRET(CREDENTIAL_MAX);
	struct tfs_secret *text = NULL;
	int r;

	license->reading = true;
	tfs_mutex_unlock(&license->lock);
	r = read_license(license->config, op, &buf);
	if (r == 0 && !(text = tfs_secret_new(buf.data, buf.len)))
		r = tfs_fail_memory(op);
	tfs_mutex_lock(&license->lock);
	license->reading = false;
	if (r == -EACCES && license->config->license_command) {
		license->failed_ms = tfs_clock_ms();
		license->failure = *tfs_op_error(op);
	}
	if (r == 0 && !keep(license, text))
		tfs_secret_free(text);
	return r;
}

static int wait_for_reader(struct license *license, struct tfs_op *op) TFS_HOLDS(license->lock)
{
	int r = 0;

	while (license->reading && r == 0) {
		tfs_mutex_unlock(&license->lock);
		r = tfs_op_sleep(op, POLL_MS);
		tfs_mutex_lock(&license->lock);
	}
	if (r < 0)
		tfs_fail(op, r, "api", r == -EINTR ? "interrupted" : "no license key within the time allowed");
	return r;
}

/* Loads the key unless it is known, or failed to load a moment ago. */
static int make_known(struct license *license, struct tfs_op *op) TFS_HOLDS(license->lock)
{
	int r = wait_for_reader(license, op);

	if (r < 0 || (license->n > 0 && !license->refused))
		return r;
	if (license->failed_ms != 0 && tfs_clock_ms() - license->failed_ms < FAILED_MS) {
		*tfs_op_error(op) = license->failure;
		return license->failure.code;
	}
	return load(license, op);
}

int api_license_get(struct license *license, struct tfs_op *op, const char **ret)
{
	int r;

	tfs_mutex_lock(&license->lock);
	r = make_known(license, op);
	if (r == 0) {
		assert(license->n > 0);
		*ret = tfs_secret_text(license->texts[license->n - 1]);
	}
	tfs_mutex_unlock(&license->lock);
	return r;
}

int tfs_api_license(struct tfs_api *api, struct tfs_op *op, char **ret)
{
	const char *known;
	int r = api_license_get(api->license, op, &known);
	char *copy = r == 0 ? strdup(known) : NULL;

	if (r == 0 && !copy)
		r = tfs_fail_memory(op);
	if (r == 0)
		*ret = copy;
	return r;
}
