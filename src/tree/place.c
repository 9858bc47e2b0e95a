/* The trie of places: every kind's path template cut at its slashes. */
#include "place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "tenantfs/cleanup.h"

static const char OBJECT_SUFFIX[] = ".d";

void places_free(struct place *root)
{
	struct place *child;

	if (root == NULL)
		return;
	while ((child = root->children) != NULL) {
		root->children = child->next;
		places_free(child);
	}
	free(root->name);
	free(root);
}

static bool is_literal(enum place_type type)
{
	return type == PLACE_DIR || type == PLACE_DOC;
}

static bool stands_before(const struct place *a, const struct place *b)
{
	if (is_literal(a->type) != is_literal(b->type))
		return is_literal(a->type);
	if (is_literal(a->type))
		return strcmp(a->name, b->name) < 0;
	return strlen(a->name) > strlen(b->name);
}

static void insert_child(struct place *parent, struct place *child)
{
	struct place **at = &parent->children;
	unsigned index = 0;

	while (*at != NULL && !stands_before(child, *at))
		at = &(*at)->next;
	child->next = *at;
	child->parent = parent;
	*at = child;
	parent->n_children++;
	for (struct place *p = parent->children; p != NULL; p = p->next)
		p->index = index++;
}

/* The child of that type, name and kind, made when there is none. */
static struct place *child_for(struct place *parent, enum place_type type, const char *name,
			       const struct tfs_kind *kind)
{
	struct place *place;

	for (place = parent->children; place != NULL; place = place->next)
		if (place->type == type && place->kind == kind && strcmp(place->name, name) == 0)
			return place;
	place = calloc(1, sizeof(*place));
	if (place == NULL)
		return NULL;
	place->type = type;
	place->kind = kind;
	place->name = strdup(name);
	if (place->name == NULL) {
		free(place);
		return NULL;
	}
	insert_child(parent, place);
	return place;
}

static const struct tfs_kind *find_kind(const struct tfs_kind *kinds, size_t n_kinds, const char *name)
{
	for (size_t i = 0; i < n_kinds; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

struct segment {
	char *text;            /* what stands outside of braces */
	char *object;          /* inside; NULL: a literal name */
	bool last;
};

static void segment_finish(struct segment *segment)
{
	free(segment->text);
	free(segment->object);
}

/* "{user}.d" to object "user" and text ".d". */
static int segment_read(const char *from, size_t len, struct segment *ret)
{
	const char *close = from[0] == '{' ? memchr(from, '}', len) : NULL;
	size_t inside = close != NULL ? (size_t)(close - from) : 0;

	ret->last = from[len] == '\0';
	ret->object = close != NULL ? strndup(from + 1, inside - 1) : NULL;
	ret->text = close != NULL ? strndup(close + 1, len - inside - 1) : strndup(from, len);
	if (ret->text == NULL || (close != NULL && ret->object == NULL))
		return -ENOMEM;
	return 0;
}

static struct place *add_object(struct place *at, const struct segment *segment, const struct tfs_kind *kind,
				const struct tfs_kind *kinds, size_t n_kinds)
{
	const struct tfs_kind *object;

	if (strcmp(segment->object, "name") == 0)
		return child_for(at, segment->last ? PLACE_SET : PLACE_OBJECTS, segment->text, kind);
	if (strcmp(segment->object, "community") == 0)
		return child_for(at, PLACE_COMMUNITY, "", NULL);
	object = find_kind(kinds, n_kinds, segment->object);
	if (object == NULL || (segment->text[0] != '\0' && strcmp(segment->text, OBJECT_SUFFIX) != 0)) {
		errno = EINVAL;
		return NULL;
	}
	return child_for(at, segment->text[0] != '\0' ? PLACE_BELOW : PLACE_OBJECTS, segment->text, object);
}

/* "biometric.d": what belongs to a document at a fixed place, there when named as what belongs to an object is. */
static bool ends_object(const char *name)
{
	size_t len = strlen(name), end = sizeof(OBJECT_SUFFIX) - 1;

	return len > end && strcmp(name + len - end, OBJECT_SUFFIX) == 0;
}

static int add_kind(struct place *root, const struct tfs_kind *kind, const struct tfs_kind *kinds, size_t n_kinds)
{
	struct place *at = root;
	size_t len;

	for (const char *from = kind->path; *from != '\0'; from += len + (from[len] == '/')) {
		struct segment segment TFS_CLEANUP(segment_finish) = { 0 };

		len = strcspn(from, "/");
		errno = ENOMEM;
		if (segment_read(from, len, &segment) < 0)
			return -ENOMEM;
		if (segment.object != NULL)
			at = add_object(at, &segment, kind, kinds, n_kinds);
		else
			at = child_for(at, segment.last ? PLACE_DOC : PLACE_DIR, segment.text,
				       segment.last ? kind : NULL);
		if (at == NULL)
			return -errno;
		if (segment.last)
			at->unlisted = kind->on_demand;
		else if (at->type == PLACE_DIR)
			at->unlisted = ends_object(at->name);
	}
	return 0;
}

enum { RANK_MAX = 15 }; /* also where kinds name each other in a circle */

static unsigned kind_rank(const struct tfs_kind *kind, const struct tfs_kind *kinds, size_t n_kinds, unsigned most);

/* Of what must be there before an object called by that kind can be named. */
static unsigned rank_above(const char *name, const struct tfs_kind *kinds, size_t n_kinds, unsigned most)
{
	const struct tfs_kind *kind = find_kind(kinds, n_kinds, name);

	return kind == NULL || most == 0 ? 0 : kind_rank(kind, kinds, n_kinds, most - 1) + 1;
}

static unsigned fields_rank(const struct tfs_field *fields, size_t count, const struct tfs_kind *kinds,
			    size_t n_kinds, unsigned most)
{
	unsigned rank = 0;

	for (size_t i = 0; i < count; i++) {
		if (fields[i].reference != NULL)
			rank = MAX(rank, rank_above(fields[i].reference, kinds, n_kinds, most));
		rank = MAX(rank, fields_rank(fields[i].members, fields[i].n_members, kinds, n_kinds, most));
	}
	return rank;
}

/* Whether the kind stands below objects of the other: "{NAME}" in its path. */
static bool runs_through(const struct tfs_kind *kind, const struct tfs_kind *other)
{
	size_t len = strlen(other->name);

	if (other->shape == TFS_SHAPE_DOC)
		return false;
	for (const char *c = strchr(kind->path, '{'); c != NULL; c = strchr(c + 1, '{'))
		if (strncmp(c + 1, other->name, len) == 0 && c[len + 1] == '}')
			return true;
	return false;
}

static unsigned kind_rank(const struct tfs_kind *kind, const struct tfs_kind *kinds, size_t n_kinds, unsigned most)
{
	unsigned rank = fields_rank(kind->fields, kind->n_fields, kinds, n_kinds, most);

	for (size_t i = 0; i < n_kinds && most > 0; i++)
		if (runs_through(kind, &kinds[i]))
			rank = MAX(rank, kind_rank(&kinds[i], kinds, n_kinds, most - 1) + 1);
	for (const char *const *name = kind->after; name != NULL && *name != NULL; name++)
		rank = MAX(rank, rank_above(*name, kinds, n_kinds, most));
	return MIN(rank, RANK_MAX);
}

/* A directory comes after what any of its listed entries needs. */
static void set_ranks(struct place *place, const struct tfs_kind *kinds, size_t n_kinds)
{
	if (place_is_document(place))
		place->rank = kind_rank(place->kind, kinds, n_kinds, RANK_MAX);
	for (struct place *child = place->children; child != NULL; child = child->next) {
		set_ranks(child, kinds, n_kinds);
		if (child->type != PLACE_BELOW && !child->unlisted)
			place->rank = MAX(place->rank, child->rank);
	}
}

int places_new(const struct tfs_kind *kinds, size_t n_kinds, struct place **ret, struct tfs_error *error)
{
	struct place *root = calloc(1, sizeof(*root));
	int r;

	if (root == NULL)
		return tfs_error_set(error, -ENOMEM, "tree", "out of memory");
	root->type = PLACE_DIR;
	for (size_t i = 0; i < n_kinds; i++) {
		r = add_kind(root, &kinds[i], kinds, n_kinds);
		if (r < 0) {
			places_free(root);
			return tfs_error_set(error, r, "tree", "the path of kind \"%s\" cannot be used: %s",
					     kinds[i].name, kinds[i].path);
		}
	}
	set_ranks(root, kinds, n_kinds);
	*ret = root;
	return 0;
}

/* A document at a place of its own is remembered under its file name, without the ending. */
static char *doc_name(const struct place *place)
{
	static const char ending[] = ".json";
	size_t len = strlen(place->name), end = sizeof(ending) - 1;

	if (len > end && strcmp(place->name + len - end, ending) == 0)
		len -= end;
	return strndup(place->name, len);
}

const struct place *place_match(const struct place *parent, const struct place *after, const char *name,
				char **ret_object)
{
	size_t len = strlen(name), end;
	const struct place *place;

	for (place = after != NULL ? after->next : parent->children; place != NULL; place = place->next) {
		end = strlen(place->name);
		if (is_literal(place->type)) {
			if (strcmp(place->name, name) != 0)
				continue;
			*ret_object = place->type == PLACE_DOC ? doc_name(place) : NULL;
			return place->type == PLACE_DIR || *ret_object != NULL ? place : NULL;
		}
		if (len <= end || strcmp(name + len - end, place->name) != 0)
			continue;
		*ret_object = strndup(name, len - end);
		return *ret_object != NULL ? place : NULL;
	}
	return NULL;
}

bool place_is_document(const struct place *place)
{
	return place->type == PLACE_SET || place->type == PLACE_DOC;
}

const struct place *place_document(const struct place *directory, const char *name)
{
	const struct place *place = NULL;

	do {
		cleanup_free char *object = NULL;

		place = place_match(directory, place, name, &object);
	} while (place != NULL && !place_is_document(place));
	return place;
}

bool kind_is_view(const struct tfs_kind *kind)
{
	return kind->n_create == 0 && kind->n_change == 0 && kind->n_remove == 0;
}

const struct place *place_set(const struct place *directory)
{
	for (const struct place *place = directory->children; place != NULL; place = place->next)
		if (place->type == PLACE_SET)
			return place;
	return NULL;
}
