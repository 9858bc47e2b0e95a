/* `rm a.json b.json …` removes one object after the other: its arguments tell at the first how many there will be. */
#include "burst.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tenantfs/buf.h"

enum { ARGUMENTS_MAX = 128 << 10 };

static const char ENDING[] = ".json";

/* The arguments, each with a NUL behind it; false: none. */
static bool read_arguments(pid_t process, struct tfs_buf *out)
{
	char path[64], part[4096];
	ssize_t len = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)process);
	fd = process > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return false;
	while ((len = read(fd, part, sizeof(part))) > 0)
		if (tfs_buf_add(out, part, (size_t)len) < 0)
			break;
	close(fd);
	return out->len > 0;
}

static size_t trimmed(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] == '/')
		len--;
	return len;
}

/* Where the last segment of a path begins. */
static size_t last_segment(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len;
}

/* Whether the last segments of both paths are equal, as far as the shorter one goes. */
static bool end_alike(const char *a, size_t a_len, const char *b, size_t b_len)
{
	while (a_len > 0 && b_len > 0) {
		size_t i = last_segment(a, a_len), j = last_segment(b, b_len);

		if (a_len - i != b_len - j || memcmp(a + i, b + j, a_len - i) != 0)
			return false;
		a_len = trimmed(a, i);
		b_len = trimmed(b, j);
	}
	return true;
}

/* Whether an argument is the directory or one above. */
static bool is_above(const char *argument, size_t len, const char *directory)
{
	for (size_t end = strlen(directory); end > 0; end = trimmed(directory, last_segment(directory, end)))
		if (end_alike(argument, len, directory, end))
			return true;
	return false;
}

static bool names_object(struct tfs_resource *resource, const char *argument, size_t len)
{
	size_t at = last_segment(argument, len), ending = sizeof(ENDING) - 1, folder = trimmed(argument, at);
	cleanup_free char *name = NULL;
	struct tfs_doc *doc cleanup_doc = NULL;

	if (len - at <= ending || memcmp(argument + len - ending, ENDING, ending) != 0)
		return false;
	if (folder == 1 && argument[0] == '.')
		folder = 0;
	if (folder > 0 && !end_alike(argument, folder, resource->path, strlen(resource->path)))
		return false;
	name = strndup(argument + at, len - at - ending);
	doc = name ? tfs_list_get(resource->list, name) : NULL;
	return doc;
}

static bool is_recursive(const char *option)
{
	return strcmp(option, "--recursive") == 0 || (option[1] != '-' && strpbrk(option, "rR"));
}

size_t change_burst_size(struct tfs_resource *resource, pid_t process, size_t enough)
{
	struct tfs_buf arguments cleanup_buf = TFS_BUF_INIT(ARGUMENTS_MAX);
	const char *word, *program;
	bool recursive = false;
	size_t count = 0;

	if (!read_arguments(process, &arguments) || tfs_buf_putc(&arguments, '\0') < 0)
		return 0;
	program = arguments.data + last_segment(arguments.data, strlen(arguments.data));
	for (word = arguments.data + strlen(arguments.data) + 1;
	     count < enough && word < arguments.data + arguments.len; word += strlen(word) + 1) {
		size_t len = trimmed(word, strlen(word));

		if (word[0] == '-')
			recursive = recursive || (strcmp(program, "rm") == 0 && is_recursive(word));
		else if (recursive && len > 0 && is_above(word, len, resource->path))
			return enough;
		else
			count += names_object(resource, word, len);
	}
	return count;
}
