/* The operation: a wait ended by its event, by cancel, by the deadline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tenantfs/clock.h"
#include "tenantfs/lock.h"
#include "tenantfs/op.h"

static void nap(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static void test_new(void **state)
{
	struct tfs_op *a = tfs_op_new(0), *b = tfs_op_new(5000);

	(void)state;
	assert_int_not_equal(tfs_op_id(a), tfs_op_id(b));
	assert_true(tfs_op_left_ms(a) == UINT64_MAX);
	assert_in_range(tfs_op_left_ms(b), 3000, 5000);
	assert_int_equal(tfs_op_uid(a), 0);
	assert_int_equal(tfs_op_pid(a), 0);
	tfs_op_set_caller(a, 10, 20, 30);
	assert_int_equal(tfs_op_uid(a), 10);
	assert_int_equal(tfs_op_gid(a), 20);
	assert_int_equal(tfs_op_pid(a), 30);
	assert_false(tfs_op_cancelled(a));
	assert_int_equal(tfs_op_error(a)->code, 0);
	tfs_op_free(a);
	tfs_op_free(b);
	tfs_op_free(NULL);
}

static void test_overflowing_deadline_is_none(void **state)
{
	struct tfs_op *op = tfs_op_new(UINT64_MAX);

	(void)state;
	assert_true(tfs_op_left_ms(op) == UINT64_MAX);
	tfs_op_free(op);
}

static void test_fail(void **state)
{
	struct tfs_op *op = tfs_op_new(0);

	(void)state;
	assert_int_equal(tfs_fail(op, -EINVAL, "document", "no %s", "name"), -EINVAL);
	assert_int_equal(tfs_op_error(op)->code, -EINVAL);
	assert_string_equal(tfs_op_error(op)->message, "no name");
	tfs_op_free(op);
}

static void test_wait_past_the_deadline(void **state)
{
	struct tfs_op *op = tfs_op_new(50);
	atomic_bool done = false;
	uint64_t start = tfs_clock_ms();

	(void)state;
	assert_int_equal(tfs_op_wait(op, &done), -ETIMEDOUT);
	assert_in_range(tfs_clock_ms() - start, 49, 3000);
	assert_int_equal(tfs_op_left_ms(op), 0);
	assert_int_equal(tfs_op_error(op)->code, -ETIMEDOUT);
	assert_string_equal(tfs_op_error(op)->message, "no answer within the time allowed");
	/* An event that came in spite of that counts. */
	atomic_store(&done, true);
	assert_int_equal(tfs_op_wait(op, &done), 0);
	tfs_op_free(op);
}

static void test_wait_when_already_cancelled(void **state)
{
	struct tfs_op *op = tfs_op_new(0);
	atomic_bool done = false;

	(void)state;
	tfs_op_cancel(op);
	assert_true(tfs_op_cancelled(op));
	assert_int_equal(tfs_op_wait(op, &done), -EINTR);
	assert_string_equal(tfs_op_error(op)->message, "interrupted");
	assert_int_equal(tfs_op_sleep(op, 10), -EINTR);
	atomic_store(&done, true);
	assert_int_equal(tfs_op_wait(op, &done), 0);
	tfs_op_free(op);
}

static void *cancel_later(void *op)
{
	nap(50);
	tfs_op_cancel(op);
	return NULL;
}

static void test_cancel_ends_wait_and_sleep(void **state)
{
	(void)state;
	for (int sleeping = 0; sleeping < 2; sleeping++) {
		struct tfs_op *op = tfs_op_new(20000);
		atomic_bool done = false;
		uint64_t start = tfs_clock_ms();
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, cancel_later, op), 0);
		assert_int_equal(sleeping ? tfs_op_sleep(op, 15000) : tfs_op_wait(op, &done), -EINTR);
		assert_in_range(tfs_clock_ms() - start, 45, 5000);
		pthread_join(thread, NULL);
		tfs_op_free(op);
	}
}

static void test_sleep(void **state)
{
	struct tfs_op *op = tfs_op_new(0), *short_op = tfs_op_new(100);
	uint64_t start = tfs_clock_ms();

	(void)state;
	assert_int_equal(tfs_op_sleep(op, 30), 0);
	assert_in_range(tfs_clock_ms() - start, 30, 3000);
	assert_int_equal(tfs_op_sleep(op, 0), 0);
	start = tfs_clock_ms();
	/* Fails at once instead of sleeping in vain. */
	assert_int_equal(tfs_op_sleep(short_op, 5000), -ETIMEDOUT);
	assert_in_range(tfs_clock_ms() - start, 0, 90);
	assert_string_equal(tfs_op_error(short_op)->message, "no time left to try again");
	tfs_op_free(op);
	tfs_op_free(short_op);
}

static void test_sleep_keeps_an_earlier_error(void **state)
{
	struct tfs_op *op = tfs_op_new(100);

	(void)state;
	tfs_fail(op, -EAGAIN, "api", "too many requests");
	assert_int_equal(tfs_op_sleep(op, 5000), -ETIMEDOUT);
	assert_string_equal(tfs_op_error(op)->message, "too many requests");
	assert_int_equal(tfs_op_error(op)->code, -EAGAIN);
	tfs_op_free(op);
}

struct shared {
	struct tfs_op *op;
	atomic_bool *done;
	atomic_bool quit;
};

static void *wake_often(void *data)
{
	struct shared *shared = data;
	atomic_bool other = false;

	while (!atomic_load(&shared->quit)) {
		tfs_op_signal(shared->op, &other);
		nap(1);
	}
	return NULL;
}

static void test_spurious_wake_does_not_end_the_wait(void **state)
{
	struct tfs_op *op = tfs_op_new(60);
	atomic_bool done = false;
	struct shared shared = { .op = op, .done = &done };
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, wake_often, &shared), 0);
	assert_int_equal(tfs_op_wait(op, &done), -ETIMEDOUT);
	atomic_store(&shared.quit, true);
	pthread_join(thread, NULL);
	tfs_op_free(op);
}

enum { ROUNDS = 3000 };

/* A slot through which a waiter hands its item to the signalling thread. */
struct mailbox {
	struct tfs_mutex lock;
	pthread_cond_t filled;
	struct shared *item; /* protected by lock */
};

static void *serve(void *data)
{
	struct mailbox *box = data;

	for (int i = 0; i < ROUNDS; i++) {
		struct shared *item;

		tfs_mutex_lock(&box->lock);
		while (!box->item)
			tfs_cond_wait(&box->filled, &box->lock);
		item = box->item;
		box->item = NULL;
		tfs_mutex_unlock(&box->lock);
		/* The waiter frees the item as soon as it wakes. */
		tfs_op_signal(item->op, item->done);
	}
	return NULL;
}

static void test_signalled_memory_may_be_freed_at_once(void **state)
{
	struct mailbox box = { .lock = TFS_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER };
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, serve, &box), 0);
	for (int i = 0; i < ROUNDS; i++) {
		atomic_bool *done = malloc(sizeof(*done));
		struct shared *item = malloc(sizeof(*item));

		atomic_init(done, false);
		*item = (struct shared){ .op = tfs_op_new(20000), .done = done };
		tfs_mutex_lock(&box.lock);
		box.item = item;
		pthread_cond_signal(&box.filled);
		tfs_mutex_unlock(&box.lock);
		assert_int_equal(tfs_op_wait(item->op, done), 0);
		tfs_op_free(item->op);
		free(done);
		free(item);
	}
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_overflowing_deadline_is_none),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_wait_past_the_deadline),
		cmocka_unit_test(test_wait_when_already_cancelled),
		cmocka_unit_test(test_cancel_ends_wait_and_sleep),
		cmocka_unit_test(test_sleep),
		cmocka_unit_test(test_sleep_keeps_an_earlier_error),
		cmocka_unit_test(test_spurious_wake_does_not_end_the_wait),
		cmocka_unit_test(test_signalled_memory_may_be_freed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
