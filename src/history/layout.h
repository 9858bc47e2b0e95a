/* Where a path of the mount stands in the repository: wide directories are spread over smaller ones. */
#ifndef TENANTFS_HISTORY_LAYOUT_H
#define TENANTFS_HISTORY_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

enum { LAYOUT_LEVELS = 3 };

/*
 * communities/default/users/Staff/alice.json is kept as communities/default/users/Staff/2/b/d/alice.json: the first
 * hex digits of the SHA-256 of "alice". Other paths are kept as they are. Yours; NULL: out of memory.
 */
char *layout_to_git(const char *path);
/* And back. */
char *layout_from_git(const char *git_path);
/* Whether the entries of this directory of the mount are spread. */
bool layout_is_wide(const char *directory);
/* Which of its small directories a name stands in, counted in their order. */
unsigned layout_place(const char *name);

#endif
