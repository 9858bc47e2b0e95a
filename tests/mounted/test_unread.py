"""Members that no answer shows: asked for once, remembered, and never erased by a change of another member."""
import os
import pathlib
import stat

import pytest

from files import create, overwrite, refusal
from kinds import COMMUNITY, KINDS
from sets import text_of

C = f"communities/{COMMUNITY}"
MFA = f"{C}/settings/mfa.json"
BRANDING = f"{C}/branding.json"
RESET = f"{C}/settings/password-reset.json"
GATEWAYS = f"{C}/message-gateways"
WINDOW = "sync_window_for_first_usage"
HIDDEN = {"qr_code_corner_squares_color": "#102030", "qr_code_dots_color": "#102031",
          "qr_code_logo": "https://app.example.com/logo.png", "helpDeskButtonEnabled": True,
          "helpDeskButtonData": {"text": "Help"}}
COALESCE = {"type": "Coalesce", "channels": ["sms"], "username": "u", "password": "geheim", "senderPhone": "+15550100",
            "serviceUrl": "https://sms.example.com", "smstemplateid": "t-1", "entityId": "e-1", "otpDelimiter": "-",
            "authTokenRequestUrl": "https://sms.example.com/token", "authClientId": "c-1", "authGrantType": "password",
            "authClientSecret": "streng geheim", "authScope": "send"}


def save(mount, path, **changes):
    """Changes members (None: removes them); the error's message, or ""."""
    document = {**mount.json(path), **changes}
    document = {name: value for name, value in document.items() if value is not None}
    error = refusal(overwrite, mount / path, text_of(document))
    return error and mount.errors()[-1]["error"]["message"]


def state_of(mount):
    return pathlib.Path(mount.json(".tenantfs/config.json")["state-dir"])


def mount_again(mount):
    mount.stop()
    mount.start()


def sent(sandbox, start):
    [write] = sandbox.writes(start)
    return write.body


@pytest.mark.sandbox("--strict")
def test_required_member_is_asked_for_once(mount, sandbox):
    assert WINDOW not in mount.json(MFA)
    start = sandbox.mark()
    message = save(mount, MFA, otpMaxAttempts=4)
    assert WINDOW in message and "60000" in message and "it is remembered" in message
    assert sandbox.writes(start) == []
    assert save(mount, MFA, otpMaxAttempts=4, **{WINDOW: 70000}) == ""
    assert sent(sandbox, start)[WINDOW] == 70000
    start = sandbox.mark()
    mount.refresh()
    assert save(mount, MFA, otpMaxAttempts=5) == ""
    assert sent(sandbox, start)[WINDOW] == 70000
    assert WINDOW in save(mount, MFA, **{WINDOW: None})


@pytest.mark.sandbox("--strict")
def test_what_was_written_outlives_the_mount(mount, sandbox):
    assert save(mount, MFA, otpMaxAttempts=4, **{WINDOW: 70000}) == ""
    file = state_of(mount) / "unread.json"
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    mount_again(mount)
    assert mount.json(MFA)[WINDOW] == 70000
    start = sandbox.mark()
    assert save(mount, MFA, otpMaxAttempts=5) == ""
    assert sent(sandbox, start)[WINDOW] == 70000


@pytest.mark.sandbox("--strict")
def test_hidden_members_are_not_erased(mount, sandbox):
    start = sandbox.mark()
    message = save(mount, BRANDING, username_label="Name")
    assert all(name in message for name in HIDDEN) and f"tenantfs allow blanking {BRANDING}" in message
    assert sandbox.writes(start) == []
    assert save(mount, BRANDING, username_label="Name", **HIDDEN) == ""
    start = sandbox.mark()
    mount.refresh()
    assert mount.json(BRANDING)["qr_code_logo"] == HIDDEN["qr_code_logo"]
    assert save(mount, BRANDING, username_label="User") == ""
    assert HIDDEN.items() <= sent(sandbox, start).items()
    # A member taken away is known to be empty.
    assert save(mount, BRANDING, qr_code_logo=None) == ""
    mount.refresh()
    start = sandbox.mark()
    assert save(mount, BRANDING, username_label="Name") == ""
    assert "qr_code_logo" not in sent(sandbox, start)


@pytest.mark.sandbox("--strict")
def test_gate_is_asked_once(mount, sandbox):
    mount.allow("blanking")
    assert save(mount, BRANDING, username_label="Name") == ""
    os.unlink(state_of(mount) / "allowed.json")
    mount_again(mount)
    assert save(mount, BRANDING, username_label="User") == ""


@pytest.mark.sandbox("--strict")
def test_hidden_member_of_an_object_is_not_erased(mount, sandbox):
    assert "sspr/otp" in save(mount, RESET, mobile_enabled=False)
    sspr = {**mount.json(RESET)["sspr"], "otp": "sms"}
    assert save(mount, RESET, mobile_enabled=False, sspr=sspr) == ""
    mount.refresh()
    start = sandbox.mark()
    assert save(mount, RESET, mobile_enabled=True) == ""
    assert sent(sandbox, start)["sspr"]["otp"] == "sms"


@pytest.mark.sandbox("--strict")
def test_new_gateway_is_remembered_without_its_secret(mount, sandbox):
    path = f"{GATEWAYS}/New.json"
    assert refusal(create, mount / path, text_of({"name": "New", **COALESCE})) == "", mount.errors()[-1]
    mount.refresh()
    assert "authClientSecret" not in mount.json(path)
    assert mount.json(path)["otpDelimiter"] == "-"
    message = save(mount, path, username="v")
    assert "authClientSecret" in message and "secrets are not remembered" in message
    start = sandbox.mark()
    assert save(mount, path, username="v", authClientSecret="streng geheim") == ""
    assert {**COALESCE, "username": "v"}.items() <= sent(sandbox, start).items()
    for file in state_of(mount).rglob("*"):
        assert not file.is_file() or b"streng geheim" not in file.read_bytes(), file


@pytest.mark.sandbox("--strict")
def test_written_value_is_known_though_the_answer_is_lost(mount, sandbox):
    sandbox.fault("drop-after,path=/config/authentication/mfa_settings,method=PUT")
    assert save(mount, MFA, otpMaxAttempts=4, **{WINDOW: 70000}) == ""
    assert mount.json(MFA)[WINDOW] == 70000


@pytest.mark.sandbox("--strict")
def test_removed_object_is_forgotten(mount, sandbox):
    path = f"{GATEWAYS}/New.json"
    assert refusal(create, mount / path, text_of({"name": "New", **COALESCE})) == ""
    assert "c-1" in (state_of(mount) / "unread.json").read_text()
    os.unlink(mount / path)
    assert "c-1" not in (state_of(mount) / "unread.json").read_text()


def test_server_that_shows_them_is_believed(mount, sandbox):
    start = sandbox.mark()
    assert save(mount, BRANDING, username_label="Name", qr_code_logo=None) == ""
    assert "qr_code_logo" not in sent(sandbox, start) and "helpDeskButtonData" in sent(sandbox, start)


def test_manual_and_readme_name_every_member(mount):
    manual = (pathlib.Path(__file__).resolve().parents[2] / "docs/man/tenantfs.1").read_text()
    for kind in KINDS.values():
        for name in hidden_names(kind["fields"]):
            assert f"`{name}`" in mount.text("README.md"), f"{kind['name']}: {name}"
            assert kind["name"] == "service-provider" or f".Li {name.rpartition('/')[2]}" in manual, name


def hidden_names(fields, at=""):
    for field in fields:
        if field.get("write_only"):
            yield f"{at}{field['name']}"
        elif field["type"] == "object":
            yield from hidden_names(field.get("members", []), f"{at}{field['name']}/")
