/* Reads what a mount says about itself, and resolves paths without accessing mounts. */
#include "mounts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/buf.h"
#include "tenantfs/cleanup.h"
#include "tenantfs/file.h"
#include "tenantfs/json.h"

static char *copy_path(const json_t *facts, const char *member)
{
	const char *path = tfs_json_text(facts, member);

	return path && path[0] == '/' ? strdup(path) : NULL;
}

void cli_mount_facts_read(const struct tfs_mount *mount, struct cli_mount_facts *ret)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(1 << 20);
	cleanup_json json_t *value = NULL;
	cleanup_free char *path = NULL;

	*ret = (struct cli_mount_facts){ 0 };
	if (mount->uid != geteuid())
		return;
	if (asprintf(&path, "%s/.tenantfs/config.json", mount->dir) < 0) {
		path = NULL;
		return;
	}
	if (tfs_file_read(path, &text, NULL) < 0 || !text.data || tfs_json_parse(text.data, text.len, &value, NULL) < 0)
		return;
	ret->config = copy_path(value, "file");
	ret->state_dir = copy_path(value, "state-dir");
}

void cli_mount_facts_finish(struct cli_mount_facts *facts)
{
	free(facts->config);
	free(facts->state_dir);
}

/* Removes "." and ".." from an absolute path, in place. */
static void normalise(char *path)
{
	char *to = path;

	for (char *from = path; *from;) {
		from += strspn(from, "/");
		size_t len = strcspn(from, "/");
		if (len == 2 && from[0] == '.' && from[1] == '.') {
			while (to > path && *--to != '/')
				;
		} else if (len && !(len == 1 && from[0] == '.')) {
			*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

char *cli_path_absolute(const char *path)
{
	cleanup_free char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);
	char *whole = NULL;

	if (path[0] != '/' && !here)
		return NULL;
	if (asprintf(&whole, "%s/%s", here ? here : "", path) < 0)
		return NULL;
	normalise(whole);
	return whole;
}

char *cli_path_real(const char *path)
{
	cleanup_free char *absolute = cli_path_absolute(path);
	char target[PATH_MAX];

	/* The kernel knows that a mount is no link without asking its daemon. */
	if (absolute && readlink(absolute, target, sizeof(target)) >= 0) {
		char *whole = realpath(absolute, NULL);
		return whole ? whole : steal_pointer(&absolute);
	}
	char *last = absolute ? strrchr(absolute, '/') : NULL;
	char *whole = NULL;

	if (!last || !last[1])
		return absolute ? steal_pointer(&absolute) : NULL;
	*last = '\0';
	cleanup_free char *folder = realpath(absolute[0] ? absolute : "/", NULL);
	*last = '/';
	if (!folder)
		return steal_pointer(&absolute);
	if (asprintf(&whole, "%s%s", folder[1] ? folder : "", last) < 0)
		return NULL;
	return whole;
}
