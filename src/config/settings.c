/* The table of settings, their readers, defaults and checks. */
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "tenantfs/caller.h"
#include "tenantfs/file.h"
#include "tenantfs/utf8.h"

enum { LIST_MAX = 256 };

typedef int (*reader)(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error);

struct setting {
	const char *key;
	reader read;
	size_t offset; /* of the member in struct tfs_config */
};

/* Fails with "FILE: tenant.NAME.KEY: …". */
__attribute__((format(printf, 4, 5))) static int fail_at(const struct setting_pos *pos, struct tfs_error *error,
							 int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tfs_error_setv(error, code, "config", format, args);
	va_end(args);
	if (!error)
		return code;
	if (pos->key)
		tfs_error_prefix(error, "%s: tenant.%s.%s: ", pos->file, pos->tenant, pos->key);
	else
		tfs_error_prefix(error, "%s: tenant.%s: ", pos->file, pos->tenant);
	return code;
}

/* Takes over `text` (NULL: out of memory). The last value wins, as in git's configuration. */
static int set_text(char **member, char *text, struct tfs_error *error)
{
	if (!text)
		return tfs_error_set_memory(error);
	free(*member);
	*member = text;
	return 0;
}

static int read_text(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	(void)pos;
	return set_text(member, strdup(value), error);
}

static int read_path(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	return set_text(member, tfs_file_expand(value, pos->folder), error);
}

static int read_url(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	cleanup_free char *url = strdup(value);
	const char *reason;

	if (!url)
		return tfs_error_set_memory(error);
	if (config_check_url(url, &reason) < 0)
		return fail_at(pos, error, -EINVAL, "the URL %s", reason);
	return set_text(member, steal_pointer(&url), error);
}

static int read_public_key(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	if (!config_is_public_key(value))
		return fail_at(pos, error, -EINVAL, "a public key is the base64 of 64 bytes, 88 characters");
	return read_text(member, pos, value, error);
}

static int read_curve(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	if (tfs_curve_from_name(value, member) < 0)
		return fail_at(pos, error, -EINVAL, "\"%s\" is not a curve: secp256k1 or prime256v1", value);
	return 0;
}

static int read_token_form(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	static const char *const names[] = {
		[TFS_TOKEN_AUTO] = "auto",
		[TFS_TOKEN_SEALED] = "sealed",
		[TFS_TOKEN_CLEAR] = "clear",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], value) == 0) {
			*(enum tfs_token_form *)member = (enum tfs_token_form)i;
			return 0;
		}
	}
	return fail_at(pos, error, -EINVAL, "\"%s\" is none of auto, sealed, clear", value);
}

/* As curl writes the digests of keys: "sha256//BASE64", several joined by ";". */
static int read_pins(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	static const char prefix[] = "sha256//";
	enum { PREFIX = sizeof(prefix) - 1, DIGEST = 44 };
	const char *pin = value;
	size_t len;

	for (;; pin += len + 1) {
		len = strcspn(pin, ";");
		if (len != PREFIX + DIGEST || strncmp(pin, prefix, PREFIX) != 0 || pin[len - 1] != '=')
			return fail_at(pos, error, -EINVAL, "a pin is sha256// and the base64 of a key's digest");
		if (pin[len] == '\0')
			return read_text(member, pos, value, error);
	}
}

/* The value of a header. */
static int read_tag(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	for (const char *at = value; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~')
			return fail_at(pos, error, -EINVAL, "a tag has letters, digits and punctuation only");
	return read_text(member, pos, value, error);
}

static int read_boolean(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	if (config_parse_boolean(value, member) < 0)
		return fail_at(pos, error, -EINVAL, "\"%s\" is neither true nor false", value);
	return 0;
}

static int read_consent(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	bool no;

	if (strcmp(value, "yes-i-know") == 0) {
		*(bool *)member = true;
		return 0;
	}
	if (config_parse_boolean(value, &no) == 0 && !no) {
		*(bool *)member = false;
		return 0;
	}
	return fail_at(pos, error, -EINVAL, "only \"yes-i-know\" switches it on");
}

static int read_duration(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	if (config_parse_duration(value, member) < 0)
		return fail_at(pos, error, -EINVAL, "\"%s\" is not a duration: 30, 30s, 5m, 2h", value);
	return 0;
}

/* A duration, or 0 for never. */
static int read_interval(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	if (strcmp(value, "0") == 0) {
		*(uint64_t *)member = 0;
		return 0;
	}
	return read_duration(member, pos, value, error);
}

static int read_number(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	char *end;
	unsigned long long number = strtoull(value, &end, 10);

	if (*value < '0' || *value > '9' || *end != '\0' || number > 1000000)
		return fail_at(pos, error, -EINVAL, "\"%s\" is not a number up to 1000000", value);
	*(uint64_t *)member = number;
	return 0;
}

static int read_size(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	if (config_parse_size(value, member) < 0)
		return fail_at(pos, error, -EINVAL, "\"%s\" is not a size: 1048576, 512k, 32m, 1g", value);
	return 0;
}

static int add_to_list(char ***list, size_t *n, const struct setting_pos *pos, const char *value,
		       struct tfs_error *error)
{
	char **longer;

	if (*n >= LIST_MAX)
		return fail_at(pos, error, -EINVAL, "given more than %d times", LIST_MAX);
	for (size_t i = 0; i < *n; i++)
		if (strcmp((*list)[i], value) == 0)
			return 0;
	longer = realloc(*list, (*n + 1) * sizeof(*longer));
	if (!longer)
		return tfs_error_set_memory(error);
	*list = longer;
	longer[*n] = strdup(value);
	if (!longer[*n])
		return tfs_error_set_memory(error);
	(*n)++;
	return 0;
}

static int read_community(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	struct tfs_config *config = member;

	return add_to_list(&config->communities, &config->n_communities, pos, value, error);
}

static int read_write(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	struct tfs_config *config = member;

	return add_to_list(&config->write_patterns, &config->n_write_patterns, pos, value, error);
}

/* A name as in the process's arguments, without folders. */
static int read_program(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	struct tfs_config *config = member;

	if (strchr(value, '/') || strlen(value) >= TFS_CALLER_WORD)
		return fail_at(pos, error, -EINVAL,
			       "a program or script is named without its folder, in at most %d bytes",
			       TFS_CALLER_WORD - 1);
	return add_to_list(&config->replacing_programs, &config->n_replacing_programs, pos, value, error);
}

static int read_key_path(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	struct tfs_config *config = member;

	return add_to_list(&config->key_paths, &config->n_key_paths, pos, value, error);
}

static int read_remote(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	const char *reason;
	char *remote;
	int r = config_check_remote(value, pos->folder, &remote, &reason);

	if (r == -EINVAL)
		return fail_at(pos, error, r, "the remote %s", reason);
	return set_text(member, r == 0 ? remote : NULL, error);
}

static int read_branch(void *member, const struct setting_pos *pos, const char *value, struct tfs_error *error)
{
	if (!config_is_branch(value))
		return fail_at(pos, error, -EINVAL, "\"%s\" is not a valid branch name", value);
	return read_text(member, pos, value, error);
}

#define MEMBER(name) offsetof(struct tfs_config, name)

/* Sorted by key. */
static const struct setting settings[] = {
	{ "accept-clear-answers", read_boolean, MEMBER(accept_clear_answers) },
	{ "app-id", read_text, MEMBER(app_id) },
	{ "ca-file", read_path, MEMBER(ca_file) },
	{ "tls-pin", read_pins, MEMBER(tls_pin) },
	{ "cache-ceiling", read_size, MEMBER(cache_ceiling) },
	{ "call-budget", read_number, MEMBER(call_budget) },
	{ "community", read_community, 0 },
	{ "curve", read_curve, MEMBER(curve) },
	{ "dns", read_text, MEMBER(dns) },
	{ "feed-interval", read_interval, MEMBER(feed_ms) },
	{ "freshness", read_duration, MEMBER(freshness_ms) },
	{ "history-branch", read_branch, MEMBER(history_branch) },
	{ "history-full", read_boolean, MEMBER(history_full) },
	{ "history-push-timeout", read_duration, MEMBER(push_timeout_ms) },
	{ "history-record", read_boolean, MEMBER(history_record) },
	{ "history-remote", read_remote, MEMBER(history_remote) },
	{ "history-signing-key", read_path, MEMBER(history_signing_key) },
	{ "invent-secrets", read_consent, MEMBER(invent_secrets) },
	{ "key-file", read_path, MEMBER(key_file) },
	{ "key-path", read_key_path, 0 },
	{ "license-command", read_text, MEMBER(license_command) },
	{ "license-file", read_path, MEMBER(license_file) },
	{ "max-answer", read_size, MEMBER(max_answer) },
	{ "read-lag", read_interval, MEMBER(read_lag_ms) },
	{ "read-only", read_boolean, MEMBER(read_only) },
	{ "replacing-program", read_program, 0 },
	{ "send-key-secret", read_consent, MEMBER(send_key_secret) },
	{ "service-key", read_public_key, MEMBER(service_key) },
	{ "state-dir", read_path, MEMBER(state_dir) },
	{ "tenant-tag", read_tag, MEMBER(tenant_tag) },
	{ "timeout", read_duration, MEMBER(timeout_ms) },
	{ "token-command", read_text, MEMBER(token_command) },
	{ "token-file", read_path, MEMBER(token_file) },
	{ "token-form", read_token_form, MEMBER(token_form) },
	{ "url", read_url, MEMBER(url) },
	{ "user", read_text, MEMBER(user) },
	{ "write", read_write, 0 },
};

enum { N_SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static int refuse_unknown(const struct setting_pos *pos, struct tfs_error *error)
{
	const char *names[N_SETTINGS + 1] = { NULL };
	const char *near;

	for (size_t i = 0; i < N_SETTINGS; i++)
		names[i] = settings[i].key;
	near = config_nearest_name(pos->key, names);
	if (near)
		return fail_at(pos, error, -EINVAL, "no such setting; did you mean %s?", near);
	return fail_at(pos, error, -EINVAL, "no such setting");
}

int config_take_setting(struct tfs_config *config, const struct setting_pos *pos, const char *value,
			struct tfs_error *error)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		const struct setting *setting = &settings[i];

		if (strcmp(setting->key, pos->key) != 0)
			continue;
		/* As in git, a boolean key without "=" is true. All other keys need a value. */
		if (!value && setting->read == read_boolean)
			value = "true";
		if (!value || value[0] == '\0')
			return fail_at(pos, error, -EINVAL, "has no value");
		/* Status and errors show the values as JSON. */
		if (!tfs_utf8_is_valid(value, strlen(value)))
			return fail_at(pos, error, -EINVAL, "is not UTF-8");
		return setting->read((char *)config + setting->offset, pos, value, error);
	}
	return refuse_unknown(pos, error);
}

void config_preset_defaults(struct tfs_config *config)
{
	config->curve = TFS_SECP256K1;
	config->timeout_ms = 30000;
	config->freshness_ms = 300000;
	config->feed_ms = 15000;
	config->read_lag_ms = 4000;
	config->push_timeout_ms = 600000;
	config->history_record = true;
	config->call_budget = 100;
	config->max_answer = (size_t)32 << 20;
	config->cache_ceiling = (size_t)1 << 30;
}

/* The paths that the API's documentation names. */
static int preset_key_paths(struct tfs_config *config, const struct setting_pos *pos, struct tfs_error *error)
{
	static const char *const paths[] = { "blockid_session_attributes", "blockid_ledger_attributes",
					     "identity_attributes" };
	int r = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && r == 0; i++)
		r = add_to_list(&config->key_paths, &config->n_key_paths, pos, paths[i], error);
	return r;
}

/* TENANT/HOST: a separate branch for each tenant and host that push to the same remote. */
static int preset_branch(struct tfs_config *config, const struct setting_pos *pos, struct tfs_error *error)
{
	struct setting_pos at = *pos;
	struct utsname host;
	char *branch;

	if (uname(&host) < 0 || asprintf(&branch, "%s/%s", config->name, host.nodename) < 0)
		return tfs_error_set_memory(error);
	config->history_branch = branch;
	at.key = "history-branch";
	if (!config_is_branch(branch))
		return fail_at(&at, error, -EINVAL, "is required: the default, \"%s\", is not a valid branch name",
			       branch);
	return 0;
}

static int fill_defaults(struct tfs_config *config, const struct setting_pos *pos, struct tfs_error *error)
{
	cleanup_free char *base = NULL;

	if (!config->dns && set_text(&config->dns, config_host_of_url(config->url), error) < 0)
		return -ENOMEM;
	if (!config->app_id && set_text(&config->app_id, strdup("tenantfs"), error) < 0)
		return -ENOMEM;
	if (config->n_key_paths == 0 && preset_key_paths(config, pos, error) < 0)
		return -ENOMEM;
	if (config->history_remote && !config->history_branch) {
		int r = preset_branch(config, pos, error);

		if (r < 0)
			return r;
	}
	if (config->state_dir)
		return 0;
	base = tfs_file_xdg("XDG_STATE_HOME", ".local/state");
	if (!base)
		return fail_at(pos, error, -EINVAL, "neither HOME nor XDG_STATE_HOME is set; set state-dir");
	if (asprintf(&config->state_dir, "%s/%s", base, config->name) < 0) {
		config->state_dir = NULL;
		return tfs_error_set_memory(error);
	}
	return 0;
}

static int check_required(const struct tfs_config *config, const struct setting_pos *pos, struct tfs_error *error)
{
	if (!config->url)
		return fail_at(pos, error, -EINVAL, "url is missing: add url = https://HOST/adminapi");
	if (config->n_communities == 0)
		return fail_at(pos, error, -EINVAL, "community is missing: add community = NAME");
	if (!config->key_file)
		return fail_at(pos, error, -EINVAL, "key-file is missing: add key-file = PATH");
	if (config->license_file && config->license_command)
		return fail_at(pos, error, -EINVAL, "license-file and license-command are both set: keep one");
	if (config->token_file && config->token_command)
		return fail_at(pos, error, -EINVAL, "token-file and token-command are both set: keep one");
	return 0;
}

static int check_ranges(const struct tfs_config *config, const struct setting_pos *pos, struct tfs_error *error)
{
	const uint64_t day = 24 * 3600 * 1000;
	struct setting_pos at = *pos;

	at.key = "timeout";
	if (config->timeout_ms < 100 || config->timeout_ms > day)
		return fail_at(&at, error, -EINVAL, "must be from 100ms to 1d");
	at.key = "freshness";
	if (config->freshness_ms > 365 * day)
		return fail_at(&at, error, -EINVAL, "must be at most 365d");
	at.key = "read-lag";
	if (config->read_lag_ms > 60000)
		return fail_at(&at, error, -EINVAL, "must be at most 1m");
	at.key = "history-push-timeout";
	if (config->push_timeout_ms < 1000 || config->push_timeout_ms > day)
		return fail_at(&at, error, -EINVAL, "must be from 1s to 1d");
	at.key = "max-answer";
	if (config->max_answer < 64 << 10 || config->max_answer > (size_t)1 << 30)
		return fail_at(&at, error, -EINVAL, "must be from 64k to 1g");
	at.key = "cache-ceiling";
	if (config->cache_ceiling < 1 << 20)
		return fail_at(&at, error, -EINVAL, "must be at least 1m");
	at.key = "history-full";
	if (config->history_full && !config->history_record)
		return fail_at(&at, error, -EINVAL, "history-record is false: nothing is recorded at all");
	return 0;
}

int config_finish_settings(struct tfs_config *config, const struct setting_pos *pos, struct tfs_error *error)
{
	int r = check_required(config, pos, error);

	if (r == 0)
		r = check_ranges(config, pos, error);
	if (r == 0)
		r = fill_defaults(config, pos, error);
	return r;
}
