/*
 * The layout of the repository's tree. It is the mount's, except for directories of up to 100,000 entries: a
 * tree object of that size has four megabytes, and each change of one entry would write it again. This is a
 * format on disk: neither these directories nor the digits may change.
 */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "tenantfs/buf.h"
#include "tenantfs/digest.h"

enum { PATH_MAX_BYTES = 16 << 10 };

/* Directories of the mount; "*" matches one name. */
static const char *const wide[] = {
	"communities/*/hardware-tokens",
	"communities/*/users/*",
};

/* The length of the front of `path` that matches `pattern`, or 0. */
static size_t match_directory(const char *pattern, const char *path)
{
	const char *at = path;

	for (;;) {
		size_t want = strcspn(pattern, "/"), have = strcspn(at, "/");

		if (have == 0 || (!(want == 1 && *pattern == '*') && (want != have || memcmp(pattern, at, want) != 0)))
			return 0;
		pattern += want;
		at += have;
		if (*pattern == '\0')
			return (size_t)(at - path);
		if (*at == '\0')
			return 0;
		pattern++;
		at++;
	}
}

static size_t match_wide(const char *path)
{
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		size_t len = match_directory(wide[i], path);

		if (len > 0)
			return len;
	}
	return 0;
}

bool history_layout_is_wide(const char *directory)
{
	return match_wide(directory) == strlen(directory) && directory[0] != '\0';
}

/* "alice.json" and "alice.d" have the digits of "alice", so that they are in one directory. */
static int digits_of(const char *name, size_t len, char ret[17])
{
	if (len > 5 && memcmp(name + len - 5, ".json", 5) == 0)
		len -= 5;
	else if (len > 2 && memcmp(name + len - 2, ".d", 2) == 0)
		len -= 2;
	return tfs_fingerprint(name, len, ret);
}

unsigned history_layout_place(const char *name)
{
	char digits[17];

	if (digits_of(name, strlen(name), digits) < 0)
		return 0;
	digits[LAYOUT_LEVELS] = '\0';
	return (unsigned)strtoul(digits, NULL, 16);
}

static int add_digits(struct tfs_buf *out, const char *name, size_t len)
{
	char digits[17];
	int r = digits_of(name, len, digits);

	for (int i = 0; i < LAYOUT_LEVELS && r == 0; i++)
		r = tfs_buf_printf(out, "/%c", digits[i]);
	return r;
}

char *history_layout_to_git(const char *path)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(PATH_MAX_BYTES);
	size_t len = match_wide(path);
	int r;

	if (len == 0 || path[len] == '\0')
		return strdup(path);
	r = tfs_buf_add(&out, path, len);
	if (r == 0)
		r = add_digits(&out, path + len + 1, strcspn(path + len + 1, "/"));
	if (r == 0)
		r = tfs_buf_puts(&out, path + len);
	return r == 0 ? tfs_buf_steal(&out, NULL) : NULL;
}

char *history_layout_from_git(const char *git_path)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(PATH_MAX_BYTES);
	size_t len = match_wide(git_path);
	const char *rest = git_path + len;

	if (len == 0)
		return strdup(git_path);
	for (int i = 0; i < LAYOUT_LEVELS && rest[0] == '/' && rest[1] != '\0'; i++)
		rest += 2;
	if (tfs_buf_add(&out, git_path, len) < 0 || tfs_buf_puts(&out, rest) < 0)
		return NULL;
	return tfs_buf_steal(&out, NULL);
}
