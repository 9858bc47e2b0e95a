"""Every row of the errno table: the cause, the errno a program gets, the message and the draft."""
import ctypes
import json
import os
import signal
import threading

import pytest

from endpoints import load_kinds
from files import create, overwrite, read_bytes, refusal
from places import MFA, PROVIDERS, USERS, largest_user_set, new_provider, plain_documents, plain_user
from waiting import Clock

SHORT = pytest.mark.conf(timeout=3)


def changed_text(mount, value=7):
    document = mount.json(MFA)
    assert document["otpMaxAttempts"] != value
    document["otpMaxAttempts"] = value
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def last_error(mount, path):
    """The newest entry of errors.json; it is about `path`, and the file's attribute has the same error."""
    entry = mount.errors()[-1]
    assert entry["path"] == path
    error = entry["error"]
    if os.path.exists(mount / path):
        assert json.loads(mount.error(path)) == error
    return error


def check_draft(mount, path, text, error, endings=("", ".error.json")):
    """The refused text is kept as a draft, with the error beside it."""
    assert sorted(mount.drafts()) == [path + ending for ending in endings]
    assert mount.draft(path) == text
    reason = json.loads(mount.draft(path + ".error.json"))
    assert (reason["errno"], reason["message"]) == (error["errno"], error["message"])


def check_refused_save(mount, sandbox, text, expected, sent):
    """Saves MFA; the save fails with `expected` after `sent` write calls."""
    before = mount.text(MFA)
    start = sandbox.mark()
    assert refusal(overwrite, mount / MFA, text) == expected
    assert len(sandbox.writes(start)) == sent
    error = last_error(mount, MFA)
    assert error["errno"] == expected
    check_draft(mount, MFA, text, error)
    assert mount.text(MFA) == before
    return error


# Errors found without a call; the message names the position.
BAD_TEXTS = {
    "no-json": ('{\n  "show_otp_email": tru\n}\n', 2, None, ""),
    "cut-off": ('{\n  "show_otp_email": true,\n', 3, None, ""),
    "two-values": ('{}\n{}\n', 2, None, ""),
    "member-twice": ('{\n  "onespan_url": "a",\n  "onespan_url": "b"\n}\n', 3, None, "onespan_url"),
    "no-object": ('[1]\n', None, None, "object"),
}


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_save_of_invalid_json_is_refused(mount, sandbox, name):
    text, line, _, piece = BAD_TEXTS[name]
    mount.text(MFA)
    error = check_refused_save(mount, sandbox, text, "EINVAL", 0)
    if line:
        assert error["line"] == line and error["column"] > 0
    assert piece in error["message"]


CHANGES = {
    "wrong-type": (lambda document: document.update(otpMaxAttempts="seven"), "/otpMaxAttempts", "number"),
    "wrong-type-boolean": (lambda document: document.update(show_otp_email="yes"), "/show_otp_email", "boolean"),
    "missing-member": (lambda document: document.pop("show_otp_email"), "/show_otp_email", "show_otp_email"),
    "unknown-member": (lambda document: document.update(otpMaxAttemps=3), "/otpMaxAttemps", "otpMaxAttemps"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_save_against_the_schema_is_refused(mount, sandbox, name):
    change, member, piece = CHANGES[name]
    document = mount.json(MFA)
    change(document)
    text = json.dumps(document, indent=2) + "\n"
    error = check_refused_save(mount, sandbox, text, "EINVAL", 0)
    assert error["member"] == member
    assert piece in error["message"]
    if member[1:] in document:
        lines = text.split("\n")
        assert f'"{member[1:]}"' in lines[error["line"] - 1]


REFUSALS = {
    400: "EINVAL",
    403: "EPERM",
    409: "EEXIST",
    413: "EINVAL",
    422: "EINVAL",
}


@pytest.mark.parametrize("status", REFUSALS)
def test_refusal_by_the_server_maps_to_errno(mount, sandbox, status):
    text = changed_text(mount)
    sandbox.fault(f"status={status},method=PUT")
    error = check_refused_save(mount, sandbox, text, REFUSALS[status], 1)
    assert error["status"] == status
    sent = [request for request in sandbox.writes()][-1]
    assert error["request_id"] == sent["requestid"]["uuid"]
    assert error["message"]


def test_refusal_has_the_message_of_the_server(mount, sandbox):
    """The message has the API's text."""
    path = plain_user(mount)
    document = mount.json(path)
    document["firstname"] = "Other"
    text = json.dumps(document, indent=2) + "\n"
    start = sandbox.mark()
    sandbox.fault("status=400,method=PATCH")
    assert refusal(overwrite, mount / path, text) == "EINVAL"
    [write] = sandbox.writes(start)
    assert write["status"] == 400
    error = last_error(mount, path)
    assert "injected fault" in error["message"]
    assert (error["status"], error["request_id"]) == (400, write["requestid"]["uuid"])
    check_draft(mount, path, text, error)


def test_status_asks_to_log_in_after_401(mount, sandbox, tenantfs):
    text = changed_text(mount)
    sandbox.fault("status=401,method=PUT")
    error = check_refused_save(mount, sandbox, text, "EACCES", 1)
    assert error["status"] == 401
    status = tenantfs("status")
    assert "log in" in status.stdout + status.stderr
    sandbox.fault("")
    assert refusal(overwrite, mount / MFA, text) == ""
    status = tenantfs("status")
    assert "log in" not in status.stdout + status.stderr


def test_read_of_404_is_enoent(mount, sandbox):
    mount.names("communities/default/settings")
    sandbox.fault("status=404")
    assert refusal(read_bytes, mount / MFA) == "ENOENT"
    assert last_error(mount, MFA)["status"] == 404


def test_create_of_a_name_taken_meanwhile_is_eexist(mount, sandbox):
    mount.names(PROVIDERS)
    sandbox.fault("conflict,method=PUT,path=/serviceprovider")
    path = f"{PROVIDERS}/Taken.json"
    text = new_provider(mount, "Taken")
    assert refusal(create, mount / path, text) == "EEXIST"
    error = last_error(mount, path)
    assert (error["errno"], error["status"]) == ("EEXIST", 409)
    check_draft(mount, path, text, error)
    assert "Taken.json" not in mount.names(PROVIDERS)


@pytest.fixture
def elsewhere(mounts, surroundings):
    """The same tenant, mounted by another client."""
    return mounts("elsewhere", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere-state"),
                                    "XDG_RUNTIME_DIR": str(surroundings.folder / "home")})


def test_save_of_a_removed_object_is_enoent(mount, elsewhere, sandbox):
    path = next(plain_documents(mount, PROVIDERS, "environment"))
    document = mount.json(path)
    os.unlink(elsewhere / path)
    document["environment"] = "elsewhere"
    text = json.dumps(document, indent=2) + "\n"
    start = sandbox.mark()
    assert refusal(overwrite, mount / path, text) == "ENOENT"
    assert [write["status"] for write in sandbox.writes(start)] in ([], [404])
    error = mount.errors()[-1]["error"]
    assert error["errno"] == "ENOENT" and error["message"]
    check_draft(mount, path, text, error)


def test_save_in_conflict_is_estale(mount, elsewhere, sandbox):
    ours = changed_text(mount, 7)
    theirs = changed_text(elsewhere, 8)
    assert refusal(overwrite, elsewhere / MFA, theirs) == ""
    start = sandbox.mark()
    assert refusal(overwrite, mount / MFA, ours) == "ESTALE"
    assert sandbox.writes(start) == []
    error = last_error(mount, MFA)
    assert error["errno"] == "ESTALE"
    assert "otpMaxAttempts" in error["message"] + error.get("member", "")
    check_draft(mount, MFA, ours, error, ("", ".base", ".error.json", ".theirs"))
    assert json.loads(mount.draft(MFA + ".theirs"))["otpMaxAttempts"] == 8
    assert json.loads(mount.draft(MFA + ".base"))["otpMaxAttempts"] not in (7, 8)
    assert mount.json(MFA)["otpMaxAttempts"] == 8


def test_save_beside_a_disjoint_change_is_merged(mount, elsewhere, sandbox):
    document = mount.json(MFA)
    assert refusal(overwrite, elsewhere / MFA, changed_text(elsewhere, 8)) == ""
    document["lockDurationMinutes"] = 99
    start = sandbox.mark()
    assert refusal(overwrite, mount / MFA, json.dumps(document, indent=2) + "\n") == ""
    [write] = sandbox.writes(start)
    assert (write.body["otpMaxAttempts"], write.body["lockDurationMinutes"]) == (8, 99)
    now = mount.json(MFA)
    assert (now["otpMaxAttempts"], now["lockDurationMinutes"]) == (8, 99)
    assert mount.drafts() == []


@SHORT
def test_save_of_429_past_the_deadline_is_eagain(mount, sandbox):
    text = changed_text(mount)
    sandbox.fault("429,method=PUT,retry-after=1")
    with Clock() as took:
        before = mount.text(MFA)
        start = sandbox.mark()
        assert refusal(overwrite, mount / MFA, text) == "EAGAIN"
    assert took.seconds < 5
    # It was retried, no sooner than the server asked for.
    assert 2 <= len(sandbox.writes(start)) <= 4
    error = last_error(mount, MFA)
    assert (error["errno"], error["status"]) == ("EAGAIN", 429)
    check_draft(mount, MFA, text, error)
    assert mount.text(MFA) == before


@SHORT
def test_save_without_the_server_is_eio(mount, sandbox):
    text = changed_text(mount)
    sandbox.kill()
    assert refusal(overwrite, mount / MFA, text) == "EIO"
    error = last_error(mount, MFA)
    assert error["errno"] == "EIO"
    assert "status" not in error
    check_draft(mount, MFA, text, error)


@SHORT
def test_read_of_503_is_eio_after_retries(mount, sandbox):
    mount.names("communities/default/settings")
    sandbox.fault("status=503")
    start = sandbox.mark()
    assert refusal(read_bytes, mount / MFA) == "EIO"
    assert len(sandbox.requests(start)) >= 2, "a read is retried"
    assert last_error(mount, MFA)["status"] == 503


def test_read_succeeds_after_two_503(mount, sandbox):
    mount.names("communities/default/settings")
    sandbox.fault("status=503,count=2")
    start = sandbox.mark()
    assert mount.json(MFA)
    assert [request["status"] for request in sandbox.requests(start)] == [503, 503, 200]


@SHORT
def test_stalled_save_is_etimedout(mount, sandbox):
    text = changed_text(mount)
    sandbox.fault("stall=30,method=PUT")
    with Clock() as took:
        assert refusal(overwrite, mount / MFA, text) == "ETIMEDOUT"
    assert 2.5 < took.seconds < 5
    error = last_error(mount, MFA)
    assert error["errno"] == "ETIMEDOUT"
    check_draft(mount, MFA, text, error)


@pytest.mark.parametrize("fault", ["badtag", "oldkey"])
def test_undecryptable_answer_is_ebadmsg(mount, sandbox, fault):
    mount.names("communities/default/settings")
    sandbox.fault(f"{fault},path=/config/authentication/mfa_settings")
    assert refusal(read_bytes, mount / MFA) == "EBADMSG"
    error = last_error(mount, MFA)
    assert error["errno"] == "EBADMSG"
    assert error["message"]
    sandbox.fault("")
    assert mount.json(MFA)


READ_ONLY = ["README.md", ".tenantfs/status.json", ".tenantfs/config.json", ".tenantfs/errors.json"] + [
    kind["path"].replace("{community}", "default") for kind in load_kinds().values()
    if kind["shape"] == "doc" and not kind.get("on_demand") and not kind.get("change")]


@pytest.mark.parametrize("path", READ_ONLY)
def test_views_are_read_only(mount, sandbox, path):
    assert mount.text(path)
    assert refusal(overwrite, mount / path, "{}\n") == "EROFS"
    assert refusal(os.truncate, mount / path, 0) == "EROFS"
    assert refusal(os.unlink, mount / path) in ("EROFS", "EPERM")
    assert sandbox.writes() == []


def rename_new(mount, path):
    """Under a name that no document has, a file is local; renaming one to such a name is refused."""
    create(mount / f"{path}.new", "{}\n")
    os.rename(mount / f"{path}.new", mount / path)


UNSUPPORTED = {
    "remove-a-user": (lambda mount: os.unlink(mount / plain_user(mount)), "EPERM"),
    "remove-a-setting": (lambda mount: os.unlink(mount / MFA), "EPERM"),
    "rename-a-setting": (lambda mount: os.rename(mount / MFA, mount / "communities/default/settings/x.json"), "EPERM"),
    "new-setting": (lambda mount: rename_new(mount, "communities/default/settings/x.json"), "EPERM"),
    "remove-a-role": (lambda mount: os.unlink(mount / mount.documents("communities/default/roles")[0]), "EROFS"),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_operations_without_an_endpoint_are_refused(mount, sandbox, name):
    work, expected = UNSUPPORTED[name]
    assert refusal(work, mount) == expected
    assert sandbox.writes() == []
    assert mount.errors()[-1]["error"]["errno"] == expected
    assert len(mount.errors()[-1]["error"]["message"]) > 10


@pytest.mark.mount("-o", "ro")
def test_read_only_mount_refuses_writes(mount, sandbox):
    path = plain_user(mount)
    text = mount.text(path)
    assert refusal(overwrite, mount / path, text.replace('"firstname": "', '"firstname": "X')) == "EROFS"
    assert refusal(create, mount / PROVIDERS / "x.json", "{}") == "EROFS"
    assert refusal(os.unlink, mount / mount.documents(PROVIDERS)[0]) == "EROFS"
    assert refusal(os.mkdir, mount / USERS / "x") == "EROFS"
    assert mount.text(path) == text
    assert sandbox.writes() == []


def test_interrupted_open_is_eintr(mount, sandbox):
    """A program that handles the signal gets EINTR from its call."""
    mount.names("communities/default/settings")
    sandbox.fault("stall=60")
    libc = ctypes.CDLL(None, use_errno=True)
    old = signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.siginterrupt(signal.SIGUSR1, True)
    main = threading.main_thread().ident
    timer = threading.Timer(1, lambda: signal.pthread_kill(main, signal.SIGUSR1))
    timer.start()
    try:
        with Clock() as took:
            descriptor = libc.open(os.fsencode(mount / MFA), os.O_RDONLY)
            number = ctypes.get_errno()
    finally:
        timer.cancel()
        signal.signal(signal.SIGUSR1, old)
    assert (descriptor, number) == (-1, 4)
    assert took.seconds < 2


@pytest.mark.slow
def test_error_log_keeps_the_last_hundred(mount, sandbox):
    directory = largest_user_set(mount)
    names = mount.documents(directory)
    mount.text(names[0])
    for number in range(105):
        assert refusal(overwrite, mount / MFA, "{" * (number + 1)) == "EINVAL"
    assert len(mount.errors()) == 100


def test_discard_removes_draft_and_error(mount, sandbox, tenantfs):
    before = mount.text(MFA)
    assert refusal(overwrite, mount / MFA, "{") == "EINVAL"
    assert mount.drafts() == [MFA, MFA + ".error.json"]
    assert tenantfs("discard", MFA).returncode == 0
    assert mount.drafts() == []
    assert mount.text(MFA) == before
    assert refusal(mount.error, MFA) == "ENODATA"
    assert sandbox.writes() == []


def test_retry_of_an_invalid_draft_is_refused_again(mount, sandbox, tenantfs):
    mount.text(MFA)
    assert refusal(overwrite, mount / MFA, "{") == "EINVAL"
    again = tenantfs("retry", MFA)
    assert again.returncode == 1
    assert "line 1" in again.stderr or "line 2" in again.stderr
    assert mount.draft(MFA) == "{"
