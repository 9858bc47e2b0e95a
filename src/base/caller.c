/* The program behind an operation, as /proc shows it. */
#include "tenantfs/caller.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	PROC_BYTES = 4096,
	START_FIELD = 22, /* of /proc/PID/stat */
	CHAIN = 16,       /* processes of one program in one another */
};

/* The number of bytes read; 0: none. A NUL follows them. */
static size_t read_proc(pid_t process, const char *file, char out[PROC_BYTES + 1])
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)process, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd >= 0 ? read(fd, out, PROC_BYTES) : 0;
	if (fd >= 0)
		close(fd);
	out[len > 0 ? len : 0] = '\0';
	return len > 0 ? (size_t)len : 0;
}

static pid_t status_number(const char *status, const char *name)
{
	const char *line = strstr(status, name);

	return line ? (pid_t)strtol(line + strlen(name), NULL, 10) : 0;
}

/* The fields after the name, which may itself contain spaces and parentheses. */
static bool read_start(struct tfs_caller *caller)
{
	char stat[PROC_BYTES + 1];
	const char *at;
	long ticks = sysconf(_SC_CLK_TCK);

	if (read_proc(caller->pid, "stat", stat) == 0)
		return false;
	at = strrchr(stat, ')');
	for (int field = 2; at && field < START_FIELD; field++)
		at = strchr(at + 1, ' ');
	if (!at || ticks <= 0)
		return false;
	caller->started_ms = strtoull(at, NULL, 10) * 1000 / (uint64_t)ticks;
	return true;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void copy_word(char out[TFS_CALLER_WORD], const char *word)
{
	snprintf(out, TFS_CALLER_WORD, "%.*s", TFS_CALLER_WORD - 1, word);
}

/* The argument after `word`, both within `text` of `len` bytes that a NUL ends; NULL: it was the last. */
static const char *next_word(const char *text, size_t len, const char *word)
{
	word += strlen(word) + 1;
	return word < text + len ? word : NULL;
}

/* The options of git that take the next argument as their value. */
static bool has_value(const char *option)
{
	static const char *const options[] = { "-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(option, options[i]) == 0)
			return true;
	return false;
}

static void read_verb(const char *text, size_t len, const char *word, struct tfs_caller *ret)
{
	bool value = false;

	while ((word = next_word(text, len, word))) {
		if (!value && word[0] != '-') {
			copy_word(ret->verb, base_name(word));
			return;
		}
		value = !value && has_value(word);
	}
}

bool tfs_caller_read(pid_t thread, struct tfs_caller *ret)
{
	char text[PROC_BYTES + 1];
	const char *word = text;
	size_t len;

	*ret = (struct tfs_caller){ 0 };
	if (thread <= 0 || read_proc(thread, "status", text) == 0)
		return false;
	ret->pid = status_number(text, "\nTgid:");
	ret->parent = status_number(text, "\nPPid:");
	if (ret->pid <= 0 || !read_start(ret))
		return false;
	len = read_proc(ret->pid, "cmdline", text);
	if (len == 0)
		return false;
	if ((strcmp(base_name(word), "busybox") == 0 || strcmp(base_name(word), "toybox") == 0) &&
	    next_word(text, len, word))
		word = next_word(text, len, word);
	copy_word(ret->program, base_name(word));
	read_verb(text, len, word, ret);
	return true;
}

struct tfs_caller tfs_caller_outermost(const struct tfs_caller *caller)
{
	struct tfs_caller outermost = *caller, parent;

	for (int i = 0; i < CHAIN; i++) {
		if (!tfs_caller_read(outermost.parent, &parent) || strcmp(parent.program, caller->program) != 0)
			break;
		outermost = parent;
	}
	return outermost;
}

pid_t tfs_caller_process(pid_t thread)
{
	char status[PROC_BYTES + 1];
	pid_t process = 0;

	if (thread > 0 && read_proc(thread, "status", status) > 0)
		process = status_number(status, "\nTgid:");
	return process > 0 ? process : thread;
}

uint64_t tfs_caller_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
