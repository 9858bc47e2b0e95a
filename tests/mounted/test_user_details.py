"""On-demand parts of a user: devices, access codes, login options, permissions, assurance level, hardware tokens."""
import json
import os

import pytest

from files import create, overwrite, refusal
from places import largest_user_set

INVITATION = {"emailTo": "casey@example.com", "firstname": "Casey", "lastname": "Jones",
              "templateKeyPath": "invite.mail"}


@pytest.fixture
def user(mount):
    """The directory of a user with devices, and the user's document."""
    users = largest_user_set(mount)
    for path in mount.documents(users):
        folder = path.removesuffix(".json") + ".d"
        if len(mount.names(f"{folder}/devices")) > 1:
            return folder, mount.json(path)
    raise AssertionError("nobody has devices")


def identity(document):
    return {"uid": document["_server"]["uid"], "username": document["username"],
            "authModuleId": document["_server"]["moduleId"]}


def community(mount):
    """The community as a member of these calls' bodies."""
    shown = mount.json("communities/default/community.json")
    return {"id": shown["_server"]["id"], "name": "default", "publicKey": shown["publicKey"]}


def last_message(mount, path):
    entry = mount.errors()[-1]
    assert entry["path"] == path
    return entry["error"]["message"]


def names_of(requests):
    return [request.name for request in requests]


def test_directories_of_users_are_not_listed(mount, sandbox, user):
    assert not any(name.endswith(".d") for name in os.listdir(mount / largest_user_set(mount)))
    assert mount.names(user[0]) == ["access-codes", "devices"]


DOCUMENTS = {
    "detail.json": "POST /users/user/detailProfile/fetch",
    "login-options.json": "POST /users/user/login_options/fetch",
    "authorizations.json": "POST /authz/authorization/fetch",
    "permissions.json": "POST /permission/fetch",
    "ial.json": "POST /users/user/detailProfile/fetch",
    "hardware-tokens.json": "POST /hardwaretokens/usertokens/fetch",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_of_a_user_is_a_view_of_one_call(mount, sandbox, user, name):
    path = f"{user[0]}/{name}"
    mount.json("communities/default/community.json")
    start = sandbox.mark()
    assert isinstance(mount.json(path), dict)
    mount.text(path)
    assert names_of(sandbox.requests(start)) == [DOCUMENTS[name]]
    assert refusal(overwrite, mount / path, "{}") == "EROFS"
    assert refusal(os.unlink, mount / path) in ("EROFS", "EPERM")
    assert sandbox.writes(start) == []


def test_request_bodies_name_the_user(mount, sandbox, user):
    folder, document = user
    who, where = identity(document), community(mount)
    start = sandbox.mark()
    for name in DOCUMENTS:
        mount.text(f"{folder}/{name}")
    bodies = {request.name: request.body for request in sandbox.requests(start)}
    assert bodies["POST /users/user/login_options/fetch"] == {"user": who, "community": where}
    assert bodies["POST /authz/authorization/fetch"] == {
        "objectType": "user", "objectId": who["uid"], "subjectType": "community", "subjectId": where["id"]}
    assert bodies["POST /permission/fetch"].items() >= {
        "moduleId": who["authModuleId"], "uid": who["uid"], "communityId": where["id"]}.items()
    assert bodies["POST /hardwaretokens/usertokens/fetch"]["query"] == {"username": who["username"]}


def test_permissions_are_those_of_the_role(mount, user):
    folder, document = user
    given = mount.json(f"{folder}/authorizations.json")["authorizations"]
    assert [entry["role"]["name"] for entry in given] == [document["role"]]
    assert given[0]["objectId"] == document["_server"]["uid"]
    permissions = mount.json(f"{folder}/permissions.json")["permissions"]
    assert [entry["permission"] for entry in permissions] == given[0]["role"]["permissions"]
    assert mount.json(f"{folder}/ial.json") == {"ial": "IAL1"}


def test_assigned_token_is_listed_for_the_user(mount, user):
    folder, document = user
    tokens = "communities/default/hardware-tokens"
    create(mount / f"{tokens}/mine.json", json.dumps(
        {"seed": "0123456789abcdef", "counter": 0, "users": [document["username"]]}))
    held = mount.json(f"{folder}/hardware-tokens.json")["tokens"]
    assert "mine" in [token["serialNumber"] for token in held]


def test_tokens_of_several_pages_are_all_listed(mount, sandbox, user):
    folder, document = user
    rows = "".join(f"many{number:03},{number:020x},0\n" for number in range(230))
    create(mount / "communities/default/hardware-tokens/many.csv", "serialNumber,seed,counter\n" + rows)
    rows = "".join(f"many{number:03},{document['username']}\n" for number in range(230))
    create(mount / "communities/default/hardware-tokens/whose.csv", "serialNumber,username\n" + rows)
    start = sandbox.mark()
    held = mount.json(f"{folder}/hardware-tokens.json")["tokens"]
    assert {f"many{number:03}" for number in range(230)} <= {token["serialNumber"] for token in held}
    asked = [request.body for request in sandbox.requests(start)
             if request.name == "POST /hardwaretokens/usertokens/fetch"]
    # Pages are prefetched: the server may see them in any order.
    assert sorted((body["pSize"], body["pIndex"]) for body in asked) == [(100, 0), (100, 1), (100, 2)]
    assert len(held) == len({token["serialNumber"] for token in held})


def test_removing_a_device_unlinks_it(mount, sandbox, user):
    folder, document = user
    devices = mount.documents(f"{folder}/devices")
    device = mount.json(devices[0])
    start = sandbox.mark()
    os.unlink(mount / devices[0])
    assert [(request.name, request.body) for request in sandbox.writes(start)] == [
        ("PATCH /users/unlinkuser",
         {"user": identity(document), "community": community(mount), "did": device["did"]})]
    assert mount.documents(f"{folder}/devices") == devices[1:]
    shown = mount.json(f"{folder}/login-options.json")["devices"]
    assert device["did"] not in [entry["did"] for entry in shown]


def test_devices_cannot_be_created_or_changed(mount, sandbox, user):
    device = mount.documents(f"{user[0]}/devices")[0]
    start = sandbox.mark()
    assert refusal(create, mount / f"{user[0]}/devices/new.json", "{}") == "EPERM"
    assert last_message(mount, f"{user[0]}/devices/new.json") == "A device is linked from the device itself."
    assert refusal(overwrite, mount / device, json.dumps({**mount.json(device), "os": "x"})) == "EPERM"
    assert last_message(mount, device) == "The API only shows a device."
    assert sandbox.writes(start) == []


def invite(mount, folder, name="new.json", **members):
    create(mount / f"{folder}/access-codes/{name}", json.dumps({**INVITATION, **members}))


def test_new_file_sends_an_invitation(mount, sandbox, user):
    folder, document = user
    before = set(mount.names(f"{folder}/access-codes"))
    start = sandbox.mark()
    invite(mount, folder)
    written = sandbox.writes(start)
    assert names_of(written) == ["PUT /users/invite"]
    who = identity(document)
    license = (sandbox.data / "license").read_text().strip()
    body = dict(written[0].body)
    assert body.pop("tenantId") and body.pop("communityId") == community(mount)["id"]
    assert body == {**INVITATION, "authModuleId": who["authModuleId"], "userId": who["username"], "uid": who["uid"],
                    "license": license}
    [made] = set(mount.names(f"{folder}/access-codes")) - before
    assert made != "new.json"
    code = mount.json(f"{folder}/access-codes/{made}")
    assert {name: code[name] for name in INVITATION} == INVITATION
    assert code["_server"]["code"] == made.removesuffix(".json")
    assert code["_server"]["status"] == "pending"
    assert not os.path.exists(mount / f"{folder}/access-codes/new.json")


def test_removing_a_code_revokes_it(mount, sandbox, user):
    folder = user[0]
    invite(mount, folder)
    first, *rest = mount.documents(f"{folder}/access-codes")
    code = first.rsplit("/", 1)[1].removesuffix(".json")
    start = sandbox.mark()
    os.unlink(mount / first)
    assert [(request["method"], request.path) for request in sandbox.writes(start)] == \
        [("DELETE", f"/users/accesscode/{code}")]
    assert mount.documents(f"{folder}/access-codes") == rest


def test_template_of_an_invitation_has_its_members(mount, user):
    folder = user[0]
    blank = mount.json(f"{folder}/access-codes/.template.json")
    assert set(blank) == {"emailTo", "firstname", "lastname", "templateKeyPath"}
    schema = mount.json(f"{folder}/access-codes/.schema.json")
    assert sorted(schema["required"]) == sorted(blank)


BAD_INVITATIONS = {
    "no address": ({"emailTo": "casey"}, 'emailTo: "casey" must be an email address'),
    "no template": ({"templateKeyPath": ""}, '"templateKeyPath" is not allowed to be empty'),
}


@pytest.mark.parametrize("case", BAD_INVITATIONS)
def test_invalid_invitation_is_refused(mount, sandbox, user, case):
    change, message = BAD_INVITATIONS[case]
    wanted = {**INVITATION, **change}
    path = f"{user[0]}/access-codes/bad.json"
    before = mount.names(f"{user[0]}/access-codes")
    assert refusal(create, mount / path, json.dumps(wanted)) == "EINVAL"
    assert message in last_message(mount, path)
    assert json.loads(mount.draft(path)) == wanted
    assert mount.names(f"{user[0]}/access-codes") == before


def test_invitation_without_a_member_is_not_sent(mount, sandbox, user):
    path = f"{user[0]}/access-codes/bad.json"
    start = sandbox.mark()
    assert refusal(create, mount / path, json.dumps({"emailTo": "a@example.com"})) == "EINVAL"
    assert "firstname" in last_message(mount, path)
    assert sandbox.writes(start) == []


def test_codes_cannot_be_changed_or_renamed(mount, sandbox, user):
    folder = user[0]
    invite(mount, folder)
    path = mount.documents(f"{folder}/access-codes")[0]
    start = sandbox.mark()
    assert refusal(overwrite, mount / path, json.dumps({**mount.json(path), "lastname": "x"})) == "EPERM"
    assert last_message(mount, path) == "A sent invitation cannot be changed; remove it and create another."
    assert refusal(os.rename, mount / path, mount / f"{folder}/access-codes/other.json") == "EPERM"
    assert sandbox.writes(start) == []


def test_directory_of_an_unknown_user_is_enoent(mount, sandbox):
    users = largest_user_set(mount)
    assert refusal(os.stat, mount / f"{users}/no such user.d") == "ENOENT"
    assert refusal(os.stat, mount / f"{users}/no such user.d/devices") == "ENOENT"
