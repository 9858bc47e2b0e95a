/* tenantfs-mountd: assembles the layers, mounts, serves until unmounted, takes everything down in order. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "daemon.h"
#include "guard.h"
#include "loop.h"
#include "notify.h"
#include "options.h"
#include "tenantfs/clock.h"
#include "tenantfs/control.h"
#include "tenantfs/file-lock.h"
#include "tenantfs/log.h"
#include "tenantfs/walker.h"

enum {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,
	EXIT_UNREACHABLE = 3,
	EXIT_USAGE = 64,
};

/* Writes "ok" or the error to the ready descriptor, once. */
static void report_ready(int *fd, const struct tfs_error *error)
{
	cleanup_json json_t *value = error ? tfs_error_to_json(error) : NULL;
	struct tfs_buf line cleanup_buf = TFS_BUF_INIT(1 << 16);

	if (*fd < 0)
		return;
	if (!error)
		tfs_buf_puts(&line, "ok");
	else if (!value || tfs_json_print(value, &line) < 0)
		tfs_buf_puts(&line, "{}");
	tfs_buf_putc(&line, '\n');
	if (write(*fd, line.data, line.len) < 0)
		tfs_log(TFS_LOG_DEBUG, 0, "cannot report readiness: %s", strerror(errno));
	close(*fd);
	*fd = -1;
}

static int exit_code(const struct tfs_error *error)
{
	switch (error->code) {
	case 0:
		return EXIT_DONE;
	case -EIO:
	case -ETIMEDOUT:
		return EXIT_UNREACHABLE;
	default:
		return EXIT_REFUSED;
	}
}

static int load_config(const struct options *options, struct tfs_config **ret, struct tfs_error *error)
{
	int r = tfs_config_load(options->config, options->tenant, ret, error);

	if (r < 0)
		return r;
	if (options->timeout_ms > 0)
		(*ret)->timeout_ms = options->timeout_ms;
	if (options->read_only)
		(*ret)->read_only = true;
	if (options->write.len > 0 && tfs_config_set_writable(*ret, options->write.data) < 0) {
		tfs_config_free(steal_pointer(ret));
		return tfs_error_set_memory(error);
	}
	return 0;
}

/* With an expired token, every access to the mount would be refused. */
static int check_token(const struct tfs_config *config, struct tfs_api *api, struct tfs_op *op)
{
	cleanup_free char *line = tfs_config_command_line(config, "login");
	struct tfs_api_stats stats;

	tfs_api_get_stats(api, &stats);
	if (stats.token_ends == 0 || stats.token_ends > tfs_clock_wall().tv_sec)
		return 0;
	return tfs_fail(op, -EACCES, "mountd", "the session is over, its token has expired: log in (%s)",
			line ? line : "tenantfs login");
}

/* Connects before mounting, so that a mount that cannot serve anything fails at once. */
static int connect_first(struct daemon *daemon, struct tfs_error *error)
{
	const struct tfs_config *config = tfs_tenant_config(daemon->tenant);
	struct tfs_api *api = tfs_tenant_api(daemon->tenant);
	struct tfs_op *op = tfs_op_new(daemon->timeout_ms);
	const struct tfs_community *community;
	int r;

	if (!op)
		return tfs_error_set_memory(error);
	r = tfs_api_connect(api, op);
	if (r == 0)
		r = tfs_api_community(api, op, config->communities[0], &community);
	if (r == 0)
		r = check_token(config, api, op);
	if (r < 0)
		*error = *tfs_op_error(op);
	tfs_op_free(op);
	return r;
}

static int make_tree(struct daemon *daemon, const struct options *options, struct tfs_error *error)
{
	const struct tfs_tree_options of_tree = {
		.read_only = tfs_tenant_config(daemon->tenant)->read_only,
		.uid = getuid(),
		.history = tfs_tenant_history(daemon->tenant),
		.gid = options->gid != (gid_t)-1 ? options->gid : getgid(),
		.shared = ~(mode_t)options->umask & 077,
		.events = { .node_changed = mountd_notify_node,
			    .entry_gone = mountd_notify_entry,
			    .entry_replaced = mountd_notify_replaced,
			    .lock_settled = mountd_lock_settled,
			    .context = daemon->notify },
	};

	return tfs_tree_new(tfs_tenant_store(daemon->tenant), &of_tree, &daemon->tree, error);
}

/* Reconciles the intents that the last mount left open before the first request, if the server answers. */
static void reconcile_pending(struct daemon *daemon)
{
	struct tfs_op *op = tfs_op_new(daemon->timeout_ms);

	if (op && tfs_store_reconcile(tfs_tenant_store(daemon->tenant), op) < 0)
		tfs_log(TFS_LOG_WARNING, 0, "%zu changes have an unknown outcome: %s",
			tfs_store_pending(tfs_tenant_store(daemon->tenant)), tfs_op_error(op)->message);
	tfs_op_free(op);
}

/* Logs the number of changes that are not on the server, for the user that unmounts. */
static void log_unsaved(struct daemon *daemon)
{
	size_t drafts = tfs_drafts_count(tfs_tenant_drafts(daemon->tenant));
	size_t pending = tfs_store_pending(tfs_tenant_store(daemon->tenant));

	if (pending > 0)
		tfs_log(TFS_LOG_WARNING, 0, "%zu changes have an unknown outcome; the next mount verifies them",
			pending);
	if (drafts > 0)
		tfs_log(TFS_LOG_INFO, 0, "%zu drafts are kept for the next mount", drafts);
}

/* A remote that fails does not keep the mount from working. */
static void push_history(struct daemon *daemon)
{
	struct tfs_history *history = tfs_tenant_history(daemon->tenant);
	struct tfs_error error = { 0 };

	if (history && tfs_history_keep_pushing(history, &error) < 0)
		tfs_log(TFS_LOG_ERROR, 0, "the history is not pushed: %s", error.message);
}

static int mount_at(struct daemon *daemon, const struct options *options, struct tfs_error *error)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct tfs_buf list cleanup_buf = TFS_BUF_INIT(1 << 16);
	int r = tfs_buf_printf(&list, "fsname=%s,subtype=tenantfs,default_permissions%s%s",
			       tfs_tenant_config(daemon->tenant)->name, options->mount.len > 0 ? "," : "",
			       options->mount.len > 0 ? options->mount.data : "");

	if (r < 0 || fuse_opt_add_arg(&args, "tenantfs") < 0 || fuse_opt_add_arg(&args, "-o") < 0 ||
	    fuse_opt_add_arg(&args, list.data) < 0) {
		fuse_opt_free_args(&args);
		return tfs_error_set_memory(error);
	}
	daemon->session = fuse_session_new(&args, &mountd_daemon_ops, sizeof(mountd_daemon_ops), daemon);
	fuse_opt_free_args(&args);
	if (!daemon->session)
		return tfs_error_set(error, -EINVAL, "mountd", "libfuse refused the mount options");
	if (fuse_session_mount(daemon->session, options->dir) != 0)
		return tfs_error_set(error, errno != 0 ? -errno : -EIO, "mountd", "cannot mount at %s: %s",
				     options->dir, errno != 0 ? strerror(errno) : "refused");
	mountd_guard_watch(daemon->guard);
	mountd_notify_attach(daemon->notify, daemon->session);
	mountd_notify_attach(daemon->replier, daemon->session);
	return 0;
}

/*
 * Makes malloc return big buffers (pages, packs, queues) to the system: by default it learns to keep blocks
 * of their size, in one arena per thread.
 */
static void limit_malloc(void)
{
	enum { ARENAS = 4, MMAP_THRESHOLD = 512 << 10, TRIM_THRESHOLD = 1 << 20 };

	mallopt(M_ARENA_MAX, ARENAS);
	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD);
}

/* Threads start with these signals blocked; the main thread unblocks them while it serves. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void detach(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (chdir("/") < 0 || null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

static int run(struct daemon *daemon, const struct options *options, int *ready_fd, struct tfs_error *error)
{
	struct tfs_control *control = NULL;
	struct tfs_feed *feed = NULL;
	int r = connect_first(daemon, error);

	if (r == 0)
		r = mountd_unmount_dead(options->dir, error);
	if (r == 0)
		r = make_tree(daemon, options, error);
	if (r == 0)
		r = tfs_walker_new(daemon->tenant, daemon->tree, &daemon->walker, error);
	if (r == 0) {
		reconcile_pending(daemon);
		r = tfs_tenant_start_reconciler(daemon->tenant, error);
	}
	if (r == 0)
		r = mount_at(daemon, options, error);
	if (r == 0)
		push_history(daemon);
	if (r == 0)
		r = tfs_control_new(tfs_tenant_config(daemon->tenant), mountd_serve_command, daemon, &control, error);
	if (r == 0)
		r = tfs_feed_new(daemon->tenant, &feed, error);
	if (r == 0)
		r = tfs_walker_start(daemon->walker, error);
	if (r == 0 && fuse_set_signal_handlers(daemon->session) != 0)
		r = tfs_error_set(error, -EIO, "mountd", "cannot handle signals");
	if (r == 0) {
		tfs_log(TFS_LOG_INFO, 0, "%s is mounted at %s", tfs_tenant_config(daemon->tenant)->name, options->dir);
		report_ready(ready_fd, NULL);
		if (!options->foreground && options->ready_fd < 0)
			detach();
		mountd_loop_run(daemon->loop, daemon->session);
		fuse_remove_signal_handlers(daemon->session);
	}
	tfs_feed_free(feed);
	mountd_notify_stop(daemon->notify);
	mountd_notify_stop(daemon->replier);
	if (daemon->tree)
		tfs_lock_end_all(daemon->tree);
	if (daemon->session)
		fuse_session_unmount(daemon->session);
	mountd_notify_end(daemon->notify);
	mountd_notify_end(daemon->replier);
	if (daemon->session)
		fuse_session_destroy(daemon->session);
	tfs_control_free(control);
	tfs_walker_free(daemon->walker);
	tfs_tree_free(daemon->tree);
	if (tfs_store_pending(tfs_tenant_store(daemon->tenant)) > 0)
		reconcile_pending(daemon);
	log_unsaved(daemon);
	return r;
}

/* Opens the tenant and starts the threads that serve the kernel; runs the mount. */
static int open_and_run(const struct options *options, struct guard *guard, int *ready_fd, struct tfs_error *error)
{
	struct daemon daemon = { .dir = options->dir, .guard = guard };
	struct tfs_config *config = NULL;
	int r = load_config(options, &config, error);

	if (r < 0)
		return r;
	daemon.timeout_ms = config->timeout_ms;
	block_signals();
	r = tfs_tenant_open(config, &daemon.tenant, error);
	if (r < 0)
		return r;
	r = mountd_notify_new(&daemon.notify, error);
	if (r == 0)
		r = mountd_notify_new(&daemon.replier, error);
	if (r == 0)
		r = mountd_loop_new(&daemon.loop, error);
	if (r == 0)
		r = run(&daemon, options, ready_fd, error);
	mountd_notify_free(daemon.notify);
	mountd_notify_free(daemon.replier);
	mountd_loop_free(daemon.loop);
	tfs_tenant_close(daemon.tenant);
	return r;
}

/* Forks. The parent waits until the child is ready and exits; only the child returns. */
static int fork_and_wait(int *ready_fd)
{
	char line[4096];
	int fds[2], status;
	ssize_t len;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		close(fds[0]);
		*ready_fd = fds[1];
		return 0;
	}
	close(fds[1]);
	len = read(fds[0], line, sizeof(line));
	if (len >= 3 && memcmp(line, "ok\n", 3) == 0)
		_exit(EXIT_DONE);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	_exit(EXIT_REFUSED);
}

static int serve(struct options *options)
{
	struct tfs_error error = { 0 };
	bool forked = !options->foreground && options->ready_fd < 0;
	struct guard *guard = NULL;
	int ready_fd = options->ready_fd;

	if (ready_fd >= 0)
		fcntl(ready_fd, F_SETFD, FD_CLOEXEC);
	if (forked && fork_and_wait(&ready_fd) < 0)
		return EXIT_REFUSED;
	if (forked)
		setsid();
	if (mountd_guard_new(options->dir, forked, &guard, &error) == 0)
		open_and_run(options, guard, &ready_fd, &error);
	mountd_guard_free(guard);
	if (error.code != 0) {
		fprintf(stderr, "tenantfs-mountd: %s\n", error.message);
		report_ready(&ready_fd, &error);
	}
	return exit_code(&error);
}

int main(int argc, char **argv)
{
	struct tfs_error error = { 0 };
	struct options options;
	int r;

	if (argc > 0 && strcmp(argv[0], mountd_guard_name) == 0)
		return mountd_guard_main(argc, argv);
	tfs_secret_harden_process();
	tfs_json_wipe_freed();
	limit_malloc();
	/* Files that libgit2 creates in the state folder must be private, too. */
	umask(077);
	/* Exceeding a file size limit is an error, not the end of the process. */
	signal(SIGXFSZ, SIG_IGN);
	/* So is a closed pipe or socket. */
	signal(SIGPIPE, SIG_IGN);
	r = mountd_options_parse(argc, argv, &options, &error);
	if (r == 0) {
		tfs_log_set_level(options.debug ? TFS_LOG_DEBUG : TFS_LOG_INFO);
		r = serve(&options);
	} else if (r > 0) {
		r = EXIT_DONE;
	} else {
		fprintf(stderr, "tenantfs-mountd: %s\n", error.message);
		report_ready(&options.ready_fd, &error);
		r = EXIT_USAGE;
	}
	mountd_options_finish(&options);
	return r;
}
