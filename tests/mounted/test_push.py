"""The history at its remote: the same commits in the same order, pushed without delaying anybody."""
import json
import os
import signal
import socket
import subprocess

import pytest

from files import overwrite
from history import History
from mount import is_mounted
from places import MFA
from remotes import SOMEBODY, HttpsServer, Listener, Remote, SshServer, command_lines, processes_with, refusing_port
from waiting import Clock, until

HERE = f"sandbox/{os.uname().nodename}"
BARE = pytest.mark.conf(history_remote="../remote.git")
LOGIN = "tester:sesame-4711-open"
CHANGES = int(os.environ.get("PUSH_CHANGES", "130"))
QUICK = 2    # seconds: limit for a save, whatever the remote does
LAST = 5     # seconds: how long the shutdown waits for a push


@pytest.fixture
def remote(surroundings):
    return Remote(surroundings.folder / "remote.git")


@pytest.fixture
def serve():
    """Closes servers at the end of the test."""
    kept = []

    def keep(server):
        kept.append(server)
        return server

    yield keep
    for server in kept:
        server.close()


@pytest.fixture
def pushed_to(sandbox):
    """Sets the remote and other settings of the tenant."""
    def add(remote, **settings):
        with open(sandbox.conf, "a") as conf:
            conf.write(f"\thistory-remote = {remote}\n")
            conf.writelines(f"\t{name.replace('_', '-')} = {value}\n" for name, value in settings.items())
    return add


def git_config(surroundings, text):
    (surroundings.home / ".gitconfig").write_text(text)


def change(mount, attempts):
    document = mount.json(MFA)
    document["otpMaxAttempts"] = attempts
    with Clock() as took:
        overwrite(mount / MFA, json.dumps(document))
    assert took.seconds < QUICK


def recorded_commits(history):
    history.written()
    return history.git("rev-list", "--reverse", "--first-parent", "main").split()


def push_status(tenantfs):
    return json.loads(tenantfs("status", "--json").stdout)["history"]["push"]


def wait_for_failure(tenantfs):
    """The status once a push has failed and none is running."""
    return until(lambda: (status := push_status(tenantfs))["state"] in ("failing", "diverged") and status, 30,
                 "a failed push")


def push_now(tenantfs, **rest):
    done = tenantfs("push", **rest)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@BARE
def test_recorded_commits_are_pushed_in_one_push(remote, mount, history, tenantfs):
    for attempts in range(3, 9):
        change(mount, attempts)
    commits = recorded_commits(history)
    until(lambda: remote.branches() and push_status(tenantfs)["state"] == "pushed", 20, "the push")
    assert remote.branches() == [HERE]
    assert remote.commits(HERE) == commits
    assert len(commits) == 7
    remote.fsck()
    status = push_status(tenantfs)
    assert (status["ahead"], status["pushed"], status["failures"], status["error"]) == (0, commits[-1], 0, None)
    # The burst of changes was one push.
    assert status["pushes"] == 1
    metrics = mount.text(".tenantfs/metrics").splitlines()
    assert {"tenantfs_history_unpushed 0", "tenantfs_history_pushes_total 1",
            "tenantfs_history_push_failures_total 0"} <= set(metrics)
    assert f"branch {HERE}\n" in tenantfs("status").stdout


def test_without_a_remote_nothing_is_pushed(mount, tenantfs):
    change(mount, 9)
    assert "push" not in json.loads(tenantfs("status", "--json").stdout)["history"]
    done = tenantfs("push")
    assert (done.returncode, done.stderr) == (
        1, "tenantfs: push: there is no remote: set history-remote in the configuration\n")
    assert "history_push" not in mount.text(".tenantfs/metrics")


@BARE
def test_push_command_pushes_at_once(remote, mount, history, tenantfs):
    change(mount, 9)
    commits = recorded_commits(history)
    assert push_now(tenantfs) == f"{commits[-1][:12]} is on branch {HERE} of {mount.conf.parent}/../remote.git\n"
    assert remote.commits(HERE) == commits
    change(mount, 8)
    status = json.loads(push_now(lambda *words: tenantfs(*words, "--json")))
    assert (status["state"], status["ahead"]) == ("pushed", 0)
    assert remote.commits(HERE) == recorded_commits(history)


@BARE
def test_shutdown_pushes_remaining_commits(remote, mount, history):
    change(mount, 9)
    with Clock() as took:
        mount.stop()
    assert took.seconds < LAST
    assert remote.commits(HERE) == recorded_commits(history)
    assert len(remote.commits(HERE)) == 2


@BARE
def test_push_command_works_without_a_mount(remote, mount, history, tenantfs, surroundings):
    change(mount, 9)
    mount.stop()
    tenantfs("undo", "HEAD", check=True)
    commits = recorded_commits(history)
    before = remote.commits(HERE)
    assert before == commits[:-1]
    shown = tenantfs("status")
    assert shown.returncode == 1
    assert "  unpushed 1 commit: tenantfs push\n" in shown.stdout
    assert json.loads(tenantfs("status", "--json").stdout)["unpushed"] == 1
    push_now(tenantfs)
    assert remote.commits(HERE) == commits
    assert "pushed" not in tenantfs("status").stdout
    os.rename(remote.path, surroundings.folder / "elsewhere.git")
    done = tenantfs("push")
    assert (done.returncode, done.stderr.count("does not appear to be a git repository")) == (3, 1)


@pytest.mark.parametrize("own", [False, True], ids=["ssh", "core.sshCommand"])
def test_push_over_ssh_checks_the_host_key(own, remote, mounts, history, tenantfs, surroundings, serve, pushed_to,
                                           program):
    server = serve(SshServer(surroundings.folder / "ssh", program("sshd")))
    programs = surroundings.folder / "programs"
    programs.mkdir()
    words = surroundings.folder / "words"
    (programs / "ssh").write_text(f"#!/bin/sh\nprintf '%s ' \"$@\" >{words}\nexec {program('ssh')} "
                                  f"-F {server.config} \"$@\"\n")
    (programs / "ssh").chmod(0o755)
    path = f"{programs}:{surroundings.variables['PATH']}"
    if own:
        git_config(surroundings, f"[core]\n\tsshCommand = ssh -F {server.config}\n")
    pushed_to(server.url(remote.path))
    mount = mounts("mnt", env={"PATH": path})
    change(mount, 9)
    change(mount, 8)
    push_now(tenantfs)
    assert remote.commits(HERE) == recorded_commits(history)
    assert len(remote.commits(HERE)) == 3
    assert ("BatchMode=yes" in words.read_text()) != own
    # An unknown host key is an error; nobody is asked about it.
    server.trust("stranger")
    change(mount, 7)
    done = tenantfs("push")
    assert done.returncode == 3
    assert done.stderr.startswith("tenantfs: push: ")
    assert "Host key verification failed." in done.stderr
    server.trust("host")
    push_now(tenantfs)
    assert remote.commits(HERE) == recorded_commits(history)


def everything_below(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def test_push_over_https_uses_the_credential_helper(remote, mounts, history, tenantfs, surroundings, serve, pushed_to):
    lines, requests = set(), []

    def look(request):
        requests.append((request.command, request.headers.get("Authorization") is not None))
        lines.update(command_lines())

    server = serve(HttpsServer(surroundings.folder / "https", surroundings.folder, LOGIN, look))
    name, secret = LOGIN.split(":")
    helper = surroundings.folder / "helper"
    answer = surroundings.folder / "secret"
    answer.write_text(f"username={name}\npassword={secret}\n")
    helper.write_text(f"#!/bin/sh\n[ \"$1\" = get ] && exec cat {answer}\nexit 0\n")
    helper.chmod(0o700)
    git_config(surroundings, f"[http]\n\tsslCAInfo = {server.certificate}\n[credential]\n\thelper = {helper}\n")
    pushed_to(server.url("remote.git"))
    remote.git("config", "http.receivepack", "true")
    mount = mounts("mnt", env={"GIT_TRACE": "1", "GIT_TRACE_CURL": "1", "GIT_CURL_VERBOSE": "1"})
    change(mount, 9)
    change(mount, 8)
    push_now(tenantfs)
    assert remote.commits(HERE) == recorded_commits(history)
    assert requests[0] == ("GET", False)
    assert requests[-1] == ("POST", True)
    assert any("git push" in line for line in lines)
    # A password that is not valid any more.
    answer.write_text(f"username={name}\npassword=not-{secret}\n")
    change(mount, 7)
    done = tenantfs("push")
    assert done.returncode == 3
    assert done.stderr == f"tenantfs: push: Authentication failed for '{server.url('remote.git')}/'\n"
    answer.write_text("")
    done = tenantfs("push")
    assert "could not read Username" in done.stderr
    assert wait_for_failure(tenantfs)["ahead"] == 1
    texts = [tenantfs("status").stdout, tenantfs("status", "--json").stdout, mount.text(".tenantfs/metrics"),
             mount.text(".tenantfs/config.json"), done.stderr, mount.messages(), *lines]
    assert not [text for text in texts if secret in text]
    assert not [path for path, content in everything_below(surroundings.home).items() if secret.encode() in content]
    answer.write_text(f"username={name}\npassword={secret}\n")
    push_now(tenantfs)
    assert remote.commits(HERE) == recorded_commits(history)


def test_unreachable_remote_delays_nothing(remote, mounts, history, tenantfs, pushed_to, sandbox):
    port, held = refusing_port()
    pushed_to(f"http://127.0.0.1:{port}/remote.git")
    mount = mounts("mnt")
    for attempts in range(3, 9):
        change(mount, attempts)
    status = wait_for_failure(tenantfs)
    assert (status["state"], status["ahead"]) == ("failing", 7)
    assert f"Failed to connect to 127.0.0.1 port {port}" in status["error"]
    assert 0 < status["next_s"] <= 10
    shown = tenantfs("status").stdout
    assert "7 commits not pushed\n" in shown
    assert status["error"] in shown
    assert "tenantfs_history_unpushed 7\n" in mount.text(".tenantfs/metrics")
    commits = recorded_commits(history)
    assert len(commits) == 7
    daemon, mount.process = mount.process, None
    with Clock() as took:
        done = tenantfs("umount", mount.path, check=True)
    assert daemon.wait(10) == 0
    assert took.seconds < LAST + 1
    assert done.stderr == (f"tenantfs: not pushed to http://127.0.0.1:{port}/remote.git: 7 commits of the history, "
                           "pushed by the next mount (or tenantfs push)\n")
    assert f"not pushed to http://127.0.0.1:{port}/remote.git, until the next mount: 7 commits; " in mount.messages()
    # The failures are reported in one line, however many there are.
    assert mount.messages().count("warning history: not pushed to http") == 2
    held.close()
    pushed_to(remote.path)
    mount.start()
    until(lambda: remote.branches(), 20, "the push of earlier commits")
    until(lambda: push_status(tenantfs)["state"] == "pushed", 20, "the end of the push")
    assert remote.commits(HERE) == commits


@pytest.mark.parametrize("scheme", ["http", "ssh"])
def test_push_to_a_silent_remote_times_out(scheme, mounts, tenantfs, serve, pushed_to):
    hole = serve(Listener())
    pushed_to(f"{scheme}://127.0.0.1:{hole.port}/remote.git", history_push_timeout="3s")
    mount = mounts("mnt")
    change(mount, 9)
    until(lambda: push_status(tenantfs)["state"] == "pushing", 20, "the push")
    change(mount, 8)
    assert wait_for_failure(tenantfs)["error"] == "not done within 3 s (history-push-timeout)"
    assert hole.served >= 1


def test_shutdown_ends_a_stalled_push(mounts, tenantfs, serve, pushed_to, history):
    hole = serve(Listener())
    pushed_to(f"http://127.0.0.1:{hole.port}/remote.git")
    mount = mounts("mnt")
    change(mount, 9)
    until(lambda: push_status(tenantfs)["state"] == "pushing", 20, "the push")
    until(lambda: processes_with(f"GIT_DIR={history.path}"), 5, "git")
    with Clock() as took:
        mount.stop()
    assert LAST - 1 < took.seconds < LAST + 2
    until(lambda: not processes_with(f"GIT_DIR={history.path}"), 2, "the end of git")
    assert "until the next mount: 2 commits" in mount.messages()


def test_diverged_branch_is_not_overwritten(remote, mounts, history, tenantfs, pushed_to):
    theirs = remote.foreign_commit(HERE)
    pushed_to(remote.path)
    mount = mounts("mnt")
    change(mount, 9)
    status = wait_for_failure(tenantfs)
    assert status["state"] == "diverged"
    assert status["next_s"] > 600
    assert status["error"] == (
        f"the branch {HERE} there has commits this history has not, and nothing is pushed over them: set "
        "history-branch to another name, or remove that branch there")
    assert status["error"] in tenantfs("status").stdout
    done = tenantfs("push")
    assert (done.returncode, done.stderr) == (1, f"tenantfs: push: {status['error']}\n")
    assert remote.commits(HERE) == [theirs]
    with Clock() as took:
        mount.stop()
    assert took.seconds < LAST
    pushed_to(remote.path, history_branch="sandbox/second-life")
    mount.start()
    push_now(tenantfs)
    assert remote.branches() == sorted([HERE, "sandbox/second-life"])
    assert remote.commits(HERE) == [theirs]
    assert remote.commits("sandbox/second-life") == recorded_commits(history)


@BARE
def test_foreign_commit_on_the_branch_is_not_overwritten(remote, mount, history, tenantfs):
    change(mount, 9)
    push_now(tenantfs)
    first = remote.commits(HERE)
    tree = remote.git("rev-parse", f"{HERE}^{{tree}}").strip()
    added = remote.git(*SOMEBODY, "commit-tree", "-p", first[-1], "-m", "more", tree).strip()
    remote.git("update-ref", f"refs/heads/{HERE}", added)
    change(mount, 8)
    assert tenantfs("push").returncode == 1
    assert remote.commits(HERE) == [*first, added]
    remote.git("update-ref", f"refs/heads/{HERE}", first[-1])
    push_now(tenantfs)
    assert remote.commits(HERE) == recorded_commits(history)


@BARE
def test_refused_push_reports_the_message_of_the_remote(remote, mount, history, tenantfs):
    hook = remote.path / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'not before noon' >&2\nexit 1\n")
    hook.chmod(0o755)
    change(mount, 9)
    done = tenantfs("push")
    assert (done.returncode, done.stderr) == (
        1, "tenantfs: push: the remote refuses it: [remote rejected] (pre-receive hook declined); not before noon\n")
    hook.unlink()
    push_now(tenantfs)
    assert remote.commits(HERE) == recorded_commits(history)


def second_conf(sandbox, surroundings, branch):
    conf = surroundings.folder / "second.conf"
    conf.write_text(f"[include]\n\tpath = {sandbox.conf}\n[tenant \"sandbox\"]\n\thistory-branch = {branch}\n")
    return conf


def test_two_hosts_push_to_branches_of_one_remote(remote, mounts, sandbox, surroundings, pushed_to):
    pushed_to(remote.path)
    state = {"one": surroundings.home / "state", "two": surroundings.folder / "elsewhere"}
    confs = {"one": sandbox.conf, "two": second_conf(sandbox, surroundings, "sandbox/other-host")}
    branches = {"one": HERE, "two": "sandbox/other-host"}
    made = {name: mounts(name, conf=confs[name], env={"XDG_STATE_HOME": str(state[name])}) for name in state}
    for attempts in range(3, 7):
        for mount in made.values():
            mount.refresh()
            change(mount, attempts)
    for name, mount in made.items():
        surroundings.run("tenantfs", "push", mount.path, check=True)
        own = History(lambda *words, where=mount: surroundings.run("tenantfs", *words, cwd=where.path), state[name])
        assert remote.commits(branches[name]) == recorded_commits(own)
    assert remote.branches() == sorted(branches.values())
    remote.fsck()


def test_killed_daemon_leaves_no_git_behind(remote, mounts, history, tenantfs, serve, pushed_to, surroundings):
    hole = serve(Listener())
    pushed_to(f"http://127.0.0.1:{hole.port}/remote.git")
    mount = mounts("mnt")
    change(mount, 9)
    until(lambda: hole.served, 20, "the push")
    mine = processes_with(f"GIT_DIR={history.path}")
    # The shell, its guard, git, and git's helper for http.
    assert len(mine) >= 4
    for pid in mine:
        held = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        assert not [path for path in held if path.startswith("/dev/fuse") or path.endswith("/lock")]
        assert os.readlink(f"/proc/{pid}/cwd") == "/"
        assert os.getsid(pid) != os.getsid(mount.daemon_pid())
    commits = recorded_commits(history)
    mount.process.send_signal(signal.SIGKILL)
    assert mount.process.wait(10) == -signal.SIGKILL
    until(lambda: not processes_with(f"GIT_DIR={history.path}"), 3, "the end of git")
    with pytest.raises(OSError):
        os.listdir(mount.path)
    surroundings.run("fusermount3", "-u", mount.path, check=True)
    assert not is_mounted(mount.path)
    mount.process = None
    pushed_to(remote.path)
    mount.start()
    push_now(tenantfs)
    assert remote.commits(HERE) == recorded_commits(history)
    assert remote.commits(HERE)[:len(commits)] == commits


def flush(history):
    """Writes each change to its own pack; the socket is faster than a command."""
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(str(history.path.parent / "control.sock"))
        control.sendall(b'{"command":"flush"}\n')
        assert control.recv(4096) == b'{"ok":true}\n'


@BARE
def test_push_during_merges_of_packs_succeeds(remote, mount, history, tenantfs, surroundings):
    pushes, packs = [], set()
    for number in range(CHANGES):
        change(mount, 3 + number % 7)
        flush(history)
        packs.update(history.path.glob("objects/pack/*.pack"))
        if number % 10 == 0:
            pushes.append(surroundings.start("tenantfs", "push", mount.path, stdout=subprocess.DEVNULL))
    assert {push.wait(60) for push in pushes} == {0}
    push_now(tenantfs)
    commits = recorded_commits(history)
    assert remote.commits(HERE) == commits
    assert len(commits) == CHANGES + 1
    assert push_status(tenantfs)["failures"] == 0
    assert len([path for path in packs if not path.exists()]) >= 90
    assert history.fsck() == (0, "", "")
    remote.fsck()


@BARE
def test_push_without_git_reports_the_missing_program(remote, mounts, tenantfs, surroundings):
    mount = mounts("mnt", env={"PATH": str(surroundings.bin)})
    change(mount, 9)
    status = wait_for_failure(tenantfs)
    assert status["error"] == "the program git is not in PATH: install it"
    assert remote.branches() == []


@BARE
def test_push_ignores_git_environment_and_hooks(remote, mounts, history, tenantfs, surroundings):
    hooks = surroundings.folder / "hooks"
    hooks.mkdir()
    (hooks / "pre-push").write_text(f"#!/bin/sh\ntouch {surroundings.folder}/hook-ran\nexit 1\n")
    (hooks / "pre-push").chmod(0o755)
    git_config(surroundings, f"[core]\n\thooksPath = {hooks}\n[push]\n\tgpgSign = true\n\tfollowTags = true\n"
                             "[protocol \"file\"]\n\tallow = never\n")
    other = Remote(surroundings.folder / "other.git")
    mount = mounts("mnt", env={"GIT_DIR": str(other.path), "GIT_OBJECT_DIRECTORY": "/nonexistent",
                               "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "remote.tenantfs.url",
                               "GIT_CONFIG_VALUE_0": "/nonexistent", "GIT_SSL_NO_VERIFY": "1"})
    change(mount, 9)
    push_now(tenantfs)
    assert remote.commits(HERE) == recorded_commits(history)
    assert other.branches() == []
    assert not (surroundings.folder / "hook-ran").exists()


@pytest.mark.parametrize("remote_url", ["https://tester:sesame-4711-open@example.com/x.git",
                                        "https://sesame-4711-open@example.com/x.git",
                                        "ssh://git:sesame-4711-open@example.com/x.git"])
def test_secret_in_the_remote_url_is_refused(remote_url, sandbox, tenantfs, pushed_to, surroundings):
    pushed_to(remote_url)
    directory = surroundings.folder / "mnt"
    directory.mkdir()
    done = tenantfs("mount", directory)
    assert done.returncode == 1
    assert "history-remote: the remote must not contain a " in done.stderr
    assert "sesame" not in done.stderr
