/* Tables that come as text, a row a line, the first row naming the columns. */
#ifndef SANDBOX_CSV_H
#define SANDBOX_CSV_H

#include "tenantfs/json.h"

enum { CSV_ROWS = 100000, CSV_COLUMNS = 32 };

/*
 * An array of objects, a member for each column of the first row, and "row": the line it starts at. Cells may
 * stand in double quotes, which are then doubled inside. -EINVAL: no table; -EFBIG: too many rows.
 */
int csv_parse(const char *text, size_t len, json_t **ret);

#endif
