"""history-full: the whole tree is recorded without a reader, with one call for each list and document."""
import collections
import json
import os
import signal

import pytest

from costs import expected_calls, listed
from files import overwrite
from kinds import KINDS, is_view
from mount import Mount
from places import MFA, PROVIDERS, USERS, plain_documents
from waiting import Clock, until

CLEAN = (0, "", "")
GREETING = {"POST /community_auth_info/fetch": 1}


def full_of(tenantfs, mount):
    return json.loads(tenantfs("status", "--json", mount.path).stdout)["history"]["full"]


def wait_for_round(tenantfs, mount, after=None):
    def completed():
        full = full_of(tenantfs, mount)
        return full["completed"] and full["begun"] != after and full
    return until(completed, 90, "the end of the round", every=0.2)


def recorded(history):
    """Paths in the mount of all recorded files."""
    names = history.git("ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")
    return {"/".join(part for i, part in enumerate(name.split("/")) if len(part) > 1 or not is_digest_folder(name, i))
            for name in names if name}


def is_digest_folder(name, i):
    parts = name.split("/")
    return parts[2:3] in (["users"], ["hardware-tokens"]) and len(parts[i]) == 1 and i < len(parts) - 1


def recordable(mount):
    """Paths of all listed files, except views."""
    views = [kind["path"] for kind in KINDS.values() if is_view(kind)]
    found = set()
    for folder, _, names in os.walk(mount.path):
        at = os.path.relpath(folder, mount.path)
        if not at.startswith("."):
            found |= {f"{at}/{name}" for name in names}
    found |= {name for name in os.listdir(mount.path) if os.path.isfile(mount / name)}
    found = {path for path in found if not path.endswith("README.md")}
    return {path for path in found if not any(matches(view, path) for view in views)}


def matches(template, path):
    forms, parts = template.split("/"), path.split("/")
    return len(forms) == len(parts) and all(
        part.endswith(form.split("}")[1]) if form.startswith("{") else part == form
        for form, part in zip(forms, parts, strict=True))


def recorded_kind(kind):
    """Whether a walk fetches the kind: it is recorded, or a recorded kind is below its objects."""
    return listed(kind) and (not is_view(kind) or kind["shape"] != "doc" and any(
        f"{{{kind['name']}}}/" in other["path"] and recorded_kind(other) for other in KINDS.values()))


def calls_since(sandbox, start=0):
    """Requests by endpoint, without the health check of `status`."""
    return collections.Counter(name for name in sandbox.names(start) if name != "GET /healthz")


@pytest.mark.sandbox("--users", "250")
@pytest.mark.conf(history_full="true", freshness="1h")
def test_round_records_everything_with_one_call_each(mount, history, sandbox, tenantfs):
    full = wait_for_round(tenantfs, mount)
    made = calls_since(sandbox)
    assert full["refused"] == 0
    assert history.written()
    before = recorded(history)
    # Walking the mount now needs no call: the round has fetched everything.
    assert before == recordable(mount)
    assert len(before) > 300
    expected = expected_calls(mount, recorded_kind)
    assert (made - expected, expected - made) == (collections.Counter(), collections.Counter())
    assert {entry["Origin"] for entry in history.changes()} == {"baseline"}
    assert history.fsck() == CLEAN
    assert "the whole tree" in tenantfs("status", mount.path).stdout
    # A round is due once a day: the next mount does not start one.
    mount.stop()
    start = sandbox.mark()
    mount.start()
    again = full_of(tenantfs, mount)
    assert (again["begun"], again["completed"], again["at"]) == (full["begun"], full["completed"], None)
    assert calls_since(sandbox, start) == GREETING


@pytest.mark.sandbox("--users", "250")
def test_default_mount_fetches_nothing(mount, history, sandbox, tenantfs):
    assert full_of(tenantfs, mount) is None
    assert calls_since(sandbox) == GREETING
    assert history.written() == []


@pytest.mark.conf(history_full="true", history_record="false")
def test_history_full_needs_history_record(surroundings, sandbox):
    done = surroundings.run("tenantfs", "-c", sandbox.conf, "mount", surroundings.folder)
    assert done.returncode == 1
    assert "tenant.sandbox.history-full: history-record is false: nothing is recorded at all" in done.stderr


@pytest.mark.sandbox("--latency", "30")
@pytest.mark.conf(history_full="true", freshness="1h")
def test_killed_round_is_continued_by_the_next_mount(mount, history, sandbox, tenantfs, surroundings):
    """Places that the killed daemon had finished are recorded and not fetched again."""
    walked = history.path / "tenantfs-walked"
    until(walked.exists, 60, "the list of finished places")
    os.kill(mount.daemon_pid(), signal.SIGKILL)
    mount.process.wait()
    mount.abandon()
    begun, *places = walked.read_text().splitlines()
    assert begun.endswith(" 0") and places
    assert {place for place in places if place.endswith(".json")} <= recorded(history)
    start = sandbox.mark()
    again = Mount(surroundings, sandbox.conf, mount.path).start()
    full = wait_for_round(tenantfs, again)
    assert full["begun"].endswith("Z") and full["places"] > len(places)
    names = sandbox.names(start)
    # The log may end with a late answer to the killed daemon.
    names = [name for name in names[names.index("POST /community_auth_info/fetch"):] if name != "GET /healthz"]
    made = collections.Counter(names)
    assert history.written()
    expected = expected_calls(again, recorded_kind)
    assert recorded(history) == recordable(again)
    assert sum(made.values()) < sum(expected.values())
    assert made - expected == collections.Counter(), names
    again.stop()


@pytest.mark.conf(history_full="true", freshness="1s")
def test_next_round_after_a_day_finds_silent_changes(mount, history, tenantfs, surroundings, mounts):
    """A change without an audit event is found by the next round."""
    first = wait_for_round(tenantfs, mount)
    mount.stop()
    other = mounts("other", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere")})
    document = other.json(MFA)
    overwrite(other / MFA, json.dumps({**document, "otpMaxAttempts": 9}))
    walked = history.path / "tenantfs-walked"
    begun, completed = map(int, walked.read_text().split())
    walked.write_text(f"{begun - 90000} {completed - 90000}\n")
    mount.start()
    wait_for_round(tenantfs, mount, after=first["begun"])
    found = [entry for entry in history.written() if entry["Origin"] == "others"]
    assert [(entry["Operation"], entry["Path"]) for entry in found] == [("change", MFA)]


@pytest.mark.sandbox("--users", "60")
@pytest.mark.conf(history_full="true", freshness="1h", feed_interval=1)
def test_document_named_by_the_feed_is_recorded(mount, history, sandbox, tenantfs, surroundings, mounts):
    """One call for the changed document; its commit has the other user's name."""
    wait_for_round(tenantfs, mount)
    other = mounts("other", "-o", "ro", env={"XDG_STATE_HOME": str(surroundings.folder / "read")})
    provider = next(plain_documents(other, PROVIDERS, "environment"))
    other.stop()
    writer = mounts("writer", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere")},
                    conf=without_full(sandbox, surroundings))
    overwrite(writer / provider, json.dumps({**writer.json(provider), "hideBanner": True}))

    def drift():
        return [entry for entry in history.written() if entry["Origin"] == "others"]
    found = until(drift, 30, "the commit", every=0.5)
    assert [(entry["Operation"], entry["Path"], entry["name"]) for entry in found] == [("change", provider, "admin")]


def without_full(sandbox, surroundings):
    conf = surroundings.folder / "box" / "plain.conf"
    conf.write_text("".join(line for line in sandbox.conf.read_text().splitlines(True) if "history-full" not in line))
    conf.chmod(0o600)
    return conf


@pytest.mark.parametrize("fault", ["status=503", "stall=60"])
@pytest.mark.sandbox("--users", "250")
@pytest.mark.conf(history_full="true", freshness="1h")
def test_round_waits_for_an_unreachable_server(sandbox, mounts, history, tenantfs, fault):
    """The mount works meanwhile; files that cannot be fetched are not recorded as removed."""
    sandbox.fault(f"{fault},path=/users/fetch")
    mount = mounts("mnt")
    assert mount.json(MFA)
    full = until(lambda: (now := full_of(tenantfs, mount))["places"] > 3 and now, 60, "the first places", every=0.2)
    assert full["completed"] is None
    assert history.written()
    assert not any(path.startswith(USERS) for path in recorded(history))
    assert "recording the whole tree: " in tenantfs("status", mount.path).stdout
    with Clock() as took:
        mount.stop()
    assert took.seconds < 10
