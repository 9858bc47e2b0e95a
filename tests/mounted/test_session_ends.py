"""What ends a session in the middle of work: each cause has its own text and remedy, and what was refused is kept."""
import glob
import json
import os
import re

import pytest

from files import overwrite, refusal
from places import MFA


def changed(mount, value=8):
    return json.dumps({**mount.json(MFA), "otpMaxAttempts": value}, indent=2) + "\n"


def refused(mount, text, expected):
    assert refusal(overwrite, mount / MFA, text) == expected
    assert mount.draft(MFA) == text
    return mount.errors()[-1]["error"]["message"]


def goes_on(mount, tenantfs, value=8):
    """Once it is put right the draft goes to the server as it is."""
    done = tenantfs("retry", MFA)
    assert done.returncode == 0, done.stderr
    assert mount.json(MFA)["otpMaxAttempts"] == value
    assert mount.drafts() == []


def test_token_ends_in_the_middle(mount, sandbox, tenantfs):
    """A token that is no longer good: told once, and the next one is taken without a new mount."""
    token = sandbox.data / "token"
    good, text = token.read_text(), changed(mount)
    token.write_text(good.replace(good.split(".")[2], "x" * 43) + "\n")
    message = refused(mount, text, "EACCES")
    assert message == "the token is not valid (log in: tenantfs login)"
    assert "log in" in tenantfs("status").stdout
    assert mount.text(MFA), "what was seen is shown"
    token.write_text(good)
    goes_on(mount, tenantfs)
    assert "log in" not in tenantfs("status").stdout


def test_license_refused(mount, sandbox, tenantfs):
    """Each license refused is read again for the next call: nobody has to mount anew."""
    path = sandbox.data / "license"
    good = path.read_text()
    path.write_text("another\n")
    assert refusal(os.listdir, mount / "service-keys") == "EACCES"
    message = mount.errors()[-1]["error"]["message"]
    assert message == f"licensekey is not valid (the license key was refused: look at {path})"
    assert "log in" not in tenantfs("status").stdout
    done = tenantfs("call", "GET", "/servicekeys")
    assert done.returncode == 1 and "remedy: log in" not in done.stderr
    path.write_text(good)
    assert os.listdir(mount / "service-keys")


def test_service_key_changes(mount, sandbox, tenantfs):
    """Both keys are named, nothing is sent after it was seen, the text is kept until the key is right again."""
    text = changed(mount)
    sandbox.fault("oldkey")
    message = refused(mount, text, "EBADMSG")
    assert message.startswith("the service's key changed: pinned is ")
    assert message.endswith(f"; if that is right, set service-key in {sandbox.conf}")
    sandbox.fault()
    goes_on(mount, tenantfs)


def test_clock_off_by_an_hour(mounts, sandbox, tenantfs, program, surroundings):
    """The difference is in the message; it is the clock and not the session that has to be set right."""
    library = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
    if library is None:
        pytest.skip("libfaketime is missing")
    clock = sandbox.data / "clock"
    clock.write_text("+0")
    # The sanitizer's allocator would ask for the time under its lock, and faketime, asked first, for memory.
    options = surroundings.variables["ASAN_OPTIONS"] + ":allocator_release_to_os_interval_ms=-1"
    mount = mounts("late", env={"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(clock), "ASAN_OPTIONS": options,
                                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
    text = changed(mount)
    clock.write_text("+3600s")
    message = refused(mount, text, "EACCES")
    found = re.search(r"\(this clock is (\d+) s ahead of the server's: set it right\)$", message)
    assert found and 3590 <= int(found[1]) <= 3610, message
    assert "tenantfs login" not in message
    clock.write_text("+0")
    goes_on(mount, tenantfs)
