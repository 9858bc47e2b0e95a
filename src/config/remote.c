/* Checks history-remote. Stricter than git: no password, no helper program, no option in place of a host. */
#include <errno.h>
#include <git2.h>
#include <string.h>
#include <strings.h>

#include "settings.h"
#include "tenantfs/file.h"

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return true;
	return false;
}

/* For ssh: a user name is allowed, a password is not. A leading dash would be taken for an option. */
static const char *find_login_fault(const char *login, size_t len)
{
	const char *at = memrchr(login, '@', len);
	const char *host = at ? at + 1 : login;

	if (at && memchr(login, ':', (size_t)(at - login)))
		return "must not contain a password: use ssh keys or an agent";
	if (login[0] == '-' || host[0] == '-')
		return "must not begin with a dash";
	if (host == login + len || host[0] == ':')
		return "names no host";
	return NULL;
}

static const char *find_url_fault(const char *url)
{
	const char *after_scheme = strstr(url, "://") + 3;
	size_t len = strcspn(after_scheme, "/");
	bool http = strncasecmp(url, "http://", 7) == 0;
	cleanup_free char *host = NULL;

	if (strchr(url, ' '))
		return "must not contain spaces";
	if (strncasecmp(url, "file://", 7) == 0)
		return after_scheme[0] == '/' ? NULL : "must be file:///PATH";
	if (strpbrk(url, "?#"))
		return "must not contain a query or a fragment";
	if (strncasecmp(url, "ssh://", 6) == 0)
		return find_login_fault(after_scheme, len);
	if (!http && strncasecmp(url, "https://", 8) != 0)
		return "must be https://…, ssh://…, file://…, HOST:PATH or a path";
	/* A token is often written in place of a user name. */
	if (memchr(after_scheme, '@', len))
		return "must not contain a user name, password or token: use git's credential helper";
	host = config_host_of_url(url);
	if (!host || host[0] == '\0')
		return "names no host";
	if (http && !config_is_loopback(host))
		return "must begin with https:// (http:// is for this machine only)";
	return NULL;
}

/* [USER@]HOST:PATH; `colon` is the first one. */
static const char *find_short_fault(const char *text, const char *colon)
{
	const char *path = colon + 1;

	if (path[0] == ':')
		return "must not name a helper program of git";
	if (memchr(path, '@', strcspn(path, "/")))
		return "must not contain a password: use ssh keys or an agent";
	if (path[0] == '\0' || path[0] == '-')
		return "names no path";
	return find_login_fault(text, (size_t)(colon - text));
}

int config_check_remote(const char *text, const char *folder, char **ret, const char **ret_reason)
{
	const char *colon = strchr(text, ':'), *slash = strchr(text, '/');
	bool is_url = strstr(text, "://"), is_short = colon && (!slash || colon < slash);
	const char *fault = NULL;
	char *copy;

	if (has_control(text))
		fault = "must not contain control bytes";
	else if (is_url)
		fault = find_url_fault(text);
	else if (is_short)
		fault = find_short_fault(text, colon);
	if (fault) {
		*ret_reason = fault;
		return -EINVAL;
	}
	copy = is_url || is_short ? strdup(text) : tfs_file_expand(text, folder);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

bool config_is_branch(const char *name)
{
	int valid = 0;

	return git_branch_name_is_valid(&valid, name) == 0 && valid;
}
