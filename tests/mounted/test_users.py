"""A mount shared by several users: access, and the owners of drafts, reasons and changes."""
import json
import os
import stat
import subprocess

import pytest

from files import create, overwrite, refusal
from history import History
from people import GROUP, Person, make_traversable, text_at
from places import MFA, PROVIDERS, new_provider, plain_documents

ANNA = Person(7401, "Anna Adler", "anna@example.com")
BEN = Person(7402, "Ben Brook", "ben@example.com")
STRANGER = Person(7409, "", "", groups=[])

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="other users' processes are root's to start")


@pytest.fixture
def folder(surroundings):
    make_traversable(surroundings.folder)
    make_traversable(surroundings.bin.parent)


def mode_of(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def changed(mount, path, **members):
    return json.dumps({**mount.json(path), **members})


def test_default_mount_is_private(mount, folder):
    """The modes exclude other users whatever the kernel lets through."""
    assert (mode_of(mount.path), mode_of(mount / MFA), mode_of(mount / "README.md")) == (0o700, 0o600, 0o400)
    assert ANNA.refused(os.listdir, mount.path) == "EACCES"


def test_allow_other_alone_keeps_the_mount_private(mounts, folder):
    mount = mounts("mnt", "-o", "allow_other")
    assert ANNA.refused(os.listdir, mount.path) == "EACCES"
    assert mode_of(mount.path) == 0o700


def test_group_members_can_read_and_write(mounts, folder, sandbox):
    mount = mounts("mnt", "-o", f"gid={GROUP}")
    expected = {".": 0o770, MFA: 0o660, "README.md": 0o440, "communities/default/community.json": 0o440,
                ".tenantfs": 0o770, ".tenantfs/reason": 0o660, ".tenantfs/status.json": 0o440,
                ".api/healthz": 0o770}
    for path, mode in expected.items():
        entry = os.stat(mount / path)
        assert (path, oct(stat.S_IMODE(entry.st_mode)), entry.st_uid, entry.st_gid) == (path, oct(mode), 0, GROUP)
    assert STRANGER.refused(os.listdir, mount.path) == "EACCES"
    assert STRANGER.refused(text_at, mount / MFA) == "EACCES"
    assert "settings" in ANNA.does(os.listdir, mount / "communities/default")
    start = sandbox.mark()
    ANNA.does(overwrite, mount / MFA, changed(mount, MFA, otpMaxAttempts=9))
    assert [write.name for write in sandbox.writes(start)] == ["PUT /config/authentication/mfa_settings"]
    assert BEN.does(text_at, mount / MFA) == mount.text(MFA)
    provider = f"{PROVIDERS}/Ledger.json"
    text = new_provider(mount, "Ledger")
    BEN.does(create, mount / provider, text)
    assert (os.stat(mount / provider).st_uid, mode_of(mount / provider)) == (0, 0o660)
    ANNA.does(os.rename, mount / provider, mount / f"{PROVIDERS}/Books.json")
    ANNA.does(os.unlink, mount / f"{PROVIDERS}/Books.json")
    assert ANNA.refused(overwrite, mount / "README.md", "x") == "EACCES"
    assert ANNA.refused(os.chmod, mount / MFA, 0o666) == "EPERM"


@pytest.mark.parametrize("options, expected", [
    ("umask=022", (0o755, 0o644, 0o444)), ("umask=0", (0o777, 0o666, 0o444)),
    ("allow_other,umask=077", (0o700, 0o600, 0o400)), (f"gid={GROUP},umask=027", (0o750, 0o640, 0o440))])
def test_umask_sets_the_modes(mounts, folder, options, expected):
    mount = mounts("mnt", "-o", options)
    assert (mode_of(mount.path), mode_of(mount / MFA), mode_of(mount / "README.md")) == expected
    assert STRANGER.refused(text_at, mount / MFA) == ("" if expected[1] & 0o004 else "EACCES")
    assert STRANGER.refused(overwrite, mount / MFA, mount.text(MFA)) == ("" if expected[1] & 0o002 else "EACCES")
    assert ANNA.refused(text_at, mount / MFA) == ("" if "umask=077" not in options else "EACCES")


@pytest.mark.parametrize("option, message", [
    ("gid=nosuchgroup", 'gid=nosuchgroup: no such group'), ("gid=", "gid=: no such group"),
    ("umask=8", "umask=8: must be an octal number up to 077"),
    ("umask=0777", "umask=0777: must be an octal number up to 077")])
def test_invalid_mount_option_is_refused(tenantfs, surroundings, option, message):
    surroundings.folder.joinpath("mnt").mkdir()
    done = tenantfs("mount", "-o", option, surroundings.folder / "mnt")
    assert done.returncode != 0
    assert message in done.stderr


def test_scratch_file_belongs_to_its_user(mounts, folder, program):
    """An editor's scratch file is its user's own; renamed onto a document it becomes the document."""
    mount = mounts("mnt", "-o", f"gid={GROUP}")
    scratch = mount / f"{MFA}~"
    ANNA.does(create, scratch, "hers\n")
    entry = os.stat(scratch)
    assert (entry.st_uid, entry.st_gid, stat.S_IMODE(entry.st_mode)) == (ANNA.uid, GROUP, 0o644)
    assert BEN.does(text_at, scratch) == "hers\n"
    assert BEN.refused(overwrite, scratch, "his\n") == "EACCES"
    ANNA.does(overwrite, scratch, changed(mount, MFA, otpMaxAttempts=8))
    ANNA.does(os.rename, scratch, mount / MFA)
    assert mount.json(MFA)["otpMaxAttempts"] == 8
    assert (os.stat(mount / MFA).st_uid, mode_of(mount / MFA)) == (0, 0o660)
    sed = [program("sed"), "-i", 's/"otpMaxAttempts": 8/"otpMaxAttempts": 7/', str(mount / MFA)]
    assert BEN.does(subprocess.call, sed) == 0
    assert mount.json(MFA)["otpMaxAttempts"] == 7
    vim = [program("vim"), "-u", "NONE", "-N", "-es", "-c", '%s/"otpMaxAttempts": 7/"otpMaxAttempts": 6/', "-c", "wq",
           str(mount / MFA)]
    assert ANNA.does(subprocess.call, vim) == 0
    assert mount.json(MFA)["otpMaxAttempts"] == 6
    assert [name for name in os.listdir(mount / os.path.dirname(MFA)) if not name.endswith(".json")] == []


def test_private_scratch_file_cannot_be_saved_by_others(mounts, folder, sandbox):
    """Another user cannot save it: the text would become readable for everybody, or a draft of that user."""
    mount = mounts("mnt", "-o", f"gid={GROUP}")
    scratch, before = mount / f"{MFA}~", mount.text(MFA)
    ANNA.does(create, scratch, changed(mount, MFA, otpMaxAttempts=8))
    ANNA.does(os.chmod, scratch, 0o600)
    assert BEN.refused(text_at, scratch) == "EACCES"
    start = sandbox.mark()
    assert BEN.refused(os.rename, scratch, mount / MFA) == "EACCES"
    assert sandbox.writes(start) == []
    assert (mount.text(MFA), mount.drafts()) == (before, [])
    # Renamed to another scratch name it keeps its owner.
    BEN.does(os.rename, scratch, mount / f"{MFA}.bak~")
    assert BEN.refused(text_at, mount / f"{MFA}.bak~") == "EACCES"
    assert BEN.refused(os.rename, mount / f"{MFA}.bak~", mount / MFA) == "EACCES"
    ANNA.does(os.rename, mount / f"{MFA}.bak~", mount / MFA)
    assert [write.name for write in sandbox.writes(start)] == ["PUT /config/authentication/mfa_settings"]
    assert mount.json(MFA)["otpMaxAttempts"] == 8


def test_draft_belongs_to_its_writer(mounts, folder, sandbox):
    mount = mounts("mnt", "-o", f"gid={GROUP}")
    wrong = changed(mount, MFA, otpMaxAttempts="hers")
    assert ANNA.refused(overwrite, mount / MFA, wrong) == "EINVAL"
    draft = mount / f".tenantfs/drafts/{MFA}"
    for part in ("", ".error.json", ".base"):
        entry = os.stat(f"{draft}{part}")
        assert (entry.st_uid, stat.S_IMODE(entry.st_mode)) == (ANNA.uid, 0o400), part
        assert ANNA.refused(text_at, f"{draft}{part}") == ""
        assert BEN.refused(text_at, f"{draft}{part}") == "EACCES"
        assert refusal(text_at, f"{draft}{part}") == ""
    assert BEN.refused(os.unlink, draft) in ("EACCES", "EPERM")
    # The same text of another user is a second draft with that owner.
    assert BEN.refused(overwrite, mount / MFA, wrong) == "EINVAL"
    assert BEN.does(text_at, f"{draft}.2") == wrong
    assert ANNA.refused(text_at, f"{draft}.2") == "EACCES"
    # A draft keeps its owner after a failed retry by the mount's owner, and in the next mount.
    assert mount.surroundings.run("tenantfs", "-c", mount.conf, "retry", f"{MFA}.2").returncode == 1
    mount.stop()
    mount.start()
    assert [path for path in mount.drafts() if not path.endswith(".error.json")] == [MFA, f"{MFA}.2"]
    assert (os.stat(draft).st_uid, os.stat(f"{draft}.2").st_uid) == (ANNA.uid, BEN.uid)
    BEN.does(os.unlink, f"{draft}.2")
    assert mount.draft(MFA) == wrong
    ANNA.does(overwrite, mount / MFA, json.dumps({**json.loads(wrong), "otpMaxAttempts": 4}))
    ANNA.does(os.unlink, draft)
    assert mount.drafts() == []


def test_reason_and_author_belong_to_the_user(sandbox, mounts, folder, tenantfs, surroundings):
    with open(sandbox.conf, "a") as conf:
        conf.write(ANNA.section() + BEN.section())
    mount = mounts("mnt", "-o", f"gid={GROUP}")
    history = History(tenantfs, surroundings.home / "state")
    ANNA.does(overwrite, mount / ".tenantfs/reason", "ticket 7\n")
    assert BEN.does(text_at, mount / ".tenantfs/reason") == ""
    assert ANNA.does(text_at, mount / ".tenantfs/reason") == "ticket 7\n"
    provider = next(plain_documents(mount, PROVIDERS, "environment"))
    BEN.does(overwrite, mount / MFA, changed(mount, MFA, otpMaxAttempts=9), program="bens-tool")
    ben = BEN.pid
    ANNA.does(overwrite, mount / provider, changed(mount, provider, hideBanner=True))
    found = {entry["Path"]: entry for entry in history.written() if entry["Origin"] == "tenantfs"}
    assert (found[MFA]["name"], found[MFA]["mail"]) == (BEN.name, BEN.mail)
    assert (found[MFA]["Uid"], found[MFA]["Pid"], found[MFA]["Command"]) == (str(BEN.uid), str(ben), "bens-tool")
    assert "Reason" not in found[MFA]
    assert (found[provider]["name"], found[provider]["Reason"]) == (ANNA.name, "ticket 7")


def test_commands_are_refused_to_group_members(mounts, folder, surroundings, sandbox):
    """Commands fail for a user who may enter the mount: socket and configuration are the owner's."""
    mount = mounts("mnt", "-o", f"gid={GROUP}")
    for words in (["status", mount.path], ["allow", "removals"], ["undo", "HEAD"]):
        command = [str(surroundings.bin / "tenantfs"), "-c", str(sandbox.conf), *map(str, words)]
        assert ANNA.does(subprocess.call, command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) != 0
