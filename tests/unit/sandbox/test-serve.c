/* The sandbox as a client sees it: what it admits, what it refuses, what it keeps. */
#include "client.h"

#include <ftw.h>
#include <sys/stat.h>

#include "server.h"

struct world {
	char dir[64];
	struct sandbox *sandbox;
	struct client client;
};

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void start(struct world *world, const struct sandbox_options *more)
{
	struct sandbox_options options = *more;
	struct tfs_error error = { 0 };
	char log[96];

	snprintf(log, sizeof(log), "%s.log", world->dir);
	options.data = world->dir;
	options.log = log;
	options.seed = options.seed ? options.seed : 7;
	options.users = options.users ? options.users : 330;
	if (sandbox_start(&options, &world->sandbox, &error) < 0)
		fail_msg("%s", error.message);
	client_start(&world->client, world->dir);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	strcpy_dir: snprintf(world->dir, sizeof(world->dir), "/tmp/sandbox-test-XXXXXX");
	if (!mkdtemp(world->dir))
		return -1;
	start(world, &(struct sandbox_options){ .listen = "127.0.0.1:0" });
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	char log[96];

	client_close(&world->client);
	sandbox_stop(world->sandbox);
	nftw(world->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	snprintf(log, sizeof(log), "%s.log", world->dir);
	unlink(log);
	free(world);
	return 0;
}
