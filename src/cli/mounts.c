/* The kernel's table of mounts, and paths told apart without touching what they name. */
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

static const char mountinfo_path[] = "/proc/self/mountinfo";

/* The table writes space, tab, newline and backslash as \ooo. In place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' &&
		    from[3] >= '0' && from[3] <= '7') {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* A mount whose owner is not told is taken for one of nobody. */
static uid_t find_uid(const char *options)
{
	const char *text = strstr(options, "user_id=");
	char *end;

	if (!text)
		return (uid_t)-1;
	text += strlen("user_id=");
	unsigned long uid = strtoul(text, &end, 10);
	return end != text && (*end == ',' || *end == '\0') ? (uid_t)uid : (uid_t)-1;
}

/* "36 35 98:0 ROOT DIR OPTIONS [optional…] - TYPE SOURCE SUPER": what is told of a mount of ours, in place.
 */
static int split_line(char *line, struct cli_mount *ret)
{
	enum { DEVICE_FIELD = 2, DIR_FIELD = 4 };
	char *rest = strstr(line, " - fuse.tenantfs ");
	char *save = NULL;
	char *dir = NULL;
	const char *device = NULL;

	if (!rest)
		return -ENOENT;
	*rest = '\0';
	char *source = rest + strlen(" - fuse.tenantfs ");
	char *options = source + strcspn(source, " ");
	if (*options)
		*options++ = '\0';
	int field = 0;
	for (char *part = strtok_r(line, " ", &save); part; part = strtok_r(NULL, " ", &save), field++) {
		if (field == DEVICE_FIELD)
			device = strchr(part, ':');
		if (field == DIR_FIELD)
			dir = part;
	}
	if (!dir)
		return -ENOENT;
	unescape(dir);
	unescape(source);
	*ret = (struct cli_mount){ .dir = dir, .tenant = source, .uid = find_uid(options) };
	ret->connection = device ? (unsigned)strtoul(device + 1, NULL, 10) : 0;
	return 0;
}

static int add_mount(struct cli_mount **mounts, size_t *count, const struct cli_mount *mount)
{
	struct cli_mount *larger = reallocarray(*mounts, *count + 1, sizeof(**mounts));

	if (!larger)
		return -ENOMEM;
	*mounts = larger;
	larger[*count] = (struct cli_mount){ .dir = strdup(mount->dir),
					     .tenant = strdup(mount->tenant),
					     .uid = mount->uid,
					     .connection = mount->connection };
	(*count)++;
	return larger[*count - 1].dir && larger[*count - 1].tenant ? 0 : -ENOMEM;
}

int cli_mounts_parse(const char *text, struct cli_mount **ret, size_t *ret_count)
{
	cleanup_free char *copy = strdup(text);
	struct cli_mount *mounts = NULL;
	size_t count = 0;
	char *save = NULL;

	if (!copy)
		return -ENOMEM;
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct cli_mount mount;
		if (split_line(line, &mount) < 0)
			continue;
		if (add_mount(&mounts, &count, &mount) < 0) {
			cli_mounts_free(mounts, count);
			return -ENOMEM;
		}
	}
	*ret = mounts;
	*ret_count = count;
	return 0;
}

int cli_mounts_read(struct cli_mount **ret, size_t *ret_count, struct tfs_error *error)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(16 << 20);
	int r = tfs_file_read(mountinfo_path, &text, error);

	if (r >= 0) {
		r = cli_mounts_parse(text.data ? text.data : "", ret, ret_count);
		if (r < 0)
			tfs_error_set(error, r, "cli", "out of memory");
	}
	return r;
}

void cli_mounts_free(struct cli_mount *mounts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(mounts[i].dir);
		free(mounts[i].tenant);
	}
	free(mounts);
}

static size_t covers(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	if (len && dir[len - 1] == '/')
		len--;
	return !strncmp(dir, path, len) && (path[len] == '/' || path[len] == '\0') ? len + 1 : 0;
}

const struct cli_mount *cli_mounts_find(const struct cli_mount *mounts, size_t count, const char *path)
{
	const struct cli_mount *best = NULL;
	size_t best_len = 0;

	/* Of two at one place the later one is on top. */
	for (size_t i = 0; i < count; i++) {
		size_t len = covers(mounts[i].dir, path);
		if (len && len >= best_len) {
			best = &mounts[i];
			best_len = len;
		}
	}
	return best;
}

static char *copy_path(const json_t *facts, const char *member)
{
	const char *path = tfs_json_text(facts, member);

	return path && path[0] == '/' ? strdup(path) : NULL;
}

void cli_mount_facts_read(const struct cli_mount *mount, struct cli_mount_facts *ret)
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
	if (tfs_file_read(path, &text, NULL) < 0 || !text.data ||
	    tfs_json_parse(text.data, text.len, &value, NULL) < 0)
		return;
	ret->config = copy_path(value, "file");
	ret->state_dir = copy_path(value, "state-dir");
}

void cli_mount_facts_finish(struct cli_mount_facts *facts)
{
	free(facts->config);
	free(facts->state_dir);
}

/* Takes "." and ".." out of an absolute path, in place. */
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

	/* Of a mount it is told without its daemon that it is no link. */
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
