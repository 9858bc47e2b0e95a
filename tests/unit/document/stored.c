/* Documents from texts and back, and as bodies of calls with all members. */
#include "../../../src/document/undeclared-members.h"

static json_t *parse(const char *text)
{
	json_t *value = NULL;
	struct tfs_error error = { 0 };

	if (tfs_json_parse(text, strlen(text), &value, &error) < 0)
		fail_msg("%s: %s", text, error.message);
	return value;
}

static void assert_prints(const json_t *value, const char *text)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(1 << 20);

	assert_int_equal(tfs_json_print(value, &out), 0);
	assert_string_equal(out.data, text);
}

static int to_record(const struct tfs_kind *kind, const struct tfs_document_context *with, const json_t *document,
		     const json_t *record, json_t **ret, struct tfs_error *error)
{
	cleanup_json json_t *out = json_object();
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)document, name, value) {
		const struct tfs_field *field = document_table_find(top_table(kind), name);
		const char *as = field ? record_name(field) : name;
		const json_t *now = json_object_get(record, as);
		const struct json_path place = { NULL, name, 0 };
		json_t *stored = NULL;
		int r = field ? document_store_value(with, field, document, now, &stored, error)
			      : document_store_undeclared(with, &place, document, name, value, record, now, &stored,
							  error);

		if (r < 0)
			return r;
		if (stored)
			assert_int_equal(json_object_set_new(out, as, stored), 0);
	}
	*ret = steal_pointer(&out);
	return 0;
}
