/* Opens the configuration file and reads one tenant's section. */
#include "tenantfs/config.h"

#include <errno.h>
#include <fnmatch.h>
#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tenantfs/file.h"
#include "tenantfs/utf8.h"

#include "settings.h"

enum { TENANTS_MAX = 1000, NAME_LENGTH_MAX = 64 };

static void free_git_config(git_config *config)
{
	git_config_free(config);
}
TFS_DEFINE_CLEANUP(git_config, git_config *, free_git_config)
#define cleanup_git_config TFS_CLEANUP(tfs_cleanup_git_config)
TFS_DEFINE_CLEANUP(git_iterator, git_config_iterator *, git_config_iterator_free)
#define cleanup_git_iterator TFS_CLEANUP(tfs_cleanup_git_iterator)

static int fail_file(struct tfs_error *error, int code, const char *file, const char *what)
{
	return tfs_error_set(error, code, "config", "%s: %s", file, what);
}

static void free_texts(char **texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

void tfs_config_free(struct tfs_config *config)
{
	if (!config)
		return;
	free_texts(config->communities, config->n_communities);
	free_texts(config->write_patterns, config->n_write_patterns);
	free_texts(config->key_paths, config->n_key_paths);
	free_texts(config->replacing_programs, config->n_replacing_programs);
	for (size_t i = 0; i < config->n_authors; i++) {
		free(config->authors[i].who);
		free(config->authors[i].name);
		free(config->authors[i].email);
	}
	free(config->authors);
	free(config->name);
	free(config->path);
	free(config->url);
	free(config->dns);
	free(config->key_file);
	free(config->license_file);
	free(config->license_command);
	free(config->token_file);
	free(config->user);
	free(config->token_command);
	free(config->ca_file);
	free(config->tls_pin);
	free(config->service_key);
	free(config->tenant_tag);
	free(config->state_dir);
	free(config->app_id);
	free(config->history_remote);
	free(config->history_branch);
	free(config->history_signing_key);
	free(config);
}

char *config_user_file(void)
{
	cleanup_free char *folder = tfs_file_xdg("XDG_CONFIG_HOME", ".config");
	char *path;

	return folder && asprintf(&path, "%s/config", folder) >= 0 ? path : NULL;
}

static char *default_path(void)
{
	const char *variable = getenv("TENANTFS_CONFIG");

	return variable && variable[0] != '\0' ? strdup(variable) : config_user_file();
}

/* Absolute path of the file to read. Caller frees. */
static int find_file(const char *path, char **ret_file, struct tfs_error *error)
{
	cleanup_free char *given = path ? strdup(path) : default_path();
	cleanup_free char *folder = get_current_dir_name();
	char *file;
	struct stat st;

	if (!given)
		return tfs_error_set(error, -ENOENT, "config",
				     "no configuration: neither HOME nor TENANTFS_CONFIG is set");
	file = tfs_file_expand(given, folder);
	if (!file)
		return tfs_error_set_memory(error);
	if (stat(file, &st) < 0) {
		int r = -errno;

		fail_file(error, r, file, strerrordesc_np(-r));
		free(file);
		return r;
	}
	/* The file names commands to run: whoever may write it acts as this user. */
	if ((st.st_mode & S_IWOTH) != 0) {
		tfs_error_set(error, -EACCES, "config", "%s may be written by everybody: chmod o-w %s", file, file);
		free(file);
		return -EACCES;
	}
	*ret_file = file;
	return 0;
}

static int fail_git(struct tfs_error *error, const char *file)
{
	const git_error *reason = git_error_last();

	return fail_file(error, -EINVAL, file, reason ? reason->message : "cannot be read");
}

/* Reads only this file, not the user's or the system's git configuration. */
static int open_file(const char *file, git_config **ret, struct tfs_error *error)
{
	if (git_config_open_ondisk(ret, file) != 0)
		return fail_git(error, file);
	return 0;
}

/* Splits "SECTION.NAME.KEY"; the name may contain dots. `section` ends in a dot. False: another section. */
static bool split_section(const char *section, const char *name, const char **ret_name, size_t *ret_len,
			  const char **ret_key)
{
	size_t len = strlen(section);
	const char *last = strrchr(name, '.');

	if (strncmp(name, section, len) != 0 || !last || last < name + len)
		return false;
	*ret_name = name + len;
	*ret_len = (size_t)(last - *ret_name);
	*ret_key = last + 1;
	return true;
}

static bool split_name(const char *name, const char **ret_tenant, size_t *ret_len, const char **ret_key)
{
	return split_section("tenant.", name, ret_tenant, ret_len, ret_key);
}

static bool split_author(const char *name, const char **ret_who, size_t *ret_len, const char **ret_key)
{
	return split_section("author.", name, ret_who, ret_len, ret_key);
}

/* The tenant's name becomes a folder name. */
static bool is_tenant_name(const char *name, size_t len)
{
	if (len == 0 || len > NAME_LENGTH_MAX || name[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == '/' || name[i] == 127)
			return false;
	return tfs_utf8_is_valid(name, len);
}

static int refuse_section(const char *name, const char *file, struct tfs_error *error)
{
	if (strncmp(name, "tenant.", 7) == 0)
		return tfs_error_set(error, -EINVAL, "config", "%s: %s: a tenant has a name: [tenant \"NAME\"]", file,
				     name);
	return tfs_error_set(error, -EINVAL, "config",
			     "%s: %s: no such section; settings belong into [tenant \"NAME\"]", file, name);
}

static int add_name(char ***names, size_t *n, const char *name, size_t len)
{
	char **longer;

	for (size_t i = 0; i < *n; i++)
		if (strlen((*names)[i]) == len && memcmp((*names)[i], name, len) == 0)
			return 0;
	if (*n >= TENANTS_MAX)
		return -E2BIG;
	longer = realloc(*names, (*n + 1) * sizeof(*longer));
	if (!longer)
		return -ENOMEM;
	*names = longer;
	longer[*n] = strndup(name, len);
	if (!longer[*n])
		return -ENOMEM;
	(*n)++;
	return 0;
}

static int take_name(const char *file, const git_config_entry *entry, char ***names, size_t *n, struct tfs_error *error)
{
	const char *tenant, *key;
	size_t len;
	int r;

	if (strncmp(entry->name, "include", 7) == 0 || split_author(entry->name, &tenant, &len, &key))
		return 0;
	if (!split_name(entry->name, &tenant, &len, &key))
		return refuse_section(entry->name, file, error);
	if (!is_tenant_name(tenant, len))
		return tfs_error_set(
			error, -EINVAL, "config",
			"%s: \"%.*s\" cannot name a tenant: UTF-8 of at most %d bytes, no space, slash or leading dot",
			file, (int)len, tenant, NAME_LENGTH_MAX);
	r = add_name(names, n, tenant, len);
	return r < 0 ? fail_file(error, r, file, strerrordesc_np(-r)) : 0;
}

static int list_tenants(git_config *git, const char *file, char ***names, size_t *n, struct tfs_error *error)
{
	git_config_iterator *iterator cleanup_git_iterator = NULL;
	git_config_entry *entry;
	int r;

	if (git_config_iterator_new(&iterator, git) != 0)
		return fail_git(error, file);
	while ((r = git_config_next(&entry, iterator)) == 0) {
		r = take_name(file, entry, names, n, error);
		if (r < 0)
			return r;
	}
	return r == GIT_ITEROVER ? 0 : fail_git(error, file);
}

/* Reads the sections [author "alice"] or [author "1000"] with name and email. */
static int read_authors(git_config *git, struct tfs_config *config, const char *file, struct tfs_error *error)
{
	git_config_iterator *iterator cleanup_git_iterator = NULL;
	git_config_entry *entry;
	const char *who, *key;
	size_t len;
	int r;

	if (git_config_iterator_new(&iterator, git) != 0)
		return fail_git(error, file);
	while ((r = git_config_next(&entry, iterator)) == 0) {
		if (!split_author(entry->name, &who, &len, &key))
			continue;
		r = config_take_author(config, file, who, len, key, entry->value, error);
		if (r < 0)
			return r;
	}
	return r == GIT_ITEROVER ? 0 : fail_git(error, file);
}

static int read_settings(git_config *git, struct tfs_config *config, struct setting_pos *pos, struct tfs_error *error)
{
	git_config_iterator *iterator cleanup_git_iterator = NULL;
	git_config_entry *entry;
	const char *tenant;
	size_t len;
	int r;

	if (git_config_iterator_new(&iterator, git) != 0)
		return fail_git(error, pos->file);
	while ((r = git_config_next(&entry, iterator)) == 0) {
		if (!split_name(entry->name, &tenant, &len, &pos->key) || strlen(config->name) != len ||
		    memcmp(config->name, tenant, len) != 0)
			continue;
		r = config_take_setting(config, pos, entry->value, error);
		if (r < 0)
			return r;
	}
	pos->key = NULL;
	return r == GIT_ITEROVER ? config_finish_settings(config, pos, error) : fail_git(error, pos->file);
}

static void join_names(char *const *names, size_t n, char *out, size_t room)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n && len + strlen(names[i]) + 3 < room; i++)
		len += (size_t)snprintf(out + len, room - len, "%s%s", i > 0 ? ", " : "", names[i]);
}

static int choose_tenant(const char *wanted, const char *file, char *const *names, size_t n, const char **ret,
			 struct tfs_error *error)
{
	char all[256];

	if (n == 0)
		return fail_file(error, -ENOENT, file, "no tenant is configured: add [tenant \"NAME\"]");
	join_names(names, n, all, sizeof(all));
	if (!wanted && n == 1) {
		*ret = names[0];
		return 0;
	}
	if (!wanted)
		return tfs_error_set(error, -ENOENT, "config", "%s: there are several tenants, name one: %s", file,
				     all);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], wanted) == 0) {
			*ret = names[i];
			return 0;
		}
	}
	return tfs_error_set(error, -ENOENT, "config", "%s: there is no tenant \"%s\", only: %s", file, wanted, all);
}

static struct tfs_config *new_config(const char *name, const char *file)
{
	struct tfs_config *config = calloc(1, sizeof(*config));

	if (!config)
		return NULL;
	config_preset_defaults(config);
	config->name = strdup(name);
	config->path = strdup(file);
	if (config->name && config->path)
		return config;
	tfs_config_free(config);
	return NULL;
}

static int load_tenant(git_config *git, const char *file, const char *name, struct tfs_config **ret,
		       struct tfs_error *error)
{
	struct tfs_config *config cleanup_config = new_config(name, file);
	cleanup_free char *folder = strdup(file);
	struct setting_pos pos = { .file = file, .folder = folder, .tenant = name };
	int r;

	if (!config || !folder)
		return tfs_error_set_memory(error);
	/* "" for a file in "/": joining adds a slash. */
	*strrchr(folder, '/') = '\0';
	r = read_settings(git, config, &pos, error);
	if (r == 0)
		r = read_authors(git, config, file, error);
	if (r == 0)
		*ret = steal_pointer(&config);
	return r;
}

static int load_from(const char *file, const char *tenant, struct tfs_config **ret, struct tfs_error *error)
{
	git_config *git cleanup_git_config = NULL;
	char **names = NULL;
	const char *name = NULL;
	size_t n = 0;
	int r = open_file(file, &git, error);

	if (r == 0)
		r = list_tenants(git, file, &names, &n, error);
	if (r == 0)
		r = choose_tenant(tenant, file, names, n, &name, error);
	if (r == 0)
		r = load_tenant(git, file, name, ret, error);
	free_texts(names, n);
	return r;
}

int tfs_config_load(const char *path, const char *tenant, struct tfs_config **ret, struct tfs_error *error)
{
	cleanup_free char *file = NULL;
	int r = find_file(path, &file, error);

	if (r < 0)
		return r;
	git_libgit2_init();
	r = load_from(file, tenant, ret, error);
	git_libgit2_shutdown();
	return r;
}

bool tfs_config_writable(const struct tfs_config *config, const char *path)
{
	for (size_t i = 0; i < config->n_write_patterns; i++)
		if (fnmatch(config->write_patterns[i], path, 0) == 0)
			return true;
	return config->n_write_patterns == 0;
}

int tfs_config_set_writable(struct tfs_config *config, const char *list)
{
	size_t count = 1, n = 0;
	char **patterns;

	for (const char *at = list; *at != '\0'; at++)
		count += *at == '\n';
	patterns = calloc(count, sizeof(*patterns));
	if (!patterns)
		return -ENOMEM;
	for (const char *at = list; n < count; at += strcspn(at, "\n") + 1) {
		patterns[n] = strndup(at, strcspn(at, "\n"));
		if (!patterns[n++]) {
			free_texts(patterns, n);
			return -ENOMEM;
		}
	}
	free_texts(config->write_patterns, config->n_write_patterns);
	config->write_patterns = patterns;
	config->n_write_patterns = count;
	return 0;
}
