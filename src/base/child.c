/* Running a program for what it prints: its descriptors, its session, its end. */
#include "tenantfs/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/clock.h"
#include "tenantfs/secret.h"

enum {
	SLICE_MS = 25, /* how late a cancelled operation is noticed, at most */
	ENDING_MS = 2, /* between two looks, once it has closed its output */
	LEFT = 64,     /* readings after its end: more than a pipe holds */
	GUARD_FD = 3,
	WORDS = 64,
};

/*
 * Reads from a pipe that only this process can write to, and never does: the end of it is the end of this process,
 * and then of the whole session. Nothing less tells the programs that a program started.
 */
static const char guard[] = "{ read -r _; kill -KILL 0; } <&3 & guard=$!\n"
			    "\"$@\" 3<&-\n"
			    "code=$?\n"
			    "kill -KILL \"$guard\"\n"
			    "exit \"$code\"\n";

struct running {
	pid_t pid; /* also its session and process group */
	int out, said, held; /* our ends; -1: none, or closed by all others */
	int over; /* readable when it has ended; -1: there is no such thing here */
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int set_up_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
							    POSIX_SPAWN_SETSIGDEF);
}

/* The child's ends: read from and written to by it, and the one its guard reads from. */
struct ends {
	int in, out, said, held;
};

/*
 * A file of memory, not a pipe: we wait for nobody who does not read, and get no signal from one who leaves. -1: none.
 */
static int open_input(const struct tfs_child *child)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && done < child->input_len) {
		ssize_t n = write(fd, (const char *)child->input + done, child->input_len - done);

		if (n < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static int set_up_files(posix_spawn_file_actions_t *actions, const struct tfs_child *child, const struct ends *ends)
{
	int r = ends->in >= 0 ? posix_spawn_file_actions_adddup2(actions, ends->in, STDIN_FILENO)
			      : posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, ends->out, STDOUT_FILENO);
	if (r == 0 && ends->said >= 0)
		r = posix_spawn_file_actions_adddup2(actions, ends->said, STDERR_FILENO);
	if (r == 0 && ends->held >= 0)
		r = posix_spawn_file_actions_adddup2(actions, ends->held, GUARD_FD);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(actions, ends->held >= 0 ? GUARD_FD + 1 : GUARD_FD);
	if (r == 0 && child->folder != NULL)
		r = posix_spawn_file_actions_addchdir_np(actions, child->folder);
	return r;
}

/* `words`: its own, behind those of the guard where it has one. */
static int gather_words(const struct tfs_child *child, char *words[WORDS])
{
	size_t n = 0;

	if (child->guarded) {
		words[n++] = (char *)"sh";
		words[n++] = (char *)"-c";
		words[n++] = (char *)guard;
		words[n++] = (char *)"sh";
	}
	for (size_t i = 0; child->argv[i] != NULL; i++) {
		if (n == WORDS - 1)
			return -E2BIG;
		words[n++] = child->argv[i];
	}
	words[n] = NULL;
	return 0;
}

static int spawn(const struct tfs_child *child, const struct ends *ends, pid_t *ret)
{
	char *const *environment = child->environment != NULL ? child->environment : environ;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char *words[WORDS];
	int r = gather_words(child, words);

	if (r < 0)
		return r;
	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (r != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	r = set_up_attributes(&attributes);
	if (r == 0)
		r = set_up_files(&actions, child, ends);
	if (r == 0 && child->guarded)
		r = posix_spawn(ret, "/bin/sh", &actions, &attributes, words, environment);
	else if (r == 0)
		r = posix_spawnp(ret, words[0], &actions, &attributes, words, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* `*ret_ours` is the end we keep: what we read from, or what is held open for the guard. */
static int open_pipe(bool ours_reads, int *ret_ours, int *ret_theirs)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	*ret_ours = fds[ours_reads ? 0 : 1];
	*ret_theirs = fds[ours_reads ? 1 : 0];
	return 0;
}

static void close_all(struct running *running)
{
	close_end(&running->out);
	close_end(&running->said);
	close_end(&running->held);
	close_end(&running->over);
}

static int start(const struct tfs_child *child, struct running *running)
{
	struct ends ends = { -1, -1, -1, -1 };
	int r = 0;

	*running = (struct running){ .pid = -1, .out = -1, .said = -1, .held = -1, .over = -1 };
	if (child->input != NULL && (ends.in = open_input(child)) < 0)
		r = -errno;
	if (r == 0)
		r = open_pipe(true, &running->out, &ends.out);
	if (r == 0 && child->said != NULL)
		r = open_pipe(true, &running->said, &ends.said);
	if (r == 0 && child->guarded)
		r = open_pipe(false, &running->held, &ends.held);
	if (r == 0)
		r = spawn(child, &ends, &running->pid);
	if (r == 0)
		running->over = pidfd_open(running->pid, 0);
	close_end(&ends.in);
	close_end(&ends.out);
	close_end(&ends.said);
	close_end(&ends.held);
	if (r < 0)
		close_all(running);
	return r;
}

static int add_what_fits(struct tfs_buf *into, const char *bytes, size_t len)
{
	size_t room = into->max - into->len;

	return tfs_buf_add(into, bytes, len < room ? len : room);
}

/* What is there now; `must_fit`, or what does not fit is left out. Closed by all others: so by us. */
static int read_some(int *fd, bool must_fit, struct tfs_buf *into)
{
	char bytes[4096];
	ssize_t got = read(*fd, bytes, sizeof(bytes));
	int why = got < 0 ? errno : 0, r = 0;

	if (got > 0)
		r = must_fit ? tfs_buf_add(into, bytes, (size_t)got) : add_what_fits(into, bytes, (size_t)got);
	tfs_wipe(bytes, sizeof(bytes));
	if (got == 0)
		close_end(fd);
	if (why != 0 && why != EINTR && why != EAGAIN)
		return -why;
	return must_fit ? r : 0;
}

/* Waits for output, no longer than `wait_ms`. 1: there was some. */
static int take_output(const struct tfs_child *child, struct running *running, int wait_ms)
{
	struct pollfd ready[] = { { .fd = running->out, .events = POLLIN },
				  { .fd = running->said, .events = POLLIN },
				  { .fd = running->over, .events = POLLIN } };
	int r = 0;

	if (poll(ready, 3, wait_ms) <= 0)
		return 0;
	if (ready[0].revents != 0)
		r = read_some(&running->out, true, child->out);
	if (r == 0 && ready[1].revents != 0)
		r = read_some(&running->said, false, child->said);
	return r < 0 ? r : 1;
}

/* It is not waited for yet: until then its number is that of its session, and of no other. */
static bool has_ended(const struct running *running)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)running->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno != EINTR;
	return info.si_pid != 0;
}

/* What is in the pipes still, without waiting for whoever holds them open. */
static int take_rest(const struct tfs_child *child, struct running *running)
{
	int r = 1;

	for (int i = 0; i < LEFT && r > 0; i++)
		r = take_output(child, running, 0);
	return r < 0 ? r : 0;
}

/* Until the program ends, not its output: what it left behind in the background may hold that open for ever. */
static int follow(struct tfs_op *op, const struct tfs_child *child, struct running *running)
{
	uint64_t until_ms = tfs_clock_ms() + child->timeout_ms;
	int r = 0;

	while (r >= 0 && !has_ended(running)) {
		bool silent = running->out < 0 && running->said < 0;

		if (tfs_op_cancelled(op))
			return -EINTR;
		if (tfs_op_left_ms(op) == 0 || tfs_clock_ms() >= until_ms)
			return -ETIMEDOUT;
		r = take_output(child, running, silent ? ENDING_MS : SLICE_MS);
	}
	return r < 0 ? r : take_rest(child, running);
}

static int wait_for(pid_t pid)
{
	int status;

	for (;;) {
		if (waitpid(pid, &status, 0) == pid)
			return status;
		/* Somebody ignores SIGCHLD: how it ended cannot be known, what it printed can. */
		if (errno != EINTR)
			return 0;
	}
}

int tfs_child_run(struct tfs_op *op, const struct tfs_child *child, int *ret_status)
{
	struct running running;
	int r = start(child, &running);

	if (r < 0)
		return r;
	r = follow(op, child, &running);
	/* One that ended in order may leave others behind. */
	if (r < 0)
		kill(-running.pid, SIGKILL);
	*ret_status = wait_for(running.pid);
	close_all(&running);
	return r;
}
