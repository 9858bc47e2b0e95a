/* tenantfs: finds the command and runs it. */
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
#include "terminal.h"
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
		cli->args = argv;
		cli->n_args = argc;
	} else {
		r = cli_parse_args(cli, argc, argv, &help);
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
		return cli_usage(NULL, "there is no command \"%s\"; did you mean \"%s\"?", name, near);
	return cli_usage(NULL, "there is no command \"%s\"", name);
}

static int run(int argc, char **argv)
{
	struct cli cli = { .commands = cli_commands };
	bool help = false, version = false;
	int place = cli_parse_common(&cli, argc, argv, &help, &version);

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
	/* mount(8) calls the program of a type fuse.tenantfs with source and directory. */
	if (!cli.command && place == 1 && argc >= 3 && argv[2][0] == '/')
		return cli_run_mount_helper(argc, argv);
	if (!cli.command)
		return fail_unknown(argv[place]);
	int r = run_command(&cli, argc - place, argv + place, help);
	cli_finish(&cli);
	return r;
}

/* mount(8) passes no environment: configuration and state are found through HOME. */
static void set_home(void)
{
	const struct passwd *user = getenv("HOME") ? NULL : getpwuid(geteuid());

	if (user && user->pw_dir && user->pw_dir[0] == '/')
		setenv("HOME", user->pw_dir, 1);
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	cli_terminal_guard();
	tfs_secret_harden_process();
	tfs_json_wipe_freed();
	/* Files that libgit2 creates in the state folder must be private, too. */
	umask(077);
	set_home();
	/* A closed pipe makes a write fail instead of ending the process in the middle of a call. */
	signal(SIGPIPE, SIG_IGN);
	int r = argc && is_mount_helper(argv[0]) ? cli_run_mount_helper(argc, argv) : run(argc, argv);
	if (fflush(stdout) == EOF && r == CLI_DONE)
		r = CLI_REFUSED;
	return r;
}
