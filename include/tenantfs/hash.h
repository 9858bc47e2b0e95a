/* Hash maps: uthash, configured to report out of memory instead of ending the process. */
#ifndef TENANTFS_HASH_H
#define TENANTFS_HASH_H

#ifdef UTHASH_H
#error "include tenantfs/hash.h instead of uthash.h"
#endif

#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4 with a fixed key: the same result in every run and on every machine. */
uint64_t tfs_hash(const void *bytes, size_t len);

/* uthash's own hash function contains a switch that clang warns about at every use. */
#define HASH_FUNCTION(key, len, value) ((value) = (unsigned)tfs_hash((key), (len)))
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
/* The linked lists of the same package. They allocate nothing. */
#include <utlist.h>

/*
 * After HASH_ADD…: whether `element` (with a handle named hh) is in the map.
 * If memory ran out it is not, and map and element are unchanged:
 *
 *	HASH_ADD_KEYPTR(hh, map, item->name, strlen(item->name), item);
 *	if (!tfs_hash_added(item))
 *		return -ENOMEM;
 */
#define tfs_hash_added(element) ((element)->hh.tbl)

#endif
