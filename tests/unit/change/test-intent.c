/* Saving with a journal: intent before the first call, outcome after the last, recovery of lost answers. */
#include "writing.c"

#include "../../../src/change/intent.h"

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
	bool sent; /* of serve_looking */
};

/* A new writer, as of a new process. */
static void renew_writer(struct kept *kept)
{
	struct tfs_error error = { 0 };

	tfs_writer_free(kept->fake->writer);
	assert_int_equal(tfs_writer_new(kept->fake->store, kept->journal, kept->drafts, &kept->fake->writer, &error),
			 0);
}

static int setup(void **state)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	struct tfs_error error = { 0 };
	void *fake;

	writing_setup(&fake);
	kept->fake = fake;
	snprintf(kept->dir, sizeof(kept->dir), "%s/journal", kept->fake->dir);
	assert_int_equal(tfs_journal_open(&(struct tfs_journal_options){ .dir = kept->dir }, &kept->journal, &error),
			 0);
	assert_int_equal(tfs_drafts_open(NULL, &kept->drafts, &error), 0);
	renew_writer(kept);
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
	writing_teardown(&fake);
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
	uint64_t *intents;
	size_t count;

	assert_int_equal(tfs_journal_open_intents(kept->journal, &intents, &count), 0);
	free(intents);
	return count;
}

static int take_last(void *context, const struct tfs_journal_entry *entry)
{
	json_t **last = context;

	json_decref(*last);
	*last = json_pack("{s:O, s:O}", "intent", entry->intent, "outcome", entry->outcome);
	return 0;
}

/* The last resolved change: {"intent": …, "outcome": …}; the caller frees. */
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

/* Asserts during the write call that the intent is journaled without an outcome. */
static int serve_looking(struct fake *fake, const char *call, const json_t *args, struct tfs_api_answer *ret)
{
	const char *before = ONE(BOB(",\"otpMaxAttempts\":\"3\"")), *after = ONE(BOB(",\"otpMaxAttempts\":\"5\""));
	struct kept *kept = fake->data;

	(void)args;
	/* Open from the call until its result is read back. */
	kept->sent = kept->sent || strcmp(call, PATCH) == 0;
	assert_int_equal(open_count(kept), kept->sent ? 1 : 0);
	if (strcmp(call, PATCH) == 0)
		return 0;
	return tfs_json_parse(kept->sent ? after : before, strlen(before), &ret->body, NULL);
}

static void test_intent_is_journaled_before_the_call(void **state)
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

static void test_full_disk_refuses_the_save_before_the_call(void **state)
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

static void test_lost_answer_of_a_done_call_is_success(void **state)
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

static void test_lost_answer_of_an_undone_call_is_failure(void **state)
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

/* If the outcome cannot be read, the intent stays pending, and the next save of the document checks first. */
static void test_unknown_outcome_is_checked_before_the_next_save(void **state)
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

static void test_secret_is_not_in_the_journal(void **state)
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

/* A kind of people whose password is set by a second call. */
static const char *const first_members[] = { "otpMaxAttempts", "enabled", NULL };
static const char *const secret_members[] = { "password", NULL };
static const struct tfs_endpoint secret_person = {
	.method = "PUT",
	.path = "/people/secret",
	.body = (const struct tfs_field[]){ { .name = "password" } },
	.n_body = 1,
};
#define SECRET "PUT /people/secret"
static const struct tfs_step split_steps[] = {
	{ &update_person, "{" ID_PATH "}", NULL, TFS_SEND_CHANGED, first_members, NULL },
	{ &secret_person, NULL, NULL, TFS_SEND_CHANGED, secret_members, NULL },
};
static const struct tfs_kind split = {
	PERSON_FORM,
	.list = &list_step,
	.page_total = "/page/total",
	.page_size = 2,
	.lookup = &lookup_step,
	.change = split_steps,
	.n_change = COUNT(split_steps),
};

/* Replaces the catalogue's function: the kinds of this file by path. */
static const struct tfs_kind *known_kind = &people;

const struct tfs_kind *tfs_kind_find(const char *name)
{
	return strcmp(name, known_kind->name) == 0 ? known_kind : NULL;
}

/* Leaves the journal as after a kill: no outcome, no answer to the writer. */
static void start_again(struct kept *kept)
{
	renew_writer(kept);
	assert_int_equal(tfs_store_pending(kept->fake->store), 1);
}

static struct tfs_draft *only_draft(struct kept *kept)
{
	assert_int_equal(tfs_drafts_count(kept->drafts), 1);
	return tfs_drafts_get(kept->drafts, "people/bob.json");
}

/* A write-only member was set only if the effect of its call, or of a later one, is visible. */
static void test_refused_secret_is_failure(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &split);
	struct tfs_doc *base = look(kept->fake, resource, BOB("")), *after = NULL;
	const char *answer = ONE(BOB(",\"otpMaxAttempts\":\"5\""));

	SCRIPT(kept->fake, { FETCH, NULL, 0, ONE(BOB("")), 0 }, { PATCH, NULL, 0, NULL, 0 },
	       { SECRET, NULL, -EINVAL, NULL, 400 }, { FETCH, NULL, 0, answer, 0 }, { FETCH, NULL, 0, answer, 0 });
	assert_int_equal(
		save(kept->fake, resource, "bob", base, BOB_DOC(",\"otpMaxAttempts\":5,\"password\":\"weak\""), &after),
		-EINVAL);
	all_called(kept->fake);
	assert_string_equal(tfs_op_error(kept->fake->op)->message,
			    "otpMaxAttempts saved, password not: refused by the script");
	assert_int_equal(last_result(kept), -EINVAL);
	tfs_doc_unref(base);
}

/* Two calls: the first was done, the second was lost, and the process died before it could check. */
static void leave_half_done(struct kept *kept, struct tfs_resource *resource, const char *call, const char *text)
{
	struct tfs_doc *base = look(kept->fake, resource, BOB("")), *after = NULL;

	SCRIPT(kept->fake, { FETCH, NULL, 0, ONE(BOB("")), 0 }, { PATCH, NULL, 0, NULL, 0 },
	       { call, NULL, -EIO, NULL, 0 }, { FETCH, NULL, -EIO, NULL, 0 }, { FETCH, NULL, -EIO, NULL, 0 });
	assert_int_equal(save(kept->fake, resource, "bob", base, text, &after), -EIO);
	all_called(kept->fake);
	tfs_doc_unref(base);
	start_again(kept);
}

#define HALF ONE(BOB(",\"otpMaxAttempts\":\"5\""))
#define WITH_PHONES BOB_DOC(",\"otpMaxAttempts\":5,\"phones\":[\"1\"]")
#define PHONES "POST /people/phones"

static void test_half_done_save_is_completed_by_its_missing_call(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);

	leave_half_done(kept, resource, PHONES, WITH_PHONES);
	SCRIPT(kept->fake, { FETCH, NULL, 0, HALF, 0 }, { FETCH, NULL, 0, HALF, 0 },
	       { PHONES, "{\"body\":{\"user\":\"u1\",\"phones\":[\"1\"]}}", 0, NULL, 0 });
	assert_int_equal(tfs_store_reconcile(kept->fake->store, kept->fake->op), 0);
	all_called(kept->fake);
	assert_int_equal(tfs_drafts_count(kept->drafts), 0);
	assert_int_equal(tfs_store_pending(kept->fake->store), 0);
	assert_int_equal(last_result(kept), 0);
}

static void test_lost_call_that_was_done_is_not_repeated(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);

	leave_half_done(kept, resource, PHONES, WITH_PHONES);
	SCRIPT(kept->fake, { FETCH, NULL, 0, ONE(BOB(",\"otpMaxAttempts\":\"5\",\"phones\":[\"1\"]")), 0 });
	assert_int_equal(tfs_store_reconcile(kept->fake->store, kept->fake->op), 0);
	all_called(kept->fake);
	assert_int_equal(tfs_drafts_count(kept->drafts), 0);
	assert_int_equal(last_result(kept), 0);
}

static void test_half_done_save_overwritten_by_others_stays_a_draft(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);
	struct tfs_draft *draft;

	leave_half_done(kept, resource, PHONES, BOB_DOC(",\"otpMaxAttempts\":5,\"enabled\":true,\"phones\":[\"1\"]"));
	SCRIPT(kept->fake, { FETCH, NULL, 0, ONE(BOB(",\"otpMaxAttempts\":\"7\",\"enabled\":true")), 0 },
	       { FETCH, NULL, 0, ONE(BOB(",\"otpMaxAttempts\":\"7\",\"enabled\":true")), 0 },
	       { "POST /reports/audit_log", NULL, 0, "{\"data\":[]}", 0 },
	       { FETCH, NULL, 0, ONE(BOB(",\"otpMaxAttempts\":\"7\",\"enabled\":true")), 0 });
	assert_int_equal(tfs_store_reconcile(kept->fake->store, kept->fake->op), 0);
	all_called(kept->fake);
	draft = only_draft(kept);
	assert_int_equal(draft->error.code, -ESTALE);
	assert_non_null(strstr(draft->error.message, "the rest of it was refused: changed on the server"));
	tfs_draft_unref(draft);
}

/* The lost call arrived after the check: the repeated call is refused, yet the save is complete. */
static void test_lost_call_that_arrives_late_leaves_no_draft(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);

	leave_half_done(kept, resource, PHONES, WITH_PHONES);
	SCRIPT(kept->fake, { FETCH, NULL, 0, HALF, 0 }, { FETCH, NULL, 0, HALF, 0 },
	       { PHONES, NULL, -EINVAL, NULL, 400 },
	       { FETCH, NULL, 0, ONE(BOB(",\"otpMaxAttempts\":\"5\",\"phones\":[\"1\"]")), 0 });
	assert_int_equal(tfs_store_reconcile(kept->fake->store, kept->fake->op), 0);
	all_called(kept->fake);
	assert_int_equal(tfs_drafts_count(kept->drafts), 0);
}

/* A mount whose write patterns exclude the path keeps the rest for another mount. */
static void test_half_done_save_outside_the_patterns_is_not_completed(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);
	char *patterns[] = { strdup("elsewhere/**"), NULL };

	leave_half_done(kept, resource, PHONES, WITH_PHONES);
	kept->fake->config.write_patterns = patterns;
	kept->fake->config.n_write_patterns = 1;
	SCRIPT(kept->fake, { FETCH, NULL, 0, HALF, 0 });
	assert_int_equal(tfs_store_reconcile(kept->fake->store, kept->fake->op), 0);
	all_called(kept->fake);
	tfs_draft_unref(only_draft(kept));
	kept->fake->config.n_write_patterns = 0;
	free(patterns[0]);
}

static void test_secret_with_an_unknown_outcome_is_set_again(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &split);

	leave_half_done(kept, resource, SECRET, BOB_DOC(",\"otpMaxAttempts\":5,\"password\":\"hunter2\""));
	SCRIPT(kept->fake, { FETCH, NULL, 0, HALF, 0 }, { FETCH, NULL, 0, HALF, 0 },
	       { SECRET, "{\"body\":{\"password\":\"hunter2\"}}", 0, NULL, 0 });
	assert_int_equal(tfs_store_reconcile(kept->fake->store, kept->fake->op), 0);
	all_called(kept->fake);
	assert_int_equal(tfs_drafts_count(kept->drafts), 0);
	assert_int_equal(last_result(kept), 0);
}

/* Members the server added to a new object are not part of the rest. */
static void test_half_made_object_is_completed_by_its_missing_call(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);
	const char *made = ONE(BOB(",\"enabled\":true,\"address\":{\"street\":\"s\",\"floor\":1}"));
	struct tfs_doc *after = NULL;

	SCRIPT(kept->fake, { FETCH, NULL, 0, "{\"page\":{\"total\":0},\"data\":[]}", 0 },
	       { "PUT /people/create", NULL, 0, NULL, 0 }, { FETCH, NULL, 0, made, 0 }, { PHONES, NULL, -EIO, NULL, 0 },
	       { FETCH, NULL, -EIO, NULL, 0 });
	assert_int_equal(save(kept->fake, resource, "bob", NULL,
			      BOB_DOC(",\"address\":{\"street\":\"s\",\"town\":\"t\"},\"phones\":[\"1\"]"), &after),
			 -EIO);
	all_called(kept->fake);
	start_again(kept);
	made = ONE(BOB(",\"enabled\":true,\"address\":{\"street\":\"s\",\"town\":\"t\",\"floor\":1}"));
	SCRIPT(kept->fake, { FETCH, NULL, 0, made, 0 }, { FETCH, NULL, 0, made, 0 },
	       { PHONES, "{\"body\":{\"user\":\"u1\",\"phones\":[\"1\"]}}", 0, NULL, 0 });
	assert_int_equal(tfs_store_reconcile(kept->fake->store, kept->fake->op), 0);
	all_called(kept->fake);
	assert_int_equal(tfs_drafts_count(kept->drafts), 0);
}

/* An undecryptable answer decides nothing, and the check is not repeated endlessly. */
static void test_undecryptable_check_refuses_the_next_save(void **state)
{
	struct kept *kept = *state;
	struct tfs_resource *resource = open_resource(kept->fake, &people);
	struct tfs_doc *base, *after = NULL;

	leave_half_done(kept, resource, PHONES, WITH_PHONES);
	base = look(kept->fake, resource, BOB(""));
	SCRIPT(kept->fake, { FETCH, NULL, -EBADMSG, NULL, 0 });
	assert_int_equal(save(kept->fake, resource, "bob", base, BOB_DOC(",\"enabled\":true"), &after), -EBADMSG);
	all_called(kept->fake);
	assert_int_equal(tfs_store_pending(kept->fake->store), 1);
	tfs_doc_unref(base);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_intent_is_journaled_before_the_call),
		TEST(test_full_disk_refuses_the_save_before_the_call),
		TEST(test_lost_answer_of_a_done_call_is_success),
		TEST(test_lost_answer_of_an_undone_call_is_failure),
		TEST(test_unknown_outcome_is_checked_before_the_next_save),
		TEST(test_secret_is_not_in_the_journal),
		TEST(test_refused_secret_is_failure),
		TEST(test_half_done_save_is_completed_by_its_missing_call),
		TEST(test_lost_call_that_was_done_is_not_repeated),
		TEST(test_half_done_save_overwritten_by_others_stays_a_draft),
		TEST(test_lost_call_that_arrives_late_leaves_no_draft),
		TEST(test_half_done_save_outside_the_patterns_is_not_completed),
		TEST(test_secret_with_an_unknown_outcome_is_set_again),
		TEST(test_half_made_object_is_completed_by_its_missing_call),
		TEST(test_undecryptable_check_refuses_the_next_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
