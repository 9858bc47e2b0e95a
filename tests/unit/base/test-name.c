/* File names: reversible, distinct, within bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/hash.h"
#include "tenantfs/name.h"

static const struct {
	const char *raw;
	size_t len;
	const char *name;
} table[] = {
	{ "", 0, "%" },
	{ "alice", 5, "alice" },
	{ "a b'\"\\*?<>|", 11, "a b'\"\\*?<>|" },
	{ "a/b", 3, "a%2Fb" },
	{ "a\0b", 3, "a%00b" },
	{ "\n\t\x1f\x7f", 4, "%0A%09%1F%7F" },
	/* CSI as a C1 control; an override of the direction of writing. */
	{ "\xc2\x9b"
	  "m",
	  3, "%C2%9Bm" },
	{ "\xe2\x80\xae", 3, "%E2%80%AE" },
	{ ".", 1, "%2E" },
	{ "..", 2, "%2E." },
	{ ".hidden", 7, "%2Ehidden" },
	{ "a.b", 3, "a.b" },
	{ "100%", 4, "100%25" },
	{ "%2F", 3, "%252F" },
	{ "%", 1, "%25" },
	{ "M\xc3\xbcller", 7, "M\xc3\xbcller" },
	{ "\xe6\x97\xa5\xe6\x9c\xac", 6, "\xe6\x97\xa5\xe6\x9c\xac" },
	{ "\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80" },
	{ "\xff", 1, "%FF" },
	{ "\xc3", 1, "%C3" },
	{ "\xc3(", 2, "%C3(" },
	{ "\xc0\xaf", 2, "%C0%AF" },               /* '/' in an overlong form */
	{ "\xe0\x80\xaf", 3, "%E0%80%AF" },        /* the same in three bytes */
	{ "\xed\xa0\x80", 3, "%ED%A0%80" },        /* a surrogate */
	{ "\xf4\x90\x80\x80", 4, "%F4%90%80%80" }, /* above U+10FFFF */
	{ "\xf0\x9f\x98", 3, "%F0%9F%98" },        /* cut off */
	{ "\x80", 1, "%80" },
	{ "x~", 2, "x~" },
	{ "x~abc", 5, "x~abc" },
	{ "x~abcdeg", 8, "x~abcdeg" },
	{ "x~abcdef", 8, "x%7Eabcdef" }, /* looks like a name with an id */
	{ "x~ABCDEF", 8, "x~ABCDEF" },
	{ "x~0123456789abcdef", 18, "x%7E0123456789abcdef" }, /* looks shortened */
	{ "~abcdef", 7, "%7Eabcdef" },
};

static void assert_unescapes(const char *name, const char *raw, size_t len)
{
	cleanup_free char *back = NULL;
	size_t back_len = 999;

	assert_int_equal(tfs_name_unescape(name, strlen(name), &back, &back_len), 0);
	assert_int_equal(back_len, len);
	assert_memory_equal(back, raw, len);
	assert_int_equal(back[len], '\0');
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		cleanup_free char *name = tfs_name_escape(table[i].raw, table[i].len, TFS_NAME_MAX);

		assert_string_equal(name, table[i].name);
		assert_unescapes(name, table[i].raw, table[i].len);
	}
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"%2",
		"%G0",
		"%2f",
		"a/b",
		".x",
		".",
		"..",
		"a%2Eb",
		"%41",
		"%%",
		"a%",
		"\xff",
		"\n",
		"%2E%2E",
		"x%2",
		"\x7f",
		"x~abcdef",
		"x~0123456789abcdef",
		"%7Eab",
		"%E6%97%A5",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *raw = (char *)-1;
		size_t len = 77;

		if (tfs_name_unescape(bad[i], strlen(bad[i]), &raw, &len) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_ptr_equal(raw, (char *)-1);
		assert_int_equal(len, 77);
	}
}

/* A fixed generator makes failures reproducible. */
static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

static void assert_fit_for_a_folder(const char *name, size_t room)
{
	assert_in_range(strlen(name), 1, room);
	assert_int_not_equal(name[0], '.');
	assert_null(strchr(name, '/'));
	for (const char *c = name; *c != '\0'; c++)
		assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
}

static void test_random_bytes_come_back(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char raw[80];
		size_t len = next_random(&seed) % sizeof(raw);
		/* Every other round draws only bytes with rules, to combine the rules. */
		static const char awkward[] = "/%.~\0\n2Faf0\xc3\xa9\xf0\x9f\x98\x80";
		cleanup_free char *name = NULL;

		for (size_t i = 0; i < len; i++)
			raw[i] = round % 2 ? (char)next_random(&seed)
					   : awkward[next_random(&seed) % (sizeof(awkward) - 1)];
		name = tfs_name_escape(raw, len, TFS_NAME_MAX);
		assert_non_null(name);
		assert_fit_for_a_folder(name, TFS_NAME_MAX);
		if (strlen(name) < TFS_NAME_MAX - 20)
			assert_unescapes(name, raw, len);
	}
}

static void test_every_byte_alone_and_inside(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char raw[3] = { 'a', (char)c, 'b' };
		cleanup_free char *alone = tfs_name_escape(raw + 1, 1, TFS_NAME_MAX);
		cleanup_free char *inside = tfs_name_escape(raw, 3, TFS_NAME_MAX);

		assert_unescapes(alone, raw + 1, 1);
		assert_unescapes(inside, raw, 3);
		assert_int_equal(strlen(inside) > 3, c < 0x20 || c >= 0x7f || c == '/' || c == '%');
	}
}

static bool ends_in_digest(const char *name)
{
	size_t len = strlen(name);

	return len > 17 && name[len - 17] == '~' && strspn(name + len - 16, "0123456789abcdef") == 16;
}

static void test_long_names_are_shortened_and_differ(void **state)
{
	char raw[300], other[300];

	(void)state;
	memset(raw, 'n', sizeof(raw));
	memcpy(other, raw, sizeof(raw));
	other[299] = 'm';
	for (size_t room = 18; room <= 260; room++) {
		size_t real = room > TFS_NAME_MAX ? TFS_NAME_MAX : room;
		cleanup_free char *a = tfs_name_escape(raw, sizeof(raw), room);
		cleanup_free char *b = tfs_name_escape(other, sizeof(other), room);
		cleanup_free char *again = tfs_name_escape(raw, sizeof(raw), room);
		char *back = NULL;
		size_t len;

		assert_int_equal(strlen(a), real);
		assert_true(ends_in_digest(a));
		assert_string_not_equal(a, b);
		assert_string_equal(a, again);
		assert_int_equal(tfs_name_unescape(a, strlen(a), &back, &len), -EINVAL);
	}
}

static void test_exact_fit_is_not_shortened(void **state)
{
	char raw[251];

	(void)state;
	memset(raw, 'n', sizeof(raw));
	for (size_t len = 245; len <= 251; len++) {
		cleanup_free char *name = tfs_name_escape(raw, len, 250);

		assert_int_equal(ends_in_digest(name), len > 250);
	}
}

static void test_cut_splits_nothing(void **state)
{
	(void)state;
	/* Characters of four bytes and escapes of three, at every offset. */
	for (size_t shift = 0; shift < 8; shift++) {
		char raw[400], escapes[300];
		size_t len = 0;
		cleanup_free char *name = NULL, *escaped = NULL;

		while (len < shift)
			raw[len++] = 'x';
		for (int i = 0; i < 80; i++, len += 4)
			memcpy(raw + len, "\xf0\x9f\x98\x80", 4);
		name = tfs_name_escape(raw, len, TFS_NAME_MAX);
		assert_true(ends_in_digest(name));
		assert_int_equal((strlen(name) - 17 - shift) % 4, 0);
		memset(escapes, '/', sizeof(escapes));
		memset(escapes, 'x', shift);
		escaped = tfs_name_escape(escapes, sizeof(escapes), TFS_NAME_MAX);
		assert_true(ends_in_digest(escaped));
		assert_int_equal((strlen(escaped) - 17 - shift) % 3, 0);
	}
}

static void test_huge_names_cost_no_memory(void **state)
{
	size_t len = (size_t)4 << 20;
	char *raw = malloc(len);

	(void)state;
	assert_non_null(raw);
	memset(raw, 1, len);
	for (int last = 0; last < 2; last++) {
		cleanup_free char *name = NULL;

		raw[len - 1] = (char)(last + 1);
		name = tfs_name_escape(raw, len, TFS_NAME_MAX);
		assert_non_null(name);
		assert_true(ends_in_digest(name));
	}
	free(raw);
}

static void test_distinct(void **state)
{
	static const struct {
		const char *name, *id, *want;
	} cases[] = {
		{ "alice", "5f0c1d2e3a4b5c6d7e8f9a0b", "alice~8f9a0b" },
		{ "alice", "abc", "alice~abc" },
		{ "alice", "", "alice~" },
		{ "alice", "x/y/zz", "alice~x%2Fy%2Fzz" },
		{ "alice", "12345.67890", "alice~%2E67890" }, /* escaped like a leading dot: harmless */
		{ "%", "5f0c1d2e3a4b5c6d7e8f9a0b", "%~8f9a0b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_free char *name = tfs_name_distinct(cases[i].name, cases[i].id, TFS_NAME_MAX);

		assert_string_equal(name, cases[i].want);
	}
}

static void test_distinct_keeps_room_and_digest(void **state)
{
	char raw[300];

	(void)state;
	memset(raw, '/', sizeof(raw));
	for (size_t room = 40; room <= TFS_NAME_MAX; room++) {
		cleanup_free char *shortened = tfs_name_escape(raw, sizeof(raw), room);
		cleanup_free char *a = tfs_name_distinct(shortened, "5f0c1d2e3a4b5c6d7e8f9a0b", room);
		cleanup_free char *b = tfs_name_distinct(shortened, "5f0c1d2e3a4b5c6d7e8f9a0c", room);

		assert_in_range(strlen(a), room - 10, room);
		assert_string_not_equal(a, b);
		assert_string_equal(a + strlen(a) - 7, "~8f9a0b");
		/* The digest precedes the id. */
		assert_memory_equal(a + strlen(a) - 24, shortened + strlen(shortened) - 17, 17);
	}
}

static void test_distinct_never_equals_a_plain_name(void **state)
{
	cleanup_free char *told = tfs_name_distinct("alice", "5f0c1d2e3a4b5c6d7e8f9a0b", TFS_NAME_MAX);
	cleanup_free char *plain = tfs_name_escape("alice~8f9a0b", 12, TFS_NAME_MAX);
	char *raw;
	size_t len;

	(void)state;
	assert_string_not_equal(told, plain);
	assert_int_equal(tfs_name_unescape(told, strlen(told), &raw, &len), -EINVAL);
}

static void test_digest_is_siphash(void **state)
{
	unsigned char bytes[15];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	/* The test vector in the paper's appendix. */
	assert_true(tfs_hash(bytes, sizeof(bytes)) == 0xa129ca6149be45e5ull);
	assert_true(tfs_hash("", 0) == 0x726fdb47dd0e0e31ull);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_random_bytes_come_back),
		cmocka_unit_test(test_every_byte_alone_and_inside),
		cmocka_unit_test(test_long_names_are_shortened_and_differ),
		cmocka_unit_test(test_exact_fit_is_not_shortened),
		cmocka_unit_test(test_cut_splits_nothing),
		cmocka_unit_test(test_huge_names_cost_no_memory),
		cmocka_unit_test(test_distinct),
		cmocka_unit_test(test_distinct_keeps_room_and_digest),
		cmocka_unit_test(test_distinct_never_equals_a_plain_name),
		cmocka_unit_test(test_digest_is_siphash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
