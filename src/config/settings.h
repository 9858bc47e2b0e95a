/* The settings of a [tenant]: names, readers, defaults, checks. */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "tenantfs/config.h"

/* Where a value stands, for messages and for paths relative to the file's folder. */
struct place {
	const char *file;   /* absolute */
	const char *folder; /* of the file */
	const char *tenant;
	const char *key; /* NULL: the section as a whole */
};

/*
 * Puts one value (NULL: the key stands without "=") into `config`. -EINVAL for an
 * unknown key or a bad value.
 */
int take_setting(struct tfs_config *config, const struct place *place, const char *value,
		 struct tfs_error *error);
/* The same of an [author "WHO"]: `who` is `len` bytes. */
int take_author(struct tfs_config *config, const char *file, const char *who, size_t len, const char *key,
		const char *value, struct tfs_error *error);
/* Before the first setting, and after the last. */
void preset_defaults(struct tfs_config *config);
int finish_settings(struct tfs_config *config, const struct place *place, struct tfs_error *error);

/* Each 0 or -EINVAL. Durations: "30s", "5m", "2h", "1d", "250ms", plain seconds. Sizes: bytes, or with k, m,
 * g. */
int parse_duration(const char *text, uint64_t *ret_ms);
int parse_size(const char *text, size_t *ret_bytes);
int parse_boolean(const char *text, bool *ret);

/* The nearest of the NULL-terminated names, or NULL when none is close. */
const char *nearest_name(const char *name, const char *const *names);

/* Checks an URL: 0, or -EINVAL with a reason that reads after "the URL ". Cuts final slashes off. */
int check_url(char *url, const char **ret_reason);
/* Host of a checked URL without port and brackets; caller frees. */
char *host_of_url(const char *url);
bool is_loopback(const char *host);
/*
 * Where a history may be pushed to: https, ssh, a file, a path (made absolute, from `folder`). 0 and what is yours,
 * -EINVAL with a reason that reads after "the remote ", or -ENOMEM. A reason never has a part of it.
 */
int check_remote(const char *text, const char *folder, char **ret, const char **ret_reason);
bool is_branch(const char *name);
/* Base64 of 64 bytes. */
bool is_public_key(const char *text);

#endif
