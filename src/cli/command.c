/* Finds a row of the table of commands: by its name, or by a mistyped one. */
#include "command.h"

#include <assert.h>
#include <string.h>

const struct cli_command *cli_command_find(const struct cli_command *commands, const char *name)
{
	for (const struct cli_command *command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

enum { LONGEST_NAME = 31 };

static size_t least(size_t a, size_t b, size_t c)
{
	size_t d = a < b ? a : b;

	return d < c ? d : c;
}

/* The edit distance: insertions, deletions and replacements of one letter. */
static size_t distance(const char *name, const char *other)
{
	size_t row[LONGEST_NAME + 1];
	size_t len = strlen(other);

	assert(len <= LONGEST_NAME);
	for (size_t k = 0; k <= len; k++)
		row[k] = k;
	for (size_t i = 1; name[i - 1]; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t k = 1; k <= len; k++) {
			size_t above = row[k];
			row[k] = least(above + 1, row[k - 1] + 1, corner + (name[i - 1] != other[k - 1]));
			corner = above;
		}
	}
	return row[len];
}

const char *cli_command_near(const struct cli_command *commands, const char *name)
{
	enum { FARTHEST = 2 };
	const char *best = NULL;
	size_t best_distance = FARTHEST + 1;

	if (strlen(name) <= FARTHEST || strlen(name) > LONGEST_NAME)
		return NULL;
	for (const struct cli_command *command = commands; command->name; command++) {
		size_t found = command->help ? distance(name, command->name) : best_distance;
		if (found < best_distance) {
			best = command->name;
			best_distance = found;
		}
	}
	return best;
}
