"""Settings of the platform, the instance and a community, each with its documented calls."""
import base64
import json
import os
import re

import pytest

from files import create, overwrite, read_bytes, refusal
from places import MODULES, SETTINGS
from saving import check_refused, check_save, is_same, save, text_of
from waiting import until

pytestmark = pytest.mark.modes
SECRET = re.compile(r"secret:[0-9a-f]{16}")
SCHEME = f"{SETTINGS}/default-auth-scheme.json"
IDP = f"{SETTINGS}/saml-idp.json"
CONSENT = "communities/default/consents/biometric.json"


def ids_of(mount):
    """tenantId and communityId as in every body."""
    return {"tenantId": mount.json("tenant.json")["_server"]["id"],
            "communityId": mount.json("communities/default/community.json")["_server"]["id"]}


def module_ids(mount):
    return {mount.json(path)["name"]: mount.json(path)["_server"]["_id"] for path in mount.documents(MODULES)}


def test_environment_is_changed_by_one_call(mount, sandbox):
    document = mount.json("environment.json")
    assert document == {"sessionMaxAgeMinute": 60,
                        "_server": {"allowed_time_span": 60, "dns": "sandbox.tenantfs.test"}}
    check_save(mount, sandbox, "environment.json", [("PATCH /environment", {"sessionMaxAgeMinute": 45})],
               sessionMaxAgeMinute=45)
    check_refused(mount, sandbox, lambda: save(mount, "environment.json", {"sessionMaxAgeMinute": "long"}),
                  "environment.json", "EINVAL",
                  "line 2, column 3: sessionMaxAgeMinute: a number is wanted, not a string")


def test_self_registration_of_the_instance_is_changed_by_one_call(mount, sandbox):
    path = "instance/self-registration.json"
    call = "PUT /instance_config/self_registration_config"
    assert mount.json(path) == {"allowed": False}
    check_save(mount, sandbox, path, [(call, {"allowed": True})], allowed=True)
    check_refused(mount, sandbox, lambda: save(mount, path, {}), path, "EINVAL", "allowed is missing")


def test_service_keys_are_read_only(mount, sandbox):
    """A key's secret shows as a digest; the call that replaces the key is named, and changes the digest."""
    path = "service-keys/adminx.json"
    assert mount.names("service-keys") == ["adminx.json", "reports.json", "sessions.json", "users-mgmt.json"]
    before = mount.json(path)
    assert list(before) == ["tag", "keyId", "keySecret", "type"]
    assert SECRET.fullmatch(before["keySecret"])
    reason = "A key cannot be removed, only replaced: call DELETE /servicekey/{keyId}."
    check_refused(mount, sandbox, lambda: refusal(os.unlink, mount / path), path, "EROFS", reason)
    assert refusal(overwrite, mount / path, text_of(before)) == "EROFS"
    assert refusal(create, mount / "service-keys/new.json", "{}") == "EROFS"
    answer = call(mount, "service-key/delete-servicekey-keyId", {"path": {"keyId": before["keyId"]}})
    assert answer["status"] == 200
    mount.refresh()
    after = mount.json(path)
    assert after["keySecret"] != before["keySecret"]
    assert {**after, "keySecret": 0} == {**before, "keySecret": 0}


def test_self_registration_is_changed_by_one_call(mount, sandbox):
    path = f"{SETTINGS}/self-registration.json"
    check_save(mount, sandbox, path,
               [("PUT /config/self_registration_config", {**ids_of(mount), "allowed": False})], allowed=False)


def test_custom_session_attributes_are_changed_by_one_call(mount, sandbox):
    """The community's own attributes can be set; those of the platform are read-only."""
    path = f"{SETTINGS}/session-attributes.json"
    document = mount.json(path)
    assert document["custom"] == ["Abteilung", "cost centre", "employee_id"]
    assert document["_server"]["baseline"] == ["sub", "auth_time", "acr"]
    assert document["_server"]["identity"][0] == {"attribute": "firstname", "displayName": "First name"}
    check_save(mount, sandbox, path,
               [("PUT /config/session_attributes", {**ids_of(mount), "data": ["a", "b c"]})], custom=["a", "b c"])
    start = sandbox.mark()
    assert save(mount, path, {"custom": ["employee_id", "Abteilung", "cost centre"]}) == ""
    assert sandbox.writes(start) == [], "the order is irrelevant"


def test_private_keys_of_the_idp_show_as_digests(mount, sandbox, surroundings):
    """Private keys show as digests, are sent back unchanged, and can be set."""
    before = mount.json(IDP)
    assert SECRET.fullmatch(before["signingKey"]) and SECRET.fullmatch(before["encryptionKey"])
    start = sandbox.mark()
    assert save(mount, IDP, {**before, "entityId": "https://new.example.com/<&>"}) == ""
    [write] = sandbox.writes(start)
    assert write.name == "PUT /config/idp_config"
    assert set(write.body) == {"tenantId", "communityId", "signingCert", "signingKey", "encryptionCert",
                               "encryptionKey", "entityId", "authnRequestsSigned", "sso_bindings", "slo_bindings",
                               "identifier"}
    assert "secret:" not in json.dumps(write.body)
    start = sandbox.mark()
    assert save(mount, IDP, {**mount.json(IDP), "signingKey": "TmV3", "sso_bindings": ["redirect", "post"]}) == ""
    [write] = sandbox.writes(start)
    assert (write.body["signingKey"], write.body["sso_bindings"]) == ("TmV3", ["redirect", "post"])
    after = mount.json(IDP)
    assert after["signingKey"] != before["signingKey"] and SECRET.fullmatch(after["signingKey"])
    assert after["encryptionKey"] == before["encryptionKey"]
    lacking = {name: value for name, value in after.items() if name != "signingCert"}
    check_refused(mount, sandbox, lambda: save(mount, IDP, lacking), IDP, "EINVAL", "signingCert is missing")


def test_saml_metadata_is_a_view_named_by_the_identifier(mount, sandbox):
    """Listed by the identifier of the IdP; without an identifier there is no metadata."""
    folder = "communities/default/saml"
    identifier = mount.json(IDP)["identifier"]
    start = sandbox.mark()
    assert mount.names(folder) == [f"{identifier}.xml"]
    text = read_bytes(mount / f"{folder}/{identifier}.xml").decode()
    assert sandbox.names(start) == ["POST /config/idp_config/fetch",
                                    "GET /community/{communityName}/idp/{idpIdentifier}/metadata"]
    assert text.startswith("<?xml") and mount.json(IDP)["signingCert"] in text
    assert os.stat(mount / f"{folder}/{identifier}.xml").st_size == len(text.encode())
    assert refusal(os.stat, mount / f"{folder}/nobody.xml") == "ENOENT"
    path = f"{folder}/{identifier}.xml"
    check_refused(mount, sandbox, lambda: refusal(os.unlink, mount / path), path, "EROFS",
                  "The service generates it from settings/saml-idp.json.")
    assert refusal(overwrite, mount / path, text) == "EROFS"
    anonymous = {name: value for name, value in mount.json(IDP).items() if name != "identifier"}
    assert save(mount, IDP, anonymous) == ""
    mount.refresh()
    assert mount.names(folder) == []
    until(lambda: refusal(os.stat, mount / path) == "ENOENT", what="the removal of the metadata")


def test_default_scheme_names_modules(mount, sandbox):
    """Modules by name, in order; sent as ids."""
    ids = module_ids(mount)
    call = "PATCH /authscheme/default/modules"
    assert mount.json(SCHEME)["modules"] == ["Internal User Store", "Corporate Directory"]
    assert mount.json(SCHEME)["_server"]["dbModule"]["name"] == "Internal User Store"
    wanted = ["Contoso / Azure AD", "Internal User Store"]
    check_save(mount, sandbox, SCHEME, [(call, {**ids_of(mount), "modules": [ids[name] for name in wanted]})],
               modules=wanted)
    check_refused(mount, sandbox, lambda: save(mount, SCHEME, {"modules": ["Nobody's"]}), SCHEME, "EINVAL",
                  'modules: there is no auth-module called "Nobody\'s"')


def test_global_shows_the_default_key_paths(mount, sandbox):
    """Shows the documented key paths by default; read-only."""
    path = f"{SETTINGS}/global.json"
    start = sandbox.mark()
    document = mount.json(path)
    [read] = [request for request in sandbox.requests(start) if request.name == "POST /config/fetch"]
    assert read.body["key_paths"] == ["blockid_session_attributes", "blockid_ledger_attributes",
                                      "identity_attributes"]
    assert sorted(document) == sorted(read.body["key_paths"])
    assert refusal(overwrite, mount / path, "{}") == "EROFS"


@pytest.mark.conf(key_path="session.idle")
def test_global_shows_the_configured_key_paths(mount):
    assert mount.json(f"{SETTINGS}/global.json") == {"session.idle": {"minutes": 15}}
    assert mount.json(".tenantfs/config.json")["key-paths"] == ["session.idle"]


def test_changed_consent_keeps_earlier_versions(mount, sandbox):
    """A change makes a new version; earlier versions can be read by their hash."""
    before = mount.json(CONSENT)
    assert mount.names("communities/default/consents") == ["biometric.json"]
    hashes = [entry["ipfsHash"] for entry in before["_server"]["history"]]
    assert hashes[-1] == before["_server"]["ipfsHash"]
    body = {"type": "biometric", "isEnabled": True, "title": "New title", "subtitle": before["subtitle"],
            "body": before["body"], "acknowledgeText": before["acknowledgeText"]}
    after = check_save(mount, sandbox, CONSENT, [("PUT /config/consents", body)], title="New title")
    mount.refresh()
    history = [entry["ipfsHash"] for entry in mount.json(CONSENT)["_server"]["history"]]
    assert len(history) == 4 and history[:2] == hashes
    start = sandbox.mark()
    made = mount.json(f"communities/default/consents/biometric.d/{history[2]}.json")
    assert sandbox.names(start) == ["GET /config/consents/ipfs/{ipfsHash}"]
    assert is_same(made, after)
    first = f"communities/default/consents/biometric.d/{hashes[0]}.json"
    assert mount.json(first)["body"] != before["body"]
    assert refusal(os.stat, mount / first.replace("Qm", "Xx")) == "ENOENT"
    check_refused(mount, sandbox, lambda: refusal(os.unlink, mount / first), first, "EROFS",
                  "The API keeps every earlier text.")


def test_enabled_consent_without_its_texts_is_refused(mount, sandbox):
    """An enabled consent needs title, text and agreement: checked before the call, and by the schema."""
    document = {name: value for name, value in mount.json(CONSENT).items() if name != "title"}
    check_refused(mount, sandbox, lambda: save(mount, CONSENT, document), CONSENT, "EINVAL",
                  "title is missing, which isEnabled true needs")
    start = sandbox.mark()
    assert save(mount, CONSENT, {"isEnabled": False}) == "", mount.errors()[-1]
    [write] = sandbox.writes(start)
    assert write.body == {"type": "biometric", "isEnabled": False}


def test_consent_must_be_base64_while_it_is_enabled(mount, sandbox):
    """The document's rule is checked before any call, also where an edit of another member makes it apply."""
    before = mount.json(CONSENT)
    error = check_refused(mount, sandbox,
                          lambda: save(mount, CONSENT, {**before, "isEnabled": True, "body": "no base64!"}), CONSENT,
                          "EINVAL", 'line 5, column 3: body: "no base64!" must be base64')
    assert (error["line"], error["column"], error["member"]) == (5, 3, "/body")
    assert save(mount, CONSENT, {**before, "isEnabled": False, "body": "no base64!"}) == ""
    check_refused(mount, sandbox, lambda: save(mount, CONSENT, {**mount.json(CONSENT), "isEnabled": True}), CONSENT,
                  "EINVAL", 'line 5, column 3: body: "no base64!" must be base64')
    assert save(mount, CONSENT, before) == ""


def test_catalog_and_apps_are_listed_by_one_call(mount, sandbox):
    folder = "communities/default/service-provider-catalog"
    start = sandbox.mark()
    names = mount.names(folder)
    assert sandbox.names(start) == ["GET /spcatalog/list"]
    assert "sap%2Fsuccessfactors.json" in names and len(names) == 7
    start = sandbox.mark()
    assert mount.json(f"{folder}/okta.json") == {"name": "Okta", "logo": "", "template": "okta",
                                                 "sso_url": "https://tenant.okta.example.com/",
                                                 "_server": {"item": "okta"}}
    assert sandbox.requests(start) == []
    assert refusal(os.unlink, mount / f"{folder}/okta.json") == "EROFS"
    start = sandbox.mark()
    apps = mount.json("communities/default/my-apps.json")["apps"]
    assert sandbox.names(start) in (["GET /serviceprovider/idp-initiated"], [])
    assert apps and all(app["idpInitiated"] for app in apps)


def call(mount, name, request):
    """The answer of an endpoint's call file."""
    descriptor = os.open(mount / ".api" / name, os.O_RDWR)
    try:
        os.write(descriptor, json.dumps(request).encode())
        return json.loads(os.pread(descriptor, 1 << 20, 0))
    finally:
        os.close(descriptor)


def test_downloaded_artifact_is_base64_in_a_call(mount):
    """Content that is not text comes as base64."""
    module = next(iter(module_ids(mount).values()))
    answer = call(mount, "downloadables/post-downloadables-artifact-fetch",
                  {"moduleId": module, "type": "broker", "os": "windows", "version": "latest"})
    assert sorted(answer) == ["base64", "headers", "status"]
    file = read_bytes(mount / "communities/default/downloads/broker-windows-2.03.01")
    assert base64.b64decode(answer["base64"], validate=True) == file


def test_artifacts_are_fetched_by_name(mount, sandbox):
    """Versions are listed; a file is fetched when it is opened by name, byte for byte."""
    folder = "communities/default/downloads"
    assert mount.names(folder) == ["versions.json"]
    versions = mount.json(f"{folder}/versions.json")["artifacts"]
    for artifact in versions:
        name = f"{artifact['software']}-{artifact['os']}-{artifact['version']}"
        start = sandbox.mark()
        found = read_bytes(mount / folder / name)
        # The first one needs the id of a module.
        [read] = [request for request in sandbox.requests(start)
                  if request.name not in ("POST /auth_modules/fetch", "GET /auth_modules/{moduleId}")]
        assert read.name == "POST /downloadables/artifact/fetch"
        assert (read.body["type"], read.body["os"], read.body["version"]) == \
            (artifact["software"], artifact["os"], artifact["version"])
        assert found.startswith(f"tenantfs sandbox {name.replace('-', ' ', 2)}\n".encode())
        assert b"\0" in found and os.stat(mount / folder / name).st_size == len(found)
    start = sandbox.mark()
    assert refusal(os.stat, mount / folder / "README") == "ENOENT"
    assert sandbox.requests(start) == [], "the name does not have the three parts of an artifact"
    assert refusal(os.stat, mount / folder / "broker-plan9-1") == "ENOENT"
    assert refusal(os.unlink, mount / f"{folder}/versions.json") in ("EROFS", "EPERM")


def test_saved_identifier_renames_the_metadata(mount, sandbox):
    """The file in saml/ has the identifier of settings/saml-idp.json: our own change appears at once."""
    document = mount.json(IDP)
    assert mount.names("communities/default/saml") == [f"{document['identifier']}.xml"]
    overwrite(mount / IDP, json.dumps({**document, "identifier": "another"}))
    assert mount.names("communities/default/saml") == ["another.xml"]
    assert mount.text("communities/default/saml/another.xml").startswith("<?xml")
    old = mount / f"communities/default/saml/{document['identifier']}.xml"
    until(lambda: refusal(os.stat, old) == "ENOENT", what="the removal of the old name")
