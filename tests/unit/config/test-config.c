/* The configuration: values, defaults, refusals and their messages. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../scratch.h"
#include "tenantfs/config.h"
#include "tenantfs/file.h"

static char dir[64], file[128];

static int enter(void **state)
{
	(void)state;
	scratch_name(dir, sizeof(dir));
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/conf", dir);
	setenv("HOME", "/nonexistent", 1);
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("TENANTFS_CONFIG");
	return 0;
}

static int leave(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(dir);
}

static void put(const char *text)
{
	assert_int_equal(tfs_file_write(file, text, strlen(text), 0600, NULL), 0);
}

#define LEAST "url = https://acme.example.com/adminapi\ncommunity = default\nkey-file = acme.key\n"

/* Loads [tenant "acme"] with LEAST and `more`. */
static int load(const char *more, struct tfs_config **ret, struct tfs_error *error)
{
	char text[4096];

	snprintf(text, sizeof(text), "[tenant \"acme\"]\n" LEAST "%s\n", more);
	put(text);
	return tfs_config_load(file, NULL, ret, error);
}

static void assert_refused(const char *more, const char *rest)
{
	struct tfs_config *config = NULL;
	struct tfs_error error = { 0 };
	char message[1024];

	assert_int_equal(load(more, &config, &error), -EINVAL);
	assert_null(config);
	snprintf(message, sizeof(message), "%s: tenant.acme%s", file, rest);
	assert_string_equal(error.message, message);
	assert_string_equal(error.origin, "config");
	assert_int_equal(error.code, -EINVAL);
}

static void test_defaults(void **state)
{
	struct tfs_config *config cleanup_config = NULL;
	char path[256];

	(void)state;
	assert_int_equal(load("", &config, NULL), 0);
	assert_string_equal(config->name, "acme");
	assert_string_equal(config->path, file);
	assert_string_equal(config->url, "https://acme.example.com/adminapi");
	assert_string_equal(config->dns, "acme.example.com");
	assert_int_equal(config->n_communities, 1);
	assert_string_equal(config->communities[0], "default");
	snprintf(path, sizeof(path), "%s/acme.key", dir);
	assert_string_equal(config->key_file, path);
	assert_null(config->license_file);
	assert_null(config->token_command);
	assert_null(config->ca_file);
	assert_null(config->service_key);
	assert_int_equal(config->curve, TFS_SECP256K1);
	assert_string_equal(config->state_dir, "/nonexistent/.local/state/tenantfs/acme");
	assert_string_equal(config->app_id, "tenantfs");
	assert_int_equal(config->timeout_ms, 30000);
	assert_int_equal(config->freshness_ms, 300000);
	assert_int_equal(config->max_answer, 32 << 20);
	assert_int_equal(config->cache_ceiling, 1 << 30);
	assert_false(config->read_only);
	assert_false(config->send_key_secret);
	assert_false(config->accept_clear_answers);
	assert_int_equal(config->n_write_patterns, 0);
	assert_int_equal(config->n_key_paths, 3);
	assert_string_equal(config->key_paths[0], "blockid_session_attributes");
	assert_string_equal(config->key_paths[2], "identity_attributes");
}

static void test_all_settings(void **state)
{
	static const char key[] =
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";
	struct tfs_config *config cleanup_config = NULL;
	char text[2048];

	(void)state;
	snprintf(text, sizeof(text),
		 "url = https://other.example.com:8443/api//\ndns = acme.example\ncommunity = "
		 "second\ncommunity = default\n"
		 "license-file = ~/lic\ntoken-command = pass show acme/token ; comment\nca-file = "
		 "/etc/ca.pem\n"
		 "curve = prime256v1\nservice-key = %s\nstate-dir = ../state\napp-id = mine\ntimeout = 5m\nuser = "
		 "alice\n"
		 "freshness = 90\nmax-answer = 512k\ncache-ceiling = 2G\nread-only\nsend-key-secret = "
		 "yes-i-know\naccept-clear-answers\n"
		 "write = communities/*/users/**\nwrite = environment.json\nkey-path = a.b\nkey-path = c\n",
		 key);
	assert_int_equal(load(text, &config, NULL), 0);
	assert_string_equal(config->url, "https://other.example.com:8443/api");
	assert_string_equal(config->dns, "acme.example");
	assert_int_equal(config->n_communities, 2);
	assert_string_equal(config->communities[0], "default");
	assert_string_equal(config->communities[1], "second");
	assert_string_equal(config->license_file, "/nonexistent/lic");
	assert_string_equal(config->token_command, "pass show acme/token");
	assert_string_equal(config->ca_file, "/etc/ca.pem");
	assert_int_equal(config->curve, TFS_PRIME256V1);
	assert_string_equal(config->service_key, key);
	snprintf(text, sizeof(text), "%s/../state", dir);
	assert_string_equal(config->state_dir, text);
	assert_string_equal(config->app_id, "mine");
	assert_string_equal(config->user, "alice");
	assert_int_equal(config->timeout_ms, 300000);
	assert_int_equal(config->freshness_ms, 90000);
	assert_int_equal(config->max_answer, 512 << 10);
	assert_true(config->cache_ceiling == (size_t)2 << 30);
	assert_true(config->read_only);
	assert_true(config->send_key_secret);
	assert_true(config->accept_clear_answers);
	assert_int_equal(config->n_write_patterns, 2);
	assert_string_equal(config->write_patterns[1], "environment.json");
	assert_int_equal(config->n_key_paths, 2);
	assert_string_equal(config->key_paths[0], "a.b");
	assert_string_equal(config->key_paths[1], "c");
}

static void test_bad_values(void **state)
{
	static const char *const cases[][2] = {
		{ "timout = 3", ".timout: no such setting; did you mean timeout?" },
		{ "keyfile = x", ".keyfile: no such setting; did you mean key-file?" },
		{ "licence-file = x", ".licence-file: no such setting; did you mean license-file?" },
		{ "something-else = 3", ".something-else: no such setting" },
		{ "timeout = soon", ".timeout: \"soon\" is not a duration: 30, 30s, 5m, 2h" },
		{ "timeout = 5 weeks", ".timeout: \"5 weeks\" is not a duration: 30, 30s, 5m, 2h" },
		{ "timeout = -5", ".timeout: \"-5\" is not a duration: 30, 30s, 5m, 2h" },
		{ "timeout = 99999999999999999999",
		  ".timeout: \"99999999999999999999\" is not a duration: 30, 30s, 5m, 2h" },
		{ "timeout = 0", ".timeout: must be from 100ms to 1d" },
		{ "timeout = 2d", ".timeout: must be from 100ms to 1d" },
		{ "freshness = 366d", ".freshness: must be at most 365d" },
		{ "max-answer = 1k", ".max-answer: must be from 64k to 1g" },
		{ "max-answer = 2g", ".max-answer: must be from 64k to 1g" },
		{ "max-answer = many", ".max-answer: \"many\" is not a size: 1048576, 512k, 32m, 1g" },
		{ "cache-ceiling = 5", ".cache-ceiling: must be at least 1m" },
		{ "read-only = maybe", ".read-only: \"maybe\" is neither true nor false" },
		{ "send-key-secret = true", ".send-key-secret: only \"yes-i-know\" switches it on" },
		{ "send-key-secret", ".send-key-secret: has no value" },
		{ "token-form = open", ".token-form: \"open\" is none of auto, sealed, clear" },
		{ "tenant-tag = \"a b\"", ".tenant-tag: a tag has letters, digits and punctuation only" },
		{ "curve = ed25519", ".curve: \"ed25519\" is not a curve: secp256k1 or prime256v1" },
		{ "service-key = AAAA", ".service-key: a public key is the base64 of 64 bytes, 88 characters" },
		{ "token-file", ".token-file: has no value" },
		{ "token-file =", ".token-file: has no value" },
		{ "token-file = a\ntoken-command = b", ": token-file and token-command are both set: keep one" },
		{ "license-file = a\nlicense-command = b",
		  ": license-file and license-command are both set: keep one" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i][0], cases[i][1]);
}

static void test_urls(void **state)
{
	static const char *const refused[][2] = {
		{ "ftp://x.example", "must begin with https://" },
		{ "x.example", "must begin with https://" },
		{ "https://", "names no host" },
		{ "https:///path", "names no host" },
		{ "http://x.example/adminapi", "must begin with https:// (http:// is for this machine only)" },
		{ "http://127.0.0.1.example.com", "must begin with https:// (http:// is for this machine only)" },
		{ "http://localhost.example.com", "must begin with https:// (http:// is for this machine only)" },
		{ "http://127.0.0.1@x.example", "must not contain a user name or password" },
		{ "https://user:pw@x.example", "must not contain a user name or password" },
		{ "\"https://x.example/?q=1\"", "must not contain a query or a fragment" },
		{ "\"https://x.example/#f\"", "must not contain a query or a fragment" },
		{ "\"https://x example\"", "must not contain spaces or control bytes" },
	};
	static const char *const taken[][2] = {
		{ "http://127.0.0.1:8080/adminapi/", "http://127.0.0.1:8080/adminapi" },
		{ "http://localhost/a", "http://localhost/a" },
		{ "http://[::1]:99/a", "http://[::1]:99/a" },
		{ "HTTPS://x.example", "HTTPS://x.example" },
	};
	char text[512], message[512];

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		snprintf(text, sizeof(text), "url = %s", refused[i][0]);
		snprintf(message, sizeof(message), ".url: the URL %s", refused[i][1]);
		assert_refused(text, message);
	}
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		struct tfs_config *config cleanup_config = NULL;

		snprintf(text, sizeof(text), "url = %s", taken[i][0]);
		assert_int_equal(load(text, &config, NULL), 0);
		assert_string_equal(config->url, taken[i][1]);
	}
}

static void test_remotes(void **state)
{
	static const char *const refused[][2] = {
		{ "https://user:token@x.example/a.git",
		  "must not contain a user name, password or token: use git's credential helper" },
		{ "https://token@x.example/a.git",
		  "must not contain a user name, password or token: use git's credential helper" },
		{ "ssh://git:secret@x.example/a.git", "must not contain a password: use ssh keys or an agent" },
		{ "git:secret@x.example:a.git", "must not contain a password: use ssh keys or an agent" },
		{ "\"https://x.example/a.git?token=1\"", "must not contain a query or a fragment" },
		{ "http://x.example/a.git", "must begin with https:// (http:// is for this machine only)" },
		{ "git://x.example/a.git", "must be https://…, ssh://…, file://…, HOST:PATH or a path" },
		{ "ext::sh", "must not name a helper program of git" },
		{ "-oProxyCommand=id:a", "must not begin with a dash" },
		{ "ssh://-oProxyCommand=id/a", "must not begin with a dash" },
		{ "git@-x:a", "must not begin with a dash" },
		{ "x.example:", "names no path" },
		{ "x.example:-a", "names no path" },
		{ "ssh:///a", "names no host" },
		{ "ssh://git@:22/a", "names no host" },
		{ "https:///a", "names no host" },
		{ "file://server/a", "must be file:///PATH" },
		{ "\"https://x.example/a b\"", "must not contain spaces" },
		{ "\"/srv/a\\tb\"", "must not contain control bytes" },
	};
	static const char *const taken[][2] = {
		{ "https://x.example/a.git", "https://x.example/a.git" },
		{ "http://127.0.0.1:8080/a.git", "http://127.0.0.1:8080/a.git" },
		{ "ssh://git@x.example:22/a.git", "ssh://git@x.example:22/a.git" },
		{ "git@x.example:acme/a.git", "git@x.example:acme/a.git" },
		{ "x.example:a.git", "x.example:a.git" },
		{ "file:///srv/a.git", "file:///srv/a.git" },
		{ "\"/srv/a b:c.git\"", "/srv/a b:c.git" },
		{ "~/a.git", "/nonexistent/a.git" },
	};
	char text[512], message[512];

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		snprintf(text, sizeof(text), "history-remote = %s", refused[i][0]);
		snprintf(message, sizeof(message), ".history-remote: the remote %s", refused[i][1]);
		assert_refused(text, message);
	}
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		struct tfs_config *config cleanup_config = NULL;

		snprintf(text, sizeof(text), "history-remote = %s", taken[i][0]);
		assert_int_equal(load(text, &config, NULL), 0);
		assert_string_equal(config->history_remote, taken[i][1]);
	}
}

/* The default branch is TENANT/HOST. */
static void test_branches(void **state)
{
	struct tfs_config *config cleanup_config = NULL, *other cleanup_config = NULL, *third cleanup_config = NULL;
	char host[256], wanted[300];

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	snprintf(wanted, sizeof(wanted), "acme/%s", host);
	assert_int_equal(load("history-remote = a.git", &config, NULL), 0);
	assert_string_equal(config->history_branch, wanted);
	assert_int_equal(config->push_timeout_ms, 600000);
	assert_int_equal(load("history-remote = a.git\nhistory-branch = x/y\nhistory-push-timeout = 1m", &other, NULL),
			 0);
	assert_string_equal(other->history_branch, "x/y");
	assert_int_equal(other->push_timeout_ms, 60000);
	assert_int_equal(load("", &third, NULL), 0);
	assert_null(third->history_remote);
	assert_null(third->history_branch);
	assert_refused("history-branch = a..b", ".history-branch: \"a..b\" is not a valid branch name");
	assert_refused("history-branch = -a", ".history-branch: \"-a\" is not a valid branch name");
	assert_refused("history-branch = \"a b\"", ".history-branch: \"a b\" is not a valid branch name");
	assert_refused("history-push-timeout = 10ms", ".history-push-timeout: must be from 1s to 1d");
}

static int load_text(const char *text, const char *tenant, struct tfs_error *error)
{
	struct tfs_config *config = NULL;
	int r;

	put(text);
	r = tfs_config_load(file, tenant, &config, error);
	tfs_config_free(config);
	return r;
}

static void assert_text(const char *text, const char *tenant, int code, const char *rest)
{
	struct tfs_error error = { 0 };
	char message[1024];

	assert_int_equal(load_text(text, tenant, &error), code);
	snprintf(message, sizeof(message), "%s: %s", file, rest);
	assert_string_equal(error.message, message);
	assert_int_equal(error.code, code);
}

static void test_default_branch_is_not_a_valid_name(void **state)
{
	char host[256], message[512];

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	snprintf(message, sizeof(message),
		 "tenant.a..b.history-branch: is required: the default, \"a..b/%s\", is not a valid branch name", host);
	assert_text("[tenant \"a..b\"]\n" LEAST "history-remote = x\n", NULL, -EINVAL, message);
}

static void test_missing(void **state)
{
	(void)state;
	assert_text("", NULL, -ENOENT, "no tenant is configured: add [tenant \"NAME\"]");
	assert_text("[tenant \"a\"]\ncommunity = x\nkey-file = y\n", NULL, -EINVAL,
		    "tenant.a: url is missing: add url = https://HOST/adminapi");
	assert_text("[tenant \"a\"]\nurl = https://x.example\nkey-file = y\n", NULL, -EINVAL,
		    "tenant.a: community is missing: add community = NAME");
	assert_text("[tenant \"a\"]\nurl = https://x.example\ncommunity = x\n", NULL, -EINVAL,
		    "tenant.a: key-file is missing: add key-file = PATH");
}

static void test_sections(void **state)
{
	struct tfs_error error = { 0 };

	(void)state;
	assert_text("[tenants \"a\"]\nurl = x\n", NULL, -EINVAL,
		    "tenants.a.url: no such section; settings belong into [tenant \"NAME\"]");
	assert_text("[tenant]\nurl = x\n", NULL, -EINVAL, "tenant.url: a tenant has a name: [tenant \"NAME\"]");
	assert_text("[tenant \"a/b\"]\nurl = x\n", NULL, -EINVAL,
		    "\"a/b\" cannot name a tenant: UTF-8 of at most 64 bytes, no space, slash or leading dot");
	assert_text("[tenant \"..\"]\nurl = x\n", NULL, -EINVAL,
		    "\"..\" cannot name a tenant: UTF-8 of at most 64 bytes, no space, slash or leading dot");
	assert_int_equal(load_text("[tenant \"a\"\nurl = x\n", NULL, &error), -EINVAL);
	assert_memory_equal(error.message, file, strlen(file));
}

static void test_authors(void **state)
{
	struct tfs_config *config cleanup_config = NULL;
	struct tfs_error error = { 0 };

	(void)state;
	assert_int_equal(load_text("[author \"alice.x\"]\n\tname = Alice\n\temail = a@example.com\n"
				   "[tenant \"a\"]\n" LEAST "[author \"1000\"]\n\tname = Someone\n",
				   NULL, &error),
			 0);
	assert_int_equal(tfs_config_load(file, NULL, &config, &error), 0);
	assert_int_equal(config->n_authors, 2);
	assert_string_equal(config->authors[0].who, "alice.x");
	assert_string_equal(config->authors[0].name, "Alice");
	assert_string_equal(config->authors[0].email, "a@example.com");
	assert_string_equal(config->authors[1].who, "1000");
	assert_null(config->authors[1].email);
	assert_text("[tenant \"a\"]\n" LEAST "[author \"x\"]\nmail = y\n", NULL, -EINVAL,
		    "author.x.mail: no such setting; an author has name and email");
	assert_text("[tenant \"a\"]\n" LEAST "[author \"x\"]\nname = a <b>\n", NULL, -EINVAL,
		    "author.x.name: a text without < and > is needed");
}

static void test_several_tenants(void **state)
{
	static const char text[] = "[tenant \"b.c\"]\n" LEAST "[tenant \"acme\"]\n" LEAST "dns = d.example\n";
	struct tfs_config *config cleanup_config = NULL;

	(void)state;
	assert_text(text, NULL, -ENOENT, "there are several tenants, name one: b.c, acme");
	assert_text(text, "zzz", -ENOENT, "there is no tenant \"zzz\", only: b.c, acme");
	assert_int_equal(tfs_config_load(file, "acme", &config, NULL), 0);
	assert_string_equal(config->dns, "d.example");
	/* A mistake in one section does not affect the others. */
	assert_int_equal(load_text("[tenant \"x\"]\nbad = 1\n[tenant \"acme\"]\n" LEAST, "acme", NULL), 0);
}

static void test_location(void **state)
{
	struct tfs_config *config cleanup_config = NULL, *again cleanup_config = NULL;
	struct tfs_error error = { 0 };
	char expected[512];

	(void)state;
	assert_int_equal(tfs_config_load(NULL, NULL, &config, &error), -ENOENT);
	assert_string_equal(error.message, "/nonexistent/.config/tenantfs/config: No such file or directory");
	put("[tenant \"acme\"]\n" LEAST);
	setenv("TENANTFS_CONFIG", file, 1);
	assert_int_equal(tfs_config_load(NULL, NULL, &config, NULL), 0);
	setenv("TENANTFS_CONFIG", "/nowhere", 1);
	assert_int_equal(tfs_config_load(file, NULL, &again, NULL), 0);
	assert_int_equal(chmod(file, 0602), 0);
	assert_int_equal(tfs_config_load(file, NULL, &again, &error), -EACCES);
	snprintf(expected, sizeof(expected), "%s may be written by everybody: chmod o-w %s", file, file);
	assert_string_equal(error.message, expected);
	assert_int_equal(tfs_config_load(dir, NULL, &again, &error), -EINVAL);
}

static void test_user_git_config_is_not_read(void **state)
{
	char home[128], path[160];
	static const char other[] = "[tenant \"leaked\"]\nurl = https://x.example\n";
	struct tfs_config *config cleanup_config = NULL;

	(void)state;
	snprintf(home, sizeof(home), "%s/home", dir);
	snprintf(path, sizeof(path), "%s/.gitconfig", home);
	assert_int_equal(mkdir(home, 0700), 0);
	assert_int_equal(tfs_file_write(path, other, strlen(other), 0600, NULL), 0);
	setenv("HOME", home, 1);
	put("[tenant \"acme\"]\n" LEAST);
	/* Only the tenant of `file` is found. */
	assert_int_equal(tfs_config_load(file, NULL, &config, NULL), 0);
	assert_string_equal(config->name, "acme");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(home), 0);
}

static void assert_command_line(const struct tfs_config *config, const char *expected)
{
	char *line = tfs_config_command_line(config, "login");

	assert_string_equal(line, expected);
	free(line);
}

/* The line can be pasted: it names the file unless it is the default one, and is quoted. */
static void test_command_line(void **state)
{
	struct tfs_config config = { .name = (char *)"acme", .path = (char *)"/nonexistent/.config/tenantfs/config" };

	(void)state;
	assert_command_line(&config, "tenantfs login -t acme");
	config.path = (char *)"/etc/tenantfs.conf";
	assert_command_line(&config, "tenantfs login -c /etc/tenantfs.conf -t acme");
	config.path = (char *)"/a b/it's";
	config.name = (char *)"x;y";
	assert_command_line(&config, "tenantfs login -c '/a b/it'\\''s' -t 'x;y'");
}

static void test_token_form(void **state)
{
	static const struct {
		const char *text;
		enum tfs_token_form form;
	} cases[] = {
		{ "", TFS_TOKEN_AUTO },
		{ "token-form = auto\n", TFS_TOKEN_AUTO },
		{ "token-form = sealed\n", TFS_TOKEN_SEALED },
		{ "token-form = clear\ntenant-tag = acme-1\n", TFS_TOKEN_CLEAR },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tfs_config *config = NULL;

		snprintf(text, sizeof(text), "[tenant \"acme\"]\n" LEAST "%s", cases[i].text);
		put(text);
		setenv("HOME", "/tmp", 1);
		assert_int_equal(tfs_config_load(file, NULL, &config, NULL), 0);
		assert_int_equal(config->token_form, cases[i].form);
		assert_string_equal(config->tenant_tag ? config->tenant_tag : "-", i == 3 ? "acme-1" : "-");
		tfs_config_free(config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_defaults, enter, leave),
		cmocka_unit_test_setup_teardown(test_all_settings, enter, leave),
		cmocka_unit_test_setup_teardown(test_command_line, enter, leave),
		cmocka_unit_test_setup_teardown(test_token_form, enter, leave),
		cmocka_unit_test_setup_teardown(test_bad_values, enter, leave),
		cmocka_unit_test_setup_teardown(test_urls, enter, leave),
		cmocka_unit_test_setup_teardown(test_remotes, enter, leave),
		cmocka_unit_test_setup_teardown(test_branches, enter, leave),
		cmocka_unit_test_setup_teardown(test_default_branch_is_not_a_valid_name, enter, leave),
		cmocka_unit_test_setup_teardown(test_missing, enter, leave),
		cmocka_unit_test_setup_teardown(test_sections, enter, leave),
		cmocka_unit_test_setup_teardown(test_authors, enter, leave),
		cmocka_unit_test_setup_teardown(test_several_tenants, enter, leave),
		cmocka_unit_test_setup_teardown(test_location, enter, leave),
		cmocka_unit_test_setup_teardown(test_user_git_config_is_not_read, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
