/* Kinds by their names and paths. By itself, so that a test can put kinds of its own in their place. */
#include <stdlib.h>
#include <string.h>

#include "tenantfs/catalogue.h"

static int compare_kind(const void *key, const void *kind)
{
	return strcmp(key, ((const struct tfs_kind *)kind)->name);
}

const struct tfs_kind *tfs_kind_find(const char *name)
{
	return bsearch(name, tfs_kinds, tfs_n_kinds, sizeof(*tfs_kinds), compare_kind);
}

enum { BOUND_MOST = 8, PATH_BYTES = 4096 };

/* What a path has for a word of a kind's path: for "{user}.d" and "alice.d" it is "alice". */
struct bound {
	const char *word, *value;
	size_t word_len, value_len;
};

struct bindings {
	struct bound all[BOUND_MOST];
	size_t count;
};

static bool bind_segment(const char *form, size_t form_len, const char *text, size_t len, struct bindings *into)
{
	const char *close = form[0] == '{' ? memchr(form, '}', form_len) : NULL;
	size_t tail;

	if (close == NULL)
		return form_len == len && memcmp(form, text, len) == 0;
	tail = form_len - (size_t)(close + 1 - form);
	if (len <= tail || memcmp(close + 1, text + len - tail, tail) != 0 || into->count == BOUND_MOST)
		return false;
	into->all[into->count++] = (struct bound){ form + 1, text, (size_t)(close - form - 1), len - tail };
	return true;
}

static bool bind_path(const char *form, const char *path, struct bindings *into)
{
	into->count = 0;
	for (;;) {
		size_t form_len = strcspn(form, "/"), len = strcspn(path, "/");

		if (!bind_segment(form, form_len, path, len, into))
			return false;
		if (form[form_len] == '\0' || path[len] == '\0')
			return form[form_len] == path[len];
		form += form_len + 1;
		path += len + 1;
	}
}

/* Bytes of a kind's path up to the directories of another kind's objects; 0: it does not run through them. */
static size_t length_through(const struct tfs_kind *kind, const struct tfs_kind *object)
{
	size_t len = strlen(object->name);

	for (const char *at = strchr(kind->path, '{'); at != NULL; at = strchr(at + 1, '{'))
		if (strncmp(at + 1, object->name, len) == 0 && at[1 + len] == '}')
			return (size_t)(at - kind->path) + strcspn(at, "/");
	return 0;
}

/* `object` is what "{name}" stands for in the path that was bound. */
static bool fill_in(const char *form, size_t len, const struct bindings *bindings, const struct tfs_kind *object,
		    char *out)
{
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		const char *close = form[i] == '{' ? memchr(form + i, '}', len - i) : NULL;
		const struct bound *found = NULL;

		if (close == NULL) {
			out[at++] = form[i];
			continue;
		}
		for (size_t k = 0; k < bindings->count && found == NULL; k++) {
			const struct bound *bound = &bindings->all[k];
			bool own = bound->word_len == 4 && memcmp(bound->word, "name", 4) == 0;
			const char *word = own ? object->name : bound->word;
			size_t word_len = own ? strlen(word) : bound->word_len;

			if (word_len == (size_t)(close - form) - i - 1 && memcmp(word, form + i + 1, word_len) == 0)
				found = bound;
		}
		if (found == NULL || at + found->value_len + len >= PATH_BYTES)
			return false;
		memcpy(out + at, found->value, found->value_len);
		at += found->value_len;
		i = (size_t)(close - form);
	}
	out[at] = '\0';
	return true;
}

static bool is_told(const struct tfs_kind *object, size_t before, const char *form, size_t len)
{
	for (size_t i = 0; i < before; i++)
		if (length_through(&tfs_kinds[i], object) == len && memcmp(tfs_kinds[i].path, form, len) == 0)
			return true;
	return false;
}

int tfs_kind_below(const char *path, tfs_kind_directory each, void *context)
{
	const struct tfs_kind *object = NULL;
	struct bindings bindings = { .count = 0 };
	int r = 0;

	for (size_t i = 0; i < tfs_n_kinds && object == NULL; i++)
		if (tfs_kinds[i].shape == TFS_SHAPE_SET && bind_path(tfs_kinds[i].path, path, &bindings))
			object = &tfs_kinds[i];
	for (size_t i = 0; i < tfs_n_kinds && object != NULL && r == 0; i++) {
		const char *form = tfs_kinds[i].path;
		size_t len = length_through(&tfs_kinds[i], object);
		char directory[PATH_BYTES];

		if (len > 0 && !is_told(object, i, form, len) && fill_in(form, len, &bindings, object, directory))
			r = each(context, directory);
	}
	return r;
}
