/* The growable buffer: its capacity doubles up to a ceiling; its bytes are NUL-terminated. */
#include "tenantfs/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/secret.h"

enum { SMALLEST = 64 };

void tfs_buf_finish(struct tfs_buf *buf)
{
	if (!buf)
		return;
	if (buf->secret) {
		tfs_buf_wipe(buf);
		return;
	}
	free(buf->data);
	buf->data = NULL;
	buf->len = buf->cap = 0;
}

void tfs_buf_wipe(struct tfs_buf *buf)
{
	if (!buf)
		return;
	if (buf->data)
		tfs_wipe(buf->data, buf->cap);
	free(buf->data);
	buf->data = NULL;
	buf->len = buf->cap = 0;
}

void tfs_buf_reset(struct tfs_buf *buf)
{
	if (buf->data) {
		if (buf->secret)
			tfs_wipe(buf->data, buf->len);
		buf->data[0] = '\0';
	}
	buf->len = 0;
}

/* realloc may leave a copy of the bytes behind, so a secret buffer is copied and the old memory wiped. */
static char *move_bytes(struct tfs_buf *buf, size_t cap)
{
	char *data;

	if (!buf->secret)
		return realloc(buf->data, cap);
	data = malloc(cap);
	if (!data)
		return NULL;
	if (buf->data) {
		memcpy(data, buf->data, buf->len + 1);
		tfs_wipe(buf->data, buf->cap);
		free(buf->data);
	}
	return data;
}

int tfs_buf_reserve(struct tfs_buf *buf, size_t extra)
{
	size_t need, cap;
	char *data;

	if (buf->len > buf->max || extra > buf->max - buf->len || buf->len + extra == SIZE_MAX)
		return -EFBIG;
	need = buf->len + extra + 1;
	if (need <= buf->cap)
		return 0;
	cap = buf->cap < SMALLEST ? SMALLEST : buf->cap > SIZE_MAX / 2 ? need : buf->cap * 2;
	if (cap > buf->max && buf->max < SIZE_MAX)
		cap = buf->max + 1;
	if (cap < need)
		cap = need;
	data = move_bytes(buf, cap);
	if (!data)
		return -ENOMEM;
	data[buf->len] = '\0';
	buf->data = data;
	buf->cap = cap;
	return 0;
}

int tfs_buf_add(struct tfs_buf *buf, const void *bytes, size_t len)
{
	int r = tfs_buf_reserve(buf, len);

	if (r < 0)
		return r;
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	tfs_buf_grow(buf, len);
	return 0;
}

int tfs_buf_puts(struct tfs_buf *buf, const char *text)
{
	return tfs_buf_add(buf, text, strlen(text));
}

int tfs_buf_putc(struct tfs_buf *buf, char c)
{
	return tfs_buf_add(buf, &c, 1);
}

int tfs_buf_printf(struct tfs_buf *buf, const char *format, ...)
{
	va_list args, again;
	int r, wanted;

	va_start(args, format);
	va_copy(again, args);
	wanted = vsnprintf(NULL, 0, format, args);
	va_end(args);
	r = wanted < 0 ? -EINVAL : tfs_buf_reserve(buf, (size_t)wanted);
	if (r == 0) {
		vsnprintf(buf->data + buf->len, (size_t)wanted + 1, format, again);
		buf->len += (size_t)wanted;
	}
	va_end(again);
	return r;
}

void tfs_buf_grow(struct tfs_buf *buf, size_t len)
{
	assert(buf->len < buf->cap && len < buf->cap - buf->len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

int tfs_buf_resize(struct tfs_buf *buf, size_t len)
{
	size_t old = buf->len;
	int r;

	if (len <= old) {
		if (!buf->data)
			return 0;
		if (buf->secret)
			tfs_wipe(buf->data + len, old - len);
		buf->data[len] = '\0';
		buf->len = len;
		return 0;
	}
	r = tfs_buf_reserve(buf, len - old);
	if (r < 0)
		return r;
	memset(buf->data + old, 0, len - old);
	tfs_buf_grow(buf, len - old);
	return 0;
}

char *tfs_buf_steal(struct tfs_buf *buf, size_t *ret_len)
{
	char *data = buf->data;

	if (!data) {
		data = calloc(1, 1);
		if (!data)
			return NULL;
	}
	if (ret_len)
		*ret_len = buf->len;
	buf->data = NULL;
	buf->len = buf->cap = 0;
	return data;
}

int tfs_buf_put_word(struct tfs_buf *buf, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./@%+=:,-";
	size_t start = buf->len;
	int r;

	if (text[0] != '\0' && text[strspn(text, plain)] == '\0')
		return tfs_buf_puts(buf, text);
	r = tfs_buf_putc(buf, '\'');
	for (; *text != '\0' && r == 0; text++)
		r = *text == '\'' ? tfs_buf_puts(buf, "'\\''") : tfs_buf_putc(buf, *text);
	if (r == 0)
		r = tfs_buf_putc(buf, '\'');
	if (r < 0)
		tfs_buf_resize(buf, start);
	return r;
}
