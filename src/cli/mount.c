/* tenantfs mount: checks the directory and starts the daemon. Also the helper that mount(8) calls. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "daemon.h"
#include "mount-options.h"
#include "mounts.h"
#include "report.h"
#include "session.h"
#include "zombie.h"

/* What to mount, where and how. */
struct request {
	const char *tenant; /* NULL: the only one configured */
	const char *config; /* NULL: the default file */
	const char *dir;    /* as given */
	const char *options;
	bool foreground;
	bool quiet;
};

static bool is_empty(const char *dir)
{
	DIR *folder = opendir(dir);
	bool empty = true;

	if (!folder)
		return true;
	for (struct dirent *entry = readdir(folder); entry && empty; entry = readdir(folder))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	closedir(folder);
	return empty;
}

static int check_not_mounted(const char *dir, struct tfs_error *error)
{
	struct tfs_mount mount cleanup_mount = { 0 };
	int r = tfs_mount_find(dir, &mount, error);

	if (r > 0 && !strcmp(mount.dir, dir))
		return tfs_error_set(error, -EBUSY, "cli", "\"%s\" is already mounted there", mount.tenant);
	return r < 0 ? r : 0;
}

static int check_dir(const char *dir, struct tfs_error *error)
{
	struct statvfs vfs;
	struct stat st;

	/*
	 * A dead daemon's mount, which the new daemon replaces. Not stat: the kernel may answer it from its
	 * cache.
	 */
	if (statvfs(dir, &vfs) < 0 && errno == ENOTCONN)
		return 0;
	if (stat(dir, &st) < 0) {
		if (errno == ENOENT)
			return tfs_error_set(error, -ENOENT, "cli", "no such directory: create it first");
		int code = -errno;
		return tfs_error_set(error, code, "cli", "%s", strerror(-code));
	}
	if (!S_ISDIR(st.st_mode))
		return tfs_error_set(error, -ENOTDIR, "cli", "not a directory");
	int r = check_not_mounted(dir, error);
	if (r >= 0 && !is_empty(dir))
		fprintf(stderr, "tenantfs: %s is not empty: what it holds is hidden while the tenant is mounted\n",
			dir);
	return r;
}

static int start(const struct request *request, const struct tfs_config *config, const char *dir, const char *options,
		 struct tfs_error *error)
{
	struct cli_daemon daemon = { .config = config, .dir = dir, .options = options };

	if (request->foreground)
		return cli_daemon_become(&daemon, error);
	int r = cli_daemon_start(&daemon, error);
	if (r < 0)
		return r;
	if (!request->quiet)
		printf("%s is mounted at %s\n", config->name, dir);
	return 0;
}

static int mount_tenant(const struct request *request)
{
	struct tfs_error error = { 0 }, dir_error = { 0 };
	cleanup_config struct tfs_config *config = NULL;
	cleanup_free char *options = NULL;
	cleanup_free char *config_path = NULL;
	cleanup_free char *dir = cli_path_real(request->dir);
	int r = cli_mount_options_split(request->options, &options, &config_path);

	if (r < 0 || !dir)
		r = tfs_error_set_memory(&error);
	if (r < 0)
		return cli_fail(request->dir, &error);
	/* Before any access to the directory, which would block. */
	if (tfs_config_load(request->config ? request->config : config_path, request->tenant, &config, &error) == 0)
		cli_abort_zombie(config, dir);
	r = check_dir(dir, &dir_error);
	if (r < 0)
		return cli_fail(request->dir, &dir_error);
	r = config ? 0 : error.code;
	if (r >= 0)
		r = start(request, config, dir, options, &error);
	return r < 0 ? cli_fail("mount", &error) : CLI_DONE;
}

int cli_run_mount(const struct cli *cli)
{
	struct request request = { .tenant = cli->n_args == 2 ? cli->args[0] : cli->tenant,
				   .config = cli->config,
				   .dir = cli->args[cli->n_args - 1],
				   .options = cli_option(cli, "options"),
				   .foreground = cli_option(cli, "foreground") };

	if (cli->n_args == 2 && cli->tenant && strcmp(cli->tenant, cli->args[0]) != 0)
		return cli_usage(cli->command, "two tenants are given: %s and %s", cli->tenant, cli->args[0]);
	return mount_tenant(&request);
}

/* mount(8) passes SOURCE DIR [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]; -f means: do not mount. */
int cli_run_mount_helper(int argc, char **argv)
{
	struct request request = { .quiet = true };
	bool fake = false;
	int n_args = 0;

	for (int i = 1; i < argc; i++) {
		bool has_value =
			i + 1 < argc && (!strcmp(argv[i], "-o") || !strcmp(argv[i], "-t") || !strcmp(argv[i], "-N"));
		if (has_value && argv[i][1] == 'o')
			request.options = argv[i + 1];
		else if (!has_value && argv[i][0] == '-')
			fake = fake || strchr(argv[i], 'f');
		else if (!has_value && n_args++ == 0)
			request.tenant = argv[i];
		else if (!has_value)
			request.dir = argv[i];
		i += has_value;
	}
	if (n_args != 2)
		return cli_usage(NULL, "mount(8) gives TENANT DIR [-o OPTIONS]");
	return fake ? CLI_DONE : mount_tenant(&request);
}
