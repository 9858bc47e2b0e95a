/* Converts an argument of `tenantfs call` to the type of its field. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "call-request.h"
#include "tenantfs/file.h"

enum { INPUT_MAX = 32 << 20 };

/* The input of a conversion. */
struct source {
	const struct cli_call_arg *arg;
	const char *text;
	size_t len;
	bool from_file;
	struct tfs_error *error;
};

int cli_input_read(struct cli_input *input, const char *name, struct tfs_buf *out, struct tfs_error *error)
{
	enum { STEP = 64 << 10 };
	size_t n;

	if (strcmp(name, "-") != 0)
		return tfs_file_read(name, out, error);
	if (input->taken)
		return tfs_error_set(error, -EINVAL, "cli", "only one argument can read standard input");
	input->taken = true;
	do {
		int r = tfs_buf_reserve(out, STEP);
		if (r == -EFBIG)
			return tfs_error_set(error, r, "cli", "standard input has more than %zu bytes", out->max);
		if (r < 0)
			return tfs_error_set_memory(error);
		n = fread(out->data + out->len, 1, STEP, input->in);
		tfs_buf_grow(out, n);
	} while (n == STEP);
	return ferror(input->in) ? tfs_error_set(error, -EIO, "cli", "standard input cannot be read") : 0;
}

int cli_call_arg_split(const char *text, struct cli_call_arg *ret, struct tfs_error *error)
{
	const char *equals = strchr(text, '=');
	bool raw = equals && equals > text && equals[-1] == ':';
	size_t name_len = equals ? (size_t)(equals - text) - raw : 0;

	if (name_len == 0)
		return tfs_error_set(error, -EINVAL, "cli", "\"%s\" is not NAME=VALUE", text);
	*ret = (struct cli_call_arg){ .name = text, .name_len = name_len, .value = equals + 1, .raw = raw };
	return 0;
}

static int hex_value(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

json_t *cli_decode(const char *text, size_t len)
{
	cleanup_free char *plain = malloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; plain && i < len; i++) {
		if (text[i] == '%' && len - i > 2 && isxdigit((unsigned char)text[i + 1]) &&
		    isxdigit((unsigned char)text[i + 2])) {
			plain[n++] = (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
			i += 2;
		} else {
			plain[n++] = text[i];
		}
	}
	return plain ? json_stringn(plain, n) : NULL;
}

static int fail_type(const struct source *source, const char *wanted)
{
	return tfs_error_set(source->error, -EINVAL, "cli", "%.*s is %s", (int)source->arg->name_len, source->arg->name,
			     wanted);
}

static int parse(const struct source *source, json_t **ret)
{
	struct tfs_error error;
	int r = tfs_json_parse(source->text, source->len, ret, &error);

	if (r < 0)
		return tfs_error_set(source->error, r, "cli", "%.*s: %s", (int)source->arg->name_len, source->arg->name,
				     error.message);
	return 0;
}

static int check_values(const struct source *source, const struct tfs_field *field, const char *text)
{
	struct tfs_buf list cleanup_buf = TFS_BUF_INIT(TFS_ERROR_MESSAGE / 2);

	if (!field->values)
		return 0;
	for (const char *const *value = field->values; *value; value++)
		if (!strcmp(*value, text))
			return 0;
	for (const char *const *value = field->values; *value; value++)
		if (tfs_buf_printf(&list, "%s%s", list.len ? ", " : "one of: ", *value) < 0)
			break;
	int r = fail_type(source, list.data ? list.data : "another value");
	return r;
}

static int make_text(const struct source *source, const struct tfs_field *field, json_t **ret)
{
	size_t len = source->len;

	/* The final newline of a text file is not part of the value. */
	if (source->from_file && len && source->text[len - 1] == '\n')
		len--;
	cleanup_json json_t *value = json_stringn(source->text, len);
	if (!value)
		return fail_type(source, "not UTF-8");
	int r = check_values(source, field, json_string_value(value));
	if (r >= 0)
		*ret = steal_pointer(&value);
	return r;
}

static int make_boolean(const struct source *source, json_t **ret)
{
	size_t len = source->len - (source->from_file && source->len && source->text[source->len - 1] == '\n');
	bool is_true = len == 4 && !memcmp(source->text, "true", 4);

	if (!is_true && (len != 5 || memcmp(source->text, "false", 5) != 0))
		return fail_type(source, "true or false");
	*ret = json_boolean(is_true);
	return 0;
}

static int make_json(const struct source *source, enum tfs_type type, json_t **ret)
{
	cleanup_json json_t *value = NULL;
	int r = parse(source, &value);

	if (type == TFS_TYPE_NUMBER && (r < 0 || !json_is_number(value)))
		return fail_type(source, "a number");
	if (r < 0)
		return r;
	if (type == TFS_TYPE_OBJECT && !json_is_object(value))
		return fail_type(source, "an object: give it as JSON, or its members as NAME.MEMBER=VALUE");
	if (type == TFS_TYPE_ARRAY && !json_is_array(value))
		return fail_type(source, "an array: give it as JSON");
	*ret = steal_pointer(&value);
	return 0;
}

static int make_any(const struct source *source, const struct tfs_field *field, json_t **ret)
{
	if (tfs_json_parse(source->text, source->len, ret, NULL) == 0)
		return 0;
	return make_text(source, field, ret);
}

/* Anything but a JSON array is one element; a repeated argument adds the next. */
static int make_array(const struct source *source, const struct tfs_field *field, json_t **ret)
{
	json_t *item = NULL;
	int r;

	if (source->text[strspn(source->text, " \t\r\n")] == '[')
		return make_json(source, TFS_TYPE_ARRAY, ret);
	switch (field->item) {
	case TFS_TYPE_STRING:
		r = make_text(source, field, &item);
		break;
	case TFS_TYPE_BOOLEAN:
		r = make_boolean(source, &item);
		break;
	case TFS_TYPE_ANY:
		r = make_any(source, field, &item);
		break;
	default:
		r = make_json(source, field->item, &item);
	}
	if (r < 0)
		return r;
	*ret = json_pack("[o]", item);
	return *ret ? 0 : tfs_error_set_memory(source->error);
}

static int make_value(const struct source *source, const struct tfs_field *field, json_t **ret)
{
	if (source->arg->raw)
		return parse(source, ret);
	switch (field->type) {
	case TFS_TYPE_STRING:
		return make_text(source, field, ret);
	case TFS_TYPE_BOOLEAN:
		return make_boolean(source, ret);
	case TFS_TYPE_ARRAY:
		return make_array(source, field, ret);
	case TFS_TYPE_ANY:
		return make_any(source, field, ret);
	default:
		return make_json(source, field->type, ret);
	}
}

static int refuse_secret(const struct cli_call_arg *arg, struct tfs_error *error)
{
	int len = (int)arg->name_len;

	return tfs_error_set(
		error, -EINVAL, "cli",
		"%.*s is a secret, which other users could read here: give %.*s=@- and its value on standard "
		"input, or %.*s=@FILE",
		len, arg->name, len, arg->name, len, arg->name);
}

int cli_call_arg_value(const struct cli_call_arg *arg, const struct tfs_field *field, struct cli_input *input,
		       json_t **ret, struct tfs_error *error)
{
	static const struct tfs_field plain = { .type = TFS_TYPE_STRING };
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(INPUT_MAX);
	const char *value = arg->value;
	bool quoted = !arg->raw && value[0] == '@' && value[1] == '@';
	bool from_file = !arg->raw && value[0] == '@' && !quoted;

	if (!from_file && field && field->secret)
		return refuse_secret(arg, error);
	if (from_file) {
		int r = cli_input_read(input, value + 1, &text, error);
		if (r < 0)
			return r;
		value = text.data ? text.data : "";
	}
	value += quoted;
	struct source source = { .arg = arg,
				 .text = value,
				 .len = from_file ? text.len : strlen(value),
				 .from_file = from_file,
				 .error = error };
	return make_value(&source, field ? field : &plain, ret);
}
