/* Features of catalogue rows: placeholders, keyed records, fixed names, days, texts, steps without members. */
#include "writing.c"

#include "../../../src/resource/hook.h"

static const struct tfs_scope community = { NULL, "community", "default" };

/* Templates: by purpose, channel and id in one object. */
static const struct tfs_endpoint fetch_templates = {
	.method = "POST", .path = "/templates/fetch", .repeatable = true, .reads = true
};
static const struct tfs_endpoint put_templates = { .method = "PUT", .path = "/templates" };
static const struct tfs_endpoint delete_templates = { .method = "DELETE", .path = "/templates" };
static const struct tfs_step purposes_list = { .endpoint = &fetch_templates };
static const struct tfs_kind purposes = {
	.name = "purpose",
	.path = "communities/{community}/templates/{name}/",
	.shape = TFS_SHAPE_DIRS,
	.name_member = "name",
	.map_key = "name",
	.list = &purposes_list,
};
static const char *const channel_names[] = { "email", "sms", NULL };
static const struct tfs_kind channels = {
	.name = "channel",
	.path = "communities/{community}/templates/{purpose}/{name}/",
	.shape = TFS_SHAPE_DIRS,
	.fixed_names = channel_names,
};
static const struct tfs_field template_fields[] = {
	{ .name = "name", .type = TFS_TYPE_STRING, .required = true },
	{ .name = "subject", .type = TFS_TYPE_STRING },
};
static const struct tfs_step templates_list = {
	.endpoint = &fetch_templates,
	.args = "{\"body\":{\"purposes\":[\"$scope.purpose.name\"]}}",
	.answer = "/$scope.purpose.name/$scope.channel.name",
};
static const struct tfs_step templates_change[] = {
	{ .endpoint = &put_templates,
	  .args = "{\"body\":{\"templateData\":{\"$scope.purpose.name\":{\"$scope.channel.name\":"
		  "{\"$id\":\"$document\"}}}}}" },
};
static const struct tfs_step templates_create[] = {
	{ .endpoint = &put_templates,
	  .args = "{\"body\":{\"first\":\"$uuid\",\"templateData\":{\"$scope.purpose.name\":"
		  "{\"$scope.channel.name\":{\"$uuid\":\"$document\"}}}}}" },
};
static const struct tfs_step templates_remove[] = {
	{ .endpoint = &delete_templates,
	  .args = "{\"body\":{\"key_paths\":[\"${scope.purpose.name}.${scope.channel.name}.${id}\"],"
		  "\"by\":\"$user\",\"none\":\"a ${new.missing}\"}}" },
};
static const char *const template_server[] = { "uuid", NULL };
static const struct tfs_kind templates = {
	.name = "template",
	.path = "communities/{community}/templates/{purpose}/{channel}/{name}.json",
	.shape = TFS_SHAPE_SET,
	.name_member = "name",
	.id_members = (const char *const[]){ "uuid", NULL },
	.map_key = "uuid",
	.fields = template_fields,
	.n_fields = COUNT(template_fields),
	.server_members = template_server,
	.list = &templates_list,
	.create = templates_create,
	.n_create = 1,
	.change = templates_change,
	.n_change = 1,
	.remove = templates_remove,
	.n_remove = 1,
	.rename = true,
};

static struct tfs_resource *open_templates(struct fake *fake)
{
	struct tfs_scope purpose = { &community, "purpose", "on/boarding" };
	struct tfs_scope channel = { &purpose, "channel", "email" };
	struct tfs_resource *resource = NULL;

	assert_int_equal(tfs_store_resource(fake->store, &templates, &channel, &resource), 0);
	return resource;
}

#define T_FETCH "POST /templates/fetch"
#define T_ARGS "{\"body\":{\"purposes\":[\"on/boarding\"]}}"
#define T_HELD(members) "{\"on/boarding\":{\"email\":{\"t-1\":{\"name\":\"Hello\"" members "}},\"sms\":{}}}"

static void test_keys_are_listed_as_directories(void **state)
{
	struct fake *fake = *state;

	SCRIPT(fake, { T_FETCH, "{}", 0, "{\"b\":{\"name\":\"x\"},\"a c\":1}", 0 });
	assert_names(fake, open_resource(fake, &purposes), 0, "a c b ");
	all_called(fake);
}

static void test_fixed_names_need_no_call(void **state)
{
	struct tfs_scope purpose = { &community, "purpose", "x" };
	struct fake *fake = *state;
	struct tfs_resource *resource;
	struct tfs_doc *doc = NULL;

	NO_CALLS(fake);
	assert_int_equal(tfs_store_resource(fake->store, &channels, &purpose, &resource), 0);
	assert_names(fake, resource, 0, "email sms ");
	doc = get(fake, resource, "sms", 0);
	tfs_doc_unref(doc);
	assert_failed(fake, tfs_resource_get(resource, fake->op, "fax", 0, &doc), -ENOENT, "there is no \"fax\"");
}

static void test_records_are_read_by_key(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_templates(fake);
	struct tfs_doc *doc;

	SCRIPT(fake, { T_FETCH, T_ARGS, 0, T_HELD(",\"subject\":\"Hi\""), 0 });
	doc = get(fake, resource, "Hello", 0);
	assert_string_equal(doc->id, "t-1");
	assert_doc(doc, "{\"name\":\"Hello\",\"subject\":\"Hi\",\"_server\":{\"uuid\":\"t-1\"}}");
	tfs_doc_unref(doc);
	all_called(fake);
}

static void test_missing_key_has_no_directory(void **state)
{
	struct fake *fake = *state;

	SCRIPT(fake, { T_FETCH, T_ARGS, 0, "{\"other\":{}}", 0 });
	assert_names(fake, open_templates(fake), 0, "");
	all_called(fake);
}

static void test_member_names_are_placeholders(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_templates(fake);
	struct tfs_doc *base, *after = NULL;

	SCRIPT(fake, { T_FETCH, T_ARGS, 0, T_HELD(",\"subject\":\"Hi\""), 0 },
	       { T_FETCH, T_ARGS, 0, T_HELD(",\"subject\":\"Hi\""), 0 },
	       { "PUT /templates",
		 "{\"body\":{\"templateData\":{\"on/boarding\":{\"email\":{\"t-1\":{\"name\":\"Hello\","
		 "\"subject\":\"Hey\"}}}}}}",
		 0, NULL, 0 });
	base = get(fake, resource, "Hello", 0);
	assert_int_equal(save(fake, resource, "Hello", base, "{\"name\":\"Hello\",\"subject\":\"Hey\"}", &after), 0);
	assert_doc(after, "{\"name\":\"Hello\",\"subject\":\"Hey\",\"_server\":{\"uuid\":\"t-1\"}}");
	all_called(fake);
	tfs_doc_unref(base);
	tfs_doc_unref(after);
}

/* A uuid is the same throughout a step and another in the next step. */
static int serve_created(struct fake *fake, const char *call, const json_t *args, struct tfs_api_answer *ret)
{
	char *made = fake->data;
	const char *first = tfs_json_text(json_object_get(args, "body"), "first");

	if (strcmp(call, "PUT /templates") == 0) {
		const json_t *channel = tfs_json_at(args, "/body/templateData/on~1boarding/email");

		assert_non_null(json_object_get(channel, first));
		assert_int_equal(json_object_size(channel), 1);
		snprintf(made, 64, "%s", first);
		ret->body = json_object();
		return 0;
	}
	ret->body =
		*made != '\0' ? json_pack("{s{s{s{ss}}}}", "on/boarding", "email", made, "name", "New") : json_object();
	return 0;
}

static void test_generated_id_is_new_in_each_step(void **state)
{
	char made[64] = "", before[64];
	struct fake *fake = *state;
	struct tfs_resource *resource = open_templates(fake);
	struct tfs_doc *doc = NULL;

	fake->serve = serve_created;
	fake->data = made;
	assert_int_equal(save(fake, resource, "New", NULL, "{}", &doc), 0);
	assert_string_equal(doc->id, made);
	tfs_doc_unref(doc);
	memcpy(before, made, sizeof(before));
	made[0] = '\0';
	tfs_store_refresh(fake->store, "");
	assert_int_equal(save(fake, resource, "New", NULL, "{}", &doc), 0);
	assert_string_not_equal(before, made);
	tfs_doc_unref(doc);
}

static void test_texts_are_filled_in(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_templates(fake);

	SCRIPT(fake, { T_FETCH, T_ARGS, 0, T_HELD(""), 0 },
	       { "DELETE /templates", "{\"body\":{\"key_paths\":[\"on/boarding.email.t-1\"],\"by\":\"alice\"}}", 0,
		 NULL, 0 });
	assert_int_equal(tfs_resource_remove(resource, fake->op, "Hello"), 0);
	all_called(fake);
}

/* Tokens: their holders are sent as additions to and removals from a list. */
static const struct tfs_field token_fields[] = {
	{ .name = "serial", .type = TFS_TYPE_STRING, .required = true },
	{ .name = "users", .type = TFS_TYPE_ARRAY, .item = TFS_TYPE_STRING, .unordered = true },
};
static const struct tfs_endpoint fetch_tokens = {
	.method = "POST", .path = "/tokens/fetch", .repeatable = true, .reads = true
};
static const struct tfs_endpoint give_token = { .method = "PUT", .path = "/tokens/users" };
static const struct tfs_endpoint take_token = { .method = "DELETE", .path = "/tokens/users" };
static const struct tfs_step tokens_list = { .endpoint = &fetch_tokens };
static const char *const users_member[] = { "users", NULL };
static const struct tfs_step tokens_change[] = {
	{ .endpoint = &give_token,
	  .args = "{\"body\":{\"list\":{\"each\":\"$added.users\",\"make\":{\"username\":\"$item\","
		  "\"serial\":\"$name\"}}}}",
	  .members = users_member },
	{ .endpoint = &take_token,
	  .args = "{\"body\":{\"list\":{\"each\":\"$removed.users\",\"make\":{\"username\":\"$item\"}},"
		  "\"plain\":\"$removed.users\"}}",
	  .members = users_member },
};
static const struct tfs_kind tokens = {
	.name = "token",
	.path = "communities/{community}/tokens/{name}.json",
	.shape = TFS_SHAPE_SET,
	.name_member = "serial",
	.fields = token_fields,
	.n_fields = COUNT(token_fields),
	.list = &tokens_list,
	.change = tokens_change,
	.n_change = 2,
};

static void save_users(struct fake *fake, struct tfs_doc *base, const char *users, const char *text)
{
	char wanted[256];
	struct tfs_doc *after = NULL;

	snprintf(wanted, sizeof(wanted), "{\"serial\":\"s1\",\"users\":%s}", users);
	if (save(fake, open_resource(fake, &tokens), "s1", base, wanted, &after) < 0)
		fail_msg("%s", tfs_op_error(fake->op)->message);
	assert_doc(after, text);
	tfs_doc_unref(after);
	all_called(fake);
}

static void test_additions_and_removals_of_a_list_are_sent(void **state)
{
	static const char held[] = "[{\"serial\":\"s1\",\"users\":[\"bob\",\"ann\"]}]";
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &tokens);
	struct tfs_doc *base;

	SCRIPT(fake, { "POST /tokens/fetch", NULL, 0, held, 0 });
	base = get(fake, resource, "s1", 0);
	SCRIPT(fake, { "POST /tokens/fetch", NULL, 0, held, 0 },
	       { "PUT /tokens/users", "{\"body\":{\"list\":[{\"username\":\"eve\",\"serial\":\"s1\"}]}}", 0, NULL, 0 },
	       { "DELETE /tokens/users", "{\"body\":{\"list\":[{\"username\":\"bob\"}],\"plain\":[\"bob\"]}}", 0, NULL,
		 0 });
	save_users(fake, base, "[\"eve\",\"ann\"]", "{\"serial\":\"s1\",\"users\":[\"ann\",\"eve\"]}");
	/* Without a removal no removing call is made. */
	SCRIPT(fake, { "POST /tokens/fetch", NULL, 0, held, 0 },
	       { "PUT /tokens/users", "{\"body\":{\"list\":[{\"username\":\"eve\",\"serial\":\"s1\"}]}}", 0, NULL, 0 });
	save_users(fake, base, "[\"bob\",\"eve\",\"ann\"]", "{\"serial\":\"s1\",\"users\":[\"ann\",\"bob\",\"eve\"]}");
	tfs_doc_unref(base);
}

/* Reports: one document for each day, made of all pages. */
static const struct tfs_endpoint fetch_report = {
	.method = "POST", .path = "/reports", .repeatable = true, .reads = true
};
static const struct tfs_step report_lookup = {
	.endpoint = &fetch_report,
	.args = "{\"body\":{\"from\":\"$day.from\",\"to\":\"$day.to\",\"pIndex\":\"$page.index\","
		"\"pSize\":\"$page.size\"}}",
	.answer = "/data",
};
static const struct tfs_kind reports = {
	.name = "report",
	.path = "communities/{community}/reports/{name}.json",
	.shape = TFS_SHAPE_SET,
	.on_demand = true,
	.name_form = TFS_NAME_DAY,
	.lookup = &report_lookup,
	.wrap_in = "events",
	.page_total = "/page/total",
	.page_size = 2,
	.no_change = "The past stays.",
};

static void day_before(int days, char out[16])
{
	time_t at = time(NULL) - (time_t)days * 86400;
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(out, 16, "%Y-%m-%d", &tm);
}

static void test_pages_of_a_day_are_one_document(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &reports);
	char day[16], args[2][256];
	struct tfs_doc *doc;

	day_before(3, day);
	for (int i = 0; i < 2; i++)
		snprintf(args[i], sizeof(args[i]),
			 "{\"body\":{\"from\":\"%s 00:00:00.000\",\"to\":\"%s 23:59:59.999\",\"pIndex\":%d,"
			 "\"pSize\":2}}",
			 day, day, i);
	SCRIPT(fake, { "POST /reports", args[0], 0, "{\"page\":{\"total\":3},\"data\":[{\"a\":1},{\"a\":2}]}", 0 },
	       { "POST /reports", args[1], 0, "{\"page\":{\"total\":3},\"data\":[{\"a\":3}]}", 0 });
	doc = get(fake, resource, day, 0);
	assert_doc(doc, "{\"events\":[{\"a\":1},{\"a\":2},{\"a\":3}]}");
	tfs_doc_unref(doc);
	all_called(fake);
	NO_CALLS(fake);
	assert_names(fake, resource, 0, "");
}

static void test_only_the_last_ninety_days_are_names(void **state)
{
	static const char *const none[] = { "x", "2024-02-30", "2001-01-01", "2099-01-01", "2024-1-1", "" };
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &reports);
	struct tfs_doc *doc = NULL;
	char day[16], text[128];

	NO_CALLS(fake);
	for (size_t i = 0; i < COUNT(none); i++) {
		snprintf(text, sizeof(text), "\"%s\" is no day of the last 90, as YYYY-MM-DD", none[i]);
		assert_failed(fake, tfs_resource_get(resource, fake->op, none[i], 0, &doc), -ENOENT, text);
	}
	day_before(91, day);
	assert_int_equal(tfs_resource_get(resource, fake->op, day, 0, &doc), -ENOENT);
	day_before(89, day);
	SCRIPT(fake, { "POST /reports", NULL, 0, "{\"page\":{\"total\":0},\"data\":[]}", 0 });
	doc = get(fake, resource, day, 0);
	assert_doc(doc, "{\"events\":[]}");
	tfs_doc_unref(doc);
}

static void test_page_without_records_is_refused(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &reports);
	struct tfs_doc *doc = NULL;
	char day[16];

	day_before(1, day);
	SCRIPT(fake, { "POST /reports", NULL, 0, "{\"data\":7}", 0 });
	assert_failed(fake, tfs_resource_get(resource, fake->op, day, 0, &doc), -EBADMSG,
		      "POST /reports: expected an object or a list at /data, and got a number");
	SCRIPT(fake, { "POST /reports", NULL, 0, "{\"page\":{\"total\":2},\"data\":[{\"n\":1}]}", 0 },
	       { "POST /reports", NULL, 0, "{\"page\":{\"total\":2},\"data\":[]}", 0 });
	assert_failed(fake, tfs_resource_get(resource, fake->op, day, 0, &doc), -EBADMSG,
		      "POST /reports: the service counts 2 records and returned 1");
}

/* The document shows "data" as an array that has names. */
static void test_parts_of_a_report_are_one_object(void **state)
{
	static const struct {
		const char *data, *document;
	} forms[] = {
		{ "[{\"logins\":[{\"n\":1}]}]", "{\"logins\":[{\"n\":1}]}" },
		{ "{\"logins\":[{\"n\":1}]}", "{\"logins\":[{\"n\":1}]}" },
		{ "[{\"logins\":[{\"n\":1}]},{\"by\":{\"s\":{\"m\":2}}}]",
		  "{\"by\":{\"s\":{\"m\":2}},\"logins\":[{\"n\":1}]}" },
		{ "[{\"n\":1}]", "{\"events\":[{\"n\":1}]}" },
	};
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &reports);
	char day[16], body[256];

	day_before(1, day);
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct tfs_doc *doc;

		snprintf(body, sizeof(body), "{\"page\":{\"total\":1},\"data\":%s}", forms[i].data);
		SCRIPT(fake, { "POST /reports", NULL, 0, body, 0 });
		doc = get(fake, resource, day, 0);
		assert_doc(doc, forms[i].document);
		tfs_doc_unref(doc);
	}
}

/* A script: a text instead of JSON. */
static const struct tfs_endpoint get_script = { .method = "GET", .path = "/script", .repeatable = true, .reads = true };
static const struct tfs_endpoint put_script = { .method = "PATCH", .path = "/script" };
static const struct tfs_step script_list = { .endpoint = &get_script, .answer = "/config/js" };
static const struct tfs_step script_change[] = {
	{ .endpoint = &put_script, .args = "{\"body\":{\"js\":\"$text\"}}" },
};
static const struct tfs_kind scripts = {
	.name = "script",
	.path = "communities/{community}/script.js",
	.shape = TFS_SHAPE_DOC,
	.form = TFS_FORM_TEXT,
	.list = &script_list,
	.change = script_change,
	.n_change = 1,
};

static void assert_text(const struct tfs_doc *doc, const char *text)
{
	assert_string_equal(doc->data, text);
	assert_int_equal(doc->len, strlen(text));
}

static void test_text_is_read_and_written_unchanged(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &scripts);
	struct tfs_doc *base, *after = NULL;

	SCRIPT(fake, { "GET /script", NULL, 0, "{\"config\":{\"js\":\"f({\\n\"}}", 0 },
	       { "GET /script", NULL, 0, "{\"config\":{\"js\":\"f({\\n\"}}", 0 },
	       { "PATCH /script", "{\"body\":{\"js\":\"g(\\\"1\\\")\"}}", 0, NULL, 0 },
	       { "GET /script", NULL, 0, "{\"config\":{\"js\":\"g(\\\"1\\\")\"}}", 0 },
	       { "GET /script", NULL, 0, "{\"config\":{\"js\":\"g(\\\"1\\\")\"}}", 0 });
	base = get(fake, resource, "script.js", 0);
	assert_text(base, "f({\n");
	assert_int_equal(save(fake, resource, "script.js", base, "g(\"1\")", &after), 0);
	assert_text(after, "g(\"1\")");
	tfs_doc_unref(after);
	/* An equal text: one read, no write. */
	assert_int_equal(save(fake, resource, "script.js", base, "g(\"1\")", &after), 0);
	tfs_doc_unref(after);
	all_called(fake);
	tfs_doc_unref(base);
}

static void test_text_changed_by_others_is_not_overwritten(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &scripts);
	struct tfs_doc *base, *after = NULL;

	SCRIPT(fake, { "GET /script", NULL, 0, "{\"config\":{\"js\":\"a\"}}", 0 },
	       { "GET /script", NULL, 0, "{\"config\":{\"js\":\"b\"}}", 0 });
	base = get(fake, resource, "script.js", 0);
	assert_failed(fake, save(fake, resource, "script.js", base, "c", &after), -ESTALE,
		      "it was changed on the server meanwhile; open it again to see how");
	all_called(fake);
	tfs_doc_unref(base);
}

static void test_invalid_text_is_refused(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &scripts);
	struct tfs_doc *after = NULL;

	NO_CALLS(fake);
	assert_failed(fake, save(fake, resource, "script.js", NULL, "\xff", &after), -EINVAL, "this is no UTF-8 text");
	assert_failed(fake, tfs_resource_save(resource, fake->op, "script.js", NULL, "a\0b", 3, &after), -EINVAL,
		      "this is no UTF-8 text");
	SCRIPT(fake, { "GET /script", NULL, 0, "{\"config\":{\"js\":[]}}", 0 });
	assert_failed(fake, tfs_resource_get(resource, fake->op, "script.js", 0, &after), -EBADMSG,
		      "GET /script: the answer has no text");
}

/* A copy from another tenant: the secrets behind its digests are unknown here. */
static const char *const oauth[] = { "oauth", NULL };
static const struct tfs_condition when_oauth[] = { { "type", oauth } };
static const struct tfs_field gateway_fields[] = {
	{ .name = "name", .type = TFS_TYPE_STRING, .required = true },
	{ .name = "type", .type = TFS_TYPE_STRING },
	{ .name = "password", .type = TFS_TYPE_STRING, .secret = true, .required = true },
	{ .name = "token", .type = TFS_TYPE_STRING, .secret = true, .required_when = when_oauth, .n_required_when = 1 },
};
static const struct tfs_endpoint put_gateway = {
	.method = "PUT", .path = "/gateways", .body = gateway_fields, .n_body = COUNT(gateway_fields)
};
static const struct tfs_endpoint fetch_gateways = {
	.method = "POST", .path = "/gateways/fetch", .repeatable = true, .reads = true
};
static const struct tfs_step gateways_list = { .endpoint = &fetch_gateways };
static const struct tfs_step gateways_create[] = { { .endpoint = &put_gateway, .send = TFS_SEND_WHOLE } };
static const struct tfs_kind gateways = {
	.name = "gateway",
	.path = "communities/{community}/gateways/{name}.json",
	.shape = TFS_SHAPE_SET,
	.name_member = "name",
	.id_members = (const char *const[]){ "id", NULL },
	.fields = gateway_fields,
	.n_fields = COUNT(gateway_fields),
	.list = &gateways_list,
	.create = gateways_create,
	.n_create = 1,
};

/* Stores the sent record and lists it. */
static int serve_gateways(struct fake *fake, const char *call, const json_t *args, struct tfs_api_answer *ret)
{
	json_t **held = fake->data;

	if (strcmp(call, "PUT /gateways") == 0) {
		json_decref(*held);
		*held = json_deep_copy(json_object_get(args, "body"));
		json_object_set_new(*held, "id", json_string("g1"));
		ret->body = json_object();
		return 0;
	}
	ret->body = *held ? json_pack("[O]", *held) : json_array();
	return 0;
}

static void test_unknown_secrets_are_not_invented(void **state)
{
	cleanup_json json_t *held = NULL;
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &gateways);
	struct tfs_doc *doc = NULL;
	int r;

	fake->serve = serve_gateways;
	fake->data = &held;
	r = save(fake, resource, "a", NULL, "{\"type\":\"basic\",\"password\":\"secret:0123456789abcdef\"}", &doc);
	assert_failed(fake, r, -EINVAL,
		      "password: the new object needs this secret, and its document does not tell it; supply it: "
		      "jq --rawfile s FILE 'setpath([\"password\"]; $s|rtrimstr(\"\\n\"))' "
		      ".tenantfs/drafts/communities/default/gateways/a.json >communities/default/gateways/a.json");
	assert_string_equal(tfs_op_error(fake->op)->member, "/password");
	assert_null(held);
	/* Required by a condition. */
	r = save(fake, resource, "a", NULL,
		 "{\"type\":\"oauth\",\"password\":\"mine\",\"token\":\"secret:0123456789abcdef\"}", &doc);
	assert_int_equal(r, -EINVAL);
	assert_string_equal(tfs_op_error(fake->op)->member, "/token");
	assert_null(held);
	/* An optional one is left out. */
	r = save(fake, resource, "a", NULL,
		 "{\"type\":\"basic\",\"password\":\"mine\",\"token\":\"secret:0123456789abcdef\"}", &doc);
	assert_int_equal(r, 0);
	assert_string_equal(tfs_op_error(fake->op)->message,
			    "saved, but for secrets that came as digests of another place: /token; write them");
	assert_string_equal(tfs_json_text(held, "password"), "mine");
	assert_null(json_object_get(held, "token"));
	tfs_doc_unref(doc);
}

/* An unknown hook would be ignored silently. */
static void test_every_hook_exists(void **state)
{
	(void)state;
	for (size_t i = 0; i < tfs_n_kinds; i++)
		if (tfs_kinds[i].hook && !resource_hook_of(&tfs_kinds[i]))
			fail_msg("kind %s: there is no hook %s", tfs_kinds[i].name, tfs_kinds[i].hook);
	assert_null(resource_hook_of(&templates));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, writing_setup, writing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_keys_are_listed_as_directories),
		TEST(test_fixed_names_need_no_call),
		TEST(test_records_are_read_by_key),
		TEST(test_missing_key_has_no_directory),
		TEST(test_member_names_are_placeholders),
		TEST(test_generated_id_is_new_in_each_step),
		TEST(test_texts_are_filled_in),
		TEST(test_additions_and_removals_of_a_list_are_sent),
		TEST(test_pages_of_a_day_are_one_document),
		TEST(test_only_the_last_ninety_days_are_names),
		TEST(test_page_without_records_is_refused),
		TEST(test_parts_of_a_report_are_one_object),
		TEST(test_text_is_read_and_written_unchanged),
		TEST(test_text_changed_by_others_is_not_overwritten),
		TEST(test_invalid_text_is_refused),
		TEST(test_unknown_secrets_are_not_invented),
		cmocka_unit_test(test_every_hook_exists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
