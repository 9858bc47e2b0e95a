/* File names: escapes an object's display name for a directory entry, and reads it back. */
#include "tenantfs/name.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/buf.h"
#include "tenantfs/cleanup.h"
#include "tenantfs/hash.h"
#include "tenantfs/utf8.h"

enum {
	DIGEST = 17, /* '~' and 16 hex digits */
	ID_TAIL = 6,
	RAW_MAX = 1 << 20, /* longer than any name the API accepts; bounds the memory */
};

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Whether `text` ends in '~' and exactly `digits` lower hex digits. */
static bool ends_marked(const char *text, size_t len, size_t digits)
{
	if (len < digits + 1 || text[len - digits - 1] != '~')
		return false;
	for (size_t i = len - digits; i < len; i++)
		if (!is_hex(text[i]))
			return false;
	return true;
}

/* Position of a '~' that makes the raw name look shortened or like one with an id; `len`: none. */
static size_t mark_position(const char *raw, size_t len)
{
	if (ends_marked(raw, len, DIGEST - 1))
		return len - DIGEST;
	if (ends_marked(raw, len, ID_TAIL))
		return len - ID_TAIL - 1;
	return len;
}

static bool needs_escape(const char *character, size_t sequence)
{
	return *character == '/' || *character == '%' || tfs_utf8_moves_terminal(character, sequence);
}

static int add_escaped(struct tfs_buf *out, const char *raw, size_t len)
{
	size_t mark = mark_position(raw, len), step;
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i += step) {
		step = tfs_utf8_sequence(raw + i, len - i);
		if (step == 0 || needs_escape(raw + i, step) || (i == 0 && raw[i] == '.') || i == mark) {
			step = step == 0 ? 1 : step;
			for (size_t k = 0; k < step && r == 0; k++)
				r = tfs_buf_printf(out, "%%%02X", (unsigned char)raw[i + k]);
		} else {
			r = tfs_buf_add(out, raw + i, step);
		}
	}
	return r;
}

/* The largest length up to `len` that splits neither a character nor a %XX. */
static size_t cut_name(const char *name, size_t len)
{
	len = tfs_utf8_cut(name, len);
	if (len >= 1 && name[len - 1] == '%')
		return len - 1;
	if (len >= 2 && name[len - 2] == '%')
		return len - 2;
	return len;
}

static size_t bound_room(size_t room, size_t least)
{
	if (room > TFS_NAME_MAX)
		room = TFS_NAME_MAX;
	return room < least ? least : room;
}

/* The digest of the whole raw name keeps shortened names distinct. */
static char *shorten(const char *name, size_t room, const char *raw, size_t raw_len)
{
	assert(room > DIGEST);
	size_t keep = cut_name(name, room - DIGEST);
	char *out = malloc(keep + DIGEST + 1);

	if (!out)
		return NULL;
	memcpy(out, name, keep);
	snprintf(out + keep, DIGEST + 1, "~%016llx", (unsigned long long)tfs_hash(raw, raw_len));
	return out;
}

char *tfs_name_escape(const char *raw, size_t len, size_t room)
{
	struct tfs_buf out TFS_CLEANUP(tfs_buf_finish) = TFS_BUF_INIT((size_t)RAW_MAX * 3);

	if (len == 0)
		return strdup("%");
	room = bound_room(room, DIGEST + 1);
	/* Bytes past RAW_MAX are cut off in any case, so only the digest reads them. */
	if (add_escaped(&out, raw, len < RAW_MAX ? len : RAW_MAX) < 0)
		return NULL;
	if (out.len <= room && len < RAW_MAX)
		return tfs_buf_steal(&out, NULL);
	return shorten(out.data, room, raw, len);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes each %XX; -EINVAL for any other '%'. */
static int decode(const char *name, size_t len, char *out, size_t *ret_len)
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		if (name[i] != '%') {
			out[used++] = name[i];
			continue;
		}
		if (len - i < 3 || hex_value(name[i + 1]) < 0 || hex_value(name[i + 2]) < 0)
			return -EINVAL;
		out[used++] = (char)(hex_value(name[i + 1]) * 16 + hex_value(name[i + 2]));
		i += 2;
	}
	out[used] = '\0';
	*ret_len = used;
	return 0;
}

int tfs_name_unescape(const char *name, size_t len, char **ret_raw, size_t *ret_len)
{
	cleanup_free char *raw = NULL, *again = NULL;
	size_t used = 0;

	if (len == 0 || len > TFS_NAME_MAX)
		return -EINVAL;
	raw = malloc(len + 1);
	if (!raw)
		return -ENOMEM;
	if (len == 1 && name[0] == '%')
		raw[0] = '\0';
	else if (decode(name, len, raw, &used) < 0)
		return -EINVAL;
	again = tfs_name_escape(raw, used, TFS_NAME_MAX);
	if (!again)
		return -ENOMEM;
	if (strlen(again) != len || memcmp(again, name, len) != 0)
		return -EINVAL;
	*ret_raw = steal_pointer(&raw);
	*ret_len = used;
	return 0;
}

char *tfs_name_distinct(const char *name, const char *id, size_t room)
{
	struct tfs_buf tail TFS_CLEANUP(tfs_buf_finish) = TFS_BUF_INIT(64),
			    out TFS_CLEANUP(tfs_buf_finish) = TFS_BUF_INIT(2 * TFS_NAME_MAX);
	size_t len = strlen(name), id_len = strlen(id), digest, keep;

	if (id_len > ID_TAIL)
		id += id_len - ID_TAIL;
	if (tfs_buf_putc(&tail, '~') < 0 || add_escaped(&tail, id, strlen(id)) < 0)
		return NULL;
	room = bound_room(room, DIGEST + tail.len + 1);
	assert(tail.len + DIGEST < room);
	/* A shortened name keeps its digest; its head is cut further. */
	digest = ends_marked(name, len, DIGEST - 1) ? DIGEST : 0;
	keep = len - digest;
	if (keep > room - tail.len - digest)
		keep = cut_name(name, room - tail.len - digest);
	if (tfs_buf_add(&out, name, keep) < 0 || tfs_buf_add(&out, name + len - digest, digest) < 0 ||
	    tfs_buf_add(&out, tail.data, tail.len) < 0)
		return NULL;
	return tfs_buf_steal(&out, NULL);
}
