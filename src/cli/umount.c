/* tenantfs umount: unmounts and waits until the daemon has ended. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>

#include "exec.h"
#include "mount-users.h"
#include "mounts.h"
#include "report.h"
#include "session.h"
#include "unsaved.h"

enum { END_MS = 30000 };

static int find_mount(const char *dir, struct tfs_mount *ret, struct tfs_error *error)
{
	int r = tfs_mount_find(dir, ret, error);

	if (r < 0)
		return r;
	if (r == 0)
		return tfs_error_set(error, -EINVAL, "cli", "no tenantfs mount is there");
	if (strcmp(ret->dir, dir) != 0)
		return tfs_error_set(error, -EINVAL, "cli", "it is inside a mount; the mount is %s", ret->dir);
	return 0;
}

/* A pidfd of the mount's daemon, and its unsaved changes; -1 if there is none or it cannot be found. */
static int open_daemon(const struct tfs_config *config, json_t **ret_unsaved)
{
	pid_t pid;

	if (!config || tfs_control_owner(config, &pid) < 0)
		return -1;
	*ret_unsaved = cli_ask_unsaved(config);
	return pidfd_open(pid, 0);
}

static int fail_busy(const char *dir, struct tfs_error *error)
{
	tfs_error_set(error, -EBUSY, "cli", "it is in use");
	cli_fail(dir, error);
	if (cli_mount_users_print(stderr, dir) == 0)
		fputs("  by a process that this user cannot inspect\n", stderr);
	fputs("  remedy: leave the directory, close its files, and try again\n", stderr);
	return CLI_REFUSED;
}

/* Copies of the mount in other mount namespaces, as containers have, end with the daemon: nobody may use them. */
static int check_elsewhere(const char *dir, const struct tfs_mount *mount)
{
	cleanup_free char *users = NULL;
	size_t len;
	FILE *out = open_memstream(&users, &len);
	struct tfs_error error;
	int count;

	if (!out)
		return CLI_DONE;
	count = cli_mount_users_elsewhere(out, mount->connection);
	fclose(out);
	if (count == 0)
		return CLI_DONE;
	tfs_error_set(&error, -EBUSY, "cli", "it is in use in another mount namespace");
	cli_fail(dir, &error);
	fputs(users, stderr);
	fputs("  remedy: end these processes, or have them leave the directory and close its files\n", stderr);
	return CLI_REFUSED;
}

/*
 * A mount namespace that has a copy of the mount keeps the connection. The daemon would serve it for as long as the
 * namespace lives.
 */
static void end_daemon(const struct tfs_config *config)
{
	cleanup_json json_t *request = json_pack("{s:s}", "command", "quit");
	cleanup_json json_t *answer = NULL;
	struct tfs_error error = { 0 };

	/* It does not answer when it has ended meanwhile, as it does without such a namespace. */
	if (request)
		cli_ask(config, request, &answer, &error);
}

static int unmount_as_user(const char *dir, struct tfs_error *error)
{
	char *argv[] = { (char *)"fusermount3", (char *)"-u", (char *)"--", (char *)dir, NULL };
	cleanup_free char *text = NULL;
	int r = cli_run_program(argv, &text, error);

	if (r <= 0)
		return r;
	if (text && strstr(text, "busy"))
		return -EBUSY;
	return tfs_error_set(error, -EPERM, "cli", "%s", text && text[0] ? text : "fusermount3 refused it");
}

static int unmount(const char *dir, struct tfs_error *error)
{
	if (geteuid() != 0)
		return unmount_as_user(dir, error);
	if (umount2(dir, UMOUNT_NOFOLLOW) == 0)
		return 0;
	int r = -errno;
	return tfs_error_set(error, r, "cli", "%s", strerror(-r));
}

static int wait_for_end(int daemon, struct tfs_error *error)
{
	struct pollfd fd = { .fd = daemon, .events = POLLIN };
	struct cli_progress *progress = cli_progress_start("waiting for the daemon to end");
	int n;

	do
		n = poll(&fd, 1, END_MS);
	while (n < 0 && errno == EINTR);
	cli_progress_end(progress);
	if (n == 0)
		return tfs_error_set(error, -ETIMEDOUT, "cli",
				     "it is unmounted, but its daemon has not ended within %d s", END_MS / 1000);
	return 0;
}

int cli_run_umount(const struct cli *cli)
{
	struct tfs_error error = { 0 };
	cleanup_free char *dir = cli_path_real(cli->args[0]);
	struct tfs_mount mount cleanup_mount = { 0 };
	int r = dir ? find_mount(dir, &mount, &error) : tfs_error_set(&error, -ENOENT, "cli", "no such folder");

	if (r < 0)
		return cli_fail(cli->args[0], &error);
	cleanup_json json_t *unsaved = NULL;
	cleanup_config struct tfs_config *config = NULL;
	if (cli_find_config(cli, dir, &config, NULL) < 0)
		config = NULL;
	cleanup_close int daemon = open_daemon(config, &unsaved);
	if (cli_print_lost(unsaved, dir) > 0)
		return CLI_REFUSED;
	if (check_elsewhere(dir, &mount) != CLI_DONE)
		return CLI_REFUSED;
	r = unmount(dir, &error);
	if (r == -EBUSY)
		return fail_busy(dir, &error);
	if (r >= 0 && daemon >= 0)
		end_daemon(config);
	if (r >= 0 && daemon >= 0)
		r = wait_for_end(daemon, &error);
	if (r >= 0)
		cli_warn_unsaved(unsaved);
	if (r >= 0 && daemon >= 0)
		cli_warn_unpushed(config);
	return r < 0 ? cli_fail(dir, &error) : CLI_DONE;
}
