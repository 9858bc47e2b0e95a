/*
 * .history/<time>-<id>/…: each recorded state of the mount, newest first, read from the repository on demand. If there
 * are many states, the older ones are in directories by day. The root does not list .history, so that a search of the
 * mount does not search every recorded state.
 */
#include "history-dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "generated.h"
#include "listing.h"
#include "tenantfs/history-view.h"

enum { STATES_LISTED = 200, DAY_LENGTH = 10, PASTS_KEPT = 4 };

/* An idle handle of the repository. Protected by the tree's lock. */
struct past_handle {
	struct past_handle *next;
	struct tfs_history_view *view;
};

static int take_past(struct tfs_tree *tree, struct tfs_op *op, struct tfs_history_view **ret)
{
	struct past_handle *handle;

	tree_lock(tree);
	handle = tree->pasts;
	if (handle) {
		tree->pasts = handle->next;
		tree->n_pasts--;
	}
	tree_unlock(tree);
	if (!handle)
		return tfs_view_open(tree->config, ret, tfs_op_error(op));
	*ret = handle->view;
	free(handle);
	return 0;
}

/* Keeps the handle for reuse. One that failed is closed: the pack files it has open may be gone. */
static void give_past(struct tfs_tree *tree, struct tfs_history_view *view, int result)
{
	struct past_handle *handle = result == 0 ? calloc(1, sizeof(*handle)) : NULL;

	tree_lock(tree);
	if (handle && tree->n_pasts < PASTS_KEPT) {
		handle->view = view;
		handle->next = tree->pasts;
		tree->pasts = handle;
		tree->n_pasts++;
		handle = NULL;
		view = NULL;
	}
	tree_unlock(tree);
	free(handle);
	tfs_view_close(view);
}

void tree_pasts_free(struct tfs_tree *tree)
{
	while (tree->pasts) {
		struct past_handle *handle = tree->pasts;

		tree->pasts = handle->next;
		tfs_view_close(handle->view);
		free(handle);
	}
}

/* A parsed path below .history. */
struct moment {
	char *text;        /* owns the others */
	const char *day;   /* "2026-11-23" or NULL */
	const char *state; /* NULL: the list of states */
	const char *path;  /* the path in the state, "": its root */
};

static bool has_form(const char *text, const char *form)
{
	for (; *form != '\0'; form++, text++)
		if (*form == 'd' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	return true;
}

static bool is_day(const char *name)
{
	return has_form(name, "dddd-dd-dd") && name[DAY_LENGTH] == '\0';
}

static char *cut(char *at)
{
	char *slash = strchr(at, '/');

	if (!slash)
		return at + strlen(at);
	*slash = '\0';
	return slash + 1;
}

/* Parses a path that starts with ".history". Takes ownership of `path`. -ENOMEM: it is NULL. */
static int read_moment(char *path, struct moment *ret)
{
	char *at;

	*ret = (struct moment){ .text = path, .path = "" };
	if (!path)
		return -ENOMEM;
	at = cut(path);
	if (*at == '\0')
		return 0;
	ret->state = at;
	at = cut(at);
	if (is_day(ret->state)) {
		ret->day = ret->state;
		ret->state = *at != '\0' ? at : NULL;
		at = cut(at);
	}
	ret->path = at;
	return 0;
}

static void moment_finish(struct moment *moment)
{
	free(moment->text);
}

static int some_state(void *context, const char *name, bool directory)
{
	(void)name;
	(void)directory;
	*(bool *)context = true;
	return 0;
}

/* -ENOENT: the moment does not exist. `*ret_directory`: whether it is a directory. */
static int check_moment(struct tfs_history_view *view, const struct moment *moment, bool *ret_directory,
			struct tfs_error *error)
{
	char state[TFS_HISTORY_STATE];
	struct timespec time;
	bool found = false;
	size_t size;
	int r;

	*ret_directory = true;
	if (!moment->state) {
		r = tfs_view_states(view, moment->day, 1, some_state, &found, error);
		return r < 0 || found ? r : -ENOENT;
	}
	if (!has_form(moment->state, "dddd-dd-ddTdddddd-"))
		return -ENOENT;
	r = tfs_view_state(view, moment->state, state, error);
	/* A state has only one name: time and day must be its own. */
	if (r == 0 &&
	    (strcmp(state, moment->state) != 0 || (moment->day && strncmp(state, moment->day, DAY_LENGTH) != 0)))
		return -ENOENT;
	return r < 0 ? r : tfs_view_stat(view, moment->state, moment->path, ret_directory, &size, &time, error);
}

static int make_past(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	struct moment moment TFS_CLEANUP(moment_finish) = { 0 };
	struct tfs_op *op = tfs_op_new(tree->config->timeout_ms);
	struct tfs_history_view *view;
	int r = op ? read_moment(tree_node_path(node), &moment) : -ENOMEM;

	if (r == 0)
		r = take_past(tree, op, &view);
	if (r == 0) {
		r = tfs_view_read(view, moment.state, moment.path, out, tfs_op_error(op));
		give_past(tree, view, r);
	}
	tfs_op_free(op);
	return r;
}

static const struct generator past_file = { "past", true, make_past };

static int history_find(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			struct found *ret)
{
	struct moment moment TFS_CLEANUP(moment_finish) = { 0 };
	bool directory = false;
	struct tfs_history_view *view;
	int r = read_moment(tree_child_path(dir, name), &moment);

	if (r < 0)
		return tfs_fail_memory(op);
	r = take_past(tree, op, &view);
	if (r < 0)
		return r;
	r = check_moment(view, &moment, &directory, tfs_op_error(op));
	give_past(tree, view, r == -ENOENT ? 0 : r);
	if (r < 0)
		return tfs_fail(op, r, "tree", "no such state, or it did not exist at that time");
	*ret = directory ? (struct found){ .ops = &tree_history_dir_ops }
			 : (struct found){ .ops = &tree_generated_ops, .what = &past_file };
	return 0;
}

static int gather_name(void *context, const char *name, bool directory)
{
	return tree_listing_add(context, name,
				directory ? &(struct found){ .ops = &tree_history_dir_ops }
					  : &(struct found){ .ops = &tree_generated_ops, .what = &past_file });
}

/* Lists the newest states, and the days of the older ones. */
static int gather_states(struct tfs_history_view *view, const char *day, struct listing *listing,
			 struct tfs_error *error)
{
	int r;

	if (day)
		return tfs_view_states(view, day, SIZE_MAX, gather_name, listing, error);
	r = tfs_view_states(view, NULL, STATES_LISTED, gather_name, listing, error);
	return r < 0 ? r : tfs_view_days(view, STATES_LISTED, gather_name, listing, error);
}

static int history_list(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, struct listing *listing)
{
	struct moment moment TFS_CLEANUP(moment_finish) = { 0 };
	struct tfs_history_view *view;
	int r = read_moment(tree_node_path(dir), &moment);

	if (r < 0)
		return tfs_fail_memory(op);
	r = take_past(tree, op, &view);
	/* Nothing is recorded yet. */
	if (r == -ENOENT) {
		tfs_error_clear(tfs_op_error(op));
		return 0;
	}
	if (r < 0)
		return r;
	if (!moment.state)
		r = gather_states(view, moment.day, listing, tfs_op_error(op));
	else
		r = tfs_view_list(view, moment.state, moment.path, gather_name, listing, tfs_op_error(op));
	give_past(tree, view, r);
	return r < 0 && tfs_op_error(op)->code == 0 ? tfs_fail(op, r, "tree", "the states cannot be listed") : r;
}

const struct node_ops tree_history_dir_ops = {
	.type = S_IFDIR,
	.state = "recorded",
	.free = tree_dir_payload_free,
	.attr = tree_directory_attr,
	.find = history_find,
	.list = history_list,
	.no_change_events = true,
};
