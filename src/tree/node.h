/* What the files of the tree share: nodes, directories, open files, the tree itself. */
#ifndef TENANTFS_TREE_NODE_H
#define TENANTFS_TREE_NODE_H

#include <pthread.h>

#include "place.h"
#include "tenantfs/hash.h"
#include "tenantfs/tree.h"

enum {
	TEXT_MAX = 32 << 20,        /* bytes of one edit, scratch file or request */
	SCRATCH_BYTES = 64 << 20,   /* of all scratch files */
	SCRATCH_FILES = 1000,       /* scratch files and documents not yet sent */
	DRAFT_BYTES = 64 << 20,     /* of all drafts */
	ERRORS_KEPT = 100,
	TICKETS = 16,
	PATH_SEGMENTS = 16,
	NAME_ROOM = 256,
	ROOT_INO = 1,
};

struct found;
struct listing;

/* What a kind of node can do; a missing verb is refused. Without the tree's lock, unless it says so. */
struct node_ops {
	mode_t type;
	const char *state;
	/* Brings what `attr` needs up to date where that takes more than a look at the node. */
	int (*measure)(struct tfs_tree *tree, struct tfs_node *node);
	/* With the lock held. */
	void (*attr)(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret);
	int (*open)(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags,
		    struct tfs_file **ret, struct tfs_open_result *ret_result);
	/* Whether `open` needs no call now; NULL: it never does. */
	bool (*quick)(struct tfs_tree *tree, struct tfs_node *node);
	/* Directories: what a name is, and all names. */
	int (*find)(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
		    struct found *ret);
	int (*list)(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, struct listing *listing);
	/* What unlink of an entry that is no document does; NULL: none may be removed. */
	int (*remove)(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name);
};

/* A name found: how to make its node. `doc` is owned. */
struct found {
	const struct node_ops *ops;
	const void *what;
	struct tfs_resource *resource;
	struct tfs_doc *doc;
};

/* A resource that a directory's entries come from, linked under the resource's path. Protected by the lock. */
struct link {
	struct tfs_resource *resource; /* NULL: not asked for yet */
	struct tfs_node *dir;
	const struct place *place;
	struct link *next;
};

/* A document renamed to a scratch name: nothing is sent, its own name is free meanwhile. Protected by the lock. */
struct aside {
	struct aside *next;
	struct tfs_node *dir; /* counted */
	char *name;           /* the document's */
	struct tfs_doc *doc;
	struct scratch *holder; /* what it was renamed to; borrowed, points back */
};

/* Payload of a directory. Protected by the lock. */
struct dir {
	uint64_t version;        /* rises when an entry comes or goes */
	uint64_t kernel_version; /* that the kernel's remembered entries are of; 0 none */
	struct timespec mtime;
	bool listed; /* once; what a first listing brings was there before */
	struct tfs_node **locals; /* scratch files and documents not yet sent, each counted */
	size_t n_locals;
	struct aside *asides;
	unsigned n_links;
	struct link links[]; /* by index of the place's children */
};

struct editor;

enum {
	NODE_TOLD = 1 << 0,    /* directories: the kernel was given the attributes of this version */
	NODE_PENDING = 1 << 1, /* a new document that was not sent yet */
	NODE_CUT = 1 << 2,     /* truncated to nothing by path, until the next open */
	NODE_ORPHAN = 1 << 3,  /* its name is gone or is another node's */
	NODE_READ = 1 << 4,    /* this version was opened for reading */
	NODE_TAKEN = 1 << 5,   /* given to one who is about to open it */
	NODE_STANDIN = 1 << 6, /* pending in the place of a document that was set aside */
};

/* Payload of a document: the version it stands for. Protected by the lock. */
struct document {
	uint64_t generation; /* 0 none */
	int64_t mtime_ns;
	struct editor *editors; /* with one, nobody else opens this node */
	uint32_t size;
	uint32_t page_readers; /* open files, and opens on their way, that use the kernel's pages */
};

struct node_key {
	struct tfs_node *parent; /* counted */
	char name[];
};

struct tfs_node {
	UT_hash_handle hh; /* in tree->nodes, or tree->orphans */
	const struct node_ops *ops;
	const void *what;              /* struct place, tfs_endpoint, generator */
	struct tfs_resource *resource; /* documents */
	union {
		struct document doc;
		struct dir *dir;
		struct scratch *scratch;
	};
	uint64_t lookups; /* of the kernel */
	uint32_t refs;    /* of ourselves */
	uint32_t generation;
	uint32_t flags;
	struct node_key key;
};

struct file_ops {
	int (*bytes)(struct tfs_file *file, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
		     size_t *ret_len, char **ret_copy);
	int (*put)(struct tfs_file *file, struct tfs_op *op, uint64_t offset, const void *bytes, size_t len);
	bool waits; /* `bytes` may make a call */
	int (*resize)(struct tfs_file *file, struct tfs_op *op, uint64_t len); /* with the lock held */
	int (*commit)(struct tfs_file *file, struct tfs_op *op);
	void (*release)(struct tfs_file *file); /* with the lock held; the file's memory stays */
};

struct tfs_file {
	const struct file_ops *ops;
	struct tfs_tree *tree;
	struct tfs_node *node; /* counted */
	struct tfs_file *prev, *next; /* in tree->files */
};

/* One name of a listing. With a document the name is made of the document's and the place's. */
struct entry {
	char *name;
	struct found found;
};

struct listing {
	struct entry *entries;
	size_t count, room;
};

struct tfs_dir {
	struct tfs_tree *tree;
	struct tfs_node *node; /* counted */
	struct tfs_dir *prev, *next; /* in tree->dirs */
	bool filled;
	struct listing listing;
	char name[NAME_ROOM];
};

struct watch;
struct draft;
struct seen;
struct read;
struct ticket;
struct timed;

/* An error somebody was told of, newest last. */
struct told_error {
	struct timespec time;
	char *path;
	const char *action;
	uid_t uid;
	bool settled; /* a later success on the same path */
	uint64_t op;  /* tfs_op_id of who was told */
	struct tfs_error error;
};

struct tfs_tree {
	struct tfs_store *store;
	struct tfs_cache *cache;
	const struct tfs_config *config;
	struct tfs_tree_options options;
	struct place *places;
	struct timespec started;

	/* Lock order: after nothing of the layers below, which are never called with it held; before the events. */
	pthread_mutex_t lock;
	/* All below protected by `lock`. */
	struct tfs_node *root;
	struct tfs_node *nodes, *orphans;
	struct tfs_file *files;
	struct tfs_dir *dirs;
	struct watch *watches;
	struct draft *drafts;
	size_t draft_bytes;
	struct seen *seen;
	struct read *reads;
	struct told_error errors[ERRORS_KEPT];
	size_t n_errors;
	size_t scratch_bytes;
	unsigned scratch_files;
	uint32_t next_generation;
	uint64_t next_version;
	struct timed *times;
	struct ticket *tickets; /* TICKETS of them */
	unsigned next_ticket;
};

/* node.c; all with the lock held. */
struct tfs_node *node_find(struct tfs_tree *tree, const struct tfs_node *parent, const char *name);
/* Counted once for the caller; NULL when out of memory. */
struct tfs_node *node_new(struct tfs_tree *tree, struct tfs_node *parent, const char *name,
			  const struct node_ops *ops, const void *what);
struct tfs_node *node_get(struct tfs_node *node);
void node_put(struct tfs_tree *tree, struct tfs_node *node);
/* Takes the name away from the node: who looks it up next gets another one. */
void node_orphan(struct tfs_tree *tree, struct tfs_node *node);
/* Frees all there are, whoever counts on them. */
void nodes_free(struct tfs_tree *tree);
static inline const char *node_name(const struct tfs_node *node)
{
	return node->key.name;
}
static inline struct tfs_node *node_parent(const struct tfs_node *node)
{
	return node->key.parent;
}
/* Any thread may: parents and names never change. Caller frees. */
char *node_path(const struct tfs_node *node);
char *child_path(const struct tfs_node *dir, const char *name);
void node_tell_changed(struct tfs_tree *tree, const struct tfs_node *node);
void node_tell_gone(struct tfs_tree *tree, const struct tfs_node *parent, const char *name);

/* directory.c */
int dir_payload_new(struct tfs_tree *tree, struct tfs_node *node, const struct place *place);
void dir_payload_free(struct tfs_tree *tree, struct tfs_node *node);
void dir_changed(struct tfs_tree *tree, struct tfs_node *dir);
int dir_add_local(struct tfs_tree *tree, struct tfs_node *dir, struct tfs_node *node);
void dir_remove_local(struct tfs_tree *tree, struct tfs_node *dir, struct tfs_node *node);
void directory_attr(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret);

/* link.c: what a directory's places are linked to; `object` a place of it. No lock held. */
int link_resource(struct tfs_tree *tree, struct tfs_node *dir, const struct place *place,
		  struct tfs_resource **ret);
void links_drop(struct tfs_tree *tree, struct dir *dir); /* lock held */
void links_free(struct tfs_tree *tree);
void tree_cache_changed(void *context, const char *list, struct tfs_doc *old, struct tfs_doc *new);
/* Whether the lists that a directory's entries come from need no call. */
bool links_fresh(struct tfs_tree *tree, struct tfs_node *dir);
uint64_t freshness_ms(const struct tfs_tree *tree, const struct tfs_kind *kind);
struct tfs_doc *cached_doc(struct tfs_tree *tree, struct tfs_resource *resource, const char *name);

/* lookup.c */
int find_entry(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name, struct found *ret);
/* With the lock held: the node of what was found, up to date, counted once. */
int node_for(struct tfs_tree *tree, struct tfs_node *dir, const char *name, const struct found *found,
	     struct tfs_node **ret);
void node_attr(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret); /* lock held */
int node_measure(struct tfs_tree *tree, struct tfs_node *node);
void base_attr(struct tfs_tree *tree, struct tfs_node *node, mode_t mode, uint64_t size, struct timespec mtime,
	       struct tfs_attr *ret);

extern const struct node_ops place_dir_ops, api_root_ops, api_group_ops, control_dir_ops, drafts_dir_ops;
extern const struct node_ops document_ops, generated_ops, call_ops, trigger_ops, scratch_ops;

static inline void tree_lock(struct tfs_tree *tree)
{
	pthread_mutex_lock(&tree->lock);
}
static inline void tree_unlock(struct tfs_tree *tree)
{
	pthread_mutex_unlock(&tree->lock);
}
/* Without the lock. */
static inline bool node_has(struct tfs_tree *tree, const struct tfs_node *node, uint32_t flag)
{
	bool has;

	tree_lock(tree);
	has = node->flags & flag;
	tree_unlock(tree);
	return has;
}

/* file.c; with the lock held. */
void *file_new(struct tfs_tree *tree, struct tfs_node *node, const struct file_ops *ops, size_t size);

#endif
