/* Seen documents on their way to the record: kept as the cache's own counted versions, compared by the worker. */
#include "seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Whether a segment of a path is one the template's stands for: "alice.d" for "{user}.d". */
static bool segment_fits(const char *template, size_t template_len, const char *segment, size_t len)
{
	const char *open = memchr(template, '{', template_len), *close = memchr(template, '}', template_len);
	size_t head, tail;

	if (open == NULL || close == NULL)
		return template_len == len && memcmp(template, segment, len) == 0;
	head = (size_t)(open - template);
	tail = template_len - (size_t)(close + 1 - template);
	return len > head + tail && memcmp(template, segment, head) == 0 &&
	       memcmp(close + 1, segment + len - tail, tail) == 0;
}

static bool path_fits(const char *template, size_t template_len, const char *path)
{
	const char *end = template + template_len;

	for (;;) {
		const char *slash = memchr(template, '/', (size_t)(end - template));
		size_t want = (size_t)((slash != NULL ? slash : end) - template), have = strcspn(path, "/");

		if (!segment_fits(template, want, path, have) || (slash == NULL) != (path[have] == '\0'))
			return false;
		if (slash == NULL)
			return true;
		template = slash + 1;
		path += have + 1;
	}
}

static bool is_recorded(const struct tfs_kind *kind)
{
	return kind->n_create + kind->n_change + kind->n_remove > 0;
}

struct seen_list *seen_list_new(const char *key)
{
	struct seen_list *list = calloc(1, sizeof(*list) + strlen(key) + 1);

	if (list == NULL)
		return NULL;
	memcpy(list->key, key, strlen(key) + 1);
	for (size_t i = 0; i < tfs_n_kinds; i++) {
		const struct tfs_kind *kind = &tfs_kinds[i];
		const char *name = kind->shape == TFS_SHAPE_SET ? strstr(kind->path, "/{name}") : NULL;
		size_t len = name != NULL ? (size_t)(name - kind->path) : strlen(kind->path);

		if ((kind->shape == TFS_SHAPE_SET && name == NULL) || !is_recorded(kind) ||
		    !path_fits(kind->path, len, key))
			continue;
		list->kind = kind;
		list->suffix = name != NULL ? name + strlen("/{name}") : NULL;
		break;
	}
	return list;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	tfs_docs_free(snapshot->docs, snapshot->count);
	for (size_t i = 0; i < snapshot->n_made; i++)
		free(snapshot->made[i]);
	free(snapshot->made);
	free(snapshot);
}

static void event_finish(struct event *event)
{
	tfs_doc_unref(event->doc);
	snapshot_free(event->snapshot);
	*event = (struct event){ 0 };
}

static int make_room(struct events *events, size_t more)
{
	size_t room = events->room > 0 ? events->room : 64;
	struct event *all;

	while (room < events->count + more)
		room *= 2;
	if (room == events->room)
		return 0;
	all = reallocarray(events->all, room, sizeof(*all));
	if (all == NULL)
		return -ENOMEM;
	events->all = all;
	events->room = room;
	return 0;
}

int events_add(struct events *events, const struct event *event)
{
	struct event copy = *event;
	int r = make_room(events, 1);

	if (r < 0)
		event_finish(&copy);
	else
		events->all[events->count++] = copy;
	return r;
}

int events_move(struct events *to, struct events *from)
{
	int r;

	if (to->count == 0) {
		free(to->all);
		*to = *from;
		*from = (struct events){ 0 };
		return 0;
	}
	r = make_room(to, from->count);
	if (r < 0)
		return r;
	memcpy(to->all + to->count, from->all, from->count * sizeof(*to->all));
	to->count += from->count;
	free(from->all);
	*from = (struct events){ 0 };
	return 0;
}

void events_finish(struct events *events)
{
	for (size_t i = 0; i < events->count; i++)
		event_finish(&events->all[i]);
	free(events->all);
	*events = (struct events){ 0 };
}

size_t events_documents(const struct events *events)
{
	size_t count = 0;

	for (size_t i = 0; i < events->count; i++)
		count += events->all[i].snapshot != NULL ? events->all[i].snapshot->count : 1;
	return count;
}

void events_drop(struct events *events)
{
	for (size_t i = 0; i < events->count; i++)
		events->all[i].list->dropped = true;
	events_finish(events);
}

static bool is_at(const struct event *event, const char *path)
{
	size_t key = strlen(event->list->key), name;

	if (strncmp(path, event->list->key, key) != 0)
		return false;
	if (event->list->suffix == NULL)
		return path[key] == '\0';
	name = strlen(event->doc->name);
	return path[key] == '/' && strncmp(path + key + 1, event->doc->name, name) == 0 &&
	       strcmp(path + key + 1 + name, event->list->suffix) == 0;
}

/* The version it was changed from, or that it was gone before it was made. */
static bool is_outdated(const struct event *event, const struct tfs_change *change)
{
	if (event->doc == NULL)
		return false;
	if (event->gone)
		return change->after != NULL &&
		       is_at(event, change->new_path != NULL ? change->new_path : change->path);
	return change->before != NULL && is_at(event, change->path) &&
	       text_same(event->doc->data, event->doc->len, change->before, strlen(change->before));
}

/* A listing made before a document was does not say that it is gone. */
static int note_made(struct event *event, const char *path)
{
	struct snapshot *snapshot = event->snapshot;
	size_t key = strlen(event->list->key);
	char **made;

	if (strncmp(path, event->list->key, key) != 0 || path[key] != '/')
		return 0;
	made = reallocarray(snapshot->made, snapshot->n_made + 1, sizeof(*made));
	if (made == NULL)
		return -ENOMEM;
	snapshot->made = made;
	made[snapshot->n_made] = strdup(path);
	if (made[snapshot->n_made] == NULL)
		return -ENOMEM;
	snapshot->n_made++;
	return 0;
}

int events_forget(struct events *events, const struct tfs_change *change)
{
	size_t kept = 0;
	int r = 0;

	if (change->path == NULL || change->type == TFS_CHANGE_CALL)
		return 0;
	for (size_t i = 0; i < events->count; i++) {
		struct event *event = &events->all[i];
		bool since = event->after >= change->seq;

		if (!since && is_outdated(event, change)) {
			event_finish(event);
			continue;
		}
		if (!since && event->snapshot != NULL && change->after != NULL && r == 0)
			r = note_made(event, change->new_path != NULL ? change->new_path : change->path);
		events->all[kept++] = *event;
	}
	events->count = kept;
	return r;
}
