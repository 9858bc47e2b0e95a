/* Nodes and their payloads. */
#ifndef TENANTFS_TREE_TYPES_H
#define TENANTFS_TREE_TYPES_H

#include "ops.h"
#include "tenantfs/hash.h"

enum {
	NAME_ROOM = 256,
	ROOT_INO = 1,
};

/* A resource that a directory's entries come from; linked in the list of all directories of that resource. */
struct dir_resource {
	struct tfs_resource *resource; /* NULL: not resolved yet */
	struct tfs_node *dir;
	const struct path_node *path_node;
	struct dir_resource *next;
};

struct replacement;

/*
 * A document whose name is gone here but not on the server, and which a new document may take: it was renamed to a
 * scratch name (a backup rename), or its removal is put off.
 */
struct hidden {
	struct hidden *next;
	struct tfs_node *dir; /* counted */
	char *name;           /* the document's */
	struct tfs_doc *doc;
	struct scratch *holder;          /* the scratch file of a backup rename, or NULL; borrowed, points back */
	struct replacement *replacement; /* the process whose removal is put off, or NULL; borrowed, points back */
	struct hidden *prev_put_off, *next_put_off;
	bool meant; /* the process that put the removal off also tried to remove the directory */
};

/* Payload of a directory. Protected by the lock. */
struct dir {
	uint64_t version;        /* rises when an entry comes or goes */
	uint64_t kernel_version; /* the version of the entries that the kernel has cached; 0: none */
	struct timespec mtime;
	bool listed;              /* was listed at least once: from then on new entries change the mtime */
	struct tfs_node **locals; /* scratch files and documents not yet sent, each counted */
	size_t n_locals;
	struct hidden *hidden; /* documents of the directory */
	unsigned n_resources;
	struct dir_resource resources[]; /* by path_node.index of the children */
};

struct editor;

enum {
	NODE_ATTR_CACHED = 1 << 0,     /* directories: the kernel caches the attributes of this version */
	NODE_PENDING = 1 << 1,         /* a new document that was not sent yet */
	NODE_TRUNCATED = 1 << 2,       /* truncated to 0 bytes by path; cleared by the next open for writing */
	NODE_ORPHAN = 1 << 3,          /* the name was removed or belongs to another node */
	NODE_READ = 1 << 4,            /* this version was opened for reading */
	NODE_RESERVED = 1 << 5,        /* reserved by an open retry */
	NODE_REPLACES_HIDDEN = 1 << 6, /* pending under the name of a hidden document */
	NODE_PART = 1 << 7,            /* the list shows a part of the document, and nobody has read the whole */
};

/* Payload of a document: its version. Protected by the lock. */
struct document {
	uint64_t generation; /* 0: none */
	int64_t mtime_ns;
	struct editor *editors; /* while there is one, nobody else opens this node */
	uint32_t size;
	uint32_t page_readers; /* open files and reservations that use the kernel's pages */
};

struct node_key {
	struct tfs_node *parent; /* counted */
	char name[];
};

struct tfs_node {
	UT_hash_handle hh; /* in tree->nodes, or tree->orphans */
	const struct node_ops *ops;
	const void *what;              /* by `ops`: struct path_node, tfs_endpoint, generator or action */
	struct tfs_resource *resource; /* documents */
	union {
		struct document doc;
		struct dir *dir;
		struct scratch *scratch;
	};
	uint64_t lookups; /* references of the kernel */
	uint32_t refs;    /* references of the tree */
	uint32_t generation;
	uint32_t flags;
	struct node_key key;
};

/* Documents that a process looked at since it last opened one; see looks.h. */
struct look {
	pid_t pid; /* 0: free */
	unsigned count;
};
enum { LOOKS_KEPT = 32 };

#endif
