/* Scratch names: which names match, and above all which do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tenantfs/name.h"

static const char *const scratch[] = {
	/* vim */
	".alice.json.swp",
	".alice.json.swx",
	".alice.json.swo",
	"alice.json.swp",
	"4913",
	"5036",
	"5159",
	"alice.json~",
	/* emacs */
	".#alice.json",
	"#alice.json#",
	"alice.json.~1~",
	/* sed, perl, gawk, busybox, patch */
	"sedAbC123",
	"sed_aZ09x",
	"XXjzOvuG",
	"gawk.a1b2c3",
	"alice.jsonAbCdEf",
	"alice.json.oQ1w2E3",
	/* rsync, glib, kate, LibreOffice, helix, JetBrains, mcedit */
	".alice.json.Xa12bZ",
	".goutputstream-7F2K3Z",
	"alice.json.aBcDeF",
	".alice.json.kate-swp",
	".~lock.alice.json#",
	"alice.jsonAbCdEf.bck",
	"alice.json___jb_tmp___",
	"alice.json___jb_old___",
	"cooleditA1b2C3",
	/* other programs */
	"lu12345abc.tmp",
	"a.tmp",
	".tmp",
	".DS_Store",
	"._alice.json",
	".nfs0000001",
	"~",
	".x",
};

static const char *const plain[] = {
	"",
	".",
	"..",
	"alice.json",
	"M\xc3\xbcller.json",
	"alice",
	"alice.bak",
	"alice.json.bak",
	"4914",
	"4912",
	"49130",
	"0004913",
	"04913",
	"4913x",
	"4913.json",
	"sed",
	"sedition",
	"sedabcde",
	"sedabcdefg",
	"sedabc-ef",
	"seda.json",
	"#alice",
	"alice#",
	"#",
	"##",
	"XXabcde",
	"XXabcdefg",
	"xxabcdef",
	"gawk.json",
	"a.swap",
	"a.sw",
	"swp",
	"tmp",
	"tmp.json",
	"a.tmp.json",
	"a~b",
	"a~b.json",
	"alice~8f9a0b.json",
	"~alice.json",
	"branding.json",
	"script.js",
	"README.md",
	"alice.json.json",
	"alice.d",
	"alice.jsonx",
	"mfa",
	"Thumbs.db",
	"100",
};

static void test_scratch(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scratch) / sizeof(scratch[0]); i++)
		if (!tfs_name_is_scratch(scratch[i]))
			fail_msg("\"%s\" is not taken for scratch", scratch[i]);
}

static void test_plain(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (tfs_name_is_scratch(plain[i]))
			fail_msg("\"%s\" is taken for scratch", plain[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scratch),
		cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
