"""The state folder: drafts and the journal outlive the mount, are private, and survive a full disk."""
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import pytest

from files import create, overwrite, refusal
from killing import read_journal
from places import MFA, MODULES, PROVIDERS, largest_user_set, new_provider, plain_documents
from waiting import until

CUT = int(os.environ.get("TENANTFS_CUT") or 6)


def state_of(mount):
    return pathlib.Path(mount.json(".tenantfs/config.json")["state-dir"])


def refused_text(mount):
    return mount.text(MFA).replace('"otpMaxAttempts": ', '"otpMaxAttempts": "x", "y": ')


def test_draft_outlives_the_mount(mount, sandbox, tenantfs):
    refused, state = refused_text(mount), state_of(mount)
    assert refusal(overwrite, mount / MFA, refused) == "EINVAL"
    mount.stop()
    [file] = (state / "drafts").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (state / "drafts").stat().st_mode & 0o777 == 0o700
    shown = json.loads(tenantfs("status", "--json").stdout)
    assert [draft["name"] for draft in shown["drafts"]] == [MFA]
    assert f"drafts   {MFA}" in tenantfs("status").stdout
    mount.start()
    assert mount.drafts() == [MFA, MFA + ".error.json"]
    assert mount.draft(MFA) == refused
    assert json.loads(mount.draft(MFA + ".error.json"))["errno"] == "EINVAL"
    assert tenantfs("retry", MFA).returncode == 1
    assert mount.draft(MFA) == refused
    assert tenantfs("discard", MFA).returncode == 0
    assert mount.drafts() == [] and list((state / "drafts").iterdir()) == []


def test_draft_can_be_sent_after_a_restart(mount, sandbox, tenantfs):
    good = mount.json(MFA)
    sandbox.fault("status=400,method=PUT")
    wanted = json.dumps({**good, "otpMaxAttempts": 77}, indent=2) + "\n"
    assert refusal(overwrite, mount / MFA, wanted) == "EINVAL"
    sandbox.fault("")
    mount.stop()
    mount.start()
    start = sandbox.mark()
    assert tenantfs("retry", MFA).returncode == 0
    [write] = sandbox.writes(start)
    assert write.body["otpMaxAttempts"] == 77
    assert mount.json(MFA)["otpMaxAttempts"] == 77 and mount.drafts() == []


def test_refused_texts_of_two_processes_are_two_drafts(mount, surroundings, tenantfs):
    one, two = refused_text(mount), refused_text(mount).replace('"x"', '"z"')
    for text in (one, two):
        (surroundings.folder / "text").write_text(text)
        assert surroundings.run("cp", "text", mount / MFA).returncode == 1
    assert mount.drafts() == [MFA, MFA + ".2", MFA + ".2.error.json", MFA + ".error.json"]
    assert (mount.draft(MFA), mount.draft(MFA + ".2")) == (one, two)
    assert tenantfs("discard", mount / ".tenantfs/drafts" / (MFA + ".2")).returncode == 0
    assert mount.draft(MFA) == one
    os.unlink(mount / ".tenantfs/drafts" / MFA)
    assert mount.drafts() == []


def test_umount_reports_unsaved_drafts(mount, tenantfs):
    assert refusal(overwrite, mount / MFA, refused_text(mount)) == "EINVAL"
    done = tenantfs("umount", mount.path)
    assert done.returncode == 0
    assert "not on the server: 1 draft" in done.stderr
    assert mount.process.wait(20) == 0


def test_journal_lists_changes_with_their_outcome(mount, sandbox, tenantfs):
    document = mount.json(MFA)
    overwrite(mount / MFA, json.dumps({**document, "otpMaxAttempts": 41}) + "\n")
    create(mount / PROVIDERS / "Shown.json", new_provider(mount, "Shown"))
    os.unlink(mount / PROVIDERS / "Shown.json")
    shown = json.loads(tenantfs("journal", "--json").stdout)
    assert [entry["type"] for entry in shown] == ["change", "create", "remove"]
    assert [entry["path"] for entry in shown] == [MFA] + [f"{PROVIDERS}/Shown.json"] * 2
    assert all(entry["outcome"]["result"] == 0 for entry in shown)
    assert json.loads(shown[0]["outcome"]["after"])["otpMaxAttempts"] == 41
    assert json.loads(shown[0]["before"])["otpMaxAttempts"] == document["otpMaxAttempts"]
    assert shown[0]["caller"]["pid"] == os.getpid()
    assert shown[0]["calls"][0]["call"] == "PUT /config/authentication/mfa_settings"
    lines = tenantfs("journal", "-n", "1").stdout.splitlines()
    assert len(lines) == 1 and "remove" in lines[0] and "Shown.json" in lines[0] and "done" in lines[0]
    far = {"TZ": "<+05>-5"}
    there = tenantfs("journal", "-n", "1", env=far).stdout.split("  ", 1)[1].lstrip()[:13]
    assert there != lines[0].split("  ", 1)[1].lstrip()[:13]
    assert there == tenantfs("log", "-n", "1", env=far).stdout.split("  ", 1)[1][:13]
    check_numbers(tenantfs, shown)
    mount.stop()
    assert json.loads(tenantfs("journal", "--json").stdout) == shown
    assert tenantfs("journal", "-n", "0").returncode == 64


def check_numbers(tenantfs, shown):
    """The number in front of a journal line names the change in other commands."""
    names = [line.split()[0] for line in tenantfs("journal").stdout.splitlines()]
    assert names == [f"j{entry['seq']}" for entry in shown]
    for name, entry in zip(names, shown):
        change = json.loads(tenantfs("show", "--json", name, check=True).stdout)
        assert change["journal"] == name[1:]
        assert change["subject"].startswith(f"{entry['type']} {entry['path']}")
    done = tenantfs("show", "j999")
    assert done.returncode == 1 and "j999: there is no such revision" in done.stderr


def test_journal_holds_no_secrets(mount, tenantfs):
    state = state_of(mount)
    path = next(path for path in mount.documents(MODULES) + mount.documents(PROVIDERS)
                if '"secret:' in mount.text(path))
    text = re.sub(r'"secret:[0-9a-f]{16}"', '"Correct-Horse-7"', mount.text(path), count=1)
    assert refusal(overwrite, mount / path, text) == ""
    tenantfs("call", "POST", "/users/validate", "username=x", "password=Battery-Staple-8")
    assert json.loads(tenantfs("journal", "--json").stdout)
    kept = b"".join(path.read_bytes() for path in (state / "journal").iterdir())
    assert b"Correct-Horse-7" not in kept and b"Battery-Staple-8" not in kept
    assert [path for path in (state / "journal").iterdir() if path.suffix == ".text"] == []


def test_second_daemon_on_one_state_folder_is_refused(mount, surroundings, sandbox):
    (surroundings.folder / "second").mkdir()
    done = surroundings.run("tenantfs", "-c", sandbox.conf, "mount", "second")
    assert done.returncode == 1
    assert f'in use by process {mount.daemon_pid()}' in done.stderr
    assert mount.json(MFA)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_draft_outlives_a_killed_daemon(mount, tenantfs, number):
    refused = refused_text(mount)
    assert refusal(overwrite, mount / MFA, refused) == "EINVAL"
    mount.process.send_signal(number)
    assert mount.process.wait(20) == (0 if number == signal.SIGTERM else -signal.SIGKILL)
    assert tenantfs("mount", mount.path).returncode == 0
    assert mount.draft(MFA) == refused
    assert tenantfs("umount", mount.path).returncode == 0
    mount.process = None


@pytest.fixture
def full_state(surroundings):
    """A state folder on a file system of 400 kB."""
    path = surroundings.folder / "small"
    path.mkdir()
    if surroundings.run("mount", "-t", "tmpfs", "-o", "size=400k,mode=700", "tmpfs", path).returncode:
        pytest.skip("a tmpfs cannot be mounted")
    yield path
    surroundings.run("umount", "-l", path)


def fill(path):
    descriptor = os.open(path / "filler", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        while os.write(descriptor, b"x" * 4096):
            pass
    except OSError:
        os.close(descriptor)


def test_full_disk_refuses_saves_and_allows_reads(mounts, sandbox, full_state, tenantfs, surroundings):
    # libgit2 leaks then; only its whole stack tells these leaks from ours, and unwinding it costs time.
    options = surroundings.variables["ASAN_OPTIONS"] + ":fast_unwind_on_malloc=0"
    mount = mounts("mnt", env={"XDG_STATE_HOME": str(full_state), "ASAN_OPTIONS": options})
    document = mount.json(MFA)
    fill(full_state)
    start = sandbox.mark()
    numbers = []
    for number in range(300, 420):
        text = json.dumps({**document, "otpMaxAttempts": number}, indent=2) + "\n"
        result = refusal(overwrite, mount / MFA, text)
        if result:
            break
        numbers.append(number)
    assert result == "ENOSPC"
    assert [write.body["otpMaxAttempts"] for write in sandbox.writes(start)] == numbers
    assert "nothing was sent" in mount.errors()[-1]["error"]["message"]
    assert mount.draft(MFA) == text
    state = {"XDG_STATE_HOME": str(full_state)}
    said = tenantfs("umount", mount.path, env=state)
    assert said.returncode == 1
    assert f"{mount.path}/.tenantfs/drafts/{mount.drafts()[0]}\n" in said.stderr
    assert "make room" in said.stderr
    (mount / ".tenantfs/refresh").write_text("\n")
    assert mount.json(MFA)["otpMaxAttempts"] == (numbers or [document["otpMaxAttempts"]])[-1]
    os.unlink(full_state / "filler")
    assert tenantfs("retry", MFA, env=state).returncode == 0
    assert mount.json(MFA)["otpMaxAttempts"] == number
    entries = read_journal(next(full_state.glob("tenantfs/*")))
    done = [json.loads(entry["outcome"]["after"])["otpMaxAttempts"] for entry in entries]
    assert done == [*numbers, number]


@pytest.mark.conf(timeout=4)
def test_lost_answer_is_resolved_when_the_server_is_back(mount, sandbox):
    """The server made the change and failed when it was checked: the change is pending, and resolved on recovery."""
    document = mount.json(MFA)
    sandbox.fault("drop-after,method=PUT;after=1,drop,path=/config")
    wanted = json.dumps({**document, "otpMaxAttempts": 55}, indent=2) + "\n"
    assert refusal(overwrite, mount / MFA, wanted) in ("EIO", "ETIMEDOUT")
    [pending] = mount.json(".tenantfs/pending.json")
    assert (pending["type"], pending["path"]) == ("change", MFA)
    assert mount.draft(MFA) == wanted
    sandbox.fault("")
    until(lambda: mount.json(".tenantfs/pending.json") == [], 20, "the end of pending changes")
    assert mount.json(MFA)["otpMaxAttempts"] == 55
    assert mount.drafts() == []

@pytest.mark.timeout(120 + CUT)
@pytest.mark.conf(timeout=3)
def test_network_cut_loses_no_change(mount, sandbox, tenantfs):
    """For TENANTFS_CUT seconds nothing gets through and no connection is refused."""
    paths = list(plain_documents(mount, largest_user_set(mount), "firstname"))[:8]
    documents = {path: mount.json(path) for path in paths}
    sandbox.process.send_signal(signal.SIGSTOP)
    refused_saves, slowest, ends, number = {}, 0, time.monotonic() + CUT, 0
    try:
        while time.monotonic() < ends or not refused_saves:
            for path, document in documents.items():
                began = time.monotonic()
                code = refusal(overwrite, mount / path, json.dumps({**document, "middlename": f"cut {number}"}) + "\n")
                slowest = max(slowest, time.monotonic() - began)
                assert code in ("ETIMEDOUT", "EIO")
                refused_saves[path] = f"cut {number}"
                assert mount.json(path)["firstname"] == document["firstname"]
                number += 1
                if time.monotonic() > ends:
                    break
    finally:
        sandbox.process.send_signal(signal.SIGCONT)
    print(f"cut off for {CUT} s: {number} saves refused, the slowest after {slowest:.1f} s")
    assert slowest < 8
    until(lambda: mount.json(".tenantfs/pending.json") == [], 60, "the end of pending changes")
    for path, name in refused_saves.items():
        # Refused drafts are sent again by hand; a draft that the server has saved after all is gone.
        if path in mount.drafts():
            assert json.loads(mount.draft(path))["middlename"] == name
            until(lambda path=path: tenantfs("retry", str(mount / path)).returncode == 0, 20, f"the retry of {path}")
    tenantfs("refresh", mount.path, check=True)
    assert {path: mount.json(path)["middlename"] for path in refused_saves} == refused_saves
    assert mount.drafts() == []


def kill_and_restart(mount):
    mount.process.send_signal(signal.SIGKILL)
    mount.process.wait(20)
    subprocess.run(["fusermount3", "-uz", mount.path], check=False)
    mount.start()


def test_save_killed_between_its_calls_is_completed(mount, sandbox):
    """Killed between its first and its second call, a save is completed: only the missing call is sent again."""
    path = mount.documents(largest_user_set(mount))[3]
    document = mount.json(path)
    role = next(name for name in (name.removesuffix(".json") for name in mount.names("communities/default/roles"))
                if name != document["role"])
    wanted = {**document, "firstname": "Half", "role": role}
    mount.allow("lockout")
    sandbox.fault("stall=5,path=/users/user/role/update")
    start = sandbox.mark()
    writer = threading.Thread(target=refusal, args=(overwrite, mount / path, json.dumps(wanted, indent=2) + "\n"))
    writer.start()
    until(lambda: sandbox.names(start).count("PATCH /users/user/update"), 20, "the first call")
    time.sleep(0.3)
    kill_and_restart(mount)
    writer.join(20)
    sandbox.fault("")
    until(lambda: mount.json(".tenantfs/pending.json") == [] and mount.drafts() == [], 40, "the end of pending changes")
    mount.refresh()
    assert {**mount.json(path), "_server": 0} == {**wanted, "_server": 0}
    names = [write.name for write in sandbox.writes(start)]
    assert names.count("PATCH /users/user/update") == 1
    assert 1 <= names.count("PATCH /users/user/role/update") <= 2


def test_state_folder_is_private(mount, tenantfs):
    state = state_of(mount)
    assert refusal(overwrite, mount / MFA, refused_text(mount)) == "EINVAL"
    assert refusal(overwrite, mount / MFA, mount.text(MFA).replace("{", "{ ", 1)) == ""
    mount.allow("removals")
    tenantfs("log", mount / MFA)
    mount.stop()
    tenantfs("status")
    found = {str(path.relative_to(state)): path.lstat().st_mode & 0o077 for path in [state, *state.rglob("*")]}
    assert {"journal", "drafts", "history.git", "lock", "allowed.json"} <= set(found)
    assert {path for path, mode in found.items() if mode} == set()


def test_draft_outside_the_write_patterns_is_not_sent(mount, sandbox, tenantfs):
    sandbox.fault("status=400,method=PUT")
    wanted = json.dumps({**mount.json(MFA), "otpMaxAttempts": 77}, indent=2) + "\n"
    assert refusal(overwrite, mount / MFA, wanted) == "EINVAL"
    sandbox.fault("")
    mount.stop()
    mount.options = [*mount.options, "-o", "write=communities/default/users/*/*"]
    mount.start()
    start = sandbox.mark()
    done = tenantfs("retry", MFA)
    assert done.returncode == 1 and "pattern matches" in done.stderr
    assert sandbox.writes(start) == [] and mount.draft(MFA) == wanted

def test_draft_with_a_long_name_is_listed(mount):
    """The name of its error file would be too long: the error is in errors.json only."""
    path = next(path for path in mount.documents(largest_user_set(mount)) if "/long-" in path)
    assert refusal(overwrite, mount / path, "{]\n") == "EINVAL"
    folder, name = path.rsplit("/", 1)
    assert os.listdir(mount / ".tenantfs/drafts" / folder) == [name]
    assert mount.drafts() == [path]
    assert mount.errors()[-1]["path"] == path


def test_status_after_a_kill_reports_no_mount(mount, tenantfs, surroundings):
    """Without a mount `tenantfs status` reports that the killed one is gone."""
    mount.text(MFA)
    mount.process.send_signal(signal.SIGKILL)
    mount.process.wait(20)
    done = tenantfs("status", "--json")
    assert json.loads(done.stdout)["mounted"] is False
    mount.process = None
    assert subprocess.run(["fusermount3", "-uz", mount.path], check=False).returncode == 0
