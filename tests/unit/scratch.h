/* Folders for files of a test, below TMPDIR, where a run finds leftovers. */
#ifndef TENANTFS_TEST_SCRATCH_H
#define TENANTFS_TEST_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

/* A template for mkdtemp and mkstemp. */
static inline void scratch_name(char *out, size_t room)
{
	const char *above = getenv("TMPDIR");

	snprintf(out, room, "%s/test-XXXXXX", above && above[0] == '/' ? above : "/tmp");
}

static inline int scratch_remove_one(const char *path, const struct stat *stat, int type, struct FTW *place)
{
	(void)stat;
	(void)type;
	(void)place;
	return remove(path);
}

/* With all that is in it. */
static inline int scratch_remove(const char *folder)
{
	return nftw(folder, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
