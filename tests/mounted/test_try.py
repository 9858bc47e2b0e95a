"""First use: a fresh clone, ./try, an edit, ./try --stop."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from mount import is_mounted
from places import MFA
from sandbox import Request

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The same build, in half the time: this test needs programs that work, not fast ones.
QUICK = {"CFLAGS": "-O0 -g0"}
MFA_CALL = "PUT /config/authentication/mfa_settings"


def tracked_files():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            check=True, capture_output=True).stdout.decode()
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture
def clone(surroundings):
    """The tracked files in a new folder."""
    folder = surroundings.folder / "clone"
    for name in tracked_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    yield folder
    if is_mounted(folder / "tenant") or processes_of(folder):
        surroundings.run("./try", "--stop", cwd=folder)


def processes_of(folder):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            target = os.readlink(entry / "exe")
        except OSError:
            continue
        if target.startswith(str(folder)):
            found.append(target)
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_try_mounts_a_sandbox_that_can_be_edited(clone, surroundings):
    done = surroundings.run("./try", cwd=clone, timeout=500, env=QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    assert is_mounted(clone / "tenant")
    assert "tenant/communities/default/settings/mfa.json" in done.stdout
    mark = len(log_of(clone))

    document = clone / "tenant" / MFA
    before = json.loads(document.read_text())
    assert before["otpMaxAttempts"] != 3
    command = "sed -i 's/\"otpMaxAttempts\": [0-9]*/\"otpMaxAttempts\": 3/' tenant/" + MFA
    edited = surroundings.run("bash", "-c", command, cwd=clone)
    assert (edited.returncode, edited.stderr) == (0, "")

    requests = log_of(clone)[mark:]
    [write] = [request for request in requests if not request.reads]
    assert write.name == MFA_CALL
    body = dict(write.body)
    assert len(body.pop("tenantId")) == len(body.pop("communityId")) == 24
    assert body == {**{name: value for name, value in before.items() if name != "_server"}, "otpMaxAttempts": 3}
    documented = json.loads((ROOT / "src/catalogue/groups/login-settings.json").read_text())
    fields = next(row for row in documented["endpoints"] if f"{row['method']} {row['path']}" == MFA_CALL)["body"]
    assert set(body) == {field["name"] for field in fields} - {"tenantId", "communityId"}
    assert json.loads(document.read_text())["otpMaxAttempts"] == 3

    again = surroundings.run("./try", cwd=clone, timeout=300)
    assert again.returncode == 0, again.stdout + again.stderr
    assert json.loads(document.read_text())["otpMaxAttempts"] == 3

    stopped = surroundings.run("./try", "--stop", cwd=clone)
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    assert not is_mounted(clone / "tenant")
    assert processes_of(clone) == []
    assert surroundings.run("./try", "--stop", cwd=clone).returncode == 0


def log_of(clone):
    return [Request(json.loads(line)) for line in (clone / ".try/requests.log").read_text().splitlines()]
