"""No object is made twice, no change is lost or wrongly acknowledged, no client delays another."""
import json
import os
import signal
import subprocess

import pytest

from files import create, overwrite, refusal
from places import MFA, PROVIDERS, largest_user_set, new_provider, plain_user
from waiting import Clock, until

PUT = "PUT /serviceprovider"


@pytest.fixture
def elsewhere(mounts, surroundings):
    """The same tenant, mounted by another client."""
    return mounts("elsewhere", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere-state")})


def creates(sandbox):
    return [request["status"] for request in sandbox.requests() if request.name == PUT]


@pytest.mark.conf(timeout=4)
@pytest.mark.parametrize("lost", ["drop-after", "badtag", "truncate", "huge"])
def test_create_after_lost_answer_is_sent_once(mount, sandbox, tenantfs, lost):
    """The create may have succeeded: a second save checks first, and is not sent while the check fails."""
    mount.names(PROVIDERS)
    text = new_provider(mount, "Once")
    path = mount / PROVIDERS / "Once.json"
    sandbox.fault(f"{lost},path=/serviceprovider,method=PUT;status=503,path=/serviceprovider/fetch")
    first = refusal(create, path, text)
    again = refusal(create, path, text)
    assert len(creates(sandbox)) == 1, (first, again)
    assert again in ("EIO", "EEXIST", "EBADMSG", "ETIMEDOUT"), (first, again)
    sandbox.fault("")
    tenantfs("retry", f"{PROVIDERS}/Once.json")
    tenantfs("refresh", check=True)
    assert [name for name in mount.names(PROVIDERS) if name.startswith("Once")] == ["Once.json"]
    assert len(creates(sandbox)) == 1


def test_removal_with_a_lost_answer_succeeds(mount, sandbox):
    create(mount / PROVIDERS / "Gone.json", new_provider(mount, "Gone"))
    sandbox.fault("drop-after,method=DELETE,count=1")
    assert refusal(os.unlink, mount / PROVIDERS / "Gone.json") == ""
    assert "Gone.json" not in mount.names(PROVIDERS)


def test_copy_of_an_earlier_version_is_saved(mount, elsewhere, sandbox, surroundings):
    """`cat f > v1`, another client changes f, `cp v1 f`: the server gets the text of v1."""
    surroundings.run("bash", "-c", f"cat '{mount / MFA}' > v1", check=True)
    old = mount.json(MFA)
    theirs = {**old, "otpMaxAttempts": 88}
    overwrite(elsewhere / MFA, json.dumps(theirs, indent=2) + "\n")
    (mount / ".tenantfs/refresh").write_text("\n")
    assert mount.json(MFA)["otpMaxAttempts"] == 88
    start = sandbox.mark()
    surroundings.run("cp", "v1", mount / MFA, check=True)
    [write] = sandbox.writes(start)
    assert write.body["otpMaxAttempts"] == old["otpMaxAttempts"]
    assert mount.json(MFA)["otpMaxAttempts"] == old["otpMaxAttempts"]


@pytest.mark.parametrize("times", range(3))
def test_save_based_on_an_earlier_version_is_saved_or_refused(mount, sandbox, surroundings, times):
    """A writer that read v1 before another process saved v2 either saves v1 or is refused."""
    text = mount.text(MFA)
    number = mount.json(MFA)["otpMaxAttempts"]
    surroundings.run("sed", "-i", f's/"otpMaxAttempts": {number}/"otpMaxAttempts": 23/', mount / MFA, check=True)
    result = refusal(overwrite, mount / MFA, text)
    assert (result, mount.json(MFA)["otpMaxAttempts"]) in (("", number), ("ESTALE", 23))
    if result:
        assert mount.draft(MFA) == text
    else:
        assert [write.body["otpMaxAttempts"] for write in sandbox.writes()] == [23, number]


@pytest.mark.parametrize("path", [MFA, "user"])
def test_repeated_saves_after_one_read_are_all_sent(mount, sandbox, path):
    """A program that reads once can save several times, as a loop in a script does."""
    path = plain_user(mount) if path == "user" else path
    member, values = ("otpMaxAttempts", [31, 32, 33]) if path == MFA else ("firstname", ["One", "Two", "Three"])
    document = mount.json(path)
    for value in values:
        overwrite(mount / path, json.dumps({**document, member: value}, indent=2, ensure_ascii=False) + "\n")
    assert [write.body[member] for write in sandbox.writes()] == values
    assert mount.json(path)[member] == values[-1]


def test_open_for_writing_always_succeeds(mount, elsewhere, sandbox):
    """Two clients save one document in turns: open() succeeds even where the mount must look the name up again."""
    for number in range(1, 9):
        for place in (mount, elsewhere):
            document = place.json(MFA)
            text = json.dumps({**document, "otpMaxAttempts": number}, indent=2) + "\n"
            descriptor = os.open(place / MFA, os.O_WRONLY | os.O_TRUNC)
            os.write(descriptor, text.encode())
            assert refusal(os.close, descriptor) in ("", "ESTALE")
    for place in (mount, elsewhere):
        (place / ".tenantfs/refresh").write_text("\n")
        assert place.json(MFA)["otpMaxAttempts"] == 8


def test_change_by_a_call_appears_in_the_tree(mount, tenantfs):
    path = next(path for path in mount.documents(largest_user_set(mount)) if not mount.json(path)["isLocked"])
    tenantfs("call", "POST", "/users/user/lock", f"username={mount.json(path)['username']}", "lock_duration=30",
             check=True)
    assert mount.json(path)["isLocked"] is True
    document = mount.json(MFA)
    request = {name: value for name, value in document.items() if name != "_server"}
    descriptor = os.open(mount / ".api/login-settings/put-config-authentication-mfa_settings", os.O_RDWR)
    os.write(descriptor, json.dumps({**request, "otpMaxAttempts": 61}).encode())
    assert json.loads(os.read(descriptor, 1 << 16))["status"] == 200
    os.close(descriptor)
    assert mount.json(MFA)["otpMaxAttempts"] == 61


def test_reads_between_saves_show_the_last_save(mount, sandbox):
    """A process's next save is based on its last one, though it read only once."""
    document = mount.json(MFA)
    for n in range(6):
        document["otpMaxAttempts"] = 40 + n % 3
        overwrite(mount / MFA, json.dumps(document))
        assert mount.json(MFA)["otpMaxAttempts"] == 40 + n % 3
    assert len(sandbox.writes()) == 6


def test_saves_without_reads_are_all_sent(mount, sandbox):
    document = mount.json(MFA)
    for n in range(6):
        document["otpMaxAttempts"] = 40 + n % 3
        overwrite(mount / MFA, json.dumps(document))
    assert [write.body["otpMaxAttempts"] for write in sandbox.writes()] == [40, 41, 42] * 2


def test_draft_outlives_saves_by_others(mount, sandbox, tenantfs, surroundings):
    """A successful save by another process keeps a refused draft; retry, discard and its own writer remove it."""
    good = mount.text(MFA)
    refused = good.replace('"otpMaxAttempts": ', '"otpMaxAttempts": "x", "y": ')
    assert refusal(overwrite, mount / MFA, refused) == "EINVAL"
    (surroundings.folder / "other").write_text(good.replace('"lockDurationMinutes": ', '"lockDurationMinutes": 1'))
    surroundings.run("cp", "other", mount / MFA, check=True)
    assert len(sandbox.writes()) == 1
    assert mount.drafts() == [MFA, MFA + ".base", MFA + ".error.json", MFA + ".theirs"]
    assert mount.draft(MFA) == refused
    assert mount.draft(MFA + ".base") == good
    assert mount.draft(MFA + ".theirs") == mount.text(MFA)
    assert tenantfs("discard", MFA).returncode == 0
    assert mount.drafts() == []
    assert refusal(overwrite, mount / MFA, refused) == "EINVAL"
    assert refusal(overwrite, mount / MFA, good.replace('"otpMaxAttempts": ', '"otpMaxAttempts": 1')) == ""
    assert mount.drafts() == []


@pytest.mark.slow
@pytest.mark.conf(timeout=4)
def test_retry_after_of_a_day_is_cut_to_a_minute(mount, sandbox, tenantfs):
    mount.text(MFA)
    sandbox.fault("429,retry-after=86400,count=1")
    assert refusal(os.listdir, mount / PROVIDERS) == "EAGAIN"
    sandbox.fault("")
    with Clock() as took:
        until(lambda: refusal(os.listdir, mount / PROVIDERS) == "", 75, "the end of the pause", every=1)
    assert took.seconds < 70


def start_cats(surroundings, mount, count):
    directory = largest_user_set(mount)
    users = [path.removesuffix(".json") for path in mount.documents(directory)[:count]]
    assert len(users) == count
    return [surroundings.start("cat", mount / f"{user}.d/detail.json", stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL) for user in users]


@pytest.mark.sandbox("--users", "200")
@pytest.mark.timeout(120)
def test_hundred_waiting_callers_delay_nobody(mount, sandbox, surroundings):
    """A hundred callers wait for a silent server: others read cached documents, and each caller can be interrupted."""
    seen = mount.text(MFA)
    mount.names(largest_user_set(mount))
    sandbox.fault("stall=60")
    cats = start_cats(surroundings, mount, 100)
    try:
        until(lambda: len([1 for request in cats if request.poll() is None]) == 100, 10)
        with pytest.raises(subprocess.TimeoutExpired):
            cats[-1].wait(2)
        with Clock() as took:
            assert mount.text(MFA) == seen
            assert mount.names("communities/default/settings")
        assert took.seconds < 3
        with Clock() as took:
            for cat in cats:
                cat.send_signal(signal.SIGINT)
            for cat in cats:
                cat.wait(10)
        assert took.seconds < 5
    finally:
        for cat in cats:
            cat.kill()
            cat.wait()
    sandbox.fault("")
    assert mount.json(MFA)


@pytest.mark.mount("-o", "ro")
def test_read_only_mount_refuses_writing_calls(mount, sandbox, tenantfs):
    username = mount.json(plain_user(mount))["username"]
    start = sandbox.mark()
    done = tenantfs("call", "POST", "/users/user/lock", f"username={username}", "lock_duration=30")
    assert done.returncode == 1
    assert "read-only" in done.stderr
    assert sandbox.writes(start) == []
    assert tenantfs("call", "GET", "/config/authentication/mfa_settings").returncode == 0


def test_object_removed_by_others_is_gone_after_a_refresh(mount, elsewhere, sandbox):
    create(elsewhere / PROVIDERS / "Brief.json", new_provider(elsewhere, "Brief"))
    (mount / ".tenantfs/refresh").write_text("\n")
    assert "Brief.json" in mount.names(PROVIDERS)
    assert mount.text(f"{PROVIDERS}/Brief.json")
    os.unlink(elsewhere / PROVIDERS / "Brief.json")
    (mount / ".tenantfs/refresh").write_text("\n")
    assert "Brief.json" not in mount.names(PROVIDERS)
    assert refusal(os.stat, mount / PROVIDERS / "Brief.json") == "ENOENT"
