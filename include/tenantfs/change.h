/* One change of one object, as the journal keeps it and the history records it. */
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
	TFS_CHANGE_CALL, /* an endpoint called by a call file or `tenantfs call`: no document */
};

enum {
	TFS_CHANGE_COMMAND = 64,
	TFS_CHANGE_ENDPOINT = 160,
	TFS_CHANGE_REASON = 4096,
};

/* The user and process that asked for the change. */
struct tfs_change_caller {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	char command[TFS_CHANGE_COMMAND]; /* name of the program; "" unknown */
};

/*
 * Texts are borrowed and NUL-terminated; secrets in documents are replaced by digests.
 * Paths are relative to the mount: "communities/default/settings/mfa.json".
 */
struct tfs_change {
	uint64_t seq; /* the outcome's number in the journal; rises, never reused; 0: none */
	enum tfs_change_type type;
	struct timespec time;
	const char *kind; /* name of the kind in the catalogue; NULL for a call */
	const char *path;
	const char *new_path;   /* path after a rename; NULL: unchanged */
	const char *before;     /* document the server had; NULL: none */
	const char *after;      /* document the server has now; NULL: none */
	const char *endpoint;   /* "PUT /config/authentication/mfa_settings": the last call */
	const char *request_id; /* of the last call; "" none */
	const char *reason;     /* given by the caller; NULL: none */
	const char *change_set; /* id shared by all changes of one command; NULL: a single change */
	struct tfs_change_caller caller;
	int result;          /* 0 or a negative errno */
	uint64_t intent;     /* the intent's number in the journal; smaller than `seq` */
	const char *id;      /* of the object; NULL: unknown */
	const char *wanted;  /* document the caller asked for; NULL: none */
	const char *message; /* text of the failure; NULL: none */
};

#endif
