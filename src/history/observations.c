/* Observations wait here for the recorder thread. They share the cache's counted documents. */
#include "observations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "references.h"
#include "tenantfs/path.h"

enum { DOCUMENT_MAX = 64 << 20 };

static bool is_recorded(const struct tfs_kind *kind)
{
	return kind->n_create + kind->n_change + kind->n_remove > 0;
}

struct observed_list *history_observed_list_new(const char *key)
{
	struct observed_list *list = calloc(1, sizeof(*list) + strlen(key) + 1);

	if (!list)
		return NULL;
	memcpy(list->key, key, strlen(key) + 1);
	for (size_t i = 0; i < tfs_n_kinds; i++) {
		const struct tfs_kind *kind = &tfs_kinds[i];

		if (!is_recorded(kind) || !tfs_path_match(kind->path, tfs_path_directory(kind->path), key, NULL))
			continue;
		list->kind = kind;
		list->suffix = tfs_path_ending(kind->path);
		break;
	}
	return list;
}

void history_snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	tfs_docs_free(snapshot->docs, snapshot->count);
	for (size_t i = 0; i < snapshot->n_made; i++)
		free(snapshot->made[i]);
	free(snapshot->made);
	free(snapshot);
}

static void observation_finish(struct observation *observation)
{
	tfs_doc_unref(observation->doc);
	history_snapshot_free(observation->snapshot);
	*observation = (struct observation){ 0 };
}

static int make_room(struct observations *observations, size_t more)
{
	size_t room = observations->room > 0 ? observations->room : 64;
	struct observation *all;

	while (room < observations->count + more)
		room *= 2;
	if (room == observations->room)
		return 0;
	all = reallocarray(observations->all, room, sizeof(*all));
	if (!all)
		return -ENOMEM;
	observations->all = all;
	observations->room = room;
	return 0;
}

int history_observations_add(struct observations *observations, const struct observation *observation)
{
	struct observation copy = *observation;
	int r = make_room(observations, 1);

	if (r < 0)
		observation_finish(&copy);
	else
		observations->all[observations->count++] = copy;
	return r;
}

int history_observations_move(struct observations *to, struct observations *from)
{
	int r;

	if (to->count == 0) {
		free(to->all);
		*to = *from;
		*from = (struct observations){ 0 };
		return 0;
	}
	r = make_room(to, from->count);
	if (r < 0)
		return r;
	memcpy(to->all + to->count, from->all, from->count * sizeof(*to->all));
	to->count += from->count;
	free(from->all);
	*from = (struct observations){ 0 };
	return 0;
}

void history_observations_finish(struct observations *observations)
{
	for (size_t i = 0; i < observations->count; i++)
		observation_finish(&observations->all[i]);
	free(observations->all);
	*observations = (struct observations){ 0 };
}

size_t history_observations_documents(const struct observations *observations)
{
	size_t count = 0;

	for (size_t i = 0; i < observations->count; i++)
		count += observations->all[i].snapshot ? observations->all[i].snapshot->count : 1;
	return count;
}

void history_observations_drop(struct observations *observations)
{
	for (size_t i = 0; i < observations->count; i++)
		observations->all[i].list->dropped = true;
	history_observations_finish(observations);
}

static bool is_at(const struct observation *observation, const char *path)
{
	size_t key = strlen(observation->list->key), name;

	if (strncmp(path, observation->list->key, key) != 0)
		return false;
	if (!observation->list->suffix)
		return path[key] == '\0';
	name = strlen(observation->doc->name);
	return path[key] == '/' && strncmp(path + key + 1, observation->doc->name, name) == 0 &&
	       strcmp(path + key + 1 + name, observation->list->suffix) == 0;
}

/* A single document that shows the name the object had before the change gets the new one. 0 or -ENOMEM. */
static int rename_shown(struct observation *observation, const struct tfs_change *change)
{
	struct tfs_buf renamed cleanup_buf = TFS_BUF_INIT(DOCUMENT_MAX);
	struct tfs_doc *doc = observation->doc, *shown;
	int r;

	if (!change->new_path || observation->list->suffix || !doc)
		return 0;
	r = history_references_rename(change, observation->list->key, doc->data, doc->len, &renamed);
	if (r <= 0)
		return r;
	shown = tfs_doc_new(doc->name, doc->id, renamed.data, renamed.len, doc->mtime);
	if (!shown)
		return -ENOMEM;
	tfs_doc_unref(doc);
	observation->doc = shown;
	return 0;
}

/* True when the observation shows the version before `change`, or the absence before a creation. */
static bool is_outdated(const struct observation *observation, const struct tfs_change *change)
{
	if (!observation->doc)
		return false;
	if (observation->gone)
		return change->after && is_at(observation, change->new_path ? change->new_path : change->path);
	return change->before && is_at(observation, change->path) &&
	       history_text_same(observation->doc->data, observation->doc->len, change->before, strlen(change->before));
}

/* A listing from before a creation does not show that the document is gone. */
static int note_made(struct observation *observation, const char *path)
{
	struct snapshot *snapshot = observation->snapshot;
	size_t key = strlen(observation->list->key);
	char **made;

	if (strncmp(path, observation->list->key, key) != 0 || path[key] != '/')
		return 0;
	made = reallocarray(snapshot->made, snapshot->n_made + 1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	snapshot->made = made;
	made[snapshot->n_made] = strdup(path);
	if (!made[snapshot->n_made])
		return -ENOMEM;
	snapshot->n_made++;
	return 0;
}

int history_observations_forget(struct observations *observations, const struct tfs_change *change)
{
	size_t kept = 0;
	int r = 0;

	if (!change->path || change->type == TFS_CHANGE_CALL)
		return 0;
	for (size_t i = 0; i < observations->count; i++) {
		struct observation *observation = &observations->all[i];
		bool since = observation->after >= change->seq;

		if (!since && is_outdated(observation, change)) {
			observation_finish(observation);
			continue;
		}
		if (!since && r == 0)
			r = rename_shown(observation, change);
		if (!since && observation->snapshot && change->after && r == 0)
			r = note_made(observation, change->new_path ? change->new_path : change->path);
		observations->all[kept++] = *observation;
	}
	observations->count = kept;
	return r;
}
