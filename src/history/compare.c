/* What was seen against what is recorded: for one list after the other, first what is new, then what others did. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "names.h"
#include "seen.h"

/* A document others changed, kept until the new ones beside it are committed. */
struct found {
	const struct tfs_doc *doc; /* NULL: gone */
	char *path;
	enum seen seen;
};

enum { MARKS = 1 << 16, WORD = 64 };

struct comparison {
	struct recorder *recorder;
	struct seen_list *list;
	struct baseline baseline;
	struct found *found;
	size_t n_found;
	struct tfs_error *error;
	const struct snapshot *snapshot; /* whose names are all there are */
	/* Of names that wait to be committed, by their hash: a second look at one more costs little. */
	uint64_t marks[MARKS / WORD];
};

static int fail_memory(struct tfs_error *error)
{
	return tfs_error_set(error, -ENOMEM, "history", "out of memory");
}

static int add_found(struct comparison *comparison, char **path, const struct tfs_doc *doc, enum seen seen)
{
	struct found *found = reallocarray(comparison->found, comparison->n_found + 1, sizeof(*found));

	if (found == NULL)
		return fail_memory(comparison->error);
	comparison->found = found;
	found[comparison->n_found++] = (struct found){ doc, steal_pointer(path), seen };
	return 0;
}

static struct sight sight_of(const char *path, const struct tfs_doc *doc)
{
	return (struct sight){
		.path = path,
		.text = doc != NULL ? doc->data : NULL,
		.len = doc != NULL ? doc->len : 0,
		.time = doc != NULL ? doc->mtime.tv_sec : 0,
	};
}

static char *path_in(const struct seen_list *list, const char *name)
{
	char *path;

	if (list->suffix == NULL)
		return strdup(list->key);
	return asprintf(&path, "%s/%s%s", list->key, name, list->suffix) < 0 ? NULL : path;
}

static bool is_marked(const struct comparison *comparison, const char *name)
{
	uint64_t mark = tfs_hash(name, strlen(name)) % MARKS;

	return (comparison->marks[mark / WORD] >> mark % WORD & 1) != 0;
}

static void mark_name(struct comparison *comparison, const char *name)
{
	uint64_t mark = tfs_hash(name, strlen(name)) % MARKS;

	comparison->marks[mark / WORD] |= (uint64_t)1 << mark % WORD;
}

static int compare_document(struct comparison *comparison, const struct event *event)
{
	const struct tfs_doc *doc = event->gone ? NULL : event->doc;
	cleanup_free char *path = path_in(comparison->list, event->doc->name);
	struct sight sight;
	enum seen seen;
	int r;

	if (path == NULL)
		return fail_memory(comparison->error);
	sight = sight_of(path, doc);
	r = record_look(comparison->recorder, &sight, &seen, comparison->error);
	/* As recorded; but what was seen of it before may wait to be recorded. */
	if (r < 0 || (seen == SEEN_SAME && !is_marked(comparison, event->doc->name)))
		return r;
	mark_name(comparison, event->doc->name);
	if (seen == SEEN_NEW && !comparison->list->listed)
		return baseline_add(comparison->recorder, &sight, &comparison->baseline, comparison->error);
	return add_found(comparison, &path, doc, seen);
}

static int compare_name(const void *name, const void *doc)
{
	return strcmp(name, (*(const struct tfs_doc *const *)doc)->name);
}

/* A recorded name that the listing did not have. */
static int check_name(void *context, const char *file, const git_tree_entry *entry)
{
	struct comparison *comparison = context;
	const struct snapshot *snapshot = comparison->snapshot;
	size_t len = strlen(file), tail = strlen(comparison->list->suffix);
	cleanup_free char *name = NULL, *path = NULL;

	if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB || len <= tail ||
	    strcmp(file + len - tail, comparison->list->suffix) != 0)
		return 0;
	name = strndup(file, len - tail);
	path = name != NULL ? path_in(comparison->list, name) : NULL;
	if (path == NULL)
		return fail_memory(comparison->error);
	for (size_t i = 0; i < snapshot->n_made; i++)
		if (strcmp(snapshot->made[i], path) == 0)
			return 0;
	if (bsearch(name, snapshot->docs, snapshot->count, sizeof(struct tfs_doc *), compare_name) != NULL)
		return 0;
	return add_found(comparison, &path, NULL, SEEN_GONE);
}

/* All that is in the directory is known now: what is recorded and not among it is gone. */
static int compare_listing(struct comparison *comparison, const struct snapshot *snapshot)
{
	const git_oid *tree = batch_tree(comparison->recorder->batch);
	int r = GIT_ENOTFOUND;

	comparison->snapshot = snapshot;
	if (tree != NULL && comparison->list->suffix != NULL)
		r = names_each(batch_repo(comparison->recorder->batch), tree, comparison->list->key, check_name,
			       comparison);
	if (r < 0 && r != GIT_ENOTFOUND)
		return comparison->error->code != 0 ? r : repo_fail(comparison->error, r, comparison->list->key);
	return 0;
}

static int commit_found(struct comparison *comparison)
{
	int r = baseline_commit(comparison->recorder, comparison->list->key, &comparison->baseline,
				comparison->error);

	for (size_t i = 0; i < comparison->n_found && r == 0; i++) {
		const struct found *found = &comparison->found[i];
		struct sight sight = sight_of(found->path, found->doc);
		enum seen seen;

		/* Seen twice meanwhile: the first has been committed. */
		r = record_look(comparison->recorder, &sight, &seen, comparison->error);
		if (r == 0 && seen != SEEN_SAME)
			r = record_drift(comparison->recorder, &sight, seen, comparison->error);
	}
	return r;
}

static int compare_places(const void *a, const void *b)
{
	const struct event *left = a, *right = b;

	if (left->place != right->place)
		return left->place < right->place ? -1 : 1;
	return (left->order > right->order) - (left->order < right->order);
}

/*
 * Documents of a wide directory in the order of its small ones, the events of one document as they came: so each small
 * directory is written once and forgotten, instead of all of them with each section.
 */
static void order_documents(struct event *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		events[i].place = (uint16_t)layout_place(events[i].doc->name);
		events[i].order = (uint32_t)i;
	}
	qsort(events, count, sizeof(*events), compare_places);
}

/* A listing says what there was when it was made: no document gets past one. */
static void order_list(struct event *events, size_t count)
{
	size_t from = 0;

	for (size_t i = 0; i <= count; i++) {
		if (i < count && events[i].snapshot == NULL)
			continue;
		order_documents(events + from, i - from);
		from = i + 1;
	}
}

static size_t count_of_list(const struct event *events, size_t count)
{
	size_t n = 1;

	while (n < count && events[n].list == events[0].list)
		n++;
	return n;
}

/* The events of one list, from the first on. Returns how many. */
static int compare_list(struct recorder *recorder, struct event *events, size_t count, size_t *ret_done,
			struct tfs_error *error)
{
	struct comparison comparison = { .recorder = recorder, .list = events[0].list, .error = error };
	bool listed = false;
	int r = 0;

	count = count_of_list(events, count);
	if (layout_is_wide(comparison.list->key))
		order_list(events, count);
	for (size_t i = 0; i < count && r == 0; i++) {
		if (events[i].snapshot == NULL)
			r = compare_document(&comparison, &events[i]);
		else
			r = compare_listing(&comparison, events[i].snapshot);
		listed = listed || events[i].snapshot != NULL;
	}
	if (r == 0)
		r = commit_found(&comparison);
	if (r == 0 && listed && !comparison.list->dropped)
		comparison.list->listed = true;
	for (size_t i = 0; i < comparison.n_found; i++)
		free(comparison.found[i].path);
	free(comparison.found);
	baseline_finish(&comparison.baseline);
	*ret_done = count;
	return r;
}

int events_record(struct recorder *recorder, struct events *events, struct tfs_error *error)
{
	size_t done;
	int r = 0;

	for (size_t i = 0; i < events->count && r == 0; i += done)
		r = compare_list(recorder, events->all + i, events->count - i, &done, error);
	return r;
}
