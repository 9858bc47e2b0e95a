"""Signed histories: git verifies every commit; without a signature nothing is committed and no change is lost."""
import json
import os
import re
import signal
import stat
import subprocess
import time

import pytest

from history import change
from mount import Mount, is_mounted
from places import MFA, PROVIDERS
from waiting import until

CLEAN = (0, "", "")
WHO = "auditor@example.com"


class Signing:
    """A key, the file of allowed signers, and the configuration that uses the key."""

    def __init__(self, surroundings, sandbox, program):
        self.folder = surroundings.folder / "keys"
        self.folder.mkdir(mode=0o700)
        self.keygen = program("ssh-keygen")
        self.key = self.folder / "signing"
        self.conf = sandbox.conf

    def make(self, passphrase="", kind="ed25519"):
        subprocess.run([self.keygen, "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", self.key], check=True)
        allowed = f"{WHO} namespaces=\"git\" {self.key.with_suffix('.pub').read_text()}"
        (self.folder / "allowed").write_text(allowed)
        return self

    def use(self, path=None):
        with open(self.conf, "a") as conf:
            conf.write(f"\thistory-signing-key = {path or self.key}\n")
        return self

    def verify(self, history):
        """All commits, and those whose signature git does not verify."""
        commits = history.git("rev-list", "HEAD").split()
        bad = [commit for commit in commits if subprocess.run(
            ["git", f"--git-dir={history.path}", "-c", "gpg.format=ssh", "-c",
             f"gpg.ssh.allowedSignersFile={self.folder}/allowed", "verify-commit", commit],
            capture_output=True, check=False).returncode != 0]
        return commits, bad


@pytest.fixture
def signing(surroundings, sandbox, program):
    return Signing(surroundings, sandbox, program)


def refused_mount(surroundings, sandbox, **env):
    """Error text of a refused `tenantfs mount`."""
    folder = surroundings.folder / "refused"
    folder.mkdir(exist_ok=True)
    done = surroundings.run("tenantfs", "-c", sandbox.conf, "mount", folder, env=env)
    assert (done.returncode, done.stdout, is_mounted(folder)) == (1, "", False), done.stderr
    return done.stderr


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_every_commit_is_signed(signing, mounts, history, surroundings, tenantfs, kind):
    signing.make(kind=kind).use()
    mount = mounts("mnt")
    change(mount, MFA, otpMaxAttempts=9)
    mount.documents(PROVIDERS)
    other = mounts("other", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere")})
    change(other, MFA, lockDurationMinutes=44)
    tenantfs("refresh", mount.path, check=True)
    mount.text(MFA)
    tenantfs("call", "POST", "/users/fetch", check=False)
    origins = {entry["Origin"] for entry in history.written()}
    assert origins == {"baseline", "tenantfs", "others"}
    commits, bad = signing.verify(history)
    assert len(commits) == len(history.changes()) >= 4
    assert bad == []
    assert history.fsck() == CLEAN
    status = json.loads(tenantfs("status", "--json", mount.path).stdout)["history"]
    assert (status["signed"], status["error"]) == (True, None)


def test_key_in_an_agent_signs(signing, mounts, history, surroundings, sandbox, program):
    """The configuration names the public key; nobody is asked for a passphrase."""
    signing.make(passphrase="open sesame").use(signing.key.with_suffix(".pub"))
    socket = signing.folder / "agent"
    agent = subprocess.Popen([program("ssh-agent"), "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        until(socket.exists, 10, "the agent")
        refused = refused_mount(surroundings, sandbox, SSH_AUTH_SOCK=str(socket))
        assert "cannot sign: " in refused
        ask = signing.folder / "ask"
        ask.write_text("#!/bin/sh\necho open sesame\n")
        ask.chmod(0o700)
        subprocess.run([program("ssh-add"), "-q", signing.key], check=True, stdin=subprocess.DEVNULL,
                       env={"SSH_AUTH_SOCK": str(socket), "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"})
        signing.key.unlink()
        mount = mounts("mnt", env={"SSH_AUTH_SOCK": str(socket)})
        change(mount, MFA, otpMaxAttempts=9)
        assert len(history.written("--", MFA)) == 2
        assert signing.verify(history)[1] == []
        mount.stop()
    finally:
        agent.terminate()
        agent.wait(10)


def test_mount_with_an_unusable_key_is_refused(signing, surroundings, sandbox, history):
    signing.use()
    hint = "; one with a passphrase must be in an ssh agent (SSH_AUTH_SOCK)"
    start = f"tenantfs: mount: history-signing-key: {signing.key} cannot sign: "
    refused = refused_mount(surroundings, sandbox)
    assert refused.splitlines()[0] == f"{start}Couldn't load public key {signing.key}: No such file or directory{hint}"
    signing.make(passphrase="open sesame")
    refused = refused_mount(surroundings, sandbox, SSH_ASKPASS="/bin/echo", DISPLAY=":0")
    assert refused.splitlines()[0].startswith(start) and "incorrect passphrase" in refused and hint in refused
    refused = refused_mount(surroundings, sandbox, PATH=str(surroundings.bin))
    assert "history-signing-key: there is no ssh-keygen to sign with: install openssh-client" in refused
    assert not history.path.exists()
    # A command that makes a change is refused as well, before its call.
    calls = len(sandbox.requests())
    done = surroundings.run("tenantfs", "-c", sandbox.conf, "undo", "HEAD")
    assert done.returncode == 1 and "cannot sign" in done.stderr
    assert len(sandbox.requests()) == calls


def test_changes_wait_in_the_journal_for_the_key(signing, mounts, history, tenantfs, sandbox):
    """Changes wait in the journal, across mounts; no unsigned commit is ever written."""
    signing.make().use()
    mount = mounts("mnt")
    change(mount, MFA, otpMaxAttempts=8)
    before = history.written()
    away = signing.key.rename(signing.folder / "away")
    for tries in (5, 6, 7):
        change(mount, MFA, otpMaxAttempts=tries)
    mount.documents(PROVIDERS)
    refused = tenantfs("log", mount.path)
    assert (refused.returncode, refused.stdout) == (1, "") and f"{signing.key} cannot sign" in refused.stderr
    status = json.loads(tenantfs("status", "--json", mount.path).stdout)["history"]
    assert status["error"] == "EKEYREJECTED" and f"{signing.key} cannot sign" in status["message"]
    text = tenantfs("status", mount.path).stdout
    assert "cannot be written (EKEYREJECTED): changes wait in the journal" in text
    assert history.changes() == before
    mount.stop()
    assert history.changes() == before
    away.rename(signing.key)
    mount.start()
    found = history.written("--", MFA)
    assert [entry.subject for entry in found[:4]] == [f"change {MFA}: otpMaxAttempts"] * 4
    assert [history.document(MFA, entry["commit"])["otpMaxAttempts"] for entry in found[:4]] == [7, 6, 5, 8]
    assert signing.verify(history)[1] == []
    assert history.fsck() == CLEAN


def write_script(folder, name, script):
    path = folder / name
    path.write_text(script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_signing_child_is_isolated_and_ended(signing, mounts, history, surroundings):
    signing.make().use()
    bin_dir = signing.folder / "bin"
    bin_dir.mkdir()
    seen, hang = signing.folder / "seen", signing.folder / "hang"
    write_script(bin_dir, "ssh-keygen", f"#!/bin/sh\n[ -e {hang} ] && echo $$ >> {hang} && exec sleep 600\n"
                                f"ls -l /proc/self/fd > {seen}\nexec {signing.keygen} \"$@\"\n")
    mount = mounts("mnt", env={"PATH": f"{bin_dir}:{surroundings.variables['PATH']}"})
    change(mount, MFA, otpMaxAttempts=9)
    count = len(history.written("--", MFA))
    # Its three streams, and the folder that `ls` reads.
    open_files = re.findall(r" (\d+) -> (\S+)", seen.read_text())
    assert [number for number, _ in open_files] == ["0", "1", "2", "3"]
    assert not any("fuse" in name or "mnt" in name for _, name in open_files)
    hang.write_text("")
    change(mount, MFA, otpMaxAttempts=8)
    until(lambda: hang.read_text() != "", 20, "a child that hangs")
    start = time.monotonic()
    mount.stop()
    assert time.monotonic() - start < 20
    for pid in hang.read_text().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)
    assert len(history.changes("--", MFA)) == count
    hang.unlink()
    mount.start()
    assert len(history.written("--", MFA)) == count + 1
    assert signing.verify(history)[1] == []


def test_kill_while_signing_loses_no_change(signing, mounts, history, surroundings, sandbox):
    signing.make().use()
    mount = mounts("mnt")
    for tries in range(3, 10):
        change(mount, MFA, otpMaxAttempts=tries)
    os.kill(mount.daemon_pid(), signal.SIGKILL)
    mount.process.wait()
    mount.abandon()
    again = Mount(surroundings, sandbox.conf, mount.path).start()
    found = [entry for entry in history.written("--", MFA) if entry["Origin"] == "tenantfs"]
    assert [history.document(MFA, entry["commit"])["otpMaxAttempts"] for entry in found] == list(range(9, 2, -1))
    assert signing.verify(history)[1] == []
    again.stop()
