"""Temporary names: a new text is written under any name a tool chooses, then renamed onto the document of any kind."""
import json
import os
import re

import pytest

from files import overwrite, refusal
from kinds import KINDS, folder_of, is_view, objects
from places import MFA, PROVIDERS, SETTINGS, plain_documents, plain_user
from sets import text_of

# Name of the temporary file: {} is the document's, {s} is its stem.
NAMES = {
    "mktemp -p .": "tmp.Ab3dEf9hIj", "mktemp --suffix": "tmp.Ab3dEf9hIj.new", "mktemp json": "tmp.Ab3dEf9hIj.json",
    "new": "{}.new", "pid": "{}.4711", "shell": "tmp.json", "stem": "{s}.new.json", "plain": "new", "out": "out.json",
    "tilde": "{}~", "backup": "{}.bak", "orig": "{}.orig", "part": "{}.part", "partial": "{}.partial",
    "filepart (WinSCP)": "{}.filepart", "crdownload": "{}.crdownload", "download": "{}.download", "curl": "{}.curltmp",
    "wget": "{}.wget", "aria2": "{}.aria2__temp", "scp": "{}.scp", "lftp": ".in.{}.", "rclone": "{}.8af2c1.partial",
    "syncthing": ".syncthing.{}.tmp", "unison": ".unison.{}.7a2f.unison.tmp", "rsync": ".{}.Ab3dEf",
    "rsync --suffix": "{}.old", "rsync --temp": "{}.rsync", "sed -i": "sedAb3dEf", "perl -i": "XXAb3dEf",
    "gawk -i": "gawk.Ab3dEf", "ruby -i": "{}.rb.bak", "dos2unix": "d2utmpAb3dEf", "patch": "{}.oAb3dEf",
    "patch -b": "{}.rej", "atomicwrites": "tmpab3def9h", "python tempfile": "tmpab3def9h.json",
    "emacs precious": "#tmp#{}",
    "emacs precious 2": "tmpAb3dEf", "vim": "4913", "vim swap": ".{}.swp", "VS Code": "{}.vsctmp",
    "kate": "{}.Ab3dEf", "Sublime": ".sb-Ab3dEf9h.tmp", "JetBrains": "{}___jb_tmp___", "Notepad++": "{}.npp.tmp",
    "node write-file-atomic": "{}.3048571234", "Go renameio": ".{}1234567890", "Java NIO": "nio4817123.tmp",
    "glib": ".goutputstream-AB3DEF", "systemd": ".#{}a1b2c3d4e5f60718", "Excel": "~${}",
}
assert len(NAMES) >= 45


def place_of(mount, kind):
    """The path of a document of the kind that can be read and changed; None: the tenant has none."""
    if is_view(kind) or not kind.get("change") or kind.get("no_read") or kind.get("form", "json") != "json":
        return None
    try:
        folder = folder_of(mount, kind)
    except IndexError:
        return None
    if kind["shape"] == "doc":
        path = f"{folder}/{kind['path'].split('/')[-1]}".lstrip("/")
        return path if os.path.exists(mount / path) else None
    if kind["shape"] != "set" or "no_list" in kind:
        return None
    found = objects(mount, kind, folder)
    return f"{folder}/{found[0]}.json" if found and kind["path"].endswith("{name}.json") else None


def name_for(pattern, path):
    name = os.path.basename(path)
    return pattern.format(name, s=name.removesuffix(".json"))


@pytest.mark.sandbox("--users", "40")
def test_every_temporary_name_replaces_documents_of_every_kind(mount, sandbox):
    """The same text, written under a temporary name and renamed onto the document, is no change and leaves no file."""
    places = {path: kind for kind in KINDS.values() if (path := place_of(mount, kind))}
    assert len(places) >= 20
    failed = []
    for path, kind in places.items():
        text, folder = mount.text(path), mount / os.path.dirname(path)
        names, start = set(os.listdir(folder)), sandbox.mark()
        for label, pattern in NAMES.items():
            temporary = folder / name_for(pattern, path)
            error = refusal(temporary.write_text, text) or refusal(os.rename, temporary, mount / path)
            # A name that a new object could have is refused at once where none can be made.
            makes_none = kind["shape"] == "set" and not kind.get("create") and re.search("^[^.].*json$", temporary.name)
            if error != ("EPERM" if makes_none else ""):
                failed.append((path, label, error))
        assert sandbox.writes(start) == [] and mount.text(path) == text, path
        assert set(os.listdir(folder)) == names, path
    assert not failed, failed


@pytest.mark.parametrize("find, member", [(lambda mount: MFA, "otpMaxAttempts"), (plain_user, "firstname"),
                                          (lambda mount: next(plain_documents(mount, PROVIDERS, "environment")),
                                           "environment")], ids=["setting", "user", "provider"])
def test_every_temporary_name_saves_a_change(mount, sandbox, find, member):
    path = find(mount)
    folder = mount / os.path.dirname(path)
    for number, pattern in enumerate(NAMES.values()):
        document = mount.json(path)
        document[member] = 4 + number % 5 if isinstance(document[member], int) else f"value {number}"
        temporary, start = folder / name_for(pattern, path), sandbox.mark()
        temporary.write_text(text_of(document))
        assert sandbox.writes(start) == [], pattern
        os.rename(temporary, mount / path)
        assert len(sandbox.writes(start)) == 1, pattern
        assert mount.json(path)[member] == document[member]
        assert not temporary.exists()
    assert mount.drafts() == []


@pytest.mark.parametrize("ending", [".bak", ".orig", ".old", "~", ".4711", ".2026-01-01"])
def test_a_backup_stays_readable(mount, sandbox, ending):
    """The document is renamed to the backup's name; the new text is written under the old one, or renamed onto it."""
    before = mount.text(MFA)
    for turn, renames in enumerate((False, True)):
        document = {**json.loads(before), "otpMaxAttempts": 8 + turn}
        shown, start = mount.text(MFA), sandbox.mark()
        os.rename(mount / MFA, mount / f"{MFA}{ending}")
        if renames:
            (mount / f"{SETTINGS}/sedAb3dEf").write_text(text_of(document))
            os.rename(mount / f"{SETTINGS}/sedAb3dEf", mount / MFA)
        else:
            (mount / MFA).write_text(text_of(document))
        assert len(sandbox.writes(start)) == 1
        assert mount.json(MFA)["otpMaxAttempts"] == 8 + turn
        assert mount.text(f"{MFA}{ending}") == shown
    assert f"mfa.json{ending}" in os.listdir(mount / SETTINGS)
    os.unlink(mount / f"{MFA}{ending}")
    assert len(sandbox.writes(start)) == 1


def test_a_text_of_another_object_waits_for_its_rename(mount, sandbox, tenantfs):
    """It is listed as a draft until it is renamed, removed, or names its own object."""
    path = next(plain_documents(mount, PROVIDERS, "environment"))
    document, start = mount.json(path), sandbox.mark()
    (mount / f"{PROVIDERS}/tmp.json").write_text(text_of(document))
    assert sandbox.writes(start) == []
    assert {name.split(".json")[0] for name in mount.drafts()} == {f"{PROVIDERS}/tmp"}
    os.unlink(mount / f"{PROVIDERS}/tmp.json")
    assert mount.drafts() == []
    new = {name: value for name, value in document.items() if name != "_server"}
    assert refusal(overwrite, mount / path, text_of(document)) == ""
    (mount / f"{PROVIDERS}/Own.json").write_text(text_of({**new, "name": "Own"}))
    assert [write["method"] for write in sandbox.writes(start)] == ["PUT"]
