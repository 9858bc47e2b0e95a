/* Any bytes as the name of an object and as the name of a file. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "tenantfs/cleanup.h"
#include "tenantfs/name.h"

const char *const fuzz_seeds[] = {
	"",
	"alice",
	".hidden",
	"a/b",
	"100%",
	"a%2Fb",
	"%",
	"M\xc3\xbcller",
	"\xe6\x97\xa5\xe6\x9c\xac\xf0\x9f\x98\x80",
	"x~0123456789abcdef",
	"x~abcdef",
	".x.json.swp",
	"alice.json.aBcDeF",
	"4913",
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
	"nnnnnnnnnnnnnnnnnnnn"
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
	"nnnnnnnnnnnnnnnnnnnn",
	NULL,
};

const char *const fuzz_pieces[] = {
	"%",
	"%2",
	"%2F",
	"%2f",
	"%00",
	"%25",
	"%7E",
	"~",
	"~abcdef",
	"~0123456789abcdef",
	"/",
	".",
	"..",
	"\xff",
	"\xc3",
	"\xe6\x97\xa5",
	"\xf0\x9f\x98\x80",
	"\xed\xa0\x80",
	".json",
	".swp",
	"#",
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
	NULL,
};

static void check_name(const char *name, size_t room)
{
	size_t len = strlen(name);

	fuzz_check(len >= 1 && len <= room && name[0] != '.' && !strchr(name, '/'));
	for (size_t i = 0; i < len; i++)
		fuzz_check((unsigned char)name[i] >= 0x20 && name[i] != 0x7f);
}

static void try_escape(const char *raw, size_t len)
{
	cleanup_free char *name = tfs_name_escape(raw, len, TFS_NAME_MAX), *back = NULL;
	size_t room = 40 + len % 200, back_len;
	cleanup_free char *tight = tfs_name_escape(raw, len, room), *distinct = NULL;

	fuzz_check(name && tight);
	check_name(name, TFS_NAME_MAX);
	check_name(tight, room);
	distinct = tfs_name_distinct(tight, "5f0c1d2e3a4b5c6d7e8f9a0b", room);
	fuzz_check(!!distinct);
	check_name(distinct, room);
	fuzz_check(tfs_name_unescape(distinct, strlen(distinct), &back, &back_len) == -EINVAL);
	if (tfs_name_unescape(name, strlen(name), &back, &back_len) == 0)
		fuzz_check(back_len == len && memcmp(back, raw, len) == 0);
	else
		fuzz_check(strlen(name) > TFS_NAME_MAX - 21); /* shortened */
}

static void try_unescape(const char *name, size_t len)
{
	cleanup_free char *raw = NULL, *again = NULL;
	size_t raw_len;

	if (tfs_name_unescape(name, len, &raw, &raw_len) < 0) {
		fuzz_check(!raw);
		return;
	}
	again = tfs_name_escape(raw, raw_len, TFS_NAME_MAX);
	fuzz_check(again && strlen(again) == len && memcmp(again, name, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	cleanup_free char *text = strndup((const char *)data, len);

	fuzz_check(!!text);
	try_escape((const char *)data, len);
	try_unescape((const char *)data, len);
	if (tfs_name_is_scratch(text))
		fuzz_check(text[0] != '\0' && strcmp(text, ".") != 0 && strcmp(text, "..") != 0);
	return 0;
}
