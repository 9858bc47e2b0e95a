/* Parses a command's arguments by its row in the table, with getopt. */
#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "report.h"

enum { LONG_ONLY = 256 }; /* getopt's value of the first option without a letter */

const struct cli_option cli_common_options[] = {
	{ 't', "tenant", "TENANT", "the tenant, by its name in the configuration", false },
	{ 'c', "config", "FILE", "use another configuration file", false },
	{ 'h', "help", NULL, "show this help", false },
	{ 0 },
};

/* A list of options in the two forms getopt takes. */
struct forms {
	char letters[4 + 2 * 2 * CLI_MAX_OPTIONS];
	struct option names[2 * CLI_MAX_OPTIONS + 2];
	size_t n_letters, n_names;
};

static void add_forms(struct forms *forms, const struct cli_option *options, int first)
{
	for (int i = 0; options && options[i].name; i++) {
		int value = options[i].letter ? options[i].letter : first + i;
		if (options[i].letter) {
			forms->letters[forms->n_letters++] = options[i].letter;
			if (options[i].value)
				forms->letters[forms->n_letters++] = ':';
		}
		forms->names[forms->n_names++] =
			(struct option){ options[i].name, options[i].value ? required_argument : no_argument, NULL,
					 value };
	}
}

const char *cli_option(const struct cli *cli, const char *name)
{
	const struct cli_option *options = cli->command->options;

	for (size_t i = 0; options && options[i].name; i++)
		if (!strcmp(options[i].name, name))
			return cli->values[i];
	assert(!"an option of the command");
	return NULL;
}

static int keep_value(struct cli *cli, int place, const char *value)
{
	char **kept = &cli->values[place];
	char *joined = NULL;

	assert(place >= 0 && place < CLI_MAX_OPTIONS);
	if (cli->command->options[place].repeats && *kept) {
		if (asprintf(&joined, "%s,%s", *kept, value) < 0)
			joined = NULL;
	} else {
		joined = strdup(value ? value : "");
	}
	if (!joined)
		return cli_usage(cli->command, "out of memory");
	free(*kept);
	*kept = joined;
	return 0;
}

static int place_of(const struct cli_option *options, int value)
{
	for (int i = 0; options && options[i].name; i++)
		if (value == (options[i].letter ? options[i].letter : LONG_ONLY + i))
			return i;
	return -1;
}

static int complain(const struct cli_command *command, int value, char **argv, const char *before)
{
	if (value == ':')
		return cli_usage(command, "%s requires a value", before);
	if (optopt > 0 && optopt < LONG_ONLY && strncmp(before, "--", 2) != 0)
		return cli_usage(command, "there is no option -%c", optopt);
	return cli_usage(command, "there is no option %s", argv[optind - 1]);
}

int cli_parse_common(struct cli *cli, int argc, char **argv, bool *ret_help, bool *ret_version)
{
	struct forms forms = { .letters = "+:V", .n_letters = 3 };
	int value;

	forms.names[forms.n_names++] = (struct option){ "version", no_argument, NULL, 'V' };
	add_forms(&forms, cli_common_options, LONG_ONLY);
	optind = 0;
	opterr = 0;
	while ((value = getopt_long(argc, argv, forms.letters, forms.names, NULL)) >= 0) {
		if (value == 't')
			cli->tenant = optarg;
		else if (value == 'c')
			cli->config = optarg;
		else if (value == 'h')
			*ret_help = true;
		else if (value == 'V')
			*ret_version = true;
		else
			return -complain(NULL, value, argv, argv[optind - 1]);
	}
	return optind;
}

static int check_count(const struct cli *cli)
{
	const struct cli_command *command = cli->command;

	if (cli->n_args < command->least)
		return cli_usage(command, "it takes %s", command->arguments);
	if (command->most >= 0 && cli->n_args > command->most)
		return command->most ? cli_usage(command, "\"%s\" is unexpected: it takes %s", cli->args[command->most],
						 command->arguments)
				     : cli_usage(command, "\"%s\" is unexpected: it takes options only", cli->args[0]);
	return 0;
}

int cli_parse_args(struct cli *cli, int argc, char **argv, bool *ret_help)
{
	struct forms forms = { .letters = ":", .n_letters = 1 };
	int value;

	add_forms(&forms, cli_common_options, LONG_ONLY + CLI_MAX_OPTIONS);
	add_forms(&forms, cli->command->options, LONG_ONLY);
	/* 0 makes glibc start over and read the first character of the letters again. */
	optind = 0;
	opterr = 0;
	while ((value = getopt_long(argc, argv, forms.letters, forms.names, NULL)) >= 0) {
		int place = place_of(cli->command->options, value);
		if (value == 't')
			cli->tenant = optarg;
		else if (value == 'c')
			cli->config = optarg;
		else if (value == 'h')
			*ret_help = true;
		else if (place < 0)
			return complain(cli->command, value, argv, argv[optind - 1]);
		else if (keep_value(cli, place, optarg))
			return CLI_USAGE;
	}
	cli->args = argv + optind;
	cli->n_args = argc - optind;
	return *ret_help ? 0 : check_count(cli);
}

void cli_finish(struct cli *cli)
{
	for (size_t i = 0; i < CLI_MAX_OPTIONS; i++) {
		free(cli->values[i]);
		cli->values[i] = NULL;
	}
}
