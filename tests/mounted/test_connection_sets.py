"""Connection sets of a community: gateways, providers, journeys, proxies, secrets, security keys.

Each set: create, read, change by one call with the documented body, rename, remove, and refusals.
"""
import json
import os

import pytest

from files import create, overwrite, refusal

C = "communities/default"
DECISION = {"action": "mfa_required", "authenticationMethods": ["password_and_otp"]}


class Set:
    """A set: a new document for it, and its calls with their bodies, without tenant and community."""

    def __init__(self, folder, member, new, *, change, create, update, remove, whole=False, placed=True, renamed=""):
        self.folder = f"{C}/{folder}"
        self.member = member    # the member with the name
        self.new = new
        self.change = change    # (member, value)
        self.create = create    # "METHOD /path"
        self.update = update
        self.remove = remove    # None: the API has no such call
        self.whole = whole      # a change sends all members
        self.placed = placed    # bodies contain tenant and community
        self.renamed = renamed  # a valid new name; "": any


SETS = {
    "message-gateway": Set(
        "message-gateways", "name",
        {"type": "aws", "channels": ["email", "voice"], "username": "u", "password": "p w", "serviceUrl": "https://s",
         "senderEmail": "a@example.com", "senderPhone": "+1555", "awsRegion": "eu-west-1"},
        change=("awsRegion", "eu-west-2"), create="POST /msg_gateway/create", update="POST /msg_gateway/update",
        remove="DELETE /msg_gateway", whole=True),
    "external-identity-provider": Set(
        "external-identity-providers", "name", {"kind": "oidc", "clientSecret": "s e", "scopes": ["openid"]},
        change=("kind", "saml"), create="PUT /external_idp", update="PATCH /external_idp/{id}",
        remove="DELETE /external_idp/{id}", whole=True),
    "authentication-journey": Set(
        "authentication-journeys", "journeyName",
        {"enabled": True, "groups": {"value": ["a", "b"], "operator": "overlap"}, "decision": DECISION},
        change=("enabled", False), create="PUT /authenticationJourney", update="PATCH /authenticationJourney/{id}",
        remove="DELETE /authenticationJourney/{id}", whole=True),
    "authentication-journey-v2": Set(
        "authentication-journeys-v2", "name",
        {"enabled": True, "category": "c", "requestingAppId": {"value": "linux_cp", "operator": "eq"},
         "decision": DECISION},
        change=("category", "d"), create="PUT /v2/authenticationJourney",
        update="PATCH /v2/authenticationJourney/{id}", remove="DELETE /v2/authenticationJourney/{id}", whole=True),
    "radius": Set(
        "radius", "name", {"authScheme": ["push", "ivr"], "pushKeyword": "p"},
        change=("ivrLine", "+1555"), create="PUT /radius/config/{uid}", update="PUT /radius/config/{uid}",
        remove="DELETE /radius/config/{uid}", whole=True, placed=False),
    "auth-proxy": Set(
        "auth-proxy", "name",
        {"authScheme": ["push"], "pushKeyword": "p", "isDefaultAuthMethodEnable": True, "defaultAuthMethod": "push"},
        change=("defaultAuthMethod", "ivr"), create="PUT /authproxy/config/{id}", update="PUT /authproxy/config/{id}",
        remove="DELETE /authproxy/config/{id}", whole=True, placed=False),
    "security-key": Set(
        "security-keys", "name",
        {"aaguid": "00000000-0000-4000-8000-00000000000a", "metadata": "{}", "disabled": False},
        change=("disabled", True), create="PUT /webauthn/vendormetadata/{communityId}",
        update="PATCH /webauthn/vendormetadata/{communityId}/aaguid/{aaguid}", remove=None, whole=True, placed=False),
}
SECRETS = f"{C}/secrets"
# Names of objects by their escaped file names.
NAMES = {
    "plain": "plain", "with space": "with space", "%2Fslash%2F": "/slash/", "100%25": "100%", "%2Ehidden": ".hidden",
    "new%0Aline": "new\nline", "it's \"quoted\"": "it's \"quoted\"", "Портал 社内": "Портал 社内",
    "back\\slash": "back\\slash", "PLAIN": "PLAIN",
}


def text_of(document):
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def ids_of(mount):
    community = mount.json(f"{C}/community.json")
    return {"tenantId": community["tenantId"], "communityId": community["_server"]["id"]}


def refresh(mount):
    (mount / ".tenantfs/refresh").write_text("\n")


def snapshot(mount, folder):
    refresh(mount)
    return {name: mount.text(f"{folder}/{name}") for name in mount.names(folder)}


def plain(document, row):
    """A document without the server's members and without digests."""
    return {name: value for name, value in document.items()
            if name not in ("_server", row.member) and not str(value).startswith("secret:")}


def readable_part(row):
    return {name: value for name, value in row.new.items() if name not in ("password", "clientSecret")}


def only_write(sandbox, start):
    [write] = sandbox.writes(start)
    return write


def record_id(document, row):
    return next(document.get(name) or document["_server"].get(name) for name in ("aaguid", "uid", "id")
                if name in document or name in document["_server"])


def expected_update(mount, row, document, path_id):
    """The body of a change of the one member."""
    member, value = row.change
    body = {**row.new, row.member: document[row.member], member: value} if row.whole else {member: value}
    if row.placed:
        body.update(ids_of(mount))
    if row.update == "POST /msg_gateway/update":
        body["id"] = path_id
    if "aaguid" in body:
        del body["aaguid"]
        body["updatedBy"] = "admin"
    return body


@pytest.mark.parametrize("name", SETS)
def test_object_is_created_read_changed_removed(mount, sandbox, name):
    row = SETS[name]
    before = snapshot(mount, row.folder)
    path = f"{row.folder}/tfs set.json"
    start = sandbox.mark()
    create(mount / path, text_of(row.new))
    write = only_write(sandbox, start)
    assert write.name == row.create
    body = {**row.new, row.member: "tfs set", **(ids_of(mount) if row.placed else {})}
    assert write.body == ({**body, "updatedBy": "admin"} if "aaguid" in body else body)
    assert plain(mount.json(path), row) == readable_part(row)
    made = mount.text(path)
    refresh(mount)
    assert mount.text(path) == made, "a refresh changes nothing"

    document = mount.json(path)
    member, value = row.change
    start = sandbox.mark()
    overwrite(mount / path, text_of({**document, member: value}))
    write = only_write(sandbox, start)
    assert write.name == row.update
    assert write.body == expected_update(mount, row, document, record_id(document, row))
    if "{id}" in row.update or "{uid}" in row.update or "{aaguid}" in row.update:
        assert write.path.endswith("/" + record_id(document, row))
    refresh(mount)
    assert plain(mount.json(path), row) == {**readable_part(row), member: value}
    # Saving the same text again makes no call.
    start = sandbox.mark()
    overwrite(mount / path, mount.text(path))
    assert sandbox.writes(start) == []

    start = sandbox.mark()
    if row.remove is None:
        assert refusal(os.unlink, mount / path) == "EPERM"
        assert sandbox.writes(start) == []
        assert "disable it instead" in mount.errors()[-1]["error"]["message"]
        assert set(snapshot(mount, row.folder)) == set(before) | {"tfs set.json"}
        return
    os.unlink(mount / path)
    write = only_write(sandbox, start)
    assert write.name == row.remove
    assert snapshot(mount, row.folder) == before


@pytest.mark.parametrize("name", SETS)
def test_rename_is_one_call(mount, sandbox, name):
    row = SETS[name]
    old, new = f"{row.folder}/tfs set.json", f"{row.folder}/tfs %2F set.json"
    create(mount / old, text_of(row.new))
    document = mount.json(old)
    start = sandbox.mark()
    os.rename(mount / old, mount / new)
    write = only_write(sandbox, start)
    assert write.name == row.update
    assert write.body[row.member] == "tfs / set"
    refresh(mount)
    assert "tfs set.json" not in mount.names(row.folder)
    assert mount.json(new) == {**document, row.member: "tfs / set"}


@pytest.mark.parametrize("name", SETS)
def test_awkward_names_read_back_as_given(mount, sandbox, name):
    """Every name reads back as it was given."""
    row = SETS[name]
    names = {**NAMES, "x" * 250: "x" * 250}
    for number, (file, plain_name) in enumerate(names.items()):
        new = {**row.new, "aaguid": f"00000000-0000-4000-8000-{number:012}"} if "aaguid" in row.new else row.new
        start = sandbox.mark()
        assert refusal(create, mount / row.folder / f"{file}.json", text_of(new)) == "", (file, mount.errors()[-1])
        assert only_write(sandbox, start).body[row.member] == plain_name
    refresh(mount)
    assert {f"{file}.json" for file in names} <= set(mount.names(row.folder))
    for file, plain_name in names.items():
        assert mount.json(f"{row.folder}/{file}.json")[row.member] == plain_name


@pytest.mark.parametrize("name", SETS)
def test_long_name_is_shortened_in_its_file_name(mount, name):
    """The file name ends in a digest; the document has the whole name."""
    row = SETS[name]
    path = f"{row.folder}/tfs.json"
    create(mount / path, text_of(row.new))
    overwrite(mount / path, text_of({**mount.json(path), row.member: "long " * 60}))
    refresh(mount)
    [entry] = [entry for entry in mount.names(row.folder) if entry.startswith("long long")]
    assert len(entry.encode()) <= 255
    assert mount.json(f"{row.folder}/{entry}")[row.member] == "long " * 60
    assert "tfs.json" not in mount.names(row.folder)


@pytest.mark.parametrize("fault", ["drop-after", "drop"])
@pytest.mark.parametrize("name", [name for name in SETS if SETS[name].remove])
def test_removal_with_a_lost_answer_succeeds(mount, sandbox, name, fault):
    """Whether the call or its answer was lost, the object is gone: the second DELETE gets a 404 or a 400."""
    row = SETS[name]
    before = snapshot(mount, row.folder)
    path = f"{row.folder}/tfs.json"
    create(mount / path, text_of(row.new))
    sandbox.fault(f"{fault},count=1,method=DELETE")
    start = sandbox.mark()
    assert refusal(os.unlink, mount / path) == "", mount.errors()[-1]
    assert {write.name for write in sandbox.writes(start)} == {row.remove}
    assert snapshot(mount, row.folder) == before


# Each case: a set, a new document, the member the error is about, a part of its message.
GATEWAY = {"username": "u", "password": "p", "serviceUrl": "s", "senderEmail": "e", "senderPhone": "1",
           "smstemplateid": "t", "entityId": "e"}
MISSING = {
    "gateway-type": ("message-gateways", {**GATEWAY, "channels": []}, "/type", "type is missing"),
    "gateway-channel": ("message-gateways", {**GATEWAY, "type": "x", "channels": ["fax"]}, "/channels/0",
                        "none of email, sms, voice"),
    "gateway-service": ("message-gateways", {"type": "x", "channels": ["email"], "username": "u", "password": "p"},
                        "/serviceUrl", "serviceUrl is missing"),
    "journey": ("authentication-journeys", {"enabled": True}, "/decision", "decision is missing"),
    "journey-v2": ("authentication-journeys-v2", {"decision": DECISION}, "/enabled", "enabled is missing"),
    "journey-typo": ("authentication-journeys", {"enabled": True, "decision": DECISION, "domains": "x"}, "/domains",
                     "did you mean domain?"),
    "radius": ("radius", {"authScheme": ["push"]}, "/pushKeyword", "pushKeyword is missing"),
    "radius-type": ("radius", {"authScheme": "push", "pushKeyword": "p"}, "/authScheme", "an array is wanted"),
    "auth-proxy": ("auth-proxy", {"authScheme": ["push"], "pushKeyword": "p", "defaultAuthMethod": "sms"},
                   "/defaultAuthMethod", "none of push, ivr"),
    "secret-value": ("secrets", {}, "/value", "value is missing"),
    "secret-empty": ("secrets", {"value": ""}, "/value", "at least 1 character"),
    "security-key": ("security-keys", {"aaguid": "a", "metadata": "{}"}, "/disabled", "disabled is missing"),
}
for channel, members in (("email", ["senderEmail"]), ("sms", ["senderPhone", "smstemplateid", "entityId"]),
                         ("voice", ["senderPhone"])):
    for needed in members:
        short = {name: value for name, value in GATEWAY.items() if name != needed}
        MISSING[f"gateway-{channel}-{needed}"] = (
            "message-gateways", {**short, "type": "x", "channels": [channel]}, f"/{needed}",
            f"{needed} is missing, which channels {channel} needs")
for vendor, members in (
        ("aws", ["awsRegion"]), ("sandesh", ["appCategory", "gstFlag", "msgType"]),
        ("Gupshup", ["principalEntityId", "dltTemplateId"]),
        ("Coalesce", ["authTokenRequestUrl", "authClientId", "authClientSecret", "authGrantType", "authScope"])):
    for needed in members:
        short = {**GATEWAY, **{name: "x" for name in members if name != needed}}
        MISSING[f"gateway-{vendor}-{needed}"] = (
            "message-gateways", {**short, "type": vendor, "channels": ["email"]}, f"/{needed}",
            f"{needed} is missing, which type {vendor} needs")


@pytest.mark.parametrize("case", MISSING)
def test_invalid_document_is_refused_without_a_call(mount, sandbox, case):
    folder, document, member, piece = MISSING[case]
    start = sandbox.mark()
    assert refusal(create, mount / C / folder / "tfs_new.json", text_of(document)) == "EINVAL"
    assert sandbox.writes(start) == []
    error = mount.errors()[-1]["error"]
    assert (error["errno"], error["member"]) == ("EINVAL", member)
    assert piece in error["message"]
    assert "status" not in error


# Errors only the service finds: one call, and its message.
REFUSED = {
    "vendor-in-capitals": ("message-gateways", {**GATEWAY, "type": "AWS", "channels": ["email"]},
                           '"awsRegion" is required'),
    "aaguid-taken": ("security-keys", {"metadata": "{}", "disabled": False}, "another security key has this aaguid"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal_by_the_service_has_its_message(mount, sandbox, case):
    folder, document, message = REFUSED[case]
    if folder == "security-keys":
        document = {**document, "aaguid": mount.json(mount.documents(f"{C}/{folder}")[0])["aaguid"]}
    start = sandbox.mark()
    assert refusal(create, mount / C / folder / "tfs_new.json", text_of(document)) == "EINVAL"
    assert only_write(sandbox, start)["status"] == 400
    error = mount.errors()[-1]["error"]
    assert message in error["message"]
    assert error["status"] == 400
    assert mount.drafts() == [f"{C}/{folder}/tfs_new.json", f"{C}/{folder}/tfs_new.json.error.json"]


def test_namesakes_have_separate_files(mount, sandbox):
    """Each namesake has a part of its id in its file name; a change goes to the right one."""
    folder = f"{C}/message-gateways"
    first, second = [name for name in mount.names(folder) if name.startswith("Voice~")]
    document = mount.json(f"{folder}/{first}")
    other = mount.text(f"{folder}/{second}")
    assert document["name"] == json.loads(other)["name"] == "Voice"
    start = sandbox.mark()
    overwrite(mount / folder / first, text_of({**document, "senderPhone": "+1999"}))
    assert only_write(sandbox, start).body["id"] == document["_server"]["id"]
    refresh(mount)
    assert mount.json(f"{folder}/{first}")["senderPhone"] == "+1999"
    assert mount.text(f"{folder}/{second}") == other
    start = sandbox.mark()
    os.unlink(mount / folder / first)
    assert only_write(sandbox, start).body["gatewayId"] == document["_server"]["id"]
    refresh(mount)
    assert [name for name in mount.names(folder) if name.startswith("Voice")] == ["Voice.json"]


def test_unchanged_password_is_sent_in_clear(mount, sandbox):
    """The service wants the whole gateway: the digest of the password is replaced by the password it stands for."""
    path = f"{C}/message-gateways/Default Email Gateway.json"
    document = mount.json(path)
    assert document["password"].startswith("secret:")
    start = sandbox.mark()
    overwrite(mount / path, text_of({**document, "port": "587"}))
    kept = only_write(sandbox, start).body["password"]
    assert kept and not kept.startswith("secret:")
    start = sandbox.mark()
    overwrite(mount / path, text_of({**mount.json(path), "password": "another"}))
    assert only_write(sandbox, start).body["password"] == "another"
    refresh(mount)
    assert mount.json(path)["password"] != document["password"]


def test_members_the_create_lacks_are_set_by_a_second_call(mount, sandbox):
    """otpDelimiter and timeoutValue are not taken by the create: a second call sets them."""
    path = f"{C}/message-gateways/tfs.json"
    new = {"type": "x", "channels": ["voice"], "username": "u", "password": "p", "serviceUrl": "s",
           "senderPhone": "1", "otpDelimiter": "-", "timeoutValue": 9}
    start = sandbox.mark()
    create(mount / path, text_of(new))
    made, changed = sandbox.writes(start)
    assert (made.name, changed.name) == ("POST /msg_gateway/create", "POST /msg_gateway/update")
    assert "otpDelimiter" not in made.body
    assert (changed.body["otpDelimiter"], changed.body["timeoutValue"]) == ("-", 9)
    refresh(mount)
    assert mount.json(path)["timeoutValue"] == 9


# Secrets: the value can be written and not be read.

def secret_calls(mount, sandbox, start):
    return [(write.name, {name: value for name, value in write.body.items() if name not in ids_of(mount)})
            for write in sandbox.writes(start)]


def test_secret_is_replaced_by_delete_and_create(mount, sandbox):
    before = snapshot(mount, SECRETS)
    path = f"{SECRETS}/tfs_key.json"
    start = sandbox.mark()
    create(mount / path, text_of({"value": "planted one"}))
    assert secret_calls(mount, sandbox, start) == [
        ("POST /secret-store/create", {"tag": "tfs_key", "value": "planted one"})]
    shown = mount.json(path)
    assert set(shown) == {"tag", "_server"}
    assert shown["_server"]["createdBy"] == "admin"

    start = sandbox.mark()
    overwrite(mount / path, text_of({**shown, "value": "planted two"}))
    assert secret_calls(mount, sandbox, start) == [
        ("POST /secret-store/delete", {"tag": "tfs_key"}),
        ("POST /secret-store/create", {"tag": "tfs_key", "value": "planted two"})]
    assert set(mount.json(path)) == {"tag", "_server"}
    refresh(mount)
    assert set(mount.json(path)) == {"tag", "_server"}
    start = sandbox.mark()
    overwrite(mount / path, mount.text(path))
    assert sandbox.writes(start) == []

    start = sandbox.mark()
    assert refusal(os.rename, mount / path, mount / SECRETS / "other.json") == "EPERM"
    assert "never shows the value" in mount.errors()[-1]["error"]["message"]
    assert sandbox.writes(start) == []
    os.unlink(mount / path)
    assert secret_calls(mount, sandbox, start) == [("POST /secret-store/delete", {"tag": "tfs_key"})]
    assert snapshot(mount, SECRETS) == before


@pytest.mark.conf(invent_secrets="yes-i-know")
def test_copied_secret_gets_a_random_value(mount, sandbox):
    """The value of a copied secret is unknown: a random one is set, and the writer is told to write the real one."""
    text = mount.text(f"{SECRETS}/stripe_api_key.json")
    start = sandbox.mark()
    create(mount / SECRETS / "copied.json", text.replace("stripe_api_key", "copied"))
    [(name, body)] = secret_calls(mount, sandbox, start)
    assert (name, body["tag"]) == ("POST /secret-store/create", "copied")
    assert len(body["value"]) == 36
    assert "digests of another place: /value; write them" in mount.errors()[-1]["error"]["message"]
    assert set(mount.json(f"{SECRETS}/copied.json")) == {"tag", "_server"}


@pytest.mark.parametrize("value", ["", None, 7])
def test_secret_with_an_invalid_value_is_not_deleted(mount, sandbox, value):
    path = f"{SECRETS}/stripe_api_key.json"
    shown = mount.json(path)
    start = sandbox.mark()
    assert refusal(overwrite, mount / path, text_of({**shown, "value": value})) == "EINVAL"
    assert sandbox.writes(start) == []
    assert mount.errors()[-1]["error"]["member"] == "/value"


@pytest.mark.parametrize("tag", ["1st", "a-b", "ключ", "_x"])
def test_invalid_tag_is_refused_without_a_call(mount, sandbox, tag):
    start = sandbox.mark()
    assert refusal(create, mount / SECRETS / f"{tag}.json", text_of({"value": "v"})) == "EINVAL"
    error = mount.errors()[-1]["error"]
    assert error["member"] == "/tag"
    assert "a letter, then letters, digits, underscores" in error["message"]
    assert sandbox.writes(start) == []


def test_half_changed_secret_is_created_by_a_retry(mount, sandbox):
    """Deleted and not created again: the draft is kept, the message says so, and a retry creates the secret."""
    path = f"{SECRETS}/stripe_api_key.json"
    shown = mount.json(path)
    sandbox.fault("status=500,path=/secret-store/create")
    assert refusal(overwrite, mount / path, text_of({**shown, "value": "n"})) == "EIO"
    sandbox.fault()
    error = mount.errors()[-1]["error"]
    assert "POST /secret-store/delete is done, what follows it is not: value: " in error["message"]
    assert "stripe_api_key.json" not in mount.names(SECRETS)
    assert path in mount.drafts()
    start = sandbox.mark()
    mount.surroundings.run(mount.surroundings.bin / "tenantfs", "retry", mount / path, check=True)
    assert secret_calls(mount, sandbox, start) == [
        ("POST /secret-store/create", {"tag": "stripe_api_key", "value": "n"})]
    assert mount.json(path)["tag"] == "stripe_api_key"
    assert mount.drafts() == []


def test_values_of_secrets_are_never_shown(mount, sandbox):
    """No file of the sets shows a secret."""
    planted = ["sk_test_planted", "tw_planted", "sealed with wax", "0f1e2d3c", "jal-jeevan", "first voice"]
    for folder in mount.names(C):
        if not (mount / C / folder).is_dir() or folder in ("users", "templates", "auth-modules"):
            continue
        for path in mount.documents(f"{C}/{folder}"):
            assert not [value for value in planted if value in mount.text(path)], path
