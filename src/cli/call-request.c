/* Builds the request of `tenantfs call`: puts each argument into path, query or body. */
#include "call-request.h"

#include <errno.h>
#include <string.h>

#include "tenantfs/api.h"
#include "tenantfs/envelope.h"

struct builder {
	const struct tfs_endpoint *endpoint;
	json_t *path, *query, *headers, *body; /* borrowed from `request` */
	json_t *request;
	struct tfs_error *error;
};

static int put_decoded(struct builder *builder, json_t *object, const char *name, size_t name_len, const char *text,
		       size_t len)
{
	json_t *value = cli_decode(text, len);

	if (!value)
		return tfs_error_set(builder->error, -EINVAL, "cli", "%.*s: not UTF-8", (int)name_len, name);
	return json_object_setn_new(object, name, name_len, value) ? tfs_error_set_memory(builder->error) : 0;
}

/* Takes path values: in "/a/{x}" and "/a/7", x is 7. A part equal to its placeholder has no value yet. */
static int take_path_values(struct builder *builder, const char *path, const char *end)
{
	const char *template = builder->endpoint->path;

	while (*template && path < end) {
		size_t template_len = strcspn(template + 1, "/");
		const char *slash = memchr(path + 1, '/', (size_t)(end - path - 1));
		size_t len = (size_t)((slash ? slash : end) - path - 1);
		bool same = template_len == len && !memcmp(template + 1, path + 1, len);
		if (template[1] == '{' && template_len > 2 && !same) {
			int r = put_decoded(builder, builder->path, template + 2, template_len - 2, path + 1, len);
			if (r < 0)
				return r;
		}
		template += 1 + template_len;
		path += 1 + len;
	}
	return 0;
}

static int take_query(struct builder *builder, const char *query)
{
	while (*query) {
		size_t len = strcspn(query, "&");
		const char *equals = memchr(query, '=', len);
		size_t name_len = equals ? (size_t)(equals - query) : len;
		const char *value = equals ? equals + 1 : query + len;
		if (name_len) {
			int r = put_decoded(builder, builder->query, query, name_len, value,
					    (size_t)(query + len - value));
			if (r < 0)
				return r;
		}
		query += len;
		query += *query == '&';
	}
	return 0;
}

static const struct tfs_field *find_field(const struct tfs_field *fields, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(fields[i].name) == len && !memcmp(fields[i].name, name, len))
			return &fields[i];
	return NULL;
}

static int fail_unknown(struct builder *builder, const struct cli_call_arg *arg)
{
	const struct tfs_endpoint *endpoint = builder->endpoint;
	const struct tfs_field *lists[] = { endpoint->path_params, endpoint->query, endpoint->header_params,
					    endpoint->body };
	const size_t counts[] = { endpoint->n_path_params, endpoint->n_query, endpoint->n_header_params,
				  endpoint->n_body };
	struct tfs_buf names cleanup_buf = TFS_BUF_INIT(TFS_ERROR_MESSAGE / 2);

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (size_t k = 0; k < counts[i]; k++)
			if (tfs_buf_printf(&names, "%s%s", names.len ? ", " : "", lists[i][k].name) < 0)
				break;
	if (endpoint->upload)
		tfs_buf_printf(&names, "%s%s=@FILE", names.len ? ", " : "", endpoint->upload);
	int r = tfs_error_set(builder->error, -EINVAL, "cli", "%s %s takes no %.*s%s%s", endpoint->method,
			      endpoint->path, (int)arg->name_len, arg->name, names.data ? "; it takes: " : "",
			      names.data ? names.data : "");
	return r;
}

/* An endpoint without a table of body fields accepts any body. */
static bool takes_any_body(const struct tfs_endpoint *endpoint)
{
	return endpoint->n_body == 0 && !endpoint->upload && strcmp(endpoint->method, "GET") != 0;
}

/*
 * Finds where an argument belongs: path, query, headers, then body, then a query of any names. A name whose value is
 * already in the path belongs elsewhere.
 */
static int find_place(struct builder *builder, const struct cli_call_arg *arg, json_t **ret_object,
		      const struct tfs_field **ret_field)
{
	const struct tfs_endpoint *endpoint = builder->endpoint;
	const char *dot = memchr(arg->name, '.', arg->name_len);
	size_t head = dot ? (size_t)(dot - arg->name) : arg->name_len;
	const struct tfs_field *in_path =
		find_field(endpoint->path_params, endpoint->n_path_params, arg->name, arg->name_len);
	const struct tfs_field *in_query = find_field(endpoint->query, endpoint->n_query, arg->name, arg->name_len);
	const struct tfs_field *in_headers =
		find_field(endpoint->header_params, endpoint->n_header_params, arg->name, head);
	const struct tfs_field *in_body = find_field(endpoint->body, endpoint->n_body, arg->name, head);

	if (in_path && (!in_body || !json_object_getn(builder->path, arg->name, arg->name_len))) {
		*ret_object = builder->path;
		*ret_field = in_path;
	} else if (in_query) {
		*ret_object = builder->query;
		*ret_field = in_query;
	} else if (in_headers) {
		*ret_object = builder->headers;
		*ret_field = in_headers;
	} else if (in_body || (takes_any_body(endpoint) && !endpoint->open_query)) {
		*ret_object = builder->body;
		*ret_field = in_body;
	} else if (endpoint->open_query) {
		*ret_object = builder->query;
		*ret_field = NULL;
	} else {
		return fail_unknown(builder, arg);
	}
	return 0;
}

/* a.b.c: descends into objects, created if missing, until `name` is the last part. */
static int descend(struct builder *builder, json_t **object, const struct tfs_field **field, const char **name,
		   size_t *len)
{
	const char *dot;

	while ((dot = memchr(*name, '.', *len))) {
		size_t head = (size_t)(dot - *name);
		json_t *inner = json_object_getn(*object, *name, head);
		if (!inner) {
			inner = json_object();
			if (json_object_setn_new(*object, *name, head, inner))
				return tfs_error_set_memory(builder->error);
		}
		if (!json_is_object(inner))
			return tfs_error_set(builder->error, -EINVAL, "cli", "%.*s is not an object", (int)head, *name);
		*object = inner;
		*len -= head + 1;
		*name = dot + 1;
		dot = memchr(*name, '.', *len);
		if (*field)
			*field = find_field((*field)->members, (*field)->n_members, *name,
					    dot ? (size_t)(dot - *name) : *len);
	}
	return 0;
}

/* A repeated argument appends to an array; anything else may be given once. */
static int set_member(struct builder *builder, json_t *object, const char *name, size_t len, json_t *value)
{
	json_t *before = json_object_getn(object, name, len);

	if (!before)
		return json_object_setn_new(object, name, len, value) ? tfs_error_set_memory(builder->error) : 0;
	int r = 0;
	if (!json_is_array(before) || !json_is_array(value))
		r = tfs_error_set(builder->error, -EINVAL, "cli", "%.*s is given twice", (int)len, name);
	else if (json_array_extend(before, value))
		r = tfs_error_set_memory(builder->error);
	json_decref(value);
	return r;
}

/* The file of an upload: its name without directories, and its bytes. */
static int take_file(struct builder *builder, const struct cli_call_arg *arg, struct cli_input *input)
{
	struct tfs_buf bytes cleanup_buf = TFS_BUF_INIT_SECRET(TFS_UPLOAD_MAX);
	struct tfs_buf base64 cleanup_buf = TFS_BUF_INIT_SECRET((size_t)TFS_UPLOAD_MAX * 2);
	const char *path = arg->value + 1, *slash = strrchr(path, '/');
	int r;

	if (arg->raw || arg->value[0] != '@')
		return tfs_error_set(builder->error, -EINVAL, "cli", "%.*s is a file: %.*s=@FILE", (int)arg->name_len,
				     arg->name, (int)arg->name_len, arg->name);
	if (json_object_get(builder->request, "file"))
		return tfs_error_set(builder->error, -EINVAL, "cli", "%.*s is given twice", (int)arg->name_len,
				     arg->name);
	r = cli_input_read(input, path, &bytes, builder->error);
	if (r >= 0 && tfs_base64(bytes.data ? bytes.data : "", bytes.len, &base64) < 0)
		r = tfs_error_set_memory(builder->error);
	if (r >= 0 && json_object_set_new(builder->request, "file",
					  json_pack("{s:o, s:s%}", "name", tfs_json_string(slash ? slash + 1 : path),
						    "base64", base64.data ? base64.data : "", base64.len)))
		r = tfs_error_set_memory(builder->error);
	return r;
}

static bool is_file(const struct tfs_endpoint *endpoint, const struct cli_call_arg *arg)
{
	return endpoint->upload && strlen(endpoint->upload) == arg->name_len &&
	       !memcmp(endpoint->upload, arg->name, arg->name_len);
}

static int take_arg(struct builder *builder, const char *text, struct cli_input *input)
{
	struct cli_call_arg arg;
	json_t *object = NULL;
	json_t *value = NULL;
	const struct tfs_field *field = NULL;
	int r = cli_call_arg_split(text, &arg, builder->error);

	if (r >= 0 && is_file(builder->endpoint, &arg))
		return take_file(builder, &arg, input);
	if (r >= 0)
		r = find_place(builder, &arg, &object, &field);
	const char *name = arg.name;
	size_t len = arg.name_len;
	if (r >= 0 && (object == builder->body || object == builder->headers))
		r = descend(builder, &object, &field, &name, &len);
	if (r >= 0)
		r = cli_call_arg_value(&arg, field, input, &value, builder->error);
	return r < 0 ? r : set_member(builder, object, name, len, value);
}

static int start(struct builder *builder)
{
	builder->path = json_object();
	builder->query = json_object();
	builder->headers = json_object();
	builder->body = json_object();
	builder->request = json_pack("{s:o, s:o, s:o, s:o}", "path", builder->path, "query", builder->query, "headers",
				     builder->headers, "body", builder->body);
	return builder->request ? 0 : tfs_error_set_memory(builder->error);
}

/* Merges the arguments into the given body, and drops what is empty. */
static int finish(struct builder *builder, const json_t *body)
{
	bool has_args = json_object_size(builder->body) > 0;

	if (body && has_args && !json_is_object(body))
		return tfs_error_set(builder->error, -EINVAL, "cli",
				     "the body is not an object: it has no members to set");
	if (body) {
		cleanup_json json_t *whole = json_deep_copy(body);
		if (!whole || (has_args && json_object_update_recursive(whole, builder->body)) ||
		    json_object_set(builder->request, "body", whole))
			return tfs_error_set_memory(builder->error);
	} else if (!has_args) {
		json_object_del(builder->request, "body");
	}
	if (!json_object_size(builder->query))
		json_object_del(builder->request, "query");
	if (!json_object_size(builder->headers))
		json_object_del(builder->request, "headers");
	return 0;
}

int cli_request_build(const struct tfs_endpoint *endpoint, const char *path, char *const *args, int n_args,
		      const json_t *body, struct cli_input *input, json_t **ret, struct tfs_error *error)
{
	struct builder builder = { .endpoint = endpoint, .error = error };
	const char *end = path + strcspn(path, "?");
	int r = start(&builder);

	if (r >= 0)
		r = take_path_values(&builder, path, end);
	if (r >= 0 && *end)
		r = take_query(&builder, end + 1);
	for (int i = 0; r >= 0 && i < n_args; i++)
		r = take_arg(&builder, args[i], input);
	if (r >= 0)
		r = finish(&builder, body);
	if (r < 0) {
		json_decref(builder.request);
		return r;
	}
	*ret = builder.request;
	return 0;
}
