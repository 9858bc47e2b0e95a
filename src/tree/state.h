/* Open files, open directories and the tree's state. */
#ifndef TENANTFS_TREE_STATE_H
#define TENANTFS_TREE_STATE_H

#include "tenantfs/lock.h"
#include "types.h"

enum {
	TEXT_MAX = 32 << 20,      /* bytes of one edit, scratch file or request */
	SCRATCH_BYTES = 64 << 20, /* of all scratch files */
	SCRATCH_FILES = 1000,     /* scratch files and documents not yet sent */
	ERRORS_KEPT = 100,
	OPEN_RETRIES = 256, /* as many as requests at a time */
	PATH_SEGMENTS = 16,
};

struct tfs_lock_request;

struct file_ops {
	int (*read)(struct tfs_file *file, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
		    size_t *ret_len, char **ret_copy);
	int (*write)(struct tfs_file *file, struct tfs_op *op, uint64_t offset, const void *bytes, size_t len);
	bool waits;                                                            /* `read` may make a call */
	int (*resize)(struct tfs_file *file, struct tfs_op *op, uint64_t len); /* the tree's lock is held */
	int (*commit)(struct tfs_file *file, struct tfs_op *op);
	void (*release)(struct tfs_file *file); /* the tree's lock is held; the file's memory stays */
	/* A lock is granted: shows `doc`, unless there is a text to send. -ENOLCK: impossible. The lock is held. */
	int (*follow)(struct tfs_file *file, struct tfs_doc *doc, const struct tfs_lock_request *request,
		      uint64_t *ret_stale);
};

struct tfs_file {
	const struct file_ops *ops;
	struct tfs_tree *tree;
	struct tfs_node *node;        /* counted */
	bool locks;                   /* asked for a lock */
	struct tfs_file *prev, *next; /* in tree->files */
};

/* One entry of a listing. `name` NULL: the name consists of the document's name and the path node's. */
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
	struct tfs_node *node;       /* counted */
	struct tfs_dir *prev, *next; /* in tree->dirs */
	bool filled;
	struct listing listing;
	char name[NAME_ROOM];
};

struct resource_dirs;
struct seen;
struct read;
struct open_retry;
struct reason;
struct past_handle;
struct timed;
struct replacements;

/* An error that was reported to a user. */
struct reported_error {
	struct timespec time;
	char *path;
	const char *action;
	uid_t uid;
	bool resolved; /* a later operation on the same path succeeded */
	uint64_t op;   /* tfs_op_id of the operation that failed */
	struct tfs_error error;
};

struct tfs_tree {
	struct tfs_store *store;
	struct tfs_cache *cache;
	const struct tfs_config *config;
	struct tfs_tree_options options;
	struct path_node *path_root;
	struct timespec started;
	struct tfs_drafts *drafts;     /* the store's, or own_drafts */
	struct tfs_drafts *own_drafts; /* in memory, for a store that keeps none; else NULL */

	/* Never held during calls of the layers below. Lock order: before the locks of `events`. */
	struct tfs_mutex lock;
	/* The members below are protected by `lock`. */
	struct tfs_node *root;
	struct tfs_node *nodes, *orphans;
	struct tfs_file *files;
	struct tfs_dir *dirs;
	struct resource_dirs *resource_dirs;
	struct seen *seen;
	struct read *reads;
	struct look looks[LOOKS_KEPT];
	unsigned next_look;
	struct reason *reasons; /* by user */
	struct past_handle *pasts;
	struct lock_set *lock_sets;             /* by path */
	struct tfs_lock_request *lock_requests; /* those that wait, in their order */
	unsigned n_pasts;
	struct reported_error errors[ERRORS_KEPT];
	size_t n_errors;
	size_t scratch_bytes;
	unsigned scratch_files;
	uint32_t next_generation;
	uint64_t next_version;
	struct timed *times;
	struct open_retry *open_retries; /* OPEN_RETRIES of them */
	unsigned next_open_retry, n_open_retries;
	struct replacements *replacements; /* NULL until the first */
};

#endif
