/* Hash maps: uthash, set so that running out of memory can be seen instead of ending the process. */
#ifndef TENANTFS_HASH_H
#define TENANTFS_HASH_H

#ifdef UTHASH_H
#error "include tenantfs/hash.h instead of uthash.h"
#endif

#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4 under a fixed key: 64 bits that are the same in every run and on every machine. */
uint64_t tfs_hash(const void *bytes, size_t len);

/* uthash's own function is a switch that clang warns about wherever it is used. */
#define HASH_FUNCTION(key, len, value) ((value) = (unsigned)tfs_hash((key), (len)))
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
/* The lists of the same package; they allocate nothing. */
#include <utlist.h>

/*
 * After HASH_ADD…: whether `element` (whose handle is called hh) is in the map.
 * It is not when memory ran out; map and element are then as they were:
 *
 *	HASH_ADD_KEYPTR(hh, map, item->name, strlen(item->name), item);
 *	if (!tfs_hash_added(item))
 *		return -ENOMEM;
 */
#define tfs_hash_added(element) ((element)->hh.tbl != NULL)

#endif
