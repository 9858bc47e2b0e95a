/* What the tree tells the daemon. */
#ifndef TENANTFS_TREE_EVENTS_H
#define TENANTFS_TREE_EVENTS_H

#include <stdint.h>

struct tfs_lock_request;

/* Invalidations for the kernel. Any thread calls them with the tree's lock held: they must not block or call back. */
struct tfs_tree_events {
	void (*node_changed)(void *context, uint64_t ino);                    /* bytes or attributes */
	void (*entry_gone)(void *context, uint64_t parent, const char *name); /* removed, or names another node */
	/* The name is another node's from now on; whoever watches `ino`, which had it, learns that it is gone. */
	void (*entry_replaced)(void *context, uint64_t parent, uint64_t ino, const char *name);
	/* A lock that was waited for; see tfs_lock_ask. The tree does not use the request any more. */
	void (*lock_settled)(void *context, struct tfs_lock_request *request, int result, uint64_t stale);
	void *context;
};

#endif
