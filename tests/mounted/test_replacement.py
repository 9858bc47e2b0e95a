"""What programs unlink and write anew is replaced: the object keeps its identity, secrets and what belongs to it."""
import json
import os
import re
import shutil
import subprocess

import pytest

from files import create, overwrite, refusal
from history import own
from kinds import ENDING, KINDS, bare, changes_of, folder_of, is_view, kind_at, objects, write_only
from places import MFA, PROVIDERS, largest_user_set, new_provider, plain_documents
from replacing import CHANGED_ONLY, OVERWRITING, WAYS, Replacing
from sets import differing, text_of, tree_of
from stored import Stored
from waiting import until


def one_of_each(mount):
    """Path and kind of one document of each kind with JSON documents in the community, and of all namesakes."""
    for kind in KINDS.values():
        if not kind["path"].startswith("communities/") or kind.get("form", "json") != "json" or \
                "/reports/" in kind["path"]:
            continue
        folder = folder_of(mount, kind)
        names = [os.path.basename(kind["path"])]
        if kind["shape"] == "set":
            names = [f"{name}{ENDING}" for name in objects(mount, kind, folder)[:1]]
            names += [name for name in mount.names(folder) if re.search("~[0-9a-f]{6}[.]json$", name)]
        for name in names:
            if (mount / folder / name).is_file():
                yield f"{folder}/{name}", kind


def state_of(mount):
    """Path and bytes of every document that is no view, of those that are not listed one of each kind."""
    found = {path: text for path, text in tree_of(mount).items() if kind_at(path) and not is_view(kind_at(path))}
    found.update((path, (mount / path).read_bytes()) for path, kind in one_of_each(mount) if not is_view(kind))
    return found


def copy_of(mount, surroundings, paths):
    """A copy of the documents outside the mount."""
    for path in paths:
        (surroundings.folder / "copy" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(mount / path, surroundings.folder / "copy" / path)
    return surroundings.folder / "copy"


@pytest.mark.parametrize("way", [name for name in WAYS if name not in CHANGED_ONLY])
@pytest.mark.conf(replacing_program="replace.py")
def test_unchanged(mount, sandbox, surroundings, way):
    """Documents of all kinds, also those that cannot be removed or changed: no call that changes something."""
    paths = sorted(path for path, kind in one_of_each(mount)
                   if kind.get("change") or (way not in OVERWRITING and not (is_view(kind) and kind.get("on_demand"))))
    copy = copy_of(mount, surroundings, paths)
    before, stored, start = state_of(mount), Stored(sandbox), sandbox.mark()
    WAYS[way](Replacing(surroundings, copy, mount.path, paths))
    assert [write.name for write in sandbox.writes(start)] == []
    assert stored.differences(Stored(sandbox)) == []
    assert differing(before, state_of(mount)) == []


def changes(mount):
    """Path of a document of each kind that can be changed, and its text with one change."""
    for path, kind in one_of_each(mount):
        document = mount.json(path)
        change = next(changes_of(mount, kind, document), None) if kind.get("change") else None
        if change:
            yield path, text_of({**document, change[0]: change[1]})


def readable(path, document):
    """The members that the server shows."""
    return {name: value for name, value in bare(document).items() if name not in write_only(kind_at(path))}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.conf(replacing_program="replace.py")
def test_changed(mount, sandbox, surroundings, history, way):
    """A changed document is one change. No object is made or removed, and nothing else of the tree changes."""
    mount.allow()
    wanted = dict(changes(mount))
    assert len(wanted) > 20
    copy = copy_of(mount, surroundings, sorted(wanted))
    for path, text in wanted.items():
        overwrite(copy / path, text)
    before, stored, known = state_of(mount), Stored(sandbox), len(own(history.written()))
    WAYS[way](Replacing(surroundings, copy, mount.path, sorted(wanted)))
    changed = own(history.written())
    assert sorted(entry["Path"] for entry in changed[:len(changed) - known]) == sorted(wanted)
    made = Stored(sandbox).records.keys() ^ stored.records.keys()
    # Each text of a consent is a version of its own.
    assert {kind for _, kind, _ in made} <= {"consent-version"}
    assert differing(before, state_of(mount)) == sorted(wanted)
    for path, text in wanted.items():
        assert readable(path, mount.json(path)) == readable(path, json.loads(text)), path


def removed(mount, sandbox, path, start):
    """Whether the object was removed on the server, by one call."""
    assert not (mount / path).exists()
    return [write["method"] for write in sandbox.writes(start)] == ["DELETE"]


# Each removes the file X of the folder D.
REMOVERS = {
    "rm": "rm X", "unlink": "unlink X", "rm force": "rm -rf X", "find": "find D -name Removed.json -delete",
    "rsync": "mkdir e; rsync -r --delete --include=Removed.json --exclude='*' e/ D/", "busybox": "busybox rm X",
    "python": "python3 -c 'import os, sys; os.remove(sys.argv[1])' X", "perl": "perl -e 'unlink $ARGV[0] or die' X",
    "mv away": "mv X away", "tar away": "tar -cf away --remove-files X 2>away.err", "zip": "zip -qm away.zip X",
    "7z away": "7z a -sdel -bd away.7z X >away.out",
    "git rm": "G init -q && G add -f X && G rm -qf X", "git clean": "G init -q && G clean -fqx Removed.json",
}


@pytest.mark.parametrize("program", REMOVERS)
def test_what_removes_removes_at_once(mount, sandbox, surroundings, program):
    create(mount / PROVIDERS / "Removed.json", new_provider(mount, "Removed"))
    start, path = sandbox.mark(), f"{PROVIDERS}/Removed.json"
    words = {"X": f"'{mount / path}'", "D": f"'{mount / PROVIDERS}'",
             "G": f"git --git-dir='{surroundings.folder / 'repo'}' --work-tree='{mount / PROVIDERS}'"}
    line = re.sub(r"\b[XDG]\b", lambda match: words[match[0]], REMOVERS[program])
    cwd = mount / PROVIDERS if program.startswith("git") else surroundings.folder
    surroundings.run("sh", "-c", line, check=True, cwd=cwd)
    assert removed(mount, sandbox, path, start)


@pytest.mark.parametrize("line", ["rm", "find", "python3 -c 'import os, sys; os.remove(sys.argv[1])'"])
def test_a_removal_has_the_verdict_of_the_api(mount, sandbox, surroundings, line):
    start = sandbox.mark()
    done = surroundings.run("sh", "-c", f"{line} '{mount / MFA}' {'-delete' if line == 'find' else ''}")
    assert done.returncode != 0
    assert "Operation not permitted" in done.stderr
    assert sandbox.writes(start) == []


def test_git_removes_when_it_ends(mount, sandbox, surroundings, history):
    """A document that the new branch does not have is removed; one that cannot be removed comes back, with an error."""
    create(mount / PROVIDERS / "Removed.json", new_provider(mount, "Removed"))
    path = f"{PROVIDERS}/Removed.json"
    paths = [path, MFA, next(plain_documents(mount, PROVIDERS, "environment"))]
    git = Replacing(surroundings, surroundings.folder, mount.path, paths)
    git.git("init", "-q", "-b", "main")
    git.git("commit", "-q", "--allow-empty", "-m", "empty")
    git.git("checkout", "-q", "-b", "full")
    git.git("add", "-f", "--", *paths[:2])
    git.git("commit", "-qm", "full")
    start = sandbox.mark()
    git.git("checkout", "-q", "main")
    until(lambda: (mount / MFA).exists(), 5, "the document that stays")
    until(lambda: sandbox.writes(start), 5, "the removal")
    assert removed(mount, sandbox, path, start)
    refused = [error for error in mount.errors() if error["path"] == MFA]
    assert refused and refused[-1]["error"]["errno"] == "EPERM", mount.errors()
    change = own(history.written())[0]
    assert (change["Path"], change["Command"]) == (path, "git")


STOPS = "import os, sys, time; os.remove(sys.argv[1]); print(flush=True); "


def removing(surroundings, path, then):
    """A program that replaces by removal has removed the document and does `then`."""
    script = surroundings.folder / "replace.py"
    script.write_text(STOPS + then)
    process = surroundings.start("python3", script, path, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"\n"
    process.stdout.close()
    return process


@pytest.mark.conf(replacing_program="replace.py")
@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "open(sys.argv[1], 'w').close()"])
def test_what_is_not_written_anew_stays(mount, sandbox, surroundings, end):
    for path in (MFA, next(plain_documents(mount, PROVIDERS, "environment"))):
        text, start = mount.text(path), sandbox.mark()
        process = removing(surroundings, mount / path, f"time.sleep(0.1); {end}")
        assert refusal(os.stat, mount / path) == "ENOENT"
        process.wait(10)
        until(lambda: (mount / path).exists() and mount.text(path), 5, "the document")
        assert mount.text(path) == text
        assert sandbox.writes(start) == []
        assert "wrote nothing in its place, so it stays" in mount.errors()[-1]["error"]["message"]
        assert mount.errors()[-1]["path"] == path


def test_tar_killed_in_the_middle(mount, sandbox, surroundings):
    """The text written so far is a draft; the object is as before, under its name."""
    path = next(plain_documents(mount, PROVIDERS, "environment"))
    one = Replacing(surroundings, mount.path, mount.path, [path])
    archive, text, start = one.pack_tar().read_bytes(), mount.text(path), sandbox.mark()
    process = surroundings.start("tar", "-xf", "-", "-b", "1", cwd=mount.path, stdin=subprocess.PIPE)
    process.stdin.write(archive[:1024 + 512])
    process.stdin.flush()
    until(lambda: refusal(os.stat, mount / path) == "" and mount.text(path) != text, 5, "the new file")
    process.kill()
    process.wait(10)
    process.stdin.close()
    until(lambda: (mount / path).exists() and mount.text(path) == text, 5, "the document")
    assert sandbox.writes(start) == []
    assert mount.names(".tenantfs/drafts")


@pytest.mark.conf(replacing_program="replace.py")
@pytest.mark.parametrize("end", ["unmounted", "killed"])
def test_a_mount_that_ends_in_the_middle(mount, sandbox, surroundings, end):
    path = next(plain_documents(mount, PROVIDERS, "environment"))
    text, start = mount.text(path), sandbox.mark()
    process = removing(surroundings, mount / path, "time.sleep(60)")
    if end == "unmounted":
        mount.stop()
    else:
        mount.abandon()
    process.kill()
    process.wait(10)
    assert sandbox.writes(start) == []
    mount.start()
    assert mount.text(path) == text


def test_two_processes_at_once(mount, sandbox, surroundings):
    paths = sorted(path for path, _ in changes(mount))
    one = Replacing(surroundings, mount.path, mount.path, paths)
    archive, before, start = one.pack_tar(), state_of(mount), sandbox.mark()
    running = [surroundings.start("tar", "-C", mount.path, "-xf", archive, stderr=subprocess.DEVNULL)
               for _ in range(4)]
    for process in running:
        process.wait(30)
    until(lambda: all((mount / path).exists() for path in paths), 5, "the documents")
    assert differing(before, state_of(mount)) == []
    assert sandbox.writes(start) == []


@pytest.mark.sandbox("--users", "500")
@pytest.mark.parametrize("way", ["tar", "unzip", "rsync", "git checkout"])
def test_restore_of_a_large_tree(mount, sandbox, surroundings, history, way):
    """Of 500 objects, exactly those that differ are sent, as one change set."""
    paths = mount.documents(largest_user_set(mount))
    copy = copy_of(mount, surroundings, paths)
    differ = sorted(plain_documents(mount, largest_user_set(mount), "firstname"))[:20]
    assert len(paths) > 300 and len(differ) == 20
    for path in differ:
        overwrite(copy / path, text_of({**mount.json(path), "firstname": "Restored"}))
    known, start = len(own(history.written())), sandbox.mark()
    WAYS[way](Replacing(surroundings, copy, mount.path, paths))
    changed = own(history.written())
    changed = changed[:len(changed) - known]
    assert sorted(entry["Path"] for entry in changed) == differ
    assert len(sandbox.writes(start)) == len(differ)
    assert len({entry["Change-Set"] for entry in changed}) == 1
