/* Parsing values: durations, sizes, booleans; and finding the intended name of a misspelled key. */
#include "settings.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* A whole number and an optional unit (default: the first). -EINVAL for anything else and for overflow. */
static int parse_number(const char *text, const struct unit *units, size_t n_units, uint64_t *ret)
{
	uint64_t number = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
			return -EINVAL;
	if (at == text)
		return -EINVAL;
	while (*at == ' ')
		at++;
	for (size_t i = 0; i < n_units; i++) {
		if (strcasecmp(at, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(number, units[i].factor, &number))
			return -EINVAL;
		*ret = number;
		return 0;
	}
	return -EINVAL;
}

int config_parse_duration(const char *text, uint64_t *ret_ms)
{
	static const struct unit units[] = {
		{ "", 1000 }, { "s", 1000 }, { "ms", 1 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
	};

	return parse_number(text, units, sizeof(units) / sizeof(units[0]), ret_ms);
}

int config_parse_size(const char *text, size_t *ret_bytes)
{
	static const struct unit units[] = {
		{ "", 1 },          { "k", 1 << 10 },   { "m", 1 << 20 },   { "g", 1 << 30 },
		{ "kib", 1 << 10 }, { "mib", 1 << 20 }, { "gib", 1 << 30 },
	};
	uint64_t bytes;
	int r = parse_number(text, units, sizeof(units) / sizeof(units[0]), &bytes);

	if (r < 0 || bytes > SIZE_MAX / 2)
		return -EINVAL;
	*ret_bytes = (size_t)bytes;
	return 0;
}

int config_parse_boolean(const char *text, bool *ret)
{
	static const char *const words[] = { "true", "yes", "on", "1", "false", "no", "off", "0" };

	for (size_t i = 0; i < 8; i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*ret = i < 4;
			return 0;
		}
	}
	return -EINVAL;
}

enum { NAME_MAX_COMPARED = 40 };

/* Levenshtein distance in bytes. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_COMPARED + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > NAME_MAX_COMPARED || b_len > NAME_MAX_COMPARED)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diagonal = above;
		}
	}
	return row[b_len];
}

const char *config_nearest_name(const char *name, const char *const *names)
{
	const char *best = NULL;
	size_t best_distance = strlen(name) / 3 + 2; /* a larger distance is another word */

	for (; *names; names++) {
		size_t distance = edit_distance(name, *names);

		if (distance < best_distance) {
			best = *names;
			best_distance = distance;
		}
	}
	return best;
}
