/* The catalog: preconfigured applications, downloadable software, SAML metadata. */
#include <errno.h>
#include <string.h>

#include "record.h"
#include "routes-config.h"

struct application {
	const char *item, *name, *url;
};

static const struct application applications[] = {
	{ "auth0", "Auth0", "https://tenant.auth0.example.com/" },
	{ "forgerock", "ForgeRock", "https://am.forgerock.example.com/" },
	{ "gsuite", "Google Workspace (G Suite)", "https://accounts.google.example.com/" },
	{ "okta", "Okta", "https://tenant.okta.example.com/" },
	{ "salesforce", "Salesforce", "https://login.salesforce.example.com/" },
	{ "sap/successfactors", "SAP SuccessFactors – 100 %", "https://performancemanager.example.com/" },
	{ "zendesk", "Zendesk", "https://tenant.zendesk.example.com/" },
};

int sandbox_serve_catalog(struct call *call)
{
	cleanup_json json_t *items = json_object();

	for (size_t i = 0; items && i < sizeof(applications) / sizeof(*applications); i++) {
		const struct application *application = &applications[i];
		json_t *item = json_pack("{s:s, s:s, s:s, s:s}", "name", application->name, "logo", "", "sso_url",
					 application->url, "template", application->item);
		if (json_object_set_new(items, application->item, item) < 0)
			return -ENOMEM;
	}
	return sandbox_call_answer(call, steal_pointer(&items));
}

/* For each software and system the newest is last. */
struct artifact {
	const char *software, *os, *version;
};

static const struct artifact artifacts[] = {
	{ "broker", "linux", "2.03.01" },       { "broker", "windows", "2.03.00" },
	{ "broker", "windows", "2.03.01" },     { "radius", "linux", "pl_gr_1.07.01" },
	{ "radius", "linux", "pl_gr_1.07.02" },
};

enum { N_ARTIFACTS = sizeof(artifacts) / sizeof(*artifacts) };

static bool is_among(const json_t *list, const char *text)
{
	size_t index;
	json_t *item;

	json_array_foreach ((json_t *)list, index, item) {
		if (!strcmp(json_string_value(item), text))
			return true;
	}
	return false;
}

static bool is_latest(size_t at)
{
	for (size_t i = at + 1; i < N_ARTIFACTS; i++)
		if (!strcmp(artifacts[i].software, artifacts[at].software) &&
		    !strcmp(artifacts[i].os, artifacts[at].os))
			return false;
	return true;
}

int sandbox_serve_versions(struct call *call)
{
	bool latest = !json_is_false(sandbox_call_member(call, "latest"));
	cleanup_json json_t *found = json_array();

	for (size_t i = 0; found && i < N_ARTIFACTS; i++) {
		const struct artifact *artifact = &artifacts[i];
		if (!is_among(sandbox_call_member(call, "software"), artifact->software) ||
		    !is_among(sandbox_call_member(call, "os"), artifact->os) || (latest && !is_latest(i)))
			continue;
		if (json_array_append_new(found, json_pack("{s:s, s:s, s:s, s:s}", "software", artifact->software, "os",
							   artifact->os, "displayVersion", artifact->version, "version",
							   artifact->version)) < 0)
			return -ENOMEM;
	}
	if (found && !json_array_size(found))
		return call_refuse(call, 404, "software", "software not found");
	return sandbox_call_answer(call, json_pack("{s:O?}", "artifacts", found));
}

static const struct artifact *find_artifact(const char *software, const char *os, const char *version)
{
	for (size_t i = 0; i < N_ARTIFACTS && software && os && version; i++)
		if (!strcmp(artifacts[i].software, software) && !strcmp(artifacts[i].os, os) &&
		    (!strcmp(version, "latest") ? is_latest(i) : !strcmp(artifacts[i].version, version)))
			return &artifacts[i];
	return NULL;
}

/* A file that is clearly binary. */
int sandbox_serve_artifact(struct call *call)
{
	cleanup_json json_t *module = NULL;
	int r = sandbox_record_module(call, sandbox_call_text(call, "moduleId"), &module);

	if (r < 0)
		return r;
	const struct artifact *artifact = find_artifact(sandbox_call_text(call, "type"), sandbox_call_text(call, "os"),
							sandbox_call_text(call, "version"));
	if (!artifact)
		return call_refuse(call, 404, "version", "software not found");
	call->type = "application/octet-stream";
	r = tfs_buf_printf(&call->text, "tenantfs sandbox %s %s %s\n", artifact->software, artifact->os,
			   artifact->version);
	for (unsigned i = 0; i < 4096 && r == 0; i++)
		r = tfs_buf_putc(&call->text, (char)(i * 37u));
	return r;
}

static int add_escaped(struct tfs_buf *out, const char *text)
{
	int r = 0;

	for (; text && *text && r == 0; text++) {
		if (strchr("<>&\"", *text))
			r = tfs_buf_printf(out, "&#%d;", *text);
		else
			r = tfs_buf_putc(out, *text);
	}
	return r;
}

static int add_element(struct tfs_buf *out, const char *before, const char *text, const char *after)
{
	int r = tfs_buf_puts(out, before);

	if (r == 0)
		r = add_escaped(out, text);
	return r < 0 ? r : tfs_buf_puts(out, after);
}

int sandbox_serve_idp_metadata(struct call *call)
{
	cleanup_json json_t *config = NULL;
	int r = sandbox_store_get(call->box->store, call->community->id, "saml-idp", "", &config);
	const char *identifier = tfs_json_text(config, "identifier");

	if (r < 0 && r != -ENOENT)
		return r;
	if (!identifier || strcmp(identifier, sandbox_call_param(call, "idpIdentifier")))
		return call_refuse(call, 404, "idpIdentifier", "identity provider not found");
	call->type = "application/xml";
	r = add_element(&call->text,
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			"<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"",
			tfs_json_text(config, "entityId"), "\">\n  <md:IDPSSODescriptor>\n");
	if (r == 0)
		r = add_element(&call->text, "    <md:KeyDescriptor use=\"signing\">",
				tfs_json_text(config, "signingCert"), "</md:KeyDescriptor>\n");
	return r < 0 ? r : tfs_buf_puts(&call->text, "  </md:IDPSSODescriptor>\n</md:EntityDescriptor>\n");
}
