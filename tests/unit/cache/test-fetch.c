/* Concurrent callers share one fetch: result, error, cancelled leaders, followers with a timeout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "../../../src/cache/list.h"
#include "tenantfs/clock.h"
#include "tenantfs/lock.h"

struct follower {
	pthread_t thread;
	struct tfs_list *list;
	struct tfs_op *op;
	int r, result;
	atomic_bool back;
	bool lead; /* ends the fetch when it becomes the leader */
};

static void *follow(void *data)
{
	struct follower *follower = data;

	follower->result = 12345;
	follower->r = tfs_list_fetch_begin(follower->list, follower->op, &follower->result);
	if (follower->r == 1 && follower->lead) {
		struct tfs_doc **docs = calloc(1, sizeof(*docs));

		docs[0] = tfs_doc_new("led", "1", "x", 1, (struct timespec){ 0 });
		tfs_list_fetch_end(follower->list, 0, NULL, docs, 1);
	}
	atomic_store(&follower->back, true);
	return NULL;
}

static void start(struct follower *follower, struct tfs_list *list, uint64_t timeout_ms)
{
	*follower = (struct follower){ .list = list, .op = tfs_op_new(timeout_ms), .lead = true };
	assert_non_null(follower->op);
	assert_int_equal(pthread_create(&follower->thread, NULL, follow, follower), 0);
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

/* Waits until `wanted` callers wait for the fetch. */
static void await_waiters(struct tfs_list *list, size_t wanted)
{
	for (size_t count = 0; count < wanted; pause_ms(1)) {
		tfs_mutex_lock(&list->lock);
		count = 0;
		for (struct fetch_waiter *waiter = list->waiters; waiter; waiter = waiter->next)
			count++;
		tfs_mutex_unlock(&list->lock);
	}
}

struct fixture {
	struct tfs_cache *cache;
	struct tfs_list *list;
	struct tfs_op *op;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_int_equal(tfs_cache_new(1 << 20, &f->cache), 0);
	assert_int_equal(tfs_cache_list(f->cache, "users", &f->list), 0);
	f->op = tfs_op_new(10000);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tfs_op_free(f->op);
	tfs_list_unref(f->list);
	tfs_cache_free(f->cache);
	free(f);
	return 0;
}

static void lead(struct fixture *f)
{
	int result;

	assert_int_equal(tfs_list_fetch_begin(f->list, f->op, &result), 1);
}

static void test_followers_get_the_result(void **state)
{
	struct fixture *f = *state;
	struct follower followers[3];

	lead(f);
	for (int i = 0; i < 3; i++)
		start(&followers[i], f->list, 10000);
	await_waiters(f->list, 3);
	assert_false(atomic_load(&followers[0].back));
	tfs_list_fetch_end(f->list, 0, NULL, NULL, 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(followers[i].thread, NULL);
		assert_int_equal(followers[i].r, 0);
		assert_int_equal(followers[i].result, 0);
		tfs_op_free(followers[i].op);
	}
}

static void test_followers_get_the_error(void **state)
{
	struct fixture *f = *state;
	struct follower follower;
	struct tfs_error error;

	lead(f);
	start(&follower, f->list, 10000);
	await_waiters(f->list, 1);
	tfs_error_set(&error, -EIO, "http", "the server cannot be reached");
	error.status = 503;
	tfs_list_fetch_end(f->list, -EIO, &error, NULL, 0);
	pthread_join(follower.thread, NULL);
	assert_int_equal(follower.r, 0);
	assert_int_equal(follower.result, -EIO);
	assert_string_equal(tfs_op_error(follower.op)->message, "the server cannot be reached");
	assert_int_equal(tfs_op_error(follower.op)->status, 503);
	tfs_op_free(follower.op);
}

static void test_cancelled_leader_is_replaced_by_a_follower(void **state)
{
	struct fixture *f = *state;
	struct follower followers[3];
	int led = 0;

	lead(f);
	for (int i = 0; i < 3; i++)
		start(&followers[i], f->list, 10000);
	await_waiters(f->list, 3);
	tfs_list_fetch_end(f->list, -EINTR, NULL, NULL, 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(followers[i].thread, NULL);
		led += followers[i].r == 1;
		if (followers[i].r == 0)
			assert_int_equal(followers[i].result, 0);
		tfs_op_free(followers[i].op);
	}
	assert_int_equal(led, 1);
	assert_true(tfs_list_complete(f->list, NULL));
	/* No fetch is running any more. */
	lead(f);
	tfs_list_fetch_end(f->list, 0, NULL, NULL, 0);
}

static void test_cancelled_fetch_without_followers_ends(void **state)
{
	struct fixture *f = *state;

	lead(f);
	tfs_list_fetch_end(f->list, -EINTR, NULL, NULL, 0);
	lead(f);
	tfs_list_fetch_end(f->list, 0, NULL, NULL, 0);
}

static void test_followers_can_be_cancelled_and_time_out(void **state)
{
	struct fixture *f = *state;
	struct follower cancelled, late;

	lead(f);
	start(&cancelled, f->list, 10000);
	start(&late, f->list, 50);
	pause_ms(5);
	tfs_op_cancel(cancelled.op);
	pthread_join(cancelled.thread, NULL);
	pthread_join(late.thread, NULL);
	assert_int_equal(cancelled.r, -EINTR);
	assert_int_equal(late.r, -ETIMEDOUT);
	tfs_op_free(cancelled.op);
	tfs_op_free(late.op);
	tfs_list_fetch_end(f->list, 0, NULL, NULL, 0);
}

static void test_cancelled_follower_passes_the_lead_on(void **state)
{
	struct fixture *f = *state;
	struct follower followers[4];

	/* A follower becomes the leader and is cancelled at the same time: another one ends the fetch. */
	for (int round = 0; round < 50; round++) {
		lead(f);
		for (int i = 0; i < 4; i++)
			start(&followers[i], f->list, 10000);
		tfs_op_cancel(followers[round % 4].op);
		tfs_list_fetch_end(f->list, -EINTR, NULL, NULL, 0);
		for (int i = 0; i < 4; i++) {
			pthread_join(followers[i].thread, NULL);
			assert_true(followers[i].r == 0 || followers[i].r == 1 || followers[i].r == -EINTR);
			tfs_op_free(followers[i].op);
		}
	}
}

struct crowd {
	struct tfs_cache *cache;
	unsigned seed;
};

static void use_list(struct crowd *crowd, struct tfs_list *list, struct tfs_op *op)
{
	char name[16], text[64];
	struct tfs_doc *doc, **docs;
	size_t count;
	int result;

	snprintf(name, sizeof(name), "%u", (unsigned)rand_r(&crowd->seed) % 20);
	snprintf(text, sizeof(text), "%u", (unsigned)rand_r(&crowd->seed) % 3);
	switch (rand_r(&crowd->seed) % 6) {
	case 0:
		doc = tfs_doc_new(name, "1", text, strlen(text), (struct timespec){ 0 });
		tfs_list_put(list, doc, NULL);
		tfs_doc_unref(doc);
		break;
	case 1:
		tfs_doc_unref(tfs_list_get(list, name));
		break;
	case 2:
		tfs_list_drop(list, name);
		break;
	case 3:
		if (tfs_list_all(list, &docs, &count) == 0)
			tfs_docs_free(docs, count);
		break;
	case 4:
		if (tfs_list_fetch_begin(list, op, &result) == 1) {
			docs = calloc(1, sizeof(*docs));
			docs[0] = tfs_doc_new(name, "1", text, strlen(text), (struct timespec){ 0 });
			tfs_list_fetch_end(list, rand_r(&crowd->seed) % 3 == 0 ? -EINTR : 0, NULL, docs, 1);
		}
		break;
	default:
		tfs_list_invalidate(list);
	}
}

static void *use_lists(void *data)
{
	struct crowd *crowd = data;
	struct tfs_op *op = tfs_op_new(20000);

	for (int i = 0; i < 3000; i++) {
		char key[16];
		struct tfs_list *list;

		snprintf(key, sizeof(key), "list%u", (unsigned)rand_r(&crowd->seed) % 4);
		if (tfs_cache_list(crowd->cache, key, &list) < 0)
			continue;
		use_list(crowd, list, op);
		tfs_list_unref(list);
	}
	tfs_op_free(op);
	return NULL;
}

static void count_change(void *context, const char *list, struct tfs_doc *old, struct tfs_doc *new)
{
	atomic_size_t *changes = context;

	(void)list;
	assert_true(old || new);
	atomic_fetch_add(changes, 1);
}

static void test_concurrent_use_keeps_the_counts(void **state)
{
	struct crowd crowds[4];
	pthread_t threads[4];
	struct tfs_cache *cache;
	struct tfs_list *list;
	atomic_size_t changes = 0;
	const struct tfs_cache_watcher watcher = { .changed = count_change, .context = &changes };
	size_t left = 0;

	(void)state;
	/* So small that lists are evicted all the time. */
	assert_int_equal(tfs_cache_new(3000, &cache), 0);
	assert_int_equal(tfs_cache_watch(cache, &watcher), 0);
	for (unsigned i = 0; i < 4; i++) {
		crowds[i] = (struct crowd){ .cache = cache, .seed = i };
		assert_int_equal(pthread_create(&threads[i], NULL, use_lists, &crowds[i]), 0);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 4; i++) {
		char key[16];
		struct tfs_doc **docs;
		size_t count;

		snprintf(key, sizeof(key), "list%d", i);
		assert_int_equal(tfs_cache_list(cache, key, &list), 0);
		assert_int_equal(tfs_list_all(list, &docs, &count), 0);
		left += count;
		tfs_docs_free(docs, count);
		tfs_list_unref(list);
	}
	assert_int_equal(tfs_cache_documents(cache), left);
	assert_true(atomic_load(&changes) > 0);
	tfs_cache_free(cache);
}

/* A fetch that began before the list was invalidated fills it, but the list stays stale. */
static void test_list_invalidated_during_a_fetch_stays_stale(void **state)
{
	struct fixture *f = *state;

	for (int round = 0; round < 2; round++) {
		struct tfs_doc **docs = calloc(1, sizeof(*docs));
		struct tfs_doc *doc;

		docs[0] = tfs_doc_new("a", "1", "x", 1, (struct timespec){ 0 });
		lead(f);
		if (round == 0)
			tfs_list_invalidate(f->list);
		tfs_list_fetch_end(f->list, 0, NULL, docs, 1);
		assert_int_equal(tfs_list_fresh(f->list, 60000), round == 1);
		assert_true(tfs_list_complete(f->list, NULL));
		doc = tfs_list_get(f->list, "a");
		assert_int_equal(tfs_doc_fresh(doc, 60000), round == 1);
		tfs_doc_unref(doc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_followers_get_the_result, setup, teardown),
		cmocka_unit_test_setup_teardown(test_followers_get_the_error, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancelled_leader_is_replaced_by_a_follower, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancelled_fetch_without_followers_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_followers_can_be_cancelled_and_time_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancelled_follower_passes_the_lead_on, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list_invalidated_during_a_fetch_stays_stale, setup, teardown),
		cmocka_unit_test(test_concurrent_use_keeps_the_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
