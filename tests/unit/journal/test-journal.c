/* The journal: entries survive a crash, a full disk and a flipped bit. */
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
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "../scratch.h"
#include "../../../src/journal/journal.h"
#include "tenantfs/file.h"
#include "tenantfs/log.h"

struct fixture {
	char dir[64];
	struct tfs_journal *journal;
	struct tfs_op *op;
	struct tfs_journal_options options;
};

static void reopen(struct fixture *f)
{
	struct tfs_error error = { 0 };

	tfs_journal_close(f->journal);
	f->journal = NULL;
	assert_int_equal(tfs_journal_open(&f->options, &f->journal, &error), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	scratch_name(f->dir, sizeof(f->dir));
	assert_non_null(mkdtemp(f->dir));
	f->options.dir = f->dir;
	f->op = tfs_op_new(10000);
	reopen(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tfs_journal_close(f->journal);
	tfs_op_free(f->op);
	scratch_remove(f->dir);
	free(f);
	return 0;
}

static uint64_t begin(struct fixture *f, const char *path, const char *wanted)
{
	struct tfs_intent intent = {
		.type = TFS_CHANGE_CHANGE,
		.kind = "user",
		.path = path,
		.before = "{\"a\": 1}\n",
		.wanted = wanted,
		.change_set = "0123456789abcdef",
		.caller = { 1, 2, 3, "vim" },
	};
	uint64_t number = 0;

	assert_int_equal(tfs_journal_begin(f->journal, f->op, &intent, &number), 0);
	return number;
}

static int end(struct fixture *f, uint64_t intent, int result, const char *after)
{
	return tfs_journal_end(f->journal, intent,
			       &(struct tfs_outcome){ .result = result, .after = after, .endpoint = "PUT /x" });
}

static size_t open_count(struct fixture *f)
{
	uint64_t *intents;
	size_t count;

	assert_int_equal(tfs_journal_open_intents(f->journal, &intents, &count), 0);
	free(intents);
	return count;
}

static char *only_file(struct fixture *f)
{
	char pattern[96];
	glob_t found;
	char *path;

	snprintf(pattern, sizeof(pattern), "%s/*.log", f->dir);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	path = strdup(found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	return path;
}

static void test_entries_round_trip(void **state)
{
	struct fixture *f = *state;
	struct tfs_journal_entry entry;
	uint64_t one = begin(f, "a.json", "{\"a\": \"ü\\n\"}\n"), two = begin(f, "b.json", "2"), three;

	assert_int_equal(end(f, one, 0, "stands"), 0);
	assert_int_equal(end(f, one, 0, "again"), -ENOENT);
	assert_int_equal(end(f, 4711, 0, "never"), -ENOENT);
	for (int round = 0; round < 2; round++, reopen(f)) {
		assert_int_equal(open_count(f), 1);
		assert_int_equal(tfs_journal_read(f->journal, one, &entry), 0);
		assert_string_equal(entry.change.path, "a.json");
		assert_string_equal(entry.change.kind, "user");
		assert_string_equal(entry.change.before, "{\"a\": 1}\n");
		assert_string_equal(entry.change.wanted, "{\"a\": \"ü\\n\"}\n");
		assert_string_equal(entry.change.after, "stands");
		assert_string_equal(entry.change.endpoint, "PUT /x");
		assert_string_equal(entry.change.caller.command, "vim");
		assert_string_equal(entry.change.change_set, "0123456789abcdef");
		assert_int_equal(entry.change.caller.uid, 1);
		assert_int_equal(entry.change.caller.pid, 3);
		assert_int_equal(entry.change.type, TFS_CHANGE_CHANGE);
		assert_int_equal(entry.change.result, 0);
		assert_true(entry.change.seq > two);
		assert_true(entry.change.time.tv_sec > 1700000000);
		tfs_journal_entry_finish(&entry);
		assert_int_equal(tfs_journal_read(f->journal, two, &entry), 0);
		assert_int_equal(entry.change.seq, 0);
		assert_null(entry.outcome);
		tfs_journal_entry_finish(&entry);
		assert_int_equal(tfs_journal_read(f->journal, 4711, &entry), -ENOENT);
	}
	assert_int_equal(end(f, two, -EINVAL, NULL), 0);
	three = begin(f, "c.json", "3");
	assert_true(three > two + 2);
	reopen(f);
	assert_int_equal(tfs_journal_read(f->journal, two, &entry), 0);
	assert_int_equal(entry.change.result, -EINVAL);
	assert_null(entry.change.after);
	tfs_journal_entry_finish(&entry);
	assert_int_equal(open_count(f), 1);
}

/* A file truncated at any byte: exactly the complete lines are read, and later lines are readable. */
static void test_survives_truncation_at_every_byte(void **state)
{
	struct fixture *f = *state;
	struct tfs_buf bytes cleanup_buf = TFS_BUF_INIT(1 << 20);
	struct tfs_journal_entry entry;
	cleanup_free char *path = NULL;
	uint64_t one = begin(f, "a.json", "one"), two;
	size_t first, second;

	first = f->journal->stats.bytes;
	end(f, one, 0, "one");
	second = f->journal->stats.bytes;
	two = begin(f, "b.json", "two");
	path = only_file(f);
	reopen(f);
	assert_int_equal(tfs_file_read(path, &bytes, NULL), 0);
	for (size_t len = 0; len <= bytes.len; len++) {
		uint64_t next;

		tfs_journal_close(f->journal);
		f->journal = NULL;
		assert_int_equal(tfs_file_write(path, bytes.data, len, 0600, NULL), 0);
		reopen(f);
		assert_int_equal(f->journal->stats.settled, len >= second);
		assert_int_equal(f->journal->stats.open, len < first ? 0 : len < second ? 1 : len < bytes.len ? 0 : 1);
		assert_int_equal(f->journal->stats.damaged, 0);
		next = begin(f, "c.json", "three");
		reopen(f);
		assert_int_equal(tfs_journal_read(f->journal, next, &entry), 0);
		assert_string_equal(entry.change.path, "c.json");
		tfs_journal_entry_finish(&entry);
		assert_int_equal(f->journal->stats.damaged, 0);
	}
	assert_int_equal(tfs_journal_read(f->journal, two, &entry), 0);
	tfs_journal_entry_finish(&entry);
}

/* Any byte changed: that line counts as damaged, the others are read. */
static void test_detects_a_changed_byte(void **state)
{
	struct fixture *f = *state;
	struct tfs_buf bytes cleanup_buf = TFS_BUF_INIT(1 << 20);
	cleanup_free char *path = NULL;
	size_t first;

	begin(f, "a.json", "one");
	first = f->journal->stats.bytes;
	begin(f, "b.json", "two");
	path = only_file(f);
	reopen(f);
	assert_int_equal(tfs_file_read(path, &bytes, NULL), 0);
	for (size_t at = 0; at < first; at++) {
		tfs_journal_close(f->journal);
		f->journal = NULL;
		bytes.data[at] ^= 4;
		assert_int_equal(tfs_file_write(path, bytes.data, bytes.len, 0600, NULL), 0);
		bytes.data[at] ^= 4;
		reopen(f);
		/* A changed newline joins two lines: both are lost, and the end is truncated. */
		assert_int_equal(f->journal->stats.open, at == first - 1 ? 0 : 1);
		assert_int_equal(f->journal->stats.damaged >= 1, at != first - 1);
	}
}

struct seen {
	uint64_t seqs[4096];
	size_t count;
	int stop_at;
};

static int see(void *context, const struct tfs_journal_entry *entry)
{
	struct seen *seen = context;

	seen->seqs[seen->count++] = entry->change.seq;
	return seen->stop_at > 0 && (int)seen->count == seen->stop_at ? -ECANCELED : 0;
}

static void test_lists_changes_in_order_of_settling(void **state)
{
	struct fixture *f = *state;
	uint64_t one = begin(f, "a.json", "1"), two = begin(f, "b.json", "2"), three = begin(f, "c.json", "3");
	struct seen seen = { 0 };

	(void)three;
	end(f, two, 0, "2");
	end(f, one, -EIO, NULL);
	for (int round = 0; round < 2; round++, reopen(f)) {
		seen = (struct seen){ 0 };
		assert_int_equal(tfs_journal_each(f->journal, 0, see, &seen), 0);
		assert_int_equal(seen.count, 2);
		assert_true(seen.seqs[0] < seen.seqs[1]);
		assert_int_equal(tfs_journal_each(f->journal, seen.seqs[0], see, &seen), 0);
		assert_int_equal(seen.count, 3);
		assert_int_equal(seen.seqs[2], seen.seqs[1]);
	}
	seen = (struct seen){ .stop_at = 1 };
	assert_int_equal(tfs_journal_each(f->journal, 0, see, &seen), -ECANCELED);
	assert_int_equal(seen.count, 1);
}

static void test_open_intents_ascend_after_their_lines_were_copied(void **state)
{
	struct fixture *f = *state;
	uint64_t stays[3], *open = NULL;
	size_t count = 0;
	char text[513];

	f->options.segment = 8 << 10;
	f->options.keep = 64 << 10;
	reopen(f);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < 3; i++)
		stays[i] = begin(f, "stays.json", text);
	for (int i = 0; i < 200; i++)
		end(f, begin(f, "a.json", text), 0, text);
	reopen(f);
	assert_int_equal(tfs_journal_open_intents(f->journal, &open, &count), 0);
	assert_int_equal(count, 3);
	assert_memory_equal(open, stays, sizeof(stays));
	free(open);
}

/* Hundreds of changes: old segments go, the first open intent stays, numbers are never reused. */
static void test_prunes_old_segments(void **state)
{
	struct fixture *f = *state;
	struct tfs_journal_entry entry;
	struct seen seen = { 0 };
	uint64_t stays, last = 0, intent;
	char text[513];

	f->options.segment = 8 << 10;
	f->options.keep = 64 << 10;
	f->options.max_unrecorded = 256 << 10;
	reopen(f);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	stays = begin(f, "stays.json", text);
	for (int i = 0; i < 500; i++) {
		intent = begin(f, "a.json", text);
		assert_true(intent > last);
		last = intent;
		end(f, intent, 0, text);
	}
	assert_in_range(f->journal->stats.bytes, 48 << 10, 80 << 10);
	assert_int_equal(f->journal->stats.open, 1);
	reopen(f);
	assert_int_equal(tfs_journal_read(f->journal, stays, &entry), 0);
	assert_string_equal(entry.change.path, "stays.json");
	tfs_journal_entry_finish(&entry);
	tfs_journal_each(f->journal, 0, see, &seen);
	assert_in_range(seen.count, 20, 80);
	/* Changes that the history has not recorded are kept … */
	tfs_journal_recorded(f->journal, seen.seqs[seen.count - 1]);
	for (int i = 0; i < 100; i++)
		end(f, begin(f, "b.json", text), 0, text);
	assert_in_range(f->journal->stats.bytes, 110 << 10, 256 << 10);
	reopen(f);
	last = seen.seqs[seen.count - 1];
	seen.count = 0;
	tfs_journal_each(f->journal, last, see, &seen);
	assert_int_equal(seen.count, 100);
	/* … up to max_unrecorded. */
	for (int i = 0; i < 500; i++)
		end(f, begin(f, "c.json", text), 0, text);
	assert_in_range(f->journal->stats.bytes, 200 << 10, 272 << 10);
}

static void test_reuses_no_recorded_number(void **state)
{
	struct fixture *f = *state;

	tfs_journal_recorded(f->journal, 5000);
	assert_true(begin(f, "a.json", "1") > 5000);
	reopen(f);
	assert_true(begin(f, "a.json", "1") > 5001);
}

/* RLIMIT_FSIZE simulates a disk that is full at a chosen byte. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes == 0 ? limit.rlim_max : bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_refuses_on_a_full_disk(void **state)
{
	struct fixture *f = *state;
	struct tfs_intent intent = { .type = TFS_CHANGE_CHANGE, .path = "full.json" };
	struct tfs_journal_entry entry;
	uint64_t before = begin(f, "a.json", "1"), number = 0;
	char text[4097];

	signal(SIGXFSZ, SIG_IGN);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	intent.wanted = text;
	limit_files(f->journal->stats.bytes + 100);
	assert_int_equal(tfs_journal_begin(f->journal, f->op, &intent, &number), -ENOSPC);
	assert_int_equal(number, 0);
	assert_string_equal(tfs_op_error(f->op)->message,
			    "nothing was sent, because the journal cannot be written: No space left on device");
	/* The outcome of an earlier intent is not lost: it waits in memory. */
	assert_int_equal(end(f, before, 0, text), 0);
	assert_int_equal(f->journal->stats.unwritten, 1);
	assert_int_equal(f->journal->stats.failing, ENOSPC);
	assert_int_equal(f->journal->stats.open, 0);
	assert_int_equal(tfs_journal_read(f->journal, before, &entry), 0);
	assert_string_equal(entry.change.after, text);
	tfs_journal_entry_finish(&entry);
	limit_files(0);
	tfs_op_error(f->op)->code = 0;
	assert_int_equal(tfs_journal_begin(f->journal, f->op, &intent, &number), 0);
	assert_int_equal(f->journal->stats.unwritten, 0);
	assert_int_equal(f->journal->stats.failing, 0);
	reopen(f);
	assert_int_equal(open_count(f), 1);
	assert_int_equal(f->journal->stats.damaged, 0);
	assert_int_equal(f->journal->stats.settled, 1);
}

/* The disk is full at each byte of a write in turn: the intent is refused and leaves no trace. */
static void test_failed_write_leaves_no_trace(void **state)
{
	struct fixture *f = *state;
	struct tfs_intent intent = { .type = TFS_CHANGE_CHANGE, .path = "full.json", .wanted = "{}" };
	uint64_t number;
	size_t bytes;

	signal(SIGXFSZ, SIG_IGN);
	end(f, begin(f, "a.json", "1"), 0, "1");
	bytes = f->journal->stats.bytes;
	for (size_t room = 1; room < 150; room += 7) {
		limit_files(bytes + room);
		assert_int_equal(tfs_journal_begin(f->journal, f->op, &intent, &number), -ENOSPC);
		limit_files(0);
		reopen(f);
		assert_int_equal(f->journal->stats.bytes, bytes);
		assert_int_equal(f->journal->stats.open, 0);
		assert_int_equal(f->journal->stats.damaged, 0);
	}
}

static void test_keeps_secrets_in_a_separate_file(void **state)
{
	struct fixture *f = *state;
	struct tfs_intent intent = { .type = TFS_CHANGE_CREATE,
				     .path = "s.json",
				     .wanted = "{\"password\": \"secret:00\"}",
				     .text = "{\"password\": \"hunter2\"}" };
	struct tfs_buf bytes cleanup_buf = TFS_BUF_INIT(1 << 20);
	struct tfs_journal_entry entry;
	cleanup_free char *path = NULL, *apart = NULL;
	struct stat st;
	uint64_t number;

	assert_int_equal(tfs_journal_begin(f->journal, f->op, &intent, &number), 0);
	assert_true(asprintf(&apart, "%s/%020llu.text", f->dir, (unsigned long long)number) > 0);
	assert_int_equal(stat(apart, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	reopen(f);
	assert_int_equal(tfs_journal_read(f->journal, number, &entry), 0);
	assert_string_equal(entry.text, "{\"password\": \"hunter2\"}");
	tfs_journal_entry_finish(&entry);
	path = only_file(f);
	assert_int_equal(tfs_file_read(path, &bytes, NULL), 0);
	assert_null(strstr(bytes.data, "hunter2"));
	end(f, number, 0, "x");
	assert_int_equal(access(apart, F_OK), -1);
	/* A text file whose intent was never written is removed at the next open. */
	assert_int_equal(tfs_file_write(apart, "x", 1, 0600, NULL), 0);
	reopen(f);
	assert_int_equal(access(apart, F_OK), -1);
}

enum { SAVERS = 16, SAVES = 50 };

static void *save_many(void *data)
{
	struct fixture *f = data, mine = *f;

	mine.op = tfs_op_new(60000);
	for (int i = 0; i < SAVES; i++)
		end(&mine, begin(&mine, "a.json", "{}"), 0, "{}");
	tfs_op_free(mine.op);
	return NULL;
}

/* Concurrent savers share syncs; every intent is written exactly once. */
static void test_concurrent_savers_share_syncs(void **state)
{
	struct fixture *f = *state;
	struct seen seen = { 0 };
	pthread_t threads[SAVERS];

	f->options.segment = 32 << 10;
	reopen(f);
	for (size_t i = 0; i < SAVERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, save_many, f), 0);
	for (size_t i = 0; i < SAVERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(f->journal->stats.writes, SAVERS * SAVES);
	assert_true(f->journal->stats.syncs < f->journal->stats.writes / 2);
	assert_int_equal(f->journal->stats.unwritten, 0);
	reopen(f);
	tfs_journal_each(f->journal, 0, see, &seen);
	assert_int_equal(seen.count, SAVERS * SAVES);
	for (size_t i = 1; i < seen.count; i++)
		assert_true(seen.seqs[i] > seen.seqs[i - 1]);
	assert_int_equal(open_count(f), 0);
}

static void test_refuses_a_foreign_folder(void **state)
{
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	struct tfs_journal *journal = NULL;

	chmod(f->dir, 0755);
	assert_int_equal(tfs_journal_open(&f->options, &journal, &error), -EACCES);
	assert_null(journal);
	chmod(f->dir, 0700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entries_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_survives_truncation_at_every_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(test_detects_a_changed_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lists_changes_in_order_of_settling, setup, teardown),
		cmocka_unit_test_setup_teardown(test_prunes_old_segments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_intents_ascend_after_their_lines_were_copied, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_reuses_no_recorded_number, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refuses_on_a_full_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_write_leaves_no_trace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keeps_secrets_in_a_separate_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_concurrent_savers_share_syncs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refuses_a_foreign_folder, setup, teardown),
	};

	tfs_log_set_level(TFS_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
