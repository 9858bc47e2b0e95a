/* Prints and seals answers, and breaks them where a fault demands it. */
#include "answer.h"

#include <errno.h>
#include <string.h>

enum { BODY_MAX = 128 << 20 };

static int refusal_text(const struct call *call, struct tfs_buf *text)
{
	cleanup_json json_t *error = sandbox_refusal_json(&call->refusal, sandbox_refusal_shape(call->endpoint));

	return error ? tfs_json_print(error, text) : -ENOMEM;
}

static int plain_text(struct call *call, struct tfs_buf *text)
{
	if (call->refusal.status)
		return refusal_text(call, text);
	if (call->answer)
		return tfs_json_print(call->answer, text);
	return call->text.len ? tfs_buf_add(text, call->text.data, call->text.len) : 0;
}

/* Where the document shows a clear answer in a member "data". */
static int wrap_clear(struct tfs_buf *text)
{
	struct tfs_buf wrapped = TFS_BUF_INIT(BODY_MAX);
	int r = tfs_buf_printf(&wrapped, "{\"data\":%s}", text->data);

	if (r < 0) {
		tfs_buf_finish(&wrapped);
		return r;
	}
	tfs_buf_finish(text);
	*text = wrapped;
	return 0;
}

static bool wants_seal(const struct call *call)
{
	if (call->refusal.status || call->clear || !call->endpoint)
		return false;
	return call->endpoint->answer_seal == TFS_SEAL_ALWAYS || (call->signs_on && call->box->login.keyless);
}

static int seal(const struct call *call, const struct fault *fault, const struct tfs_buf *text, struct tfs_buf *body)
{
	const struct data_dir *dir = call->box->dir;
	bool old = fault->kind == FAULT_OLDKEY;
	int r = tfs_buf_puts(body, "{\"data\":\"");

	if (r == 0)
		r = tfs_seal(old ? dir->old_peer : dir->peer, text->data, text->len, body, NULL);
	if (r == 0 && fault->kind == FAULT_BADTAG) {
		/* The fifth byte from the end is always within the tag, whatever the padding. */
		char *spoilt = body->data + body->len - 5;
		*spoilt = *spoilt == 'A' ? 'B' : 'A';
	}
	if (r == 0 && call->box->login.keyless)
		r = tfs_buf_puts(body, "\"}");
	else if (r == 0)
		r = tfs_buf_printf(body, "\",\"publicKey\":\"%s\"}", tfs_key_public(old ? dir->old : dir->server));
	return r;
}

/* GET /publickeys with the fault "oldkey": answers with the old key. */
static int give_old_key(const struct call *call, struct tfs_buf *text)
{
	tfs_buf_reset(text);
	return tfs_buf_printf(text, "{\"publicKey\":\"%s\"}", tfs_key_public(call->box->dir->old));
}

int sandbox_answer_build(struct call *call, const struct fault *fault, struct answer *answer)
{
	struct tfs_buf text = TFS_BUF_INIT(BODY_MAX);
	const char *download = tfs_json_text(call->query, "download");
	int r = plain_text(call, &text);

	answer->status = call->refusal.status ? call->refusal.status : call->status ? call->status : 200;
	answer->body = TFS_BUF_INIT(BODY_MAX);
	answer->type = call->type && !call->refusal.status ? call->type : "application/json";
	answer->sealed = text.len && wants_seal(call);
	if (answer->status / 100 == 3)
		answer->location = "https://app.example.com/?signed=on";
	if (answer->status == 200 && download && strcmp(download, "true") == 0)
		answer->disposition = "attachment; filename=\"metadata.xml\"";
	if (r == 0 && !call->refusal.status && call->box->short_lists)
		r = sandbox_answer_shorten(call->endpoint, &text);
	if (r == 0 && !call->refusal.status)
		r = sandbox_answer_spoil(fault, &text);
	if (r == 0 && text.len && !call->refusal.status && call->endpoint &&
	    call->endpoint->answer_data == TFS_DATA_CLEAR)
		r = wrap_clear(&text);
	if (r == 0 && fault->kind == FAULT_OLDKEY && !answer->sealed && !call->refusal.status)
		r = give_old_key(call, &text);
	if (r == 0 && answer->sealed) {
		r = seal(call, fault, &text, &answer->body);
	} else if (r == 0) {
		answer->body = text;
		text = TFS_BUF_INIT(0);
	}
	if (r == 0 && fault->kind == FAULT_GARBAGE) {
		r = tfs_buf_resize(&answer->body, answer->body.len / 2);
		if (r == 0)
			r = tfs_buf_puts(&answer->body, "}]{\"");
	}
	tfs_buf_finish(&text);
	return r;
}

void sandbox_answer_finish(struct answer *answer)
{
	tfs_buf_finish(&answer->body);
}
