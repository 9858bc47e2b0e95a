/*
 * The walker thread reads the whole tree for the history: every place once per round, and between rounds the
 * lists in which the feed reports changes. The history records what it reads, as for any other reader. The
 * walker makes one call at a time and waits while others make calls.
 */
#include "tenantfs/walker.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tenantfs/clock.h"
#include "tenantfs/digest.h"
#include "tenantfs/file.h"
#include "tenantfs/hash.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"
#include "tenantfs/thread.h"
#include "tenantfs/walk.h"

enum {
	ROUND_S = 24 * 3600, /* time between the starts of two rounds */
	YIELD_MS = 50,       /* pause after a call of ours */
	YIELDS_MAX = 20,     /* limit on pauses while others make calls */
	RETRY_MS = 60000,    /* first pause after a server failure; doubles while rounds make no progress */
	RETRY_MAX_MS = 3600000,
	BURST_MS = 2000, /* delay after the first event, because events come in bursts */
	SAVE_MS = 2000,
	READ_TIMEOUT_MS = 600000, /* enough for a list of hundreds of thousands */
	WAIT_MAX_MS = 60000,      /* the wall clock may be set during a wait */
	NAMES_MAX = 16,
	FILE_MAX_BYTES = 16 << 20,
};

/* A place that was read in this round. */
struct visited {
	UT_hash_handle hh;
	char path[];
};

/* A list in which the feed reports changes. */
struct reported {
	UT_hash_handle hh;
	size_t n_names;
	char *names[NAMES_MAX]; /* of changed documents */
	bool all;
	char path[];
};

struct tfs_walker {
	struct tfs_tenant *tenant;
	struct tfs_tree *tree;
	char *file; /* stores the progress of the round across restarts */
	pthread_t thread;
	bool started;
	/* Used by the thread only. */
	struct visited *visited;
	struct reported *current;
	bool interrupted;  /* by a server failure */
	uint64_t retry_ms; /* pause after the last interrupted round; 0: the round made progress */
	uint64_t saved_ms;

	struct tfs_mutex lock; /* protects all below; taken before an operation's lock */
	pthread_cond_t wake;
	struct tfs_op *op; /* the running one */
	bool stopping;
	struct reported *reported;
	uint64_t reported_ms;    /* time of the first report; 0: none */
	uint64_t not_before_ms;  /* start of the next work, after a failure */
	time_t begun, completed; /* of the last round; completed 0: it is running */
	unsigned long places, refused;
	const char *at; /* path of the resource being read; valid as long as the store */
};

static void reported_free(struct reported **all)
{
	struct reported *list, *next;

	HASH_ITER (hh, *all, list, next) {
		HASH_DEL(*all, list);
		for (size_t i = 0; i < list->n_names; i++)
			free(list->names[i]);
		free(list);
	}
}

static void visited_free(struct visited **all)
{
	struct visited *entry, *next;

	HASH_ITER (hh, *all, entry, next) {
		HASH_DEL(*all, entry);
		free(entry);
	}
}

static bool is_visited(struct tfs_walker *walker, const char *path)
{
	struct visited *entry;

	HASH_FIND_STR(walker->visited, path, entry);
	return entry;
}

static void add_visited(struct tfs_walker *walker, const char *path)
{
	struct visited *entry = is_visited(walker, path) ? NULL : calloc(1, sizeof(*entry) + strlen(path) + 1);

	/* Out of memory: the place is read once more. */
	if (!entry)
		return;
	memcpy(entry->path, path, strlen(path) + 1);
	HASH_ADD_KEYPTR(hh, walker->visited, entry->path, strlen(path), entry);
	if (!tfs_hash_added(entry))
		free(entry);
}

/* `name` NULL: the whole list. */
static void add_reported(struct tfs_walker *walker, const char *key, const char *name) TFS_HOLDS(walker->lock)
{
	struct reported *list;

	HASH_FIND_STR(walker->reported, key, list);
	if (!list) {
		list = calloc(1, sizeof(*list) + strlen(key) + 1);
		if (list) {
			memcpy(list->path, key, strlen(key) + 1);
			HASH_ADD_KEYPTR(hh, walker->reported, list->path, strlen(key), list);
			if (!tfs_hash_added(list))
				free(steal_pointer(&list));
		}
	}
	assert(!list || list->n_names <= NAMES_MAX);
	if (list && (!name || list->n_names == NAMES_MAX))
		list->all = true;
	else if (list && (list->names[list->n_names] = strdup(name)))
		list->n_names++;
	if (walker->reported_ms == 0)
		walker->reported_ms = tfs_clock_ms();
}

/* Cache watcher. old == new: invalidated by the feed. The caller does not hold the walker's lock. */
static void on_cache_event(void *context, const char *key, struct tfs_doc *old, struct tfs_doc *new)
{
	struct tfs_walker *walker = context;

	if (old != new)
		return;
	tfs_mutex_lock(&walker->lock);
	add_reported(walker, key, new ? new->name : NULL);
	pthread_cond_signal(&walker->wake);
	tfs_mutex_unlock(&walker->lock);
}

/* Waits for a wake-up, at most `ms`. */
static void sleep_locked(struct tfs_walker *walker, uint64_t ms) TFS_HOLDS(walker->lock)
{
	struct timespec until = tfs_clock_in(ms);

	if (!walker->stopping)
		tfs_cond_wait_until(&walker->wake, &walker->lock, &until);
}

/* False: the walker ends. */
static bool sleep_for(struct tfs_walker *walker, uint64_t ms)
{
	bool going;

	tfs_mutex_lock(&walker->lock);
	sleep_locked(walker, ms);
	going = !walker->stopping;
	tfs_mutex_unlock(&walker->lock);
	return going;
}

static unsigned long calls_made(const struct tfs_walker *walker)
{
	struct tfs_api_stats stats = { 0 };

	tfs_api_get_stats(tfs_tenant_api(walker->tenant), &stats);
	return stats.calls;
}

/* After a call of ours, waits while others make calls. False: the walker ends. */
static bool yield_to_others(struct tfs_walker *walker, unsigned long before)
{
	unsigned long now = calls_made(walker);
	bool going = true;

	for (int i = 0; i < YIELDS_MAX && going && now != before; i++) {
		before = now;
		going = sleep_for(walker, YIELD_MS);
		now = calls_made(walker);
	}
	return going;
}

/* A new operation with this process as caller, so that the call budget applies. NULL: out of memory. */
static struct tfs_op *begin_op(struct tfs_walker *walker)
{
	struct tfs_op *op = tfs_op_new(READ_TIMEOUT_MS);

	if (!op)
		return NULL;
	tfs_op_set_caller(op, getuid(), getgid(), getpid());
	tfs_mutex_lock(&walker->lock);
	walker->op = op;
	if (walker->stopping)
		tfs_op_cancel(op);
	tfs_mutex_unlock(&walker->lock);
	return op;
}

static void end_op(struct tfs_walker *walker, struct tfs_op *op)
{
	tfs_mutex_lock(&walker->lock);
	walker->op = NULL;
	tfs_mutex_unlock(&walker->lock);
	tfs_op_free(op);
}

/* Errors of the server or the session, as opposed to errors of one place. */
static bool is_server_failure(int code)
{
	return code == -EIO || code == -ETIMEDOUT || code == -EACCES || code == -EAGAIN || code == -EBADMSG ||
	       code == -EINTR || code == -ENOMEM;
}

struct walk_target {
	struct tfs_resource *resource;
	const char *object;     /* NULL: the list */
	struct tfs_doc ***docs; /* NULL: not needed */
	size_t *count;
};

static int read_target(struct tfs_walker *walker, const struct walk_target *at, uint64_t max_age_ms)
{
	unsigned long before = calls_made(walker);
	struct tfs_op *op = begin_op(walker);
	struct tfs_doc **docs = NULL, *doc = NULL;
	size_t count = 0;
	int r = !op ? -ENOMEM : 0;

	if (r == 0 && at->object)
		r = tfs_resource_get(at->resource, op, at->object, max_age_ms, &doc);
	else if (r == 0)
		r = tfs_resource_list(at->resource, op, max_age_ms, &docs, &count);
	if (r < 0 && r != -EINTR && r != -ENOENT)
		tfs_log(TFS_LOG_DEBUG, tfs_op_id(op), "walk: %s", tfs_op_error(op)->message);
	end_op(walker, op);
	tfs_doc_unref(doc);
	/* A stale result, served because the server is unreachable, does not count. */
	if ((r == 0 || r == -ENOENT) && tfs_resource_was_stale(at->resource, at->object, max_age_ms))
		r = -EIO;
	if (!yield_to_others(walker, before))
		r = -EINTR;
	if (r == 0 && at->docs) {
		*at->docs = docs;
		*at->count = count;
	} else {
		tfs_docs_free(docs, count);
	}
	return r;
}

/*
 * Stores the progress after flushing the history, so that every place in the file is recorded. `completed` 0:
 * the round is not complete.
 */
static int save_round(struct tfs_walker *walker, time_t completed)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(FILE_MAX_BYTES);
	struct tfs_op *op = begin_op(walker);
	struct tfs_error error = { 0 };
	struct visited *entry, *next;
	int r = op ? tfs_history_flush(tfs_tenant_history(walker->tenant), op) : -ENOMEM;

	end_op(walker, op);
	if (r == 0)
		r = tfs_buf_printf(&text, "%lld %lld\n", (long long)walker->begun, (long long)completed);
	HASH_ITER (hh, walker->visited, entry, next) {
		if (r == 0 && completed == 0)
			r = tfs_buf_printf(&text, "%s\n", entry->path);
	}
	if (r == 0)
		r = tfs_file_write(walker->file, text.data, text.len, 0600, &error);
	if (r < 0)
		tfs_log(TFS_LOG_DEBUG, 0, "walk: cannot store the progress: %s", strerrordesc_np(-r));
	walker->saved_ms = tfs_clock_ms();
	return r;
}

static void load_round(struct tfs_walker *walker)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(FILE_MAX_BYTES);
	long long begun, completed;
	char *line, *save;

	if (tfs_file_read(walker->file, &text, NULL) < 0 || !text.data)
		return;
	line = strtok_r(text.data, "\n", &save);
	if (!line || sscanf(line, "%lld %lld", &begun, &completed) != 2)
		return;
	walker->begun = (time_t)begun;
	walker->completed = (time_t)completed;
	while ((line = strtok_r(NULL, "\n", &save)))
		add_visited(walker, line);
	walker->places = HASH_COUNT(walker->visited);
}

static void note(struct tfs_walker *walker, const char *at, bool visited, int result)
{
	tfs_mutex_lock(&walker->lock);
	walker->at = at;
	walker->places += visited;
	walker->refused += visited && result < 0;
	tfs_mutex_unlock(&walker->lock);
}

/* The result for tfs_tree_walk: a server failure interrupts the walk. */
static int walk_result(struct tfs_walker *walker, int r)
{
	walker->interrupted = walker->interrupted || is_server_failure(r);
	return walker->interrupted ? -EINTR : r;
}

/* Reads each document of which the list has a part, or an outdated version, by its id. */
static int read_parts(struct tfs_walker *walker, struct tfs_resource *resource, struct tfs_doc **docs, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && !is_server_failure(r); i++) {
		const struct walk_target at = { .resource = resource, .object = docs[i]->name };

		if (docs[i]->origin == TFS_DOC_SHORT || (docs[i]->origin == TFS_DOC_COMPLETE && docs[i]->stale))
			r = read_target(walker, &at, UINT64_MAX);
	}
	return is_server_failure(r) ? r : 0;
}

/* As read_target, with all documents of a list whole. */
static int read_whole(struct tfs_walker *walker, const struct walk_target *at)
{
	struct walk_target list = *at;
	struct tfs_doc **docs = NULL;
	size_t count = 0;
	int r;

	if (at->object)
		return read_target(walker, at, UINT64_MAX);
	list.docs = &docs;
	list.count = &count;
	r = read_target(walker, &list, UINT64_MAX);
	if (r == 0)
		r = read_parts(walker, at->resource, docs, count);
	if (r == 0 && at->docs) {
		*at->docs = docs;
		*at->count = count;
	} else {
		tfs_docs_free(docs, count);
	}
	return r;
}

static int visit(void *context, struct tfs_resource *resource, const char *object, struct tfs_doc ***ret_docs,
		 size_t *ret_count)
{
	struct tfs_walker *walker = context;
	const struct walk_target at = { resource, object, ret_docs, ret_count };
	const char *path = tfs_resource_path(resource);
	bool known = is_visited(walker, path);
	int r;

	if (known && !ret_docs)
		return 0;
	note(walker, path, false, 0);
	r = read_whole(walker, &at);
	if (!is_server_failure(r) && !known) {
		note(walker, path, true, r == -ENOENT ? 0 : r);
		add_visited(walker, path);
		walker->retry_ms = 0;
	}
	if (!is_server_failure(r) && tfs_clock_ms() - walker->saved_ms > SAVE_MS)
		save_round(walker, 0);
	return walk_result(walker, r);
}

/* Reads only the lists and documents that the feed has reported. */
static int visit_reported(void *context, struct tfs_resource *resource, const char *object, struct tfs_doc ***ret_docs,
			  size_t *ret_count)
{
	struct tfs_walker *walker = context;
	struct walk_target at = { resource, object, ret_docs, ret_count };
	struct reported *list;
	int r = 0;

	HASH_FIND_STR(walker->current, tfs_resource_path(resource), list);
	if (ret_docs)
		return walk_result(walker, list ? read_whole(walker, &at) : read_target(walker, &at, UINT64_MAX - 1));
	if (!list)
		return 0;
	if (list->all || object)
		return walk_result(walker, read_whole(walker, &at));
	for (size_t i = 0; i < list->n_names && !is_server_failure(r); i++) {
		at.object = list->names[i];
		r = read_target(walker, &at, UINT64_MAX);
	}
	return walk_result(walker, r);
}

/* The walk failed: puts the lists back, for later. */
static void requeue_reported(struct tfs_walker *walker)
{
	struct reported *list, *next;

	tfs_mutex_lock(&walker->lock);
	HASH_ITER (hh, walker->current, list, next) {
		for (size_t i = 0; i < list->n_names; i++)
			add_reported(walker, list->path, list->names[i]);
		if (list->all || list->n_names == 0)
			add_reported(walker, list->path, NULL);
	}
	walker->not_before_ms = tfs_clock_ms() + RETRY_MS;
	tfs_mutex_unlock(&walker->lock);
}

static void run_reported(struct tfs_walker *walker)
{
	tfs_mutex_lock(&walker->lock);
	walker->current = steal_pointer(&walker->reported);
	walker->reported_ms = 0;
	tfs_mutex_unlock(&walker->lock);
	walker->interrupted = false;
	if (tfs_tree_walk(walker->tree, visit_reported, walker) < 0)
		requeue_reported(walker);
	reported_free(&walker->current);
}

static void run_round(struct tfs_walker *walker)
{
	time_t completed;
	int r;

	tfs_mutex_lock(&walker->lock);
	if (walker->begun == 0 || walker->completed != 0) {
		walker->begun = tfs_clock_wall().tv_sec;
		walker->completed = 0;
		walker->places = walker->refused = 0;
	}
	tfs_mutex_unlock(&walker->lock);
	walker->interrupted = false;
	walker->saved_ms = tfs_clock_ms();
	r = tfs_tree_walk(walker->tree, visit, walker);
	completed = r == 0 ? tfs_clock_wall().tv_sec : 0;
	/* The status shows "completed" only after everything is recorded. */
	r = save_round(walker, completed);
	tfs_mutex_lock(&walker->lock);
	walker->at = NULL;
	if (r == 0)
		walker->completed = completed;
	if (walker->completed == 0) {
		walker->retry_ms = walker->retry_ms == 0 ? RETRY_MS : walker->retry_ms * 2;
		if (walker->retry_ms > RETRY_MAX_MS)
			walker->retry_ms = RETRY_MAX_MS;
		walker->not_before_ms = tfs_clock_ms() + walker->retry_ms;
	}
	tfs_mutex_unlock(&walker->lock);
	if (walker->completed != 0)
		visited_free(&walker->visited);
}

enum work { WAIT, REPORTED, ROUND };

/* The next work, and the milliseconds until it is due. */
static enum work next_work(const struct tfs_walker *walker, uint64_t *ret_ms) TFS_HOLDS(walker->lock)
{
	uint64_t now = tfs_clock_ms(), report = UINT64_MAX, round;
	time_t wall = tfs_clock_wall().tv_sec, due = walker->begun + ROUND_S;

	if (walker->reported_ms != 0)
		report = walker->reported_ms + BURST_MS > now ? walker->reported_ms + BURST_MS - now : 0;
	/* wall < begun: the clock was set back. */
	round = walker->completed == 0 || wall >= due || wall < walker->begun ? 0 : (uint64_t)(due - wall) * 1000;
	if (now + round < walker->not_before_ms)
		round = walker->not_before_ms - now;
	if (report != UINT64_MAX && now + report < walker->not_before_ms)
		report = walker->not_before_ms - now;
	*ret_ms = report < round ? report : round;
	return *ret_ms > 0 ? WAIT : report == 0 ? REPORTED : ROUND;
}

static void *run(void *context)
{
	struct tfs_walker *walker = context;
	bool going = true;

	while (going) {
		enum work work;
		uint64_t ms;

		/* Deciding and waiting under one hold of the lock misses no wake-up. */
		tfs_mutex_lock(&walker->lock);
		work = next_work(walker, &ms);
		if (work == WAIT)
			sleep_locked(walker, ms < WAIT_MAX_MS ? ms : WAIT_MAX_MS);
		going = !walker->stopping;
		tfs_mutex_unlock(&walker->lock);
		if (going && work == REPORTED)
			run_reported(walker);
		else if (going && work == ROUND)
			run_round(walker);
	}
	tfs_crypto_thread_end();
	return NULL;
}

static struct tfs_walker *walker_new(struct tfs_tenant *tenant, struct tfs_tree *tree)
{
	struct tfs_walker *walker = calloc(1, sizeof(*walker));

	if (!walker)
		return NULL;
	walker->tenant = tenant;
	walker->tree = tree;
	tfs_cond_init(&walker->wake);
	tfs_mutex_init(&walker->lock);
	if (asprintf(&walker->file, "%s/history.git/tenantfs-walked", tfs_tenant_config(tenant)->state_dir) >= 0)
		return walker;
	walker->file = NULL;
	tfs_walker_free(walker);
	return NULL;
}

int tfs_walker_new(struct tfs_tenant *tenant, struct tfs_tree *tree, struct tfs_walker **ret, struct tfs_error *error)
{
	struct tfs_walker *walker;
	int r;

	*ret = NULL;
	if (!tfs_tenant_config(tenant)->history_full || !tfs_tenant_history(tenant))
		return 0;
	walker = walker_new(tenant, tree);
	if (!walker)
		return tfs_error_set_memory(error);
	load_round(walker);
	r = tfs_cache_watch(tfs_store_cache(tfs_tenant_store(tenant)),
			    &(struct tfs_cache_watcher){ on_cache_event, NULL, walker });
	if (r < 0) {
		tfs_walker_free(walker);
		return tfs_error_set(error, r, "tenant", "the cache has too many watchers");
	}
	*ret = walker;
	return 0;
}

int tfs_walker_start(struct tfs_walker *walker, struct tfs_error *error)
{
	int r = walker ? tfs_thread_start(&walker->thread, run, walker) : 0;

	if (r < 0)
		return tfs_error_set(error, r, "tenant", "cannot start a thread");
	if (walker)
		walker->started = true;
	return 0;
}

void tfs_walker_free(struct tfs_walker *walker)
{
	if (!walker)
		return;
	tfs_mutex_lock(&walker->lock);
	walker->stopping = true;
	if (walker->op)
		tfs_op_cancel(walker->op);
	pthread_cond_signal(&walker->wake);
	tfs_mutex_unlock(&walker->lock);
	if (walker->started)
		pthread_join(walker->thread, NULL);
	tfs_cache_unwatch(tfs_store_cache(tfs_tenant_store(walker->tenant)), walker);
	reported_free(&walker->reported);
	visited_free(&walker->visited);
	pthread_cond_destroy(&walker->wake);
	tfs_mutex_destroy(&walker->lock);
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

	if (!walker)
		return json_null();
	tfs_mutex_lock(&walker->lock);
	status = json_pack("{s:o, s:o, s:I, s:I, s:s?}", "begun", time_json(walker->begun), "completed",
			   time_json(walker->completed), "places", (json_int_t)walker->places, "refused",
			   (json_int_t)walker->refused, "at", walker->at);
	tfs_mutex_unlock(&walker->lock);
	return status;
}
