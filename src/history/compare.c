/*
 * Compares observations with the recorded state, list by list: first commits new documents, then changes by
 * others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "tree-entries.h"
#include "observations.h"

/* A change by others, kept until the new documents of the same list are committed. */
struct found_change {
	const struct tfs_doc *doc; /* NULL: deleted */
	char *path;
	enum observed_state state;
};

enum { MARKS = 1 << 16, WORD = 64 };

struct list_comparison {
	struct recorder *recorder;
	struct observed_list *list;
	struct baseline baseline;
	struct found_change *found;
	size_t n_found;
	struct tfs_error *error;
	const struct snapshot *snapshot; /* which has every name in the directory */
	/* A bit per hash of a name in `found`. A collision costs one more comparison. */
	uint64_t marks[MARKS / WORD];
};

static int add_found(struct list_comparison *comparison, char **path, const struct tfs_doc *doc,
		     enum observed_state state)
{
	struct found_change *found = reallocarray(comparison->found, comparison->n_found + 1, sizeof(*found));

	if (!found)
		return tfs_error_set_memory(comparison->error);
	comparison->found = found;
	found[comparison->n_found++] = (struct found_change){ doc, steal_pointer(path), state };
	return 0;
}

static struct observed_doc observe_doc(const char *path, const struct tfs_doc *doc)
{
	return (struct observed_doc){
		.path = path,
		.text = doc ? doc->data : NULL,
		.len = doc ? doc->len : 0,
		.time = doc ? doc->mtime.tv_sec : 0,
	};
}

static char *path_in(const struct observed_list *list, const char *name)
{
	char *path;

	if (!list->suffix)
		return strdup(list->key);
	return asprintf(&path, "%s/%s%s", list->key, name, list->suffix) < 0 ? NULL : path;
}

static bool is_marked(const struct list_comparison *comparison, const char *name)
{
	uint64_t mark = tfs_hash(name, strlen(name)) % MARKS;

	return (comparison->marks[mark / WORD] >> mark % WORD & 1) != 0;
}

static void mark_name(struct list_comparison *comparison, const char *name)
{
	uint64_t mark = tfs_hash(name, strlen(name)) % MARKS;

	comparison->marks[mark / WORD] |= (uint64_t)1 << mark % WORD;
}

static int compare_document(struct list_comparison *comparison, const struct observation *observation)
{
	const struct tfs_doc *doc = observation->gone ? NULL : observation->doc;
	cleanup_free char *path = path_in(comparison->list, observation->doc->name);
	struct observed_doc observed;
	enum observed_state state;
	int r;

	if (!path)
		return tfs_error_set_memory(comparison->error);
	observed = observe_doc(path, doc);
	r = history_record_compare(comparison->recorder, &observed, &state, comparison->error);
	/* Same as recorded, unless an earlier observation of it is still to be recorded. */
	if (r < 0 || (state == OBSERVED_SAME && !is_marked(comparison, observation->doc->name)))
		return r;
	mark_name(comparison, observation->doc->name);
	if (state == OBSERVED_NEW && (!comparison->list->listed || observation->known))
		return history_baseline_add(comparison->recorder, &observed, &comparison->baseline, comparison->error);
	return add_found(comparison, &path, doc, state);
}

static int compare_name(const void *name, const void *doc)
{
	return strcmp(name, (*(const struct tfs_doc *const *)doc)->name);
}

/* A recorded name that the listing did not have. */
static int check_name(void *context, const char *file, const git_tree_entry *entry)
{
	struct list_comparison *comparison = context;
	const struct snapshot *snapshot = comparison->snapshot;
	size_t len = strlen(file), tail = strlen(comparison->list->suffix);
	cleanup_free char *name = NULL, *path = NULL;

	if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB || len <= tail ||
	    strcmp(file + len - tail, comparison->list->suffix) != 0)
		return 0;
	name = strndup(file, len - tail);
	path = name ? path_in(comparison->list, name) : NULL;
	if (!path)
		return tfs_error_set_memory(comparison->error);
	for (size_t i = 0; i < snapshot->n_made; i++)
		if (strcmp(snapshot->made[i], path) == 0)
			return 0;
	if (bsearch(name, snapshot->docs, snapshot->count, sizeof(struct tfs_doc *), compare_name))
		return 0;
	return add_found(comparison, &path, NULL, OBSERVED_GONE);
}

/* Documents that are recorded and missing in the complete listing were deleted. */
static int compare_listing(struct list_comparison *comparison, const struct snapshot *snapshot)
{
	const git_oid *tree = history_batch_tree(comparison->recorder->batch);
	int r = GIT_ENOTFOUND;

	comparison->snapshot = snapshot;
	if (tree && comparison->list->suffix)
		r = history_tree_entries_each(history_batch_repo(comparison->recorder->batch), tree,
					      comparison->list->key, check_name, comparison);
	if (r < 0 && r != GIT_ENOTFOUND)
		return comparison->error->code != 0 ? r
						    : history_repo_fail(comparison->error, r, comparison->list->key);
	return 0;
}

static int commit_found(struct list_comparison *comparison)
{
	int r = history_baseline_commit(comparison->recorder, comparison->list->key, &comparison->baseline,
					comparison->error);

	for (size_t i = 0; i < comparison->n_found && r == 0; i++) {
		const struct found_change *found = &comparison->found[i];
		struct observed_doc observed = observe_doc(found->path, found->doc);
		enum observed_state state;

		/* Compare again: an earlier observation of the document may have been committed. */
		r = history_record_compare(comparison->recorder, &observed, &state, comparison->error);
		if (r == 0 && state != OBSERVED_SAME)
			r = history_record_drift(comparison->recorder, &observed, state, comparison->error);
	}
	return r;
}

static int compare_places(const void *a, const void *b)
{
	const struct observation *left = a, *right = b;

	if (left->place != right->place)
		return left->place < right->place ? -1 : 1;
	return (left->order > right->order) - (left->order < right->order);
}

/*
 * Sorts documents of a wide directory by their small directory, keeping the order of observations of one
 * document: each small directory is then written once, not with each section.
 */
static void order_documents(struct observation *observations, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		observations[i].place = (uint16_t)history_layout_place(observations[i].doc->name);
		observations[i].order = (uint32_t)i;
	}
	qsort(observations, count, sizeof(*observations), compare_places);
}

/* Documents are sorted between listings, never across one: a listing describes one moment. */
static void order_list(struct observation *observations, size_t count)
{
	size_t from = 0;

	for (size_t i = 0; i <= count; i++) {
		if (i < count && !observations[i].snapshot)
			continue;
		order_documents(observations + from, i - from);
		from = i + 1;
	}
}

static size_t count_of_list(const struct observation *observations, size_t count)
{
	size_t n = 1;

	while (n < count && observations[n].list == observations[0].list)
		n++;
	return n;
}

/* Compares the leading observations of one list. Sets `*ret_done` to their number. */
static int compare_list(struct recorder *recorder, struct observation *observations, size_t count, size_t *ret_done,
			struct tfs_error *error)
{
	struct list_comparison comparison = { .recorder = recorder, .list = observations[0].list, .error = error };
	bool listed = false;
	int r = 0;

	count = count_of_list(observations, count);
	if (history_layout_is_wide(comparison.list->key))
		order_list(observations, count);
	for (size_t i = 0; i < count && r == 0; i++) {
		if (!observations[i].snapshot)
			r = compare_document(&comparison, &observations[i]);
		else
			r = compare_listing(&comparison, observations[i].snapshot);
		listed = listed || observations[i].snapshot;
	}
	if (r == 0)
		r = commit_found(&comparison);
	if (r == 0 && listed && !comparison.list->dropped)
		comparison.list->listed = true;
	for (size_t i = 0; i < comparison.n_found; i++)
		free(comparison.found[i].path);
	free(comparison.found);
	history_baseline_finish(&comparison.baseline);
	*ret_done = count;
	return r;
}

int history_observations_record(struct recorder *recorder, struct observations *observations, struct tfs_error *error)
{
	size_t done;
	int r = 0;

	for (size_t i = 0; i < observations->count && r == 0; i += done)
		r = compare_list(recorder, observations->all + i, observations->count - i, &done, error);
	return r;
}
