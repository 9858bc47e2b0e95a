/* The trie of path templates: names to nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../../src/tree/path-node.h"

static const struct tfs_kind kinds[] = {
	{ .name = "detail", .path = "c/{community}/users/{user}.d/detail.json", .on_demand = true },
	{ .name = "saml", .path = "c/{community}/saml/{name}.xml" },
	{ .name = "top", .path = "top.json" },
	{ .name = "user", .path = "c/{community}/users/{name}.json" },
	{ .name = "version", .path = "top.d/{name}.json" },
};

static struct path_node *make(void)
{
	struct tfs_error error;
	struct path_node *root = NULL;

	assert_int_equal(tree_path_nodes_new(kinds, sizeof(kinds) / sizeof(*kinds), &root, &error), 0);
	return root;
}

static const struct path_node *at(const struct path_node *parent, const char *name, const char *expected)
{
	char *object = NULL;
	const struct path_node *path_node = tree_path_node_match(parent, NULL, name, &object);

	if (!path_node) {
		assert_null(object);
		return NULL;
	}
	if (!expected)
		assert_null(object);
	else
		assert_string_equal(object, expected);
	free(object);
	return path_node;
}

static void test_names_are_found_by_templates(void **state)
{
	struct path_node *root = make();
	const struct path_node *community = at(at(root, "c", NULL), "default", "default");
	const struct path_node *users = at(community, "users", NULL), *below = at(users, "alice.d", "alice");
	const struct path_node *detail = at(below, "detail.json", "detail");

	(void)state;
	assert_int_equal(at(root, "top.json", "top")->type, PATH_DOC);
	assert_int_equal(community->type, PATH_COMMUNITY);
	assert_int_equal(below->type, PATH_BELOW);
	assert_string_equal(below->kind->name, "user");
	assert_int_equal(detail->type, PATH_DOC);
	assert_true(detail->unlisted);
	assert_int_equal(at(users, "alice.json", "alice")->type, PATH_SET);
	assert_ptr_equal(tree_path_node_find_set(users), at(users, "a.json", "a"));
	assert_null(tree_path_node_find_set(root));
	/* The directory of a document at a fixed path is unlisted, like that of an object. */
	assert_int_equal(at(root, "top.d", NULL)->type, PATH_DIR);
	assert_true(at(root, "top.d", NULL)->unlisted);
	assert_false(at(root, "c", NULL)->unlisted);
	tree_path_nodes_free(root);
}

static void test_other_names_are_not_found(void **state)
{
	struct path_node *root = make();
	const struct path_node *users = at(at(at(root, "c", NULL), "x", "x"), "users", NULL);

	(void)state;
	assert_null(at(root, "other", NULL));
	assert_null(at(users, "alice", NULL));
	assert_null(at(users, ".json", NULL));
	assert_null(at(users, ".d", NULL));
	tree_path_nodes_free(root);
}

static void test_invalid_template_is_refused(void **state)
{
	static const struct tfs_kind broken = { .name = "broken", .path = "c/{nobody}/x.json" };
	struct tfs_error error;
	struct path_node *root = NULL;

	(void)state;
	assert_int_equal(tree_path_nodes_new(&broken, 1, &root, &error), -EINVAL);
	assert_string_equal(error.message, "the path of kind \"broken\" cannot be used: c/{nobody}/x.json");
	assert_null(root);
}

static void test_kind_without_changes_is_a_view(void **state)
{
	static const struct tfs_step step = { 0 };
	struct tfs_kind kind = { .name = "x" };

	(void)state;
	assert_true(tree_kind_is_view(&kind));
	kind.remove = &step;
	kind.n_remove = 1;
	assert_false(tree_kind_is_view(&kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_found_by_templates),
		cmocka_unit_test(test_other_names_are_not_found),
		cmocka_unit_test(test_invalid_template_is_refused),
		cmocka_unit_test(test_kind_without_changes_is_a_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
