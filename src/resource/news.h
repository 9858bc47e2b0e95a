/* What the audit log told, and what we did ourselves, to tell the two apart. */
#ifndef TENANTFS_RESOURCE_NEWS_H
#define TENANTFS_RESOURCE_NEWS_H

#include "store.h"
#include "tenantfs/feed.h"

struct news;
int news_new(struct news **ret);
void news_free(struct news *news);
/*
 * Before a call that changes something: its event will be ours, and may be told before the answer is here. `kind`
 * NULL: a call made by itself. Returns what its answer is to be booked on.
 */
uint64_t news_note_own(struct news *news, const struct tfs_kind *kind);
/* What became of it, if its event has not come yet. Where nothing was changed there will be none. */
void news_answer_own(struct news *news, uint64_t serial, bool changed);

#endif
