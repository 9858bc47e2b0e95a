/* Listing and look-up: pages, caching, hostile answers. */
#include "fake.c"

#include <pthread.h>

#define FETCH "POST /people/fetch"
#define PAGE(index) "{\"body\":{\"size\":2,\"index\":" #index ",\"tenant\":\"ten1\"}}"
#define BOB "{\"uid\":\"u-bob\",\"username\":\"bob\",\"roleValue\":\"admin\"}"
#define ANN "{\"uid\":\"u-ann\",\"username\":\"ann\",\"roleValue\":\"user\"}"
#define EVE "{\"uid\":\"u-eve\",\"username\":\"eve\",\"roleValue\":\"user\"}"
#define CY "{\"uid\":\"u-cy\",\"username\":\"cy\",\"roleValue\":\"user\"}"
#define OF(total, records) "{\"page\":{\"total\":" #total "},\"data\":[" records "]}"

static void test_each_page_is_read_once(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *doc;

	assert_string_equal(tfs_resource_path(resource), "people");
	SCRIPT(fake, { FETCH, PAGE(0), 0, OF(3, BOB "," ANN), 0 }, { FETCH, PAGE(1), 0, OF(3, EVE), 0 });
	assert_names(fake, resource, UINT64_MAX, "ann bob eve ");
	all_called(fake);
	NO_CALLS(fake);
	assert_names(fake, resource, UINT64_MAX, "ann bob eve ");
	doc = get(fake, resource, "bob", UINT64_MAX);
	assert_string_equal(doc->data, "{\n  \"username\": \"bob\",\n  \"role\": \"admin\",\n"
				       "  \"_server\": {\n    \"uid\": \"u-bob\"\n  }\n}\n");
	assert_string_equal(doc->id, "u-bob");
	tfs_doc_unref(doc);
	/* A name missing in a fresh list needs no call. */
	doc = NULL;
	assert_failed(fake, tfs_resource_get(resource, fake->op, "carl", UINT64_MAX, &doc), -ENOENT,
		      "there is no \"carl\"");
}

static void test_full_last_page_ends_the_list(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);

	SCRIPT(fake, { FETCH, PAGE(0), 0, OF(2, BOB "," ANN), 0 });
	assert_names(fake, resource, UINT64_MAX, "ann bob ");
	SCRIPT(fake, { FETCH, PAGE(0), 0, OF(0, ""), 0 });
	assert_names(fake, resource, 0, "");
	/* Pages without a total are read until one is not full. */
	SCRIPT(fake, { FETCH, PAGE(0), 0, "{\"data\":[" BOB "," ANN "]}", 0 },
	       { FETCH, PAGE(1), 0, "{\"data\":[" EVE "]}", 0 });
	assert_names(fake, resource, 0, "ann bob eve ");
	/* A total may be a text. */
	SCRIPT(fake, { FETCH, PAGE(0), 0, "{\"page\":{\"total\":\"2\"},\"data\":[" BOB "," ANN "]}", 0 });
	assert_names(fake, resource, 0, "ann bob ");
	all_called(fake);
}

/* An insertion between two pages shifted the records: bob came twice, eve never. */
static void test_shifted_list_is_read_again(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);

	SCRIPT(fake, { FETCH, PAGE(0), 0, OF(3, ANN "," BOB), 0 }, { FETCH, PAGE(1), 0, OF(4, BOB), 0 },
	       { FETCH, PAGE(0), 0, OF(4, "{\"uid\":\"u-a\",\"username\":\"a\"}," ANN), 0 },
	       { FETCH, PAGE(1), 0, OF(4, BOB "," EVE), 0 });
	assert_names(fake, resource, 0, "a ann bob eve ");
	all_called(fake);
}

/* A removal between two pages shifted the records: bob never came. The total tells, or that bob was known. */
static void test_removal_between_pages_drops_no_other(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);

	SCRIPT(fake, { FETCH, PAGE(0), 0, OF(4, ANN "," CY), 0 }, { FETCH, PAGE(1), 0, OF(3, EVE), 0 },
	       { FETCH, PAGE(2), 0, OF(3, ""), 0 }, { FETCH, PAGE(0), 0, OF(3, CY "," BOB), 0 },
	       { FETCH, PAGE(1), 0, OF(3, EVE), 0 });
	assert_names(fake, resource, 0, "bob cy eve ");
	all_called(fake);
	/* One came for one that went. */
	SCRIPT(fake, { FETCH, PAGE(0), 0, OF(3, CY "," BOB), 0 }, { FETCH, PAGE(1), 0, OF(3, ANN), 0 },
	       { FETCH, PAGE(0), 0, OF(3, BOB "," EVE), 0 }, { FETCH, PAGE(1), 0, OF(3, ANN), 0 });
	assert_names(fake, resource, 0, "ann bob eve ");
	all_called(fake);
}

static void test_hostile_totals_are_bounded(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc **docs;
	size_t count;

	/* A list that lacks what it counts is read again once, and is no list then. */
	SCRIPT(fake, { FETCH, PAGE(0), 0, OF(1000000000, ""), 0 }, { FETCH, PAGE(0), 0, OF(1000000000, ""), 0 });
	assert_failed(fake, tfs_resource_list(resource, fake->op, 0, &docs, &count), -EBADMSG,
		      "POST /people/fetch: the service counts 1000000000 records and returned 0");
	all_called(fake);
	SCRIPT(fake, { FETCH, PAGE(0), 0, OF(1000000000, BOB), 0 });
	assert_failed(fake, tfs_resource_list(resource, fake->op, 0, &docs, &count), -EBADMSG,
		      "POST /people/fetch: the answer claims more objects than can be");
	SCRIPT(fake, { FETCH, PAGE(0), 0, OF(-5, BOB), 0 });
	assert_names(fake, resource, 0, "bob ");
	SCRIPT(fake, { FETCH, PAGE(0), 0, "{\"page\":{\"total\":3}}", 0 });
	assert_failed(fake, tfs_resource_list(resource, fake->op, 0, &docs, &count), -EBADMSG,
		      "POST /people/fetch: expected a list of records with \"username\" or \"uid\" at /data, and got "
		      "an object with \"page\"");
	SCRIPT(fake, { FETCH, PAGE(0), 0, "{\"data\":{\"a\":1}}", 0 });
	assert_failed(fake, tfs_resource_list(resource, fake->op, 0, &docs, &count), -EBADMSG,
		      "POST /people/fetch: expected a list of records with \"username\" or \"uid\" at /data, and got "
		      "an object with \"a\"");
	/* The previous list is kept. */
	assert_names(fake, resource, UINT64_MAX, "bob ");
	all_called(fake);
}

static int serve_drops(struct fake *fake, const char *call, const json_t *args, struct tfs_api_answer *ret)
{
	const int *total = fake->data;
	json_t *name = json_sprintf("x%d", (int)json_integer_value(tfs_json_at(args, "/body/index")));

	(void)call;
	ret->body = json_pack("{s{si}s[{so}]}", "page", "total", *total, "data", "username", name);
	return 0;
}

static void test_list_of_too_short_pages_is_refused(void **state)
{
	struct tfs_kind kind = people;
	struct fake *fake = *state;
	struct tfs_doc **docs;
	int total = 20;
	size_t count;

	/* Pages shorter than requested are accepted, … */
	fake->serve = serve_drops;
	fake->data = &total;
	assert_int_equal(tfs_resource_list(open_resource(fake, &people), fake->op, 0, &docs, &count), 0);
	assert_int_equal(count, 20);
	assert_int_equal(atomic_load(&fake->calls), 20);
	tfs_docs_free(docs, count);
	/* … up to a limit. */
	kind.name = "crowd";
	kind.page_size = 100;
	total = 10000;
	atomic_store(&fake->calls, 0);
	assert_failed(fake, tfs_resource_list(open_resource(fake, &kind), fake->op, 0, &docs, &count), -EBADMSG,
		      "POST /people/fetch: the list does not end");
	assert_int_equal(atomic_load(&fake->calls), 420);
}

/* Answers later pages first. */
struct crowd {
	atomic_int under_way, most;
};

static int serve_backwards(struct fake *fake, const char *call, const json_t *args, struct tfs_api_answer *ret)
{
	struct crowd *crowd = fake->data;
	int page = (int)json_integer_value(tfs_json_at(args, "/body/index"));
	int now = atomic_fetch_add(&crowd->under_way, 1) + 1, most = atomic_load(&crowd->most);

	(void)call;
	while (now > most && !atomic_compare_exchange_weak(&crowd->most, &most, now))
		;
	usleep(page % 3 == 1 ? 30000 : 3000);
	atomic_fetch_sub(&crowd->under_way, 1);
	ret->body = json_pack("{s{si}s[{so}{so}]}", "page", "total", 20, "data", "username",
			      json_sprintf("x%02da", page), "username", json_sprintf("x%02db", page));
	return 0;
}

static void test_pages_are_fetched_concurrently(void **state)
{
	struct crowd crowd = { 0 };
	struct fake *fake = *state;
	struct tfs_doc **docs;
	size_t count;

	fake->serve = serve_backwards;
	fake->data = &crowd;
	assert_int_equal(tfs_resource_list(open_resource(fake, &people), fake->op, 0, &docs, &count), 0);
	assert_int_equal(count, 20);
	assert_string_equal(docs[0]->name, "x00a");
	assert_string_equal(docs[19]->name, "x09b");
	assert_int_equal(atomic_load(&fake->calls), 10);
	assert_int_equal(atomic_load(&crowd.most), 3);
	tfs_docs_free(docs, count);
}

static int serve_growing(struct fake *fake, const char *call, const json_t *args, struct tfs_api_answer *ret)
{
	(void)fake;
	(void)call;
	(void)args;
	ret->body = json_pack("{s{si}s[{ss}]}", "page", "total", 10000000, "data", "username", "x");
	return 0;
}

static void test_list_larger_than_the_cache_is_refused(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc **docs;
	size_t count;

	fake->config.cache_ceiling = 100000;
	fake->serve = serve_growing;
	assert_failed(fake, tfs_resource_list(resource, fake->op, 0, &docs, &count), -EFBIG,
		      "people: the list is larger than cache-ceiling allows");
}

static void test_invalid_records_do_not_break_a_list(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);

	SCRIPT(fake, { "GET /apps", "{}", 0,
		       "[1,null,[],\"text\",{},{\"name\":\"ok\",\"_id\":\"1\"},{\"name\":\"..\",\"_id\":\"2\"},"
		       "{\"name\":\"a/"
		       "b\",\"_id\":\"3\"},{\"name\":\"\",\"_id\":\"4\"},{\"name\":\"x\\u0000y\",\"_id\":\"5\"},"
		       "{\"_id\":\"6\"},{\"name\":{},\"_id\":\"7\"},{\"name\":8,\"_id\":8},{\"name\":null,\"_id\":"
		       "null},"
		       "{\"name\":\"noid\"},{\"name\":\"100%\",\"_id\":\"9\"}]",
		       0 });
	assert_names(fake, resource, UINT64_MAX, "%2E. 100%25 4 6 7 8 a%2Fb noid ok text x%00y ");
	all_called(fake);
}

static void test_namesakes_get_the_ends_of_their_ids(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);

	SCRIPT(fake, { "GET /apps", NULL, 0,
		       "[{\"name\":\"a\",\"_id\":\"5f3d8d0cd866fa61019cf968\"},{\"name\":\"b\",\"_id\":\"1\"},"
		       "{\"name\":\"a\",\"_id\":\"5f3d8d0cd866fa61019cf969\"},{\"name\":\"A\",\"_id\":\"2\"},"
		       "{\"name\":\"b\",\"_id\":\"1\"}]",
		       0 });
	assert_names(fake, resource, UINT64_MAX, "A a~9cf968 a~9cf969 b ");
	SCRIPT(fake, { "GET /apps", NULL, 0,
		       "[{\"name\":\"a\",\"_id\":\"5f3d8d0cd866fa61019cf969\"},"
		       "{\"name\":\"a\",\"_id\":\"5f3d8d0cd866fa61019cf968\"}]",
		       0 });
	assert_names(fake, resource, 0, "a~9cf968 a~9cf969 ");
}

static void test_look_up_is_one_call(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *doc = NULL;

	SCRIPT(fake, { FETCH, "{\"body\":{\"query\":{\"username\":\"bob\"}}}", 0, OF(1, BOB), 0 });
	doc = get(fake, resource, "bob", UINT64_MAX);
	assert_string_equal(doc->name, "bob");
	tfs_doc_unref(doc);
	NO_CALLS(fake);
	tfs_doc_unref(get(fake, resource, "bob", UINT64_MAX));
	/* Other records in the answer are ignored. */
	SCRIPT(fake, { FETCH, "{\"body\":{\"query\":{\"username\":\"Bob\"}}}", 0, OF(1, BOB), 0 });
	doc = NULL;
	assert_failed(fake, tfs_resource_get(resource, fake->op, "Bob", UINT64_MAX, &doc), -ENOENT,
		      "there is no \"Bob\"");
	/* A 404 means the same. */
	SCRIPT(fake, { FETCH, NULL, -ENOENT, NULL, 404 });
	assert_failed(fake, tfs_resource_get(resource, fake->op, "eve", UINT64_MAX, &doc), -ENOENT,
		      "there is no \"eve\"");
	/* Escapes are decoded. */
	SCRIPT(fake, { FETCH, "{\"body\":{\"query\":{\"username\":\"a/b\"}}}", 0,
		       OF(1, "{\"username\":\"a/b\",\"uid\":\"7\"}"), 0 });
	tfs_doc_unref(get(fake, resource, "a%2Fb", UINT64_MAX));
	/* A removed object is dropped from the cache. */
	SCRIPT(fake, { FETCH, NULL, 0, OF(0, ""), 0 });
	assert_failed(fake, tfs_resource_get(resource, fake->op, "bob", 0, &doc), -ENOENT, "there is no \"bob\"");
	assert_int_equal(tfs_cache_documents(fake->cache), 1);
	all_called(fake);
}

static void test_look_up_finds_the_right_namesake(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *doc = NULL;
	static const char both[] =
		OF(2, "{\"username\":\"bob\",\"uid\":\"aaaaaa\"},{\"username\":\"bob\",\"uid\":\"bbbbbb\"}");

	SCRIPT(fake, { FETCH, "{\"body\":{\"query\":{\"username\":\"bob\"}}}", 0, both, 0 });
	doc = get(fake, resource, "bob~bbbbbb", UINT64_MAX);
	assert_string_equal(doc->id, "bbbbbb");
	tfs_doc_unref(doc);
	SCRIPT(fake, { FETCH, NULL, 0, both, 0 });
	doc = NULL;
	assert_failed(fake, tfs_resource_get(resource, fake->op, "bob", 0, &doc), -ENOENT, "there is no \"bob\"");
}

static void test_cached_documents_are_served_without_the_server(void **state)
{
	static const int codes[] = { -EIO, -ETIMEDOUT, -EAGAIN, -EACCES };
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps), *other = open_resource(fake, &people);
	struct tfs_doc **docs, *doc = NULL;
	size_t count;

	SCRIPT(fake, { "GET /apps", NULL, -EIO, NULL, 0 });
	assert_failed(fake, tfs_resource_list(resource, fake->op, 0, &docs, &count), -EIO, "refused by the script");
	SCRIPT(fake, { "GET /apps", NULL, 0, "[{\"name\":\"a\",\"_id\":\"1\"}]", 0 });
	assert_names(fake, resource, 0, "a ");
	SCRIPT(fake, { FETCH, NULL, 0, OF(1, BOB), 0 });
	tfs_doc_unref(get(fake, other, "bob", 0));
	for (size_t i = 0; i < COUNT(codes); i++) {
		SCRIPT(fake, { "GET /apps", NULL, codes[i], NULL, 0 }, { FETCH, NULL, codes[i], NULL, 0 });
		assert_names(fake, resource, 0, "a ");
		assert_int_equal(tfs_op_error(fake->op)->code, 0);
		tfs_doc_unref(get(fake, other, "bob", 0));
		all_called(fake);
	}
	/* An uncached document is still requested; a cached one is not while the server is down. */
	tfs_store_refresh(fake->store, "");
	SCRIPT(fake, { FETCH, NULL, -EIO, NULL, 0 });
	assert_failed(fake, tfs_resource_get(other, fake->op, "eve", UINT64_MAX, &doc), -EIO, "refused by the script");
	NO_CALLS(fake);
	assert_names(fake, resource, UINT64_MAX, "a ");
	tfs_doc_unref(get(fake, other, "bob", UINT64_MAX));
	assert_int_equal(tfs_resource_get(resource, fake->op, "b", UINT64_MAX, &doc), -ENOENT);
	assert_true(tfs_resource_was_stale(resource, NULL, UINT64_MAX));
	assert_true(tfs_resource_was_stale(other, "bob", UINT64_MAX));
	/* A new answer ends the stale state. */
	SCRIPT(fake, { "GET /apps", NULL, 0, "[{\"name\":\"a\",\"_id\":\"1\"}]", 0 },
	       { FETCH, NULL, 0, OF(1, BOB), 0 });
	assert_names(fake, resource, 0, "a ");
	tfs_doc_unref(get(fake, other, "bob", 0));
	assert_false(tfs_resource_was_stale(resource, NULL, UINT64_MAX));
	assert_false(tfs_resource_was_stale(other, "bob", UINT64_MAX));
}

static void test_refusal_is_reported_despite_the_cache(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);
	struct tfs_doc **docs;
	size_t count;

	SCRIPT(fake, { "GET /apps", NULL, 0, "[]", 0 }, { "GET /apps", NULL, -EPERM, NULL, 403 },
	       { "GET /apps", NULL, -ENOENT, NULL, 404 });
	assert_names(fake, resource, 0, "");
	assert_failed(fake, tfs_resource_list(resource, fake->op, 0, &docs, &count), -EPERM, "refused by the script");
	assert_failed(fake, tfs_resource_list(resource, fake->op, 0, &docs, &count), -ENOENT, "refused by the script");
}

static void test_refresh_invalidates_the_paths_below(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps), *other = open_resource(fake, &settings);

	SCRIPT(fake, { "GET /apps", NULL, 0, "[]", 0 }, { "GET /settings", NULL, 0, "{\"attempts\":3}", 0 });
	assert_names(fake, resource, UINT64_MAX, "");
	assert_names(fake, other, UINT64_MAX, "mfa ");
	NO_CALLS(fake);
	tfs_store_refresh(fake->store, "communities/default/app");
	tfs_store_refresh(fake->store, "elsewhere");
	assert_names(fake, resource, UINT64_MAX, "");
	assert_names(fake, other, UINT64_MAX, "mfa ");
	SCRIPT(fake, { "GET /apps", NULL, 0, "[]", 0 });
	tfs_store_refresh(fake->store, "communities/default/apps/one.json");
	assert_names(fake, resource, UINT64_MAX, "");
	assert_names(fake, other, UINT64_MAX, "mfa ");
	SCRIPT(fake, { "GET /apps", NULL, 0, "[]", 0 }, { "GET /settings", NULL, 0, "{\"attempts\":3}", 0 });
	tfs_store_refresh(fake->store, "communities/default");
	assert_names(fake, resource, UINT64_MAX, "");
	assert_names(fake, other, UINT64_MAX, "mfa ");
	all_called(fake);
}

static void test_single_document_is_read_by_its_call(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &settings);
	struct tfs_doc *doc = NULL;

	assert_string_equal(tfs_resource_path(resource), "communities/default/settings/mfa.json");
	SCRIPT(fake, { "GET /settings", "{}", 0, "{\"prompt\":\"p\",\"attempts\":\"3\"}", 0 });
	doc = get(fake, resource, "mfa", UINT64_MAX);
	assert_doc(doc, "{\"attempts\":3,\"prompt\":\"p\"}");
	tfs_doc_unref(doc);
	doc = NULL;
	assert_failed(fake, tfs_resource_get(resource, fake->op, "other", UINT64_MAX, &doc), -ENOENT,
		      "there is no \"other\"");
}

static void test_single_documents_of_other_forms_are_read(void **state)
{
	struct fake *fake = *state;
	struct tfs_doc *doc;

	SCRIPT(fake, { "GET /apps", NULL, 0, "[\"admin\",\"user\"]", 0 });
	doc = get(fake, open_resource(fake, &words), "admin", UINT64_MAX);
	assert_doc(doc, "{\"name\":\"admin\"}");
	tfs_doc_unref(doc);
	SCRIPT(fake, { "GET /apps", NULL, 0, "[{\"b\":1,\"a\":2}]", 0 });
	doc = get(fake, open_resource(fake, &wrapped), "wrapped", UINT64_MAX);
	assert_doc(doc, "{\"items\":[{\"a\":2,\"b\":1}]}");
	tfs_doc_unref(doc);
	SCRIPT(fake, { "GET /apps", NULL, 1, "<xml/>", 0 });
	doc = get(fake, open_resource(fake, &raw), "metadata.xml", UINT64_MAX);
	assert_string_equal(doc->data, "<xml/>");
	tfs_doc_unref(doc);
}

static void test_times_are_of_the_server_or_the_first_read(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *doc;
	struct timespec first;

	SCRIPT(fake, { FETCH, NULL, 0,
		       OF(1, "{\"username\":\"bob\",\"uid\":\"1\",\"updatedAt\":\"2024-05-01T10:20:30Z\"}"), 0 });
	doc = get(fake, resource, "bob", 0);
	assert_int_equal(doc->mtime.tv_sec, 1714558830);
	tfs_doc_unref(doc);
	SCRIPT(fake, { FETCH, NULL, 0, OF(1, "{\"username\":\"bob\",\"uid\":\"1\"}"), 0 });
	doc = get(fake, resource, "bob", 0);
	first = doc->mtime;
	assert_true(labs(first.tv_sec - tfs_clock_wall().tv_sec) < 5);
	tfs_doc_unref(doc);
	SCRIPT(fake, { FETCH, NULL, 0, OF(1, "{\"username\":\"bob\",\"uid\":\"1\"}"), 0 });
	doc = get(fake, resource, "bob", 0);
	assert_int_equal(doc->mtime.tv_nsec, first.tv_nsec);
	tfs_doc_unref(doc);
}

static int serve_slowly(struct fake *fake, const char *call, const json_t *args, struct tfs_api_answer *ret)
{
	(void)fake;
	(void)args;
	usleep(100000);
	if (strcmp(call, "GET /apps") == 0)
		ret->body = json_pack("[{ss}]", "name", "a");
	else
		ret->body = json_pack("{s{si}s[{ssss}]}", "page", "total", 1, "data", "username", "bob", "uid", "1");
	return 0;
}

struct reader {
	pthread_t thread;
	struct tfs_resource *resource;
	const char *name;
	struct tfs_op *op;
	int r;
	size_t count;
};

static void *read_slowly(void *data)
{
	struct reader *reader = data;
	struct tfs_doc **docs, *doc;

	if (reader->name) {
		reader->r = tfs_resource_get(reader->resource, reader->op, reader->name, UINT64_MAX, &doc);
		reader->count = reader->r == 0;
		if (reader->r == 0)
			tfs_doc_unref(doc);
		return NULL;
	}
	reader->r = tfs_resource_list(reader->resource, reader->op, UINT64_MAX, &docs, &reader->count);
	if (reader->r == 0)
		tfs_docs_free(docs, reader->count);
	return NULL;
}

static void run_readers(struct fake *fake, struct tfs_resource *resource, const char *name, bool cancel_first)
{
	struct reader readers[6];

	fake->serve = serve_slowly;
	atomic_store(&fake->calls, 0);
	for (int i = 0; i < 6; i++) {
		readers[i] = (struct reader){ .resource = resource, .name = name, .op = tfs_op_new(10000) };
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_slowly, &readers[i]), 0);
		if (i == 0)
			usleep(20000);
	}
	if (cancel_first)
		tfs_op_cancel(readers[1].op);
	for (int i = 0; i < 6; i++) {
		pthread_join(readers[i].thread, NULL);
		if (cancel_first && i == 1) {
			assert_int_equal(readers[i].r, -EINTR);
		} else {
			assert_int_equal(readers[i].r, 0);
			assert_int_equal(readers[i].count, 1);
		}
		tfs_op_free(readers[i].op);
	}
	assert_int_equal(atomic_load(&fake->calls), 1);
}

static void test_concurrent_readers_share_one_call(void **state)
{
	struct fake *fake = *state;

	run_readers(fake, open_resource(fake, &apps), NULL, false);
	run_readers(fake, open_resource(fake, &people), "bob", false);
	tfs_store_refresh(fake->store, "");
	run_readers(fake, open_resource(fake, &people), "bob", true);
	tfs_store_refresh(fake->store, "");
	run_readers(fake, open_resource(fake, &apps), NULL, true);
}

static void test_resources_are_kept_and_need_their_scope(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = NULL;

	assert_ptr_equal(open_resource(fake, &apps), open_resource(fake, &apps));
	assert_ptr_equal(tfs_resource_kind(open_resource(fake, &apps)), &apps);
	assert_int_equal(tfs_store_resource(fake->store, &apps, NULL, &resource), -EINVAL);
}

static void test_digest_key_is_kept(void **state)
{
	struct fake *fake = *state;
	struct tfs_store *again;
	struct tfs_error error = { 0 };
	char path[96];
	FILE *file;

	assert_int_equal(tfs_store_new(&fake->config, NULL, fake->cache, &again, &error), 0);
	assert_memory_equal(again->digest_key, fake->store->digest_key, TFS_DIGEST_KEY);
	tfs_store_free(again);
	snprintf(path, sizeof(path), "%s/digest.key", fake->dir);
	file = fopen(path, "w");
	fputs("short", file);
	fclose(file);
	assert_int_equal(tfs_store_new(&fake->config, NULL, fake->cache, &again, &error), -EINVAL);
	assert_non_null(strstr(error.message, "digest.key: not a digest key; remove it to make a new one"));
}

static void test_ids_of_the_path_are_filled_in(void **state)
{
	static const struct tfs_scope community = { NULL, "community", "default" };
	static const struct tfs_scope module = { &community, "auth-module", "Staff" };
	static const struct tfs_step list = {
		&fetch_apps,
		"{\"query\":{\"m\":\"$scope.auth-module.id\",\"n\":\"$scope.auth-module.name\",\"c\":\"$"
		"community\","
		"\"cn\":\"$communityName\",\"dns\":\"$dns\",\"none\":\"$new.none\",\"fix\":\"x\",\"k\":["
		"\"$tenant\"]}}",
		NULL,
		TFS_SEND_NOTHING,
		NULL,
		NULL,
	};
	static const struct tfs_kind inner = {
		.name = "inner",
		.path = "communities/{community}/users/{auth-module}/{name}.json",
		.shape = TFS_SHAPE_SET,
		.name_member = "name",
		.list = &list,
	};
	struct fake *fake = *state;
	struct tfs_resource *resource;

	assert_int_equal(tfs_store_resource(fake->store, &inner, &module, &resource), 0);
	SCRIPT(fake, { "POST /auth_modules/fetch", NULL, 0, "{\"modules\":[{\"_id\":\"m1\",\"name\":\"Staff\"}]}", 0 },
	       { "GET /apps",
		 "{\"query\":{\"m\":\"m1\",\"n\":\"Staff\",\"c\":\"com1\",\"cn\":\"default\","
		 "\"dns\":\"acme.example.com\",\"fix\":\"x\",\"k\":[\"ten1\"]}}",
		 0, "[{\"name\":\"a\"}]", 0 });
	assert_names(fake, resource, UINT64_MAX, "a ");
	all_called(fake);
}

/* A list whose parent is missing is not empty; the cached list is kept. */
static void test_list_of_a_missing_parent_is_not_empty(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);
	struct tfs_doc **docs;
	size_t count;

	SCRIPT(fake, { "GET /apps", NULL, 0, "[{\"_id\":\"1\",\"name\":\"one\",\"url\":\"u\"}]", 0 });
	assert_int_equal(tfs_resource_list(resource, fake->op, 0, &docs, &count), 0);
	tfs_docs_free(docs, count);
	for (int i = 0; i < 2; i++) {
		SCRIPT(fake, { "GET /apps", NULL, -ENOENT, NULL, 0 });
		assert_int_equal(tfs_resource_list(resource, fake->op, 0, &docs, &count), -ENOENT);
		assert_int_equal(tfs_cache_documents(fake->cache), 1);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_each_page_is_read_once),
		TEST(test_full_last_page_ends_the_list),
		TEST(test_shifted_list_is_read_again),
		TEST(test_removal_between_pages_drops_no_other),
		TEST(test_hostile_totals_are_bounded),
		TEST(test_list_of_too_short_pages_is_refused),
		TEST(test_pages_are_fetched_concurrently),
		TEST(test_list_larger_than_the_cache_is_refused),
		TEST(test_invalid_records_do_not_break_a_list),
		TEST(test_namesakes_get_the_ends_of_their_ids),
		TEST(test_look_up_is_one_call),
		TEST(test_look_up_finds_the_right_namesake),
		TEST(test_cached_documents_are_served_without_the_server),
		TEST(test_refusal_is_reported_despite_the_cache),
		TEST(test_refresh_invalidates_the_paths_below),
		TEST(test_single_document_is_read_by_its_call),
		TEST(test_single_documents_of_other_forms_are_read),
		TEST(test_times_are_of_the_server_or_the_first_read),
		TEST(test_concurrent_readers_share_one_call),
		TEST(test_resources_are_kept_and_need_their_scope),
		TEST(test_digest_key_is_kept),
		TEST(test_ids_of_the_path_are_filled_in),
		TEST(test_list_of_a_missing_parent_is_not_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
