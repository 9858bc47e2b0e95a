/* JSON strings of foreign text. */
#include <string.h>

#include "tenantfs/json.h"
#include "tenantfs/utf8.h"

json_t *tfs_json_string(const char *text)
{
	size_t len = text ? strlen(text) : 0;
	/* U+FFFD takes three bytes. */
	struct tfs_buf repaired cleanup_buf = TFS_BUF_INIT(3 * len + 1);

	if (len == 0)
		return json_string("");
	if (tfs_utf8_repair(text, len, &repaired) < 0)
		return NULL;
	return json_stringn_nocheck(repaired.data, repaired.len);
}
