/* The text of a call file: method, path, fields and an example. */
#include "call.h"

#include <errno.h>
#include <string.h>

#include "tenantfs/json.h"

static const char *type_name(enum tfs_type type)
{
	static const char *const names[] = {
		[TFS_TYPE_ANY] = "any",       [TFS_TYPE_STRING] = "string", [TFS_TYPE_BOOLEAN] = "boolean",
		[TFS_TYPE_NUMBER] = "number", [TFS_TYPE_OBJECT] = "object", [TFS_TYPE_ARRAY] = "array",
	};

	return names[type];
}

static int add_values(struct tfs_buf *out, const struct tfs_field *field)
{
	int r = field->values ? tfs_buf_puts(out, ", one of") : 0;

	for (size_t i = 0; field->values && field->values[i] && r == 0; i++)
		r = tfs_buf_printf(out, "%s%s", i > 0 ? ", " : " ", field->values[i]);
	return r;
}

static int add_fields(struct tfs_buf *out, const struct tfs_field *fields, size_t n, int depth)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		const struct tfs_field *field = &fields[i];

		r = tfs_buf_printf(out, "%*s%s: %s", depth * 2, "", field->name, type_name(field->type));
		if (r == 0 && field->type == TFS_TYPE_ARRAY && field->item != TFS_TYPE_ANY)
			r = tfs_buf_printf(out, " of %s", type_name(field->item));
		if (r == 0)
			r = tfs_buf_puts(out, field->required ? ", required" : ", optional");
		if (r == 0)
			r = add_values(out, field);
		if (r == 0 && field->secret)
			r = tfs_buf_puts(out, ", secret");
		if (r == 0 && field->about)
			r = tfs_buf_printf(out, " - %s", field->about);
		if (r == 0)
			r = tfs_buf_putc(out, '\n');
		if (r == 0)
			r = add_fields(out, field->members, field->n_members, depth + 1);
	}
	return r;
}

static int add_section(struct tfs_buf *out, const char *title, const struct tfs_field *fields, size_t n)
{
	int r;

	if (n == 0)
		return 0;
	r = tfs_buf_printf(out, "\n%s:\n", title);
	return r == 0 ? add_fields(out, fields, n, 1) : r;
}

/* Whether the mount fills in the parameter if a request lacks it. */
static bool is_filled_in(const char *name)
{
	static const char *const names[] = { "tenantId", "communityId", "dns", "communityName" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int add_sample(json_t *object, const struct tfs_field *field)
{
	json_t *value;

	if (field->type == TFS_TYPE_NUMBER)
		value = json_integer(1);
	else if (field->type == TFS_TYPE_BOOLEAN)
		value = json_true();
	else
		value = json_string(field->values ? field->values[0] : field->name);
	return json_object_set_new(object, field->name, value) < 0 ? -ENOMEM : 0;
}

/* Adds the member `part` of a request, "path" or "query": a sample of each required field, or of all. */
static int add_samples(json_t *request, const char *part, const struct tfs_field *fields, size_t n, bool all)
{
	cleanup_json json_t *object = json_object();
	int r = object ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && r == 0; i++)
		if ((all || fields[i].required) && !is_filled_in(fields[i].name))
			r = add_sample(object, &fields[i]);
	if (r == 0 && json_object_size(object) > 0 && json_object_set(request, part, object) < 0)
		r = -ENOMEM;
	return r;
}

static int add_text(json_t *request, const char *part, const char *text)
{
	json_t *value = NULL;
	int r = text ? tfs_json_parse(text, strlen(text), &value, NULL) : 0;

	return r < 0 || !text || json_object_set_new(request, part, value) == 0 ? r : -ENOMEM;
}

/* A complete request that can be written to the file; without path and query parameters, only the body. */
static int make_example(const struct tfs_endpoint *endpoint, json_t **ret)
{
	cleanup_json json_t *request = json_object(), *body = NULL;
	int r = request ? 0 : -ENOMEM;

	if (r == 0)
		r = add_samples(request, "path", endpoint->path_params, endpoint->n_path_params, true);
	if (r == 0)
		r = add_samples(request, "query", endpoint->query, endpoint->n_query, false);
	if (r == 0)
		r = add_text(request, "headers", endpoint->header_example);
	if (r == 0 && endpoint->upload &&
	    json_object_set_new(request, "file", json_pack("{ssss}", "name", "file.csv", "text", "a,b\n")) < 0)
		r = -ENOMEM;
	if (r == 0 && endpoint->example)
		r = tfs_json_parse(endpoint->example, strlen(endpoint->example), &body, NULL);
	if (r < 0)
		return r;
	if (body && endpoint->n_path_params == 0 && endpoint->n_query == 0)
		*ret = steal_pointer(&body);
	else if (body && json_object_set(request, "body", body) < 0)
		return -ENOMEM;
	else
		*ret = steal_pointer(&request);
	return 0;
}

static int add_example(struct tfs_buf *out, const struct tfs_endpoint *endpoint)
{
	cleanup_json json_t *request = NULL;
	int r = make_example(endpoint, &request);

	if (r == 0)
		r = tfs_buf_puts(out, "\nExample:\n");
	return r == 0 ? tfs_json_print_document(request, out) : r;
}

int tree_call_describe(const struct tfs_endpoint *endpoint, struct tfs_buf *out)
{
	int r = tfs_buf_printf(out, "%s %s\n%s\n", endpoint->method, endpoint->path, endpoint->title);

	if (r == 0 && endpoint->access)
		r = tfs_buf_printf(out, "For: %s\n", endpoint->access);
	if (r == 0 && endpoint->note)
		r = tfs_buf_printf(out, "Note: %s\n", endpoint->note);
	if (r == 0)
		r = add_section(out, "path", endpoint->path_params, endpoint->n_path_params);
	if (r == 0)
		r = add_section(out, "query", endpoint->query, endpoint->n_query);
	if (r == 0)
		r = add_section(out, "headers", endpoint->header_params, endpoint->n_header_params);
	if (r == 0 && endpoint->open_query)
		r = tfs_buf_puts(out, "\nThe query may have other parameters, too: {\"query\": {…}, \"body\": {…}}.\n");
	if (r == 0 && endpoint->upload)
		r = tfs_buf_puts(out, "\nfile:\n  name: string\n  base64: string, or text for a text\n");
	if (r == 0)
		r = add_section(out, "body", endpoint->body, endpoint->n_body);
	if (r == 0)
		r = add_example(out, endpoint);
	if (r == 0)
		r = tfs_buf_puts(out,
				 "\nOpen this file for reading and writing, write the request, then read the answer.\n"
				 "A missing tenantId or communityId is filled in. A request without fields is {}.\n");
	if (r == 0 && endpoint->answer)
		r = tfs_buf_printf(out, "\nAnswer:\n%s\n", endpoint->answer);
	return r;
}
