/* The file of a draft: one line of JSON (the head), then the user's text unchanged, then its base. */
#include "draft-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tenantfs/clock.h"
#include "tenantfs/file.h"
#include "tenantfs/secret.h"

/* "00000000000000000012.draft" */
enum { NUMBER_DIGITS = 20, FILE_MAX = 96 << 20, HEAD_MAX = 1 << 20 };
static const char ENDING[] = ".draft";

struct tfs_draft *tfs_draft_ref(struct tfs_draft *draft)
{
	atomic_fetch_add(&draft->refs, 1);
	return draft;
}

void tfs_draft_unref(struct tfs_draft *draft)
{
	if (!draft || atomic_fetch_sub(&draft->refs, 1) != 1)
		return;
	/* The user's text may contain a password. */
	if (draft->text)
		tfs_wipe(draft->text, draft->len);
	free(draft->text);
	free(draft->name);
	free(draft->path);
	free(draft->base);
	free(draft->base_id);
	json_decref(draft->where);
	free(draft);
}

static char *copy_bytes(const char *bytes, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy) {
		memcpy(copy, bytes, len);
		copy[len] = '\0';
	}
	return copy;
}

struct tfs_draft *journal_draft_copy(const struct tfs_draft *draft, char *name, uint64_t number)
{
	struct tfs_draft *copy = calloc(1, sizeof(*copy));

	if (!copy) {
		free(name);
		return NULL;
	}
	atomic_init(&copy->refs, 1);
	copy->number = number;
	copy->name = name;
	copy->path = strdup(draft->path);
	copy->where = json_incref(draft->where);
	copy->text = copy_bytes(draft->text, draft->len);
	copy->len = draft->len;
	copy->base = draft->base ? strdup(draft->base) : NULL;
	copy->base_id = draft->base_id ? strdup(draft->base_id) : NULL;
	copy->error = draft->error;
	copy->time = draft->time;
	copy->uid = draft->uid;
	copy->pid = draft->pid;
	if (!name || !copy->path || !copy->text || (draft->base && !copy->base) || (draft->base_id && !copy->base_id)) {
		tfs_draft_unref(copy);
		return NULL;
	}
	return copy;
}

char *journal_draft_path(const char *dir, uint64_t number)
{
	char *path;

	return asprintf(&path, "%s/%0*llu%s", dir, NUMBER_DIGITS, (unsigned long long)number, ENDING) < 0 ? NULL : path;
}

uint64_t journal_draft_number(const char *name)
{
	if (strlen(name) != NUMBER_DIGITS + sizeof(ENDING) - 1 || strspn(name, "0123456789") != NUMBER_DIGITS ||
	    strcmp(name + NUMBER_DIGITS, ENDING) != 0)
		return 0;
	return strtoull(name, NULL, 10);
}

static int print_head(const struct tfs_draft *draft, struct tfs_buf *out)
{
	cleanup_json json_t *head = json_pack(
		"{s:o, s:o, s:I, s:I, s:I, s:I, s:s*, s:O*, s:o}", "name", tfs_json_string(draft->name), "path",
		tfs_json_string(draft->path), "time", (json_int_t)draft->time.tv_sec, "uid", (json_int_t)draft->uid,
		"text", (json_int_t)draft->len, "base", draft->base ? (json_int_t)strlen(draft->base) : (json_int_t)-1,
		"base_id", draft->base_id, "where", draft->where, "error", tfs_error_to_json(&draft->error));
	int r = !head ? -ENOMEM : tfs_json_print(head, out);

	return r < 0 ? r : tfs_buf_putc(out, '\n');
}

int journal_draft_write(const char *dir, const struct tfs_draft *draft)
{
	struct tfs_buf bytes TFS_CLEANUP(tfs_buf_wipe) = TFS_BUF_INIT_SECRET(FILE_MAX);
	cleanup_free char *path = journal_draft_path(dir, draft->number);
	int r = !path ? -ENOMEM : print_head(draft, &bytes);

	if (r == 0)
		r = tfs_buf_add(&bytes, draft->text, draft->len);
	if (r == 0 && draft->base)
		r = tfs_buf_puts(&bytes, draft->base);
	return r < 0 ? r : tfs_file_write(path, bytes.data, bytes.len, 0600, NULL);
}

static int load_texts(struct tfs_draft *draft, const json_t *head, const char *bytes, size_t len)
{
	json_int_t text = json_integer_value(json_object_get(head, "text"));
	json_int_t base = json_integer_value(json_object_get(head, "base"));
	const char *name = tfs_json_text(head, "name"), *path = tfs_json_text(head, "path");
	const char *base_id = tfs_json_text(head, "base_id");
	const json_t *uid = json_object_get(head, "uid");

	if (!name || !path || text < 0 || (size_t)text > len ||
	    (base >= 0 ? (size_t)text + (size_t)base : (size_t)text) != len)
		return -EBADMSG;
	draft->name = strdup(name);
	draft->path = strdup(path);
	draft->text = copy_bytes(bytes, (size_t)text);
	draft->len = (size_t)text;
	draft->base = base >= 0 ? copy_bytes(bytes + text, (size_t)base) : NULL;
	draft->base_id = base_id ? strdup(base_id) : NULL;
	draft->where = json_incref(json_object_get(head, "where"));
	draft->time.tv_sec = json_integer_value(json_object_get(head, "time"));
	/* A head without a uid belongs to the owner of the state folder. */
	draft->uid = uid ? (uid_t)json_integer_value(uid) : geteuid();
	tfs_error_from_json(json_object_get(head, "error"), &draft->error);
	return draft->name && draft->path && draft->text && (base < 0 || draft->base) && (!base_id || draft->base_id)
		       ? 0
		       : -ENOMEM;
}

int journal_draft_read(const char *dir, uint64_t number, struct tfs_draft **ret)
{
	struct tfs_buf bytes TFS_CLEANUP(tfs_buf_wipe) = TFS_BUF_INIT_SECRET(FILE_MAX);
	cleanup_free char *path = journal_draft_path(dir, number);
	struct tfs_draft *draft cleanup_draft = calloc(1, sizeof(*draft));
	cleanup_json json_t *head = NULL;
	const char *end;
	int r = !path || !draft ? -ENOMEM : tfs_file_read_private(path, &bytes, NULL);

	if (draft)
		atomic_init(&draft->refs, 1);
	if (r < 0)
		return r;
	end = bytes.len > 0 ? memchr(bytes.data, '\n', bytes.len) : NULL;
	if (!end || end - bytes.data > HEAD_MAX ||
	    tfs_json_parse(bytes.data, (size_t)(end - bytes.data), &head, NULL) < 0)
		return -EBADMSG;
	r = load_texts(draft, head, end + 1, bytes.len - (size_t)(end + 1 - bytes.data));
	if (r < 0)
		return r;
	draft->number = number;
	atomic_init(&draft->on_disk, true);
	*ret = steal_pointer(&draft);
	return 0;
}
