"""What ends a session: an invalid token, license, key or clock. Each has its own message, and the draft is kept."""
import glob
import json
import os
import re

import pytest

from files import overwrite, refusal
from places import MFA


def changed(mount, value=8):
    return json.dumps({**mount.json(MFA), "otpMaxAttempts": value}, indent=2) + "\n"


def refused_message(mount, text, expected):
    assert refusal(overwrite, mount / MFA, text) == expected
    assert mount.draft(MFA) == text
    return mount.errors()[-1]["error"]["message"]


def retry_succeeds(mount, tenantfs, value=8):
    """Once the cause is removed, the draft can be saved as it is."""
    done = tenantfs("retry", MFA)
    assert done.returncode == 0, done.stderr
    assert mount.json(MFA)["otpMaxAttempts"] == value
    assert mount.drafts() == []


def test_new_token_is_used_without_another_mount(mount, sandbox, tenantfs):
    """An invalid token is reported once; a new one is used without another mount."""
    token = sandbox.data / "token"
    good, text = token.read_text(), changed(mount)
    token.write_text(good.replace(good.split(".")[2], "x" * 43) + "\n")
    message = refused_message(mount, text, "EACCES")
    assert message == f"the token is not valid (log in: tenantfs login -c {sandbox.conf} -t sandbox)"
    assert f"session  over: tenantfs login -c {sandbox.conf} -t sandbox\n" in tenantfs("status").stdout
    assert mount.text(MFA), "a cached document is served"
    token.write_text(good)
    retry_succeeds(mount, tenantfs)
    assert "log in" not in tenantfs("status").stdout


def change_license(sandbox, text):
    sandbox.stop()
    (sandbox.data / "license").write_text(text + "\n")
    sandbox.start()


def test_refused_license_is_read_again(mount, sandbox, tenantfs):
    """After a refusal the license file is read again for the next call, without another mount."""
    path = sandbox.data / "license"
    change_license(sandbox, "second")
    assert refusal(os.listdir, mount / "service-keys") == "EACCES"
    message = mount.errors()[-1]["error"]["message"]
    assert message == f"licensekey is not valid (the license key was refused: look at {path})"
    assert "log in" not in tenantfs("status").stdout
    assert os.listdir(mount / "service-keys")
    change_license(sandbox, "third")
    done = tenantfs("call", "GET", "/servicekeys")
    assert done.returncode == 1 and "licensekey is not valid" in done.stderr and "remedy: log in" not in done.stderr


def test_changed_service_key_stops_all_calls(mount, sandbox, tenantfs):
    """The message names both keys, nothing is sent after the change was noticed, and the draft is kept."""
    text = changed(mount)
    sandbox.fault("oldkey")
    message = refused_message(mount, text, "EBADMSG")
    assert message.startswith("the service's key changed: pinned is ")
    assert message.endswith(f"; if that is right, set service-key in {sandbox.conf}")
    sandbox.fault()
    retry_succeeds(mount, tenantfs)


def test_wrong_clock_is_reported_with_its_difference(mounts, sandbox, tenantfs, program, surroundings):
    """The message has the difference and blames the clock, not the session."""
    library = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
    if library is None:
        pytest.skip("libfaketime is missing")
    clock = sandbox.data / "clock"
    clock.write_text("+0")
    # The sanitizer's allocator would ask for the time under its lock, and libfaketime would then allocate memory.
    options = surroundings.variables["ASAN_OPTIONS"] + ":allocator_release_to_os_interval_ms=-1"
    mount = mounts("late", env={"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(clock), "ASAN_OPTIONS": options,
                                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
    text = changed(mount)
    clock.write_text("+3600s")
    message = refused_message(mount, text, "EACCES")
    found = re.search(r"\(this clock is (\d+) s ahead of the server's: set it right\)$", message)
    assert found and 3590 <= int(found[1]) <= 3610, message
    assert "tenantfs login" not in message
    clock.write_text("+0")
    retry_succeeds(mount, tenantfs)


def sent_tokens(sandbox, since):
    return [(request["token"], request["status"]) for request in sandbox.requests(since) if request["token"]]


@pytest.mark.parametrize("form", [
    pytest.param("sealed", marks=pytest.mark.sandbox("--token-form", "sealed")),
    pytest.param("clear", marks=pytest.mark.sandbox("--token-form", "clear"))])
def test_form_of_the_token_is_remembered(mount, sandbox, form):
    """The first mount finds out the form with one refused call at most; the next daemon knows it."""
    assert mount.json(MFA)
    refused = [(token, status) for token, status in sent_tokens(sandbox, 0) if status == 401]
    assert refused == ([("sealed", 401)] if form == "clear" else [])
    mount.stop()
    start = sandbox.mark()
    mount.start()
    assert mount.json(MFA)
    assert set(sent_tokens(sandbox, start)) == {(form, 200)}
