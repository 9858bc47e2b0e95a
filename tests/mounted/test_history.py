"""Every change is one commit with its author and call; changes by others are commits too; nothing else is."""
import errno
import json
import os
import pwd
import random
import signal
import time

import pytest

from files import create, overwrite, refusal
from history import change, own
from mount import Mount
from places import MFA, PROVIDERS, largest_user_set, new_provider, plain_documents, plain_user
from waiting import until

CLEAN = (0, "", "")


def by_others(changes):
    return [entry for entry in changes if entry["Origin"] == "others"]


EMPTYINGS = {
    "redirection": ": > {}", "truncate": "truncate -s 0 {}", "cp": "cp /dev/null {}", "dd": "dd if=/dev/null of={}",
    "echo -n": "printf '' > {}", "newline": "echo > {}", "python": "python3 -c \"open('{}', 'w').close()\"",
    "python truncate": "python3 -c \"import os; os.truncate('{}', 0)\"", "tee": "tee {} < /dev/null",
    "vim": "vim -es -u NONE -c '%d' -c 'wq' {}", "cat": "cat /dev/null > {}", "sponge": "sponge {} < /dev/null",
}


def test_every_usual_way_empties_the_reason(mount, surroundings):
    reason = mount / ".tenantfs/reason"
    for way, command in EMPTYINGS.items():
        reason.write_text("ticket 4711\n")
        assert reason.read_text() == "ticket 4711\n"
        surroundings.run("sh", "-c", command.format(reason))
        assert (way, reason.read_text()) == (way, "")


def test_save_is_recorded_as_a_commit(mount, history, sandbox):
    before = mount.json(MFA)
    change(mount, MFA, otpMaxAttempts=9)
    last, first = history.written("--", MFA)
    user = pwd.getpwuid(os.getuid())
    assert (last["name"], last["Uid"]) == (user.pw_gecos.split(",")[0] or user.pw_name, str(os.getuid()))
    assert last["mail"].startswith(f"{user.pw_name}@")
    assert last["Operation"] == "change"
    assert last["Path"] == MFA
    assert last["Endpoint"] == "PUT /config/authentication/mfa_settings"
    assert last["Outcome"] == "done"
    assert last["Pid"] == str(os.getpid())
    assert last["Command"].startswith("python3")
    assert int(last["Journal"]) > 0
    assert last.subject == f"change {MFA}: otpMaxAttempts"
    assert (first["Origin"], first.subject) == ("baseline", f"first seen: {MFA}")
    assert history.document(MFA, first["commit"]) == before
    assert history.document(MFA)["otpMaxAttempts"] == 9
    assert history.git("cat-file", "blob", f"HEAD:{MFA}") == mount.text(MFA)
    assert history.fsck() == CLEAN


def test_refused_and_unchanged_saves_are_not_recorded(mount, history, sandbox):
    change(mount, MFA, otpMaxAttempts=9)
    count = len(history.written())
    overwrite(mount / MFA, mount.text(MFA))
    assert refusal(change, mount, MFA, otpMaxAttempts="many") == "EINVAL"
    sandbox.fault("status=500")
    assert refusal(change, mount, MFA, otpMaxAttempts=3) == "EIO"
    sandbox.fault("")
    assert len(own(history.written())) == 1
    assert len(history.changes()) == count


def test_create_rename_and_remove_are_recorded(mount, history):
    name = f"{PROVIDERS}/Ledger.json"
    create(mount / name, new_provider(mount, "Ledger"))
    change(mount, name, name="Ledger 2")
    os.unlink(mount / PROVIDERS / "Ledger 2.json")
    kinds = [(entry["Operation"], entry["Path"], entry.get("New-Path")) for entry in own(history.written())]
    assert kinds[0] == ("remove", f"{PROVIDERS}/Ledger 2.json", None)
    assert kinds[-1] == ("create", name, None)
    assert kinds[1][1:] == (name, f"{PROVIDERS}/Ledger 2.json")
    assert by_others(history.changes()) == []
    assert history.fsck() == CLEAN


@pytest.mark.sandbox("--users", "300")
def test_users_are_recorded_in_digest_folders(mount, history, tenantfs):
    users = largest_user_set(mount)
    names = mount.documents(users)
    change(mount, names[0], firstname="Changed")
    entries = json.loads(tenantfs("log", "--json", names[0], check=True).stdout)
    assert entries[0]["path"] == names[0]
    assert [entry["origin"] for entry in entries][-1] == "baseline"
    stem = os.path.basename(names[0])
    inside = history.git("log", "--format=%H", "--", f"{users}/*/{stem}").split()
    assert inside[0] == entries[0]["commit"]
    whole = [entry for entry in history.changes() if entry.get("Directory") == users]
    assert len(whole) == 1
    recorded = history.git("ls-tree", "-r", "-z", "--name-only", "HEAD", f"{users}/").split("\0")
    assert sorted(os.path.basename(path) for path in recorded if path) == sorted(map(os.path.basename, names))
    assert history.fsck() == CLEAN


def test_changes_by_others_are_recorded_as_theirs(mount, mounts, history, surroundings, tenantfs):
    change(mount, MFA, otpMaxAttempts=9)
    mount.documents(PROVIDERS)
    history.written()
    other = mounts("other", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere")})
    change(other, MFA, lockDurationMinutes=44)
    removed = other.documents(PROVIDERS)[0]
    os.unlink(other / removed)
    tenantfs("refresh", mount.path, check=True)
    # The reference documents no audit event for these settings: they are read again.
    mount.text(MFA)
    mount.documents(PROVIDERS)
    found = by_others(history.written())
    assert sorted((entry["Operation"], entry["Path"]) for entry in found) == sorted(
        [("change", MFA), ("remove", removed)])
    assert {entry["name"] for entry in found} == {"unknown (seen by tenantfs)"}
    assert len(own(history.changes())) == 1
    assert history.document(MFA)["lockDurationMinutes"] == 44


@pytest.mark.conf(feed_interval=1, freshness="1h")
def test_changes_by_others_have_the_name_of_the_audit_log(mount, mounts, history, surroundings):
    mount.text(MFA)
    provider = next(plain_documents(mount, PROVIDERS, "environment"))
    branding = "communities/default/branding.json"
    mount.text(branding)
    history.written()
    other = mounts("other", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere")})
    changed = {MFA: {"lockDurationMinutes": 44}, provider: {"hideBanner": True}, branding: {"heading_label": "Come in"}}
    for path, members in changed.items():
        before = mount.text(path)
        change(other, path, **members)
        until(lambda path=path, before=before: mount.text(path) != before, 20, f"the change of {path}")
    found = by_others(history.written())
    # The reference names no event of the settings.
    assert {entry["Path"]: entry["name"] for entry in found} == {
        MFA: "unknown (seen by tenantfs)", provider: "admin", branding: "admin"}


def test_removal_between_two_mounts_is_recorded(mounts, mount, history, surroundings):
    gone, stays = mount.documents(PROVIDERS)[:2]
    history.written()
    mount.stop()
    other = mounts("other", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere")})
    os.unlink(other / gone)
    mount.start()
    mount.documents(PROVIDERS)
    found = history.written()
    assert [(entry["Operation"], entry["Path"]) for entry in by_others(found)] == [("remove", gone)]
    assert own(found) == []
    assert history.git("ls-tree", "--name-only", "HEAD", stays).strip() != ""


def test_configured_author_is_recorded(sandbox, mounts, history):
    with open(sandbox.conf, "a") as conf:
        conf.write(f'[author "{os.getuid()}"]\n\tname = The Admin\n\temail = admin@example.com\n')
    mount = mounts("mnt")
    change(mount, MFA, otpMaxAttempts=9)
    last = history.written()[0] if own(history.written()) else None
    assert last is not None
    entry = own(history.changes())[0]
    assert (entry["name"], entry["mail"]) == ("The Admin", "admin@example.com")


def test_show_diff_and_blame_report_changed_members(mount, history, tenantfs):
    change(mount, MFA, otpMaxAttempts=9)
    change(mount, MFA, lockDurationMinutes=44)
    shown = json.loads(tenantfs("show", "--json", own(history.written())[0]["commit"], check=True).stdout)
    assert [item["path"] for item in shown["changes"]] == [MFA]
    assert [item["member"] for item in shown["changes"][0]["members"]] == ["lockDurationMinutes"]
    assert shown["changes"][0]["members"][0]["after"] == 44
    commits = [entry["commit"] for entry in history.changes("--", MFA)]
    done = tenantfs("diff", "--json", commits[2], commits[0], MFA)
    assert done.returncode == 2
    assert {item["member"] for item in json.loads(done.stdout)[0]["members"]} == {"otpMaxAttempts",
                                                                                 "lockDurationMinutes"}
    assert tenantfs("diff", commits[0], commits[0]).returncode == 0
    blamed = {entry["member"]: entry for entry in json.loads(tenantfs("blame", "--json", MFA, check=True).stdout)}
    assert blamed["otpMaxAttempts"]["commit"] == commits[1]
    assert blamed["lockDurationMinutes"]["commit"] == commits[0]
    assert blamed["lockDurationMinutes"]["value"] == 44
    assert {entry["commit"] for member, entry in blamed.items()
            if member not in ("otpMaxAttempts", "lockDurationMinutes")} == {commits[2]}
    assert "_server" not in blamed
    missing = tenantfs("show", "0123456789")
    assert missing.returncode == 1
    assert "there is no such revision" in missing.stderr
    for words in ((commits[0], "2026-11-20T093000-1a2b3c4d5e6f"), (MFA + ".bak",)):
        misspelt = tenantfs("diff", *words)
        assert (misspelt.returncode, misspelt.stdout) == (1, "")
        assert misspelt.stderr == f"tenantfs: diff: {words[-1]}: recorded in neither state\n"
    assert [tenantfs("log", "-n", count).returncode for count in ("-1", "two", "")] == [64, 64, 64]
    nothing = tenantfs("log", MFA + ".bak")
    assert (nothing.returncode, nothing.stderr) == (0, f"tenantfs: log: nothing is recorded of {MFA}.bak\n")


def test_reason_is_recorded_in_the_commit(mount, history):
    overwrite(mount / ".tenantfs/reason", "ticket 4711: fewer tries\nasked for by the board\n")
    assert mount.text(".tenantfs/reason") == "ticket 4711: fewer tries\nasked for by the board\n"
    change(mount, MFA, otpMaxAttempts=9)
    overwrite(mount / ".tenantfs/reason", "\n")
    change(mount, MFA, otpMaxAttempts=8)
    without_reason, with_reason = own(history.written())
    assert with_reason.subject == "ticket 4711: fewer tries"
    assert with_reason["Reason"] == "ticket 4711: fewer tries asked for by the board"
    assert "Reason" not in without_reason
    assert len(with_reason["Request-Id"]) == 36


def test_states_are_read_only_directories(mount, history):
    before = mount.text(MFA)
    change(mount, MFA, otpMaxAttempts=9)
    entries = history.written()
    names = sorted(os.listdir(mount / ".history"))
    assert ".history" not in os.listdir(mount.path)
    assert sorted(name.rsplit("-", 1)[1] for name in names) == sorted(entry["commit"][:12] for entry in entries)
    first = next(name for name in names if name.endswith(entries[-1]["commit"][:12]))
    last = next(name for name in names if name.endswith(entries[0]["commit"][:12]))
    assert mount.text(f".history/{first}/{MFA}") == before
    assert mount.text(f".history/{last}/{MFA}") == mount.text(MFA)
    assert mount.text(f".history/{last[:10]}/{last}/{MFA}") == mount.text(MFA)
    assert os.listdir(mount / f".history/{last}") == ["communities"]
    assert refusal(os.listdir, mount / ".history" / f"2000-01-01T000000-{last.rsplit('-', 1)[1]}") == "ENOENT"
    assert refusal(os.listdir, mount / ".history/HEAD") == "ENOENT"
    assert refusal(overwrite, mount / f".history/{last}/{MFA}", "{}") in ("EROFS", "EACCES", "EPERM")
    assert refusal(os.unlink, mount / f".history/{last}/{MFA}") == "EROFS"


def test_new_states_are_listed_at_once(mount, history):
    assert os.listdir(mount / ".history") == []
    for count in (9, 8):
        change(mount, MFA, otpMaxAttempts=count)
        newest = history.written()[0]["commit"][:12]
        assert newest in [name.rsplit("-", 1)[1] for name in os.listdir(mount / ".history")]


def test_undo_reverts_only_the_members_of_its_change(mount, history, tenantfs):
    change(mount, MFA, otpMaxAttempts=9)
    change(mount, MFA, lockDurationMinutes=44)
    change(mount, MFA, otp_prompt_text="Another text")
    before = mount.json(MFA)
    middle = own(history.written())[1]["commit"]
    planned = tenantfs("undo", "-n", "--json", middle)
    assert planned.returncode == 2
    assert [item["member"] for item in json.loads(planned.stdout)["plan"][0]["members"]] == ["lockDurationMinutes"]
    assert mount.json(MFA)["lockDurationMinutes"] == 44
    tenantfs("undo", middle, "-m", "it was a mistake", check=True)
    after = mount.json(MFA)
    assert after["lockDurationMinutes"] == history.document(MFA, own(history.changes())[-1]["commit"])[
        "lockDurationMinutes"] != 44
    assert {key for key in before if before[key] != after.get(key)} - {"_server"} == {"lockDurationMinutes"}
    assert own(history.written())[0]["Reason"] == "it was a mistake"
    change(mount, MFA, otpMaxAttempts=11)
    first = own(history.written())[-1]["commit"]
    refused = tenantfs("undo", first)
    assert refused.returncode == 1
    assert "otpMaxAttempts: changed again since; it stays" in refused.stdout
    assert mount.json(MFA)["otpMaxAttempts"] == 11
    assert history.fsck() == CLEAN


def test_undo_of_a_rename_keeps_the_object(mount, history, tenantfs):
    name, moved = f"{PROVIDERS}/Ledger.json", f"{PROVIDERS}/Books.json"
    create(mount / name, new_provider(mount, "Ledger"))
    made = mount.json(name)
    os.rename(mount / name, mount / moved)
    rename = own(history.written())[0]["commit"]
    planned = json.loads(tenantfs("undo", "-n", "--json", rename).stdout)["plan"]
    assert [(item["action"], item["path"]) for item in planned] == [("change", moved)]
    done = tenantfs("undo", rename)
    assert done.returncode == 0, done.stdout + done.stderr
    assert mount.json(name)["_server"]["_id"] == made["_server"]["_id"]
    assert not (mount / moved).exists()
    last = own(history.written())[0]
    assert (last["Path"], last["New-Path"]) == (moved, name)
    again = tenantfs("undo", rename)
    assert (again.returncode, again.stdout) == (1, "")
    assert f"{moved} was renamed or removed again since" in again.stderr
    assert history.fsck() == CLEAN


def test_undo_of_a_creation_is_refused_after_a_later_change(mount, history, tenantfs):
    name = f"{PROVIDERS}/Ledger.json"
    create(mount / name, new_provider(mount, "Ledger"))
    made = own(history.written())[0]["commit"]
    value = mount.json(name)["environment"]
    change(mount, name, environment="qa")
    refused = tenantfs("undo", made)
    assert refused.returncode == 1
    assert "cannot be restored: it was changed again since; it stays" in refused.stdout
    assert mount.json(name)["environment"] == "qa"
    change(mount, name, environment=value)
    tenantfs("undo", made, check=True)
    assert not (mount / name).exists()
    gone = own(history.written())[0]["commit"]
    create(mount / name, json.dumps({**json.loads(new_provider(mount, "Ledger")), "environment": "qa"}))
    assert tenantfs("undo", gone).returncode == 1
    assert mount.json(name)["environment"] == "qa"


def test_restore_reverts_a_directory(mount, history, tenantfs):
    texts = {path: mount.json(path) for path in mount.documents(PROVIDERS)}
    begin = history.written()[0]["commit"]
    names = sorted(plain_documents(mount, PROVIDERS, "environment"))
    create(mount / PROVIDERS / "Ledger.json", new_provider(mount, "Ledger"))
    os.unlink(mount / names[0])
    change(mount, names[1], environment="staging" if texts[names[1]]["environment"] != "staging" else "production")
    done = tenantfs("restore", begin, PROVIDERS)
    assert done.returncode == 0, done.stdout + done.stderr
    now = {path: mount.json(path) for path in mount.documents(PROVIDERS)}
    for document in list(texts.values()) + list(now.values()):
        document.pop("_server", None)
    assert now == texts
    assert tenantfs("restore", "-n", begin, PROVIDERS).returncode == 0
    assert by_others(history.written()) == []
    assert history.fsck() == CLEAN


def test_restore_reverts_renames(mount, history, tenantfs):
    first, second = sorted(plain_documents(mount, PROVIDERS, "environment"))[:2]
    state = history.written()[0]["commit"]
    made = mount.json(first)
    os.rename(mount / first, mount / f"{PROVIDERS}/Ledger.json")
    os.rename(mount / f"{PROVIDERS}/Ledger.json", mount / f"{PROVIDERS}/Last.json")
    change(mount, f"{PROVIDERS}/Last.json", environment="qa")
    os.unlink(mount / second)
    create(mount / second, new_provider(mount, os.path.basename(second).removesuffix(".json")))
    done = tenantfs("restore", state, PROVIDERS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"change {PROVIDERS}/Last.json\n" in done.stdout
    now = mount.json(first)
    assert now["_server"]["_id"] == made["_server"]["_id"]
    assert now["environment"] == made["environment"]
    assert not (mount / f"{PROVIDERS}/Last.json").exists()
    assert tenantfs("restore", "-n", state, PROVIDERS).returncode == 0
    assert history.fsck() == CLEAN


def test_restore_leaves_objects_that_were_not_read_then(mount, history, tenantfs):
    """A state holds only what had been read by then; restore leaves all other objects alone."""
    change(mount, MFA, otpMaxAttempts=9)
    begin = history.written()[0]["commit"]
    names = mount.documents(PROVIDERS)
    history.written()
    assert tenantfs("restore", "-n", begin, "communities").returncode == 0
    assert mount.documents(PROVIDERS) == names


def test_undo_that_the_api_cannot_do_is_refused(mount, history, tenantfs):
    user = plain_user(mount)
    users = os.path.dirname(user)
    before = history.written()[0]["commit"]
    document = mount.json(user)
    document.update(username="newcomer", email1="newcomer@example.com")
    document.pop("_server")
    assert refusal(create, mount / users / "newcomer.json", json.dumps(document)) == ""
    refused = tenantfs("undo", own(history.written())[0]["commit"])
    assert refused.returncode == 1
    assert "cannot be restored" in refused.stdout
    assert mount.json(f"{users}/newcomer.json")["username"] == "newcomer"
    assert tenantfs("restore", before, users).returncode == 1
    assert len(own(history.written())) == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_history_after_kills_has_each_change_once(sandbox, surroundings, history, tenantfs):
    """After a kill at any moment each acknowledged change is recorded once, and no change that nobody made."""
    seed = int(os.environ.get("TENANTFS_SEED", random.randrange(1 << 30)))
    print(f"TENANTFS_SEED={seed}")
    dice = random.Random(seed)
    mount = Mount(surroundings, sandbox.conf, surroundings.folder / "mnt")
    asked, acknowledged, value = set(), set(), 10
    try:
        # git fsck complains about a repository without a commit.
        mount.start()
        mount.json(MFA)
        history.written()
        mount.stop()
        for _ in range(8):
            mount.start()
            victim = os.fork()
            if victim == 0:
                time.sleep(dice.uniform(0.05, 0.5))
                os.kill(mount.daemon_pid(), signal.SIGKILL)
                os._exit(0)
            while True:
                value += 1
                asked.add(value)
                try:
                    change(mount, MFA, otpMaxAttempts=value)
                except (OSError, ValueError):
                    break
                acknowledged.add(value)
            os.waitpid(victim, 0)
            dice.random()
            mount.abandon()
            assert history.fsck() == CLEAN
        mount.start()
        current = mount.json(MFA)["otpMaxAttempts"]
        entries = own(history.written("--", MFA))
        recorded = [history.document(MFA, entry["commit"])["otpMaxAttempts"] for entry in entries]
        assert len(set(recorded)) == len(recorded)
        assert acknowledged <= set(recorded)
        assert set(recorded) <= asked
        assert by_others(history.changes()) == []
        assert history.document(MFA)["otpMaxAttempts"] == current
        numbers = [int(entry["Journal"]) for entry in entries]
        assert numbers == sorted(numbers, reverse=True)
        assert len(set(numbers)) == len(numbers)
        mount.stop()
    finally:
        mount.abandon()
    assert history.fsck() == CLEAN


@pytest.mark.conf(history_record="false", feed_interval=1, freshness="1h")
def test_mount_works_without_a_history(mount, mounts, history, tenantfs, surroundings, sandbox):
    """Without a history saves, drafts and the change feed work; history commands report that it is off."""
    change(mount, MFA, otpMaxAttempts=9)
    provider = next(plain_documents(mount, PROVIDERS, "environment"))
    before = mount.text(provider)
    other = mounts("other", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere")})
    change(other, provider, hideBanner=True)
    until(lambda: mount.text(provider) != before, 20, "what others changed")
    assert not history.path.exists()
    off = f"there is no history: history-record is false in {sandbox.conf}"
    for words in (["log"], ["log", mount / MFA], ["show"], ["diff"], ["blame", mount / MFA]):
        done = tenantfs(*words)
        assert (done.returncode, done.stdout) == (1, "") and off in done.stderr, (words, done)
    for words in (["undo", "HEAD"], ["restore", "HEAD", mount / MFA]):
        done = tenantfs(*words)
        assert done.returncode == 1 and "history-record is false" in done.stderr, (words, done)
    with pytest.raises(OSError) as refused:
        os.listdir(mount / ".history")
    assert refused.value.errno == errno.EOPNOTSUPP
    assert "off: nothing is recorded (history-record = false)" in tenantfs("status", mount.path).stdout
    status = json.loads(tenantfs("status", "--json", mount.path).stdout)
    assert status["history"] == {"open": False, "record": False}
    assert len(json.loads(tenantfs("journal", "--json", check=True).stdout)) == 1


def test_history_switched_off_and_on_again_misses_no_change(mount, history, tenantfs, sandbox):
    change(mount, MFA, otpMaxAttempts=9)
    count = len(history.written())
    mount.stop()
    conf = sandbox.conf.read_text()
    sandbox.conf.write_text(conf + "\thistory-record = false\n")
    mount.start()
    change(mount, MFA, otpMaxAttempts=8)
    log = tenantfs("log")
    assert (log.returncode, len(log.stdout.splitlines())) == (0, count)
    assert log.stderr == "tenantfs: log: history-record is false: only earlier changes are shown\n"
    assert len(os.listdir(mount / ".history")) == count
    done = tenantfs("undo", "HEAD")
    assert done.returncode == 1 and "so nothing can be restored" in done.stderr
    assert mount.json(MFA)["otpMaxAttempts"] == 8
    mount.stop()
    sandbox.conf.write_text(conf)
    mount.start()
    # Changes still in the journal are recorded when the history is on again.
    assert [entry.subject for entry in history.written("--", MFA)[:2]] == [f"change {MFA}: otpMaxAttempts"] * 2
    assert history.document(MFA)["otpMaxAttempts"] == 8
