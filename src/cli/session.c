/* Finds a command's tenant, and reaches it through its daemon or directly. */
#include "session.h"

#include <errno.h>
#include <string.h>

#include "mounts.h"
#include "report.h"
#include "tenantfs/clock.h"

static const char drafts_folder[] = ".tenantfs/drafts/";

/* A path and the mount that contains it. */
struct place {
	char *real;   /* absolute */
	char *dir;    /* of the mount; NULL: the path is in none */
	char *tenant; /* of that mount */
	struct cli_mount_facts facts;
};

static void place_finish(struct place *place)
{
	free(place->real);
	free(place->dir);
	free(place->tenant);
	cli_mount_facts_finish(&place->facts);
}

static int find_place(const char *path, struct place *ret, struct tfs_error *error)
{
	struct place place TFS_CLEANUP(place_finish) = { .real = cli_path_real(path) };
	struct tfs_mount mount cleanup_mount = { 0 };

	if (!place.real)
		return tfs_error_set(error, -ENOENT, "cli", "the current directory no longer exists");
	int r = tfs_mount_find(place.real, &mount, error);
	if (r < 0)
		return r;
	if (r > 0) {
		cli_mount_facts_read(&mount, &place.facts);
		place.dir = steal_pointer(&mount.dir);
		place.tenant = steal_pointer(&mount.tenant);
	}
	*ret = place;
	place = (struct place){ 0 };
	return 0;
}

int cli_find_config(const struct cli *cli, const char *path, struct tfs_config **ret, struct tfs_error *error)
{
	struct place place TFS_CLEANUP(place_finish) = { 0 };

	if (cli->tenant || (cli->config && !path))
		return tfs_config_load(cli->config, cli->tenant, ret, error);
	int r = find_place(path ? path : ".", &place, error);
	if (r < 0)
		return r;
	struct tfs_config *config = NULL;
	r = tfs_config_load(cli->config ? cli->config : place.facts.config, place.tenant, &config, error);
	if (r < 0)
		return r;
	/* The state folder depends on the daemon's environment, which may differ from ours. */
	if (place.facts.state_dir) {
		free(config->state_dir);
		config->state_dir = steal_pointer(&place.facts.state_dir);
	}
	*ret = config;
	return 0;
}

int cli_path_in_tenant(const char *path, char **ret, struct tfs_error *error)
{
	struct place place TFS_CLEANUP(place_finish) = { 0 };
	int r = find_place(path, &place, error);

	if (r < 0)
		return r;
	const char *inside = place.dir ? place.real + strlen(place.dir) : path;
	while (inside[0] == '/' || (inside[0] == '.' && inside[1] == '/'))
		inside++;
	/* A path in the drafts folder names the draft's document. */
	if (!strncmp(inside, drafts_folder, strlen(drafts_folder)))
		inside += strlen(drafts_folder);
	char *copy = strdup(strcmp(inside, ".") ? inside : "");
	if (!copy)
		return tfs_error_set_memory(error);
	*ret = copy;
	return 0;
}

int cli_ask(const struct tfs_config *config, const json_t *request, json_t **ret, struct tfs_error *error)
{
	return tfs_control_ask(config, request, config->timeout_ms, ret, error);
}

/* tfs_tenant_open takes over the configuration, so each attempt loads its own. */
int cli_open_tenant(const struct tfs_config *config, struct tfs_tenant **ret, struct tfs_error *error)
{
	struct tfs_config *copy = NULL;
	int r = tfs_config_load(config->path, config->name, &copy, error);

	return r < 0 ? r : tfs_tenant_open(copy, ret, error);
}

int cli_reach(const struct tfs_config *config, const json_t *request, json_t **ret, struct tfs_tenant **ret_tenant,
	      struct tfs_error *error)
{
	static const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	uint64_t deadline_ms = tfs_clock_ms() + config->timeout_ms;

	for (;;) {
		int r = cli_ask(config, request, ret, error);
		if (r != -ECONNREFUSED)
			return r;
		r = cli_open_tenant(config, ret_tenant, error);
		/* The owner is another command, or a daemon that does not listen yet. */
		if (r != -EBUSY || tfs_clock_ms() >= deadline_ms)
			return r;
		nanosleep(&pause, NULL);
	}
}

static int ask_at_path(const struct cli *cli, const char *path, struct tfs_error *error)
{
	cleanup_config struct tfs_config *config = NULL;
	cleanup_free char *inside = NULL;
	cleanup_json json_t *request = NULL;
	cleanup_json json_t *answer = NULL;
	int r = cli_find_config(cli, path, &config, error);

	if (r < 0)
		return r;
	r = cli_path_in_tenant(path ? path : ".", &inside, error);
	if (r < 0)
		return r;
	request = json_pack("{s:s, s:o}", "command", cli->command->name, "path", tfs_json_string(path ? inside : ""));
	if (!request)
		return tfs_error_set_memory(error);
	struct cli_progress *progress = cli_progress_start(cli->command->name);
	r = cli_ask(config, request, &answer, error);
	cli_progress_end(progress);
	return r;
}

int cli_run_at_path(const struct cli *cli, const char *path, const char *done)
{
	struct tfs_error error = { 0 };
	int r = ask_at_path(cli, path, &error);

	if (r == -ECONNREFUSED) {
		cli_fail(cli->command->name, &error);
		fputs("  remedy: mount it first: tenantfs mount DIR\n", stderr);
		return CLI_REFUSED;
	}
	if (r < 0)
		return cli_fail(path, &error);
	printf("%s%s%s\n", done, path ? " " : "", path ? path : "");
	return CLI_DONE;
}
