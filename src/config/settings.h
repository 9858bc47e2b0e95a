/* Reading the settings of a [tenant] section. */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "tenantfs/config.h"

/* Position of a value, for messages and for paths relative to the file's folder. */
struct setting_pos {
	const char *file;   /* absolute */
	const char *folder; /* that contains the file */
	const char *tenant;
	const char *key; /* NULL: the whole section */
};

/* Sets one value (NULL: a key without "=") in `config`. -EINVAL: unknown key or bad value. */
int config_take_setting(struct tfs_config *config, const struct setting_pos *pos, const char *value,
			struct tfs_error *error);
/* The same for a section [author "WHO"]; `who` has `len` bytes. */
int config_take_author(struct tfs_config *config, const char *file, const char *who, size_t len, const char *key,
		       const char *value, struct tfs_error *error);
/* Called before the first setting. */
void config_preset_defaults(struct tfs_config *config);
/* Called after the last setting: checks the whole and fills in the other defaults. */
int config_finish_settings(struct tfs_config *config, const struct setting_pos *pos, struct tfs_error *error);

/* The file that is read when none is named. Caller frees; NULL: HOME is not set, or out of memory. */
char *config_user_file(void);

/* 0 or -EINVAL. Durations: "30s", "5m", "2h", "1d", "250ms", plain seconds. Sizes: bytes, or with k, m, g. */
int config_parse_duration(const char *text, uint64_t *ret_ms);
int config_parse_size(const char *text, size_t *ret_bytes);
int config_parse_boolean(const char *text, bool *ret);

/* The most similar of the NULL-terminated names, or NULL if none is close. */
const char *config_nearest_name(const char *name, const char *const *names);

/* Checks a URL and removes its final slashes. -EINVAL: `*ret_reason` continues "the URL ". */
int config_check_url(char *url, const char **ret_reason);
/* The host of a checked URL, without port and brackets. Caller frees. */
char *config_host_of_url(const char *url);
bool config_is_loopback(const char *host);
/*
 * Checks a remote for the history: https, ssh, file, or a path (made absolute, relative to `folder`). 0:
 * `*ret` is the caller's. -EINVAL: `*ret_reason` continues "the remote " and never quotes the remote. Or
 * -ENOMEM.
 */
int config_check_remote(const char *text, const char *folder, char **ret, const char **ret_reason);
bool config_is_branch(const char *name);
/* Whether `text` is base64 of 64 bytes. */
bool config_is_public_key(const char *text);

#endif
