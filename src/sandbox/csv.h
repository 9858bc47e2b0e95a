/* Tables of comma-separated values whose first row names the columns. */
#ifndef SANDBOX_CSV_H
#define SANDBOX_CSV_H

#include "tenantfs/json.h"

enum { CSV_ROWS = 100000, CSV_COLUMNS = 32 };

/*
 * An array of objects with a member for each column, and "row": the number of its first line. A quoted cell
 * may contain commas, newlines and doubled quotes. -EINVAL: not a table; -EFBIG: too many rows.
 */
int sandbox_csv_parse(const char *text, size_t len, json_t **ret);

#endif
