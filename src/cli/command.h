/* The commands: their table, and how arguments are parsed. */
#ifndef TENANTFS_CLI_COMMAND_H
#define TENANTFS_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Exit codes of `tenantfs`. */
enum {
	CLI_DONE = 0,
	CLI_REFUSED = 1,
	CLI_DIFFERS = 2,
	CLI_UNREACHABLE = 3,
	CLI_USAGE = 64,
};

enum { CLI_MAX_OPTIONS = 8 };

struct cli_option {
	char letter;       /* 0: none */
	const char *name;  /* NULL ends a list */
	const char *value; /* name of the value in the help; NULL: the option has no value */
	const char *help;
	bool repeats; /* repeated values are joined by commas; otherwise the last one counts */
};

/* One parsed command line. */
struct cli {
	const char *tenant;                 /* -t; NULL */
	const char *config;                 /* -c; NULL */
	const struct cli_command *commands; /* the whole table, for help and completion */
	const struct cli_command *command;  /* the command's row */
	char *values[CLI_MAX_OPTIONS];      /* of command->options, by index; NULL: not given */
	char **args;                        /* positional arguments, NULL-terminated; borrowed from argv */
	int n_args;
};

struct cli_command {
	const char *name;
	const char *arguments;            /* "[TENANT] DIR", for the help */
	const char *help;                 /* one line; NULL: hidden */
	const char *details;              /* paragraphs of its --help: description and examples */
	const struct cli_option *options; /* in addition to the common ones; NULL: none */
	int least, most;                  /* number of arguments; most -1: no limit */
	bool whole;                       /* all arguments are passed on unparsed, options included */
	int (*run)(const struct cli *cli);
};

extern const struct cli_command cli_commands[];      /* sorted by name; a row without a name ends it */
extern const struct cli_option cli_common_options[]; /* -t, -c, -h: accepted by every command */

/* The command of that name; NULL: there is none. */
const struct cli_command *cli_command_find(const struct cli_command *commands, const char *name);
/* The name nearest to a mistyped one; NULL: none is near. */
const char *cli_command_near(const struct cli_command *commands, const char *name);

/* The value of one of the command's options: "" for an option without value, NULL when not given. */
const char *cli_option(const struct cli *cli, const char *name);

/*
 * Parses the options before the command's name. The index of that name in argv, argc if there is none, or
 * -CLI_USAGE after a message.
 */
int cli_parse_common(struct cli *cli, int argc, char **argv, bool *ret_help, bool *ret_version);
/*
 * Parses a command's arguments: argv[0] is its name, `cli->command` is set. 0, or CLI_USAGE after a message.
 */
int cli_parse_args(struct cli *cli, int argc, char **argv, bool *ret_help);
void cli_finish(struct cli *cli);

/* Mounts by the conventions of mount.fuse: SOURCE DIR [-sfnv] [-o OPTIONS] [-t TYPE]. */
int cli_run_mount_helper(int argc, char **argv);

void cli_print_help(const struct cli_command *commands);
void cli_print_command_help(const struct cli_command *command);

/* One function per command, each in its own file. */
int cli_run_blame(const struct cli *cli);
int cli_run_allow(const struct cli *cli);
int cli_run_call(const struct cli *cli);
int cli_run_complete(const struct cli *cli);
int cli_run_diff(const struct cli *cli);
int cli_run_discard(const struct cli *cli);
int cli_run_help(const struct cli *cli);
int cli_run_log(const struct cli *cli);
int cli_run_journal(const struct cli *cli);
int cli_run_login(const struct cli *cli);
int cli_run_logout(const struct cli *cli);
int cli_run_mount(const struct cli *cli);
int cli_run_push(const struct cli *cli);
int cli_run_refresh(const struct cli *cli);
int cli_run_restore(const struct cli *cli);
int cli_run_retry(const struct cli *cli);
int cli_run_sandbox(const struct cli *cli);
int cli_run_show(const struct cli *cli);
int cli_run_status(const struct cli *cli);
int cli_run_umount(const struct cli *cli);
int cli_run_undo(const struct cli *cli);

#endif
