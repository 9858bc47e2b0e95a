/* Lists of documents: put, get, drop, order, freshness, versions, watchers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "tenantfs/cache.h"
#include "tenantfs/clock.h"

static const struct timespec then = { .tv_sec = 1000 };

static struct tfs_doc *make(const char *name, const char *id, const char *text)
{
	struct tfs_doc *doc = tfs_doc_new(name, id, text, strlen(text), then);

	assert_non_null(doc);
	return doc;
}

static void put(struct tfs_list *list, const char *name, const char *text)
{
	struct tfs_doc *doc = make(name, "id", text);

	assert_int_equal(tfs_list_put(list, doc, NULL), 0);
	tfs_doc_unref(doc);
}

struct notes {
	char text[4096];
};

static void note(void *context, const char *list, struct tfs_doc *old, struct tfs_doc *new)
{
	struct notes *notes = context;
	size_t len = strlen(notes->text);

	snprintf(notes->text + len, sizeof(notes->text) - len, "%s:%s:%s>%s ", list, new ? new->name : old->name,
		 old ? old->data : "-", new ? new->data : "-");
}

struct fixture {
	struct tfs_cache *cache;
	struct tfs_list *list;
	struct notes notes;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_int_equal(tfs_cache_new(1 << 20, &f->cache), 0);
	const struct tfs_cache_watcher watcher = { .changed = note, .context = &f->notes };

	assert_int_equal(tfs_cache_watch(f->cache, &watcher), 0);
	assert_int_equal(tfs_cache_list(f->cache, "users", &f->list), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tfs_list_unref(f->list);
	tfs_cache_free(f->cache);
	free(f);
	return 0;
}

static void test_document_has_its_parts(void **state)
{
	struct tfs_doc *doc = tfs_doc_new("a b", "42", "x\0y", 3, then);

	(void)state;
	assert_int_equal(doc->len, 3);
	assert_memory_equal(doc->data, "x\0y", 4);
	assert_string_equal(doc->name, "a b");
	assert_int_equal(doc->name_len, 3);
	assert_string_equal(doc->id, "42");
	assert_int_equal(doc->mtime.tv_sec, 1000);
	assert_true(tfs_doc_fresh(doc, 1000));
	tfs_doc_unref(doc);
	tfs_doc_unref(NULL);
}

static void test_documents_are_found_by_name(void **state)
{
	struct fixture *f = *state;
	struct tfs_doc *doc;

	assert_null(tfs_list_get(f->list, "b"));
	put(f->list, "b", "2");
	put(f->list, "a", "1");
	put(f->list, "B", "3");
	doc = tfs_list_get(f->list, "a");
	assert_string_equal(doc->data, "1");
	tfs_doc_unref(doc);
	assert_null(tfs_list_get(f->list, "ab"));
	assert_int_equal(tfs_cache_documents(f->cache), 3);
}

static void test_documents_are_in_byte_order(void **state)
{
	static const char *const names[] = { "zebra", "\xc3\xa9t\xc3\xa9", "Zebra", "a", "ab", "a b", "~", "%2E" };
	static const char *const sorted[] = { "%2E", "Zebra", "a", "a b", "ab", "zebra", "~", "\xc3\xa9t\xc3\xa9" };
	struct fixture *f = *state;
	struct tfs_doc **docs;
	size_t count;

	for (size_t i = 0; i < 8; i++)
		put(f->list, names[i], "x");
	assert_int_equal(tfs_list_all(f->list, &docs, &count), 0);
	assert_int_equal(count, 8);
	for (size_t i = 0; i < 8; i++)
		assert_string_equal(docs[i]->name, sorted[i]);
	tfs_docs_free(docs, count);
}

static void test_equal_text_keeps_the_version(void **state)
{
	struct fixture *f = *state;
	struct tfs_doc *first = make("a", "1", "text"), *same = make("a", "1", "text"), *current;

	same->mtime.tv_sec = 2000;
	assert_int_equal(tfs_list_put(f->list, first, &current), 0);
	assert_ptr_equal(current, first);
	tfs_doc_unref(current);
	atomic_store(&first->fetched_ms, 0);
	atomic_store(&first->stale, true);
	assert_int_equal(tfs_list_put(f->list, same, &current), 0);
	assert_ptr_equal(current, first);
	assert_int_equal(current->mtime.tv_sec, 1000);
	assert_true(atomic_load(&current->fetched_ms) == atomic_load(&same->fetched_ms));
	assert_false(atomic_load(&current->stale));
	tfs_doc_unref(current);
	tfs_doc_unref(first);
	tfs_doc_unref(same);
	assert_string_equal(f->notes.text, "users:a:->text ");
}

static void test_equal_text_of_another_object_is_a_new_version(void **state)
{
	struct fixture *f = *state;
	struct tfs_doc *first = make("a", "1", "text"), *other = make("a", "2", "text"), *current;

	assert_int_equal(tfs_list_put(f->list, first, NULL), 0);
	assert_int_equal(tfs_list_put(f->list, other, &current), 0);
	assert_ptr_equal(current, other);
	assert_true(other->generation > first->generation);
	tfs_doc_unref(current);
	tfs_doc_unref(first);
	tfs_doc_unref(other);
}

static void test_watcher_is_called_once_for_each_change(void **state)
{
	struct fixture *f = *state;

	put(f->list, "a", "1");
	put(f->list, "a", "2");
	put(f->list, "a", "2");
	tfs_list_drop(f->list, "a");
	tfs_list_drop(f->list, "a");
	assert_string_equal(f->notes.text, "users:a:->1 users:a:1>2 users:a:2>- ");
	assert_int_equal(tfs_cache_documents(f->cache), 0);
	assert_int_equal(tfs_cache_bytes(f->cache), 0);
}

/* `spec`: "name=text name=text" */
static void fetch(struct tfs_list *list, struct tfs_op *op, const char *spec)
{
	struct tfs_doc **docs = calloc(16, sizeof(*docs));
	char copy[256], *rest = copy, *word;
	size_t count = 0;
	int result;

	snprintf(copy, sizeof(copy), "%s", spec);
	assert_int_equal(tfs_list_fetch_begin(list, op, &result), 1);
	while ((word = strsep(&rest, " ")) && *word != '\0') {
		char *text = strchr(word, '=');

		*text++ = '\0';
		docs[count++] = make(word, "id", text);
	}
	tfs_list_fetch_end(list, 0, NULL, docs, count);
}

static void test_listing_replaces_the_documents(void **state)
{
	struct fixture *f = *state;
	struct tfs_op *op = tfs_op_new(1000);
	struct tfs_doc *kept, *again;
	uint64_t age = 99999;

	assert_false(tfs_list_complete(f->list, NULL));
	assert_false(tfs_list_fresh(f->list, UINT64_MAX));
	put(f->list, "gone", "0");
	put(f->list, "kept", "1");
	put(f->list, "other", "2");
	kept = tfs_list_get(f->list, "kept");
	f->notes.text[0] = '\0';
	fetch(f->list, op, "other=3 new=4 kept=1");
	assert_string_equal(f->notes.text, "users:gone:0>- users:new:->4 users:other:2>3 ");
	again = tfs_list_get(f->list, "kept");
	assert_ptr_equal(kept, again);
	assert_true(tfs_list_complete(f->list, &age));
	assert_true(age < 10000);
	assert_true(tfs_list_fresh(f->list, 10000));
	assert_int_equal(tfs_cache_documents(f->cache), 3);
	tfs_doc_unref(kept);
	tfs_doc_unref(again);
	tfs_op_free(op);
}

static void test_first_of_two_documents_of_one_name_stays(void **state)
{
	struct fixture *f = *state;
	struct tfs_op *op = tfs_op_new(1000);

	fetch(f->list, op, "a=1 b=2 a=1");
	assert_int_equal(tfs_cache_documents(f->cache), 2);
	tfs_op_free(op);
}

static void test_failed_listing_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct tfs_op *op = tfs_op_new(1000);
	int result;

	fetch(f->list, op, "a=1");
	tfs_list_invalidate(f->list);
	assert_int_equal(tfs_list_fetch_begin(f->list, op, &result), 1);
	tfs_list_fetch_end(f->list, -EIO, NULL, NULL, 0);
	assert_int_equal(tfs_cache_documents(f->cache), 1);
	assert_true(tfs_list_complete(f->list, NULL));
	assert_false(tfs_list_fresh(f->list, UINT64_MAX));
	tfs_op_free(op);
}

static void test_stale_list_keeps_its_documents(void **state)
{
	struct fixture *f = *state;
	struct tfs_op *op = tfs_op_new(1000);
	struct tfs_doc *doc;

	fetch(f->list, op, "a=1");
	tfs_list_invalidate(f->list);
	assert_false(tfs_list_fresh(f->list, UINT64_MAX));
	assert_true(tfs_list_complete(f->list, NULL));
	doc = tfs_list_get(f->list, "a");
	assert_false(tfs_doc_fresh(doc, UINT64_MAX));
	tfs_doc_unref(doc);
	fetch(f->list, op, "a=1");
	doc = tfs_list_get(f->list, "a");
	assert_true(tfs_doc_fresh(doc, 10000));
	tfs_doc_unref(doc);
	tfs_op_free(op);
}

static void test_changes_during_a_listing_win(void **state)
{
	struct fixture *f = *state;
	struct tfs_op *op = tfs_op_new(1000);
	struct tfs_doc **docs = calloc(3, sizeof(*docs)), *doc;
	int result;

	put(f->list, "removed", "1");
	put(f->list, "saved", "old");
	assert_int_equal(tfs_list_fetch_begin(f->list, op, &result), 1);
	tfs_list_drop(f->list, "removed");
	put(f->list, "saved", "new");
	put(f->list, "made", "new");
	docs[0] = make("removed", "id", "1");
	docs[1] = make("saved", "id", "old");
	tfs_list_fetch_end(f->list, 0, NULL, docs, 2);
	assert_null(tfs_list_get(f->list, "removed"));
	doc = tfs_list_get(f->list, "saved");
	assert_string_equal(doc->data, "new");
	tfs_doc_unref(doc);
	doc = tfs_list_get(f->list, "made");
	assert_non_null(doc);
	tfs_doc_unref(doc);
	/* The next listing replaces everything again. */
	fetch(f->list, op, "removed=1");
	assert_int_equal(tfs_cache_documents(f->cache), 1);
	tfs_op_free(op);
}

static void test_snapshot_outlives_a_dropped_document(void **state)
{
	struct fixture *f = *state;
	struct tfs_doc **docs;
	size_t count;

	put(f->list, "a", "1");
	assert_int_equal(tfs_list_all(f->list, &docs, &count), 0);
	tfs_list_drop(f->list, "a");
	assert_string_equal(docs[0]->data, "1");
	tfs_docs_free(docs, count);
}

static void test_least_recently_used_list_is_evicted(void **state)
{
	struct tfs_cache *cache;
	struct tfs_list *lists[4];
	char text[1001], name[16];
	struct tfs_op *op = tfs_op_new(1000);
	int result;

	(void)state;
	memset(text, 'x', 1000);
	text[1000] = '\0';
	assert_int_equal(tfs_cache_new(26000, &cache), 0);
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "list%d", i);
		assert_int_equal(tfs_cache_list(cache, name, &lists[i]), 0);
	}
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 7; j++) {
			snprintf(name, sizeof(name), "%d", j);
			put(lists[i], name, text);
		}
	}
	/* The first is being fetched and the third was used later: the second is evicted. */
	assert_int_equal(tfs_list_fetch_begin(lists[0], op, &result), 1);
	tfs_doc_unref(tfs_list_get(lists[2], "1"));
	for (int j = 0; j < 4; j++) {
		snprintf(name, sizeof(name), "%d", j);
		put(lists[3], name, text);
	}
	assert_null(tfs_list_get(lists[1], "1"));
	for (int i = 0; i < 4; i++) {
		struct tfs_doc *doc = tfs_list_get(lists[i], "1");

		assert_int_equal(!!doc, i != 1);
		tfs_doc_unref(doc);
	}
	assert_true(tfs_cache_bytes(cache) <= 26000);
	assert_int_equal(tfs_cache_documents(cache), 18);
	tfs_list_fetch_end(lists[0], -EIO, NULL, NULL, 0);
	for (int i = 0; i < 4; i++)
		tfs_list_unref(lists[i]);
	tfs_cache_free(cache);
	tfs_op_free(op);
}

static void test_evicted_list_is_not_complete(void **state)
{
	struct tfs_cache *cache;
	struct tfs_list *first, *second;
	struct tfs_op *op = tfs_op_new(1000);
	char text[2001];

	(void)state;
	memset(text, 'x', 2000);
	text[2000] = '\0';
	assert_int_equal(tfs_cache_new(3000, &cache), 0);
	assert_int_equal(tfs_cache_list(cache, "a", &first), 0);
	assert_int_equal(tfs_cache_list(cache, "b", &second), 0);
	fetch(first, op, "a=1");
	put(first, "big", text);
	put(second, "big", text);
	assert_false(tfs_list_complete(first, NULL));
	/* A list larger than the limit stays while it is in use. */
	put(second, "big2", text);
	assert_int_equal(tfs_cache_documents(cache), 2);
	tfs_list_unref(first);
	tfs_list_unref(second);
	tfs_cache_free(cache);
	tfs_op_free(op);
}

static void test_document_costs_little_memory(void **state)
{
	struct fixture *f = *state;
	char name[16], text[301];

	memset(text, 'x', 300);
	text[300] = '\0';
	for (int i = 0; i < 100; i++) {
		struct tfs_doc *doc;

		snprintf(name, sizeof(name), "user%04d", i);
		doc = make(name, "5f3d8d0cd866fa61019cf968", text);
		assert_int_equal(tfs_list_put(f->list, doc, NULL), 0);
		tfs_doc_unref(doc);
	}
	assert_true(tfs_cache_bytes(f->cache) / 100 - 300 <= 160);
}

static void note_listed(void *context, const char *key, struct tfs_list *list)
{
	struct notes *notes = context;
	size_t len = strlen(notes->text), count = 0;
	struct tfs_doc **docs;

	assert_int_equal(tfs_list_all(list, &docs, &count), 0);
	tfs_docs_free(docs, count);
	snprintf(notes->text + len, sizeof(notes->text) - len, "%s=%zu ", key, count);
}

static void list_one(struct fixture *f)
{
	struct tfs_doc **docs = calloc(1, sizeof(*docs));
	struct tfs_op *op = tfs_op_new(0);
	int result;

	docs[0] = make("a", "1", "x");
	assert_int_equal(tfs_list_fetch_begin(f->list, op, &result), 1);
	tfs_list_fetch_end(f->list, 0, NULL, docs, 1);
	tfs_op_free(op);
}

/* Each watcher is called until it unwatches; for a listing only if the list was incomplete. */
static void test_several_watchers_are_called(void **state)
{
	struct fixture *f = *state;
	struct notes other = { "" };
	const struct tfs_cache_watcher watcher = { note, note_listed, &other };

	assert_int_equal(tfs_cache_watch(f->cache, &watcher), 0);
	list_one(f);
	list_one(f);
	assert_string_equal(f->notes.text, "users:a:->x ");
	assert_string_equal(other.text, "users:a:->x users=1 ");
	tfs_cache_unwatch(f->cache, &other);
	put(f->list, "a", "y");
	assert_string_equal(f->notes.text, "users:a:->x users:a:x>y ");
	assert_string_equal(other.text, "users:a:->x users=1 ");
	for (int i = 0; i < 3; i++)
		assert_int_equal(tfs_cache_watch(f->cache, &watcher), 0);
	assert_int_equal(tfs_cache_watch(f->cache, &watcher), -ENOSPC);
}

struct slow {
	atomic_bool begun, ended;
	struct tfs_list *list;
};

static void notify_slowly(void *context, const char *key, struct tfs_doc *old, struct tfs_doc *new)
{
	struct slow *slow = context;

	(void)key, (void)old, (void)new;
	atomic_store(&slow->begun, true);
	usleep(50000);
	atomic_store(&slow->ended, true);
}

static void *put_one(void *data)
{
	put(((struct slow *)data)->list, "a", "x");
	return NULL;
}

/* After unwatching, the watcher's context may be freed. */
static void test_unwatch_waits_for_a_running_call(void **state)
{
	struct fixture *f = *state;
	struct slow slow = { .list = f->list };
	const struct tfs_cache_watcher watcher = { .changed = notify_slowly, .context = &slow };
	pthread_t thread;

	assert_int_equal(tfs_cache_watch(f->cache, &watcher), 0);
	assert_int_equal(pthread_create(&thread, NULL, put_one, &slow), 0);
	while (!atomic_load(&slow.begun))
		usleep(100);
	tfs_cache_unwatch(f->cache, &slow);
	assert_true(atomic_load(&slow.ended));
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document_has_its_parts),
		cmocka_unit_test_setup_teardown(test_documents_are_found_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_documents_are_in_byte_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_equal_text_keeps_the_version, setup, teardown),
		cmocka_unit_test_setup_teardown(test_equal_text_of_another_object_is_a_new_version, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watcher_is_called_once_for_each_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_several_watchers_are_called, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unwatch_waits_for_a_running_call, setup, teardown),
		cmocka_unit_test_setup_teardown(test_listing_replaces_the_documents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first_of_two_documents_of_one_name_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_listing_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale_list_keeps_its_documents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changes_during_a_listing_win, setup, teardown),
		cmocka_unit_test_setup_teardown(test_snapshot_outlives_a_dropped_document, setup, teardown),
		cmocka_unit_test(test_least_recently_used_list_is_evicted),
		cmocka_unit_test(test_evicted_list_is_not_complete),
		cmocka_unit_test_setup_teardown(test_document_costs_little_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
