/* tenantfs help: prints the list of commands, or the help of one. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "report.h"

static void print_option(const struct cli_option *option)
{
	char left[64];

	if (option->letter)
		snprintf(left, sizeof(left), "-%c, --%s%s%s", option->letter, option->name, option->value ? " " : "",
			 option->value ? option->value : "");
	else
		snprintf(left, sizeof(left), "    --%s%s%s", option->name, option->value ? " " : "",
			 option->value ? option->value : "");
	printf("  %-24s %s\n", left, option->help);
}

static void print_options(const struct cli_option *options)
{
	for (; options && options->name; options++)
		print_option(options);
}

void cli_print_help(const struct cli_command *commands)
{
	puts("usage: tenantfs [-t TENANT] [-c FILE] COMMAND …\n\n"
	     "Mounts a tenant of an identity platform as a directory of JSON files.\n");
	for (const struct cli_command *command = commands; command->name; command++)
		if (command->help)
			printf("  %-10s %s\n", command->name, command->help);
	puts("");
	print_options(cli_common_options);
	puts("      --version            print the version\n\n"
	     "A command's tenant is that of -t, else of the mount that contains its path or the current\n"
	     "directory, else the only one configured. Exit codes: 0 done, 1 refused, 2 different,\n"
	     "3 not reachable, 64 usage error. More: tenantfs help COMMAND, tenantfs(1).");
}

void cli_print_command_help(const struct cli_command *command)
{
	printf("usage: tenantfs %s%s%s\n\n%s\n\n", command->name, command->arguments[0] ? " " : "", command->arguments,
	       command->details);
	print_options(command->options);
	print_options(cli_common_options);
}

int cli_run_help(const struct cli *cli)
{
	const struct cli_command *command = cli->n_args ? cli_command_find(cli->commands, cli->args[0]) : NULL;

	if (cli->n_args && !command)
		return cli_usage(NULL, "there is no command \"%s\"", cli->args[0]);
	if (command)
		cli_print_command_help(command);
	else
		cli_print_help(cli->commands);
	return CLI_DONE;
}
