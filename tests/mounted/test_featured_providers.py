"""Featured applications: a new service provider of such a type is created by the type's own call."""
import json
import os

from files import create, overwrite, refusal
from saving import check_refused, text_of

FOLDER = "communities/default/service-providers"
OKTA = {"type": "okta", "domain": "acme.okta.example.com", "ssoUrl": "https://acme.okta.example.com/sso",
        "apiToken": "s3cret"}


def test_create_sends_one_call_of_its_type(mount, sandbox):
    """One call with its members and no others; the document then shows what the service made of them."""
    path = f"{FOLDER}/Okta here.json"
    start = sandbox.mark()
    assert refusal(create, mount / path, text_of(OKTA)) == "", mount.errors()[-1]
    [write] = sandbox.writes(start)
    assert (write.name, write.path) == ("PUT /serviceprovider/{type}", "/serviceprovider/okta")
    assert write.body == {"name": "Okta here", **{name: value for name, value in OKTA.items() if name != "type"}}
    made = mount.json(path)
    assert (made["name"], made["type"]) == ("Okta here", "saml")
    assert made["saml_config"]["accessUrl"] == OKTA["ssoUrl"]
    assert not {"domain", "ssoUrl", "apiToken"} & set(made)
    start = sandbox.mark()
    assert refusal(overwrite, mount / path, text_of({**made, "environment": "test"})) == "", mount.errors()[-1]
    assert [one.name for one in sandbox.writes(start)] == ["PATCH /serviceprovider/{id}"]
    start = sandbox.mark()
    assert refusal(overwrite, mount / path, text_of({**made, "apiToken": "other"})) == "EINVAL"
    assert "apiToken is set at creation and cannot be changed" in mount.error(path)
    assert sandbox.writes(start) == []
    os.unlink(mount / path)


def test_create_with_a_lost_answer_is_sent_once(mount, sandbox, tenantfs):
    """A create whose answer is lost is found again, though the object shows another type and few of its members."""
    path = f"{FOLDER}/Okta lost.json"
    sandbox.fault("drop-after,path=/serviceprovider/okta,count=1")
    start = sandbox.mark()
    assert refusal(create, mount / path, text_of(OKTA)) == "", mount.errors()[-1]
    assert [write.name for write in sandbox.writes(start)] == ["PUT /serviceprovider/{type}"]
    assert mount.json(path)["type"] == "saml"
    assert mount.drafts() == []
    entry = json.loads(tenantfs("journal", "-n", "1", "--json").stdout)[0]
    assert (entry["path"], entry["outcome"]["result"]) == (path, 0)
    sandbox.fault()
    os.unlink(mount / path)


def test_other_members_are_set_by_a_second_call(mount, sandbox):
    """Members that the type's call does not take are set by a second call."""
    path = f"{FOLDER}/Okta there.json"
    start = sandbox.mark()
    document = {**OKTA, "environment": "test", "forceReauthentication": True}
    assert refusal(create, mount / path, text_of(document)) == "", mount.errors()[-1]
    made, changed = sandbox.writes(start)
    assert (made.name, changed.name) == ("PUT /serviceprovider/{type}", "PATCH /serviceprovider/{id}")
    assert (changed.body["type"], changed.body["environment"]) == ("saml", "test")
    assert mount.json(path)["environment"] == "test"
    os.unlink(mount / path)


def test_invalid_members_are_refused_without_a_call(mount, sandbox):
    """A missing required member, and a member the type does not have, are reported before any call."""
    path = f"{FOLDER}/Not made.json"
    lacking = {name: value for name, value in OKTA.items() if name != "apiToken"}
    check_refused(mount, sandbox, lambda: refusal(create, mount / path, text_of(lacking)), path, "EINVAL",
                  "apiToken is missing, which type okta needs")
    plain = {**mount.json(f"{FOLDER}/.template-oidc.json"), "domain": "acme.example.com"}
    check_refused(mount, sandbox, lambda: refusal(create, mount / path, text_of(plain)), path, "EINVAL",
                  "domain: the API has no call that makes such an object with it")
