/* Whole files: ceilings, permissions, atomic replacement, locks, user folders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../scratch.h"
#include "tenantfs/cleanup.h"
#include "tenantfs/file.h"

/* Each test runs in its own empty working folder. */
static int enter_folder(void **state)
{
	char *folder = malloc(128);

	if (folder)
		scratch_name(folder, 128);
	if (!folder || !mkdtemp(folder) || chdir(folder) < 0)
		return -1;
	*state = folder;
	return 0;
}

static int leave_folder(void **state)
{
	cleanup_free char *folder = *state;
	pid_t pid;
	int status;

	if (chdir("/") < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", folder, (char *)NULL);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static void put(const char *path, const char *text, mode_t mode)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
}

static int count_entries(void)
{
	DIR *dir = opendir(".");
	int count = -2;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_read(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(100);
	struct tfs_error error = { 0 };

	(void)state;
	put("a", "hello", 0644);
	assert_int_equal(tfs_buf_puts(&buf, "> "), 0);
	assert_int_equal(tfs_file_read("a", &buf, &error), 0);
	assert_string_equal(buf.data, "> hello");
	put("empty", "", 0644);
	assert_int_equal(tfs_file_read("empty", &buf, &error), 0);
	assert_string_equal(buf.data, "> hello");
}

static void test_read_errors_name_the_path(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(100);
	struct tfs_error error = { 0 };

	(void)state;
	assert_int_equal(tfs_buf_puts(&buf, "kept"), 0);
	assert_int_equal(tfs_file_read("missing", &buf, &error), -ENOENT);
	assert_string_equal(error.message, "cannot read missing: No such file or directory");
	assert_string_equal(error.origin, "file");
	assert_int_equal(tfs_file_read(".", &buf, &error), -EISDIR);
	assert_string_equal(error.message, "cannot read .: Is a directory");
	assert_string_equal(buf.data, "kept");
	assert_int_equal(tfs_file_read("missing", &buf, NULL), -ENOENT);
}

static void test_read_ceiling(void **state)
{
	struct tfs_error error = { 0 };

	(void)state;
	put("ten", "0123456789", 0644);
	for (size_t max = 0; max <= 12; max++) {
		struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(max);
		int r = tfs_file_read("ten", &buf, &error);

		assert_int_equal(r, max < 10 ? -EFBIG : 0);
		assert_int_equal(buf.len, max < 10 ? 0 : 10);
	}
	{
		struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(9);

		assert_int_equal(tfs_file_read("ten", &buf, &error), -EFBIG);
		assert_string_equal(error.message, "ten is larger than the 9 bytes allowed");
	}
}

static void test_read_large_and_sizeless(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(1 << 24), proc cleanup_buf = TFS_BUF_INIT(1 << 20);
	cleanup_free char *bytes = malloc(1000000);
	struct tfs_error error = { 0 };

	(void)state;
	for (size_t i = 0; i < 1000000; i++)
		bytes[i] = (char)(i * 7);
	assert_int_equal(tfs_file_write("big", bytes, 1000000, 0600, &error), 0);
	assert_int_equal(tfs_file_read("big", &buf, &error), 0);
	assert_int_equal(buf.len, 1000000);
	assert_memory_equal(buf.data, bytes, 1000000);
	/* Files of /proc report size 0. */
	assert_int_equal(tfs_file_read("/proc/self/status", &proc, &error), 0);
	assert_true(proc.len > 100);
}

static void test_private_accepts_private(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(100);
	struct tfs_error error = { 0 };

	(void)state;
	put("key", "k", 0600);
	assert_int_equal(tfs_file_read_private("key", &buf, &error), 0);
	put("only", "o", 0400);
	assert_int_equal(tfs_file_read_private("only", &buf, &error), 0);
	assert_int_equal(symlink("key", "link"), 0);
	assert_int_equal(tfs_file_read_private("link", &buf, &error), 0);
	assert_string_equal(buf.data, "kok");
}

static void test_private_refuses_others(void **state)
{
	static const mode_t open_modes[] = { 0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666, 0777 };
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(100);
	struct tfs_error error = { 0 };
	char want[100];

	(void)state;
	for (size_t i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++) {
		put("key", "k", open_modes[i]);
		assert_int_equal(tfs_file_read_private("key", &buf, &error), -EACCES);
		snprintf(want, sizeof(want), "key may be used by others (mode %04o): chmod 600 key", open_modes[i]);
		assert_string_equal(error.message, want);
	}
	assert_int_equal(symlink("key", "link"), 0);
	assert_int_equal(tfs_file_read_private("link", &buf, &error), -EACCES);
	assert_int_equal(buf.len, 0);
}

static void test_private_refuses_no_regular_file(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(100);
	struct tfs_error error = { 0 };

	(void)state;
	assert_int_equal(mkdir("dir", 0700), 0);
	assert_int_equal(tfs_file_read_private("dir", &buf, &error), -EACCES);
	assert_string_equal(error.message, "dir is not a regular file");
	/* Must not wait for a writer. */
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(tfs_file_read_private("pipe", &buf, &error), -EACCES);
	assert_string_equal(error.message, "pipe is not a regular file");
	assert_int_equal(tfs_file_read_private("missing", &buf, &error), -ENOENT);
}

static void test_private_refuses_another_user(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(100);
	struct tfs_error error = { 0 };

	(void)state;
	if (geteuid() != 0)
		skip();
	put("key", "k", 0600);
	assert_int_equal(chown("key", 12345, 12345), 0);
	assert_int_equal(tfs_file_read_private("key", &buf, &error), -EACCES);
	assert_string_equal(error.message, "key belongs to another user (uid 12345)");
}

static void test_write_replaces_and_sets_the_mode(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(100);
	struct tfs_error error = { 0 };
	mode_t before = umask(0077);

	(void)state;
	assert_int_equal(tfs_file_write("a", "one", 3, 0644, &error), 0);
	assert_int_equal(mode_of("a"), 0644);
	assert_int_equal(tfs_file_write("./a", "two!", 4, 0600, &error), 0);
	assert_int_equal(mode_of("a"), 0600);
	umask(before);
	assert_int_equal(tfs_file_read("a", &buf, &error), 0);
	assert_string_equal(buf.data, "two!");
	assert_int_equal(tfs_file_write("a", NULL, 0, 0600, &error), 0);
	assert_int_equal(count_entries(), 1);
}

static void test_write_failing_leaves_nothing(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(100);
	struct tfs_error error = { 0 };

	(void)state;
	assert_int_equal(tfs_file_write("none/a", "x", 1, 0600, &error), -ENOENT);
	assert_string_equal(error.message, "cannot write none/a: No such file or directory");
	assert_int_equal(mkdir("dir", 0700), 0);
	assert_int_equal(tfs_file_write("dir", "x", 1, 0600, &error), -EISDIR);
	assert_int_equal(count_entries(), 1);
	put("old", "old", 0600);
	assert_int_equal(tfs_file_create("old", "new", 3, 0600, &error), -EEXIST);
	assert_string_equal(error.message, "cannot write old: File exists");
	assert_int_equal(tfs_file_read("old", &buf, &error), 0);
	assert_string_equal(buf.data, "old");
	assert_int_equal(count_entries(), 2);
}

static void test_a_reader_never_sees_a_part(void **state)
{
	struct tfs_error error = { 0 };
	char text[5000];
	int status;
	pid_t pid;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(tfs_file_write("x", text, sizeof(text), 0600, &error), 0);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 200; i++) {
			memset(text, 'a' + i % 26, sizeof(text));
			if (tfs_file_write("x", text, sizeof(text), 0600, NULL) < 0)
				_exit(1);
		}
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(10000);

		assert_int_equal(tfs_file_read("x", &buf, &error), 0);
		assert_int_equal(buf.len, sizeof(text));
		for (size_t i = 0; i < buf.len; i++)
			assert_int_equal(buf.data[i], buf.data[0]);
	}
	assert_int_equal(status, 0);
}

static void test_create(void **state)
{
	struct tfs_error error = { 0 };

	(void)state;
	assert_int_equal(tfs_file_create("key", "k", 1, 0600, &error), 0);
	assert_int_equal(mode_of("key"), 0600);
	assert_int_equal(count_entries(), 1);
}

static void test_private_dir(void **state)
{
	struct tfs_error error = { 0 };
	mode_t before = umask(0);

	(void)state;
	assert_int_equal(tfs_file_make_private_dir("a/b//c/", &error), 0);
	umask(before);
	assert_int_equal(mode_of("a"), 0700);
	assert_int_equal(mode_of("a/b"), 0700);
	assert_int_equal(mode_of("a/b/c"), 0700);
	assert_int_equal(tfs_file_make_private_dir("a/b/c", &error), 0);
	/* Only the last folder is checked. */
	assert_int_equal(chmod("a", 0755), 0);
	assert_int_equal(tfs_file_make_private_dir("a/b/c", &error), 0);
	assert_int_equal(chmod("a/b/c", 0750), 0);
	assert_int_equal(tfs_file_make_private_dir("a/b/c", &error), -EACCES);
	assert_string_equal(error.message, "a/b/c is open to others (mode 0750): chmod 700 a/b/c");
}

static void test_private_dir_refused(void **state)
{
	struct tfs_error error = { 0 };

	(void)state;
	put("file", "", 0600);
	assert_int_equal(tfs_file_make_private_dir("file", &error), -ENOTDIR);
	assert_string_equal(error.message, "cannot use file: Not a directory");
	assert_int_equal(tfs_file_make_private_dir("file/x", &error), -ENOTDIR);
	assert_int_equal(tfs_file_make_private_dir("", &error), -ENOENT);
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir("theirs", 0700), 0);
	assert_int_equal(chown("theirs", 12345, 12345), 0);
	assert_int_equal(tfs_file_make_private_dir("theirs", &error), -EACCES);
	assert_string_equal(error.message, "theirs belongs to another user (uid 12345)");
}

static void test_lock(void **state)
{
	struct tfs_error error = { 0 };
	int fd = tfs_file_lock("lock", &error), again;

	(void)state;
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(tfs_file_lock("lock", &error), -EBUSY);
	assert_string_equal(error.message, "lock is held by another process");
	close(fd);
	again = tfs_file_lock("lock", &error);
	assert_true(again >= 0);
	close(again);
	assert_int_equal(tfs_file_lock("none/lock", &error), -ENOENT);
}

static void assert_xdg(const char *value, const char *home, const char *want)
{
	cleanup_free char *path = NULL;

	!value ? unsetenv("XDG_STATE_HOME") : setenv("XDG_STATE_HOME", value, 1);
	!home ? unsetenv("HOME") : setenv("HOME", home, 1);
	path = tfs_file_xdg("XDG_STATE_HOME", ".local/state");
	if (!want)
		assert_null(path);
	else
		assert_string_equal(path, want);
}

static void test_xdg(void **state)
{
	(void)state;
	assert_xdg("/s", "/h", "/s/tenantfs");
	assert_xdg(NULL, "/h", "/h/.local/state/tenantfs");
	assert_xdg("", "/h", "/h/.local/state/tenantfs");
	assert_xdg("relative", "/h", "/h/.local/state/tenantfs");
	assert_xdg("/s", NULL, "/s/tenantfs");
	assert_xdg(NULL, NULL, NULL);
	assert_xdg(NULL, "", NULL);
}

static void assert_expands(const char *path, const char *base, const char *want)
{
	cleanup_free char *got = tfs_file_expand(path, base);

	if (!want)
		assert_null(got);
	else
		assert_string_equal(got, want);
}

static void test_expand(void **state)
{
	(void)state;
	setenv("HOME", "/h", 1);
	assert_expands("~/x", "/b", "/h/x");
	assert_expands("~", NULL, "/h");
	assert_expands("~other/x", "/b", "/b/~other/x");
	assert_expands("/x", "/b", "/x");
	assert_expands("x/y", "/b", "/b/x/y");
	assert_expands("x", NULL, "x");
	unsetenv("HOME");
	assert_expands("~/x", NULL, NULL);
	assert_expands("x", "/b", "/b/x");
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_folder(test_read),
		in_folder(test_read_errors_name_the_path),
		in_folder(test_read_ceiling),
		in_folder(test_read_large_and_sizeless),
		in_folder(test_private_accepts_private),
		in_folder(test_private_refuses_others),
		in_folder(test_private_refuses_no_regular_file),
		in_folder(test_private_refuses_another_user),
		in_folder(test_write_replaces_and_sets_the_mode),
		in_folder(test_write_failing_leaves_nothing),
		in_folder(test_a_reader_never_sees_a_part),
		in_folder(test_create),
		in_folder(test_private_dir),
		in_folder(test_private_dir_refused),
		in_folder(test_lock),
		cmocka_unit_test(test_xdg),
		cmocka_unit_test(test_expand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
