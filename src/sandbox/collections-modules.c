/* The collections of an auth module: user attributes and brokers. */
#include <errno.h>
#include <string.h>

#include "collections.h"
#include "routes-config.h"

static const char *const name_alone[] = { "name", NULL };

/* One call enables a broker by the string "true", another one renames it. */
static int check_broker(struct call *call, json_t *record, const json_t *old)
{
	const char *enabled = sandbox_call_text(call, "enabled");
	bool on = enabled && !strcmp(enabled, "true");

	(void)old;
	if (!enabled && !sandbox_call_member(call, "name"))
		return call_refuse(call, 400, "uid", "\"enabled\" or \"name\" is required");
	if (!enabled)
		return 0;
	call->event = on ? "E_DIRECTORY_BROKER_ENABLED" : "E_DIRECTORY_BROKER_DISABLED";
	return json_object_set_new(record, "enabled", json_boolean(on)) < 0 ? -ENOMEM : 0;
}

const struct collection sandbox_collections_modules[] = {
	{ .kind = "attribute",
	  .what = "attribute",
	  .id = "_id",
	  .named_by = "attributeId",
	  .within = "moduleId",
	  .name = "name",
	  .unique = name_alone,
	  .whole = true,
	  .routes = { { "GET", "/attributes", sandbox_serve_collection },
		      { "PUT", "/attributes", sandbox_serve_attributes_create },
		      { "PATCH", "/attributes/{attributeId}", sandbox_serve_collection_change,
			"E_DIRECTORY_ATTRIBUTE_MODIFIED" },
		      { "DELETE", "/attributes/{attributeId}", sandbox_serve_collection_remove,
			"E_DIRECTORY_ATTRIBUTE_DELETED" } } },
	{ .kind = "broker",
	  .what = "broker",
	  .id = "uid",
	  .ids = COLLECTION_UUID,
	  .within = "moduleId",
	  .name = "name",
	  .check = check_broker,
	  .routes = { { "POST", "/broker/fetch", sandbox_serve_collection },
		      { "PATCH", "/broker/changestatus", sandbox_serve_collection_change },
		      { "PATCH", "/broker/update", sandbox_serve_collection_change, "E_DIRECTORY_BROKER_MODIFIED" },
		      { "DELETE", "/broker/{uid}", sandbox_serve_collection_remove, "E_DIRECTORY_BROKER_DELETED" } } },
	{ NULL },
};
