/* Drafts: written as files, read after a restart, replaced atomically, kept in memory on a full disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "../scratch.h"
#include "tenantfs/drafts.h"
#include "tenantfs/file.h"
#include "tenantfs/log.h"

struct fixture {
	char dir[64];
	struct tfs_drafts *drafts;
};

static void reopen(struct fixture *f)
{
	struct tfs_error error = { 0 };

	tfs_drafts_close(f->drafts);
	f->drafts = NULL;
	assert_int_equal(tfs_drafts_open(f->dir, &f->drafts, &error), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	scratch_name(f->dir, sizeof(f->dir));
	assert_non_null(mkdtemp(f->dir));
	reopen(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tfs_drafts_close(f->drafts);
	scratch_remove(f->dir);
	free(f);
	return 0;
}

static char *put(struct fixture *f, const char *path, const char *text, const char *base, pid_t pid)
{
	cleanup_json json_t *where = json_pack("{s:s}", "kind", "user");
	struct tfs_draft draft = {
		.path = (char *)(uintptr_t)path,
		.where = where,
		.text = (char *)(uintptr_t)text,
		.len = strlen(text),
		.base = (char *)(uintptr_t)base,
		.base_id = base ? (char *)(uintptr_t) "u1" : NULL,
		.pid = pid,
	};
	char *name = NULL;

	tfs_error_set(&draft.error, -EINVAL, "document", "wrong");
	assert_int_equal(tfs_drafts_put(f->drafts, &draft, &name), 0);
	return name;
}

static char *put_by(struct fixture *f, uid_t uid, const char *path, const char *text, pid_t pid)
{
	struct tfs_draft draft = {
		.path = (char *)(uintptr_t)path,
		.text = (char *)(uintptr_t)text,
		.len = strlen(text),
		.uid = uid,
		.pid = pid,
	};
	char *name = NULL;

	tfs_error_set(&draft.error, -EINVAL, "document", "wrong");
	assert_int_equal(tfs_drafts_put(f->drafts, &draft, &name), 0);
	return name;
}

static void assert_draft(struct fixture *f, const char *name, const char *text)
{
	struct tfs_draft *draft cleanup_draft = tfs_drafts_get(f->drafts, name);

	assert_non_null(draft);
	assert_string_equal(draft->text, text);
}

static size_t count_files(struct fixture *f)
{
	struct tfs_drafts *drafts;
	struct tfs_error error;
	size_t count;

	assert_int_equal(tfs_drafts_open(f->dir, &drafts, &error), 0);
	count = tfs_drafts_count(drafts);
	tfs_drafts_close(drafts);
	return count;
}

static void test_survives_a_restart(void **state)
{
	struct fixture *f = *state;
	struct tfs_draft *draft;
	struct stat st;
	char path[128];

	free(put(f, "a/b.json", "mine\nand\n", "base", 7));
	assert_int_equal(tfs_drafts_write(f->drafts), 0);
	snprintf(path, sizeof(path), "%s/00000000000000000001.draft", f->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	reopen(f);
	draft = tfs_drafts_get(f->drafts, "a/b.json");
	assert_non_null(draft);
	assert_string_equal(draft->text, "mine\nand\n");
	assert_string_equal(draft->base, "base");
	assert_string_equal(draft->base_id, "u1");
	assert_string_equal(draft->path, "a/b.json");
	assert_string_equal(draft->error.message, "wrong");
	assert_int_equal(draft->error.code, -EINVAL);
	assert_string_equal(draft->error.origin, "document");
	assert_int_equal(draft->pid, 0);
	assert_string_equal(tfs_json_text(draft->where, "kind"), "user");
	assert_true(tfs_drafts_drop(f->drafts, draft));
	assert_false(tfs_drafts_drop(f->drafts, draft));
	tfs_draft_unref(draft);
	assert_int_equal(count_files(f), 0);
}

static void test_keeps_drafts_of_two_processes(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *one = put(f, "a.json", "one", NULL, 1), *two = put(f, "a.json", "two", NULL, 2);
	cleanup_free char *again = put(f, "a.json", "one more", NULL, 1), *same = put(f, "a.json", "two", NULL, 3);
	cleanup_free char *third = NULL;

	assert_string_equal(one, "a.json");
	assert_string_equal(two, "a.json.2");
	assert_string_equal(again, "a.json");
	assert_string_equal(same, "a.json.2");
	assert_int_equal(tfs_drafts_write(f->drafts), 0);
	reopen(f);
	assert_int_equal(tfs_drafts_count(f->drafts), 2);
	assert_draft(f, "a.json", "one more");
	assert_draft(f, "a.json.2", "two");
	/* After a restart the process is unknown: a different text is a third draft. */
	third = put(f, "a.json", "three", NULL, 1);
	assert_string_equal(third, "a.json.3");
}

/* Equal texts from equal pids of two users are two drafts, before and after a restart. */
static void test_keeps_drafts_of_two_users(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *one = put_by(f, 7, "a.json", "text", 1), *two = put_by(f, 8, "a.json", "text", 1);
	cleanup_free char *again = NULL;
	struct tfs_draft *draft;

	assert_string_equal(one, "a.json");
	assert_string_equal(two, "a.json.2");
	assert_int_equal(tfs_drafts_write(f->drafts), 0);
	reopen(f);
	draft = tfs_drafts_get(f->drafts, two);
	assert_non_null(draft);
	assert_int_equal(draft->uid, 8);
	tfs_draft_unref(draft);
	again = put_by(f, 8, "a.json", "text", 5);
	assert_string_equal(again, "a.json.2");
	assert_int_equal(tfs_drafts_count(f->drafts), 2);
}

/* The old file is removed after the new one is written. After a crash in between, the later one wins. */
static void test_replaces_atomically(void **state)
{
	struct fixture *f = *state;
	struct tfs_buf old cleanup_buf = TFS_BUF_INIT(1 << 20);
	char path[128];

	free(put(f, "a.json", "one", NULL, 1));
	assert_int_equal(tfs_drafts_write(f->drafts), 0);
	snprintf(path, sizeof(path), "%s/00000000000000000001.draft", f->dir);
	assert_int_equal(tfs_file_read(path, &old, NULL), 0);
	free(put(f, "a.json", "two", NULL, 1));
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(tfs_drafts_write(f->drafts), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(tfs_file_write(path, old.data, old.len, 0600, NULL), 0);
	reopen(f);
	assert_int_equal(tfs_drafts_count(f->drafts), 1);
	assert_draft(f, "a.json", "two");
	assert_int_equal(access(path, F_OK), -1);
}

static void test_ignores_damaged_files(void **state)
{
	struct fixture *f = *state;
	struct tfs_buf whole cleanup_buf = TFS_BUF_INIT(1 << 20);
	char path[128];

	free(put(f, "a.json", "text", "base", 1));
	assert_int_equal(tfs_drafts_write(f->drafts), 0);
	snprintf(path, sizeof(path), "%s/00000000000000000001.draft", f->dir);
	assert_int_equal(tfs_file_read(path, &whole, NULL), 0);
	for (size_t len = 0; len < whole.len; len++) {
		assert_int_equal(tfs_file_write(path, whole.data, len, 0600, NULL), 0);
		reopen(f);
		assert_int_equal(tfs_drafts_count(f->drafts), 0);
		assert_int_equal(access(path, F_OK), 0);
	}
	free(put(f, "b.json", "text", NULL, 1));
	assert_int_equal(tfs_drafts_write(f->drafts), 0);
	assert_int_equal(access(path, F_OK), 0);
}

static void test_full_disk_keeps_it_in_memory(void **state)
{
	struct fixture *f = *state;
	struct rlimit limit;
	cleanup_json json_t *shown = NULL;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	free(put(f, "a.json", "text", NULL, 1));
	assert_int_equal(tfs_drafts_write(f->drafts), -EFBIG);
	shown = tfs_drafts_to_json(f->drafts);
	assert_string_equal(tfs_json_text(json_array_get(shown, 0), "kept"), "memory");
	assert_draft(f, "a.json", "text");
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	reopen(f);
	assert_draft(f, "a.json", "text");
}

static void test_ceiling_refuses_the_new_draft(void **state)
{
	struct fixture *f = *state;
	struct tfs_draft draft = { .path = (char *)(uintptr_t) "big.json", .len = 90 << 20 };

	draft.text = calloc(1, draft.len + 1);
	for (pid_t pid = 1; pid <= 2; pid++) {
		draft.pid = pid;
		draft.text[0] = (char)pid;
		assert_int_equal(tfs_drafts_put(f->drafts, &draft, NULL), 0);
	}
	draft.pid = 3;
	draft.text[0] = 3;
	assert_int_equal(tfs_drafts_put(f->drafts, &draft, NULL), -ENOSPC);
	assert_int_equal(tfs_drafts_count(f->drafts), 2);
	free(draft.text);
	/* The large drafts must not be written when the table is closed. */
	for (struct tfs_draft *kept;
	     (kept = tfs_drafts_get(f->drafts, "big.json")) || (kept = tfs_drafts_get(f->drafts, "big.json.2"));) {
		tfs_drafts_drop(f->drafts, kept);
		tfs_draft_unref(kept);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_survives_a_restart),
		TEST(test_keeps_drafts_of_two_processes),
		TEST(test_keeps_drafts_of_two_users),
		TEST(test_replaces_atomically),
		TEST(test_ignores_damaged_files),
		TEST(test_full_disk_keeps_it_in_memory),
		TEST(test_ceiling_refuses_the_new_draft),
	};

	tfs_log_set_level(TFS_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
