/* Setup of tests that save: the scripted server's store with a writer. */
#include "../resource/fake.c"

#include "tenantfs/save.h"

static int writing_setup(void **state)
{
	struct tfs_error error = { 0 };
	struct fake *fake;
	int r = fake_setup(state);

	fake = *state;
	if (r == 0 && tfs_writer_new(fake->store, NULL, NULL, &fake->writer, &error) < 0)
		fail_msg("%s", error.message);
	/* The scripts have no audit log. */
	fake->store->reads.poll = NULL;
	return r;
}

static int writing_teardown(void **state)
{
	struct fake *fake = *state;

	tfs_writer_free(fake->writer);
	return fake_teardown(state);
}

static inline int save(struct fake *fake, struct tfs_resource *resource, const char *name, struct tfs_doc *base,
		       const char *text, struct tfs_doc **ret)
{
	return tfs_resource_save(resource, fake->op, name, base, text, strlen(text), ret);
}
