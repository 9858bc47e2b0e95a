"""Common file tools work on a mount: they copy, search, compare and back up; unchanged files are not sent."""
import json
import os
import pathlib
import re

import pytest

from places import MFA, PROVIDERS, largest_user_set, plain_documents

COMMUNITY = "communities/default"


@pytest.fixture
def tree(mount):
    """The documents people back up: no call files and no control files."""
    return mount / COMMUNITY


def files_below(folder):
    found = {}
    for top, _, names in os.walk(folder):
        for name in names:
            path = pathlib.Path(top) / name
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def check_copy(tree, copy, sandbox):
    """The copy equals the tree byte by byte, and making it changed nothing."""
    original = files_below(tree)
    assert len(original) > 50
    assert files_below(copy) == original
    assert sandbox.writes() == []


def test_tar_archives_all_files(surroundings, tree, sandbox):
    surroundings.run("tar", "-C", tree, "-cf", "all.tar", ".", check=True)
    (surroundings.folder / "copy").mkdir()
    surroundings.run("tar", "-C", "copy", "-xf", "all.tar", check=True)
    check_copy(tree, surroundings.folder / "copy", sandbox)


def test_cp_archive_copies_files_and_times(surroundings, tree, sandbox):
    surroundings.run("cp", "-a", tree, "copy", check=True)
    copy = surroundings.folder / "copy"
    check_copy(tree, copy, sandbox)
    one = MFA.removeprefix(COMMUNITY + "/")
    assert os.stat(copy / one).st_mtime_ns == os.stat(tree / one).st_mtime_ns


def test_rsync_of_an_unchanged_copy_makes_no_call(surroundings, tree, sandbox):
    """An unchanged copy that is copied back makes no call, compared by time and size or by content."""
    surroundings.run("rsync", "-a", f"{tree}/", "copy/", check=True)
    check_copy(tree, surroundings.folder / "copy", sandbox)
    for options in ([], ["--checksum"], ["--delete"]):
        start = sandbox.mark()
        done = surroundings.run("rsync", "-a", *options, "copy/", f"{tree}/")
        assert (done.returncode, done.stderr) == (0, ""), options
        assert sandbox.requests(start) == [], options
    # Each file is overwritten with its own bytes: a save without a change.
    for folder in ("settings", "service-providers", "users"):
        for options in ([], ["--inplace"]):
            start = sandbox.mark()
            # A view cannot be overwritten, not even with its own bytes.
            done = surroundings.run("rsync", "-a", "--ignore-times", "--exclude=global.json", *options,
                                    f"copy/{folder}/", f"{tree}/{folder}/")
            assert (done.returncode, done.stderr) == (0, ""), (folder, options)
            assert sandbox.writes(start) == [], (folder, options)


def test_rsync_of_a_changed_file_is_one_save(surroundings, tree, sandbox, mount):
    surroundings.run("rsync", "-a", f"{tree}/settings/", "copy/", check=True)
    copy = surroundings.folder / "copy" / "mfa.json"
    copy.write_text(re.sub(r'("otpMaxAttempts": )\d+', r"\g<1>17", copy.read_text()))
    start = sandbox.mark()
    done = surroundings.run("rsync", "-a", "--checksum", "copy/", f"{tree}/settings/")
    assert (done.returncode, done.stderr) == (0, "")
    [write] = sandbox.writes(start)
    assert write.name == "PUT /config/authentication/mfa_settings"
    assert write.body["otpMaxAttempts"] == 17
    assert mount.json(MFA)["otpMaxAttempts"] == 17


@pytest.mark.parametrize("command", [
    ["find", ".", "-type", "f", "-size", "+0"],
    ["rg", "-l", "otpMaxAttempts", "."],
    ["grep", "-rl", "otpMaxAttempts", "."],
], ids=lambda command: command[0])
def test_search_tools_find_a_document(surroundings, tree, sandbox, program, command):
    program(command[0])
    done = surroundings.run(*command, cwd=tree, check=True)
    assert "./settings/mfa.json" in done.stdout.splitlines()
    assert done.stderr == ""
    assert sandbox.writes() == []


@pytest.mark.parametrize("command", [["ls", "-lR"], ["du", "-a"], ["du", "--apparent-size", "-b", "-a"]],
                         ids=lambda command: " ".join(command))
def test_listing_tools_work(surroundings, tree, sandbox, command):
    done = surroundings.run(*command, cwd=tree, check=True)
    assert done.stderr == ""
    assert "mfa.json" in done.stdout
    assert sandbox.writes() == []


def test_du_reports_the_size_of_a_document(surroundings, tree):
    done = surroundings.run("du", "--apparent-size", "-b", "settings/mfa.json", cwd=tree, check=True)
    assert int(done.stdout.split()[0]) == len((tree / "settings/mfa.json").read_bytes())


def test_diff_compares_a_copy(surroundings, tree, sandbox):
    surroundings.run("cp", "-a", tree, "copy", check=True)
    same = surroundings.run("diff", "-r", tree, "copy")
    assert (same.returncode, same.stdout, same.stderr) == (0, "", "")
    changed = surroundings.folder / "copy/settings/mfa.json"
    changed.write_text(changed.read_text().replace("otpMaxAttempts", "otherName"))
    differs = surroundings.run("diff", "-rq", tree, "copy")
    assert differs.returncode == 1
    assert differs.stdout.count("\n") == 1 and "mfa.json" in differs.stdout
    assert sandbox.writes() == []


def test_git_tracks_the_tree(surroundings, tree, sandbox, mount):
    git = ["git", "-c", "user.name=tester", "-c", "user.email=tester@example.org", "-c", "core.quotePath=false",
           f"--git-dir={surroundings.folder}/backup.git", f"--work-tree={tree}"]
    surroundings.run("git", "init", "-q", "--bare", "backup.git", check=True)
    surroundings.run(*git, "config", "core.bare", "false", check=True)
    surroundings.run(*git, "add", "-A", ".", cwd=tree, check=True)
    surroundings.run(*git, "commit", "-qm", "all", cwd=tree, check=True)
    assert surroundings.run(*git, "status", "--porcelain", cwd=tree, check=True).stdout == ""
    number = mount.json(MFA)["otpMaxAttempts"]
    surroundings.run("sed", "-i", f's/"otpMaxAttempts": {number}/"otpMaxAttempts": 23/', mount / MFA, check=True)
    assert surroundings.run(*git, "status", "--porcelain", cwd=tree, check=True).stdout == " M settings/mfa.json\n"
    # git removes a file before it writes it again, which a setting does not allow.
    old = surroundings.run(*git, "show", "HEAD:settings/mfa.json", check=True).stdout
    (mount / MFA).write_text(old)
    assert mount.json(MFA)["otpMaxAttempts"] == number
    assert [write.body["otpMaxAttempts"] for write in sandbox.writes()] == [23, number]


def test_stat_reports_the_size_that_is_read(mount):
    """st_size is the number of bytes a read returns, even before the first read."""
    sizes = {}
    for top, folders, names in os.walk(mount.path):
        # Control files change while they are read.
        folders[:] = [name for name in folders if name != ".tenantfs"]
        for name in names:
            path = os.path.join(top, name)
            sizes[path] = os.stat(path).st_size
    assert len(sizes) > 100
    for path, size in sizes.items():
        with open(path, "rb") as file:
            assert len(file.read()) == size, path


def test_documents_are_canonical(mount):
    """UTF-8 JSON, two spaces, one newline, `_server` last; reading twice gives the same bytes."""
    for directory in (largest_user_set(mount), PROVIDERS, "communities/default/settings"):
        for path in mount.documents(directory):
            text = mount.text(path)
            document = json.loads(text)
            assert text == json.dumps(document, indent=2, ensure_ascii=False) + "\n", path
            assert "_server" not in document or list(document)[-1] == "_server"
            assert mount.text(path) == text


def test_copy_of_a_document_creates_an_object(mount, sandbox):
    """A document contains no id that is sent: its copy under another name creates another object."""
    source = next(plain_documents(mount, PROVIDERS, "environment"))
    document = mount.json(source)
    document["name"] = "Copied"
    start = sandbox.mark()
    (mount / PROVIDERS / "Copied.json").write_text(json.dumps(document, indent=2) + "\n")
    [write] = sandbox.writes(start)
    assert write["method"] == "PUT" and write.body["name"] == "Copied"
    assert not {"_id", "id", "_server", "__v"} & set(write.body)
    again = mount.json(f"{PROVIDERS}/Copied.json")
    assert again["_server"]["_id"] != document["_server"]["_id"]
