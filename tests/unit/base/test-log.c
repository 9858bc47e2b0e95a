/* The log: line format, levels, truncation, the systemd journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/log.h"

struct capture {
	int saved, file;
};

static void start_capture(struct capture *capture)
{
	capture->file = memfd_create("log", MFD_CLOEXEC);
	assert_true(capture->file >= 0);
	capture->saved = dup(STDERR_FILENO);
	dup2(capture->file, STDERR_FILENO);
}

static void end_capture(struct capture *capture, char *out, size_t room)
{
	ssize_t got = pread(capture->file, out, room - 1, 0);

	dup2(capture->saved, STDERR_FILENO);
	close(capture->saved);
	close(capture->file);
	assert_true(got >= 0);
	out[got] = '\0';
}

static void assert_matches(const char *text, const char *pattern)
{
	regex_t regex;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&regex, text, 0, NULL, 0) != 0)
		fail_msg("\"%s\" does not match %s", text, pattern);
	regfree(&regex);
}

#define TIME "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z "

static void test_line(void **state)
{
	struct capture capture;
	char text[4096];

	(void)state;
	unsetenv("JOURNAL_STREAM");
	start_capture(&capture);
	tfs_log(TFS_LOG_WARNING, 42, "lost %s", "a\nb");
	end_capture(&capture, text, sizeof(text));
	assert_matches(text, TIME "warning op=42 lost a\\?b\n$");
	start_capture(&capture);
	tfs_log(TFS_LOG_ERROR, 0, "x");
	end_capture(&capture, text, sizeof(text));
	assert_matches(text, TIME "error x\n$");
}

static void test_level(void **state)
{
	struct capture capture;
	char text[4096];

	(void)state;
	start_capture(&capture);
	tfs_log(TFS_LOG_DEBUG, 0, "hidden");
	tfs_log_set_level(TFS_LOG_DEBUG);
	tfs_log(TFS_LOG_DEBUG, 0, "shown");
	tfs_log_set_level(TFS_LOG_ERROR);
	tfs_log(TFS_LOG_WARNING, 0, "hidden");
	tfs_log_set_level(TFS_LOG_INFO);
	end_capture(&capture, text, sizeof(text));
	assert_matches(text, TIME "debug shown\n$");
}

static void test_long_lines_are_cut(void **state)
{
	struct capture capture;
	char text[8192], wide[4001];

	(void)state;
	for (int i = 0; i < 4000; i += 2)
		memcpy(wide + i, "\xc3\xa9", 2);
	wide[4000] = '\0';
	for (int shift = 0; shift < 2; shift++) {
		start_capture(&capture);
		tfs_log(TFS_LOG_INFO, 0, "%s%s", shift ? "x" : "", wide);
		end_capture(&capture, text, sizeof(text));
		assert_in_range(strlen(text), 1000, 1024);
		assert_int_equal(text[strlen(text) - 1], '\n');
		/* Truncated between characters. */
		assert_int_equal((unsigned char)text[strlen(text) - 2], 0xa9);
	}
}

static void test_journal(void **state)
{
	struct capture capture;
	char text[4096], stream[80];
	struct stat st;

	(void)state;
	start_capture(&capture);
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	tfs_log(TFS_LOG_ERROR, 7, "x");
	/* Standard error is not the stream that JOURNAL_STREAM names. */
	setenv("JOURNAL_STREAM", "1:1", 1);
	tfs_log(TFS_LOG_INFO, 0, "y");
	unsetenv("JOURNAL_STREAM");
	end_capture(&capture, text, sizeof(text));
	assert_matches(text, "^<3>op=7 x\n[0-9-]+T[0-9:.]+Z info y\n$");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_long_lines_are_cut),
		cmocka_unit_test(test_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
