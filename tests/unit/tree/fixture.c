/* A tree over the fake store, and requests as the kernel sends them. Included by the tests of the tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "fake-store.c"
#include "tenantfs/open.h"

#define STAFF "communities/default/users/Staff"
#define MODULES "communities/default/auth-modules"
#define MFA "communities/default/settings/mfa.json"

struct fixture {
	struct tfs_store *store;
	struct tfs_tree *tree;
	struct tfs_op *op;      /* of the last request */
	pid_t pid;              /* of the caller */
	unsigned changed, gone; /* events */
	char last_gone[256];
};

static void fixture_changed(void *context, uint64_t ino)
{
	(void)ino;
	((struct fixture *)context)->changed++;
}

static void fixture_gone(void *context, uint64_t parent, const char *name)
{
	struct fixture *fixture = context;

	(void)parent;
	fixture->gone++;
	snprintf(fixture->last_gone, sizeof(fixture->last_gone), "%s", name);
}

static __attribute__((unused)) void fixture_tree(struct fixture *fixture, bool read_only)
{
	const struct tfs_tree_options options = {
		.read_only = read_only,
		.uid = 1000,
		.gid = 1000,
		.events = { .node_changed = fixture_changed, .entry_gone = fixture_gone, .context = fixture },
	};
	struct tfs_error error;

	tfs_tree_free(fixture->tree);
	fixture->tree = NULL;
	assert_int_equal(tfs_tree_new(fixture->store, &options, &fixture->tree, &error), 0);
}

static __attribute__((unused)) int fixture_start(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->store = fake_store_new();
	fixture->pid = 100;
	fake_put(fixture->store, MODULES, "Staff", "{\n  \"kind\": \"ldap\"\n}\n");
	fake_put(fixture->store, MFA, "mfa", "{\n  \"enabled\": true\n}\n");
	fake_put(fixture->store, STAFF, "alice", "{\n  \"first\": \"Alice\",\n  \"role\": \"user\"\n}\n");
	fake_put(fixture->store, STAFF, "bob", "{\n  \"first\": \"Bob\"\n}\n");
	fake_put(fixture->store, "communities/default/roles", "admin", "{\n  \"name\": \"admin\"\n}\n");
	fake_put(fixture->store, "health.json", "health", "{\n  \"ok\": true\n}\n");
	fake_put(fixture->store, STAFF "/alice.d/detail.json", "detail", "{\n  \"seen\": \"today\"\n}\n");
	fixture_tree(fixture, false);
	*state = fixture;
	return 0;
}

static __attribute__((unused)) int fixture_end(void **state)
{
	struct fixture *fixture = *state;

	tfs_tree_free(fixture->tree);
	tfs_op_free(fixture->op);
	fake_store_free(fixture->store);
	free(fixture);
	return 0;
}

/* A new operation for a request. */
static struct tfs_op *next_op(struct fixture *fixture)
{
	tfs_op_free(fixture->op);
	fixture->op = tfs_op_new(5000);
	tfs_op_set_caller(fixture->op, 1000, 1000, fixture->pid);
	return fixture->op;
}

static __attribute__((unused)) const char *message(const struct fixture *fixture)
{
	return tfs_op_error(fixture->op)->message;
}

/* Walks a path as the kernel does, counting look-ups. */
static __attribute__((unused)) int walk(struct fixture *fixture, const char *path, struct tfs_node **ret,
					struct tfs_attr *ret_attr)
{
	cleanup_free char *copy = strdup(path);
	struct tfs_node *node = tfs_tree_node(fixture->tree, 1);
	struct tfs_attr attr = { 0 };
	char *rest = copy, *name;
	int r = tfs_tree_stat(fixture->tree, next_op(fixture), node, &attr);

	while (r == 0 && (name = strsep(&rest, "/")))
		if (*name != '\0')
			r = tfs_tree_lookup(fixture->tree, next_op(fixture), node, name, &node, &attr);
	if (r == 0) {
		*ret = node;
		if (ret_attr)
			*ret_attr = attr;
	}
	return r;
}

static __attribute__((unused)) struct tfs_node *must_walk(struct fixture *fixture, const char *path)
{
	struct tfs_op *before = fixture->op;
	struct tfs_node *node = NULL;

	/* With its own operations, because a caller may evaluate this among arguments with another one. */
	fixture->op = NULL;
	if (walk(fixture, path, &node, NULL) != 0)
		fail_msg("%s: %s", path, message(fixture));
	tfs_op_free(fixture->op);
	fixture->op = before;
	return node;
}

/* Opens as the kernel does: after ESTALE the path is looked up again, once. */
static __attribute__((unused)) int open_path(struct fixture *fixture, const char *path, int flags,
					     struct tfs_file **ret, struct tfs_open_result *ret_result)
{
	struct tfs_node *node;
	int r = walk(fixture, path, &node, NULL);

	if (r == 0)
		r = tfs_tree_open(fixture->tree, next_op(fixture), node, flags, ret, ret_result);
	if (r != -ESTALE)
		return r;
	r = walk(fixture, path, &node, NULL);
	return r == 0 ? tfs_tree_open(fixture->tree, next_op(fixture), node, flags, ret, ret_result) : r;
}

static __attribute__((unused)) struct tfs_file *must_open(struct fixture *fixture, const char *path, int flags)
{
	struct tfs_open_result result;
	struct tfs_file *file = NULL;

	if (open_path(fixture, path, flags, &file, &result) != 0)
		fail_msg("%s: %s", path, message(fixture));
	return file;
}

/* All bytes of an open file; caller frees. */
static __attribute__((unused)) char *file_text(struct fixture *fixture, struct tfs_file *file)
{
	char *text = calloc(1, 1 << 16), *copy;
	size_t used = 0, len;
	const char *bytes;

	do {
		assert_int_equal(tfs_tree_read(file, next_op(fixture), used, 7, &bytes, &len, &copy), 0);
		if (len > 0)
			memcpy(text + used, bytes, len);
		used += len;
		free(copy);
	} while (len > 0);
	return text;
}

static __attribute__((unused)) void assert_text(struct fixture *fixture, const char *path, const char *expected)
{
	struct tfs_file *file = must_open(fixture, path, O_RDONLY);
	cleanup_free char *text = file_text(fixture, file);

	tfs_file_release(file);
	assert_string_equal(text, expected);
}

static __attribute__((unused)) void put_text(struct fixture *fixture, struct tfs_file *file, const char *text)
{
	assert_int_equal(tfs_tree_write(file, next_op(fixture), 0, text, strlen(text)), 0);
}

/* `> path`: opens, writes, flushes, releases; returns the result of the flush. */
static __attribute__((unused)) int write_path(struct fixture *fixture, const char *path, const char *text)
{
	struct tfs_open_result result;
	struct tfs_file *file;
	int r = open_path(fixture, path, O_WRONLY | O_TRUNC, &file, &result);

	if (r < 0)
		return r;
	put_text(fixture, file, text);
	r = tfs_file_flush(file, next_op(fixture));
	tfs_file_release(file);
	return r;
}

static __attribute__((unused)) int create_path(struct fixture *fixture, const char *dir, const char *name,
					       struct tfs_file **ret)
{
	struct tfs_open_result result;
	struct tfs_node *node;
	struct tfs_attr attr;

	return tfs_tree_create(fixture->tree, next_op(fixture), must_walk(fixture, dir), name, 0644,
			       O_WRONLY | O_CREAT | O_EXCL, &node, &attr, ret, &result);
}

/* Creates a file with the text in a directory; returns the result of the flush. */
static __attribute__((unused)) int make_file(struct fixture *fixture, const char *dir, const char *name,
					     const char *text)
{
	struct tfs_file *file;
	int r = create_path(fixture, dir, name, &file);

	if (r < 0)
		return r;
	put_text(fixture, file, text);
	r = tfs_file_flush(file, next_op(fixture));
	tfs_file_release(file);
	return r;
}

static __attribute__((unused)) int rename_in(struct fixture *fixture, const char *dir, const char *from, const char *to)
{
	struct tfs_node *node = must_walk(fixture, dir);

	return tfs_tree_rename(fixture->tree, next_op(fixture), node, from, node, to, 0);
}

static __attribute__((unused)) int unlink_in(struct fixture *fixture, const char *dir, const char *name)
{
	return tfs_tree_unlink(fixture->tree, next_op(fixture), must_walk(fixture, dir), name);
}

/* Whether a listing contains the name. */
static __attribute__((unused)) bool lists(struct fixture *fixture, const char *path, const char *name)
{
	struct tfs_node *node = must_walk(fixture, path);
	struct tfs_dirent dirent;
	struct tfs_dir *dir;
	bool found = false, keep;

	assert_int_equal(tfs_tree_opendir(fixture->tree, next_op(fixture), node, &dir, &keep), 0);
	assert_int_equal(tfs_dir_fill(dir, next_op(fixture)), 0);
	for (uint64_t at = 0; !found && tfs_dir_at(dir, at, &dirent); at++)
		found = strcmp(dirent.name, name) == 0;
	tfs_tree_closedir(dir);
	return found;
}

static __attribute__((unused)) size_t size_of(struct fixture *fixture, const char *path)
{
	struct tfs_node *node;
	struct tfs_attr attr;

	assert_int_equal(walk(fixture, path, &node, &attr), 0);
	return (size_t)attr.stat.st_size;
}

/* The attribute's text, NULL without one; the caller frees. */
static __attribute__((unused)) char *xattr_of(struct fixture *fixture, const char *path, const char *name)
{
	char *value;
	size_t len;
	int r = tfs_tree_getxattr(fixture->tree, next_op(fixture), must_walk(fixture, path), name, &value, &len);

	if (r == -ENODATA)
		return NULL;
	assert_int_equal(r, 0);
	return value;
}

static __attribute__((unused)) void assert_state(struct fixture *fixture, const char *path, const char *expected)
{
	cleanup_free char *state = xattr_of(fixture, path, "user.tenantfs.state");

	assert_non_null(state);
	assert_string_equal(state, expected);
}
