/*
 * Path templates: "communities/{community}/users/{auth-module}/{name}.json". A segment is a text, or an object in
 * braces with a text behind it. {KIND} is an object of another kind, {name} the object itself.
 */
#ifndef TENANTFS_PATH_H
#define TENANTFS_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "tenantfs/buf.h"

enum { TFS_PATH_OBJECTS_MAX = 8 };

struct tfs_path_segment {
	const char *object; /* inside the braces; NULL: none */
	size_t object_len;
	const char *text; /* behind the braces, or the whole segment */
	size_t text_len;
	size_t len; /* of the segment */
	bool last;  /* nothing follows, not even a slash */
};

/* An object of a template and its value in a path: "user" and "alice" for "{user}.d" and "alice.d". */
struct tfs_path_binding {
	const char *object, *value;
	size_t object_len, value_len;
};
struct tfs_path_bindings {
	struct tfs_path_binding all[TFS_PATH_OBJECTS_MAX];
	size_t count;
};

/* The first segment of the template's `len` bytes. */
struct tfs_path_segment tfs_path_segment(const char *template, size_t len);
/* Whether the path matches the template's first `len` bytes. The bindings point into both; NULL: not wanted. */
bool tfs_path_match(const char *template, size_t len, const char *path, struct tfs_path_bindings *ret);
/* NULL: not bound. */
const struct tfs_path_binding *tfs_path_bound(const struct tfs_path_bindings *bindings, const char *object, size_t len);

/* Adds the value of an object to `out`; a negative errno ends the filling. */
typedef int (*tfs_path_value)(void *context, const char *object, size_t len, struct tfs_buf *out);
/* The template's first `len` bytes with each object replaced by its value. */
int tfs_path_fill(const char *template, size_t len, tfs_path_value value, void *context, struct tfs_buf *out);

/* Bytes of the template up to the end of the segment with that object; 0: the path does not run through one. */
size_t tfs_path_through(const char *template, const char *object);
/* Bytes of the template up to the directory that holds {name}; all of a template without {name}. */
size_t tfs_path_directory(const char *template);
/* The text behind {name}; NULL: the template has no {name}. */
const char *tfs_path_ending(const char *template);

/* Whether `path` is `above` or below it; "" is above everything. */
bool tfs_path_is_below(const char *path, const char *above);

#endif
