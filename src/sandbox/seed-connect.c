/* Seeds gateways, identity providers, journeys, proxies, secrets and security keys of a community. */
#include "seed-data.h"

static const struct seeded records[] = {
	{ "message-gateway",
	  "{\"type\": \"smtp\", \"channels\": [\"email\"], \"protocol\": \"smtp\", \"auth\": \"true\", "
	  "\"name\": \"Default Email Gateway\", \"username\": \"mailer\", \"password\": \"sealed with wax\", "
	  "\"serviceUrl\": \"smtp.example.com\", \"senderEmail\": \"noreply@example.com\", \"port\": "
	  "\"465\", "
	  "\"active\": \"true\"}" },
	{ "message-gateway",
	  "{\"type\": \"twilio\", \"channels\": [\"sms\"], \"auth\": \"true\", \"name\": \"SMS / EMEA "
	  "(50%)\", "
	  "\"username\": \"AC0011\", \"password\": \"0f1e2d3c\", \"serviceUrl\": "
	  "\"https://sms.example.com\", "
	  "\"senderPhone\": \"+15550100\", \"smstemplateid\": \"otp-1\", \"entityId\": \"e-1\", "
	  "\"otpDelimiter\": \"-\", \"timeoutValue\": 30, \"active\": \"true\"}" },
	{ "message-gateway",
	  "{\"type\": \"sandesh\", \"channels\": [\"sms\"], \"name\": \"संदेश\", \"username\": \"gov\", "
	  "\"password\": \"jal-jeevan\", \"serviceUrl\": \"https://sandesh.example.com\", \"senderPhone\": "
	  "\"+15550101\", \"smstemplateid\": \"otp-2\", \"entityId\": \"e-2\", \"appCategory\": \"gov\", "
	  "\"gstFlag\": \"N\", \"msgType\": \"text\", \"active\": \"true\"}" },
	{ "message-gateway",
	  "{\"type\": \"plivo\", \"channels\": [\"voice\"], \"auth\": \"true\", \"name\": \"Voice\", "
	  "\"username\": \"MA01\", \"password\": \"first voice\", \"serviceUrl\": "
	  "\"https://voice.example.com\", "
	  "\"senderPhone\": \"+15550102\", \"active\": \"true\"}" },
	{ "message-gateway",
	  "{\"type\": \"plivo\", \"channels\": [\"voice\"], \"auth\": \"true\", \"name\": \"Voice\", "
	  "\"username\": \"MA02\", \"password\": \"second voice\", \"serviceUrl\": "
	  "\"https://voice2.example.com\", \"senderPhone\": \"+15550103\", \"active\": \"false\"}" },
	{ "identity-provider", "{\"type\": \"oidc\", \"enabled\": true, \"issuer\": \"https://login.example.com\", "
			       "\"scopes\": [\"openid\", \"profile\"]}" },
	{ "identity-provider",
	  "{\"type\": \"saml\", \"enabled\": false, \"entityId\": \"https://login.example.com/saml\"}" },
	{ "external-identity-provider",
	  "{\"name\": \"Partner \\\"Nord\\\"\", \"type\": \"oidc\", \"clientId\": \"tenantfs\", "
	  "\"discoveryUrl\": \"https://idp.example.net/.well-known/openid-configuration\"}" },
	{ "external-identity-provider", "{\"name\": \".gov / état\", \"type\": \"saml\", \"metadataUrl\": "
					"\"https://idp.example.org/md\"}" },
	{ "authentication-journey",
	  "{\"journeyName\": \"Büro / innen\", \"enabled\": true, \"groups\": {\"value\": [\"staff\", "
	  "\"admins\"], \"operator\": \"overlap\"}, \"application\": {\"value\": [\"Salesforce\"], "
	  "\"operator\": \"in\"}, \"ip\": {\"value\": [\"192.0.2.0/24\"], \"operator\": \"in_range\"}, "
	  "\"domain\": \"example.com\", \"decision\": {\"action\": \"mfa_required\", "
	  "\"authenticationMethods\": [\"password_and_otp\"]}}" },
	{ "authentication-journey",
	  "{\"journeyName\": \"Lost devices\", \"enabled\": false, \"deviceId\": {\"value\": [\"4EC9816C\"], "
	  "\"operator\": \"overlap\"}, \"decision\": {\"action\": \"mfa_required\", "
	  "\"authenticationMethods\": [\"password_and_otp\"]}}" },
	{ "authentication-journey-v2",
	  "{\"name\": \"Linux fallback\", \"enabled\": true, \"category\": "
	  "\"adaptive_auth_fallback_policy_v2\", \"groups\": {\"value\": [\"group b\", \"group a\"], "
	  "\"operator\": \"overlap\"}, \"requestingAppId\": {\"value\": \"linux_cp\", \"operator\": \"eq\"}, "
	  "\"usernames\": {\"value\": [\"alice\"], \"operator\": \"in\"}, \"decision\": {\"action\": "
	  "\"mfa_required\", \"authenticationMethods\": [\"password_and_otp\", \"helpdesk_otp\"]}}" },
	{ "authentication-journey-v2",
	  "{\"name\": \"夜勤\", \"enabled\": true, \"category\": \"adaptive_auth_policy_v2\", "
	  "\"requestingAppId\": {\"value\": \"windows_cp\", \"operator\": \"eq\"}, \"decision\": "
	  "{\"action\": "
	  "\"mfa_required\", \"authenticationMethods\": [\"password_and_otp\"]}}" },
	{ "radius", "{\"name\": \"VPN / Köln\", \"authScheme\": [\"push\"], \"pushKeyword\": \"push\", \"ivrKeyword\": "
		    "\"phone\", \"ivrLine\": \"+15550104\"}" },
	{ "radius", "{\"name\": \"wlan\", \"authScheme\": [\"push\", \"ivr\"], \"pushKeyword\": \"p\"}" },
	{ "auth-proxy", "{\"name\": \"Proxy 1\", \"authScheme\": [\"push\"], \"pushKeyword\": \"push\", "
			"\"isDefaultAuthMethodEnable\": true, \"defaultAuthMethod\": \"push\"}" },
	{ "auth-proxy", "{\"name\": \"proxy 1\", \"authScheme\": [\"push\", \"ivr\"], \"pushKeyword\": \"push\", "
			"\"ivrKeyword\": \"phone\", \"isDefaultAuthMethodEnable\": false}" },
	{ "secret", "{\"tag\": \"stripe_api_key\", \"value\": \"sk_test_planted\", \"createdBy\": \"admin\", "
		    "\"createdTs\": 1704067200}" },
	{ "secret", "{\"tag\": \"Twilio\", \"value\": \"tw_planted\", \"createdBy\": \"admin\", \"createdTs\": "
		    "1704153600}" },
	{ "security-key", "{\"name\": \"YubiKey 5 / NFC\", \"metadata\": \"{\\\"description\\\": \\\"YubiKey 5\\\"}\", "
			  "\"disabled\": false, \"updatedBy\": \"admin\"}" },
	{ "security-key", "{\"name\": \"Titan\", \"metadata\": \"{}\", \"disabled\": true, \"updatedBy\": \"admin\"}" },
};

int sandbox_seed_connections(const struct seed_place *place, unsigned number)
{
	return sandbox_seed_records(place, records, sizeof(records) / sizeof(*records), number);
}
