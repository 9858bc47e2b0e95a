"""Undo and restore in every directory; impossible changes are reported by the plan, and then nothing is sent."""
import json
import os
import random
import shutil
import subprocess

import pytest

from day import Subjects, change_of, edit
from files import create, overwrite, refusal
from kinds import KINDS, bare, ending_of, folder_of, makers, new_document, templates
from places import MFA, PROVIDERS, largest_user_set, new_provider
from sets import text_of
from states import Observer, Recorded, plain
from waiting import until

pytestmark = [pytest.mark.sandbox("--users", "40"), pytest.mark.timeout(300)]


def state_of(mount):
    return Observer(mount).look()


def newest_commit(history):
    return history.written()[0]["commit"]


def plan_of(tenantfs, sandbox, *words):
    """The plan of a dry run, which sends nothing."""
    start = sandbox.mark()
    done = tenantfs(*words[:1], "-n", "--json", *words[1:])
    assert done.returncode in (0, 2), done.stdout + done.stderr
    assert sandbox.writes(start) == []
    return json.loads(done.stdout)["plan"]


CASES = [pytest.param(kind["name"], variant, id=f"{kind['name']}-{variant}" if variant else kind["name"])
         for kind in makers() for variant in templates(kind) if kind["name"] != "user-access-code"]


@pytest.mark.parametrize("name, variant", CASES)
def test_restore_reverts_a_set_of_each_kind(mount, sandbox, history, tenantfs, name, variant):
    """A restore reverts a create, a change, a rename and a removal, or its plan names the exceptions."""
    mount.allow()
    kind = KINDS[name]
    directory, ending = folder_of(mount, kind), ending_of(kind)
    for stem in ("kept", "moved", "gone"):
        create(mount / f"{directory}/{stem}{ending}", text_of(new_document(mount, kind, directory,
                                                                           templates(kind)[variant])))
    before = Observer(mount).look(directory)
    revision = newest_commit(history)
    ids = {path: os.getxattr(mount / path, "user.tenantfs.id") for path in before}
    members = change_of(mount, random.Random(7), kind, f"{directory}/kept{ending}") if kind.get("change") else None
    if members:
        edit(mount / f"{directory}/kept{ending}", members)
    if kind.get("rename"):
        os.rename(mount / f"{directory}/moved{ending}", mount / f"{directory}/elsewhere{ending}")
    if kind.get("remove"):
        os.unlink(mount / f"{directory}/gone{ending}")
        create(mount / f"{directory}/new{ending}", text_of(new_document(mount, kind, directory,
                                                                        templates(kind)[variant])))
    plan = plan_of(tenantfs, sandbox, "restore", revision, directory)
    reasons = [reason for item in plan for reason in item["cannot"]]
    print(json.dumps([(item["action"], item["path"], item["cannot"]) for item in plan], indent=1))
    start = sandbox.mark()
    done = tenantfs("restore", revision, directory)
    print(done.stdout, done.stderr)
    if reasons:
        assert done.returncode == 1
        assert sandbox.writes(start) == []
        done = tenantfs("restore", "--partly", revision, directory)
        print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    after = Observer(mount).look(directory)
    refused = {item["path"] for item in plan if item["cannot"] and item["action"] == "create"}
    # The value of a secret is never shown, so it cannot be made again.
    assert not refused or (name, len(refused)) == ("secret", 1)
    assert after == {path: document for path, document in before.items() if path not in refused}
    assert {path for path, one in ids.items()
            if path in after and os.getxattr(mount / path, "user.tenantfs.id") != one} <= {f"{directory}/gone{ending}"}
    assert history.fsck() == (0, "", "")
    assert plan_of(tenantfs, sandbox, "restore", revision, directory) == [] or reasons


def own(history):
    """Our own changes, newest first."""
    return [entry for entry in history.written() if entry["Origin"] == "tenantfs"]


def change_everything(mount, dice, count):
    """Makes `count` changes of documents all over the tenant, of one member each."""
    subjects = Subjects(mount, dice, strict=False)
    done = 0
    while done < count:
        kind, path = dice.choice(subjects.fixed)
        members = subjects.change(kind, path)
        if members and "broker" not in path:
            edit(mount / path, members)
            done += 1


def member_changed(history, entry):
    """Name of the one member that a commit changed, and its value before and after."""
    before, after = (history.document(entry["Path"], f"{entry['commit']}{end}") for end in ("~1", ""))
    [member] = [name for name in after if name != "_server" and after[name] != before.get(name)]
    return member, plain(json.dumps(before))[member], plain(json.dumps(after))[member]


@pytest.mark.parametrize("count", [int(os.environ.get("TENANTFS_UNDO", "60"))])
def test_undo_of_one_of_many_changes_keeps_the_others(mount, sandbox, history, tenantfs, count):
    """The undo reverts its change, unless the member was changed again; every other member keeps its value."""
    mount.allow()
    change_everything(mount, random.Random(150), count)
    changes = own(history)
    assert len(changes) == count
    changed = {entry["commit"]: (entry["Path"], *member_changed(history, entry)) for entry in changes}
    state = state_of(mount)
    middle = {True: None, False: None}
    for place in sorted(range(count), key=lambda index: abs(index - count // 2)):
        path, member, value, made = changed[changes[place]["commit"]]
        again = any(changed[entry["commit"]][:2] == (path, member) for entry in changes[:place])
        if not isinstance(value, dict) and again == (state[path][member] != made):
            middle[again] = middle[again] or (changes[place]["commit"], path, member, value)
    commit, path, member, value = middle[False]
    [item] = plan_of(tenantfs, sandbox, "undo", commit)
    assert (item["path"], item["action"], item["cannot"]) == (path, "change", [])
    done = tenantfs("undo", commit)
    assert done.returncode == 0, done.stdout + done.stderr
    assert state_of(mount) == {**state, path: {**state[path], member: value}}
    # An undo of the undo makes the change again.
    undo = own(history)[0]
    assert undo.subject == f"undo {commit[:12]}"
    tenantfs("undo", undo["commit"], check=True)
    assert state_of(mount) == state
    # A member that was changed again keeps its value; nothing is sent.
    commit, path, member, value = middle[True]
    start = sandbox.mark()
    refused = tenantfs("undo", commit)
    assert sandbox.writes(start) == []
    if state[path][member] == value:
        assert (refused.returncode, refused.stdout) == (0, "no differences\n")
    else:
        assert refused.returncode == 1
        assert f"cannot be restored: {member}: changed again since; it stays" in refused.stdout
    assert len(own(history)) == count + 2
    assert history.fsck() == (0, "", "")


def test_restore_reverts_all_settings(mount, sandbox, history, tenantfs):
    """All documents at fixed paths, by one restore of everything."""
    mount.allow()
    before = state_of(mount)
    revision = newest_commit(history)
    change_everything(mount, random.Random(7), 40)
    changed = {path for path, value in state_of(mount).items() if value != before[path]}
    assert len(changed) > 10
    plan = plan_of(tenantfs, sandbox, "restore", revision, "communities", "environment.json", "instance")
    assert {item["path"] for item in plan} == changed
    assert {item["action"] for item in plan} == {"change"}
    done = tenantfs("restore", revision, "communities", "environment.json", "instance")
    assert done.returncode == 0, done.stdout + done.stderr
    assert state_of(mount) == before
    assert plan_of(tenantfs, sandbox, "restore", revision, "communities") == []
    assert [entry for entry in history.written() if entry["Origin"] == "others"] == []


def test_restore_of_users_cannot_remove_new_ones(mount, sandbox, history, tenantfs):
    users = largest_user_set(mount)
    before = Observer(mount).look(users)
    revision = newest_commit(history)
    changed = sorted(path for path in before if "admin." not in path and before[path]["status"] == "active")[:5]
    for number, path in enumerate(changed):
        members = [{"firstname": "Changed"}, {"mobiles": ["15550109999"]}, {"isLocked": True},
                   {"lastname": "Changed"}, {"disabled": True}][number]
        assert refusal(edit, mount / path, members) == "", mount.errors()[-1]
    create(mount / f"{users}/newcomer.json",
           text_of({**new_document(mount, KINDS["user"], users), "username": "newcomer"}))
    state = Observer(mount).look(users)
    plan = plan_of(tenantfs, sandbox, "restore", revision, users)
    assert {item["path"]: item["action"] for item in plan} == {
        **{path: "change" for path in changed}, f"{users}/newcomer.json": "remove"}
    [reasons] = [item["cannot"] for item in plan if item["cannot"]]
    assert reasons == [KINDS["user"]["no_remove"]]
    start = sandbox.mark()
    refused = tenantfs("restore", revision, users)
    assert (refused.returncode, sandbox.writes(start)) == (1, [])
    assert refused.stderr.endswith("nothing was done\n  remedy: --partly does what is possible\n")
    assert Observer(mount).look(users) == state
    done = tenantfs("restore", "--partly", revision, users)
    assert done.returncode == 0, done.stdout + done.stderr
    assert Observer(mount).look(users) == {**before, f"{users}/newcomer.json": state[f"{users}/newcomer.json"]}


MODULES = "communities/default/auth-modules"


def test_restore_of_a_module_creates_its_parts_in_order(mount, sandbox, history, tenantfs):
    """A module is created before its attributes, and both before the setting that refers to the module."""
    mount.allow()
    Observer(mount).look(MODULES, "communities/default/settings")
    history.written()
    module = f"{MODULES}/Ledger.json"
    create(mount / module, text_of(new_document(mount, KINDS["auth-module"], MODULES, ".template-db.json")))
    for name in ("One", "Two"):
        create(mount / f"{MODULES}/Ledger.d/attributes/{name}.json", text_of({"name": name, "attribute": name.lower()}))
    scheme = "communities/default/settings/default-auth-scheme.json"
    first = mount.json(scheme)["modules"]
    edit(mount / scheme, {"modules": [*first, "Ledger"]})
    paths = (MODULES, f"{MODULES}/Ledger.d/attributes", scheme)
    before = Observer(mount).look(*paths)
    revision = newest_commit(history)
    for name in ("One", "Two"):
        os.unlink(mount / f"{MODULES}/Ledger.d/attributes/{name}.json")
    edit(mount / scheme, {"modules": first})
    os.unlink(mount / module)
    history.written()
    plan = plan_of(tenantfs, sandbox, "restore", revision, "communities")
    assert [(item["action"], item["path"]) for item in plan] == [
        ("create", module), ("create", f"{MODULES}/Ledger.d/attributes/One.json"),
        ("create", f"{MODULES}/Ledger.d/attributes/Two.json"), ("change", scheme)]
    assert {item.get("note") for item in plan[:3]} == {"created again: the service gives it another id"}
    done = tenantfs("restore", revision, "communities")
    assert done.returncode == 0, done.stdout + done.stderr
    assert Observer(mount).look(*paths) == before
    # Removal in reverse order; the attributes are removed with the module.
    back = own(history)[-1]["commit"] + "~1"
    plan = plan_of(tenantfs, sandbox, "restore", back, "communities")
    assert [(item["action"], item["path"]) for item in plan] == [("change", scheme), ("remove", module)]
    done = tenantfs("restore", back, "communities")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (mount / module).exists()
    assert mount.json(scheme)["modules"] == first
    assert history.fsck() == (0, "", "")


def test_gates_apply_to_a_restore(mount, sandbox, history, tenantfs):
    """Gates apply to a restore as to an editor: the refusal names the command that permits it."""
    names = [f"Ledger {number}" for number in range(12)]
    revision = read_and_commit(history, mount, PROVIDERS)
    for name in names:
        create(mount / f"{PROVIDERS}/{name}.json", new_provider(mount, name))
    before = set(mount.documents(PROVIDERS))
    done = tenantfs("restore", revision, PROVIDERS)
    assert done.returncode == 1
    assert "tenantfs allow removals" in done.stdout
    assert before - set(mount.documents(PROVIDERS)) < {f"{PROVIDERS}/{name}.json" for name in names}
    mount.allow("removals")
    done = tenantfs("restore", revision, PROVIDERS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not [path for path in mount.documents(PROVIDERS) if "Ledger" in path]


def read_and_commit(history, mount, directory):
    Observer(mount).look(directory)
    return newest_commit(history)


def test_undo_reverts_changes_by_others(mount, mounts, sandbox, history, tenantfs, surroundings):
    """A change, a creation and a removal by another client, each reverted by us."""
    mount.allow()
    other = mounts("other", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere")})
    create(mount / f"{PROVIDERS}/Ledger.json", new_provider(mount, "Ledger"))
    mount.text(MFA)
    before = Observer(mount).look(PROVIDERS, "communities/default/settings")
    history.written()
    other.refresh()
    edit(other / MFA, {"lockDurationMinutes": 44})
    os.unlink(other / f"{PROVIDERS}/Ledger.json")
    create(other / f"{PROVIDERS}/Theirs.json", new_provider(other, "Theirs"))
    Observer(mount).look(PROVIDERS, "communities/default/settings")
    theirs = [entry for entry in history.written() if entry["Origin"] == "others"]
    assert sorted(entry["Operation"] for entry in theirs) == ["change", "create", "remove"]
    for entry in theirs:
        done = tenantfs("undo", entry["commit"])
        assert done.returncode == 0, entry.subject + done.stdout + done.stderr
    assert Observer(mount).look(PROVIDERS, "communities/default/settings") == before
    baseline = next(entry for entry in history.written() if entry["Origin"] == "baseline")
    start = sandbox.mark()
    refused = tenantfs("undo", baseline["commit"])
    assert (refused.returncode, sandbox.writes(start)) == (1, [])
    assert "is no change: it records the state when it was first seen" in refused.stderr


def test_undo_keeps_members_changed_by_others(mount, mounts, sandbox, history, tenantfs, surroundings):
    """Members that others changed are not overwritten, whether they changed them before or after our save."""
    other = mounts("other", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere")})
    before = mount.json(MFA)
    # Our save is merged with theirs: their change is in the same commit and is not ours to revert.
    with open(mount / MFA, encoding="utf-8") as file:
        document = json.load(file)
    edit(other / MFA, {"lockDurationMinutes": 44})
    overwrite(mount / MFA, text_of({**document, "otpMaxAttempts": 9}))
    merged = own(history)[0]
    # Changes that this mount has not read yet: first another member, then the reverted one.
    other.refresh()
    edit(other / MFA, {"otp_prompt_text": "Theirs"})
    tenantfs("undo", merged["commit"], check=True)
    assert bare(mount.json(MFA)) == {**bare(before), "lockDurationMinutes": 44, "otp_prompt_text": "Theirs"}
    overwrite(mount / MFA, text_of({**mount.json(MFA), "otpMaxAttempts": 8}))
    ours = own(history)[0]
    other.refresh()
    edit(other / MFA, {"otpMaxAttempts": 3})
    start = sandbox.mark()
    refused = tenantfs("undo", ours["commit"])
    assert refused.returncode == 1, refused.stdout
    assert sandbox.writes(start) == []
    assert "otpMaxAttempts" in refused.stdout + refused.stderr
    mount.refresh()
    assert mount.json(MFA)["otpMaxAttempts"] == 3


def test_copy_from_history_restores_a_document(mount, sandbox, history, tenantfs):
    """cp from .history onto an existing document, and onto a removed one."""
    mount.allow()
    name = f"{PROVIDERS}/Ledger.json"
    create(mount / name, new_provider(mount, "Ledger"))
    before = bare(mount.json(name))
    commit = newest_commit(history)[:12]
    [state] = [name for name in os.listdir(mount / ".history") if name.endswith(commit)]
    edit(mount / name, {"environment": "qa"})
    shutil.copyfile(mount / f".history/{state}/{name}", mount / name)
    assert bare(mount.json(name)) == before
    os.unlink(mount / name)
    shutil.copyfile(mount / f".history/{state}/{name}", mount / name)
    assert bare(mount.json(name)) == before
    assert [entry["Operation"] for entry in own(history)] == ["create", "remove", "change", "change", "create"]
    assert history.fsck() == (0, "", "")


def test_undo_follows_a_rename_and_refuses_a_removed_document(mount, sandbox, history, tenantfs):
    """The change of a renamed document is reverted there; that of a removed document is refused."""
    mount.allow()
    name, moved = f"{PROVIDERS}/Ledger.json", f"{PROVIDERS}/Books.json"
    create(mount / name, new_provider(mount, "Ledger"))
    first = mount.json(name)["environment"]
    edit(mount / name, {"environment": "qa"})
    changed = own(history)[0]
    state = bare(mount.json(name))
    os.rename(mount / name, mount / moved)
    tenantfs("undo", changed["commit"], check=True)
    assert bare(mount.json(moved)) == {**state, "name": "Books", "environment": first}
    os.unlink(mount / moved)
    start = sandbox.mark()
    refused = tenantfs("undo", changed["commit"])
    assert (refused.returncode, sandbox.writes(start)) == (1, [])
    assert f"{name} was removed since" in refused.stderr
    assert not (mount / name).exists() and not (mount / moved).exists()


def test_undo_of_an_unremovable_member_is_refused(mount, sandbox, history, tenantfs):
    """An undo cannot remove the member that was added: the plan knows it without a call, and nothing is sent."""
    mount.allow()
    name = f"{PROVIDERS}/Ledger.json"
    create(mount / name, new_provider(mount, "Ledger"))
    document = mount.json(name)
    document.pop("hideBanner", None)
    edit(mount / name, {"hideBanner": True, "environment": "qa"})
    changed = own(history)[0]
    [item] = plan_of(tenantfs, sandbox, "undo", changed["commit"])
    assert item["cannot"] == ["hideBanner: the API has no way to take it away; give it another value"]
    start = sandbox.mark()
    refused = tenantfs("undo", changed["commit"])
    assert (refused.returncode, sandbox.writes(start)) == (1, [])
    assert refused.stderr.endswith("nothing was done\n  remedy: --partly does what is possible\n")
    assert mount.drafts() == []


def test_restore_skips_objects_changed_meanwhile(mount, mounts, sandbox, history, tenantfs, surroundings):
    """Objects that others remove, create and change between the plan and their turn: reported, and left as they are."""
    mount.allow()
    other = mounts("other", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere")})
    first, slow, second, third = (f"{PROVIDERS}/{name}.json" for name in ("First", "Next", "Second", "Third"))
    for path in (first, slow, second, third):
        create(mount / path, new_provider(mount, os.path.basename(path)[:-5]))
    revision = read_and_commit(history, mount, PROVIDERS)
    new = f"{PROVIDERS}/New.json"
    create(mount / new, new_provider(mount, "New"))
    for path in (first, slow, second):
        os.unlink(mount / path)
    edit(mount / third, {"environment": "qa"})
    history.written()
    # The second create waits for its answer; meanwhile another client changes the remaining objects.
    sandbox.fault("stall=4,path=/serviceprovider*,method=PUT,after=1,count=1")
    start = sandbox.mark()
    running = surroundings.start("tenantfs", "-c", sandbox.conf, "restore", "--json", revision, PROVIDERS,
                                 stdout=subprocess.PIPE, text=True)
    until(lambda: sandbox.writes(start), what="the first create")
    other.refresh()
    os.unlink(other / third)
    edit(other / new, {"environment": "qa"})
    create(other / second, new_provider(other, "Second"))
    theirs = {path: bare(other.json(path)) for path in (second, new)}
    answer = json.loads(running.communicate(timeout=60)[0])
    assert running.returncode == 1
    assert {item["path"]: item["outcome"] for item in answer["plan"]} == {
        first: "done", slow: "done", second: f"{second} was created by others meanwhile; it stays",
        third: f"{third} was removed meanwhile", new: f"{new} was changed meanwhile; it stays"}
    assert (answer["done"], answer["refused"]) == (2, 3)
    mount.refresh()
    assert {path: bare(mount.json(path)) for path in (second, new)} == theirs
    assert (mount / first).exists() and not (mount / third).exists()



def test_restore_of_a_renamed_module_reverts_its_parts(mount, sandbox, history, tenantfs):
    """A renamed module: its users and attributes are recorded below the new name and restored with the module."""
    mount.allow()
    module = os.path.basename(largest_user_set(mount))
    users = "communities/default/users"
    attribute = f"{MODULES}/{module}.d/attributes/Rank.json"
    create(mount / attribute, text_of({"name": "Rank", "attribute": "rank"}))
    create(mount / f"{os.path.dirname(attribute)}/Level.json", text_of({"name": "Level", "attribute": "level"}))
    paths = (MODULES, users, os.path.dirname(attribute))
    before = Observer(mount).look(*paths)
    revision = newest_commit(history)
    os.rename(mount / f"{MODULES}/{module}.json", mount / f"{MODULES}/Staff.json")
    moved = own(history)[0]
    [(_, tree, touched)] = [one for one in map(snapshot, Recorded(history)) if one[0] == moved["commit"]]
    assert f"{users}/{module}/" not in "".join(tree)
    renamed = {path.replace(f"/{module}", "/Staff"): value for path, value in before.items()}
    renamed[f"{MODULES}/Staff.json"] = {**before[f"{MODULES}/{module}.json"], "name": "Staff"}
    assert {path: value for path, value in tree.items() if path in renamed} == renamed
    assert len(touched) > 20
    # Reading the new directories records nothing.
    count = len(history.changes())
    Observer(mount).look(MODULES, users, f"{MODULES}/Staff.d/attributes")
    assert [entry.subject for entry in history.written()[:-count or None] if "users" in entry.subject] == []
    plan = plan_of(tenantfs, sandbox, "restore", revision, MODULES, users)
    [item] = plan
    assert (item["action"], item["path"], item["cannot"]) == ("change", f"{MODULES}/Staff.json", [])
    # Changes below the new name are reverted in the same restore.
    below = f"{MODULES}/Staff.d/attributes"
    gone, changed, extra = (f"{below}/{name}.json" for name in ("Rank", "Level", "Extra"))
    edit(mount / changed, {"attribute": "other"})
    os.unlink(mount / gone)
    create(mount / extra, text_of({"name": "Extra", "attribute": "extra"}))
    plan = plan_of(tenantfs, sandbox, "restore", revision, MODULES, users)
    assert sorted((item["action"], item["path"], item["cannot"]) for item in plan[:-1]) == [
        ("change", changed, []), ("create", gone, []), ("remove", extra, [])]
    assert (plan[-1]["action"], plan[-1]["path"]) == ("change", f"{MODULES}/Staff.json")
    done = tenantfs("restore", revision, MODULES, users)
    assert done.returncode == 0, done.stdout + done.stderr
    assert Observer(mount).look(*paths) == before
    assert plan_of(tenantfs, sandbox, "restore", revision, MODULES, users) == []
    assert history.fsck() == (0, "", "")


def snapshot(one):
    commit, tree, touched = one
    return commit, dict(tree), touched
