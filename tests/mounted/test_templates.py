"""Message templates: by purpose and channel, each an object with an id of its own in one configuration."""
import os
import re

from files import create, refusal
from saving import check_refused, check_save, is_same, text_of

TEMPLATES = "communities/default/templates"
EMAIL = f"{TEMPLATES}/self_onboarding/email"
SMS = f"{TEMPLATES}/self_onboarding/sms"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def test_places(mount, sandbox):
    """Purposes come of a call, channels of none; a channel's list is one call for its purpose."""
    assert mount.names(TEMPLATES) == ["password_reset", "self_onboarding"]
    start = sandbox.mark()
    assert mount.names(f"{TEMPLATES}/password_reset") == ["email", "sms"]
    assert sandbox.requests(start) == []
    assert mount.names(f"{TEMPLATES}/password_reset/email") == ['%2Ehidden "draft".json', "Reset.json"]
    [read] = sandbox.requests(start)
    assert (read.name, read.body["purposes"]) == ("POST /config/template/fetch", ["password_reset"])
    names = mount.names(EMAIL)
    assert len([name for name in names if re.fullmatch(r"Welcome~[0-9a-f]{6}\.json", name)]) == 2
    assert "Willkommen %2F bienvenue.json" in names
    start = sandbox.mark()
    assert mount.json(f"{EMAIL}/Willkommen %2F bienvenue.json")["subject"] == "Schön, dass Sie da sind"
    assert sandbox.requests(start) == []


def test_directories_are_the_services(mount, sandbox):
    message = "directories follow the tenant's objects; none can be %s by itself"
    for action, path, done in ((os.mkdir, f"{TEMPLATES}/new", "made"), (os.rmdir, SMS, "removed"),
                               (os.mkdir, f"{TEMPLATES}/password_reset/push", "made")):
        check_refused(mount, sandbox, lambda action=action, path=path: refusal(action, mount / path), path, "EPERM",
                      message % done)
    assert refusal(os.stat, mount / f"{TEMPLATES}/nothing/email") == "ENOENT"
    assert refusal(os.stat, mount / f"{TEMPLATES}/password_reset/push") == "ENOENT"


def test_change(mount, sandbox):
    """One call that names the template by purpose, channel and id, and bears it whole."""
    path = f"{EMAIL}/Willkommen %2F bienvenue.json"
    before = mount.json(path)
    body = dict(sandbox_place(mount))
    whole = {"name": "Willkommen / bienvenue", "subject": "Guten Tag", "data": before["data"], "isDefault": False}
    body["templateData"] = {"self_onboarding": {"email": {before["_server"]["uuid"]: whole}}}
    check_save(mount, sandbox, path, [("PUT /config/template", body)], subject="Guten Tag")


def sandbox_place(mount):
    return {"tenantId": mount.json("tenant.json")["_server"]["id"],
            "communityId": mount.json("communities/default/community.json")["_server"]["id"]}


def test_make_rename_remove(mount, sandbox):
    before = {path: mount.json(path) for path in mount.documents(SMS)}
    path = f"{SMS}/Neu: 100%25.json"
    start = sandbox.mark()
    assert refusal(create, mount / path, text_of({"data": "TmV1", "isDefault": False})) == "", mount.errors()[-1]
    [write] = sandbox.writes(start)
    [(uuid, made)] = write.body["templateData"]["self_onboarding"]["sms"].items()
    assert re.fullmatch(UUID, uuid)
    assert made == {"name": "Neu: 100%", "data": "TmV1", "isDefault": False}
    assert mount.json(path)["_server"] == {"uuid": uuid}
    other = f"{SMS}/Alt.json"
    start = sandbox.mark()
    os.rename(mount / path, mount / other)
    [write] = sandbox.writes(start)
    assert write.body["templateData"] == {"self_onboarding": {"sms": {uuid: {**made, "name": "Alt"}}}}
    start = sandbox.mark()
    os.unlink(mount / other)
    [write] = sandbox.writes(start)
    assert (write.name, write.body["key_paths"]) == ("DELETE /config/template", [f"self_onboarding.sms.{uuid}"])
    mount.refresh()
    assert {path: mount.json(path) for path in mount.documents(SMS)} == before


def test_refused(mount, sandbox):
    """Found locally without a call; what only the server knows comes as its message."""
    path = f"{SMS}/Bad.json"
    check_refused(mount, sandbox, lambda: refusal(create, mount / path, text_of({"isDefault": True})), path,
                  "EINVAL", "data is missing")
    start = sandbox.mark()
    assert refusal(create, mount / path, text_of({"data": "eA==", "subject": "none"})) == "EINVAL"
    [write] = sandbox.writes(start)
    assert (write.name, write["status"]) == ("PUT /config/template", 400)
    error = mount.errors()[-1]["error"]
    assert error["status"] == 400
    assert "is a message, which has no subject" in error["message"]
    mount.refresh()
    assert "Bad.json" not in mount.names(SMS)


def test_copy(mount, sandbox):
    """A template copied beside itself is another, with an id of its own."""
    source = f"{TEMPLATES}/password_reset/email/Reset.json"
    copy = f"{EMAIL}/Reset.json"
    assert refusal(create, mount / copy, mount.text(source)) == "", mount.errors()[-1]
    assert is_same(mount.json(copy), mount.json(source))
    assert mount.json(copy)["_server"] != mount.json(source)["_server"]
    os.unlink(mount / copy)
