"""The changes of one restore or undo form a set: one trailer in its commits, one line of the log, one undo."""
import json
import os
import re

import pytest

from files import create
from history import change, own
from places import MFA, PROVIDERS, new_provider, plain_documents

CLEAN = (0, "", "")


def state_of(mount, directory):
    """Documents without the members that only the server sets."""
    found = {path: mount.json(path) for path in mount.documents(directory)}
    for document in found.values():
        document.pop("_server", None)
    return found


@pytest.fixture
def restored(mount, history, tenantfs):
    """A directory that was changed and then restored by one command: (before, in between, set number, revision)."""
    begin = state_of(mount, PROVIDERS)
    revision = history.written()[0]["commit"]
    first, second, third = sorted(plain_documents(mount, PROVIDERS, "environment"))[:3]
    create(mount / PROVIDERS / "Ledger.json", new_provider(mount, "Ledger"))
    os.unlink(mount / first)
    change(mount, second, environment="qa")
    os.rename(mount / third, mount / PROVIDERS / "Moved.json")
    meanwhile = state_of(mount, PROVIDERS)
    done = tenantfs("restore", revision, PROVIDERS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert state_of(mount, PROVIDERS) == begin
    [number] = re.findall(r"^undo all of it: tenantfs undo --set ([0-9a-f]{16})$", done.stdout, re.M)
    return begin, meanwhile, number, revision


def test_restore_is_logged_as_one_set(mount, history, tenantfs, restored):
    _, _, number, revision = restored
    change(mount, MFA, otpMaxAttempts=9)
    found = own(history.written())
    assert [entry.get("Change-Set") for entry in found] == [None] + [number] * 4 + [None] * 4
    lines = tenantfs("log", check=True).stdout.splitlines()
    assert f"restore {revision[:12]}: 4 changes, one set" in lines[2]
    assert lines[2].startswith(found[1]["commit"][:12])
    assert len([line for line in lines if "restore" in line]) == 1
    # `-n 3` counts a set as one line.
    few = tenantfs("log", "-n", "3", check=True).stdout.splitlines()
    assert few == lines[:3]
    each = tenantfs("log", "--each", check=True).stdout.splitlines()
    assert len(each) == len(lines) + 3
    entries = json.loads(tenantfs("log", "--json", "-n", "4", check=True).stdout)
    assert [entry.get("change_set") for entry in entries] == [None, None, number, number]
    assert f"set       {number}\n" in tenantfs("show", found[1]["commit"], check=True).stdout
    # The log of one document lists the document's change alone.
    one = tenantfs("log", found[1]["Path"], check=True).stdout.splitlines()[0]
    assert one.endswith(f"restore {revision[:12]}: {found[1]['Path']}")


@pytest.mark.parametrize("by", ["number", "revision"])
def test_undo_set_reverts_all_its_changes(mount, history, tenantfs, restored, by):
    begin, meanwhile, number, _ = restored
    change(mount, MFA, otpMaxAttempts=9)
    of_set = [entry["commit"] for entry in own(history.written()) if entry.get("Change-Set") == number]
    word = number if by == "number" else of_set[1]
    planned = tenantfs("undo", "-n", "--json", "--set", word)
    assert planned.returncode == 2, planned.stderr
    plan = json.loads(planned.stdout)
    assert (plan["cannot"], len(plan["plan"]), plan["change_set"], plan["part_of"]) == (0, 4, None, None)
    assert state_of(mount, PROVIDERS) == begin
    done = tenantfs("undo", "--set", word)
    assert done.returncode == 0, done.stdout + done.stderr
    assert state_of(mount, PROVIDERS) == meanwhile
    assert mount.json(MFA)["otpMaxAttempts"] == 9
    newest = own(history.written())[0]
    assert newest["Change-Set"] not in (None, number)
    assert newest["Reason"] == f"undo set {number}"
    # The undo is a set as well.
    assert tenantfs("undo", "--set", newest["commit"]).returncode == 0
    assert state_of(mount, PROVIDERS) == begin
    assert history.fsck() == CLEAN


def test_undo_set_is_refused_for_a_member_changed_since(mount, history, tenantfs, restored):
    begin, meanwhile, number, _ = restored
    [changed] = [path for path in begin if path in meanwhile and meanwhile[path] != begin[path]]
    change(mount, changed, environment="staging")
    os.unlink(mount / next(path for path in begin if path not in meanwhile and path != renamed(begin, meanwhile)))
    before = state_of(mount, PROVIDERS)
    refused = tenantfs("undo", "--set", number)
    assert refused.returncode == 1
    assert "cannot be restored: environment: changed again since; it stays" in refused.stdout
    assert "nothing was done" in refused.stderr
    assert state_of(mount, PROVIDERS) == before
    done = tenantfs("undo", "--partly", "--set", number)
    assert done.returncode == 0, done.stdout + done.stderr
    now = state_of(mount, PROVIDERS)
    assert now[changed] == {**meanwhile[changed], "environment": "staging"}
    assert {path: now[path] for path in now if path != changed} == {
        path: meanwhile[path] for path in meanwhile if path != changed}


def renamed(begin, meanwhile):
    moved = dict(meanwhile[f"{PROVIDERS}/Moved.json"])
    moved.pop("name")
    return next(path for path in begin if path not in meanwhile and
                {key: value for key, value in begin[path].items() if key != "name"} == moved)


def test_undo_of_one_change_names_its_set(mount, history, tenantfs, restored):
    number = restored[2]
    newest = own(history.written())[0]
    done = tenantfs("undo", newest["commit"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"it was part of a set of changes: tenantfs undo --set {number}" in done.stdout
    assert own(history.written())[0]["Change-Set"] != number
    assert len(own(history.changes())) == 4 + 4 + 1


def test_undo_set_is_refused_for_a_single_change(mount, history, tenantfs, restored):
    alone = own(history.written())[-1]["commit"]
    refused = tenantfs("undo", "--set", alone)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"{alone} is a change by itself, of no set" in refused.stderr
    refused = tenantfs("undo", "--set", "0123456789abcdef")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "0123456789abcdef: there is no such revision" in refused.stderr


def test_undo_set_partly_skips_a_removed_object(mount, history, tenantfs, restored):
    """The object that the set renamed is gone: the undo reports it and reverts the rest."""
    begin, meanwhile, number, _ = restored
    back = renamed(begin, meanwhile)
    os.unlink(mount / back)
    refused = tenantfs("undo", "--set", number)
    assert refused.returncode == 1
    assert f"cannot be restored: {back} was renamed or removed again since" in refused.stdout
    done = tenantfs("undo", "--partly", "--set", number)
    assert done.returncode == 0, done.stdout + done.stderr
    now = state_of(mount, PROVIDERS)
    assert now == {path: meanwhile[path] for path in meanwhile if path != f"{PROVIDERS}/Moved.json"}


def make_set(history, count, number):
    """Turns the newest commits into a set, as a command that makes several changes of one document would."""
    parent, *commits = reversed(history.git("rev-list", f"--max-count={count + 1}", "HEAD").split())
    for commit in commits:
        message = history.git("log", "-1", "--format=%B", commit).rstrip("\n") + f"\nChange-Set: {number}\n"
        parent = history.git("-c", "user.name=test", "-c", "user.email=test@example.com", "commit-tree", "-p", parent,
                             "-m", message, f"{commit}^{{tree}}").strip()
    history.git("update-ref", "refs/heads/main", parent)


def test_undo_set_reverts_two_changes_of_one_document(mount, history, tenantfs):
    """Both changes are reverted under the document's current name; a later change stays."""
    number = "00000000000000aa"
    old, new = next(plain_documents(mount, PROVIDERS, "environment")), f"{PROVIDERS}/Renamed.json"
    before = {key: value for key, value in mount.json(old).items() if key != "_server"}
    history.written()
    change(mount, old, environment="qa")
    os.rename(mount / old, mount / new)
    change(mount, new, forceReauthentication=not before["forceReauthentication"])
    assert len(own(history.written())) == 3
    mount.stop()
    make_set(history, 3, number)
    mount.start()
    change(mount, new, logo="https://example.com/logo.png")
    mount.allow("weakening")
    planned = tenantfs("undo", "-n", "--json", "--set", number)
    assert planned.returncode == 2, planned.stderr
    planned = json.loads(planned.stdout)["plan"]
    assert [(item["path"], item["action"], item["cannot"]) for item in planned] == [(new, "change", [])]
    assert {member["member"] for member in planned[0]["members"]} == {"environment", "name", "forceReauthentication"}
    done = tenantfs("undo", "--set", "HEAD~1")
    assert done.returncode == 0, done.stdout + done.stderr
    now = {key: value for key, value in mount.json(old).items() if key != "_server"}
    assert now == {**before, "logo": "https://example.com/logo.png"}
    assert not (mount / new).exists()
    assert history.fsck() == CLEAN


EMAIL = "communities/default/templates/self_onboarding/email"


def test_restore_of_namesakes_creates_only_the_first(mount, history, tenantfs):
    """Two objects of one name cannot both be created again: the first is created, the plan reports the second."""
    twins = [path for path in mount.documents(EMAIL) if re.search("/Welcome~[0-9a-f]{6}[.]json$", path)]
    texts = [mount.json(path) for path in twins]
    begin = history.written()[0]["commit"]
    mount.allow("removals")
    for path in twins:
        os.unlink(mount / next(name for name in (path, f"{EMAIL}/Welcome.json") if (mount / name).exists()))
    assert not [path for path in mount.documents(EMAIL) if "Welcome" in path]
    planned = json.loads(tenantfs("restore", "-n", "--json", begin, EMAIL).stdout)
    assert sorted((item["path"], item["action"], item["cannot"]) for item in planned["plan"]) == [
        (f"{EMAIL}/Welcome.json", "create", []),
        (twins[1], "create", ["another object has its name, and a file cannot create a second one"])]
    assert tenantfs("restore", begin, EMAIL).returncode == 1
    assert not (mount / EMAIL / "Welcome.json").exists()
    done = tenantfs("restore", "--partly", begin, EMAIL)
    assert done.returncode == 0, done.stdout + done.stderr
    now = mount.json(f"{EMAIL}/Welcome.json")
    assert {**now, "_server": 0} == {**texts[0], "_server": 0}
