"""Undo and restore: one change of many, whole directories of every kind; what cannot be is told before, and nothing sent."""
import json
import os
import shutil

import pytest

from day import Subjects, edit
from files import create, overwrite, refusal
from history import History
from kinds import KINDS, bare, ending_of, folder_of, makers, new_document, objects, templates
from places import MFA, PROVIDERS, largest_user_set, new_provider
from sets import text_of
from states import Observer, is_recorded, plain

pytestmark = [pytest.mark.sandbox("--users", "40"), pytest.mark.timeout(300)]


@pytest.fixture
def history(tenantfs, surroundings):
    return History(tenantfs, surroundings.home / "state")


def state_of(mount):
    return Observer(mount).look()


def newest(history):
    return history.written()[0]["commit"]


def plan_of(tenantfs, sandbox, *words):
    """The plan, of which nothing is sent."""
    start = sandbox.mark()
    done = tenantfs(*words[:1], "-n", "--json", *words[1:])
    assert done.returncode in (0, 2), done.stdout + done.stderr
    assert sandbox.writes(start) == []
    return json.loads(done.stdout)["plan"]


CASES = [pytest.param(kind["name"], variant, id=f"{kind['name']}-{variant}" if variant else kind["name"])
         for kind in makers() for variant in templates(kind) if kind["name"] != "user-access-code"]


@pytest.mark.parametrize("name, variant", CASES)
def test_a_directory_is_brought_back(mount, sandbox, history, tenantfs, name, variant):
    """One made, one changed, one renamed, one removed: afterwards the set is as it was, or it is said what is not."""
    mount.allow()
    kind = KINDS[name]
    directory, ending = folder_of(mount, kind), ending_of(kind)
    for stem in ("kept", "moved", "gone"):
        create(mount / f"{directory}/{stem}{ending}", text_of(new_document(mount, kind, directory,
                                                                           templates(kind)[variant])))
    before = Observer(mount).look(directory)
    then = newest(history)
    ids = {path: os.getxattr(mount / path, "user.tenantfs.id") for path in before}
    subjects = Subjects.__new__(Subjects)
    subjects.mount, subjects.dice = mount, __import__("random").Random(7)
    members = subjects.change(kind, f"{directory}/kept{ending}") if kind.get("change") else None
    if members:
        edit(mount / f"{directory}/kept{ending}", members)
    if kind.get("rename"):
        os.rename(mount / f"{directory}/moved{ending}", mount / f"{directory}/elsewhere{ending}")
    if kind.get("remove"):
        os.unlink(mount / f"{directory}/gone{ending}")
        create(mount / f"{directory}/new{ending}", text_of(new_document(mount, kind, directory,
                                                                        templates(kind)[variant])))
    plan = plan_of(tenantfs, sandbox, "restore", then, directory)
    cannot = [reason for item in plan for reason in item["cannot"]]
    print(json.dumps([(item["action"], item["path"], item["cannot"]) for item in plan], indent=1))
    start = sandbox.mark()
    done = tenantfs("restore", then, directory)
    print(done.stdout, done.stderr)
    if cannot:
        assert done.returncode == 1
        assert sandbox.writes(start) == []
        done = tenantfs("restore", "--partly", then, directory)
        print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    after = Observer(mount).look(directory)
    assert after == before
    assert {path for path, one in ids.items() if os.getxattr(mount / path, "user.tenantfs.id") != one} <= {
        f"{directory}/gone{ending}"}
    assert history.fsck() == (0, "", "")
    assert plan_of(tenantfs, sandbox, "restore", then, directory) == [] or cannot
