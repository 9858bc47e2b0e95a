/* Which lists lack members of their records. */
#ifndef TENANTFS_RESOURCE_SHORT_LISTS_H
#define TENANTFS_RESOURCE_SHORT_LISTS_H

#include "store.h"

enum short_verdict { SHORT_UNKNOWN, SHORT_NO, SHORT_YES };
enum short_finding {
	SHORT_FOUND,   /* the list lacks members; holds for good */
	SHORT_WHOLE,   /* it does not; another record is compared after a day */
	SHORT_REFUSED, /* the service has no such call for us: the list is all there is, for some minutes */
	SHORT_FAILED,  /* the server failed: the list is not taken for whole, and not compared for a minute */
};

/*
 * Findings by kind and by the members that tell its types apart: a list may show a database whole and a directory
 * without its connection. They are kept in the state folder. Thread-safe.
 */
struct short_lists;

int resource_short_lists_new(const struct tfs_config *config, struct short_lists **ret);
void resource_short_lists_free(struct short_lists *lists);
/* The verdict on records like this one. */
enum short_verdict resource_short_lists_judge(struct short_lists *lists, const struct tfs_kind *kind,
					      const json_t *record);
/* Compares a record as the list shows it with what its own call shows. Ids and times of the server do not count. */
enum short_finding resource_short_lists_compare(const json_t *listed, const json_t *whole);
/* Remembers what was found out about records like this one; returns the verdict on them. */
enum short_verdict resource_short_lists_learn(struct short_lists *lists, const struct tfs_kind *kind,
					      const json_t *record, enum short_finding finding);

#endif
