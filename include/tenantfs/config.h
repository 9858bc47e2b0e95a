/* The configuration file: git-config syntax, one section for each tenant. */
#ifndef TENANTFS_CONFIG_H
#define TENANTFS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/envelope.h"
#include "tenantfs/error.h"

/* [author "WHO"]: the name in commits for a login name, a uid, or an actor of the audit log. */
struct tfs_config_author {
	char *who;
	char *name, *email; /* NULL: from the system's user database */
};

/* The form of the session's token in a request; see docs/decisions/0038-the-token-is-sealed-or-clear.md. */
enum tfs_token_form {
	TFS_TOKEN_AUTO,   /* found out and remembered */
	TFS_TOKEN_SEALED, /* as any other credential */
	TFS_TOKEN_CLEAR,
};

/*
 * [tenant "NAME"]. Owns its texts; NULL: not set. Paths are absolute: "~" and the file's folder are resolved.
 */
struct tfs_config {
	char *name;
	char *path;         /* of the configuration file */
	char *url;          /* without a final slash */
	char *dns;          /* default: the host of `url` */
	char **communities; /* `community`, repeatable; at least one */
	size_t n_communities;
	char *key_file;
	char *license_file, *license_command;
	char *token_file, *token_command;
	char *user; /* the account of the session, where the token does not tell it; NULL: not named */
	enum tfs_token_form token_form; /* default: TFS_TOKEN_AUTO */
	enum tfs_curve curve;
	char *ca_file;
	char *tls_pin;             /* digests of the keys that the server's certificate may have; NULL: any */
	char *service_key;         /* pinned public key */
	char *tenant_tag;          /* which tenant's public key to ask a shared host for; NULL: not named */
	char *state_dir;           /* default: $XDG_STATE_HOME/tenantfs/<name> */
	char *app_id;              /* default: "tenantfs" */
	uint64_t timeout_ms;       /* of one operation; default 30000 */
	uint64_t freshness_ms;     /* of kinds without their own freshness; default 300000 */
	uint64_t read_lag_ms;      /* a read may be behind a write by so much; default 4000, 0: never */
	uint64_t call_budget;      /* calls per second of one process; default 100, 0: unlimited */
	uint64_t feed_ms;          /* interval of reading the audit log; default 15000, 0: never */
	size_t max_answer;         /* bytes of one answer; default 32 MiB */
	size_t cache_ceiling;      /* bytes of cached documents; default 1 GiB */
	bool accept_clear_answers; /* where the API document seals the answer */
	bool read_only;
	bool invent_secrets;  /* `invent-secrets = yes-i-know`: a random text for a required secret that is not known */
	bool send_key_secret; /* `send-key-secret = yes-i-know`; without it keySecret is never sent */
	char **write_patterns; /* `write`: globs of writable paths; none: all */
	size_t n_write_patterns;
	char **replacing_programs; /* `replacing-program`: further programs that replace a file by removing it first */
	size_t n_replacing_programs;
	char **key_paths; /* `key-path`: paths in settings/global.json; default: the three documented */
	size_t n_key_paths;
	char *history_remote;              /* URL or absolute path to push the history to; NULL: no push */
	char *history_branch;              /* on the remote; default: <name>/<host name> */
	uint64_t push_timeout_ms;          /* of one push; default 600000 */
	bool history_record;               /* default true; false: no history */
	bool history_full;                 /* record objects that nobody has read, too */
	char *history_signing_key;         /* ssh: path of a private key, or of the public key of one in the agent */
	struct tfs_config_author *authors; /* of the file, common to its tenants */
	size_t n_authors;
};

/*
 * Reads the section of `tenant` (NULL: the only one) from `path` (NULL: $TENANTFS_CONFIG, else
 * $XDG_CONFIG_HOME/tenantfs/config). -ENOENT: no file or no such tenant (the message lists the tenants).
 * -EINVAL: bad or unknown setting (the message names file, key and remedy).
 */
int tfs_config_load(const char *path, const char *tenant, struct tfs_config **ret, struct tfs_error *error);
void tfs_config_free(struct tfs_config *config);
/* Whether the `write` patterns allow writing this path of the mount (a document or a call file). */
bool tfs_config_writable(const struct tfs_config *config, const char *path);
/* Replaces the `write` patterns; `list` has one pattern per line. 0 or -ENOMEM. */
int tfs_config_set_writable(struct tfs_config *config, const char *list);
/*
 * The command line that runs `command` for this tenant in any directory: "tenantfs login -t acme", with "-c FILE"
 * unless the file is the default one. Quoted for the shell. Caller frees; NULL: out of memory.
 */
char *tfs_config_command_line(const struct tfs_config *config, const char *command);

TFS_DEFINE_CLEANUP(config, struct tfs_config *, tfs_config_free)
#define cleanup_config TFS_CLEANUP(tfs_cleanup_config)

#endif
