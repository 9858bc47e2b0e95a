/* What `cat` of a call file prints: method, path, fields with type and need, an example. */
#include "call.h"

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
	int r = field->values != NULL ? tfs_buf_puts(out, ", one of") : 0;

	for (size_t i = 0; field->values != NULL && field->values[i] != NULL && r == 0; i++)
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
		if (r == 0 && field->about != NULL)
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

static int add_example(struct tfs_buf *out, const struct tfs_endpoint *endpoint)
{
	const char *example = endpoint->example != NULL ? endpoint->example : "{}";

	/* Where there is nothing but a body, the bare body will do. */
	if (endpoint->n_path_params == 0 && endpoint->n_query == 0)
		return tfs_buf_printf(out, "\nExample:\n%s\n", example);
	return tfs_buf_printf(out, "\nExample:\n{%s%s\"body\": %s}\n",
			      endpoint->n_path_params > 0 ? "\"path\": {…}, " : "",
			      endpoint->n_query > 0 ? "\"query\": {…}, " : "", example);
}

int call_describe(const struct tfs_endpoint *endpoint, struct tfs_buf *out)
{
	int r = tfs_buf_printf(out, "%s %s\n%s\n", endpoint->method, endpoint->path, endpoint->title);

	if (r == 0 && endpoint->access != NULL)
		r = tfs_buf_printf(out, "For: %s\n", endpoint->access);
	if (r == 0 && endpoint->note != NULL)
		r = tfs_buf_printf(out, "Note: %s\n", endpoint->note);
	if (r == 0)
		r = add_section(out, "path", endpoint->path_params, endpoint->n_path_params);
	if (r == 0)
		r = add_section(out, "query", endpoint->query, endpoint->n_query);
	if (r == 0)
		r = add_section(out, "body", endpoint->body, endpoint->n_body);
	if (r == 0)
		r = add_example(out, endpoint);
	if (r == 0)
		r = tfs_buf_puts(out, "\nWrite the request to this file and read the answer from the same descriptor;\n"
				      "tenantId and communityId are filled in. A request without fields is {}.\n");
	if (r == 0 && endpoint->answer != NULL)
		r = tfs_buf_printf(out, "\nAnswer:\n%s\n", endpoint->answer);
	return r;
}
