"""Two editors on one object: disjoint changes are merged, a conflict reports both values and the other user."""
import json
import re

import pytest

from files import overwrite, refusal
from places import MFA, MODULES, PROVIDERS, plain_documents, plain_user


@pytest.fixture
def elsewhere(mounts, surroundings):
    return mounts("elsewhere", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere-state")})


def provider(mount):
    return next(plain_documents(mount, PROVIDERS, "environment"))


# Path, a member for each editor with its value, the member both editors change.
KINDS = {
    "setting": (lambda mount: MFA, ("otpMaxAttempts", 8), ("lockDurationMinutes", 45), "otp_prompt_text"),
    "user": (plain_user, ("firstname", "Ada"), ("lastname", "Byron"), "middlename"),
    "provider": (provider, ("mobileAppLabel", "Mobile"), ("hideBanner", True), "environment"),
}


def with_members(document, **members):
    return json.dumps({**document, **members}, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", KINDS)
def test_changes_of_different_members_are_merged(mount, elsewhere, sandbox, name):
    find, (mine, my_value), (theirs, their_value), _ = KINDS[name]
    path = find(mount)
    document = mount.json(path)
    if document.get(theirs) == their_value:
        their_value = not their_value
    overwrite(elsewhere / path, with_members(elsewhere.json(path), **{theirs: their_value}))
    start = sandbox.mark()
    overwrite(mount / path, with_members(document, **{mine: my_value}))
    [write] = sandbox.writes(start)
    assert json.dumps(my_value) in json.dumps(write.body)
    assert (mount.json(path)[mine], mount.json(path)[theirs]) == (my_value, their_value)
    assert mount.drafts() == []


@pytest.mark.parametrize("name", KINDS)
def test_changes_of_one_member_conflict(mount, elsewhere, sandbox, tenantfs, name):
    find, _, _, both = KINDS[name]
    path = find(mount)
    document = mount.json(path)
    overwrite(elsewhere / path, with_members(elsewhere.json(path), **{both: "theirs"}))
    start = sandbox.mark()
    assert refusal(overwrite, mount / path, with_members(document, **{both: "mine"})) == "ESTALE"
    assert sandbox.writes(start) == []
    error = mount.errors()[-1]["error"]
    assert error["message"] == (f"changed on the server by admin meanwhile, too: {both}: "
                                '"mine" here, "theirs" there')
    assert error["member"] == f"/{both}"
    assert json.loads(mount.draft(path))[both] == "mine"
    # A read returns the other editor's version, and the next save is based on it.
    assert mount.json(path)[both] == "theirs"
    overwrite(mount / path, with_members(mount.json(path), **{both: "mine"}))
    assert mount.json(path)[both] == "mine"


def test_conflict_names_all_members(mount, elsewhere):
    document = mount.json(MFA)
    overwrite(elsewhere / MFA, with_members(elsewhere.json(MFA), otpMaxAttempts=8, otp_prompt_text="theirs"))
    assert refusal(overwrite, mount / MFA, with_members(document, otpMaxAttempts=9, otp_prompt_text="x" * 60)) == \
        "ESTALE"
    message = mount.errors()[-1]["error"]["message"]
    assert "otpMaxAttempts: 9 here, 8 there" in message
    assert 'otp_prompt_text: "' + "x" * 39 + '… here, "theirs" there' in message


def secret_of(document, way=()):
    """Names that lead to a secret within objects, or None."""
    for name, value in document.items():
        if isinstance(value, dict) and name != "_server" and secret_of(value, (*way, name)):
            return secret_of(value, (*way, name))
        if re.fullmatch(r"secret:[0-9a-f]{16}", str(value)):
            return (*way, name)
    return None


def with_secret(document, way, value):
    inner = document
    for name in way[:-1]:
        inner = inner[name]
    inner[way[-1]] = value
    return json.dumps(document)


def test_conflict_of_secrets_shows_digests(mount, elsewhere):
    there = mount.documents(PROVIDERS) + mount.documents(MODULES)
    path, way = next((path, secret_of(mount.json(path))) for path in there
                     if secret_of(mount.json(path)))
    document = mount.json(path)
    overwrite(elsewhere / path, with_secret(elsewhere.json(path), way, "hunter-theirs-0123456789"))
    assert refusal(overwrite, mount / path, with_secret(document, way, "hunter-mine-0123456789")) == "ESTALE"
    message = mount.errors()[-1]["error"]["message"]
    shown = re.fullmatch(rf".* too: {'/'.join(way)}: (secret:\w+) here, (secret:\w+) there", message)
    assert shown and shown[1] != shown[2], message
    assert "hunter" not in message and "hunter" not in mount.text(".tenantfs/errors.json")
    assert f'"{shown[2]}"' in mount.text(path)


def test_conflict_without_the_audit_log_names_no_user(mount, elsewhere, sandbox):
    """Without the audit log the conflict is reported without the other user's name."""
    document = mount.json(MFA)
    overwrite(elsewhere / MFA, with_members(elsewhere.json(MFA), otpMaxAttempts=8))
    sandbox.fault("status=403,path=/reports")
    assert refusal(overwrite, mount / MFA, with_members(document, otpMaxAttempts=9)) == "ESTALE"
    assert mount.errors()[-1]["error"]["message"] == \
        "changed on the server meanwhile, too: otpMaxAttempts: 9 here, 8 there"
