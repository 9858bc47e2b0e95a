/* Time spans and pages of report requests. */
#include "window.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "record.h"

#define DAY_MS (24LL * 3600 * 1000)
enum { MOST_DAYS = 90, DEFAULT_DAYS = 30, FORM = 23 };

/* Epoch milliseconds of "2024-05-01 10:20:30.123"; -1 for any other form. */
static long long parse_time(const char *text)
{
	struct tm tm = { 0 }, again;
	int ms = -1, end = 0;
	char back[32];

	if (strlen(text) != FORM ||
	    sscanf(text, "%4d-%2d-%2d %2d:%2d:%2d.%3d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec, &ms, &end) != 7 ||
	    end != FORM)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	time_t seconds = timegm(&tm);
	gmtime_r(&seconds, &again);
	size_t len = strftime(back, sizeof(back), "%Y-%m-%d %H:%M:%S", &again);
	/* 31 April would become 1 May. */
	return strncmp(back, text, len) == 0 && ms >= 0 ? (long long)seconds * 1000 + ms : -1;
}

static int read_time(struct call *call, const char *name, long long *value)
{
	const char *text = sandbox_call_text(call, name);

	if (!text)
		return 0;
	long long time = parse_time(text);
	if (time < 0)
		return call_refuse(call, 400, name, "\"%s\" must be in the format YYYY-MM-DD HH:mm:ss.SSS", name);
	*value = time;
	return 0;
}

int sandbox_window_read(struct call *call, struct store_events *search)
{
	long long now = sandbox_record_now_ms();

	search->community = call->community->id;
	search->from = now - DEFAULT_DAYS * DAY_MS;
	search->to = now;
	int r = read_time(call, "from", &search->from);
	if (r == 0)
		r = read_time(call, "to", &search->to);
	if (r < 0)
		return r;
	if (search->from < now - MOST_DAYS * DAY_MS)
		return call_refuse(call, 400, "from", "\"from\" must not be more than %d days ago", MOST_DAYS);
	if (search->from > now + BOX_TIME_SPAN * 1000LL)
		return call_refuse(call, 400, "from", "\"from\" must not be in the future");
	if (search->to < search->from)
		return call_refuse(call, 400, "to", "\"to\" must not be before \"from\"");
	return 0;
}

int sandbox_window_read_page(struct call *call, struct store_events *search)
{
	search->size = WINDOW_PAGE;
	search->index = 0;
	int r = sandbox_record_number(call, "pSize", 1, WINDOW_PAGE_MOST, &search->size);
	return r < 0 ? r : sandbox_record_number(call, "pIndex", 0, 1LL << 40, &search->index);
}

json_t *sandbox_window_page(const struct store_events *search, long long total)
{
	return json_pack("{s:I, s:I, s:I}", "pSize", (json_int_t)search->size, "pIndex", (json_int_t)search->index,
			 "total", (json_int_t)total);
}
