/* tenantfs complete: prints names of commands or options for the shell's completion. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "tenantfs/config.h"

static void print_names(const struct cli_command *commands)
{
	for (const struct cli_command *command = commands; command->name; command++)
		if (command->help)
			puts(command->name);
}

static void print_options(const struct cli_option *options)
{
	for (; options && options->name; options++)
		printf("--%s\n", options->name);
}

int cli_run_complete(const struct cli *cli)
{
	const struct cli_command *command = cli->n_args ? cli_command_find(cli->commands, cli->args[0]) : NULL;

	if (!command) {
		print_names(cli->commands);
		return CLI_DONE;
	}
	print_options(command->options);
	print_options(cli_common_options);
	return CLI_DONE;
}
