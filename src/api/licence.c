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
	const char *text;

	pthread_mutex_lock(&api->lock);
	text = api->licence != NULL ? tfs_secret_text(api->licence) : NULL;
	pthread_mutex_unlock(&api->lock);
	return text;
}

int licence_get(struct tfs_api *api, struct tfs_op *op, const char **ret)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(CREDENTIAL_MAX);
	const char *known = known_licence(api);
	struct tfs_secret *licence;
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
	/* Somebody may have been faster. */
	if (api->licence == NULL) {
		api->licence = licence;
		licence = NULL;
	}
	*ret = tfs_secret_text(api->licence);
	pthread_mutex_unlock(&api->lock);
	tfs_secret_free(licence);
	return 0;
}
