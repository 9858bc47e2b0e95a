/* Objects named by a date: which names exist. */
#include <stdio.h>

#include "store.h"
#include "tenantfs/clock.h"

enum { DAY_S = 86400, DAY_CHARS = 10 };

/* Midnight UTC of a YYYY-MM-DD; -1 when it is none. */
static time_t parse_day(const char *name)
{
	char text[DAY_CHARS + sizeof("T00:00:00Z")];
	struct timespec at;

	if (strlen(name) != DAY_CHARS)
		return -1;
	snprintf(text, sizeof(text), "%sT00:00:00Z", name);
	return tfs_clock_parse(text, &at) < 0 ? -1 : at.tv_sec;
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
