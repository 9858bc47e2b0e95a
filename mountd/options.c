/* Parses the command line: own options, and mount options for the kernel. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] = "usage: tenantfs-mountd [-c FILE] [-t TENANT] [-f] [-o OPTIONS] [--ready-fd N] DIR\n"
			    "\n"
			    "Serves a tenant at DIR until it is unmounted. `tenantfs mount` starts it.\n"
			    "\n"
			    "  -c FILE          configuration (default: $XDG_CONFIG_HOME/tenantfs/config)\n"
			    "  -t TENANT        tenant (default: the only one configured)\n"
			    "  -f               stay in the foreground\n"
			    "  -d               log every refused request\n"
			    "  -o OPTIONS       ro, allow_other, allow_root, default_permissions, timeout=SECONDS,\n"
			    "                   write=PATTERN (writable paths; can be repeated),\n"
			    "                   gid=GROUP (its members have the permissions of the owner),\n"
			    "                   umask=OCTAL (permission bits withheld; default 077, with gid= 007)\n"
			    "  --ready-fd N     write \"ok\" or the error as one line of JSON to descriptor N\n"
			    "  -h, --help       this text\n"
			    "  -V, --version    the version\n";

enum { MOUNT_MAX = 4096 };

static int add_mount_option(struct options *options, const char *option)
{
	int r = options->mount.len > 0 ? tfs_buf_putc(&options->mount, ',') : 0;

	return r == 0 ? tfs_buf_puts(&options->mount, option) : r;
}

static int add_pattern(struct options *options, const char *pattern)
{
	int r = options->write.len > 0 ? tfs_buf_putc(&options->write, '\n') : 0;

	return r == 0 ? tfs_buf_puts(&options->write, pattern) : r;
}

static bool is_in(const char *const *names, const char *option)
{
	for (; *names; names++)
		if (strcmp(*names, option) == 0)
			return true;
	return false;
}

static int parse_seconds(const char *text, uint64_t *ret_ms, struct tfs_error *error)
{
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || seconds == 0 || seconds > 86400)
		return tfs_error_set(error, -EINVAL, "mountd", "timeout=%.32s: must be 1 to 86400 seconds", text);
	*ret_ms = seconds * 1000;
	return 0;
}

static int parse_gid(const char *text, gid_t *ret, struct tfs_error *error)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	const struct group *group = *end != '\0' ? getgrnam(text) : NULL;

	if (*text == '\0' || (*end != '\0' && !group) || number >= UINT32_MAX)
		return tfs_error_set(error, -EINVAL, "mountd", "gid=%.64s: no such group", text);
	*ret = group ? group->gr_gid : (gid_t)number;
	return 0;
}

static int parse_umask(const char *text, int *ret, struct tfs_error *error)
{
	char *end;
	unsigned long mask = strtoul(text, &end, 8);

	if (end == text || *end != '\0' || mask > 0777 || (mask & 0700) != 0)
		return tfs_error_set(error, -EINVAL, "mountd", "umask=%.32s: must be an octal number up to 077", text);
	*ret = (int)mask;
	return 0;
}

static int parse_mount_option(struct options *options, const char *option, struct tfs_error *error)
{
	static const char *const passed[] = { "allow_other", "allow_root", "noatime", "nodev", "noexec",
					      "nosuid",      "exec",       "suid",    "dev",   "sync",
					      "async",       "dirsync",    "atime",   NULL };
	/* Options of fstab and of libfuse without a meaning here. */
	static const char *const ignored[] = { "",
					       "rw",
					       "defaults",
					       "auto",
					       "noauto",
					       "user",
					       "nouser",
					       "users",
					       "owner",
					       "group",
					       "nofail",
					       "_netdev",
					       "default_permissions",
					       NULL };

	if (strcmp(option, "ro") == 0) {
		options->read_only = true;
		return add_mount_option(options, option);
	}
	if (strncmp(option, "write=", 6) == 0 && option[6] != '\0')
		return add_pattern(options, option + 6);
	if (strncmp(option, "timeout=", 8) == 0)
		return parse_seconds(option + 8, &options->timeout_ms, error);
	if (strncmp(option, "gid=", 4) == 0)
		return parse_gid(option + 4, &options->gid, error);
	if (strncmp(option, "umask=", 6) == 0)
		return parse_umask(option + 6, &options->umask, error);
	if (is_in(passed, option))
		return add_mount_option(options, option);
	if (is_in(ignored, option) || strncmp(option, "x-", 2) == 0)
		return 0;
	return tfs_error_set(error, -EINVAL, "mountd", "unknown mount option \"%.64s\"", option);
}

static int parse_mount_options(struct options *options, char *list, struct tfs_error *error)
{
	char *option;
	int r = 0;

	while (r == 0 && (option = strsep(&list, ",")))
		r = parse_mount_option(options, option, error);
	return r;
}

static int parse_fd(const char *text, int *ret, struct tfs_error *error)
{
	char *end;
	long fd = strtol(text, &end, 10);

	if (end == text || *end != '\0' || fd < 0 || fd > INT_MAX)
		return tfs_error_set(error, -EINVAL, "mountd", "--ready-fd takes a number");
	*ret = (int)fd;
	return 0;
}

/* If the umask lets others in, the kernel must, too. */
static int allow_others(struct options *options)
{
	bool open = options->mount.len > 0 && strstr(options->mount.data, "allow_other");

	if (options->umask < 0)
		options->umask = options->gid != (gid_t)-1 ? 007 : 077;
	return (options->umask & 077) == 077 || open ? 0 : add_mount_option(options, "allow_other");
}

static int parse_one(struct options *options, int option, struct tfs_error *error)
{
	switch (option) {
	case 'c':
		options->config = optarg;
		return 0;
	case 't':
		options->tenant = optarg;
		return 0;
	case 'f':
		options->foreground = true;
		return 0;
	case 'd':
		options->debug = true;
		return 0;
	case 'o':
		return parse_mount_options(options, optarg, error);
	case 'r':
		return parse_fd(optarg, &options->ready_fd, error);
	case 'h':
		fputs(USAGE, stdout);
		return 1;
	case 'V':
		puts("tenantfs-mountd " TENANTFS_VERSION);
		return 1;
	default:
		return tfs_error_set(error, -EINVAL, "mountd", "unknown option; see --help");
	}
}

int mountd_options_parse(int argc, char **argv, struct options *ret, struct tfs_error *error)
{
	static const struct option longs[] = { { "ready-fd", required_argument, NULL, 'r' },
					       { "help", no_argument, NULL, 'h' },
					       { "version", no_argument, NULL, 'V' },
					       { NULL, 0, NULL, 0 } };
	int option, r = 0;

	*ret = (struct options){ .ready_fd = -1, .gid = (gid_t)-1, .umask = -1 };
	ret->mount = ret->write = TFS_BUF_INIT(MOUNT_MAX);
	opterr = 0;
	while (r == 0 && (option = getopt_long(argc, argv, "c:t:fdo:hV", longs, NULL)) != -1)
		r = parse_one(ret, option, error);
	if (r == 0 && allow_others(ret) < 0)
		r = tfs_error_set_memory(error);
	if (r != 0)
		return r;
	if (optind + 1 != argc)
		return tfs_error_set(error, -EINVAL, "mountd", "exactly one directory is required; see --help");
	ret->dir = realpath(argv[optind], NULL);
	/* The mount of a dead daemon cannot be resolved: the path is taken as given. */
	if (!ret->dir && errno == ENOTCONN)
		ret->dir = strdup(argv[optind]);
	if (!ret->dir)
		return tfs_error_set(error, -errno, "mountd", "%s: %s", argv[optind], strerror(errno));
	return 0;
}

void mountd_options_finish(struct options *options)
{
	free(options->dir);
	tfs_buf_finish(&options->mount);
	tfs_buf_finish(&options->write);
}
