/* Argument templates of steps: the words with '$' replaced by what they stand for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "expand.h"
#include "tenantfs/name.h"

static int new_text(const char *text, json_t **ret)
{
	if (text == NULL)
		return 0;
	*ret = json_string(text);
	return *ret == NULL ? -ENOMEM : 0;
}

static int find_community(const struct expansion *with, const struct tfs_community **ret)
{
	struct tfs_store *store = with->resource->store;

	return store->calls.community(store->api, with->op, with->resource->community, ret);
}

/* What the object is called on the server. A name made distinct by its id is in its document only. */
static int scope_name(struct tfs_resource *holder, struct tfs_op *op, const struct tfs_scope *scope,
		      json_t **ret)
{
	const struct tfs_field *field = holder == NULL ? NULL : kind_name_field(holder->kind);
	struct tfs_doc *doc cleanup_doc = NULL;
	cleanup_json json_t *document = NULL;
	cleanup_free char *raw = NULL;
	json_t *name;
	int r;

	if (field != NULL && tfs_resource_get(holder, op, scope->name, UINT64_MAX, &doc) == 0 &&
	    tfs_json_parse(doc->data, doc->len, &document, NULL) == 0) {
		name = json_object_get(document, field->name);
		if (json_is_string(name)) {
			*ret = share(name);
			return 0;
		}
	}
	tfs_error_clear(tfs_op_error(op));
	r = name_raw(scope->name, &raw);
	return r < 0 ? r : new_text(raw, ret);
}

/* "KIND.id" or "KIND.name" of an object the path runs through. */
static int scope_word(const struct expansion *with, const char *word, json_t **ret)
{
	struct tfs_resource *resource = with->resource, *holder = NULL;
	const char *dot = strrchr(word, '.');
	cleanup_free char *kind = dot == NULL ? NULL : strndup(word, (size_t)(dot - word));
	struct tfs_doc *doc cleanup_doc = NULL;
	const struct tfs_community *community;
	const struct tfs_scope *scope;
	const struct tfs_kind *found;
	int r = 0;

	if (kind == NULL)
		return -ENOMEM;
	scope = scope_find(resource->scope, kind);
	if (scope == NULL)
		return 0;
	if (strcmp(kind, "community") == 0) {
		r = strcmp(dot, ".id") == 0 ? find_community(with, &community) : 0;
		if (r < 0)
			return r;
		return new_text(strcmp(dot, ".id") == 0 ? community->id : resource->community, ret);
	}
	found = tfs_kind_find(kind);
	if (found != NULL)
		r = tfs_store_resource(resource->store, found, scope->parent, &holder);
	if (r < 0)
		return r;
	if (strcmp(dot, ".name") == 0)
		return scope_name(holder, with->op, scope, ret);
	if (holder == NULL)
		return 0;
	r = tfs_resource_get(holder, with->op, scope->name, UINT64_MAX, &doc);
	return r < 0 ? r : new_text(doc->id, ret);
}

/* A document's member as the server takes it. */
static int document_word(const struct expansion *with, const json_t *document, const char *member,
			 json_t **ret)
{
	const struct tfs_kind *kind = with->resource->kind;
	const struct tfs_field *field = table_find(top_table(kind), member);
	const json_t *value = json_object_get(document, member);
	struct place place = { NULL, member, 0 };

	if (value == NULL)
		return 0;
	if (field == NULL || with->context == NULL) {
		*ret = share(value);
		return 0;
	}
	return store_value(with->context, field, &place, value,
			   json_object_get(with->record, record_name(field)), ret, tfs_op_error(with->op));
}

static int server_word(const struct expansion *with, const char *member, json_t **ret)
{
	const json_t *value = json_object_get(with->record, member);

	if (value == NULL && with->old != NULL)
		value = json_object_get(json_object_get(with->old, SERVER_MEMBER), member);
	if (value == NULL && with->old != NULL && with->record == NULL)
		value = json_object_get(with->old, member);
	if (value != NULL)
		*ret = share(value);
	return 0;
}

static int page_word(const struct expansion *with, const char *word, json_t **ret)
{
	*ret = json_integer(strcmp(word, "index") == 0 ? with->page
						       : (json_int_t)with->resource->kind->page_size);
	return *ret == NULL ? -ENOMEM : 0;
}

static int community_word(const struct expansion *with, const char *word, json_t **ret)
{
	const struct tfs_community *community;
	int r;

	if (strcmp(word, "communityName") == 0)
		return new_text(with->resource->community, ret);
	r = find_community(with, &community);
	if (r < 0)
		return r;
	return new_text(strcmp(word, "tenant") == 0 ? community->tenant_id : community->id, ret);
}

/* The community's public key stands in what is shown of it. */
static int key_word(const struct expansion *with, json_t **ret)
{
	struct tfs_resource *resource = with->resource, *community;
	const struct tfs_kind *kind = tfs_kind_find("community");
	struct tfs_scope scope = { .kind = "community" };
	struct tfs_doc *doc cleanup_doc = NULL;
	cleanup_json json_t *document = NULL;
	cleanup_free char *name = NULL;
	json_t *key;
	int r;

	if (kind == NULL)
		return 0;
	name = tfs_name_escape(resource->community, strlen(resource->community), TFS_NAME_MAX);
	if (name == NULL)
		return -ENOMEM;
	scope.name = name;
	r = tfs_store_resource(resource->store, kind, &scope, &community);
	if (r == 0)
		r = tfs_resource_get(community, with->op, community->doc_name, UINT64_MAX, &doc);
	if (r == 0)
		r = tfs_json_parse(doc->data, doc->len, &document, tfs_op_error(with->op));
	if (r < 0)
		return r;
	key = json_object_get(document, "publicKey");
	if (key == NULL)
		key = json_object_get(json_object_get(document, SERVER_MEMBER), "publicKey");
	*ret = key == NULL ? NULL : share(key);
	return 0;
}

/* `word` stands behind the '$'. `*ret` stays NULL where it has no value. */
static int expand_word(const struct expansion *with, const char *word, json_t **ret)
{
	if (strcmp(word, "id") == 0)
		return with->id != NULL && *with->id != '\0' ? new_text(with->id, ret) : 0;
	if (strcmp(word, "name") == 0)
		return new_text(with->name, ret);
	if (strcmp(word, "dns") == 0)
		return new_text(with->resource->store->config->dns, ret);
	if (strcmp(word, "tenant") == 0 || strcmp(word, "community") == 0 ||
	    strcmp(word, "communityName") == 0)
		return community_word(with, word, ret);
	if (strcmp(word, "communityKey") == 0)
		return key_word(with, ret);
	if (strncmp(word, "page.", 5) == 0)
		return page_word(with, word + 5, ret);
	if (strncmp(word, "new.", 4) == 0)
		return document_word(with, with->new, word + 4, ret);
	if (strncmp(word, "old.", 4) == 0)
		return document_word(with, with->old, word + 4, ret);
	if (strncmp(word, "server.", 7) == 0)
		return server_word(with, word + 7, ret);
	if (strncmp(word, "scope.", 6) == 0)
		return scope_word(with, word + 6, ret);
	return tfs_fail(with->op, -EINVAL, "catalogue", "unknown placeholder $%s", word);
}

static int expand(const struct expansion *with, const json_t *template, json_t **ret);

static int expand_object(const struct expansion *with, const json_t *template, json_t **ret)
{
	cleanup_json json_t *out = json_object();
	const char *name;
	json_t *value, *made;
	int r = out == NULL ? -ENOMEM : 0;

	json_object_foreach((json_t *)(uintptr_t) template, name, value)
	{
		made = NULL;
		if (r == 0)
			r = expand(with, value, &made);
		if (r == 0 && made != NULL && json_object_set_new_nocheck(out, name, made) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int expand_array(const struct expansion *with, const json_t *template, json_t **ret)
{
	cleanup_json json_t *out = json_array();
	int r = out == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < json_array_size(template) && r == 0; i++) {
		json_t *made = NULL;

		r = expand(with, json_array_get(template, i), &made);
		if (r == 0 && made != NULL && json_array_append_new(out, made) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int expand(const struct expansion *with, const json_t *template, json_t **ret)
{
	const char *text = json_string_value(template);

	if (json_is_object(template))
		return expand_object(with, template, ret);
	if (json_is_array(template))
		return expand_array(with, template, ret);
	if (text != NULL && text[0] == '$')
		return expand_word(with, text + 1, ret);
	*ret = share(template);
	return 0;
}

int step_expand(const struct tfs_step *step, const struct expansion *with, json_t **ret)
{
	cleanup_json json_t *template = NULL, *args = NULL;
	const char *text = step->args != NULL ? step->args : "{}", *name;
	json_t *value;
	int r = tfs_json_parse(text, strlen(text), &template, tfs_op_error(with->op));

	if (r == 0)
		r = expand(with, template, &args);
	if (r < 0) {
		if (tfs_op_error(with->op)->code == 0)
			tfs_fail(with->op, r, "resource", "%s %s: the arguments could not be made",
				 step->endpoint->method, step->endpoint->path);
		return r;
	}
	json_object_foreach(json_object_get(template, "path"), name, value)
	{
		if (json_object_get(json_object_get(args, "path"), name) == NULL)
			return tfs_fail(with->op, -EINVAL, "resource",
					"%s %s cannot be called: the object has no %s",
					step->endpoint->method, step->endpoint->path, name);
	}
	*ret = steal_pointer(&args);
	return 0;
}

bool step_mentions(const struct tfs_step *step, const char *prefix, const char *member)
{
	char word[160];

	if (step->args == NULL)
		return false;
	snprintf(word, sizeof(word), "\"$%s%s\"", prefix, member);
	return strstr(step->args, word) != NULL;
}

int step_send(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_step *step,
	      const json_t *args, struct tfs_api_answer *ret)
{
	struct tfs_api_call call = {
		.endpoint = step->endpoint,
		.path = json_object_get(args, "path"),
		.query = json_object_get(args, "query"),
		.body = json_object_get(args, "body"),
	};

	return resource->store->calls.call(resource->store->api, op, &call, ret);
}

int step_call(const struct tfs_step *step, const struct expansion *with, struct tfs_api_answer *ret)
{
	cleanup_json json_t *args = NULL;
	int r = step_expand(step, with, &args);

	return r < 0 ? r : step_send(with->resource, with->op, step, args, ret);
}
