"""A save is what the server made of it: no conflict and no change by others, also when reads are behind."""
import os
import signal
import time

import pytest

from files import create, overwrite
from history import change, own
from places import MFA, MODULES, PROVIDERS, SETTINGS, largest_user_set, new_provider
from waiting import until

LAG = pytest.mark.conf(read_lag="4s", freshness="1s")


def by_others(changes):
    return [entry for entry in changes if entry["Origin"] == "others"]


def names(mount, directory):
    mount.refresh()
    return [os.path.basename(path) for path in mount.documents(directory)]


def test_folded_and_trimmed_texts_are_what_was_saved(mount, history, sandbox):
    sandbox.fault("fold;recordless")
    path = mount.documents(PROVIDERS)[0]
    for label, kept in ((" Bank ", "bank"), ("LEDGER", "ledger"), ("x", "x")):
        change(mount, path, mobileAppLabel=label)
        assert mount.json(path)["mobileAppLabel"] == kept
    saves = own(history.written("--", path))
    assert len(saves) == 3
    assert history.document(path) == mount.json(path)
    assert by_others(history.written()) == []


def test_creations_without_a_record_are_ours(mount, history, sandbox):
    sandbox.fault("fold;recordless")
    for name in ("One", "Two"):
        create(mount / f"{PROVIDERS}/{name}.json", new_provider(mount, name))
    mount.refresh()
    shown = [path for path in mount.documents(PROVIDERS) if os.path.basename(path).lower() in ("one.json", "two.json")]
    assert len(shown) == 2
    for path in shown:
        change(mount, path, mobileAppLabel="Again")
    mount.refresh()
    for path in mount.documents(PROVIDERS):
        mount.json(path)
    assert by_others(history.written()) == []
    assert history.fsck() == (0, "", "")


@LAG
def test_read_behind_a_save_does_not_undo_it(mount, history, sandbox):
    mount.json(MFA)
    sandbox.fault("lag=2")
    for attempts in (4, 5, 6):
        change(mount, MFA, otpMaxAttempts=attempts)
        for _ in range(5):
            mount.refresh()
            assert mount.json(MFA)["otpMaxAttempts"] == attempts
            time.sleep(0.1)
    until(lambda: mount.refresh() or mount.json(MFA)["otpMaxAttempts"] == 6, 5, "the newest state")
    assert by_others(history.written()) == []
    assert [entry.subject for entry in own(history.changes())] == [f"change {MFA}: otpMaxAttempts"] * 3


@LAG
def test_made_objects_stay_and_removed_ones_stay_away(mount, history, sandbox):
    mount.documents(PROVIDERS)
    sandbox.fault("lag=2;recordless")
    create(mount / f"{PROVIDERS}/Ledger.json", new_provider(mount, "Ledger"))
    for _ in range(8):
        assert "Ledger.json" in names(mount, PROVIDERS)
        time.sleep(0.1)
    change(mount, f"{PROVIDERS}/Ledger.json", name="Ledger 2")
    for _ in range(8):
        assert {"Ledger.json", "Ledger 2.json"} & set(names(mount, PROVIDERS)) == {"Ledger 2.json"}
        time.sleep(0.1)
    os.unlink(mount / PROVIDERS / "Ledger 2.json")
    for _ in range(30):
        assert {"Ledger.json", "Ledger 2.json"} & set(names(mount, PROVIDERS)) == set()
        time.sleep(0.1)
    assert by_others(history.written()) == []
    assert sorted(entry["Operation"] for entry in own(history.changes())) == ["change", "create", "remove"]


@LAG
def test_saves_of_a_killed_mount_are_not_undone(mount, history, sandbox):
    mount.json(MFA)
    sandbox.fault("lag=2")
    for attempts in (4, 5, 6):
        change(mount, MFA, otpMaxAttempts=attempts)
        os.kill(mount.daemon_pid(), signal.SIGKILL)
        mount.process.wait()
        mount.abandon()
        mount.start()
        assert mount.json(MFA)["otpMaxAttempts"] == attempts
    change(mount, MFA, otpMaxAttempts=7)
    time.sleep(2.2)
    mount.refresh()
    assert mount.json(MFA)["otpMaxAttempts"] == 7
    assert by_others(history.written()) == []


@LAG
def test_late_forms_are_no_conflict(mount, history, sandbox):
    path = mount.documents(PROVIDERS)[0]
    # A record without this member would be completed with what was written to it.
    change(mount, path, mobileAppLabel="zero")
    sandbox.fault("lag=1;fold;recordless")
    for label in ("One", "TWO", "Three"):
        change(mount, path, mobileAppLabel=label)
        time.sleep(0.3)
    time.sleep(1.2)
    mount.refresh()
    assert mount.json(path)["mobileAppLabel"] == "three"
    assert by_others(history.written()) == []
    assert history.document(path)["mobileAppLabel"] == "three"


@pytest.mark.parametrize("recorded", [True, False])
def test_renamed_module_has_its_new_name_everywhere(mount, history, recorded):
    scheme = f"{SETTINGS}/default-auth-scheme.json"
    [name, *others] = mount.json(scheme)["modules"]
    if recorded:
        history.written()
    change(mount, f"{MODULES}/{name}.json", name="Renamed")
    assert mount.json(scheme)["modules"] == ["Renamed", *others]
    assert by_others(history.written()) == []
    assert history.document(scheme)["modules"] == ["Renamed", *others]
    [entry] = own(history.changes())
    touched = history.git("diff-tree", "-r", "--no-commit-id", "--name-only", entry["commit"]).splitlines()
    assert not recorded or scheme in touched


@pytest.mark.parametrize("fault", ["lose,path=/users/fetch,count=1,after=1", "gain,path=/users/fetch,count=1,after=1",
                                   "lose,path=/users/fetch,rate=0.3;gain,path=/users/fetch,rate=0.3"])
@pytest.mark.sandbox("--users", "400")
def test_records_that_come_and_go_while_pages_are_read_hide_no_other(mount, history, sandbox, fault):
    users = largest_user_set(mount)
    before = mount.documents(users)
    history.written()
    for _ in range(3):
        sandbox.fault(fault)
        mount.refresh()
        assert mount.documents(users) == before
    assert by_others(history.written()) == []
