/* Runs git: its environment, and its messages when it fails. */
#include "git-process.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

#include "tenantfs/child.h"

enum { WORDS = 32, NOT_FOUND = 127, REASONS = 3 };

void history_variables_finish(struct variables *variables)
{
	for (size_t i = 0; i < variables->count; i++)
		free(variables->all[i]);
	free(variables->all);
	*variables = (struct variables){ 0 };
}

static int add_text(struct variables *variables, char *text)
{
	char **more = text ? reallocarray(variables->all, variables->count + 2, sizeof(char *)) : NULL;

	if (!more) {
		free(text);
		return -ENOMEM;
	}
	variables->all = more;
	more[variables->count++] = text;
	more[variables->count] = NULL;
	return 0;
}

int history_variables_add(struct variables *variables, const char *name, const char *value)
{
	char *text;

	return add_text(variables, asprintf(&text, "%s=%s", name, value) < 0 ? NULL : text);
}

static bool is_named(const char *variable, const char *const *names)
{
	size_t len = strcspn(variable, "=");

	for (; *names; names++)
		if (strlen(*names) == len && strncmp(variable, *names, len) == 0)
			return true;
	return false;
}

/* Keeps all variables but git's own: credential helpers and agents need them. */
static bool is_kept(const char *variable)
{
	static const char *const of_git[] = {
		"GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM", "GIT_EXEC_PATH",
		"GIT_SSH",           "GIT_SSH_COMMAND",     "GIT_SSH_VARIANT",   "GIT_SSL_CAINFO",
		"GIT_SSL_CAPATH",    "GIT_SSL_CERT",        "GIT_SSL_KEY",       NULL
	};
	static const char *const asking[] = { "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "LC_ALL", NULL };

	if (strncmp(variable, "GIT_", 4) == 0)
		return is_named(variable, of_git);
	return !is_named(variable, asking);
}

static int add_config(struct variables *variables, const char *const *config)
{
	char name[48], count[24];
	size_t n = 0;
	int r = 0;

	for (; config[2 * n] && r == 0; n++) {
		snprintf(name, sizeof(name), "GIT_CONFIG_KEY_%zu", n);
		r = history_variables_add(variables, name, config[2 * n]);
		snprintf(name, sizeof(name), "GIT_CONFIG_VALUE_%zu", n);
		if (r == 0)
			r = history_variables_add(variables, name, config[2 * n + 1]);
	}
	snprintf(count, sizeof(count), "%zu", n);
	return r == 0 ? history_variables_add(variables, "GIT_CONFIG_COUNT", count) : r;
}

int history_git_process_environment(const char *repo, const char *const *config, struct variables *ret)
{
	static const char *const set[][2] = {
		{ "GIT_TERMINAL_PROMPT", "0" },
		{ "GIT_ASKPASS", "" },
		{ "SSH_ASKPASS_REQUIRE", "never" },
		{ "GIT_OPTIONAL_LOCKS", "0" },
		/* Also limits the transports that an insteadOf may lead to. */
		{ "GIT_ALLOW_PROTOCOL", "https:http:ssh:file" },
		/* Its output is parsed. */
		{ "LC_ALL", "C" },
	};
	struct variables made = { 0 };
	int r = history_variables_add(&made, "GIT_DIR", repo);

	for (char **at = environ; *at && r == 0; at++)
		if (is_kept(*at))
			r = add_text(&made, strdup(*at));
	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]) && r == 0; i++)
		r = history_variables_add(&made, set[i][0], set[i][1]);
	if (r == 0)
		r = add_config(&made, config);
	if (r < 0)
		history_variables_finish(&made);
	else
		*ret = made;
	return r;
}

int history_git_process_run(struct tfs_op *op, const struct git_process_run *run, int *ret_status)
{
	char *words[WORDS] = { (char *)"git" };
	struct tfs_child child = { .argv = words,
				   .environment = run->environment,
				   .folder = "/",
				   .timeout_ms = run->timeout_ms,
				   .out = run->out,
				   .err = run->said,
				   .guarded = true };
	int status = 0, r;

	for (size_t i = 0; run->words[i]; i++) {
		if (i + 2 == WORDS)
			return -E2BIG;
		words[i + 1] = (char *)run->words[i];
	}
	r = tfs_child_run(op, &child, &status);
	if (r < 0)
		return r;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return *ret_status == NOT_FOUND ? -ENOENT : 0;
}

char history_git_process_answer(const char *printed, char *ret_note, size_t room)
{
	const char *line = printed;

	ret_note[0] = '\0';
	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		if (len > 2 && strchr(" +-*=!", line[0]) && line[1] == '\t') {
			const char *tab = memrchr(line, '\t', len);

			snprintf(ret_note, room, "%.*s", (int)(line + len - tab - 1), tab + 1);
			return line[0];
		}
		line += len + (line[len] == '\n');
	}
	return 0;
}

static bool starts(const char *line, const char *with)
{
	return strncasecmp(line, with, strlen(with)) == 0;
}

/* Lines that git prints with every failure. */
static bool is_noise(const char *line)
{
	static const char *const noise[] = { "hint:",
					     "to ",
					     "warning:",
					     "error: failed to push some refs",
					     "please make sure you have",
					     "and the repository exists",
					     "fatal: could not read from remote repository" };

	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		if (starts(line, noise[i]))
			return true;
	return line[strspn(line, " \t\r")] == '\0';
}

static char *after_prefix(char *line)
{
	static const char *const prefixes[] = { "remote: ", "fatal: ", "error: " };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (starts(line, prefixes[i]))
			line += strlen(prefixes[i]);
	return line;
}

/* Removes the text between "://" and the last "@" of the authority. */
static void cut_logins(char *text)
{
	char *from = text;

	while ((from = strstr(from, "://"))) {
		size_t len;
		char *at;

		from += 3;
		len = strcspn(from, "/ '\"");
		at = memrchr(from, '@', len);
		if (at)
			memmove(from, at + 1, strlen(at + 1) + 1);
	}
}

/* `text` without a prefix and spaces around, cut at a carriage return. */
static char *trim(char *text)
{
	char *line = after_prefix(text), *end;

	line += strspn(line, " \t");
	end = line + strcspn(line, "\r");
	while (end > line && end[-1] == ' ')
		end--;
	*end = '\0';
	return line;
}

void history_git_process_reason(const char *said, char *out, size_t room)
{
	cleanup_free char *copy = strdup(said);
	char *lines[REASONS] = { NULL }, *line, *rest = NULL;
	size_t len = 0;

	out[0] = '\0';
	if (!copy)
		return;
	cut_logins(copy);
	/* The reason is last in the output of ssh, and in that of git. */
	for (line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (is_noise(line) || trim(line)[0] == '\0')
			continue;
		memmove(lines, lines + 1, sizeof(lines) - sizeof(lines[0]));
		lines[REASONS - 1] = trim(line);
	}
	for (size_t i = 0; i < REASONS; i++)
		if (lines[i] && len + strlen(lines[i]) + 3 < room)
			len += (size_t)snprintf(out + len, room - len, "%s%s", len > 0 ? "; " : "", lines[i]);
}
