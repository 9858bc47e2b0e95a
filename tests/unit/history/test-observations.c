/* Observations against our own changes: older ones are dropped, newer ones stay, even if equal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../../../src/history/observations.h"

static const char SET[] = "communities/default/service-providers";
static const char PATH[] = "communities/default/service-providers/Jira.json";
static const char OLD[] = "{\n  \"a\": 1\n}\n", NEW[] = "{\n  \"a\": 2\n}\n";

static struct observation seen_text(struct observed_list *list, const char *text, bool gone, uint64_t after)
{
	struct timespec now = { .tv_sec = 1 };

	return (struct observation){
		.list = list, .doc = tfs_doc_new("Jira", "id", text, strlen(text), now), .gone = gone, .after = after
	};
}

static size_t remaining(const struct observation *observation, const struct tfs_change *change)
{
	struct observations observations = { 0 };
	size_t count;

	assert_int_equal(history_observations_add(&observations, observation), 0);
	assert_int_equal(history_observations_forget(&observations, change), 0);
	count = observations.count;
	history_observations_finish(&observations);
	return count;
}

static void test_observations_older_than_a_change_are_dropped(void **state)
{
	const struct tfs_change change = {
		.seq = 7, .type = TFS_CHANGE_CHANGE, .path = PATH, .before = OLD, .after = NEW
	};
	struct observed_list *list = history_observed_list_new(SET);
	struct observation before = seen_text(list, OLD, false, 6), gone = seen_text(list, OLD, true, 6);
	struct observation other = seen_text(list, "{\n  \"a\": 3\n}\n", false, 6);

	(void)state;
	assert_non_null(list->kind);
	assert_int_equal(remaining(&before, &change), 0);
	assert_int_equal(remaining(&gone, &change), 0);
	assert_int_equal(remaining(&other, &change), 1);
	free(list);
}

/* Others changed it back, or removed it, before our change was recorded. */
static void test_observations_newer_than_a_change_stay(void **state)
{
	const struct tfs_change change = {
		.seq = 7, .type = TFS_CHANGE_CHANGE, .path = PATH, .before = OLD, .after = NEW
	};
	struct observed_list *list = history_observed_list_new(SET);
	struct observation back = seen_text(list, OLD, false, 7), gone = seen_text(list, NEW, true, 8);

	(void)state;
	assert_int_equal(remaining(&back, &change), 1);
	assert_int_equal(remaining(&gone, &change), 1);
	free(list);
}

static void test_listing_older_than_a_create_knows_the_object(void **state)
{
	const struct tfs_change change = { .seq = 7, .type = TFS_CHANGE_CREATE, .path = PATH, .after = NEW };
	struct observed_list *list = history_observed_list_new(SET);

	(void)state;
	for (uint64_t after = 6; after <= 7; after++) {
		struct observation observation = { .list = list,
						   .snapshot = calloc(1, sizeof(struct snapshot)),
						   .after = after };
		struct observations observations = { 0 };

		assert_int_equal(history_observations_add(&observations, &observation), 0);
		assert_int_equal(history_observations_forget(&observations, &change), 0);
		assert_int_equal(observations.all[0].snapshot->n_made, after < 7);
		history_observations_finish(&observations);
	}
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_observations_older_than_a_change_are_dropped),
		cmocka_unit_test(test_observations_newer_than_a_change_stay),
		cmocka_unit_test(test_listing_older_than_a_create_knows_the_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
