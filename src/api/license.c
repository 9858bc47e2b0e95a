/* The license key: read once, on first use. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "client.h"
#include "command.h"
#include "tenantfs/file.h"
#include "tenantfs/lock.h"

enum { COMMAND_MS = 30000 };

static int read_license(struct tfs_api *api, struct tfs_op *op, struct tfs_buf *out)
{
	const struct tfs_config *config = api->config;
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

static const char *known_license(struct tfs_api *api)
{
	const char *text = NULL;

	tfs_mutex_lock(&api->lock);
	if (api->n_licenses > 0 && !api->license_refused)
		text = tfs_secret_text(api->licenses[api->n_licenses - 1]);
	tfs_mutex_unlock(&api->lock);
	return text;
}

void api_license_forget(struct tfs_api *api)
{
	tfs_mutex_lock(&api->lock);
	api->license_refused = true;
	tfs_mutex_unlock(&api->lock);
}

/*
 * Takes over `license`, unless it is the current one or there is no room: then false. Older ones stay, as callers
 * borrow them.
 */
static bool keep_license(struct tfs_api *api, struct tfs_secret *license) TFS_HOLDS(api->lock)
{
	const struct tfs_secret *last = api->n_licenses > 0 ? api->licenses[api->n_licenses - 1] : NULL;

	api->license_refused = false;
	if ((last && strcmp(tfs_secret_text(last), tfs_secret_text(license)) == 0) || api->n_licenses == LICENSES)
		return false;
	api->licenses[api->n_licenses++] = license;
	return true;
}

int api_license_get(struct tfs_api *api, struct tfs_op *op, const char **ret)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(CREDENTIAL_MAX);
	const char *known = known_license(api);
	struct tfs_secret *license;
	bool kept;
	int r;

	if (known) {
		*ret = known;
		return 0;
	}
	r = read_license(api, op, &text);
	if (r < 0)
		return r;
	license = tfs_secret_new(text.data, text.len);
	if (!license)
		return tfs_fail_memory(op);
	tfs_mutex_lock(&api->lock);
	kept = keep_license(api, license);
	assert(api->n_licenses > 0);
	*ret = tfs_secret_text(api->licenses[api->n_licenses - 1]);
	tfs_mutex_unlock(&api->lock);
	if (!kept)
		tfs_secret_free(license);
	return 0;
}

int tfs_api_license(struct tfs_api *api, struct tfs_op *op, char **ret)
{
	const char *known;
	int r = api_license_get(api, op, &known);
	char *copy = r == 0 ? strdup(known) : NULL;

	if (r == 0 && !copy)
		r = tfs_fail_memory(op);
	if (r == 0)
		*ret = copy;
	return r;
}
