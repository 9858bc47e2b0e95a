/* Objects named by a date: which names exist. */
#include <stdio.h>
#include <time.h>

#include "store.h"
#include "tenantfs/clock.h"

enum { DAY_S = 86400, DAY_TEXT = 11 };

/* Midnight UTC of a YYYY-MM-DD; -1 when it is none. */
static time_t parse_day(const char *name)
{
	struct tm tm = { 0 };
	char again[DAY_TEXT];
	const char *end = strptime(name, "%Y-%m-%d", &tm);
	time_t at;

	if (!end || *end != '\0')
		return -1;
	at = timegm(&tm);
	/* strptime accepts February 30 as a day of March. */
	if (strftime(again, sizeof(again), "%Y-%m-%d", &tm) == 0 || strcmp(again, name) != 0)
		return -1;
	return at;
}

bool resource_name_fits(const struct tfs_kind *kind, const char *name)
{
	time_t now = tfs_clock_wall().tv_sec, at;

	if (kind->name_form != TFS_NAME_DAY)
		return true;
	at = parse_day(name);
	/* The service may be in an earlier time zone. */
	return at >= 0 && at <= now + DAY_S && at > now - (time_t)DAYS_KEPT * DAY_S;
}
