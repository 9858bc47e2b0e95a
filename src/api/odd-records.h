/* Records of answers that had to be repaired, for `tenantfs status`. Thread-safe. */
#ifndef API_ODD_RECORDS_H
#define API_ODD_RECORDS_H

#include "tenantfs/catalogue.h"
#include "tenantfs/json.h"
#include "tenantfs/lock.h"

enum { ODD_RECORDS = 16, ODD_TEXT = 256 };

struct odd_records {
	struct tfs_mutex lock;             /* a leaf */
	char texts[ODD_RECORDS][ODD_TEXT]; /* the newest last */
	size_t count;
};

/* Notes each record with a repair (tfs_json_repair) once, and logs it. */
void api_odd_records_note(struct odd_records *odd, const struct tfs_endpoint *endpoint, const json_t *answer,
			  const json_t *repairs);

#endif
