/* Splits the -o options of a mount: this program's, mount(8)'s, the daemon's. */
#include "mount-options.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "tenantfs/buf.h"
#include "tenantfs/cleanup.h"

static const char config_key[] = "config=";

/* Options of fstab(5) and mount(8) that mean nothing to the daemon. */
static bool is_for_mount(const char *option, size_t len)
{
	static const char *const names[] = { "defaults", "auto",    "noauto", "user",  "nouser", "users",
					     "owner",    "group",   "rw",     "dev",   "suid",   "exec",
					     "async",    "_netdev", "nofail", "quiet", "atime",  "relatime" };
	static const char *const prefixes[] = { "x-", "X-", "comment=" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == len && !memcmp(names[i], option, len))
			return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (len >= strlen(prefixes[i]) && !memcmp(prefixes[i], option, strlen(prefixes[i])))
			return true;
	return false;
}

static int keep(struct tfs_buf *kept, const char *option, size_t len)
{
	int r = kept->len ? tfs_buf_putc(kept, ',') : 0;

	return r < 0 ? r : tfs_buf_add(kept, option, len);
}

int cli_mount_options_split(const char *list, char **ret_options, char **ret_config)
{
	struct tfs_buf kept = TFS_BUF_INIT(64 << 10);
	cleanup_free char *config = NULL;
	int r = tfs_buf_reserve(&kept, 1);

	while (list && *list && r >= 0) {
		size_t len = strcspn(list, ",");
		if (len > strlen(config_key) && !memcmp(list, config_key, strlen(config_key))) {
			free(config);
			config = strndup(list + strlen(config_key), len - strlen(config_key));
			r = config ? 0 : -ENOMEM;
		} else if (len && !is_for_mount(list, len)) {
			r = keep(&kept, list, len);
		}
		list += len;
		list += *list == ',';
	}
	if (r < 0) {
		tfs_buf_finish(&kept);
		return r;
	}
	*ret_options = tfs_buf_steal(&kept, NULL);
	*ret_config = steal_pointer(&config);
	return *ret_options ? 0 : -ENOMEM;
}
