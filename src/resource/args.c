/* Argument templates of steps: placeholders are replaced by their values, in values, texts and member names. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "shape.h"
#include "tenantfs/digest.h"

enum { TEXT_MAX = 64 << 20, WORD_MAX = 160 };

/* One step's template being expanded. */
struct renderer {
	struct args_source with;
	char uuid[TFS_UUID_TEXT];
	bool nothing; /* an array the step is for has no element */
};

static int render(struct renderer *renderer, const json_t *template, json_t **ret);

static int render_placeholder(struct renderer *renderer, const char *word, json_t **ret)
{
	const char *argument;
	const struct placeholder *row = resource_placeholder_find(word, &argument);
	int r = resource_placeholder_value(&renderer->with, word, ret);

	if (r == 0 && row->skip_if_empty && json_array_size(*ret) == 0)
		renderer->nothing = true;
	return r;
}

/* Adds a placeholder's value as text; 1: it has none. */
static int add_placeholder(struct renderer *renderer, const char *word, struct tfs_buf *out)
{
	cleanup_json json_t *value = NULL;
	int r = render_placeholder(renderer, word, &value);

	if (r < 0)
		return r;
	if (json_is_string(value))
		return tfs_buf_add(out, json_string_value(value), json_string_length(value));
	return !value ? 1 : tfs_json_print(value, out);
}

/* "${scope.x.name}.${id}" filled in; 1: a placeholder in it has no value. */
static int fill_text(struct renderer *renderer, const char *text, struct tfs_buf *out)
{
	const char *open, *close;
	int r = 0;

	while (r == 0 && (open = strstr(text, "${")) && (close = strchr(open, '}'))) {
		cleanup_free char *word = strndup(open + 2, (size_t)(close - open) - 2);

		r = !word ? -ENOMEM : tfs_buf_add(out, text, (size_t)(open - text));
		if (r == 0)
			r = add_placeholder(renderer, word, out);
		text = close + 1;
	}
	return r == 0 ? tfs_buf_puts(out, text) : r;
}

/* `*ret` stays NULL where a placeholder has no value. */
static int render_text(struct renderer *renderer, const json_t *template, json_t **ret)
{
	const char *text = json_string_value(template);
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(TEXT_MAX);
	int r;

	if (text[0] == '$' && text[1] != '{')
		return render_placeholder(renderer, text + 1, ret);
	if (!strstr(text, "${")) {
		*ret = json_ref_const(template);
		return 0;
	}
	r = fill_text(renderer, text, &out);
	if (r != 0)
		return r < 0 ? r : 0;
	*ret = json_stringn(out.data ? out.data : "", out.len);
	return !*ret ? -ENOMEM : 0;
}

/* A member's name; -EINVAL when it has no value. */
static int render_name(struct renderer *renderer, const char *name, char **ret)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(TEXT_MAX);
	int r;

	if (name[0] == '$' && name[1] != '{')
		r = add_placeholder(renderer, name + 1, &out);
	else
		r = fill_text(renderer, name, &out);
	if (r == 1)
		return tfs_fail(renderer->with.op, -EINVAL, "resource", "the object has no %s", name);
	if (r < 0)
		return r;
	*ret = tfs_buf_steal(&out, NULL);
	return !*ret ? -ENOMEM : 0;
}

/* {"each": ARRAY, "make": TEMPLATE}: one for each element. */
static int render_each(struct renderer *renderer, const json_t *template, json_t **ret)
{
	const json_t *make = json_object_get(template, "make");
	cleanup_json json_t *all = NULL, *out = json_array();
	const json_t *outer = renderer->with.item;
	int r = !out ? -ENOMEM : render(renderer, json_object_get(template, "each"), &all);

	for (size_t i = 0; i < json_array_size(all) && r == 0; i++) {
		json_t *made = NULL;

		renderer->with.item = json_array_get(all, i);
		r = render(renderer, make, &made);
		if (r == 0 && made && json_array_append_new(out, made) < 0)
			r = -ENOMEM;
	}
	renderer->with.item = outer;
	if (json_array_size(all) == 0)
		renderer->nothing = true;
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int render_object(struct renderer *renderer, const json_t *template, json_t **ret)
{
	cleanup_json json_t *out = json_object();
	const char *name;
	json_t *value;
	int r = !out ? -ENOMEM : 0;

	if (json_object_get(template, "each") && json_object_get(template, "make"))
		return render_each(renderer, template, ret);
	json_object_foreach ((json_t *)(uintptr_t) template, name, value) {
		cleanup_free char *made_name = NULL;
		json_t *made = NULL;

		if (r == 0)
			r = render_name(renderer, name, &made_name);
		if (r == 0)
			r = render(renderer, value, &made);
		if (r == 0 && made && json_object_set_new_nocheck(out, made_name, made) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int render_array(struct renderer *renderer, const json_t *template, json_t **ret)
{
	cleanup_json json_t *out = json_array();
	int r = !out ? -ENOMEM : 0;

	for (size_t i = 0; i < json_array_size(template) && r == 0; i++) {
		json_t *made = NULL;

		r = render(renderer, json_array_get(template, i), &made);
		if (r == 0 && made && json_array_append_new(out, made) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int render(struct renderer *renderer, const json_t *template, json_t **ret)
{
	if (json_is_object(template))
		return render_object(renderer, template, ret);
	if (json_is_array(template))
		return render_array(renderer, template, ret);
	if (json_is_string(template))
		return render_text(renderer, template, ret);
	*ret = json_ref_const(template);
	return 0;
}

static int renderer_init(struct renderer *renderer, const struct args_source *with, const char *template)
{
	*renderer = (struct renderer){ .with = *with };
	renderer->with.uuid = renderer->uuid;
	return strstr(template, "uuid") ? tfs_uuid(renderer->uuid) : 0;
}

int resource_args_render(const struct tfs_step *step, const struct args_source *with, json_t **ret)
{
	cleanup_json json_t *template = NULL, *args = NULL;
	const char *text = step->args ? step->args : "{}", *name;
	struct renderer renderer;
	json_t *value;
	int r = tfs_json_parse(text, strlen(text), &template, tfs_op_error(with->op));

	if (r == 0)
		r = renderer_init(&renderer, with, text);
	if (r == 0)
		r = render(&renderer, template, &args);
	if (r < 0) {
		if (tfs_op_error(with->op)->code == 0)
			tfs_fail(with->op, r, "resource", "%s %s: the arguments could not be made",
				 step->endpoint->method, step->endpoint->path);
		return r;
	}
	json_object_foreach (json_object_get(template, "path"), name, value) {
		if (!json_object_get(json_object_get(args, "path"), name))
			return tfs_fail(with->op, -EINVAL, "resource", "%s %s cannot be called: the object has no %s",
					step->endpoint->method, step->endpoint->path, name);
	}
	if (renderer.nothing)
		return 1;
	*ret = steal_pointer(&args);
	return 0;
}

/* A pointer with its placeholders filled; NULL text when one of them has no value. */
static int render_pointer(const struct tfs_step *step, const struct args_source *with, struct tfs_buf *out)
{
	struct renderer renderer;
	const char *at = step->answer;
	int r = renderer_init(&renderer, with, at);

	while (r == 0 && *at == '/') {
		size_t len = strcspn(at + 1, "/");
		cleanup_free char *segment = strndup(at + 1, len), *made = NULL;

		r = !segment ? -ENOMEM : render_name(&renderer, segment, &made);
		if (r == 0)
			r = tfs_buf_putc(out, '/');
		for (const char *c = made; r == 0 && *c != '\0'; c++)
			r = *c == '~'   ? tfs_buf_puts(out, "~0")
			    : *c == '/' ? tfs_buf_puts(out, "~1")
					: tfs_buf_putc(out, *c);
		at += len + 1;
	}
	return r == 0 ? tfs_buf_putc(out, '\0') : r;
}

int resource_step_answer(const struct tfs_step *step, const struct args_source *with, const json_t *body,
			 const json_t **ret)
{
	struct tfs_buf pointer cleanup_buf = TFS_BUF_INIT(TEXT_MAX);
	int r = 0;

	if (step->answer && strchr(step->answer, '$'))
		r = render_pointer(step, with, &pointer);
	if (r < 0)
		return r;
	*ret = resource_shape_at(body, pointer.data ? pointer.data : step->answer ? step->answer : "");
	return 0;
}

/* The next placeholder of the template at or after `*at`, which moves behind it; NULL: none is left. */
static const struct placeholder *next_placeholder(const char **at, char *word, size_t room, const char **ret_argument)
{
	const struct placeholder *row = NULL;

	while (!row && (*at = strchr(*at, '$'))) {
		bool braced = (*at)[1] == '{';
		const char *from = *at + 1 + braced;
		size_t len = strcspn(from, braced ? "}" : "\"");

		*at = from;
		if (len >= room)
			continue;
		memcpy(word, from, len);
		word[len] = '\0';
		row = resource_placeholder_find(word, ret_argument);
		/* "csv.new.x": a placeholder of a placeholder. */
		while (row && strcmp(row->name, "csv") == 0)
			row = resource_placeholder_find(*ret_argument, ret_argument);
	}
	return row;
}

/* Whether a placeholder of the template sends that much of the new document: this member, if not NULL. */
static bool args_send(const struct tfs_step *step, int sends, const char *member)
{
	const char *at = step->args ? step->args : "", *argument;
	const struct placeholder *row;
	char word[WORD_MAX];

	while ((row = next_placeholder(&at, word, sizeof(word), &argument)))
		if ((int)row->sends == sends && (!member || strcmp(argument, member) == 0))
			return true;
	return false;
}

bool resource_args_send_member(const struct tfs_step *step, const char *member)
{
	return args_send(step, PLACEHOLDER_SENDS_MEMBER, member);
}

bool resource_args_send_document(const struct tfs_step *step)
{
	return args_send(step, PLACEHOLDER_SENDS_DOCUMENT, NULL);
}

bool resource_args_send_any(const struct tfs_step *step)
{
	return args_send(step, PLACEHOLDER_SENDS_MEMBER, NULL) || resource_args_send_document(step);
}
