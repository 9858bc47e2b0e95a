/*
 * Members that no answer shows, in a change that sends the whole document. What was written here is remembered and goes
 * along. Otherwise a required one is asked for, and an optional one would be erased.
 */
#include "document/unread.h"

#include <errno.h>

#include "gate.h"
#include "resource/unread.h"

enum { NAMES_MAX = 1024 };

static bool is_absent(const struct save *save, const struct tfs_field *field)
{
	const json_t *value = json_object_get(save->ours, field->name);

	return !value || json_is_null(value);
}

static int ask_for(struct save *save, const struct tfs_field *field)
{
	const struct json_path path = { NULL, field->name, 0 };

	return document_fail_member(
		tfs_op_error(save->op), -EINVAL, &path,
		"%s: the API does not show it, and each change must send it; write it %s%s%s%s", field->name,
		field->secret ? "each time, secrets are not remembered" : "once, it is remembered",
		field->about ? " (" : "", field->about ? field->about : "", field->about ? ")" : "");
}

static int ask_for_missing(struct save *save, const struct tfs_step *step)
{
	const struct tfs_kind *kind = save->resource->kind;

	for (size_t i = 0; i < kind->n_fields; i++) {
		const struct tfs_field *field = &kind->fields[i];

		if (field->write_only && !field->fixed && is_absent(save, field) &&
		    change_step_sends(kind, step, field->name) && tfs_field_wanted(field, save->ours, save->ours))
			return ask_for(save, field);
	}
	return 0;
}

static int check_blanking(struct save *save)
{
	const struct tfs_kind *kind = save->resource->kind;
	struct tfs_buf names cleanup_buf = TFS_BUF_INIT(NAMES_MAX), reason cleanup_buf = TFS_BUF_INIT(2 * NAMES_MAX);
	cleanup_json json_t *values = resource_unread_values(save->resource, save->object.doc->id);

	/* A list too long for a message is cut off. */
	document_unread_unknown(kind, save->ours, values, &names);
	if (names.len == 0 || document_unread_shown(kind, save->object.record, values))
		return 0;
	tfs_buf_printf(&reason,
		       "%s: the API does not show what the server has there, and this change would erase it; write it "
		       "into the document",
		       names.data);
	return change_gate_pass(save->resource, save->op, TFS_GATE_BLANKING, save->name,
				reason.data ? reason.data : names.data);
}

int change_unread_check(struct save *save, const struct tfs_step *steps, size_t count)
{
	bool whole = false;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		if (steps[i].send != TFS_SEND_WHOLE || !change_step_applies(save, &steps[i]))
			continue;
		whole = true;
		r = ask_for_missing(save, &steps[i]);
	}
	/* A new object has nothing yet that could be erased. */
	return r < 0 || !whole || save->resolver.context.creating ? r : check_blanking(save);
}
