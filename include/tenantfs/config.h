/* The configuration file: git-config syntax, one section a tenant. */
#ifndef TENANTFS_CONFIG_H
#define TENANTFS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/envelope.h"
#include "tenantfs/error.h"

/* One [author "WHO"]: what commits of the history call a login name, a user's number or one of the audit log. */
struct tfs_config_author {
	char *who;
	char *name, *email; /* NULL: as the system knows */
};

/*
 * One [tenant "NAME"]. Its texts are its own; NULL when not set. Paths are
 * absolute: "~" and the file's folder are resolved.
 */
struct tfs_config {
	char *name;
	char *path;              /* of the file it was read from */
	char *url;               /* without a final slash */
	char *dns;               /* default: the host of `url` */
	char **communities;      /* `community`, may be given several times; at least one */
	size_t n_communities;
	char *key_file;
	char *license_file, *license_command;
	char *token_file, *token_command;
	enum tfs_curve curve;
	char *ca_file;
	char *service_key;       /* pinned public key */
	char *state_dir;         /* default: $XDG_STATE_HOME/tenantfs/<name> */
	char *app_id;            /* default: "tenantfs" */
	uint64_t timeout_ms;     /* of one operation; default 30000 */
	uint64_t freshness_ms;   /* default for kinds without their own; default 300000 */
	uint64_t call_budget;    /* calls a second of one process; default 100, 0: no end */
	uint64_t feed_ms;        /* between two looks at the audit log; default 15000, 0: none */
	size_t max_answer;       /* bytes of one answer; default 32 MiB */
	size_t cache_ceiling;    /* bytes of remembered documents; default 1 GiB */
	bool read_only;
	bool send_key_secret;    /* `send-key-secret = yes-i-know`: the only way keySecret is ever sent */
	char **write_patterns;   /* `write`: globs of paths that may be written; none: all */
	size_t n_write_patterns;
	char **key_paths;        /* `key-path`: what settings/global.json shows; default: the documented three */
	size_t n_key_paths;
	char *history_remote;    /* URL or absolute path the history is pushed to; NULL: nowhere */
	char *history_branch;    /* there; default: <name>/<this host> */
	uint64_t push_timeout_ms; /* of one push; default 600000 */
	bool history_record;     /* default true; false: nothing is recorded */
	bool history_full;       /* what nobody looked at, too */
	char *history_signing_key; /* of ssh: path of a private key, or of a public one that an agent has */
	struct tfs_config_author *authors; /* of the file, for all its tenants */
	size_t n_authors;
};

/*
 * Reads [tenant `tenant`] (NULL: the only one there is) of `path` (NULL: TENANTFS_CONFIG, else
 * $XDG_CONFIG_HOME/tenantfs/config). -ENOENT no file or no such tenant (the message lists those there
 * are), -EINVAL for a bad or unknown setting, naming file, key and remedy.
 */
int tfs_config_load(const char *path, const char *tenant, struct tfs_config **ret, struct tfs_error *error);
void tfs_config_free(struct tfs_config *config);
/* Whether the `write` patterns let this path of the mount be written: those of a document, of a call file. */
bool tfs_config_writable(const struct tfs_config *config, const char *path);
/* Takes the place of the patterns there are; `list` has one for each line. 0 or -ENOMEM. */
int tfs_config_set_writable(struct tfs_config *config, const char *list);

TFS_DEFINE_CLEANUP(config, struct tfs_config *, tfs_config_free)
#define cleanup_config TFS_CLEANUP(tfs_cleanup_config)

#endif
