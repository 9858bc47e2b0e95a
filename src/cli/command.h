/* The commands: one table, one way of reading their words. */
#ifndef TENANTFS_CLI_COMMAND_H
#define TENANTFS_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* How `tenantfs` ends. */
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
	const char *value; /* what help calls its value; NULL: it takes none */
	const char *help;
	bool repeats; /* values are joined by commas; else the last one counts */
};

/* The words of one call of the program, read. */
struct cli {
	const char *tenant; /* -t; NULL */
	const char *config; /* -c; NULL */
	const struct cli_command *commands; /* the whole table, for help and completion */
	const struct cli_command *command;  /* the row of this call */
	char *values[CLI_MAX_OPTIONS]; /* of command->options, by place; NULL: not given */
	char **words;                  /* what is no option, NULL-terminated; borrowed from argv */
	int n_words;
};

struct cli_command {
	const char *name;
	const char *arguments;            /* "[TENANT] DIR", for help */
	const char *help;                 /* one line */
	const char *details;              /* paragraphs for its --help: what it does, examples */
	const struct cli_option *options; /* its own, beside the common ones; NULL: none */
	int least, most;                  /* words it takes; most -1: any number */
	bool whole;                       /* takes its words as they stand, options among them */
	int (*run)(const struct cli *cli);
};

extern const struct cli_command cli_commands[]; /* sorted by name; a row without a name ends it */
extern const struct cli_option cli_common_options[]; /* -t, -c, -h: every command takes them */

/* The command of that name; NULL: there is none. */
const struct cli_command *cli_command_find(const struct cli_command *commands, const char *name);
/* The name nearest to a mistyped one; NULL: none is near. */
const char *cli_command_near(const struct cli_command *commands, const char *name);

/* The value of a command's own option, "" for one without value, NULL when not given. */
const char *cli_option(const struct cli *cli, const char *name);

/*
 * Reads what stands before the command's name: its place in argv, argc where
 * there is none, or -CLI_USAGE after a message.
 */
int cli_read_common(struct cli *cli, int argc, char **argv, bool *ret_help, bool *ret_version);
/* Reads a command's words: argv[0] is its name. 0, or CLI_USAGE after a message. `cli->command` is set. */
int cli_read_words(struct cli *cli, int argc, char **argv, bool *ret_help);
void cli_finish(struct cli *cli);

/* `mount.fuse` conventions: SOURCE DIR [-sfnv] [-o OPTIONS] [-t TYPE] as a mount command. */
int cli_run_mount_helper(int argc, char **argv);

void cli_print_help(const struct cli_command *commands);
void cli_print_command_help(const struct cli_command *command);

/* One function a command, each in its file. */
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
