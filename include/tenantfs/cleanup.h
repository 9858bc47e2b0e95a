/* Scope-bound release, one macro per kind of handle. */
#ifndef TENANTFS_CLEANUP_H
#define TENANTFS_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define TFS_CLEANUP(fn) __attribute__((cleanup(fn)))

/* Defines tfs_cleanup_NAME for a variable of type TYPE released by FN, which must take NULL. */
#define TFS_DEFINE_CLEANUP(name, type, fn)                                     \
	static inline __attribute__((unused)) void tfs_cleanup_##name(type *p) \
	{                                                                      \
		if (*p)                                                        \
			fn(*p);                                                \
	}

static inline void tfs_cleanup_free_ptr(void *p)
{
	free(*(void **)p);
}
#define cleanup_free TFS_CLEANUP(tfs_cleanup_free_ptr)

static inline void tfs_cleanup_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define cleanup_close TFS_CLEANUP(tfs_cleanup_close_fd)

/* Returns `*p` and sets it to NULL, so that its scope no longer releases it. */
#define steal_pointer(p)                         \
	({                                       \
		__typeof__(*(p)) stolen_ = *(p); \
		*(p) = NULL;                     \
		stolen_;                         \
	})

#endif
