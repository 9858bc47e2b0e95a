/* Secret bytes: in their own pages, locked, excluded from core dumps, wiped before unmapping. */
#include "tenantfs/secret.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Lies at the start of its mapping. */
struct tfs_secret {
	size_t mapped;
	size_t len;
	unsigned char bytes[];
};

struct tfs_secret *tfs_secret_new(const void *bytes, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), need;
	struct tfs_secret *secret;

	if (len > SIZE_MAX - sizeof(*secret) - 1 - page)
		return NULL;
	need = (sizeof(*secret) + len + 1 + page - 1) / page * page;
	secret = mmap(NULL, need, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (secret == MAP_FAILED)
		return NULL;
	/* Best effort: without permission to lock memory, the bytes may be swapped out. */
	(void)mlock(secret, need);
	(void)madvise(secret, need, MADV_DONTDUMP);
	secret->mapped = need;
	secret->len = len;
	if (bytes && len > 0)
		memcpy(secret->bytes, bytes, len);
	return secret;
}

void tfs_secret_free(struct tfs_secret *secret)
{
	size_t mapped;

	if (!secret)
		return;
	mapped = secret->mapped;
	tfs_wipe(secret, mapped);
	munmap(secret, mapped);
}

unsigned char *tfs_secret_bytes(struct tfs_secret *secret)
{
	return secret->bytes;
}

const char *tfs_secret_text(const struct tfs_secret *secret)
{
	return (const char *)secret->bytes;
}

size_t tfs_secret_len(const struct tfs_secret *secret)
{
	return secret->len;
}

void tfs_wipe(void *bytes, size_t len)
{
	if (bytes && len > 0)
		explicit_bzero(bytes, len);
}

void tfs_secret_harden_process(void)
{
	const struct rlimit none = { 0, 0 };

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}
