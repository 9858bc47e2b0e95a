/* Pushing: git's output, its environment, the pause before a retry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../src/history/git-process.h"
#include "../../../src/history/push.h"

static void assert_read(const char *printed, char flag, const char *note)
{
	char found[64];

	assert_int_equal(history_git_process_answer(printed, found, sizeof(found)), flag);
	assert_string_equal(found, note);
}

static void test_output_of_a_push_is_parsed(void **state)
{
	(void)state;
	assert_read("To /srv/x.git\n*\t4b8:refs/heads/acme/one\t[new branch]\nDone\n", '*', "[new branch]");
	assert_read("To /srv/x.git\n \t4b8:refs/heads/acme/one\t1a2..4b8\nDone\n", ' ', "1a2..4b8");
	assert_read("=\t4b8:refs/heads/acme/one\t[up to date]\nDone\n", '=', "[up to date]");
	assert_read("To x:y\n!\t4b8:refs/heads/a\t[rejected] (fetch first)\nDone\n", '!', "[rejected] (fetch first)");
	assert_read("!\t4b8:refs/heads/a\t[remote rejected] (no)", '!', "[remote rejected] (no)");
	assert_read("", 0, "");
	assert_read("To /srv/x.git\nDone\n", 0, "");
	assert_read("!\n*\n", 0, "");
	/* Truncated to the buffer. */
	assert_read("!\ta:b\t[remote rejected] (0123456789012345678901234567890123456789012345678901234567890)\n", '!',
		    "[remote rejected] (01234567890123456789012345678901234567890123");
}

static void assert_reason(const char *said, const char *wanted)
{
	char found[160];

	history_git_process_reason(said, found, sizeof(found));
	assert_string_equal(found, wanted);
}

static void test_reason_omits_noise_and_logins(void **state)
{
	(void)state;
	assert_reason("", "");
	assert_reason("\n  \r\n", "");
	assert_reason("fatal: unable to access 'https://ann:sesame@example.com/x/': refused\n",
		      "unable to access 'https://example.com/x/': refused");
	assert_reason("fatal: 'https://a@b:c@d@example.com:8/x' and ssh://tok@h\n",
		      "'https://example.com:8/x' and ssh://h");
	/* An "@" in the path does not end a login. */
	assert_reason("fatal: https://example.com/@scope/x\n", "https://example.com/@scope/x");
	assert_reason("Warning: Permanently added 'h' to the list of known hosts.\r\n"
		      "git@h: Permission denied (publickey).\r\n"
		      "fatal: Could not read from remote repository.\n\n"
		      "Please make sure you have the correct access rights\nand the repository exists.\n",
		      "git@h: Permission denied (publickey).");
	assert_reason("remote: not before noon        \nTo /srv/x.git\n"
		      "error: failed to push some refs to '/srv/x.git'\nhint: Updates were rejected\n",
		      "not before noon");
	assert_reason("one\ntwo\nthree\nfatal: four\n", "two; three; four");
	assert_reason("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		      "0123456789012345678901234567890123456789012345678901234567890123456789\nfatal: short\n",
		      "short");
}

static const char *value_of(const struct variables *variables, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < variables->count; i++) {
		if (strncmp(variables->all[i], name, strlen(name)) != 0 || variables->all[i][strlen(name)] != '=')
			continue;
		assert_null(found);
		found = variables->all[i] + strlen(name) + 1;
	}
	return found;
}

static void test_git_environment_is_cleaned(void **state)
{
	static const char *const config[] = { "remote.tenantfs.url", "/srv/x.git", "core.hooksPath", "/dev/null",
					      NULL };
	struct variables made;

	(void)state;
	setenv("GIT_DIR", "/nonexistent", 1);
	setenv("GIT_TRACE_CURL", "1", 1);
	setenv("GIT_CONFIG_COUNT", "7", 1);
	setenv("GIT_CONFIG_GLOBAL", "/etc/other", 1);
	setenv("SSH_ASKPASS", "/usr/bin/ask", 1);
	setenv("SSH_AUTH_SOCK", "/run/agent", 1);
	setenv("LC_ALL", "de_DE.UTF-8", 1);
	assert_int_equal(history_git_process_environment("/state/history.git", config, &made), 0);
	assert_string_equal(value_of(&made, "GIT_DIR"), "/state/history.git");
	assert_string_equal(value_of(&made, "GIT_TERMINAL_PROMPT"), "0");
	assert_string_equal(value_of(&made, "GIT_CONFIG_GLOBAL"), "/etc/other");
	assert_string_equal(value_of(&made, "GIT_CONFIG_COUNT"), "2");
	assert_string_equal(value_of(&made, "GIT_CONFIG_KEY_0"), "remote.tenantfs.url");
	assert_string_equal(value_of(&made, "GIT_CONFIG_VALUE_1"), "/dev/null");
	assert_string_equal(value_of(&made, "SSH_AUTH_SOCK"), "/run/agent");
	assert_string_equal(value_of(&made, "LC_ALL"), "C");
	assert_null(value_of(&made, "GIT_TRACE_CURL"));
	assert_null(value_of(&made, "SSH_ASKPASS"));
	assert_null(made.all[made.count]);
	history_variables_finish(&made);
}

static void test_pauses_grow_to_a_limit(void **state)
{
	(void)state;
	assert_int_equal(history_push_pause_ms(1, 0), 2500);
	assert_int_equal(history_push_pause_ms(1, 255), 5000);
	assert_int_equal(history_push_pause_ms(2, 255), 10000);
	assert_int_equal(history_push_pause_ms(8, 255), 640000);
	assert_int_equal(history_push_pause_ms(9, 255), 900000);
	assert_int_equal(history_push_pause_ms(4000000000U, 255), 900000);
	assert_int_equal(history_push_pause_ms(4000000000U, 0), 450000);
}

/* The stored commit is valid for its remote and branch only. */
static void test_pushed_commit_is_stored_by_remote_and_branch(void **state)
{
	struct tfs_config config = { .history_remote = (char *)"/srv/a b.git", .history_branch = (char *)"acme/one" };
	struct pushed pushed = { .time = 1790000000 }, read;
	char folder[] = "/tmp/test-push-XXXXXX", path[64];

	(void)state;
	memset(pushed.commit, 'a', 40);
	assert_non_null(mkdtemp(folder));
	history_pushed_read(&config, folder, &read);
	assert_string_equal(read.commit, "");
	assert_int_equal(history_pushed_write(&config, folder, &pushed, NULL), 0);
	history_pushed_read(&config, folder, &read);
	assert_string_equal(read.commit, pushed.commit);
	assert_int_equal(read.time, pushed.time);
	config.history_branch = (char *)"acme/two";
	history_pushed_read(&config, folder, &read);
	assert_string_equal(read.commit, "");
	config.history_branch = (char *)"acme/one";
	config.history_remote = (char *)"/srv/a";
	history_pushed_read(&config, folder, &read);
	assert_string_equal(read.commit, "");
	snprintf(path, sizeof(path), "%s/tenantfs-pushed", folder);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_of_a_push_is_parsed),
		cmocka_unit_test(test_reason_omits_noise_and_logins),
		cmocka_unit_test(test_git_environment_is_cleaned),
		cmocka_unit_test(test_pauses_grow_to_a_limit),
		cmocka_unit_test(test_pushed_commit_is_stored_by_remote_and_branch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
