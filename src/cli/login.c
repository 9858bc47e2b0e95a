/*
 * tenantfs login: asks for the factors the service wants; the session's token is stored in the state folder.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client.h"
#include "prompt.h"
#include "report.h"

enum { MAX_FACTORS = 8, PUSH_SECONDS = 120, MOST_PUSH_SECONDS = 3600 };

/* Codes of an app, a text message or a device are all typed in. */
static const char *question_for(const char *factor)
{
	if (!strcmp(factor, "password"))
		return "Password";
	if (!strcmp(factor, "user_pin"))
		return "PIN";
	return strstr(factor, "otp") ? "One-time code" : factor;
}

/* Answers one factor; `*ret_next` is the next one, "" after the last. */
static int give_factor(const struct cli_client *client, struct tfs_login *login, const char *factor,
		       const char **ret_next, struct tfs_error *error)
{
	struct tfs_secret *value = NULL;
	int r = cli_prompt(question_for(factor), true, &value, error);

	if (r < 0)
		return r;
	struct tfs_op *op = tfs_op_new(client->config->timeout_ms);
	if (!op) {
		tfs_secret_free(value);
		return tfs_error_set_memory(error);
	}
	struct cli_progress *progress = cli_progress_start("asking the service");
	r = tfs_login_answer(login, op, factor, tfs_secret_text(value), ret_next);
	cli_progress_end(progress);
	if (r < 0)
		*error = *tfs_op_error(op);
	tfs_op_free(op);
	tfs_secret_free(value);
	return r;
}

/* Waits for the approval on the user's device. Ctrl-C ends the program at once. */
static int wait_for_push(struct tfs_login *login, unsigned seconds, const char **ret_next, struct tfs_error *error)
{
	struct tfs_op *op = tfs_op_new((uint64_t)seconds * 1000);

	if (!op)
		return tfs_error_set_memory(error);
	fprintf(stderr, "approve the login on your device, within %u s; Ctrl-C gives up\n", seconds);
	struct cli_progress *progress = cli_progress_start("waiting for the approval");
	int r = tfs_login_push(login, op, ret_next);
	cli_progress_end(progress);
	if (r < 0)
		*error = *tfs_op_error(op);
	tfs_op_free(op);
	return r;
}

static int give_factors(const struct cli_client *client, struct tfs_login *login, unsigned push_seconds,
			struct tfs_error *error)
{
	const char *factor = "password";

	for (int i = 0; i < MAX_FACTORS; i++) {
		int r = strcmp(factor, "push") ? give_factor(client, login, factor, &factor, error)
					       : wait_for_push(login, push_seconds, &factor, error);
		if (r < 0 || !factor[0])
			return r;
	}
	return tfs_error_set(error, -EPROTO, "cli", "the service asks for more than %d factors", MAX_FACTORS);
}

static int ask_user(const struct cli *cli, const struct tfs_config *config, struct tfs_secret **ret,
		    struct tfs_error *error)
{
	const char *user = cli_option(cli, "user");

	if (!user)
		user = config->user;
	if (!user)
		return cli_prompt("Login name", false, ret, error);
	*ret = tfs_secret_new(user, strlen(user));
	return *ret ? 0 : tfs_error_set_memory(error);
}

/* How long to wait for a push. */
static int read_wait(const struct cli *cli, unsigned *ret, struct tfs_error *error)
{
	const char *text = cli_option(cli, "wait");
	char *end;

	*ret = PUSH_SECONDS;
	if (!text)
		return 0;
	unsigned long seconds = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || seconds < 1 || seconds > MOST_PUSH_SECONDS)
		return tfs_error_set(error, -EINVAL, "cli", "--wait %s: not a number of seconds from 1 to %d", text,
				     MOST_PUSH_SECONDS);
	*ret = (unsigned)seconds;
	return 0;
}

static int log_in(const struct cli *cli, const struct cli_client *client, const char *user, struct tfs_error *error)
{
	struct tfs_login *login = NULL;
	unsigned push_seconds;
	const char *factor = cli_option(cli, "factor");
	const char *community = cli_option(cli, "community");
	int r = read_wait(cli, &push_seconds, error);

	if (r >= 0)
		r = tfs_login_new(client->api, community ? community : client->config->communities[0], user, &login,
				  error);
	if (r >= 0 && factor)
		r = tfs_login_want(login, factor, error);
	if (r >= 0)
		r = give_factors(client, login, push_seconds, error);
	tfs_login_free(login);
	return r;
}

static void print_done(const struct cli_client *client, const char *user)
{
	struct tfs_api_stats stats;
	char ends[32];
	struct tm tm;

	tfs_api_get_stats(client->api, &stats);
	time_t time = (time_t)stats.token_ends;
	printf("%s: logged in as %s", client->config->name, user);
	if (time > 0 && localtime_r(&time, &tm) && strftime(ends, sizeof(ends), "%Y-%m-%d %H:%M", &tm))
		printf(", until %s", ends);
	puts("");
}

int cli_run_login(const struct cli *cli)
{
	struct cli_client client;
	struct tfs_error error = { 0 };
	struct tfs_secret *user = NULL;
	int r = cli_client_open(cli, &client, &error);

	if (r >= 0)
		r = ask_user(cli, client.config, &user, &error);
	if (r >= 0)
		r = log_in(cli, &client, tfs_secret_text(user), &error);
	if (r >= 0) {
		cli_client_tell_daemon(&client);
		print_done(&client, tfs_secret_text(user));
	}
	tfs_secret_free(user);
	cli_client_close(&client);
	if (r >= 0)
		return CLI_DONE;
	/* The usual remedy, to log in, does not help here. */
	cli_print_error(stderr, "login", &error, r == -EACCES ? NULL : cli_remedy(&error));
	return cli_exit_of(r);
}
