/* A person as a record of the server, and the look-up before a save. */
#include "writing.c"

#define FETCH "POST /people/fetch"
#define LOOK "{\"body\":{\"query\":{\"username\":\"bob\"}}}"
#define ONE(record) "{\"page\":{\"total\":1},\"data\":[" record "]}"
#define NONE "{\"page\":{\"total\":0},\"data\":[]}"
#define BOB_DOC(members) "{\"username\":\"bob\",\"role\":\"admin\"" members "}"
#define BOB(members) "{\"uid\":\"u1\",\"tenantId\":\"t9\",\"username\":\"bob\",\"roleValue\":\"admin\"" members "}"

static struct tfs_doc *look(struct fake *fake, struct tfs_resource *resource, const char *record)
{
	char answer[1024];

	snprintf(answer, sizeof(answer), ONE("%s"), record);
	SCRIPT(fake, { FETCH, LOOK, 0, answer, 0 });
	return get(fake, resource, "bob", 0);
}
