/* Path templates, in the one place that knows their form, and the test whether a path is below another. */
#include "tenantfs/path.h"

#include <errno.h>
#include <string.h>

static const char OWN_NAME[] = "name";

static size_t segment_length(const char *from, size_t len)
{
	const char *slash = memchr(from, '/', len);

	return slash ? (size_t)(slash - from) : len;
}

struct tfs_path_segment tfs_path_segment(const char *template, size_t len)
{
	size_t own = segment_length(template, len);
	const char *close = own > 0 && template[0] == '{' ? memchr(template, '}', own) : NULL;
	struct tfs_path_segment segment = { .text = template, .text_len = own, .len = own, .last = own == len };

	if (close) {
		segment.object = template + 1;
		segment.object_len = (size_t)(close - template) - 1;
		segment.text = close + 1;
		segment.text_len = own - segment.object_len - 2;
	}
	return segment;
}

static bool is_object(const struct tfs_path_segment *segment, const char *object, size_t len)
{
	return segment->object && segment->object_len == len && memcmp(segment->object, object, len) == 0;
}

static bool bind_segment(const struct tfs_path_segment *segment, const char *value, size_t len,
			 struct tfs_path_bindings *into)
{
	size_t value_len;

	if (!segment->object)
		return segment->len == len && memcmp(segment->text, value, len) == 0;
	if (len <= segment->text_len || into->count == TFS_PATH_OBJECTS_MAX)
		return false;
	value_len = len - segment->text_len;
	if (memcmp(segment->text, value + value_len, segment->text_len) != 0)
		return false;
	into->all[into->count++] = (struct tfs_path_binding){ segment->object, value, segment->object_len, value_len };
	return true;
}

bool tfs_path_match(const char *template, size_t len, const char *path, struct tfs_path_bindings *ret)
{
	struct tfs_path_bindings unwanted, *bindings = ret ? ret : &unwanted;

	bindings->count = 0;
	for (;;) {
		struct tfs_path_segment segment = tfs_path_segment(template, len);
		size_t have = strcspn(path, "/");

		if (!bind_segment(&segment, path, have, bindings))
			return false;
		if (segment.last || path[have] == '\0')
			return segment.last && path[have] == '\0';
		template += segment.len + 1;
		len -= segment.len + 1;
		path += have + 1;
	}
}

const struct tfs_path_binding *tfs_path_bound(const struct tfs_path_bindings *bindings, const char *object, size_t len)
{
	for (size_t i = 0; i < bindings->count; i++)
		if (bindings->all[i].object_len == len && memcmp(bindings->all[i].object, object, len) == 0)
			return &bindings->all[i];
	return NULL;
}

int tfs_path_fill(const char *template, size_t len, tfs_path_value value, void *context, struct tfs_buf *out)
{
	int r = 0;

	while (len > 0 && r == 0) {
		struct tfs_path_segment segment = tfs_path_segment(template, len);
		size_t used = segment.len + !segment.last;

		if (segment.object)
			r = value(context, segment.object, segment.object_len, out);
		if (r == 0)
			r = tfs_buf_add(out, segment.text, segment.text_len + !segment.last);
		template += used;
		len -= used;
	}
	return r;
}

/* The segment with that object; its `text` is NULL when there is none. `*ret_at` is its offset. */
static struct tfs_path_segment find_object(const char *template, const char *object, size_t *ret_at)
{
	size_t left = strlen(template), len = strlen(object);

	for (*ret_at = 0; left > 0;) {
		struct tfs_path_segment segment = tfs_path_segment(template + *ret_at, left);
		size_t used = segment.len + !segment.last;

		if (is_object(&segment, object, len))
			return segment;
		*ret_at += used;
		left -= used;
	}
	return (struct tfs_path_segment){ 0 };
}

size_t tfs_path_through(const char *template, const char *object)
{
	size_t at;
	struct tfs_path_segment segment = find_object(template, object, &at);

	return segment.text ? at + segment.len : 0;
}

size_t tfs_path_directory(const char *template)
{
	size_t at;
	struct tfs_path_segment segment = find_object(template, OWN_NAME, &at);

	return segment.text && at > 0 ? at - 1 : at;
}

const char *tfs_path_ending(const char *template)
{
	size_t at;

	return find_object(template, OWN_NAME, &at).text;
}

bool tfs_path_is_below(const char *path, const char *above)
{
	size_t len = strlen(above);

	return len == 0 || (strncmp(path, above, len) == 0 && (path[len] == '\0' || path[len] == '/'));
}
