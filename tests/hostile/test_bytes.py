"""Bytes that are not UTF-8, in refusals and in names: every report stays readable and no text is lost."""
import json
import os

import pytest

from conftest import add_settings
from files import create, overwrite, read_bytes, refusal
from places import MFA, largest_user_set
from proxy import Proxy

LATIN = "Zugriff verweigert für Müller".encode("latin-1")
# The text of a refusal, its type and what the user reads of it.
REFUSALS = {
    "plain": (LATIN, "text/plain", "Zugriff verweigert f?r M?ller"),
    "json": (b'{"message": "' + LATIN + b'"}', "application/json", ""),
    "lone surrogate": (b'{"message": "no \\ud800 way"}', "application/json", ""),
    "escapes": (json.dumps({"message": "\x1b[2Jno\x9b31m \u202eway\n\x07"}).encode(), "application/json",
                "?[2Jno?31m ?way??"),
    "member cut in a character": (json.dumps({"message": "no", "param": "a" + "é" * 200}).encode(),
                                  "application/json", "no"),
    "long message": (json.dumps({"message": "é" * 2000}).encode(), "application/json", "é" * 200),
}


@pytest.fixture
def proxy(sandbox):
    with Proxy(sandbox.url) as made:
        add_settings(sandbox.conf, {"url": f"{made.address}/adminapi"})
        yield made


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal_in_odd_bytes_keeps_the_text(proxy, mount, tenantfs, name):
    body, kind, message = REFUSALS[name]
    wanted = mount.text(MFA).replace("true", "false", 1)
    proxy.answer("PUT", "/mfa_settings", 403, body, kind)
    assert refusal(overwrite, mount / MFA, wanted) == "EPERM"
    error = mount.errors()[-1]["error"]
    assert message in error["message"]
    assert not any(ord(c) < 32 or c in "\x7f\x9b\u202e" for c in error["message"] + error.get("member", ""))
    assert os.getxattr(mount / MFA, "user.tenantfs.error").decode()
    status = json.loads(tenantfs("status", "--json", check=True).stdout)
    assert status["drafts"][0]["path"] == MFA
    assert mount.draft(status["drafts"][0]["name"]) == wanted


def test_draft_of_an_odd_refusal_outlives_the_mount(proxy, sandbox, mounts, tenantfs):
    mount = mounts("first")
    wanted = mount.text(MFA).replace("true", "false", 1)
    proxy.answer("PUT", "/mfa_settings", 403, LATIN, "text/plain")
    assert refusal(overwrite, mount / MFA, wanted) == "EPERM"
    said = tenantfs("umount", str(mount.path))
    assert "1 draft, kept for the next mount" in said.stderr
    proxy.pass_all()
    again = mounts("second")
    assert again.draft(again.drafts()[0]) == wanted


# A name that is no UTF-8, and one with bytes that a terminal obeys.
NAMES = [b"M\xfcller.json", b"\xff.json", b"a\x1b[2J.json", "b\u202e.json".encode(), b"x" * 250 + b"\xc3\xa9"]


@pytest.mark.parametrize("name", NAMES)
def test_odd_name_is_refused_or_kept_and_reports_stay_whole(mount, tenantfs, name):
    directory = os.fsencode(mount / largest_user_set(mount))
    before = read_bytes(mount / MFA)
    verdict = refusal(create, os.path.join(directory, name), b"{}")
    assert verdict not in ("ENOMEM", "EIO")
    assert isinstance(mount.errors(), list)
    status = json.loads(tenantfs("status", "--json", check=True).stdout)
    assert all("name" in draft for draft in status.get("drafts", []))
    said = tenantfs("log", os.path.join(directory, name))
    assert "out of memory" not in said.stderr
    assert read_bytes(mount / MFA) == before
