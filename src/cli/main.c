/* tenantfs: finds the command that is meant and runs it. */
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "report.h"
#include "tenantfs/json.h"
#include "tenantfs/secret.h"

static bool is_mount_helper(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;

	return !strncmp(name, "mount.", strlen("mount."));
}

static int run_command(struct cli *cli, int argc, char **argv, bool help)
{
	int r = 0;

	if (cli->command->whole && !help) {
		cli->words = argv;
		cli->n_words = argc;
	} else {
		r = cli_read_words(cli, argc, argv, &help);
	}
	if (r)
		return r;
	if (help) {
		cli_print_command_help(cli->command);
		return CLI_DONE;
	}
	return cli->command->run(cli);
}

static int fail_unknown(const char *name)
{
	const char *near = cli_command_near(cli_commands, name);

	if (near)
		return cli_usage(NULL, "there is no command \"%s\"; \"%s\" perhaps?", name, near);
	return cli_usage(NULL, "there is no command \"%s\"", name);
}

static int run(int argc, char **argv)
{
	struct cli cli = { .commands = cli_commands };
	bool help = false, version = false;
	int place = cli_read_common(&cli, argc, argv, &help, &version);

	if (place < 0)
		return -place;
	if (version) {
		puts("tenantfs " TENANTFS_VERSION);
		return CLI_DONE;
	}
	if (place == argc) {
		if (help) {
			cli_print_help(cli_commands);
			return CLI_DONE;
		}
		return cli_usage(NULL, "no command given");
	}
	cli.command = cli_command_find(cli_commands, argv[place]);
	/* What mount(8) calls for a type of fuse.tenantfs: the program with source and folder. */
	if (!cli.command && place == 1 && argc >= 3 && argv[2][0] == '/')
		return cli_run_mount_helper(argc, argv);
	if (!cli.command)
		return fail_unknown(argv[place]);
	int r = run_command(&cli, argc - place, argv + place, help);
	cli_finish(&cli);
	return r;
}

/* mount(8) hands on no environment; configuration and state are looked for in the home folder. */
static void set_home(void)
{
	const struct passwd *user = getenv("HOME") ? NULL : getpwuid(geteuid());

	if (user && user->pw_dir && user->pw_dir[0] == '/')
		setenv("HOME", user->pw_dir, 1);
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	tfs_secret_harden_process();
	tfs_json_wipe_freed();
	/* What libgit2 makes in the state folder is as private as the rest of it. */
	umask(077);
	set_home();
	/* A reader that went away makes the write fail; it does not end us in the middle of a call. */
	signal(SIGPIPE, SIG_IGN);
	int r = argc && is_mount_helper(argv[0]) ? cli_run_mount_helper(argc, argv) : run(argc, argv);
	if (fflush(stdout) == EOF && r == CLI_DONE)
		r = CLI_REFUSED;
	return r;
}
