/* Reads a file that is sent as a form. */
#include "upload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { BOUNDARY_MAX = 80, NAME_MAX_TEXT = 256, FILE_TEXT_MAX = 32 << 20 };

static int refuse(struct call *call, const char *why)
{
	return call_refuse(call, 400, call->endpoint->upload, "%s", why);
}

/* The line between parts, without its line breaks. */
static bool find_boundary(const char *type, char out[BOUNDARY_MAX])
{
	const char *at = type ? strstr(type, "boundary=") : NULL;

	if (!at || strncmp(type, "multipart/form-data;", 20) != 0)
		return false;
	at += strlen("boundary=");
	return snprintf(out, BOUNDARY_MAX, "--%s", at) < BOUNDARY_MAX;
}

/* The value of `name="…"` in the head of a part. */
static bool find_param(const char *head, size_t len, const char *name, char out[NAME_MAX_TEXT])
{
	char start[32];
	size_t n = (size_t)snprintf(start, sizeof(start), "; %s=\"", name);
	const char *at = memmem(head, len, start, n), *end;

	if (!at)
		return false;
	at += n;
	end = memchr(at, '"', (size_t)(head + len - at));
	if (!end || end - at >= NAME_MAX_TEXT)
		return false;
	memcpy(out, at, (size_t)(end - at));
	out[end - at] = '\0';
	return true;
}

static int keep(struct call *call, const char *field, const char *name, const char *bytes, size_t len)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(FILE_TEXT_MAX);
	int r = tfs_base64(bytes, len, &text);

	if (r < 0)
		return r;
	call->upload = json_pack("{s:s, s:s, s:s%}", "field", field, "name", name, "base64", text.data, text.len);
	return call->upload ? 0 : -ENOMEM;
}

int sandbox_upload_read(struct call *call)
{
	const char *body = call->in->body, *head, *bytes, *end;
	char boundary[BOUNDARY_MAX], closing[BOUNDARY_MAX + 8], field[NAME_MAX_TEXT], name[NAME_MAX_TEXT];
	size_t len = call->in->body_len, closing_len;

	if (!find_boundary(call->in->content_type, boundary) || len < strlen(boundary) ||
	    strncmp(body, boundary, strlen(boundary)) != 0)
		return refuse(call, "the body must be a form (multipart/form-data)");
	head = body + strlen(boundary);
	bytes = memmem(head, (size_t)(body + len - head), "\r\n\r\n", 4);
	if (!bytes)
		return refuse(call, "the form has no part");
	closing_len = (size_t)snprintf(closing, sizeof(closing), "\r\n%s--", boundary);
	/* From the empty line on: an empty file is followed by the closing line at once. */
	end = memmem(bytes + 2, (size_t)(body + len - bytes - 2), closing, closing_len);
	if (!find_param(head, (size_t)(bytes - head), "name", field) || strcmp(field, call->endpoint->upload) != 0)
		return refuse(call, "the form has no such field");
	if (!end || !find_param(head, (size_t)(bytes - head), "filename", name) || name[0] == '\0')
		return refuse(call, "the field must be a file with a name");
	bytes += 4;
	return keep(call, field, name, bytes, end > bytes ? (size_t)(end - bytes) : 0);
}
