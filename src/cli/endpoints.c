/* Lists and describes the API's endpoints. */
#include "endpoints.h"

#include <stdio.h>
#include <string.h>

static bool has_word(const struct tfs_endpoint *endpoint, const char *word)
{
	return strcasestr(endpoint->method, word) || strcasestr(endpoint->path, word) ||
	       strcasestr(endpoint->group, word) || (endpoint->title && strcasestr(endpoint->title, word));
}

void cli_list_endpoints(char *const *args, int n_args)
{
	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		const struct tfs_endpoint *endpoint = &tfs_endpoints[i];
		bool wanted = true;
		for (int k = 0; k < n_args && wanted; k++)
			wanted = has_word(endpoint, args[k]);
		if (wanted)
			printf("%-6s %-52s %s\n", endpoint->method, endpoint->path,
			       endpoint->title ? endpoint->title : "");
	}
}

static const char *type_name(enum tfs_type type)
{
	static const char *const names[] = {
		[TFS_TYPE_ANY] = "any",       [TFS_TYPE_STRING] = "string", [TFS_TYPE_BOOLEAN] = "boolean",
		[TFS_TYPE_NUMBER] = "number", [TFS_TYPE_OBJECT] = "object", [TFS_TYPE_ARRAY] = "array"
	};

	return names[type];
}

static void print_field(const struct tfs_field *field, const char *name)
{
	printf("  %-36s %s%s%s", name, type_name(field->type), field->required ? ", required" : "",
	       field->secret ? ", secret" : "");
	if (field->about)
		printf(": %s", field->about);
	puts("");
}

static void print_fields(const char *title, const struct tfs_field *fields, size_t n, const char *prefix)
{
	char name[160];

	if (n && title)
		printf("\n%s\n", title);
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%s", prefix, fields[i].name);
		print_field(&fields[i], name);
		if (fields[i].type != TFS_TYPE_OBJECT)
			continue;
		snprintf(name, sizeof(name), "%s%s.", prefix, fields[i].name);
		print_fields(NULL, fields[i].members, fields[i].n_members, name);
	}
}

void cli_describe_endpoint(const struct tfs_endpoint *endpoint)
{
	printf("%s %s\n", endpoint->method, endpoint->path);
	if (endpoint->title)
		printf("%s: %s\n", endpoint->group, endpoint->title);
	if (endpoint->access)
		printf("access: %s\n", endpoint->access);
	if (endpoint->note)
		printf("note: %s\n", endpoint->note);
	print_fields("path", endpoint->path_params, endpoint->n_path_params, "");
	print_fields("query", endpoint->query, endpoint->n_query, "");
	print_fields("headers", endpoint->header_params, endpoint->n_header_params, "");
	if (endpoint->open_query)
		puts("\nAny other name is a parameter of the query.");
	if (endpoint->upload)
		printf("\nfile\n  %s=@FILE\n", endpoint->upload);
	print_fields("body; tenantId and communityId are filled in", endpoint->body, endpoint->n_body, "");
	if (endpoint->example)
		printf("\nexample body\n%s\n", endpoint->example);
}
