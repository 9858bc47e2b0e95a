/* tenantfs complete: what a shell may offer, from the table of commands; asked by the completion of bash. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "tenantfs/config.h"

static void print_names(void)
{
	for (size_t i = 0; i < cli_n_commands; i++)
		if (cli_commands[i].help)
			puts(cli_commands[i].name);
}

static void print_options(const struct cli_option *options)
{
	for (; options && options->name; options++)
		printf("--%s\n", options->name);
}

int cli_run_complete(const struct cli *cli)
{
	const struct cli_command *command = cli->n_words ? cli_command_find(cli->words[0]) : NULL;

	if (!command) {
		print_names();
		return CLI_DONE;
	}
	print_options(command->options);
	print_options(cli_common_options);
	return CLI_DONE;
}
