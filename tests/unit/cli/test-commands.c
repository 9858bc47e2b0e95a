/* The table of commands, and the parsing of their words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static void test_commands_are_sorted_and_unique(void **state)
{
	(void)state;
	assert_non_null(cli_commands[0].name);
	for (size_t i = 1; cli_commands[i].name; i++)
		assert_true(strcmp(cli_commands[i - 1].name, cli_commands[i].name) < 0);
	for (size_t i = 0; cli_commands[i].name; i++)
		assert_ptr_equal(cli_command_find(cli_commands, cli_commands[i].name), &cli_commands[i]);
	assert_null(cli_command_find(cli_commands, "mounts"));
	assert_null(cli_command_find(cli_commands, ""));
}

static void check_options(const struct cli_option *options)
{
	size_t n = 0;

	for (; options[n].name; n++) {
		assert_non_null(options[n].help);
		for (size_t k = 0; k < n; k++) {
			assert_string_not_equal(options[k].name, options[n].name);
			assert_true(!options[n].letter || options[n].letter != options[k].letter);
		}
		for (const struct cli_option *common = cli_common_options; common->name; common++) {
			assert_string_not_equal(common->name, options[n].name);
			assert_int_not_equal(common->letter, options[n].letter);
		}
	}
	assert_true(n <= CLI_MAX_OPTIONS);
}

static void test_commands_are_complete(void **state)
{
	(void)state;
	for (size_t i = 0; cli_commands[i].name; i++) {
		const struct cli_command *command = &cli_commands[i];
		assert_non_null(command->run);
		assert_non_null(command->arguments);
		assert_non_null(command->details);
		assert_true(command->most < 0 || command->most >= command->least);
		/* A public command has one line of help and an example. */
		if (command->help) {
			assert_in_range(strlen(command->help), 10, 65);
			char example[64];
			snprintf(example, sizeof(example), "tenantfs %s", command->name);
			assert_true(strstr(command->details, example) || strstr(command->details, "tenantfs -"));
		}
		if (command->options)
			check_options(command->options);
		for (const char *line = command->details; *line; line += strcspn(line, "\n"), line += *line == '\n')
			assert_in_range(strcspn(line, "\n"), 0, 110);
	}
}

static void test_similar_command_is_suggested(void **state)
{
	(void)state;
	assert_string_equal(cli_command_near(cli_commands, "moutn"), "mount");
	assert_string_equal(cli_command_near(cli_commands, "unmount"), "umount");
	assert_string_equal(cli_command_near(cli_commands, "stat"), "status");
	assert_null(cli_command_near(cli_commands, "xyzzy"));
	assert_null(cli_command_near(cli_commands, ""));
	assert_null(cli_command_near(cli_commands, "ca"));
	assert_null(cli_command_near(cli_commands, "mountmountmountmountmountmountmount"));
}

/* Discards the messages on standard error. */
static int read_words(struct cli *cli, bool *help, const char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	fflush(stderr);
	int kept = dup(STDERR_FILENO);
	FILE *nowhere = freopen("/dev/null", "w", stderr);

	assert_non_null(nowhere);
	cli_finish(cli);
	*cli = (struct cli){ .command = cli_command_find(cli_commands, argv[0]) };
	*help = false;
	int r = cli_parse_args(cli, argc, (char **)argv, help);
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	return r;
}

#define READ(...) read_words(&cli, &help, (const char *[]){ __VA_ARGS__, NULL })

static void test_words_and_options_are_read(void **state)
{
	(void)state;
	struct cli cli = { 0 };
	bool help;

	assert_int_equal(READ("mount", "acme", "-o", "ro", "dir", "-f", "--options=x=1,y"), 0);
	assert_int_equal(cli.n_args, 2);
	assert_string_equal(cli.args[0], "acme");
	assert_string_equal(cli.args[1], "dir");
	assert_string_equal(cli_option(&cli, "options"), "ro,x=1,y");
	assert_string_equal(cli_option(&cli, "foreground"), "");
	assert_int_equal(READ("mount", "dir", "-t", "acme", "-c", "f"), 0);
	assert_string_equal(cli.tenant, "acme");
	assert_string_equal(cli.config, "f");
	assert_null(cli_option(&cli, "options"));
	assert_int_equal(READ("call", "GET", "/x", "--", "--json"), 0);
	assert_int_equal(cli.n_args, 3);
	assert_null(cli_option(&cli, "json"));
	assert_int_equal(READ("login", "--user", "a", "--user=b"), 0);
	assert_string_equal(cli_option(&cli, "user"), "b");
	cli_finish(&cli);
}

static void test_wrong_words_are_refused(void **state)
{
	(void)state;
	struct cli cli = { 0 };
	bool help;

	assert_int_equal(READ("mount", "-f"), CLI_USAGE);
	assert_int_equal(READ("mount", "a", "b", "c"), CLI_USAGE);
	assert_int_equal(READ("mount", "a", "-o"), CLI_USAGE);
	assert_int_equal(READ("mount", "a", "--nonsense"), CLI_USAGE);
	assert_int_equal(READ("mount", "a", "-x"), CLI_USAGE);
	assert_int_equal(READ("mount", "a", "--foreground=yes"), CLI_USAGE);
	assert_int_equal(READ("umount", "-t", "x"), CLI_USAGE);
	assert_int_equal(READ("logout", "now"), CLI_USAGE);
	/* With --help, missing words are no error. */
	assert_int_equal(READ("umount", "--help"), 0);
	assert_true(help);
	cli_finish(&cli);
}

static void test_common_options_are_read(void **state)
{
	(void)state;
	const char *argv[] = { "tenantfs", "-t", "acme", "--config=f", "mount", "-f", NULL };
	struct cli cli = { 0 };
	bool help = false, version = false;

	assert_int_equal(cli_parse_common(&cli, 6, (char **)argv, &help, &version), 4);
	assert_string_equal(cli.tenant, "acme");
	assert_string_equal(cli.config, "f");
	assert_false(help || version);
	const char *asked[] = { "tenantfs", "--version", "-h", NULL };
	assert_int_equal(cli_parse_common(&cli, 3, (char **)asked, &help, &version), 3);
	assert_true(help && version);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands_are_sorted_and_unique),
		cmocka_unit_test(test_commands_are_complete),
		cmocka_unit_test(test_similar_command_is_suggested),
		cmocka_unit_test(test_words_and_options_are_read),
		cmocka_unit_test(test_wrong_words_are_refused),
		cmocka_unit_test(test_common_options_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
