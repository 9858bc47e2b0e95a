/*
 * The values of placeholders. Each row of catalogue/placeholders.json has a function here, FUNCTION_value: `argument`
 * is the text after the first dot; `*ret` (yours) stays NULL if there is no value.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "document/undeclared-members.h"
#include "tenantfs/name.h"

enum { CELL_MAX = 1 << 20, ID_MEMBERS_MAX = 256 };

static int new_text(const char *text, json_t **ret)
{
	if (!text)
		return 0;
	*ret = json_string(text);
	return !*ret ? -ENOMEM : 0;
}

/* The id of an object of the kind. */
static int new_id(const struct args_source *with, const struct tfs_kind *kind, const char *id, json_t **ret)
{
	struct tfs_buf members cleanup_buf = TFS_BUF_INIT(ID_MEMBERS_MAX);

	if (*id != '\0')
		return new_text(id, ret);
	if (!kind->id_members)
		return 0;
	for (size_t i = 0; kind->id_members[i]; i++)
		tfs_buf_printf(&members, "%s%s", i > 0 ? " or " : "", kind->id_members[i]);
	return tfs_fail(
		with->op, -EPERM, "resource",
		"the server's record of the %s has no id (%s), so no call can name it; with an id that is known "
		"otherwise, tenantfs call can",
		kind->name, members.data);
}

static int find_community(const struct args_source *with, const struct tfs_community **ret)
{
	struct tfs_store *store = with->resource->store;

	return store->calls.community(store->api, with->op, with->resource->community, ret);
}

/* What the object is called on the server. A name made distinct by its id is in its document only. */
static int scope_name(struct tfs_resource *holder, struct tfs_op *op, const struct tfs_scope *scope, json_t **ret)
{
	const struct tfs_field *field = !holder ? NULL : document_kind_name_field(holder->kind);
	struct tfs_doc *doc cleanup_doc = NULL;
	cleanup_json json_t *document = NULL;
	cleanup_free char *raw = NULL;
	json_t *name;
	int r;

	if (field && holder->store->reads.find(holder, op, scope->name, UINT64_MAX, &doc) == 0 &&
	    tfs_json_parse(doc->data, doc->len, &document, NULL) == 0) {
		name = json_object_get(document, field->name);
		if (json_is_string(name)) {
			*ret = json_ref_const(name);
			return 0;
		}
	}
	tfs_error_clear(tfs_op_error(op));
	r = resource_name_raw(scope->name, &raw);
	return r < 0 ? r : new_text(raw, ret);
}

/* "KIND.id" or "KIND.name" of the object of that kind in the path. */
static int scope_value(const struct args_source *with, const char *argument, json_t **ret)
{
	struct tfs_resource *resource = with->resource, *holder = NULL;
	const char *dot = strrchr(argument, '.');
	cleanup_free char *kind = !dot ? NULL : strndup(argument, (size_t)(dot - argument));
	struct tfs_doc *doc cleanup_doc = NULL;
	const struct tfs_community *community;
	const struct tfs_scope *scope;
	const struct tfs_kind *found;
	int r = 0;

	if (!kind)
		return -ENOMEM;
	scope = resource_scope_find(resource->scope, kind);
	if (!scope)
		return 0;
	if (strcmp(kind, "community") == 0) {
		r = strcmp(dot, ".id") == 0 ? find_community(with, &community) : 0;
		if (r < 0)
			return r;
		return new_text(strcmp(dot, ".id") == 0 ? community->id : resource->community, ret);
	}
	found = tfs_kind_find(kind);
	if (found)
		r = tfs_store_resource(resource->store, found, scope->parent, &holder);
	if (r < 0)
		return r;
	if (strcmp(dot, ".name") == 0)
		return scope_name(holder, with->op, scope, ret);
	if (!holder)
		return 0;
	r = resource->store->reads.find(holder, with->op, scope->name, UINT64_MAX, &doc);
	return r < 0 ? r : new_id(with, found, doc->id, ret);
}

/* A document's member as the server takes it. */
static int stored_member(const struct args_source *with, const json_t *document, const char *member, json_t **ret)
{
	const struct tfs_kind *kind = with->resource->kind;
	const struct tfs_field *field = document_table_find(top_table(kind), member);
	const json_t *value = json_object_get(document, member);
	const struct json_path path = { NULL, member, 0 };

	if (!value)
		return 0;
	if (!with->context) {
		*ret = json_ref_const(value);
		return 0;
	}
	if (!field)
		return document_store_undeclared(with->context, &path, document, member, value, with->record,
						 json_object_get(with->record, member), ret, tfs_op_error(with->op));
	return document_store_value(with->context, field, document, json_object_get(with->record, record_name(field)),
				    ret, tfs_op_error(with->op));
}

static int page_value(const struct args_source *with, const char *argument, json_t **ret)
{
	*ret = json_integer(strcmp(argument, "index") == 0 ? with->page : (json_int_t)with->resource->kind->page_size);
	return !*ret ? -ENOMEM : 0;
}

static int tenant_id_value(const struct args_source *with, json_t **ret)
{
	const struct tfs_community *community;
	int r = find_community(with, &community);

	return r < 0 ? r : new_text(community->tenant_id, ret);
}

static int community_id_value(const struct args_source *with, json_t **ret)
{
	const struct tfs_community *community;
	int r = find_community(with, &community);

	return r < 0 ? r : new_text(community->id, ret);
}

static int community_name_value(const struct args_source *with, json_t **ret)
{
	return new_text(with->resource->community, ret);
}

static int dns_value(const struct args_source *with, json_t **ret)
{
	return new_text(with->resource->store->config->dns, ret);
}

/* The public key is a member of the community's document. */
static int community_key_value(const struct args_source *with, json_t **ret)
{
	struct tfs_resource *resource = with->resource, *community;
	const struct tfs_kind *kind = tfs_kind_find("community");
	struct tfs_scope scope = { .kind = "community" };
	struct tfs_doc *doc cleanup_doc = NULL;
	cleanup_json json_t *document = NULL;
	cleanup_free char *name = NULL;
	json_t *key;
	int r;

	if (!kind)
		return 0;
	name = tfs_name_escape(resource->community, strlen(resource->community), TFS_NAME_MAX);
	if (!name)
		return -ENOMEM;
	scope.name = name;
	r = tfs_store_resource(resource->store, kind, &scope, &community);
	if (r == 0)
		r = resource->store->reads.find(community, with->op, community->doc_name, UINT64_MAX, &doc);
	if (r == 0)
		r = tfs_json_parse(doc->data, doc->len, &document, tfs_op_error(with->op));
	if (r < 0)
		return r;
	key = json_object_get(document, "publicKey");
	if (!key)
		key = json_object_get(json_object_get(document, SERVER_MEMBER), "publicKey");
	*ret = !key ? NULL : json_ref_const(key);
	return 0;
}

/* The members of the new document under their names in the record. */
static int document_value(const struct args_source *with, json_t **ret)
{
	const struct tfs_kind *kind = with->resource->kind;
	cleanup_json json_t *out = json_object();
	const char *name;
	json_t *value, *stored;
	int r = !out ? -ENOMEM : 0;

	json_object_foreach ((json_t *)(uintptr_t)with->new, name, value) {
		const struct tfs_field *field = document_table_find(top_table(kind), name);

		if (r < 0)
			break;
		stored = NULL;
		if (strcmp(name, SERVER_MEMBER) != 0)
			r = stored_member(with, with->new, name, &stored);
		if (r == 0 && stored && json_object_set_new_nocheck(out, field ? record_name(field) : name, stored) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static bool has_element(const json_t *array, const json_t *element)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (document_same_value(json_array_get(array, i), element))
			return true;
	return false;
}

/* The elements of an array member in the one document that are not in the other. */
static int difference(const struct args_source *with, const json_t *in, const json_t *without, const char *member,
		      json_t **ret)
{
	cleanup_json json_t *have = NULL, *lack = NULL, *out = json_array();
	int r = stored_member(with, in, member, &have);

	if (r == 0)
		r = stored_member(with, without, member, &lack);
	if (r == 0 && !out)
		r = -ENOMEM;
	for (size_t i = 0; i < json_array_size(have) && r == 0; i++) {
		json_t *element = json_array_get(have, i);

		if (!has_element(lack, element) && json_array_append(out, element) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int added_value(const struct args_source *with, const char *argument, json_t **ret)
{
	return difference(with, with->new, with->old, argument, ret);
}

static int removed_value(const struct args_source *with, const char *argument, json_t **ret)
{
	return difference(with, with->old, with->new, argument, ret);
}

static int new_member_value(const struct args_source *with, const char *argument, json_t **ret)
{
	return stored_member(with, with->new, argument, ret);
}

static int old_member_value(const struct args_source *with, const char *argument, json_t **ret)
{
	return stored_member(with, with->old, argument, ret);
}

static int item_value(const struct args_source *with, json_t **ret)
{
	*ret = !with->item ? NULL : json_ref_const(with->item);
	return 0;
}

static int id_value(const struct args_source *with, json_t **ret)
{
	return with->id ? new_id(with, with->resource->kind, with->id, ret) : 0;
}

static int name_value(const struct args_source *with, json_t **ret)
{
	return new_text(with->name, ret);
}

static int uuid_value(const struct args_source *with, json_t **ret)
{
	return new_text(with->uuid, ret);
}

static int text_value(const struct args_source *with, json_t **ret)
{
	return new_text(with->text, ret);
}

/* First or last moment of the day that names the object, in the form of the reports. */
static int day_value(const struct args_source *with, const char *argument, json_t **ret)
{
	*ret = json_sprintf("%s %s", with->name, strcmp(argument, "from") == 0 ? "00:00:00.000" : "23:59:59.999");
	return !*ret ? -ENOMEM : 0;
}

/* "2": the second part of the name between its dashes; "3-": from the third on. -ENOENT: the name has no such part. */
static int name_part_value(const struct args_source *with, const char *argument, json_t **ret)
{
	const char *part = with->name ? with->name : "", *next;
	size_t len;

	for (int left = *argument - '0'; left > 1; left--) {
		next = strchr(part, '-');
		part = next ? next + 1 : "";
	}
	len = argument[1] == '-' ? strlen(part) : strcspn(part, "-");
	if (len == 0)
		return tfs_fail(with->op, -ENOENT, "resource", "there is no \"%s\"", with->name);
	*ret = json_stringn(part, len);
	return !*ret ? -ENOMEM : 0;
}

/* "KIND.id" of the first object of that kind at the same place. */
static int any_value(const struct args_source *with, const char *argument, json_t **ret)
{
	cleanup_free char *name = strndup(argument, strcspn(argument, "."));
	const struct tfs_kind *kind = !name ? NULL : tfs_kind_find(name);
	struct tfs_resource *resource;
	struct tfs_doc **docs;
	size_t count;
	int r;

	if (!kind)
		return !name ? -ENOMEM : 0;
	r = tfs_store_resource(with->resource->store, kind, with->resource->scope, &resource);
	if (r == 0)
		r = resource->store->reads.list(resource, with->op, UINT64_MAX, &docs, &count);
	if (r < 0)
		return r;
	r = count > 0 ? new_id(with, kind, docs[0]->id, ret) : 0;
	tfs_docs_free(docs, count);
	return r;
}

static int key_paths_value(const struct args_source *with, json_t **ret)
{
	const struct tfs_config *config = with->resource->store->config;
	cleanup_json json_t *out = json_array();

	for (size_t i = 0; out && i < config->n_key_paths; i++)
		if (json_array_append_new(out, json_string(config->key_paths[i])) < 0)
			return -ENOMEM;
	*ret = steal_pointer(&out);
	return !*ret ? -ENOMEM : 0;
}

/* The user of the session. */
static int user_value(const struct args_source *with, json_t **ret)
{
	struct tfs_store *store = with->resource->store;
	cleanup_free char *user = NULL;
	int r = store->calls.user(store->api, with->op, &user);

	if (r == 0 && !user)
		return tfs_fail(with->op, -EINVAL, "resource",
				"the call names its user, and the token does not tell it: set user = NAME in the "
				"configuration");
	return r < 0 ? r : new_text(user, ret);
}

/* No value without a configured license: a call that needs one fails on the server. */
static int license_value(const struct args_source *with, json_t **ret)
{
	struct tfs_store *store = with->resource->store;
	cleanup_free char *license = NULL;
	int r = store->calls.license(store->api, with->op, &license);

	if (r == 0)
		r = new_text(license, ret);
	else if (r == -EACCES) {
		tfs_error_clear(tfs_op_error(with->op));
		r = 0;
	}
	if (license)
		explicit_bzero(license, strlen(license));
	return r;
}

/* "KIND.id" of the object of that kind, in the same community, that has the same name. */
static int namesake_value(const struct args_source *with, const char *argument, json_t **ret)
{
	struct tfs_resource *resource = with->resource, *holder;
	cleanup_free char *kind = strndup(argument, strcspn(argument, "."));
	cleanup_free char *name = NULL;
	struct tfs_doc *doc cleanup_doc = NULL;
	const struct tfs_kind *found;
	int r;

	if (!kind)
		return -ENOMEM;
	found = tfs_kind_find(kind);
	if (!found || !with->name)
		return 0;
	name = tfs_name_escape(with->name, strlen(with->name), TFS_NAME_MAX);
	if (!name)
		return -ENOMEM;
	r = tfs_store_resource(resource->store, found, resource->scope, &holder);
	if (r == 0)
		r = resource->store->reads.find(holder, with->op, name, UINT64_MAX, &doc);
	return r < 0 ? r : new_id(with, found, doc->id, ret);
}

static int quote_cell(const char *text, struct tfs_buf *out)
{
	int r = tfs_buf_putc(out, '"');

	for (; *text != '\0' && r == 0; text++) {
		if (*text == '"')
			r = tfs_buf_putc(out, '"');
		if (r == 0)
			r = tfs_buf_putc(out, *text);
	}
	return r == 0 ? tfs_buf_putc(out, '"') : r;
}

/* The value of another placeholder as a cell of a CSV row. */
static int csv_value(const struct args_source *with, const char *argument, json_t **ret)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT_SECRET(CELL_MAX);
	cleanup_json json_t *value = NULL;
	int r = resource_placeholder_value(with, argument, &value);

	if (r < 0 || !value)
		return r;
	if (!json_is_string(value))
		r = tfs_json_print(value, &out);
	else if (strpbrk(json_string_value(value), ",\"\r\n"))
		r = quote_cell(json_string_value(value), &out);
	else
		r = tfs_buf_puts(&out, json_string_value(value));
	return r < 0 ? r : new_text(out.data ? out.data : "", ret);
}

#define PLACEHOLDER(text, type, what, skip, function) \
	{ .name = text, .type = function, .sends = PLACEHOLDER_SENDS_##what, .skip_if_empty = skip },
static const struct placeholder placeholders[] = {
#include "catalogue/placeholders.inc"
};

const struct placeholder *resource_placeholder_find(const char *word, const char **ret_argument)
{
	size_t len = strcspn(word, ".");
	bool has_argument = word[len] == '.';

	for (size_t i = 0; i < sizeof(placeholders) / sizeof(*placeholders); i++) {
		const struct placeholder *row = &placeholders[i];

		if (!!row->value_of != has_argument || strlen(row->name) != len || memcmp(row->name, word, len) != 0)
			continue;
		*ret_argument = has_argument ? word + len + 1 : "";
		return row;
	}
	return NULL;
}

int resource_placeholder_value(const struct args_source *with, const char *word, json_t **ret)
{
	const char *argument;
	const struct placeholder *row = resource_placeholder_find(word, &argument);

	if (!row)
		return tfs_fail(with->op, -EINVAL, "catalogue", "unknown placeholder $%s", word);
	return row->value_of ? row->value_of(with, argument, ret) : row->value(with, ret);
}
