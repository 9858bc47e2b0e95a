/* Saving with a journal: announced before the first call, noted after the last, looked after where it was lost. */
#include "fake.c"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define FETCH "POST /people/fetch"
#define PATCH "PATCH /people/{id}"
#define ONE(record) "{\"page\":{\"total\":1},\"data\":[" record "]}"
#define BOB(members) "{\"uid\":\"u1\",\"username\":\"bob\",\"roleValue\":\"admin\"" members "}"
#define BOB_DOC(members) "{\"username\":\"bob\",\"role\":\"admin\"" members "}"

struct kept {
	struct fake *fake;
	struct tfs_journal *journal;
	struct tfs_drafts *drafts;
	char dir[96];
};

static int setup(void **state)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	struct tfs_error error = { 0 };
	void *fake;

	fake_setup(&fake);
	kept->fake = fake;
	snprintf(kept->dir, sizeof(kept->dir), "%s/journal", kept->fake->dir);
	assert_int_equal(
		tfs_journal_open(&(struct tfs_journal_options){ .dir = kept->dir }, &kept->journal, &error), 0);
	assert_int_equal(tfs_drafts_open(NULL, &kept->drafts, &error), 0);
	assert_int_equal(tfs_store_set_journal(kept->fake->store, kept->journal, kept->drafts), 0);
	*state = kept;
	return 0;
}

static int teardown(void **state)
{
	struct kept *kept = *state;
	char command[160];
	void *fake = kept->fake;

	tfs_drafts_close(kept->drafts);
	tfs_journal_close(kept->journal);
	snprintf(command, sizeof(command), "%s/00000000000000000002.log", kept->dir);
	unlink(command);
	rmdir(kept->dir);
	fake_teardown(&fake);
	free(kept);
	return 0;
}

static struct tfs_doc *look(struct fake *fake, struct tfs_resource *resource, const char *record)
{
	char answer[1024];

	snprintf(answer, sizeof(answer), ONE("%s"), record);
	SCRIPT(fake, { FETCH, NULL, 0, answer, 0 });
	return get(fake, resource, "bob", 0);
}

static size_t open_count(struct kept *kept)
{
	struct tfs_journal_stats stats;

	tfs_journal_get_stats(kept->journal, &stats);
	return stats.open;
}

static int take_last(void *context, const struct tfs_journal_entry *entry)
{
	json_t **last = context;

	json_decref(*last);
	*last = json_pack("{s:O, s:O}", "intent", entry->intent, "outcome", entry->outcome);
	return 0;
}

/* The last settled change: {"intent": …, "outcome": …}, yours. */
static json_t *last_change(struct kept *kept)
{
	json_t *last = NULL;

	tfs_journal_each(kept->journal, 0, take_last, &last);
	assert_non_null(last);
	return last;
}

static int last_result(struct kept *kept)
{
	cleanup_json json_t *last = last_change(kept);

	return (int)json_integer_value(tfs_json_at(last, "/outcome/result"));
}

/* At the write call the intent is there, and open. */
static int serve_looking(struct fake *fake, const char *call, const json_t *args, struct tfs_api_answer *ret)
{
	struct kept *kept = fake->data;

	(void)args;
	assert_int_equal(open_count(kept), strcmp(call, PATCH) == 0 ? 1 : 0);
	if (strcmp(call, PATCH) == 0)
		return 0;
	return tfs_json_parse(ONE(BOB(",\"otpMaxAttempts\":\"3\"")), strlen(ONE(BOB(",\"otpMaxAttempts\":\"3\""))),
			      &ret->body, NULL);
}

static void the_intent_is_there_before_the_call(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);
	struct tfs_doc *base, *after = NULL;
	cleanup_json json_t *last = NULL;

	kept->fake->serve = serve_looking;
	kept->fake->data = kept;
	base = get(kept->fake, resource, "bob", 0);
	assert_int_equal(save(kept->fake, resource, "bob", base, BOB_DOC(",\"otpMaxAttempts\":5"), &after), 0);
	assert_int_equal(open_count(kept), 0);
	last = last_change(kept);
	assert_string_equal(tfs_json_text(json_object_get(last, "intent"), "path"), "people/bob.json");
	assert_string_equal(tfs_json_text(json_object_get(last, "intent"), "before"), base->data);
	assert_string_equal(tfs_json_text(json_object_get(last, "outcome"), "after"), after->data);
	assert_string_equal(tfs_json_text(json_object_get(last, "outcome"), "endpoint"), PATCH);
	tfs_doc_unref(base);
	tfs_doc_unref(after);
}

static void a_full_disk_refuses_before_anything_is_sent(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);
	struct tfs_doc *base = look(kept->fake, resource, BOB(",\"otpMaxAttempts\":\"3\"")), *after = NULL;
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	SCRIPT(kept->fake, { FETCH, NULL, 0, ONE(BOB(",\"otpMaxAttempts\":\"3\"")), 0 });
	assert_int_equal(save(kept->fake, resource, "bob", base, BOB_DOC(",\"otpMaxAttempts\":5"), &after), -ENOSPC);
	assert_non_null(strstr(tfs_op_error(kept->fake->op)->message, "nothing was sent"));
	all_called(kept->fake);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(open_count(kept), 0);
	tfs_doc_unref(base);
}

static void a_lost_answer_that_was_done_is_done(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);
	struct tfs_doc *base = look(kept->fake, resource, BOB(",\"otpMaxAttempts\":\"3\"")), *after = NULL;

	SCRIPT(kept->fake, { FETCH, NULL, 0, ONE(BOB(",\"otpMaxAttempts\":\"3\"")), 0 }, { PATCH, NULL, -EIO, NULL, 0 },
	       { FETCH, NULL, 0, ONE(BOB(",\"otpMaxAttempts\":\"5\"")), 0 });
	assert_int_equal(save(kept->fake, resource, "bob", base, BOB_DOC(",\"otpMaxAttempts\":5"), &after), 0);
	all_called(kept->fake);
	assert_non_null(strstr(after->data, "\"otpMaxAttempts\": 5"));
	assert_int_equal(last_result(kept), 0);
	assert_int_equal(tfs_op_error(kept->fake->op)->code, 0);
	tfs_doc_unref(base);
	tfs_doc_unref(after);
}

static void a_lost_answer_that_was_not_done_is_a_failure(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);
	struct tfs_doc *base = look(kept->fake, resource, BOB(",\"otpMaxAttempts\":\"3\"")), *after = NULL;

	SCRIPT(kept->fake, { FETCH, NULL, 0, ONE(BOB(",\"otpMaxAttempts\":\"3\"")), 0 }, { PATCH, NULL, -EIO, NULL, 0 },
	       { FETCH, NULL, 0, ONE(BOB(",\"otpMaxAttempts\":\"3\"")), 0 });
	assert_int_equal(save(kept->fake, resource, "bob", base, BOB_DOC(",\"otpMaxAttempts\":5"), &after), -EIO);
	all_called(kept->fake);
	assert_int_equal(last_result(kept), -EIO);
	assert_int_equal(tfs_store_pending(kept->fake->store), 0);
	tfs_doc_unref(base);
}

/* Neither done nor not: it stays open, and the next save of the document looks first. */
static void what_cannot_be_told_is_told_before_the_next_write(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);
	struct tfs_doc *base = look(kept->fake, resource, BOB(",\"otpMaxAttempts\":\"3\"")), *after = NULL;
	cleanup_json json_t *pending = NULL;

	SCRIPT(kept->fake, { FETCH, NULL, 0, ONE(BOB(",\"otpMaxAttempts\":\"3\"")), 0 }, { PATCH, NULL, -EIO, NULL, 0 },
	       { FETCH, NULL, -EIO, NULL, 0 });
	assert_int_equal(save(kept->fake, resource, "bob", base, BOB_DOC(",\"otpMaxAttempts\":5"), &after), -EIO);
	all_called(kept->fake);
	assert_int_equal(tfs_store_pending(kept->fake->store), 1);
	pending = tfs_store_pending_json(kept->fake->store);
	assert_string_equal(tfs_json_text(json_array_get(pending, 0), "path"), "people/bob.json");
	assert_int_equal(open_count(kept), 1);
	tfs_doc_unref(base);
}

static void a_new_secret_is_not_in_the_journal(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);
	struct tfs_doc *base = look(kept->fake, resource, BOB("")), *after = NULL;
	cleanup_json json_t *last = NULL;
	const char *wanted;

	SCRIPT(kept->fake, { FETCH, NULL, 0, ONE(BOB("")), 0 }, { PATCH, NULL, 0, "{}", 0 });
	assert_int_equal(save(kept->fake, resource, "bob", base, BOB_DOC(",\"password\":\"hunter2\""), &after), 0);
	all_called(kept->fake);
	last = last_change(kept);
	wanted = tfs_json_text(json_object_get(last, "intent"), "wanted");
	assert_null(strstr(wanted, "hunter2"));
	assert_non_null(strstr(wanted, "\"password\": \"secret:"));
	assert_true(json_is_true(tfs_json_at(last, "/intent/text_apart")));
	tfs_doc_unref(base);
	tfs_doc_unref(after);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_intent_is_there_before_the_call),
		TEST(a_full_disk_refuses_before_anything_is_sent),
		TEST(a_lost_answer_that_was_done_is_done),
		TEST(a_lost_answer_that_was_not_done_is_a_failure),
		TEST(what_cannot_be_told_is_told_before_the_next_write),
		TEST(a_new_secret_is_not_in_the_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
