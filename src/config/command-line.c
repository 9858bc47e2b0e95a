/* The command line of a tenant, for messages that tell what to type. */
#include <string.h>

#include "settings.h"
#include "tenantfs/buf.h"
#include "tenantfs/config.h"

enum { LINE_MAX_BYTES = 16384 };

/* TENANTFS_CONFIG does not count: it may be set for the daemon only. */
static bool is_default(const char *path)
{
	cleanup_free char *file = config_user_file();

	return file && strcmp(path, file) == 0;
}

char *tfs_config_command_line(const struct tfs_config *config, const char *command)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(LINE_MAX_BYTES);
	int r = tfs_buf_printf(&out, "tenantfs %s", command);

	if (r == 0 && !is_default(config->path)) {
		r = tfs_buf_puts(&out, " -c ");
		if (r == 0)
			r = tfs_buf_put_word(&out, config->path);
	}
	if (r == 0)
		r = tfs_buf_puts(&out, " -t ");
	if (r == 0)
		r = tfs_buf_put_word(&out, config->name);
	return r < 0 ? NULL : tfs_buf_steal(&out, NULL);
}
