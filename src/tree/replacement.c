/* Replacement by removal: removals that are put off, and the thread that ends them. */
#include "replacement.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "commit.h"
#include "error-log.h"
#include "local.h"
#include "removal.h"
#include "replacer.h"
#include "tenantfs/clock.h"
#include "tenantfs/digest.h"
#include "tenantfs/log.h"
#include "tenantfs/thread.h"

enum {
	PROCESSES = 256, /* with removals that are put off */
	SILENCE_MS = 60000,
	GRACE_MS = 200, /* between the end of the process and the verdict: its children may still write */
};

/* The thread, started by the first removal that is put off. */
struct replacements {
	struct replacement *list;
	unsigned count;
	int wake; /* eventfd: the list has changed, or `stopping` */
	bool stopping;
	pthread_t thread;
};

static void wake(const struct replacements *all)
{
	uint64_t one = 1;

	/* Fails only if the counter is full; then the thread wakes anyway. */
	if (write(all->wake, &one, sizeof(one)) < 0)
		tfs_log(TFS_LOG_DEBUG, 0, "replacement: wake: %s", strerror(errno));
}

static bool has_ended(const struct replacement *replacement)
{
	struct pollfd fd = { .fd = replacement->process, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

static void report_kept(struct tfs_tree *tree, struct tfs_op *op, const struct replacement *replacement,
			const char *path) TFS_HOLDS(tree->lock)
{
	tfs_fail(op, -ECANCELED, "tree", "%s removed it and wrote nothing in its place, so it stays; `rm` removes it",
		 replacement->caller.program);
	tree_error_report(tree, op, path, "remove");
}

/* Removes the object of a document whose removal was put off. Releases the lock meanwhile. */
static void carry_out(struct tfs_tree *tree, struct tfs_op *op, const struct hidden *hidden) TFS_HOLDS(tree->lock)
{
	const struct path_node *path_node = tree_path_node_find_document(hidden->dir->what, hidden->name);
	cleanup_free char *name = strdup(hidden->name);
	struct tfs_node *dir = tree_node_get(hidden->dir);
	struct tfs_resource *resource;

	tree_unlock(tree);
	if (name && tree_dir_resource_get(tree, dir, path_node, &resource) == 0)
		tree_document_remove(tree, op, dir, name, resource, path_node);
	tree_lock(tree);
	tree_node_put(tree, dir);
}

static bool is_written(struct tfs_tree *tree, const struct hidden *hidden) TFS_HOLDS(tree->lock)
{
	const struct tfs_node *node = tree_node_find(tree, hidden->dir, hidden->name);

	return node && node->ops->kind == KIND_DOCUMENT && node->flags & NODE_PENDING && node->doc.editors;
}

/* Whether the removal was meant. A process that still lives may be about to write. */
static bool is_meant(const struct tfs_tree *tree, const struct hidden *hidden)
{
	return hidden->meant && !(tree->replacements->stopping && !has_ended(hidden->replacement));
}

/* Settles one put-off removal: it is carried out, or the name comes back. */
static void settle_one(struct tfs_tree *tree, struct replacement *replacement) TFS_HOLDS(tree->lock)
{
	struct hidden *hidden = replacement->first;
	struct tfs_op *op = tfs_op_new(tree->config->timeout_ms);
	cleanup_free char *path = tree_child_path(hidden->dir, hidden->name);

	/* A file that is still open was given to another process; its editor knows what it replaces. */
	if (op && path && !is_written(tree, hidden)) {
		tfs_op_set_caller(op, replacement->uid, replacement->gid, replacement->caller.pid);
		tfs_op_set_command(op, replacement->caller.program);
		tfs_op_set_change_set(op, replacement->change_set);
		if (is_meant(tree, hidden))
			carry_out(tree, op, hidden);
		else
			report_kept(tree, op, replacement, path);
	}
	/* Unless a save has ended it meanwhile. */
	if (replacement->first == hidden)
		tree_hidden_end(tree, hidden);
	tfs_op_free(op);
}

static void settle(struct tfs_tree *tree, struct replacement *replacement) TFS_HOLDS(tree->lock)
{
	while (replacement->first)
		settle_one(tree, replacement);
	DL_DELETE(tree->replacements->list, replacement);
	tree->replacements->count--;
	if (replacement->process >= 0)
		close(replacement->process);
	free(replacement);
}

/* The first replacement that is over, or has nothing left to end; NULL: none. */
static struct replacement *find_over(const struct replacements *all)
{
	struct replacement *replacement;

	DL_FOREACH(all->list, replacement)
	if (all->stopping || tfs_clock_ms() >= replacement->until_ms || (!replacement->first && has_ended(replacement)))
		break;
	return replacement;
}

/* A process that has ended has GRACE_MS left. */
static void note_ends(const struct replacements *all)
{
	struct replacement *replacement;

	DL_FOREACH(all->list, replacement)
	if (tfs_clock_ms() + GRACE_MS < replacement->until_ms && has_ended(replacement))
		replacement->until_ms = tfs_clock_ms() + GRACE_MS;
}

/* Waits until a process ends, a time is over, or the list changes. Releases the lock meanwhile. */
static void await_events(struct tfs_tree *tree) TFS_HOLDS(tree->lock)
{
	const struct replacements *all = tree->replacements;
	struct pollfd fds[1 + PROCESSES] = { { .fd = all->wake, .events = POLLIN } };
	uint64_t end = UINT64_MAX, now = tfs_clock_ms(), count;
	const struct replacement *replacement;
	nfds_t n = 1;

	DL_FOREACH(all->list, replacement)
	{
		if (replacement->until_ms < end)
			end = replacement->until_ms;
		/* A process that has ended would wake the poll at once. */
		if (replacement->process >= 0 && !has_ended(replacement))
			fds[n++] = (struct pollfd){ .fd = replacement->process, .events = POLLIN };
	}
	tree_unlock(tree);
	poll(fds, n, end == UINT64_MAX ? -1 : end <= now ? 0 : (int)(end - now));
	if (fds[0].revents & POLLIN && read(all->wake, &count, sizeof(count)) < 0)
		tfs_log(TFS_LOG_DEBUG, 0, "replacement: wake: %s", strerror(errno));
	tree_lock(tree);
}

static void *run(void *context)
{
	struct tfs_tree *tree = context;
	struct replacements *all;
	struct replacement *over;

	tree_lock(tree);
	all = tree->replacements;
	do {
		await_events(tree);
		note_ends(all);
		while ((over = find_over(all)))
			settle(tree, over);
	} while (!all->stopping);
	tree_unlock(tree);
	tfs_crypto_thread_end();
	return NULL;
}

static int start(struct tfs_tree *tree) TFS_HOLDS(tree->lock)
{
	struct replacements *all = calloc(1, sizeof(*all));
	int r;

	if (!all)
		return -ENOMEM;
	all->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (all->wake < 0) {
		r = -errno;
		free(all);
		return r;
	}
	tree->replacements = all;
	r = tfs_thread_start(&all->thread, run, tree);
	if (r < 0) {
		tree->replacements = NULL;
		close(all->wake);
		free(all);
	}
	return r;
}

static struct replacement *find_process(const struct replacements *all, const struct tfs_caller *caller)
{
	struct replacement *replacement;

	DL_FOREACH(all->list, replacement)
	if (replacement->caller.pid == caller->pid && replacement->caller.started_ms == caller->started_ms)
		break;
	return replacement;
}

/* The replacement of a process, made if there is none. */
static int reach_process(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_caller *caller,
			 struct replacement **ret) TFS_HOLDS(tree->lock)
{
	struct replacement *replacement;
	int r = tree->replacements ? 0 : start(tree);

	if (r < 0)
		return tfs_fail(op, r, "tree", "the removal cannot be put off");
	*ret = find_process(tree->replacements, caller);
	if (*ret)
		return 0;
	if (tree->replacements->count == PROCESSES)
		return tfs_fail(op, -EAGAIN, "tree", "%d programs are replacing documents already", PROCESSES);
	replacement = calloc(1, sizeof(*replacement));
	if (!replacement)
		return tfs_fail_memory(op);
	*replacement = (struct replacement){
		.caller = *caller,
		.uid = tfs_op_uid(op),
		.gid = tfs_op_gid(op),
		.process = (int)syscall(SYS_pidfd_open, caller->pid, 0),
	};
	snprintf(replacement->change_set, sizeof(replacement->change_set), "%s", tfs_op_change_set(op));
	DL_APPEND(tree->replacements->list, replacement);
	tree->replacements->count++;
	wake(tree->replacements);
	*ret = replacement;
	return 0;
}

static int put_off(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
		   struct tfs_doc *doc, struct replacement *replacement) TFS_HOLDS(tree->lock)
{
	struct tfs_node *node;
	struct hidden *hidden;
	int r = tree_hidden_add(tree, dir, name, tfs_doc_ref(doc), NULL, &hidden);

	if (r < 0)
		return tfs_fail_memory(op);
	hidden->replacement = replacement;
	DL_APPEND2(replacement->first, hidden, prev_put_off, next_put_off);
	tree_replacement_touch(hidden);
	node = tree_node_find(tree, dir, name);
	if (node)
		tree_node_orphan(tree, node);
	return 1;
}

int tree_replacement_begin(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			   const struct found *found)
{
	struct replacement *replacement;
	struct tfs_caller caller;
	int r;

	if (!tree_replacer_find(tree, op, &caller))
		return 0;
	/* Before the lock: /proc may wait for the process, whose other threads may wait for the tree. */
	tree_change_set_apply(tree, op);
	tree_lock(tree);
	r = tree_hidden_find(dir, name) ? tfs_fail(op, -ENOENT, "tree", "no such entry")
					: reach_process(tree, op, &caller, &replacement);
	if (r == 0)
		r = put_off(tree, op, dir, name, found->doc, replacement);
	tree_unlock(tree);
	return r;
}

void tree_replacement_touch(const struct hidden *hidden)
{
	if (hidden->replacement)
		hidden->replacement->until_ms = tfs_clock_ms() + SILENCE_MS;
}

void tree_replacement_rmdir(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *parent,
			    const char *name)
{
	const struct replacement *replacement = NULL;
	const struct tfs_node *dir;
	struct tfs_caller caller;
	struct hidden *hidden;

	if (!tree_replacer_process(op, &caller))
		return;
	tree_lock(tree);
	dir = tree_node_find(tree, parent, name);
	if (tree->replacements)
		replacement = find_process(tree->replacements, &caller);
	if (replacement)
		DL_FOREACH2(replacement->first, hidden, next_put_off)
	hidden->meant = hidden->meant || hidden->dir == dir;
	tree_unlock(tree);
}

void tree_replacements_end(struct tfs_tree *tree)
{
	struct replacements *all = tree->replacements;

	if (!all)
		return;
	tree_lock(tree);
	all->stopping = true;
	tree_unlock(tree);
	wake(all);
	pthread_join(all->thread, NULL);
	assert(!all->list);
	close(all->wake);
	free(all);
	tree->replacements = NULL;
}
