/* Checks a value against the rules of its field. */
#include "tenantfs/rules.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

/* Characters of a text in UTF-8: all bytes but those that continue a character. */
static size_t count_characters(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static int want(int r)
{
	return r < 0 ? r : -EINVAL;
}

static int check_length(const struct tfs_rules *rules, size_t len, const char *unit, struct tfs_buf *ret_wanted)
{
	if (rules->max_length > 0 && len > rules->max_length)
		return want(tfs_buf_printf(ret_wanted, "at most %u %ss long", rules->max_length, unit));
	if (len < rules->min_length)
		return want(tfs_buf_printf(ret_wanted, "at least %u %s%s long", rules->min_length, unit,
					   rules->min_length == 1 ? "" : "s"));
	return 0;
}

static int check_pattern(const struct tfs_rules *rules, const char *about, const char *text, struct tfs_buf *ret_wanted)
{
	regex_t regex;
	int r;

	if (!rules->pattern)
		return 0;
	if (regcomp(&regex, rules->pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return -ENOMEM;
	r = regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	if (r == 0)
		return 0;
	return want(about ? tfs_buf_puts(ret_wanted, about) : tfs_buf_printf(ret_wanted, "like /%s/", rules->pattern));
}

static int check_text(const struct tfs_rules *rules, const char *about, const char *text, bool needed,
		      struct tfs_buf *ret_wanted)
{
	int r = 0;

	if (*text != '\0' || needed)
		r = check_length(rules, count_characters(text), "character", ret_wanted);
	if (r == 0 && (*text != '\0' || needed) && !tfs_format_fits(rules->format, text))
		r = want(tfs_buf_puts(ret_wanted, tfs_format_words(rules->format)));
	return r == 0 ? check_pattern(rules, about, text, ret_wanted) : r;
}

static int check_number(const struct tfs_rules *rules, double value, struct tfs_buf *ret_wanted)
{
	if (rules->min && value < *rules->min)
		return want(tfs_buf_printf(ret_wanted, "at least %.15g", *rules->min));
	if (rules->max && value > *rules->max)
		return want(tfs_buf_printf(ret_wanted, "at most %.15g", *rules->max));
	return 0;
}

int tfs_rules_check(const struct tfs_rules *rules, const char *about, const json_t *value, bool needed,
		    struct tfs_buf *ret_wanted)
{
	if (json_is_string(value))
		return check_text(rules, about, json_string_value(value), needed, ret_wanted);
	if (json_is_array(value))
		return check_length(rules, json_array_size(value), "element", ret_wanted);
	return json_is_number(value) ? check_number(rules, json_number_value(value), ret_wanted) : 0;
}
