/* The drafts of a tenant: a table in memory and one file for each. */
#include "tenantfs/drafts.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draft-file.h"
#include "tenantfs/file.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"

/* The lock protects all members except `dir`. No thread waits while it holds the lock. */
struct tfs_drafts {
	struct tfs_mutex lock;
	char *dir;              /* NULL: in memory only */
	struct tfs_draft **all; /* sorted by number */
	size_t count, room, bytes;
	uint64_t last;
};

static size_t cost(const struct tfs_draft *draft)
{
	return draft->len + (draft->base ? strlen(draft->base) : 0);
}

/* Takes over the reference, on failure too. */
static int add(struct tfs_drafts *drafts, struct tfs_draft *draft) TFS_HOLDS(drafts->lock)
{
	if (drafts->count == drafts->room) {
		size_t room = drafts->room != 0 ? 2 * drafts->room : 16;
		struct tfs_draft **all = reallocarray(drafts->all, room, sizeof(struct tfs_draft *));

		if (!all) {
			tfs_draft_unref(draft);
			return -ENOMEM;
		}
		drafts->all = all;
		drafts->room = room;
	}
	drafts->all[drafts->count++] = draft;
	drafts->bytes += cost(draft);
	if (draft->number > drafts->last)
		drafts->last = draft->number;
	return 0;
}

/* Removes a draft; its reference passes to the caller. */
static struct tfs_draft *take_out(struct tfs_drafts *drafts, size_t at) TFS_HOLDS(drafts->lock)
{
	struct tfs_draft *draft = drafts->all[at];

	assert(at < drafts->count && drafts->bytes >= cost(draft));
	drafts->count--;
	memmove(drafts->all + at, drafts->all + at + 1, (drafts->count - at) * sizeof(struct tfs_draft *));
	drafts->bytes -= cost(draft);
	return draft;
}

static int by_number(const void *a, const void *b)
{
	const struct tfs_draft *const *one = a, *const *other = b;

	return (*one)->number < (*other)->number ? -1 : (*one)->number > (*other)->number;
}

/* The index of the draft; `count`: none. */
static size_t find_name(const struct tfs_drafts *drafts, const char *name) TFS_HOLDS(drafts->lock)
{
	size_t at = 0;

	while (at < drafts->count && strcmp(drafts->all[at]->name, name) != 0)
		at++;
	return at;
}

static void remove_file(const struct tfs_drafts *drafts, uint64_t number)
{
	cleanup_free char *path = drafts->dir && number != 0 ? journal_draft_path(drafts->dir, number) : NULL;

	if (path)
		unlink(path);
}

/*
 * A replacement is written before the old file is removed, so a crash may leave two files with one name. The
 * later one wins. The earlier file is removed now; otherwise it would reappear after the later one is
 * dropped.
 */
static int add_loaded(struct tfs_drafts *drafts, struct tfs_draft *draft) TFS_HOLDS(drafts->lock)
{
	size_t at = find_name(drafts, draft->name);
	bool later = at < drafts->count && drafts->all[at]->number < draft->number;
	struct tfs_draft *old cleanup_draft = NULL;

	if (at < drafts->count && !later)
		old = draft;
	else if (later)
		old = take_out(drafts, at);
	if (old)
		remove_file(drafts, old->number);
	return old == draft ? 0 : add(drafts, draft);
}

static int load(struct tfs_drafts *drafts, struct tfs_error *error) TFS_HOLDS(drafts->lock)
{
	const struct dirent *found;
	DIR *dir = opendir(drafts->dir);
	int r = 0;

	if (!dir)
		return tfs_error_set(error, -errno, "draft", "cannot read %s: %s", drafts->dir, strerrordesc_np(errno));
	while (r == 0 && (found = readdir(dir))) {
		uint64_t number = journal_draft_number(found->d_name);
		struct tfs_draft *draft;

		if (number == 0)
			continue;
		if (number > drafts->last)
			drafts->last = number;
		r = journal_draft_read(drafts->dir, number, &draft);
		if (r == 0)
			r = add_loaded(drafts, draft);
		else if (r != -ENOMEM)
			tfs_log(TFS_LOG_WARNING, 0, "%s/%s is not a draft; ignored", drafts->dir, found->d_name);
		if (r != -ENOMEM)
			r = 0;
	}
	closedir(dir);
	if (drafts->count > 1)
		qsort(drafts->all, drafts->count, sizeof(struct tfs_draft *), by_number);
	return r < 0 ? tfs_error_set_memory(error) : 0;
}

int tfs_drafts_open(const char *dir, struct tfs_drafts **ret, struct tfs_error *error)
{
	struct tfs_drafts *drafts = calloc(1, sizeof(*drafts));
	int r = 0;

	if (!drafts || tfs_mutex_init(&drafts->lock) < 0) {
		free(drafts);
		return tfs_error_set_memory(error);
	}
	if (dir) {
		drafts->dir = strdup(dir);
		r = !drafts->dir ? tfs_error_set_memory(error) : tfs_file_make_private_dir(dir, error);
		tfs_mutex_lock(&drafts->lock);
		if (r == 0)
			r = load(drafts, error);
		tfs_mutex_unlock(&drafts->lock);
	}
	if (r < 0) {
		tfs_drafts_close(drafts);
		return r;
	}
	*ret = drafts;
	return 0;
}

void tfs_drafts_close(struct tfs_drafts *drafts)
{
	if (!drafts)
		return;
	tfs_drafts_write(drafts);
	for (size_t i = 0; i < drafts->count; i++)
		tfs_draft_unref(drafts->all[i]);
	tfs_mutex_destroy(&drafts->lock);
	free(drafts->all);
	free(drafts->dir);
	free(drafts);
}

/* Whether `draft` replaces `old`: same user and path, and the same process or the same text. */
static bool replaces(const struct tfs_draft *draft, const struct tfs_draft *old)
{
	if (draft->uid != old->uid || strcmp(draft->path, old->path) != 0)
		return false;
	if (draft->pid != 0 && draft->pid == old->pid)
		return true;
	return draft->len == old->len && memcmp(draft->text, old->text, old->len) == 0;
}

/* `path`, or the first unused of "path.2", "path.3" … Caller frees. */
static char *unused_name(const struct tfs_drafts *drafts, const char *path) TFS_HOLDS(drafts->lock)
{
	char *name = strdup(path);

	for (unsigned i = 2; name && find_name(drafts, name) < drafts->count; i++) {
		free(name);
		if (asprintf(&name, "%s.%u", path, i) < 0)
			return NULL;
	}
	return name;
}

static int put_locked(struct tfs_drafts *drafts, const struct tfs_draft *draft, char **ret_name) TFS_HOLDS(drafts->lock)
{
	struct tfs_draft *copy, *old;
	size_t at = 0;
	char *name;

	while (at < drafts->count && !replaces(draft, drafts->all[at]))
		at++;
	if (at == drafts->count && (drafts->count >= TFS_DRAFTS_MAX || drafts->bytes + cost(draft) > TFS_DRAFTS_BYTES))
		return -ENOSPC;
	name = at < drafts->count ? strdup(drafts->all[at]->name) : unused_name(drafts, draft->path);
	if (ret_name)
		*ret_name = name ? strdup(name) : NULL;
	copy = journal_draft_copy(draft, name, drafts->last + 1);
	if (!copy || (ret_name && !*ret_name)) {
		tfs_draft_unref(copy);
		return -ENOMEM;
	}
	if (at < drafts->count) {
		/* tfs_drafts_write removes the old file after it has written the new one. */
		old = take_out(drafts, at);
		copy->replaces = atomic_load(&old->on_disk) ? old->number : old->replaces;
		tfs_draft_unref(old);
	}
	return add(drafts, copy);
}

int tfs_drafts_put(struct tfs_drafts *drafts, const struct tfs_draft *draft, char **ret_name)
{
	int r;

	tfs_mutex_lock(&drafts->lock);
	r = put_locked(drafts, draft, ret_name);
	tfs_mutex_unlock(&drafts->lock);
	return r;
}

static struct tfs_draft *next_unwritten(struct tfs_drafts *drafts, uint64_t after)
{
	struct tfs_draft *found = NULL;

	tfs_mutex_lock(&drafts->lock);
	for (size_t i = 0; i < drafts->count && !found; i++)
		if (drafts->all[i]->number > after && !atomic_load(&drafts->all[i]->on_disk))
			found = tfs_draft_ref(drafts->all[i]);
	tfs_mutex_unlock(&drafts->lock);
	return found;
}

static bool contains(struct tfs_drafts *drafts, const struct tfs_draft *draft)
{
	bool kept = false;

	tfs_mutex_lock(&drafts->lock);
	for (size_t i = 0; i < drafts->count && !kept; i++)
		kept = drafts->all[i] == draft;
	tfs_mutex_unlock(&drafts->lock);
	return kept;
}

int tfs_drafts_write(struct tfs_drafts *drafts)
{
	uint64_t after = 0;
	int result = 0;

	while (drafts->dir) {
		struct tfs_draft *draft cleanup_draft = next_unwritten(drafts, after);
		int r;

		if (!draft)
			break;
		after = draft->number;
		r = journal_draft_write(drafts->dir, draft);
		if (r < 0) {
			result = r;
			continue;
		}
		atomic_store(&draft->on_disk, true);
		remove_file(drafts, draft->replaces);
		/* Another thread may have dropped it during the write. */
		if (!contains(drafts, draft))
			remove_file(drafts, draft->number);
	}
	return result;
}

struct tfs_draft *tfs_drafts_get(struct tfs_drafts *drafts, const char *name)
{
	struct tfs_draft *found = NULL;
	size_t at;

	tfs_mutex_lock(&drafts->lock);
	at = find_name(drafts, name);
	if (at < drafts->count)
		found = tfs_draft_ref(drafts->all[at]);
	tfs_mutex_unlock(&drafts->lock);
	return found;
}

bool tfs_drafts_drop(struct tfs_drafts *drafts, const struct tfs_draft *draft)
{
	struct tfs_draft *dropped cleanup_draft = NULL;

	tfs_mutex_lock(&drafts->lock);
	for (size_t i = 0; i < drafts->count && !dropped; i++)
		if (drafts->all[i] == draft)
			dropped = take_out(drafts, i);
	tfs_mutex_unlock(&drafts->lock);
	if (dropped) {
		remove_file(drafts, dropped->number);
		remove_file(drafts, dropped->replaces);
	}
	return dropped;
}

int tfs_drafts_list(struct tfs_drafts *drafts, struct tfs_draft ***ret, size_t *ret_count)
{
	struct tfs_draft **list;

	tfs_mutex_lock(&drafts->lock);
	list = calloc(drafts->count + 1, sizeof(struct tfs_draft *));
	for (size_t i = 0; list && i < drafts->count; i++)
		list[i] = tfs_draft_ref(drafts->all[i]);
	if (list)
		*ret_count = drafts->count;
	tfs_mutex_unlock(&drafts->lock);
	if (!list)
		return -ENOMEM;
	*ret = list;
	return 0;
}

void tfs_drafts_list_free(struct tfs_draft **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tfs_draft_unref(list[i]);
	free(list);
}

size_t tfs_drafts_count(struct tfs_drafts *drafts)
{
	size_t count;

	tfs_mutex_lock(&drafts->lock);
	count = drafts->count;
	tfs_mutex_unlock(&drafts->lock);
	return count;
}

static json_t *draft_json(const struct tfs_drafts *drafts, struct tfs_draft *draft)
{
	const char *kept = !drafts->dir || !atomic_load(&draft->on_disk) ? "memory" : "disk";
	char time[32];
	struct tm utc;

	gmtime_r(&draft->time.tv_sec, &utc);
	strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_pack("{s:o, s:o, s:s, s:I, s:I, s:b, s:s, s:o}", "name", tfs_json_string(draft->name), "path",
			 tfs_json_string(draft->path), "time", time, "uid", (json_int_t)draft->uid, "size",
			 (json_int_t)draft->len, "new", !draft->base, "kept", kept, "error",
			 tfs_error_to_json(&draft->error));
}

json_t *tfs_drafts_to_json(struct tfs_drafts *drafts)
{
	cleanup_json json_t *array = json_array();
	struct tfs_draft **list;
	size_t count;
	int r = !array ? -ENOMEM : tfs_drafts_list(drafts, &list, &count);

	if (r < 0)
		return NULL;
	for (size_t i = 0; i < count && r == 0; i++)
		r = json_array_append_new(array, draft_json(drafts, list[i]));
	tfs_drafts_list_free(list, count);
	return r == 0 ? steal_pointer(&array) : NULL;
}
