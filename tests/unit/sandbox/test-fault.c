/* Fault rules: their syntax, and the requests they match. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fault.h"

static const struct fault_request page = { .method = "POST", .path = "/users/fetch", .sealed = true };
static const struct fault_request health = { .method = "GET", .path = "/healthz" };
static const struct fault_request key = { .method = "GET", .path = "/publickeys", .is_key = true };

static struct fault_set *make(const char *spec)
{
	struct fault_set *set = NULL;
	struct tfs_error error = { 0 };

	if (sandbox_fault_set_new(spec, 1, &set, &error) < 0)
		fail_msg("%s: %s", spec, error.message);
	return set;
}

static void assert_refused(const char *spec, const char *message)
{
	struct fault_set *set = NULL;
	struct tfs_error error = { 0 };

	assert_int_equal(sandbox_fault_set_new(spec, 1, &set, &error), -EINVAL);
	assert_null(set);
	assert_string_equal(error.message, message);
}

static enum fault_kind pick(struct fault_set *set, const struct fault_request *request)
{
	struct fault fault;

	sandbox_fault_pick(set, request, &fault);
	return fault.kind;
}

static void test_bad_rules_are_refused(void **state)
{
	(void)state;
	assert_refused("bang", "unknown word \"bang\" in a fault rule");
	assert_refused("status=99", "unknown word \"status=99\" in a fault rule");
	assert_refused("status=5x3", "unknown word \"status=5x3\" in a fault rule");
	assert_refused("drop,stall=1", "unknown word \"stall=1\" in a fault rule");
	assert_refused("drop,rate=1.5", "unknown word \"rate=1.5\" in a fault rule");
	assert_refused("drop,count=0", "unknown word \"count=0\" in a fault rule");
	assert_refused("drop,path=users", "unknown word \"path=users\" in a fault rule");
	assert_refused("drop,,rate=1", "an empty or overlong word in a fault rule");
	assert_refused("drop;rate=0.5", "a fault rule has no kind of fault:  \"rate=0.5\"");
	assert_refused("drop=1", "unknown word \"drop=1\" in a fault rule");
}

static void test_empty_rules_have_no_faults(void **state)
{
	static const char *const specs[] = { NULL, "", " ; ;\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
		struct fault_set *set = make(specs[i]);
		assert_int_equal(pick(set, &page), FAULT_NONE);
		sandbox_fault_set_free(set);
	}
}

static void test_status_rules_have_their_number(void **state)
{
	struct fault_set *set = make("429,retry-after=7,count=1;conflict,count=1; status=503 , retry-after=0");
	struct fault fault;

	(void)state;
	sandbox_fault_pick(set, &page, &fault);
	assert_int_equal(fault.kind, FAULT_STATUS);
	assert_int_equal(fault.status, 429);
	assert_int_equal(fault.retry_after, 7);
	assert_string_equal(fault.name, "429");
	sandbox_fault_pick(set, &page, &fault);
	assert_int_equal(fault.status, 409);
	assert_int_equal(fault.retry_after, -1);
	assert_string_equal(fault.name, "conflict");
	sandbox_fault_pick(set, &page, &fault);
	assert_int_equal(fault.status, 503);
	assert_int_equal(fault.retry_after, 0);
	assert_string_equal(fault.name, "status=503");
	sandbox_fault_set_free(set);
}

static void test_conditions_limit_a_rule(void **state)
{
	struct fault_set *set = make("drop,path=/users/,method=POST,after=2,count=2");
	const struct fault_request other = { .method = "PUT", .path = "/users/create" };

	(void)state;
	assert_int_equal(pick(set, &page), FAULT_NONE);
	assert_int_equal(pick(set, &other), FAULT_NONE);
	assert_int_equal(pick(set, &health), FAULT_NONE);
	assert_int_equal(pick(set, &page), FAULT_NONE);
	assert_int_equal(pick(set, &page), FAULT_DROP);
	assert_int_equal(pick(set, &page), FAULT_DROP);
	assert_int_equal(pick(set, &page), FAULT_NONE);
	sandbox_fault_set_free(set);
	set = make("garbage,path=/users/*");
	assert_int_equal(pick(set, &page), FAULT_GARBAGE);
	assert_int_equal(pick(set, &health), FAULT_NONE);
	sandbox_fault_set_free(set);
}

static void test_seal_faults_match_sealed_answers_only(void **state)
{
	struct fault_set *set = make("badtag,count=1;oldkey");

	(void)state;
	assert_int_equal(pick(set, &health), FAULT_NONE);
	assert_int_equal(pick(set, &key), FAULT_OLDKEY);
	assert_int_equal(pick(set, &page), FAULT_BADTAG);
	assert_int_equal(pick(set, &page), FAULT_OLDKEY);
	sandbox_fault_set_free(set);
}

static void test_latency_is_added_to_another_fault(void **state)
{
	struct fault_set *set = make("latency=20;latency=30,path=/users/;stall=1.5");
	struct fault fault;

	(void)state;
	sandbox_fault_pick(set, &page, &fault);
	assert_int_equal(fault.latency_ms, 50);
	assert_int_equal(fault.kind, FAULT_STALL);
	assert_int_equal(fault.stall_ms, 1500);
	sandbox_fault_pick(set, &health, &fault);
	assert_int_equal(fault.latency_ms, 20);
	sandbox_fault_set_free(set);
}

static void test_rate_is_a_repeatable_share(void **state)
{
	struct fault_set *one = make("drop,rate=0.1");
	struct fault_set *two = make("drop,rate=0.1");
	int hits = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		enum fault_kind kind = pick(one, &page);
		assert_int_equal(pick(two, &page), kind);
		hits += kind == FAULT_DROP;
	}
	assert_in_range(hits, 850, 1150);
	sandbox_fault_set_free(one);
	sandbox_fault_set_free(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_rules_are_refused),
		cmocka_unit_test(test_empty_rules_have_no_faults),
		cmocka_unit_test(test_status_rules_have_their_number),
		cmocka_unit_test(test_conditions_limit_a_rule),
		cmocka_unit_test(test_seal_faults_match_sealed_answers_only),
		cmocka_unit_test(test_latency_is_added_to_another_fault),
		cmocka_unit_test(test_rate_is_a_repeatable_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
