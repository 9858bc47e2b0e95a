/*
 * The thread that has the whole tree recorded: it looks at each place once a round, between rounds at what the change
 * feed tells of, and what it sees the history takes as it takes what anybody sees. It makes one call after the other
 * and steps back while others make some.
 */
#include "tenantfs/walker.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "tenantfs/clock.h"
#include "tenantfs/digest.h"
#include "tenantfs/file.h"
#include "tenantfs/hash.h"
#include "tenantfs/log.h"
#include "tenantfs/thread.h"
#include "tenantfs/walk.h"

enum {
	ROUND_S = 24 * 3600, /* what no event tells of is found after so long */
	BREATH_MS = 50,      /* after what made a call */
	BREATHS = 20,        /* at most, while others make calls */
	AGAIN_MS = 60000,    /* after the server refused to serve; twice as long each time nothing came of it */
	AGAIN_MOST_MS = 3600000,
	TOLD_MS = 2000,      /* events come in bursts */
	SAVED_MS = 2000,
	LOOK_MS = 600000,    /* a list of hundreds of thousands takes its time */
	SLICE_MS = 60000,    /* the clock on the wall may be set */
	TOLD_NAMES = 16,
	MARKS_BYTES = 16 << 20,
};

/* A place that was looked at in this round. */
struct mark {
	UT_hash_handle hh;
	char path[];
};

/* What the feed told of a list. */
struct told {
	UT_hash_handle hh;
	size_t n_names;
	char *names[TOLD_NAMES]; /* of documents; more than that, or none: all of it */
	bool all;
	char path[];
};

struct tfs_walker {
	struct tfs_tenant *tenant;
	struct tfs_tree *tree;
	char *file; /* what of the round is done, for after a restart */
	pthread_t thread;
	bool started;
	/* Of the thread alone. */
	struct mark *marks;
	struct told *telling;
	bool cut;  /* the server is away: the rest later */
	uint64_t pause_ms; /* after the last round that was cut; 0: something came of it */
	uint64_t saved_ms;

	pthread_mutex_t lock; /* of all below; an operation's is taken under it */
	pthread_cond_t wake;
	struct tfs_op *op;    /* that is waited in */
	bool stopping;
	struct told *told;
	uint64_t told_ms;     /* when the first came */
	uint64_t again_ms;    /* not before */
	time_t begun, completed; /* of the last round; completed 0: it is under way */
	unsigned long places, refused;
	const char *at;       /* a resource's path, which stays */
};

static void told_free(struct told **all)
{
	struct told *told, *next;

	HASH_ITER(hh, *all, told, next)
	{
		HASH_DEL(*all, told);
		for (size_t i = 0; i < told->n_names; i++)
			free(told->names[i]);
		free(told);
	}
}

static void marks_free(struct mark **all)
{
	struct mark *mark, *next;

	HASH_ITER(hh, *all, mark, next)
	{
		HASH_DEL(*all, mark);
		free(mark);
	}
}

static bool is_marked(struct tfs_walker *walker, const char *path)
{
	struct mark *mark;

	HASH_FIND_STR(walker->marks, path, mark);
	return mark != NULL;
}

static void mark_path(struct tfs_walker *walker, const char *path)
{
	struct mark *mark = is_marked(walker, path) ? NULL : calloc(1, sizeof(*mark) + strlen(path) + 1);

	/* Without memory it is looked at once more. */
	if (mark == NULL)
		return;
	memcpy(mark->path, path, strlen(path) + 1);
	HASH_ADD_KEYPTR(hh, walker->marks, mark->path, strlen(path), mark);
	if (!tfs_hash_added(mark))
		free(mark);
}

/* The lock is held. `name` NULL: all of the list. */
static void add_told(struct tfs_walker *walker, const char *key, const char *name)
{
	struct told *told;

	HASH_FIND_STR(walker->told, key, told);
	if (told == NULL) {
		told = calloc(1, sizeof(*told) + strlen(key) + 1);
		if (told != NULL) {
			memcpy(told->path, key, strlen(key) + 1);
			HASH_ADD_KEYPTR(hh, walker->told, told->path, strlen(key), told);
			if (!tfs_hash_added(told))
				free(steal_pointer(&told));
		}
	}
	if (told != NULL && (name == NULL || told->n_names == TOLD_NAMES))
		told->all = true;
	else if (told != NULL && (told->names[told->n_names] = strdup(name)) != NULL)
		told->n_names++;
	if (walker->told_ms == 0)
		walker->told_ms = tfs_clock_ms();
}

/* The cache's: somebody else changed it, says the feed. The lock is held by nobody who calls us. */
static void cache_told(void *context, const char *key, struct tfs_doc *old, struct tfs_doc *new)
{
	struct tfs_walker *walker = context;

	if (old != new)
		return;
	pthread_mutex_lock(&walker->lock);
	add_told(walker, key, new != NULL ? new->name : NULL);
	pthread_cond_signal(&walker->wake);
	pthread_mutex_unlock(&walker->lock);
}

/* The lock is held. Until somebody wakes it, or so long. */
static void sleep_locked(struct tfs_walker *walker, uint64_t ms)
{
	struct timespec until = tfs_clock_in(ms);

	if (!walker->stopping)
		pthread_cond_timedwait(&walker->wake, &walker->lock, &until);
}

/* False when the walker ends. */
static bool sleep_for(struct tfs_walker *walker, uint64_t ms)
{
	bool going;

	pthread_mutex_lock(&walker->lock);
	sleep_locked(walker, ms);
	going = !walker->stopping;
	pthread_mutex_unlock(&walker->lock);
	return going;
}

static unsigned long calls_made(const struct tfs_walker *walker)
{
	struct tfs_api_stats stats = { 0 };

	tfs_api_get_stats(tfs_tenant_api(walker->tenant), &stats);
	return stats.calls;
}

/* After a call of ours: while others make calls, those go first. */
static bool breathe(struct tfs_walker *walker, unsigned long before)
{
	unsigned long now = calls_made(walker);
	bool going = true;

	for (int i = 0; i < BREATHS && going && now != before; i++) {
		before = now;
		going = sleep_for(walker, BREATH_MS);
		now = calls_made(walker);
	}
	return going;
}

/* NULL at the end. As any process it has its share of the calls. */
static struct tfs_op *begin(struct tfs_walker *walker)
{
	struct tfs_op *op = tfs_op_new(LOOK_MS);

	if (op == NULL)
		return NULL;
	tfs_op_set_caller(op, getuid(), getgid(), getpid());
	pthread_mutex_lock(&walker->lock);
	walker->op = op;
	if (walker->stopping)
		tfs_op_cancel(op);
	pthread_mutex_unlock(&walker->lock);
	return op;
}

static void end(struct tfs_walker *walker, struct tfs_op *op)
{
	pthread_mutex_lock(&walker->lock);
	walker->op = NULL;
	pthread_mutex_unlock(&walker->lock);
	tfs_op_free(op);
}

/* What says something of the server or the session, and nothing of the place. */
static bool is_away(int code)
{
	return code == -EIO || code == -ETIMEDOUT || code == -EACCES || code == -EAGAIN || code == -EBADMSG ||
	       code == -EINTR || code == -ENOMEM;
}

struct looking {
	struct tfs_resource *resource;
	const char *object;      /* NULL: the list */
	struct tfs_doc ***docs;  /* NULL: not needed */
	size_t *count;
};

static int look(struct tfs_walker *walker, const struct looking *at, uint64_t max_age_ms)
{
	unsigned long before = calls_made(walker);
	struct tfs_op *op = begin(walker);
	struct tfs_doc **docs = NULL, *doc = NULL;
	size_t count = 0;
	int r = op == NULL ? -ENOMEM : 0;

	if (r == 0 && at->object != NULL)
		r = tfs_resource_get(at->resource, op, at->object, max_age_ms, &doc);
	else if (r == 0)
		r = tfs_resource_list(at->resource, op, max_age_ms, &docs, &count);
	if (r < 0 && r != -EINTR && r != -ENOENT)
		tfs_log(TFS_LOG_DEBUG, tfs_op_id(op), "walk: %s", tfs_op_error(op)->message);
	end(walker, op);
	tfs_doc_unref(doc);
	/* What was seen before the server was away says nothing of now. */
	if ((r == 0 || r == -ENOENT) && tfs_resource_only_seen(at->resource, at->object, max_age_ms))
		r = -EIO;
	if (!breathe(walker, before))
		r = -EINTR;
	if (r == 0 && at->docs != NULL) {
		*at->docs = docs;
		*at->count = count;
	} else {
		tfs_docs_free(docs, count);
	}
	return r;
}

/* What was marked is in the repository, or it is not marked on the disk. `completed` 0: there is more to come. */
static int save_round(struct tfs_walker *walker, time_t completed)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(MARKS_BYTES);
	struct tfs_op *op = begin(walker);
	struct tfs_error error = { 0 };
	struct mark *mark, *next;
	int r = op != NULL ? tfs_history_flush(tfs_tenant_history(walker->tenant), op) : -ENOMEM;

	end(walker, op);
	if (r == 0)
		r = tfs_buf_printf(&text, "%lld %lld\n", (long long)walker->begun, (long long)completed);
	HASH_ITER(hh, walker->marks, mark, next)
	{
		if (r == 0 && completed == 0)
			r = tfs_buf_printf(&text, "%s\n", mark->path);
	}
	if (r == 0)
		r = tfs_file_write(walker->file, text.data, text.len, 0600, &error);
	if (r < 0)
		tfs_log(TFS_LOG_DEBUG, 0, "walk: what is done is not noted: %s", strerrordesc_np(-r));
	walker->saved_ms = tfs_clock_ms();
	return r;
}

static void load_round(struct tfs_walker *walker)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(MARKS_BYTES);
	long long begun, completed;
	char *line, *rest;

	if (tfs_file_read(walker->file, &text, NULL) < 0 || text.data == NULL)
		return;
	line = strtok_r(text.data, "\n", &rest);
	if (line == NULL || sscanf(line, "%lld %lld", &begun, &completed) != 2)
		return;
	walker->begun = (time_t)begun;
	walker->completed = (time_t)completed;
	while ((line = strtok_r(NULL, "\n", &rest)) != NULL)
		mark_path(walker, line);
	walker->places = HASH_COUNT(walker->marks);
}

static void note(struct tfs_walker *walker, const char *at, bool looked, int result)
{
	pthread_mutex_lock(&walker->lock);
	walker->at = at;
	walker->places += looked;
	walker->refused += looked && result < 0;
	pthread_mutex_unlock(&walker->lock);
}

/* What became of a place, for the walk: with the server away the rest is for later. */
static int judge(struct tfs_walker *walker, int r)
{
	walker->cut = walker->cut || is_away(r);
	return walker->cut ? -EINTR : r;
}

static int visit(void *context, struct tfs_resource *resource, const char *object, struct tfs_doc ***ret_docs,
		 size_t *ret_count)
{
	struct tfs_walker *walker = context;
	const struct looking at = { resource, object, ret_docs, ret_count };
	const char *path = tfs_resource_path(resource);
	bool known = is_marked(walker, path);
	int r;

	if (known && ret_docs == NULL)
		return 0;
	note(walker, path, false, 0);
	r = look(walker, &at, UINT64_MAX);
	if (!is_away(r) && !known) {
		note(walker, path, true, r == -ENOENT ? 0 : r);
		mark_path(walker, path);
		walker->pause_ms = 0;
	}
	if (!is_away(r) && tfs_clock_ms() - walker->saved_ms > SAVED_MS)
		save_round(walker, 0);
	return judge(walker, r);
}

/* What was told of alone is asked for. */
static int visit_told(void *context, struct tfs_resource *resource, const char *object, struct tfs_doc ***ret_docs,
		      size_t *ret_count)
{
	struct tfs_walker *walker = context;
	struct looking at = { resource, object, ret_docs, ret_count };
	struct told *told;
	int r = 0;

	HASH_FIND_STR(walker->telling, tfs_resource_path(resource), told);
	if (ret_docs != NULL)
		return judge(walker, look(walker, &at, told != NULL ? UINT64_MAX : UINT64_MAX - 1));
	if (told == NULL)
		return 0;
	if (told->all || object != NULL)
		return judge(walker, look(walker, &at, UINT64_MAX));
	for (size_t i = 0; i < told->n_names && !is_away(r); i++) {
		at.object = told->names[i];
		r = look(walker, &at, UINT64_MAX);
	}
	return judge(walker, r);
}

/* What could not be looked at is told once more, later. */
static void tell_again(struct tfs_walker *walker)
{
	struct told *told, *next;

	pthread_mutex_lock(&walker->lock);
	HASH_ITER(hh, walker->telling, told, next)
	{
		for (size_t i = 0; i < told->n_names; i++)
			add_told(walker, told->path, told->names[i]);
		if (told->all || told->n_names == 0)
			add_told(walker, told->path, NULL);
	}
	walker->again_ms = tfs_clock_ms() + AGAIN_MS;
	pthread_mutex_unlock(&walker->lock);
}

static void run_told(struct tfs_walker *walker)
{
	pthread_mutex_lock(&walker->lock);
	walker->telling = steal_pointer(&walker->told);
	walker->told_ms = 0;
	pthread_mutex_unlock(&walker->lock);
	walker->cut = false;
	if (tfs_tree_walk(walker->tree, visit_told, walker) < 0)
		tell_again(walker);
	told_free(&walker->telling);
}

static void run_round(struct tfs_walker *walker)
{
	time_t completed;
	int r;

	pthread_mutex_lock(&walker->lock);
	if (walker->begun == 0 || walker->completed != 0) {
		walker->begun = tfs_clock_wall().tv_sec;
		walker->completed = 0;
		walker->places = walker->refused = 0;
	}
	pthread_mutex_unlock(&walker->lock);
	walker->cut = false;
	walker->saved_ms = tfs_clock_ms();
	r = tfs_tree_walk(walker->tree, visit, walker);
	completed = r == 0 ? tfs_clock_wall().tv_sec : 0;
	/* Whoever is told that all of it is recorded finds it so. */
	r = save_round(walker, completed);
	pthread_mutex_lock(&walker->lock);
	walker->at = NULL;
	if (r == 0)
		walker->completed = completed;
	if (walker->completed == 0) {
		walker->pause_ms = walker->pause_ms == 0 ? AGAIN_MS : walker->pause_ms * 2;
		if (walker->pause_ms > AGAIN_MOST_MS)
			walker->pause_ms = AGAIN_MOST_MS;
		walker->again_ms = tfs_clock_ms() + walker->pause_ms;
	}
	pthread_mutex_unlock(&walker->lock);
	if (walker->completed != 0)
		marks_free(&walker->marks);
}

enum work { NOTHING, TOLD, ROUND };

/* What is to be done next, and in how long. The lock is held. */
static enum work next_work(const struct tfs_walker *walker, uint64_t *ret_ms)
{
	uint64_t now = tfs_clock_ms(), told = UINT64_MAX, round;
	time_t wall = tfs_clock_wall().tv_sec, due = walker->begun + ROUND_S;

	if (walker->told_ms != 0)
		told = walker->told_ms + TOLD_MS > now ? walker->told_ms + TOLD_MS - now : 0;
	/* A clock that was set back is no reason to wait for years. */
	round = walker->completed == 0 || wall >= due || wall < walker->begun ? 0 : (uint64_t)(due - wall) * 1000;
	if (now + round < walker->again_ms)
		round = walker->again_ms - now;
	if (told != UINT64_MAX && now + told < walker->again_ms)
		told = walker->again_ms - now;
	*ret_ms = told < round ? told : round;
	return *ret_ms > 0 ? NOTHING : told == 0 ? TOLD : ROUND;
}

static void *run(void *context)
{
	struct tfs_walker *walker = context;
	bool going = true;

	while (going) {
		enum work work;
		uint64_t ms;

		/* What is told meanwhile wakes it: looked and waited under one hold of the lock. */
		pthread_mutex_lock(&walker->lock);
		work = next_work(walker, &ms);
		if (work == NOTHING)
			sleep_locked(walker, ms < SLICE_MS ? ms : SLICE_MS);
		going = !walker->stopping;
		pthread_mutex_unlock(&walker->lock);
		if (going && work == TOLD)
			run_told(walker);
		else if (going && work == ROUND)
			run_round(walker);
	}
	tfs_crypto_thread_end();
	return NULL;
}

static struct tfs_walker *walker_new(struct tfs_tenant *tenant, struct tfs_tree *tree)
{
	struct tfs_walker *walker = calloc(1, sizeof(*walker));
	pthread_condattr_t attributes;

	if (walker == NULL)
		return NULL;
	walker->tenant = tenant;
	walker->tree = tree;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&walker->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&walker->lock, NULL);
	if (asprintf(&walker->file, "%s/history.git/tenantfs-walked", tfs_tenant_config(tenant)->state_dir) >= 0)
		return walker;
	walker->file = NULL;
	tfs_walker_free(walker);
	return NULL;
}

int tfs_walker_new(struct tfs_tenant *tenant, struct tfs_tree *tree, struct tfs_walker **ret,
		   struct tfs_error *error)
{
	struct tfs_walker *walker;
	int r;

	*ret = NULL;
	if (!tfs_tenant_config(tenant)->history_full || tfs_tenant_history(tenant) == NULL)
		return 0;
	walker = walker_new(tenant, tree);
	if (walker == NULL)
		return tfs_error_set(error, -ENOMEM, "tenant", "out of memory");
	load_round(walker);
	r = tfs_cache_watch(tfs_store_cache(tfs_tenant_store(tenant)),
			    &(struct tfs_cache_watcher){ cache_told, NULL, walker });
	if (r < 0) {
		tfs_walker_free(walker);
		return tfs_error_set(error, r, "tenant", "the cache is watched by too many");
	}
	*ret = walker;
	return 0;
}

int tfs_walker_start(struct tfs_walker *walker, struct tfs_error *error)
{
	int r = walker != NULL ? tfs_thread_start(&walker->thread, run, walker) : 0;

	if (r < 0)
		return tfs_error_set(error, r, "tenant", "cannot start a thread");
	if (walker != NULL)
		walker->started = true;
	return 0;
}

void tfs_walker_free(struct tfs_walker *walker)
{
	if (walker == NULL)
		return;
	pthread_mutex_lock(&walker->lock);
	walker->stopping = true;
	if (walker->op != NULL)
		tfs_op_cancel(walker->op);
	pthread_cond_signal(&walker->wake);
	pthread_mutex_unlock(&walker->lock);
	if (walker->started)
		pthread_join(walker->thread, NULL);
	tfs_cache_unwatch(tfs_store_cache(tfs_tenant_store(walker->tenant)), walker);
	told_free(&walker->told);
	marks_free(&walker->marks);
	pthread_cond_destroy(&walker->wake);
	pthread_mutex_destroy(&walker->lock);
	free(walker->file);
	free(walker);
}

static json_t *time_json(time_t time)
{
	char text[32];
	struct tm utc;

	if (time == 0)
		return json_null();
	gmtime_r(&time, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_string(text);
}

json_t *tfs_walker_status(struct tfs_walker *walker)
{
	json_t *status;

	if (walker == NULL)
		return json_null();
	pthread_mutex_lock(&walker->lock);
	status = json_pack("{s:o, s:o, s:I, s:I, s:s?}", "begun", time_json(walker->begun), "completed",
			   time_json(walker->completed), "places", (json_int_t)walker->places, "refused",
			   (json_int_t)walker->refused, "at", walker->at);
	pthread_mutex_unlock(&walker->lock);
	return status;
}
