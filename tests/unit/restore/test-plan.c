/* Plans from a source in memory, executed on a tree over the fake store. */
#include "../tree/fixture.c"

#include "restore/apply.h"
#include "restore/order.h"
#include "restore/plan-restore.h"
#include "restore/plan-undo.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_end)
#define ALICE STAFF "/alice.json"
#define BOB STAFF "/bob.json"
#define CAROL STAFF "/carol.json"
#define LDAP MODULES "/Staff.json"

/* Sorted by URL, like the generated table, which would bring its kinds along. */
extern const unsigned short tfs_endpoint_index[];
const unsigned short tfs_endpoint_index[] = { 0, 1 };

/* Documents by path, and what was created since. */
struct memory_source {
	struct source source;
	json_t *documents, *created;
};

static int memory_is_directory(struct source *source, const char *path, bool *ret, struct tfs_error *error)
{
	(void)source;
	(void)error;
	*ret = !strchr(path, '.');
	return 0;
}

static int memory_list(struct source *source, const char *path, source_each each, void *context,
		       struct tfs_error *error)
{
	const char *name;
	json_t *value;
	int r = 0;

	(void)path;
	(void)error;
	json_object_foreach (((struct memory_source *)source)->documents, name, value)
		r = r == 0 ? each(context, name) : r;
	json_object_foreach (((struct memory_source *)source)->created, name, value)
		r = r == 0 ? each(context, name) : r;
	return r;
}

static int memory_read(struct source *source, const char *path, struct tfs_buf *out, struct tfs_error *error)
{
	const char *text = tfs_json_text(((struct memory_source *)source)->documents, path);

	(void)error;
	return text ? tfs_buf_puts(out, text) : -ENOENT;
}

static int memory_created(struct source *source, const json_t **ret, struct tfs_error *error)
{
	(void)error;
	*ret = ((struct memory_source *)source)->created;
	return 0;
}

static const struct source_ops memory_ops = { memory_is_directory, memory_list, memory_read, memory_created };

static struct memory_source memory_source(json_t *documents, json_t *created)
{
	return (struct memory_source){ .source.ops = &memory_ops, .documents = documents, .created = created };
}

static void memory_finish(struct memory_source *source)
{
	json_decref(source->documents);
	json_decref(source->created);
}

static struct plan plan_new(struct fixture *f)
{
	return (struct plan){ .tree = f->tree, .op = next_op(f), .items = json_array(), .renamed = json_object() };
}

static void plan_free(struct plan *plan)
{
	json_decref(plan->items);
	json_decref(plan->renamed);
}

static void assert_item(const struct plan *plan, size_t index, const char *action, const char *path)
{
	const json_t *item = json_array_get(plan->items, index);

	assert_string_equal(tfs_json_text(item, "action"), action);
	assert_string_equal(tfs_json_text(item, "path"), path);
}

static void test_directory_is_restored(void **state)
{
	struct fixture *f = *state;
	struct memory_source then = memory_source(
		json_pack("{s:s, s:s}", ALICE, "{\"first\": \"Alicia\"}", CAROL, "{\"first\": \"Carol\"}"),
		json_pack("{s:b}", LDAP, 1));
	struct plan plan = plan_new(f);
	struct plan_counts counts = { 0 };

	assert_int_equal(restore_plan_restore(&plan, &then.source, "communities/default"), 0);
	assert_int_equal(restore_order_items(plan.items), 0);
	assert_int_equal(json_array_size(plan.items), 3);
	assert_item(&plan, 0, "create", CAROL);
	assert_item(&plan, 1, "change", ALICE);
	assert_item(&plan, 2, "remove", LDAP);
	assert_int_equal(restore_plan_apply(&plan, &counts), 0);
	assert_int_equal(counts.done, 3);
	assert_string_equal(fake_text(f->store, STAFF, "carol"), "{\n  \"first\": \"Carol\"\n}\n");
	assert_null(fake_text(f->store, MODULES, "Staff"));
	plan_free(&plan);
	memory_finish(&then);
}

static void test_documents_missing_in_the_source_stay(void **state)
{
	struct fixture *f = *state;
	struct memory_source then = memory_source(json_object(), json_object());
	struct plan plan = plan_new(f);

	assert_int_equal(restore_plan_restore(&plan, &then.source, BOB), 0);
	assert_int_equal(json_array_size(plan.items), 0);
	plan_free(&plan);
	memory_finish(&then);
}

static void test_equal_documents_are_left_out(void **state)
{
	struct fixture *f = *state;
	struct memory_source then = memory_source(json_pack("{s:s}", BOB, "{\"first\": \"Bob\"}"), json_object());
	struct plan plan = plan_new(f);

	assert_int_equal(restore_plan_restore(&plan, &then.source, BOB), 0);
	assert_int_equal(json_array_size(plan.items), 0);
	plan_free(&plan);
	memory_finish(&then);
}

static void test_undo_keeps_later_changes_of_other_members(void **state)
{
	struct fixture *f = *state;
	struct memory_source before =
		memory_source(json_pack("{s:s}", ALICE, "{\"first\": \"Alicia\", \"role\": \"admin\"}"), json_object());
	struct memory_source after =
		memory_source(json_pack("{s:s}", ALICE, "{\"first\": \"Alice\", \"role\": \"admin\"}"), json_object());
	struct plan plan = plan_new(f);
	struct plan_counts counts = { 0 };

	assert_int_equal(restore_plan_undo(&plan, &before.source, ALICE, &after.source, ALICE), 0);
	assert_int_equal(json_array_size(plan.items), 1);
	assert_item(&plan, 0, "change", ALICE);
	assert_int_equal(restore_plan_apply(&plan, &counts), 0);
	assert_string_equal(fake_text(f->store, STAFF, "alice"),
			    "{\n  \"first\": \"Alicia\",\n  \"role\": \"user\"\n}\n");
	plan_free(&plan);
	memory_finish(&before);
	memory_finish(&after);
}

static void test_document_changed_meanwhile_is_kept(void **state)
{
	struct fixture *f = *state;
	struct memory_source then = memory_source(json_object(), json_pack("{s:b}", LDAP, 1));
	struct plan plan = plan_new(f);
	struct plan_counts counts = { 0 };

	assert_int_equal(restore_plan_restore(&plan, &then.source, LDAP), 0);
	assert_item(&plan, 0, "remove", LDAP);
	fake_put(f->store, MODULES, "Staff", "{\n  \"kind\": \"radius\"\n}\n");
	assert_int_equal(restore_plan_apply(&plan, &counts), 0);
	assert_int_equal(counts.refused, 1);
	assert_string_equal(tfs_json_text(json_array_get(plan.items, 0), "outcome"),
			    LDAP " was changed meanwhile; it stays");
	assert_non_null(fake_text(f->store, MODULES, "Staff"));
	plan_free(&plan);
	memory_finish(&then);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_directory_is_restored),
		TEST(test_documents_missing_in_the_source_stay),
		TEST(test_equal_documents_are_left_out),
		TEST(test_undo_keeps_later_changes_of_other_members),
		TEST(test_document_changed_meanwhile_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
