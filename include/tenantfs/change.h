/* One change of one object: what the journal keeps and the history records. */
#ifndef TENANTFS_CHANGE_H
#define TENANTFS_CHANGE_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "tenantfs/error.h"

enum tfs_change_type {
	TFS_CHANGE_CREATE,
	TFS_CHANGE_CHANGE,
	TFS_CHANGE_REMOVE,
	TFS_CHANGE_RENAME,
	TFS_CHANGE_CALL, /* an endpoint called by file or command: no document of its own */
};

enum {
	TFS_CHANGE_COMMAND = 64,
	TFS_CHANGE_ENDPOINT = 160,
	TFS_CHANGE_REASON = 4096,
};

/* Who asked for it. */
struct tfs_change_caller {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	char command[TFS_CHANGE_COMMAND]; /* name of the program, "" unknown */
};

/*
 * Texts are borrowed and NUL-terminated; secrets in them show as digests only.
 * Paths are from the mount's root: "communities/default/settings/mfa.json".
 */
struct tfs_change {
	uint64_t seq;            /* of the journal; rises, never used twice for a tenant's state; 0 none */
	enum tfs_change_type type;
	struct timespec time;
	const char *kind;        /* name of the catalogue's kind; NULL for a call */
	const char *path;
	const char *new_path;    /* where it stands afterwards, when that is another place; else NULL */
	const char *before;      /* document the server had; NULL when there was none */
	const char *after;       /* document that stands now; NULL when there is none */
	const char *endpoint;    /* "PUT /config/authentication/mfa_settings"; of several the last */
	const char *request_id;  /* of the last call; "" none */
	const char *reason;      /* what the caller said it is for; NULL */
	const char *change_set;  /* the same for all changes of one command; NULL: by itself */
	struct tfs_change_caller caller;
	int result;              /* 0, or the negative errno it ended with */
	uint64_t intent;         /* the number it was announced under, before `seq` */
	const char *id;          /* of the object; NULL unknown */
	const char *wanted;      /* document that was to stand; NULL when there was none */
	const char *message;     /* why it ended so; NULL */
};

#endif
