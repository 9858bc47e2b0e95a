/* Spoils the text of an answer as a fault demands: deep nesting, bad UTF-8, hostile names. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "answer.h"

enum { DEEP = 10000 };

static int replace(struct tfs_buf *text, const char *now, size_t len)
{
	tfs_buf_reset(text);
	return tfs_buf_add(text, now, len);
}

static int spoil_deep(struct tfs_buf *text)
{
	int r = 0;

	tfs_buf_reset(text);
	for (int i = 0; i < DEEP && r == 0; i++)
		r = tfs_buf_puts(text, "{\"a\":[");
	for (int i = 0; i < DEEP && r == 0; i++)
		r = tfs_buf_puts(text, "]}");
	return r;
}

/* Inserts `piece` after the first opening brace. */
static int insert_member(struct tfs_buf *text, const char *piece)
{
	char *brace = text->len ? memchr(text->data, '{', text->len) : NULL;
	struct tfs_buf now = TFS_BUF_INIT(text->max);

	if (!brace)
		return replace(text, "{}", 2);
	size_t at = (size_t)(brace - text->data) + 1;
	bool more = at < text->len && text->data[at] != '}';
	int r = tfs_buf_add(&now, text->data, at);
	if (r == 0)
		r = tfs_buf_puts(&now, piece);
	if (r == 0 && more)
		r = tfs_buf_putc(&now, ',');
	if (r == 0)
		r = tfs_buf_add(&now, text->data + at, text->len - at);
	if (r < 0) {
		tfs_buf_finish(&now);
		return r;
	}
	tfs_buf_finish(text);
	*text = now;
	return 0;
}

static int spoil_pages(struct tfs_buf *text)
{
	cleanup_json json_t *value = json_loadb(text->data, text->len, JSON_ALLOW_NUL, NULL);
	json_t *page = json_object_get(value, "page");

	if (!json_is_object(page))
		return 0;
	json_object_set_new(page, "total", json_integer(1000000000));
	return sandbox_answer_print(json_incref(value), text);
}

static json_t *hostile_name(size_t index)
{
	static const char *const names[] = { "..", "a/b", "", ".", "../../etc/passwd", "same", "same" };
	const size_t n = sizeof(names) / sizeof(*names);

	if (index < n)
		return json_string(names[index]);
	switch (index - n) {
	case 0:
		return json_stringn("nul\0inside", 10);
	case 1:
		return json_integer(42);
	case 2:
		return json_null();
	case 3:
		return json_pack("{s:s}", "name", "nested");
	case 4:
		return json_true();
	default:
		return json_string("\xed\x9f\xbf");
	}
}

static int spoil_names(struct tfs_buf *text)
{
	cleanup_json json_t *value = json_loadb(text->data, text->len, JSON_ALLOW_NUL, NULL);
	json_t *list = sandbox_answer_records(value);
	size_t index;
	json_t *record;

	json_array_foreach (list, index, record) {
		const char *member = json_object_get(record, "username") ? "username" : "name";
		if (json_is_object(record))
			json_object_set_new(record, member, hostile_name(index % 13));
		else
			json_array_set_new(list, index, hostile_name(index % 13));
	}
	return list ? sandbox_answer_print(json_incref(value), text) : 0;
}

/* Gives one record a member with that text, which may be no JSON. */
static int spoil_record(struct tfs_buf *text, const char *odd)
{
	static const char mark[] = "\"odd record\"";
	cleanup_json json_t *value = json_loadb(text->data, text->len, JSON_ALLOW_NUL, NULL);
	json_t *list = sandbox_answer_records(value), *record = json_array_get(list, json_array_size(list) / 2);
	struct tfs_buf now = TFS_BUF_INIT(text->max);

	if (!json_is_object(record))
		return 0;
	json_object_set_new(record, "odd", json_string("odd record"));
	int r = sandbox_answer_print(json_incref(value), text);
	const char *at = r == 0 ? strstr(text->data, mark) : NULL;
	if (!at)
		return r;
	r = tfs_buf_add(&now, text->data, (size_t)(at - text->data));
	if (r == 0)
		r = tfs_buf_puts(&now, odd);
	if (r == 0)
		r = tfs_buf_puts(&now, at + sizeof(mark) - 1);
	if (r < 0) {
		tfs_buf_finish(&now);
		return r;
	}
	tfs_buf_finish(text);
	*text = now;
	return 0;
}

int sandbox_answer_spoil(const struct fault *fault, struct tfs_buf *text)
{
	if (!text->len)
		return 0;
	switch (fault->kind) {
	case FAULT_DEEP:
		return spoil_deep(text);
	case FAULT_BADUTF8:
		return insert_member(text, "\"note\":\"\xff\xc0\xaf\"");
	case FAULT_DUPKEYS:
		return insert_member(text, "\"twice\":1,\"twice\":2");
	case FAULT_PAGES:
		return spoil_pages(text);
	case FAULT_NAMES:
		return spoil_names(text);
	case FAULT_KEYED:
	case FAULT_NESTED:
	case FAULT_BOXED:
	case FAULT_SINGLE:
		return sandbox_answer_shape(fault, text);
	case FAULT_SURROGATE:
		return spoil_record(text, "\"half \\ud83d of a character\"");
	case FAULT_INTEGER:
		return spoil_record(text, "18446744073709551617");
	case FAULT_REAL:
		return spoil_record(text, "1e400");
	case FAULT_DOUBLED:
		return spoil_record(text, "1,\"odd\":2");
	default:
		return 0;
	}
}

void sandbox_answer_huge(uint64_t offset, char *out, size_t len)
{
	static const char head[] = "{\"data\":\"";
	static const char tail[] = "\"}";

	assert(offset <= ANSWER_HUGE_BYTES && len <= ANSWER_HUGE_BYTES - offset);
	for (size_t i = 0; i < len; i++) {
		uint64_t at = offset + i;
		if (at < sizeof(head) - 1)
			out[i] = head[at];
		else if (at >= ANSWER_HUGE_BYTES - (sizeof(tail) - 1))
			out[i] = tail[at - (ANSWER_HUGE_BYTES - (sizeof(tail) - 1))];
		else
			out[i] = 'A';
	}
}
