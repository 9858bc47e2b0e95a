"""A server that stops answering, and a daemon that is killed: no endless wait, no loss, recovery afterwards."""
import json
import os
import signal
import subprocess

import pytest

from files import overwrite, read_bytes, refusal
from mount import is_mounted
from places import MFA, PROVIDERS, largest_user_set, plain_documents
from waiting import Clock, until

TIMEOUT = 5
FEED = pytest.mark.conf(feed_interval=1, freshness="1h")
SHORT = pytest.mark.conf(timeout=TIMEOUT)
ROLES = "communities/default/roles"


def start_cat(surroundings, path):
    return surroundings.start("cat", path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as text:
        return [int(word) for word in text.read().split()]


def name_of(pid):
    """Name of the process; None if it is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as text:
            name, state = text.read().rsplit(")", 1)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state.split()[0] == "Z" else name.split("(", 1)[1]


def states(pid):
    """State letter of each thread; D is uninterruptible sleep in the kernel."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/stat") as text:
            found.append(text.read().rsplit(")", 1)[1].split()[0])
    return found


def open_files(pid):
    folder = f"/proc/{pid}/fd"
    return [os.readlink(f"{folder}/{fd}").split(":")[0] for fd in sorted(os.listdir(folder))]


@SHORT
def test_read_fails_when_the_server_is_killed(mount, sandbox, surroundings):
    sandbox.fault("stall=60")
    with Clock() as took:
        cat = start_cat(surroundings, mount / MFA)
        pytest.raises(subprocess.TimeoutExpired, cat.wait, 1)
        sandbox.kill()
        _, message = cat.communicate(timeout=TIMEOUT + 5)
    assert cat.returncode == 1
    assert "Input/output error" in message
    assert took.seconds < TIMEOUT + 2


@SHORT
def test_read_of_a_stalled_server_times_out(mount, sandbox, surroundings):
    sandbox.fault("stall=60")
    with Clock() as took:
        cat = start_cat(surroundings, mount / MFA)
        _, message = cat.communicate(timeout=TIMEOUT + 10)
    assert cat.returncode == 1
    assert "Connection timed out" in message
    assert TIMEOUT - 1 < took.seconds < TIMEOUT + 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_signal_interrupts_a_read_at_once(mount, sandbox, surroundings, number):
    mount.names("communities/default/settings")
    sandbox.fault("stall=60")
    cat = start_cat(surroundings, mount / MFA)
    pytest.raises(subprocess.TimeoutExpired, cat.wait, 1)
    with Clock() as took:
        cat.send_signal(number)
        cat.communicate(timeout=20)
    assert cat.returncode == -number
    assert took.seconds < 1
    sandbox.fault("")
    assert mount.json(MFA)


@SHORT
def test_cached_documents_are_served_without_the_server(mount, sandbox):
    directory = largest_user_set(mount)
    seen = {path: mount.text(path) for path in mount.documents(directory)}
    settings = mount.text(MFA)
    sandbox.kill()
    with Clock() as took:
        for path, text in seen.items():
            assert mount.text(path) == text
        assert sorted(seen) == mount.documents(directory)
        assert mount.text(MFA) == settings
    assert took.seconds < 2
    assert float(os.getxattr(mount / MFA, "user.tenantfs.age").decode().rstrip("s")) >= 0


@SHORT
def test_uncached_reads_fail_without_the_server(mount, sandbox):
    mount.names("communities/default")
    sandbox.kill()
    with Clock() as took:
        assert refusal(os.listdir, mount / PROVIDERS) == "EIO"
        assert refusal(read_bytes, mount / MFA) == "EIO"
    assert took.seconds < 2 * (TIMEOUT + 1)


@SHORT
def test_stale_listings_are_served_without_the_server(mount, sandbox, tenantfs):
    listed = mount.documents(PROVIDERS)
    tenantfs("refresh", check=True)
    sandbox.kill()
    assert mount.documents(PROVIDERS) == listed
    assert [mount.text(path) for path in listed]


@SHORT
def test_save_without_the_server_fails_and_leaves_a_draft(mount, sandbox, tenantfs):
    text = mount.text(MFA)
    number = mount.json(MFA)["otpMaxAttempts"]
    changed = text.replace(f'"otpMaxAttempts": {number}', '"otpMaxAttempts": 9')
    sandbox.kill()
    with Clock() as took:
        assert refusal(overwrite, mount / MFA, changed) == "EIO"
    assert took.seconds < TIMEOUT + 1
    assert mount.draft(MFA) == changed
    assert mount.text(MFA) == text

    start = sandbox.mark()
    sandbox.start()
    assert tenantfs("retry", MFA).returncode == 0
    [write] = sandbox.writes(start)
    assert write.body["otpMaxAttempts"] == 9
    assert mount.drafts() == []
    assert mount.json(MFA)["otpMaxAttempts"] == 9


@SHORT
def test_reads_and_saves_work_after_the_server_returns(mount, sandbox):
    listed = mount.documents(PROVIDERS)
    sandbox.kill()
    assert refusal(os.listdir, mount / ROLES) == "EIO"
    sandbox.start()
    assert mount.names(ROLES)
    assert mount.documents(PROVIDERS) == listed
    changed = mount.text(MFA).replace('"show_otp_email": true', '"show_otp_email": false')
    assert refusal(overwrite, mount / MFA, changed) == ""


@SHORT
def test_stalled_call_does_not_delay_other_callers(mount, sandbox, surroundings):
    """A stalled call delays its caller and nobody else."""
    seen = mount.text(MFA)
    sandbox.fault("stall=60,path=/serviceprovider")
    cat = start_cat(surroundings, mount / PROVIDERS / "whatever.json")
    pytest.raises(subprocess.TimeoutExpired, cat.wait, 1)
    with Clock() as took:
        assert mount.text(MFA) == seen
        assert mount.names("communities/default/roles")
    assert took.seconds < 2
    cat.kill()
    cat.communicate()


def test_lazy_unmount_ends_the_daemon_during_a_call(mount, sandbox, surroundings, tenantfs):
    """A busy mount is not unmounted; a lazy unmount still ends the daemon promptly."""
    sandbox.fault("stall=60")
    cat = start_cat(surroundings, mount / MFA)
    pytest.raises(subprocess.TimeoutExpired, cat.wait, 1)
    refused = tenantfs("umount", mount.path)
    assert refused.returncode == 1
    assert "in use" in refused.stderr
    cat.kill()
    cat.communicate()
    with Clock() as took:
        mount.stop()
    assert took.seconds < 10


def test_daemon_ends_on_sigterm(mount):
    mount.text(MFA)
    process = mount.process
    process.send_signal(signal.SIGTERM)
    assert until(lambda: process.poll() is not None or None, 20)
    assert process.returncode == 0
    mount.process = None
    assert not is_mounted(mount.path)


def kill_daemon(mount):
    """Kills the daemon with SIGKILL; other threads than the first may still be in the kernel."""
    dead, mount.process = mount.process, None
    dead.send_signal(signal.SIGKILL)
    return dead


def block_daemon_in_kernel(mount, mounts, sandbox, surroundings):
    """A removal holds a directory's lock in the kernel; it waits for the daemon, and a daemon thread for that lock."""
    elsewhere = mounts("elsewhere", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere-state")})
    first, second = list(plain_documents(mount, PROVIDERS, "mobileAppLabel"))[:2]
    mount.text(first)
    mount.allow()
    sandbox.fault("stall=60,method=DELETE")
    removal = surroundings.start("rm", mount / first, stderr=subprocess.PIPE, text=True)
    pytest.raises(subprocess.TimeoutExpired, removal.wait, 1)
    changed = json.dumps({**elsewhere.json(second), "mobileAppLabel": "Elsewhere"})
    overwrite(elsewhere / second, changed + "\n")
    until(lambda: "D" in states(mount.daemon_pid()), 20, "a thread blocked in the kernel")
    return removal


@FEED
def test_guard_aborts_a_daemon_killed_in_the_kernel(mount, mounts, sandbox, surroundings):
    removal = block_daemon_in_kernel(mount, mounts, sandbox, surroundings)
    dead = kill_daemon(mount)
    _, message = removal.communicate(timeout=10)
    assert dead.wait(10) == -signal.SIGKILL
    assert removal.returncode == 1
    assert "Software caused connection abort" in message or "not connected" in message
    assert refusal(os.listdir, mount.path) == "ENOTCONN"
    assert is_mounted(mount.path)


@FEED
def test_next_mount_aborts_a_daemon_killed_with_its_guard(mount, mounts, sandbox, surroundings):
    """The next mount aborts the connection of a daemon whose guard is dead as well."""
    [guard] = children(mount.daemon_pid())
    removal = block_daemon_in_kernel(mount, mounts, sandbox, surroundings)
    os.kill(guard, signal.SIGKILL)
    dead = kill_daemon(mount)
    pytest.raises(subprocess.TimeoutExpired, removal.wait, 2)
    sandbox.fault("")
    mount.start()
    assert dead.wait(10) == -signal.SIGKILL
    removal.communicate(timeout=10)
    until(lambda: refusal(mount.text, MFA) == "", 20, "the mount")


def test_guard_ends_after_its_daemon(mount, surroundings):
    pid = mount.daemon_pid()
    [guard] = children(pid)
    assert name_of(guard) == "tenantfs-guard"
    assert kill_daemon(mount).wait(10) == -signal.SIGKILL
    until(lambda: name_of(guard) is None, 10, "the end of the guard")


def test_daemon_works_without_its_guard(mount):
    pid = mount.daemon_pid()
    [guard] = children(pid)
    os.kill(guard, signal.SIGKILL)
    assert mount.text(MFA)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_guard_ignores_terminal_signals(mount, number):
    [guard] = children(mount.daemon_pid())
    os.kill(guard, number)
    assert open_files(guard)[:2] == ["pipe", "/dev/null"]
    assert open_files(guard)[3:] == ["anon_inode"]
    assert name_of(guard) == "tenantfs-guard"


def test_background_daemon_closes_its_output(sandbox, surroundings):
    folder = surroundings.folder / "alone"
    folder.mkdir()
    started = surroundings.run("tenantfs-mountd", "-c", sandbox.conf, folder, timeout=30)
    assert started.returncode == 0
    assert os.listdir(folder)
    surroundings.run("fusermount3", "-u", folder, check=True)
