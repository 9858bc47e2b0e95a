/* The licence key: read once, on first use. */
#include <errno.h>
#include <string.h>

#include "client.h"
#include "command.h"
#include "tenantfs/file.h"

enum { COMMAND_MS = 30000 };

static int read_licence(struct tfs_api *api, struct tfs_op *op, struct tfs_buf *out)
{
	const struct tfs_config *config = api->config;
	struct tfs_error error = { 0 };
	int r;

	if (config->license_command != NULL)
		return run_command(op, "license-command", config->license_command, COMMAND_MS, out);
	if (config->license_file == NULL)
		return tfs_fail(op, -EACCES, "api", "this call needs the licence key: set license-file");
	r = tfs_file_read_private(config->license_file, out, &error);
	if (r < 0)
		return tfs_fail(op, -EACCES, "api", "there is no licence key: %s", error.message);
	while (out->len > 0 && strchr(" \t\r\n", out->data[out->len - 1]) != NULL)
		tfs_buf_resize(out, out->len - 1);
	if (out->len == 0)
		return tfs_fail(op, -EACCES, "api", "there is no licence key: %s is empty",
				config->license_file);
	return 0;
}

static const char *known_licence(struct tfs_api *api)
{
	const char *text = NULL;

	pthread_mutex_lock(&api->lock);
	if (api->n_licences > 0 && !api->licence_refused)
		text = tfs_secret_text(api->licences[api->n_licences - 1]);
	pthread_mutex_unlock(&api->lock);
	return text;
}

void licence_forget(struct tfs_api *api)
{
	pthread_mutex_lock(&api->lock);
	api->licence_refused = true;
	pthread_mutex_unlock(&api->lock);
}

/* The lock is held. Those that were lent stay: another one is kept beside them, as long as there is room. */
static bool keep_licence(struct tfs_api *api, struct tfs_secret *licence)
{
	const struct tfs_secret *last = api->n_licences > 0 ? api->licences[api->n_licences - 1] : NULL;

	api->licence_refused = false;
	if ((last != NULL && strcmp(tfs_secret_text(last), tfs_secret_text(licence)) == 0) ||
	    api->n_licences == LICENCES)
		return false;
	api->licences[api->n_licences++] = licence;
	return true;
}

int licence_get(struct tfs_api *api, struct tfs_op *op, const char **ret)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(CREDENTIAL_MAX);
	const char *known = known_licence(api);
	struct tfs_secret *licence;
	bool kept;
	int r;

	if (known != NULL) {
		*ret = known;
		return 0;
	}
	r = read_licence(api, op, &text);
	if (r < 0)
		return r;
	licence = tfs_secret_new(text.data, text.len);
	if (licence == NULL)
		return tfs_fail(op, -ENOMEM, "api", "out of memory");
	pthread_mutex_lock(&api->lock);
	kept = keep_licence(api, licence);
	*ret = tfs_secret_text(api->licences[api->n_licences - 1]);
	pthread_mutex_unlock(&api->lock);
	if (!kept)
		tfs_secret_free(licence);
	return 0;
}

int tfs_api_licence(struct tfs_api *api, struct tfs_op *op, char **ret)
{
	const char *known;
	int r = licence_get(api, op, &known);
	char *copy = r == 0 ? strdup(known) : NULL;

	if (r == 0 && copy == NULL)
		r = tfs_fail(op, -ENOMEM, "api", "out of memory");
	if (r == 0)
		*ret = copy;
	return r;
}
