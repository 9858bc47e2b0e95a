/* Time: the two clocks, and parsing the API's time formats. */
#include "tenantfs/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { NANOS = 1000000000, SECONDS_DIGITS = 11, MILLIS_DIGITS = 15 };

uint64_t tfs_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct timespec tfs_clock_in(uint64_t ms)
{
	uint64_t until = tfs_clock_ms() + ms;

	return (struct timespec){ .tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000) * 1000000 };
}

struct timespec tfs_clock_wall(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes exactly `count` digits; the value, or -1. */
static int take_number(const char **p, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (!is_digit((*p)[i]))
			return -1;
		value = value * 10 + ((*p)[i] - '0');
	}
	*p += count;
	return value;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static int month_days(int year, int month)
{
	static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_date(const char **p, struct tm *tm)
{
	int year = take_number(p, 4), month, day;

	if (year < 1 || !take_char(p, '-'))
		return false;
	month = take_number(p, 2);
	if (month < 1 || month > 12 || !take_char(p, '-'))
		return false;
	day = take_number(p, 2);
	if (day < 1 || day > month_days(year, month))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

static bool take_time(const char **p, struct tm *tm)
{
	tm->tm_hour = take_number(p, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || !take_char(p, ':'))
		return false;
	tm->tm_min = take_number(p, 2);
	if (tm->tm_min < 0 || tm->tm_min > 59 || !take_char(p, ':'))
		return false;
	tm->tm_sec = take_number(p, 2);
	/* 60 is a leap second; timegm turns it into the first second of the next minute. */
	return tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/* ".123": any number of digits; those beyond nanoseconds are dropped. */
static bool take_fraction(const char **p, long *ret_nanos)
{
	long nanos = 0, unit = NANOS / 10;

	if (**p != '.' && **p != ',')
		return true;
	(*p)++;
	if (!is_digit(**p))
		return false;
	for (; is_digit(**p); (*p)++, unit /= 10)
		nanos += (**p - '0') * unit;
	*ret_nanos = nanos;
	return true;
}

/* "Z", "+02", "+0200", "+02:00". No zone means UTC. */
static bool take_zone(const char **p, int *ret_seconds)
{
	int sign = **p == '-' ? -1 : 1, hours, minutes = 0;

	if (**p == '\0' || take_char(p, 'Z') || take_char(p, 'z'))
		return true;
	if (**p != '+' && **p != '-')
		return false;
	(*p)++;
	hours = take_number(p, 2);
	if (hours < 0 || hours > 23)
		return false;
	if (take_char(p, ':') || is_digit(**p))
		minutes = take_number(p, 2);
	if (minutes < 0 || minutes > 59)
		return false;
	*ret_seconds = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* The number of digits tells seconds from milliseconds: 11 digits of seconds last until the year 5138. */
static int parse_epoch(const char *text, size_t digits, struct timespec *ret_time)
{
	int64_t value = 0;

	if (digits > MILLIS_DIGITS)
		return -EINVAL;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (text[i] - '0');
	if (digits <= SECONDS_DIGITS)
		*ret_time = (struct timespec){ .tv_sec = value };
	else
		*ret_time = (struct timespec){ .tv_sec = value / 1000, .tv_nsec = (value % 1000) * 1000000 };
	return 0;
}

int tfs_clock_parse(const char *text, struct timespec *ret_time)
{
	const char *p = text;
	struct tm tm = { 0 };
	size_t digits;
	long nanos = 0;
	int zone = 0;

	if (!text)
		return -EINVAL;
	digits = strspn(text, "0123456789");
	if (digits > 0 && text[digits] == '\0')
		return parse_epoch(text, digits, ret_time);
	if (!take_date(&p, &tm))
		return -EINVAL;
	if (!take_char(&p, 'T') && !take_char(&p, 't') && !take_char(&p, ' '))
		return -EINVAL;
	if (!take_time(&p, &tm) || !take_fraction(&p, &nanos))
		return -EINVAL;
	if (!take_zone(&p, &zone) || *p != '\0')
		return -EINVAL;
	*ret_time = (struct timespec){ .tv_sec = timegm(&tm) - zone, .tv_nsec = nanos };
	return 0;
}
