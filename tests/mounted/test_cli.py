"""The command: its output, its exit status and its error messages."""
import base64
import json
import os
import pathlib
import re
import stat
import subprocess
import time

import pytest

from endpoints import load_endpoints
from files import refusal
from mount import is_mounted
from places import MFA
from waiting import until

DONE, REFUSED, UNREACHABLE, USAGE = 0, 1, 3, 64
COMMANDS = ["allow", "call", "discard", "help", "journal", "login", "logout", "mount", "refresh", "retry", "sandbox",
            "status", "umount"]


@pytest.fixture
def place(surroundings):
    folder = surroundings.folder / "place"
    folder.mkdir()
    yield folder
    if is_mounted(folder):
        surroundings.run("fusermount3", "-uz", folder)


@pytest.fixture
def background(surroundings, sandbox, tenantfs, place):
    """`tenantfs mount DIR` as people type it: it returns once the tree is mounted."""
    done = tenantfs("mount", place)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout == f"sandbox is mounted at {place}\n"
    yield place
    if is_mounted(place):
        assert tenantfs("umount", place).returncode == DONE


def daemons(surroundings):
    """Ids of the processes of this test that serve a mount."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"mountd" in words[0] and any(str(surroundings.folder).encode() in word for word in words):
            found.append(int(entry.name))
    return found


def check_error(done, code, *pieces):
    assert done.returncode == code, done
    assert done.stderr.startswith("tenantfs: "), done.stderr
    for piece in pieces:
        assert piece in done.stderr, done.stderr


def test_umount_ends_the_daemon(background, surroundings, tenantfs):
    assert (background / MFA).read_text()
    assert len(daemons(surroundings)) == 1
    done = tenantfs("umount", background)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert not is_mounted(background)
    assert daemons(surroundings) == []
    assert os.listdir(background) == []


def test_second_mount_is_refused(background, tenantfs, surroundings):
    check_error(tenantfs("mount", background), REFUSED, str(background), "already")
    other = surroundings.folder / "other"
    other.mkdir()
    again = tenantfs("mount", other)
    assert again.returncode == REFUSED
    assert not is_mounted(other)
    assert (background / MFA).read_text()


def test_mount_replaces_the_mount_of_a_dead_daemon(background, surroundings, tenantfs):
    [pid] = daemons(surroundings)
    os.kill(pid, 9)
    until(lambda: not daemons(surroundings), 10)
    with pytest.raises(OSError):
        os.listdir(background)
    done = tenantfs("mount", background)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert (background / MFA).read_text()


def test_status_finds_the_mount_of_the_current_folder(background, surroundings):
    done = surroundings.run("tenantfs", "status", cwd=background / "communities")
    assert done.returncode == DONE
    assert "sandbox" in done.stdout
    done = surroundings.run("tenantfs", "status", background)
    assert done.returncode == DONE


def test_umount_of_a_busy_mount_names_its_users(background, surroundings, tenantfs):
    sleeper = surroundings.start("sleep", "60", cwd=background)
    try:
        check_error(tenantfs("umount", background), REFUSED, "in use", str(sleeper.pid), "sleep")
        assert is_mounted(background)
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="unshare needs root")
def test_umount_ends_the_daemon_while_another_namespace_lives(background, surroundings, tenantfs):
    """A container or a systemd unit with PrivateTmp has a copy of the mount: it ends, unless a process uses it."""
    ready = surroundings.folder / "ready"
    other = surroundings.start("unshare", "-m", "--propagation", "private", "sh", "-c",
                               f"touch {ready}; exec sleep 60")
    user = None
    try:
        until(ready.exists, 10)
        user = surroundings.start("nsenter", "-t", str(other.pid), "-m", "sh", "-c",
                                  f"cd {background} && touch {ready}2 && exec sleep 60")
        until(pathlib.Path(f"{ready}2").exists, 10)
        check_error(tenantfs("umount", background), REFUSED, "another mount namespace", str(user.pid), "sleep")
        assert is_mounted(background) and (background / MFA).read_text()
        user.kill()
        user.wait()
        start = time.monotonic()
        done = tenantfs("umount", background)
        assert (done.returncode, done.stderr) == (DONE, "")
        assert time.monotonic() - start < 10
        assert not is_mounted(background) and daemons(surroundings) == []
    finally:
        for process in (other, user):
            if process:
                process.kill()
                process.wait()


def test_umount_of_a_plain_folder_is_refused(place, tenantfs):
    check_error(tenantfs("umount", place), REFUSED, "no tenantfs mount is there")


def test_status_reports_whether_the_server_is_reachable(background, tenantfs, sandbox):
    done = tenantfs("status")
    assert done.returncode == DONE
    assert "sandbox" in done.stdout and "reachable" in done.stdout and str(background) in done.stdout
    status = json.loads(tenantfs("status", "--json", check=True).stdout)
    assert status["tenant"] == "sandbox"
    assert "reachable" in json.dumps(status)
    sandbox.kill()
    with pytest.raises(OSError):
        os.listdir(background / "communities/default/roles")
    gone = tenantfs("status")
    assert gone.returncode == UNREACHABLE
    assert "not reachable" in gone.stdout


def test_status_fails_without_a_mount(tenantfs):
    assert tenantfs("status").returncode == REFUSED


def test_status_lists_a_refused_save(background, tenantfs):
    with pytest.raises(OSError):
        (background / MFA).write_text("{")
    output = tenantfs("status").stdout
    assert MFA in output


def test_call_prints_the_answer_body(tenantfs, sandbox):
    done = tenantfs("call", "GET", "/config/authentication/mfa_settings")
    assert (done.returncode, done.stderr) == (DONE, "")
    body = json.loads(done.stdout)
    assert isinstance(body["otpMaxAttempts"], int)
    whole = json.loads(tenantfs("call", "--json", "GET", "/config/authentication/mfa_settings").stdout)
    assert list(whole.pop("headers")) == ["requestid"]
    assert whole == {"status": 200, "body": body}


def test_call_converts_words_to_documented_types(tenantfs, sandbox):
    start = sandbox.mark()
    tenantfs("call", "POST", "/users/user/lock", "username=nobody", "lock_duration=30")
    [request] = [request for request in sandbox.requests(start) if request.name == "POST /users/user/lock"]
    assert request.body == {"username": "nobody", "lock_duration": 30}


def test_refused_call_prints_status_and_endpoint(tenantfs):
    done = tenantfs("call", "GET", "/serviceprovider/000000000000000000000000")
    check_error(done, REFUSED, "404", "GET /serviceprovider/{id}")
    assert json.loads(done.stdout)


@pytest.mark.parametrize("words, piece", [
    (["GET", "/no/such/path"], "the API has no GET /no/such/path"),
    (["GET"], "METHOD PATH"),
    (["POST", "/users/user/lock", "user=alice"], "username"),
    (["POST", "/users/user/lock", "username"], "username"),
    (["POST", "/users/user/lock", "username=alice", "lock_duration=long"], "lock_duration"),
])
def test_call_with_wrong_words_is_not_sent(tenantfs, sandbox, words, piece):
    start = sandbox.mark()
    check_error(tenantfs("call", *words), USAGE, piece)
    assert sandbox.requests(start) == []


def test_call_list_and_describe_send_nothing(tenantfs, sandbox):
    listed = tenantfs("call", "--list", "users", "lock").stdout
    assert "/users/user/lock" in listed and "/users/user/unlock" in listed
    assert len(tenantfs("call", "--list").stdout.splitlines()) >= len(load_endpoints())
    assert "username" in tenantfs("call", "--describe", "POST", "/users/user/lock").stdout
    assert sandbox.requests() == []


def test_call_uses_the_session_of_the_mount(background, tenantfs, sandbox):
    """The command uses the daemon's session: it costs its own call and no other."""
    (background / MFA).read_text()
    start = sandbox.mark()
    tenantfs("call", "GET", "/config/authentication/mfa_settings", check=True)
    assert sandbox.names(start) == ["GET /config/authentication/mfa_settings"]


def credentials(sandbox):
    """Login name, password and code from the sandbox's credentials file."""
    return re.findall(r"(?m)^[^#\s].*$", (sandbox.data / "credentials").read_text())


def remove_token_setting(sandbox):
    kept = [line for line in sandbox.conf.read_text().split("\n") if "token-file" not in line]
    sandbox.conf.write_text("\n".join(kept))


def login_lines(sandbox):
    return "".join(line.split("=", 1)[-1].strip() + "\n" for line in credentials(sandbox))


def test_login_stores_a_private_token_until_logout(tenantfs, sandbox, surroundings):
    remove_token_setting(sandbox)
    refused = tenantfs("call", "GET", "/config/authentication/mfa_settings")
    check_error(refused, REFUSED, "log in")
    done = tenantfs("login", input=login_lines(sandbox))
    assert done.returncode == DONE, done.stderr
    assert "logged in as" in done.stdout
    password = login_lines(sandbox).split("\n")[1]
    assert password not in done.stdout + done.stderr
    assert tenantfs("call", "GET", "/config/authentication/mfa_settings").returncode == DONE
    kept = [path for path in surroundings.home.rglob("*") if path.is_file() and "token" in path.name]
    assert kept and all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)
    start = sandbox.mark()
    assert tenantfs("logout").returncode == DONE
    assert "GET /logout" in sandbox.names(start)
    assert tenantfs("call", "GET", "/config/authentication/mfa_settings").returncode == REFUSED


def test_login_with_a_wrong_password_is_refused(tenantfs, sandbox):
    remove_token_setting(sandbox)
    name = login_lines(sandbox).split("\n")[0]
    check_error(tenantfs("login", input=f"{name}\nnot the password\n000000\n"), REFUSED, "login")


def test_refresh_makes_the_next_read_fetch_again(background, tenantfs, sandbox):
    (background / MFA).read_text()
    start = sandbox.mark()
    (background / MFA).read_text()
    assert sandbox.requests(start) == []
    assert tenantfs("refresh", "communities/default/settings").returncode == DONE
    (background / MFA).read_text()
    assert sandbox.names(start) == ["GET /config/authentication/mfa_settings"]


def test_refresh_of_a_missing_path_is_refused(background, tenantfs):
    for path in ("nope", "communities/default/service-providers/nobody.json"):
        done = tenantfs("refresh", path)
        assert (done.returncode, done.stdout) == (REFUSED, "")
        assert f"{path} does not exist" in done.stderr
        assert refusal((background / ".tenantfs/refresh").write_text, f"{path}\n") == "ENOENT"
    assert tenantfs("refresh").returncode == DONE
    (background / ".tenantfs/refresh").write_text(f"{MFA}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_prints_its_help(surroundings, command):
    done = surroundings.run("tenantfs", command, "--help")
    if command == "sandbox":
        assert done.returncode == DONE and "--data" in done.stdout
        return
    assert (done.returncode, done.stderr) == (DONE, "")
    assert f"tenantfs {command}" in done.stdout
    assert surroundings.run("tenantfs", "help", command).stdout == done.stdout


def test_help_lists_all_commands(surroundings):
    done = surroundings.run("tenantfs", "--help")
    assert (done.returncode, done.stderr) == (DONE, "")
    for command in COMMANDS:
        assert command in done.stdout
    assert surroundings.run("tenantfs", "--version").stdout.startswith("tenantfs ")


@pytest.mark.parametrize("words, piece", [
    ([], "tenantfs"),
    (["moutn", "x"], "mount"),
    (["mount"], "DIR"),
    (["mount", "--no-such"], "--no-such"),
    (["umount"], "DIR"),
    (["status", "a", "b"], "unexpected"),
    (["retry"], "PATH"),
    (["discard"], "PATH"),
])
def test_wrong_usage_names_the_mistake(surroundings, words, piece):
    done = surroundings.run("tenantfs", *words)
    assert done.returncode == USAGE
    assert piece in done.stderr


# Errors before anything is mounted: how to cause each, its exit status, and words of its message.
def make_key_readable(sandbox):
    (sandbox.data / "client.key").chmod(0o644)


def remove_key(sandbox):
    (sandbox.data / "client.key").unlink()


def corrupt_key(sandbox):
    (sandbox.data / "client.key").write_text("AAAA*\n")


def stop_server(sandbox):
    sandbox.kill()


def pin_another_service_key(sandbox):
    conf = sandbox.conf.read_text()
    own = re.search(r"service-key = (\S+)", conf).group(1).strip('"')
    public = subprocess.run(["openssl", "ec", "-in", "/dev/stdin", "-pubout", "-outform", "DER"], check=True,
                            capture_output=True, input=subprocess.run(
                                ["openssl", "ecparam", "-name", "secp256k1", "-genkey", "-noout"], check=True,
                                capture_output=True).stdout).stdout
    sandbox.conf.write_text(conf.replace(own, base64.b64encode(public[-64:]).decode()))


def write_bad_token(sandbox):
    (sandbox.data / "token").write_text("eyJhbGciOiJub25lIn0.eyJleHAiOjF9.x\n")


def add_unknown_setting(sandbox):
    with open(sandbox.conf, "a") as conf:
        conf.write("\ttime-out = 5\n")


def add_bad_setting(sandbox):
    with open(sandbox.conf, "a") as conf:
        conf.write("\ttimeout = soon\n")


def name_unknown_community(sandbox):
    sandbox.conf.write_text(re.sub(r"community = .*", "community = nowhere", sandbox.conf.read_text()))


MOUNT_FAILURES = {
    "open-key": (make_key_readable, REFUSED, ["client.key", "mode 0644", "chmod 600"]),
    "no-key": (remove_key, REFUSED, ["client.key"]),
    "bad-key": (corrupt_key, REFUSED, ["client.key"]),
    "server-away": (stop_server, UNREACHABLE, ["127.0.0.1", "status"]),
    "other-service-key": (pin_another_service_key, UNREACHABLE, ["key", "fingerprint"]),
    "bad-token": (write_bad_token, REFUSED, ["log in"]),
    "unknown-setting": (add_unknown_setting, REFUSED, ["time-out", "did you mean timeout", "tenantfs.conf"]),
    "bad-setting": (add_bad_setting, REFUSED, ["timeout", "30s", "tenantfs.conf"]),
    "no-such-community": (name_unknown_community, REFUSED, ["nowhere"]),
}


@pytest.mark.conf(timeout="5s")
@pytest.mark.parametrize("case", MOUNT_FAILURES)
def test_failed_mount_leaves_no_daemon(sandbox, tenantfs, place, surroundings, case):
    spoil, code, pieces = MOUNT_FAILURES[case]
    spoil(sandbox)
    done = tenantfs("mount", place)
    check_error(done, code, *pieces)
    assert not is_mounted(place)
    assert daemons(surroundings) == []


def test_mount_point_must_be_a_directory(tenantfs, surroundings):
    file = surroundings.folder / "file"
    file.write_text("")
    check_error(tenantfs("mount", file), REFUSED, "file", "not a directory")
    check_error(tenantfs("mount", surroundings.folder / "missing"), REFUSED, "missing", "create it")


def test_mount_of_an_unknown_tenant_is_refused(tenantfs, place):
    check_error(tenantfs("mount", "acme", place), REFUSED, "acme", "sandbox")


def test_mount_without_a_configuration_is_refused(surroundings, place):
    check_error(surroundings.run("tenantfs", "mount", place), REFUSED, "config")


def test_config_option_is_taken_before_and_after_the_command(surroundings, sandbox):
    words = ["call", "GET", "/healthz"]
    assert surroundings.run("tenantfs", "-c", sandbox.conf, *words).returncode == DONE
    assert surroundings.run("tenantfs", words[0], "-c", sandbox.conf, *words[1:]).returncode == DONE
    env = {"TENANTFS_CONFIG": str(sandbox.conf)}
    assert surroundings.run("tenantfs", *words, env=env).returncode == DONE


def test_state_and_socket_are_private(background, surroundings):
    """Only the user may read the state folder and the control socket."""
    state = surroundings.home / "state" / "tenantfs" / "sandbox"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    sockets = [path for path in surroundings.home.rglob("*") if stat.S_ISSOCK(path.lstat().st_mode)]
    assert sockets
    for path in sockets:
        assert stat.S_IMODE(path.lstat().st_mode) == 0o600
    for path in state.rglob("*"):
        assert not path.is_file() or stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_command_line_of_the_daemon_has_no_secret(background, surroundings, sandbox):
    [pid] = daemons(surroundings)
    shown = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    for name in ("client.key", "license", "token"):
        assert (sandbox.data / name).read_text().strip().encode() not in shown


def test_mount_helper_name_mounts_as_from_fstab(surroundings, sandbox, place):
    """`mount -t fuse.tenantfs` runs the command under the name of a mount helper."""
    helper = surroundings.folder / "mount.fuse.tenantfs"
    helper.symlink_to(surroundings.bin / "tenantfs")
    done = surroundings.run(helper, "sandbox", place, "-o", f"rw,noauto,x-systemd.automount,config={sandbox.conf}")
    assert (done.returncode, done.stderr) == (DONE, "")
    assert (place / MFA).read_text()
    assert surroundings.run("tenantfs", "-c", sandbox.conf, "umount", place).returncode == DONE
