"""Message templates by purpose and channel; each is an object with its own id within one configuration."""
import os
import re

from files import create, refusal
from saving import check_refused, check_save, is_same, text_of

TEMPLATES = "communities/default/templates"
EMAIL = f"{TEMPLATES}/self_onboarding/email"
SMS = f"{TEMPLATES}/self_onboarding/sms"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def test_purposes_and_channels_are_listed(mount, sandbox):
    """Purposes are listed by a call, channels without one; the templates of a channel by one call for the purpose."""
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


def test_template_directories_cannot_be_created_or_removed(mount, sandbox):
    message = "directories belong to the tenant's objects and cannot be %s alone"
    for action, path, done in ((os.mkdir, f"{TEMPLATES}/new", "created"), (os.rmdir, SMS, "removed"),
                               (os.mkdir, f"{TEMPLATES}/password_reset/push", "created")):
        check_refused(mount, sandbox, lambda action=action, path=path: refusal(action, mount / path), path, "EPERM",
                      message % done)
    assert refusal(os.stat, mount / f"{TEMPLATES}/nothing/email") == "ENOENT"
    assert refusal(os.stat, mount / f"{TEMPLATES}/password_reset/push") == "ENOENT"


def test_change_sends_the_whole_template(mount, sandbox):
    """One call that contains the whole template below its purpose, channel and id."""
    path = f"{EMAIL}/Willkommen %2F bienvenue.json"
    before = mount.json(path)
    body = dict(ids_of(mount))
    whole = {"name": "Willkommen / bienvenue", "subject": "Guten Tag", "data": before["data"], "isDefault": False}
    body["templateData"] = {"self_onboarding": {"email": {before["_server"]["uuid"]: whole}}}
    check_save(mount, sandbox, path, [("PUT /config/template", body)], subject="Guten Tag")


def ids_of(mount):
    return {"tenantId": mount.json("tenant.json")["_server"]["id"],
            "communityId": mount.json("communities/default/community.json")["_server"]["id"]}


def test_template_is_created_renamed_removed(mount, sandbox):
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


def test_invalid_template_is_refused(mount, sandbox):
    """Known errors are refused without a call; other errors have the server's message."""
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


def test_copied_template_gets_its_own_id(mount, sandbox):
    """A copied template is a new one with its own id."""
    source = f"{TEMPLATES}/password_reset/email/Reset.json"
    copy = f"{EMAIL}/Reset.json"
    assert refusal(create, mount / copy, mount.text(source)) == "", mount.errors()[-1]
    assert is_same(mount.json(copy), mount.json(source))
    assert mount.json(copy)["_server"] != mount.json(source)["_server"]
    os.unlink(mount / copy)
