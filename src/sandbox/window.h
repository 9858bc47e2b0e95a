/* Common members of report requests: a time span and a page. */
#ifndef SANDBOX_WINDOW_H
#define SANDBOX_WINDOW_H

#include "call.h"

enum { WINDOW_PAGE = 10, WINDOW_PAGE_MOST = 100 };

/*
 * `from` and `to` of the body, "YYYY-MM-DD HH:mm:ss.SSS" in UTC; default: the last 30 days. Refuses with 400
 * another form, a `from` in the future or more than 90 days ago, and a `to` before `from`.
 */
int sandbox_window_read(struct call *call, struct store_events *search);
/* `pSize` and `pIndex` of the body; default 10 and 0. */
int sandbox_window_read_page(struct call *call, struct store_events *search);
/* {"pSize", "pIndex", "total"}; NULL: out of memory. */
json_t *sandbox_window_page(const struct store_events *search, long long total);

#endif
