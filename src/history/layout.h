/* Maps paths of the mount to paths of the repository: wide directories are spread over smaller ones. */
#ifndef TENANTFS_HISTORY_LAYOUT_H
#define TENANTFS_HISTORY_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

enum { LAYOUT_LEVELS = 3 };

/*
 * communities/default/users/Staff/alice.json becomes communities/default/users/Staff/2/b/d/alice.json, by the
 * first hex digits of the SHA-256 of "alice". Other paths stay the same. Caller frees; NULL: out of memory.
 */
char *history_layout_to_git(const char *path);
/* The reverse of history_layout_to_git. */
char *history_layout_from_git(const char *git_path);
/* True when the entries of this directory of the mount are spread. */
bool history_layout_is_wide(const char *directory);
/* The number of the small directory that a name is in, in their order. */
unsigned history_layout_place(const char *name);

#endif
