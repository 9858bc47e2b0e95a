/* A server for tests, to be included: answers by a script that says which calls must come, in order and with
 * what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../scratch.h"
#include "../../../src/resource/store.h"
#include "../document/kinds.c"
#include "tenantfs/clock.h"

struct reply {
	const char *call; /* "POST /people/fetch" */
	const char *args; /* JSON; NULL: any arguments */
	int r;            /* negative: the call fails with it */
	const char *body; /* JSON; with r == 1 these bytes instead */
	int status;       /* of a failure; 0 without an answer */
};

struct fake {
	struct tfs_config config;
	struct tfs_cache *cache;
	struct tfs_store *store;
	struct tfs_writer *writer; /* of tests that save */
	struct tfs_op *op;
	char dir[64];
	char *communities[1];
	const struct reply *replies;
	size_t next, count;
	bool wrote; /* the last call changed something */
	/* Called instead of the script. */
	int (*serve)(struct fake *fake, const char *call, const json_t *args, struct tfs_api_answer *ret);
	void *data;
	atomic_int calls;
};

/* A save reads back what it wrote. A script that has no answer for that lets it fail, which the save ignores. */
static bool reads_back(const struct fake *fake, const struct tfs_endpoint *endpoint, const char *name)
{
	return fake->wrote && endpoint->reads &&
	       (fake->next >= fake->count || strcmp(name, fake->replies[fake->next].call) != 0);
}

static int serve_script(struct fake *fake, struct tfs_op *op, const char *name, const json_t *args,
			struct tfs_api_answer *ret)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(1 << 20);
	const struct reply *reply = &fake->replies[fake->next];

	assert_int_equal(tfs_json_print(args, &text), 0);
	if (fake->next >= fake->count)
		fail_msg("a call too many: %s %s", name, text.data);
	assert_string_equal(name, reply->call);
	if (reply->args)
		assert_string_equal(text.data, reply->args);
	fake->next++;
	if (reply->r < 0) {
		tfs_fail(op, reply->r, "api", "refused by the script");
		tfs_op_error(op)->status = reply->status;
		return reply->r;
	}
	*ret = (struct tfs_api_answer){ .status = 200, .raw = TFS_BUF_INIT(1 << 20) };
	if (reply->r == 1)
		return tfs_buf_puts(&ret->raw, reply->body);
	if (reply->body)
		assert_int_equal(tfs_json_parse(reply->body, strlen(reply->body), &ret->body, NULL), 0);
	return 0;
}

static int fake_call(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call,
		     struct tfs_api_answer *ret)
{
	struct fake *fake = (struct fake *)api;
	cleanup_json json_t *args = json_object();
	char name[256];
	int r;

	snprintf(name, sizeof(name), "%s %s", call->endpoint->method, call->endpoint->path);
	if (call->path)
		json_object_set(args, "path", call->path);
	if (call->query)
		json_object_set(args, "query", call->query);
	if (call->body)
		json_object_set(args, "body", call->body);
	atomic_fetch_add(&fake->calls, 1);
	if (tfs_op_cancelled(op))
		return tfs_fail(op, -EINTR, "operation", "interrupted");
	if (!fake->serve && reads_back(fake, call->endpoint, name))
		return tfs_fail(op, -EIO, "api", "no answer in the script");
	fake->wrote = !call->endpoint->reads;
	if (!fake->serve)
		return serve_script(fake, op, name, args, ret);
	r = fake->serve(fake, name, args, ret);
	if (r < 0)
		return tfs_fail(op, r, "api", "refused");
	ret->status = 200;
	return r;
}

static int fake_community(struct tfs_api *api, struct tfs_op *op, const char *name, const struct tfs_community **ret)
{
	static const struct tfs_community community = { "default", "com1", "ten1", "Tenant" };

	(void)api;
	if (strcmp(name, "default") != 0)
		return tfs_fail(op, -ENOENT, "api", "no such community");
	*ret = &community;
	return 0;
}

static int fake_user(struct tfs_api *api, struct tfs_op *op, char **ret)
{
	(void)api;
	(void)op;
	*ret = strdup("alice");
	return !*ret ? -ENOMEM : 0;
}

/* The lists of modules in the scripts are whole, so that no call compares one. */
static void fake_whole_modules(const char *dir)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/short-lists", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "{\"auth-module\":{\"{}\":[\"whole\",%lld]}}", (long long)tfs_clock_wall().tv_sec);
	fclose(file);
}

static int fake_setup(void **state)
{
	static const struct tfs_calls calls = { fake_call, fake_call, fake_community, fake_user };
	struct fake *fake = calloc(1, sizeof(*fake));
	struct tfs_error error = { 0 };

	scratch_name(fake->dir, sizeof(fake->dir));
	assert_non_null(mkdtemp(fake->dir));
	fake->communities[0] = strdup("default");
	fake->config = (struct tfs_config){
		.dns = (char *)(uintptr_t) "acme.example.com",
		.communities = fake->communities,
		.n_communities = 1,
		.state_dir = fake->dir,
		.freshness_ms = 300000,
		.cache_ceiling = 1 << 28,
	};
	fake_whole_modules(fake->dir);
	assert_int_equal(tfs_cache_new(fake->config.cache_ceiling, &fake->cache), 0);
	if (tfs_store_new(&fake->config, (struct tfs_api *)fake, fake->cache, &fake->store, &error) < 0)
		fail_msg("%s", error.message);
	tfs_store_set_calls(fake->store, &calls);
	fake->op = tfs_op_new(20000);
	*state = fake;
	return 0;
}

static int fake_teardown(void **state)
{
	struct fake *fake = *state;

	tfs_op_free(fake->op);
	tfs_store_free(fake->store);
	tfs_cache_free(fake->cache);
	assert_int_equal(scratch_remove(fake->dir), 0);
	free(fake->communities[0]);
	free(fake);
	return 0;
}

/* Sets the script of the following calls. */
static void script(struct fake *fake, const struct reply *replies, size_t count)
{
	fake->replies = replies;
	fake->next = 0;
	fake->count = count;
	tfs_error_clear(tfs_op_error(fake->op));
}
#define SCRIPT(fake, ...) \
	script(fake, (const struct reply[]){ __VA_ARGS__ }, COUNT(((const struct reply[]){ __VA_ARGS__ })))
#define NO_CALLS(fake) script(fake, NULL, 0)

static inline void all_called(struct fake *fake)
{
	if (fake->next < fake->count)
		fail_msg("not called: %s", fake->replies[fake->next].call);
}

static struct tfs_resource *open_resource(struct fake *fake, const struct tfs_kind *kind)
{
	static const struct tfs_scope community = { NULL, "community", "default" };
	struct tfs_resource *resource = NULL;

	assert_int_equal(tfs_store_resource(fake->store, kind, &community, &resource), 0);
	return resource;
}

static inline void assert_failed(struct fake *fake, int r, int code, const char *message)
{
	assert_string_equal(tfs_op_error(fake->op)->message, message);
	assert_int_equal(r, code);
	assert_int_equal(tfs_op_error(fake->op)->code, code);
}

/* The names of all documents, each followed by a space. */
static void list_names(struct fake *fake, struct tfs_resource *resource, uint64_t max_age_ms, char *out, size_t room)
{
	struct tfs_doc **docs;
	size_t count, len = 0;
	int r = tfs_resource_list(resource, fake->op, max_age_ms, &docs, &count);

	if (r < 0)
		fail_msg("%d %s", r, tfs_op_error(fake->op)->message);
	out[0] = '\0';
	for (size_t i = 0; i < count && len < room; i++)
		len += (size_t)snprintf(out + len, room - len, "%s ", docs[i]->name);
	tfs_docs_free(docs, count);
}

static inline void assert_names(struct fake *fake, struct tfs_resource *resource, uint64_t max_age_ms,
				const char *names)
{
	char text[4096];

	list_names(fake, resource, max_age_ms, text, sizeof(text));
	assert_string_equal(text, names);
}

/* The document as text on one line; the caller frees. */
static inline struct tfs_doc *get(struct fake *fake, struct tfs_resource *resource, const char *name,
				  uint64_t max_age_ms)
{
	struct tfs_doc *doc = NULL;
	int r = tfs_resource_get(resource, fake->op, name, max_age_ms, &doc);

	if (r < 0)
		fail_msg("%d %s", r, tfs_op_error(fake->op)->message);
	return doc;
}

static inline void assert_doc(const struct tfs_doc *doc, const char *text)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(1 << 20);
	cleanup_json json_t *value = NULL;

	assert_int_equal(tfs_json_parse(doc->data, doc->len, &value, NULL), 0);
	assert_int_equal(tfs_json_print(value, &out), 0);
	assert_string_equal(out.data, text);
}
