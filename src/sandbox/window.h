/* What the bodies of reports have in common: a window of time and a page. */
#ifndef SANDBOX_WINDOW_H
#define SANDBOX_WINDOW_H

#include "call.h"

enum { WINDOW_PAGE = 10, WINDOW_PAGE_MOST = 100 };

/*
 * `from` and `to` of the body, "YYYY-MM-DD HH:mm:ss.SSS" in UTC; left out: the 30 days up to now. A refusal
 * of 400 for another form, a `from` that is older than 90 days or to come, or behind `to`.
 */
int window_read(struct call *call, struct store_events *search);
/* `pSize` and `pIndex` of the body; 10 and 0 by default. */
int window_read_page(struct call *call, struct store_events *search);
/* {"pSize", "pIndex", "total"}; NULL when out of memory. */
json_t *window_page(const struct store_events *search, long long total);

#endif
