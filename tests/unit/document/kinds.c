/* Kinds for tests, one for each feature of the catalogue. Included, not linked. */
#include "tenantfs/catalogue.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static const char *const statuses[] = { "active", "locked", "disabled", NULL };

static const struct tfs_field address_members[] = {
	{ .name = "street", .type = TFS_TYPE_STRING },
	{ .name = "town", .type = TFS_TYPE_STRING, .required = true },
	{ .name = "floor", .type = TFS_TYPE_NUMBER },
};

static const struct tfs_field claim_members[] = {
	{ .name = "claim", .type = TFS_TYPE_STRING, .required = true },
	{ .name = "value", .type = TFS_TYPE_STRING },
	{ .name = "key", .type = TFS_TYPE_STRING, .secret = true },
};

static const struct tfs_field step_members[] = {
	{ .name = "do", .type = TFS_TYPE_STRING },
};

static const struct tfs_field person_fields[] = {
	{ .name = "username", .type = TFS_TYPE_STRING, .required = true, .fixed = true },
	{ .name = "role", .record = "roleValue", .type = TFS_TYPE_STRING, .required = true },
	{ .name = "status", .type = TFS_TYPE_STRING, .values = statuses },
	{ .name = "otpMaxAttempts", .type = TFS_TYPE_NUMBER, .about = "how often" },
	{ .name = "enabled", .type = TFS_TYPE_BOOLEAN },
	{ .name = "password", .type = TFS_TYPE_STRING, .secret = true },
	{ .name = "module", .record = "moduleId", .type = TFS_TYPE_STRING, .reference = "module" },
	{ .name = "modules",
	  .type = TFS_TYPE_ARRAY,
	  .item = TFS_TYPE_STRING,
	  .reference = "module",
	  .unordered = true },
	{ .name = "phones", .type = TFS_TYPE_ARRAY, .item = TFS_TYPE_STRING, .unordered = true },
	{ .name = "address", .type = TFS_TYPE_OBJECT, .members = address_members, .n_members = COUNT(address_members) },
	{ .name = "claims",
	  .type = TFS_TYPE_ARRAY,
	  .item = TFS_TYPE_OBJECT,
	  .members = claim_members,
	  .n_members = COUNT(claim_members),
	  .key = "claim" },
	{ .name = "steps",
	  .type = TFS_TYPE_ARRAY,
	  .item = TFS_TYPE_OBJECT,
	  .members = step_members,
	  .n_members = COUNT(step_members) },
	{ .name = "anything", .type = TFS_TYPE_ANY },
};

static const char *const person_server[] = { "tenantId", "communityId", "updatedAt", NULL };

#define PERSON_FORM                                                                                             \
	.name = "person", .path = "people/{name}.json", .about = "people", .shape = TFS_SHAPE_SET,              \
	.name_member = "username", .id_members = (const char *const[]){ "uid", NULL }, .fields = person_fields, \
	.n_fields = COUNT(person_fields), .server_members = person_server

/* Endpoints, answered by the script of a test. */
static const struct tfs_field update_body[] = {
	{ .name = "role" },    { .name = "status" },   { .name = "otpMaxAttempts" },
	{ .name = "enabled" }, { .name = "address" },  { .name = "password" },
	{ .name = "steps" },   { .name = "username" }, { .name = "moduleId" },
};
static const struct tfs_endpoint fetch_people = {
	.method = "POST", .path = "/people/fetch", .repeatable = true, .reads = true
};
static const struct tfs_endpoint create_person = {
	.method = "PUT",
	.path = "/people/create",
	.body = update_body,
	.n_body = COUNT(update_body),
};
static const struct tfs_endpoint update_person = {
	.method = "PATCH",
	.path = "/people/{id}",
	.body = update_body,
	.n_body = COUNT(update_body),
};
static const struct tfs_endpoint role_person = { .method = "PATCH", .path = "/people/role" };
static const struct tfs_endpoint lock_person = { .method = "POST", .path = "/people/lock" };
static const struct tfs_endpoint phones_person = {
	.method = "POST",
	.path = "/people/phones",
	.body = (const struct tfs_field[]){ { .name = "phones" }, { .name = "user" } },
	.n_body = 2,
};
static const struct tfs_endpoint delete_person = { .method = "DELETE", .path = "/people/{id}" };

static const struct tfs_step list_step = {
	&fetch_people, "{\"body\":{\"size\":\"$page.size\",\"index\":\"$page.index\",\"tenant\":\"$tenant\"}}",
	"/data",       TFS_SEND_NOTHING,
	NULL,          NULL,
};
static const struct tfs_step lookup_step = {
	&fetch_people, "{\"body\":{\"query\":{\"username\":\"$name\"}}}", "/data", TFS_SEND_NOTHING, NULL, NULL,
};
static const char *const plain_members[] = {
	"otpMaxAttempts", "enabled", "address", "password", "module", "steps", NULL
};
static const char *const role_members[] = { "role", NULL };
static const char *const phone_members[] = { "phones", NULL };
#define ID_PATH "\"path\":{\"id\":\"$id\"}"
static const char *const locked[] = { "locked", NULL };
static const struct tfs_condition when_locked[] = { { "status", locked } };
static const struct tfs_step change_steps[] = {
	{ &update_person, "{" ID_PATH "}", NULL, TFS_SEND_CHANGED, plain_members, NULL },
	{ &role_person, "{\"body\":{\"user\":\"$name\",\"old\":\"$old.role\",\"new\":\"$new.role\"}}", NULL,
	  TFS_SEND_NOTHING, role_members, NULL },
	{ &lock_person, "{\"body\":{\"user\":\"$name\",\"tenant\":\"$tenant\"}}", NULL, TFS_SEND_NOTHING, NULL,
	  when_locked, 1 },
	{ &phones_person, "{\"body\":{\"user\":\"$id\"}}", NULL, TFS_SEND_CHANGED, phone_members, NULL },
};
static const struct tfs_step create_steps[] = {
	{ &create_person, "{\"body\":{\"moduleId\":\"m1\"}}", NULL, TFS_SEND_WHOLE, NULL, NULL },
	{ &phones_person, "{\"body\":{\"user\":\"$id\"}}", NULL, TFS_SEND_CHANGED, phone_members, NULL },
};
static const struct tfs_step remove_steps[] = {
	{ &delete_person, "{" ID_PATH "}", NULL, TFS_SEND_NOTHING, NULL, NULL },
};

/* Looked up by one call, listed in pages of two. */
static const struct tfs_kind people = {
	PERSON_FORM,
	.mtime_member = "updatedAt",
	.list = &list_step,
	.page_total = "/page/total",
	.page_size = 2,
	.lookup = &lookup_step,
	.create = create_steps,
	.n_create = COUNT(create_steps),
	.change = change_steps,
	.n_change = COUNT(change_steps),
	.remove = remove_steps,
	.n_remove = COUNT(remove_steps),
	.no_rename = "A username cannot be changed.",
};

/* Listed in one answer, without a look-up; renamed by a change of the name. */
static const struct tfs_field app_fields[] = {
	{ .name = "name", .type = TFS_TYPE_STRING, .required = true },
	{ .name = "url", .type = TFS_TYPE_STRING },
	{ .name = "key", .type = TFS_TYPE_STRING, .secret = true },
	{ .name = "kind", .type = TFS_TYPE_STRING },
};
static const struct tfs_endpoint fetch_apps = { .method = "GET", .path = "/apps", .repeatable = true, .reads = true };
static const struct tfs_endpoint change_app = {
	.method = "PUT",
	.path = "/apps/{id}",
	.body = app_fields,
	.n_body = COUNT(app_fields),
};
static const struct tfs_endpoint create_app = {
	.method = "PUT",
	.path = "/apps",
	.body = app_fields,
	.n_body = COUNT(app_fields),
};
static const struct tfs_endpoint special_app = {
	.method = "PUT",
	.path = "/apps/special",
	.body = app_fields,
	.n_body = COUNT(app_fields),
};
static const struct tfs_step apps_list = { &fetch_apps, NULL, NULL, TFS_SEND_NOTHING, NULL, NULL };
static const struct tfs_step apps_change[] = {
	{ &change_app, "{" ID_PATH "}", NULL, TFS_SEND_WHOLE, NULL, NULL },
};
static const char *const special[] = { "okta", "auth0", NULL };
static const struct tfs_condition when_special[] = { { "kind", special } };
static const struct tfs_step apps_create[] = {
	{ &special_app, NULL, NULL, TFS_SEND_WHOLE, NULL, when_special, 1 },
	{ &create_app, NULL, NULL, TFS_SEND_WHOLE, NULL, NULL },
};
static const struct tfs_kind apps = {
	.name = "app",
	.path = "communities/{community}/apps/{name}.json",
	.shape = TFS_SHAPE_SET,
	.name_member = "name",
	.id_members = (const char *const[]){ "_id", NULL },
	.fields = app_fields,
	.n_fields = COUNT(app_fields),
	.list = &apps_list,
	.create = apps_create,
	.n_create = COUNT(apps_create),
	.change = apps_change,
	.n_change = COUNT(apps_change),
	.rename = true,
	.no_remove = "Apps stay.",
};

/* One document, written as a whole. */
static const struct tfs_field settings_fields[] = {
	{ .name = "attempts", .type = TFS_TYPE_NUMBER, .required = true },
	{ .name = "prompt", .type = TFS_TYPE_STRING },
	{ .name = "seed", .type = TFS_TYPE_STRING, .secret = true },
};
static const struct tfs_endpoint get_settings = {
	.method = "GET", .path = "/settings", .repeatable = true, .reads = true
};
static const struct tfs_endpoint put_settings = {
	.method = "PUT",
	.path = "/settings",
	.body = settings_fields,
	.n_body = COUNT(settings_fields),
};
static const struct tfs_step settings_list = { &get_settings, NULL, NULL, TFS_SEND_NOTHING, NULL, NULL };
static const struct tfs_step settings_change[] = {
	{ &put_settings, "{\"body\":{\"communityId\":\"$community\"}}", NULL, TFS_SEND_WHOLE, NULL, NULL },
};
static const struct tfs_kind settings = {
	.name = "settings",
	.path = "communities/{community}/settings/mfa.json",
	.shape = TFS_SHAPE_DOC,
	.fields = settings_fields,
	.n_fields = COUNT(settings_fields),
	.list = &settings_list,
	.change = settings_change,
	.n_change = COUNT(settings_change),
};

/* Lists of plain names, and views of answers that are not objects or not JSON. */
static const struct tfs_kind words = {
	.name = "word",
	.path = "words/{name}.json",
	.shape = TFS_SHAPE_SET,
	.list = &apps_list,
	.no_create = "There is no call that makes a word.",
};
static const struct tfs_kind wrapped = {
	.name = "wrapped",
	.path = "wrapped.json",
	.shape = TFS_SHAPE_DOC,
	.list = &apps_list,
	.wrap_in = "items",
};
static const struct tfs_kind raw = {
	.name = "raw",
	.path = "metadata.xml",
	.shape = TFS_SHAPE_DOC,
	.list = &apps_list,
};
