"""Invalid, huge and slow answers of a server: a clear error, bounded memory, no effect on other files."""
import errno
import json
import os

import pytest

from files import read_bytes, refusal
from places import MFA, PROVIDERS, USERS, largest_user_set, new_provider
from waiting import Clock

SHORT = pytest.mark.conf(timeout=10)
ALLOWANCE_KB = 200 * 1024

# Faults of an answer to a read, and their errno.
ANSWERS = {
    "badtag": "EBADMSG",
    "oldkey": "EBADMSG",
    "garbage": "EBADMSG",
    "huge": "EFBIG",
    "deep": "EBADMSG",
    "truncate": "EIO",
    "drop": "EIO",
    "status=500": "EIO",
    "status=302": "EIO",
    "status=418": "EINVAL",
    "429": "EAGAIN",
}


def check_other_files(mount, seen):
    """Files and directories without a fault work as before and without delay."""
    with Clock() as took:
        assert mount.text(MFA) == seen
        assert mount.names("communities/default/settings")
        assert mount.names(".tenantfs")
    assert took.seconds < 2


@SHORT
@pytest.mark.parametrize("fault", ANSWERS)
def test_hostile_answer_to_a_listing_is_an_error(mount, sandbox, fault):
    seen = mount.text(MFA)
    before = mount.resident_kb()
    sandbox.fault(f"{fault},path=/serviceprovider")
    assert refusal(os.listdir, mount / PROVIDERS) == ANSWERS[fault]
    error = mount.errors()[-1]["error"]
    assert error["errno"] == ANSWERS[fault]
    assert error["message"]
    assert mount.resident_kb() - before < ALLOWANCE_KB
    check_other_files(mount, seen)
    sandbox.fault("")
    assert mount.documents(PROVIDERS)


@SHORT
@pytest.mark.parametrize("fault", ANSWERS)
def test_hostile_answer_to_a_read_is_an_error(mount, sandbox, fault):
    names = mount.names("communities/default/settings")
    assert "mfa.json" in names
    sandbox.fault(f"{fault},path=/config/authentication/mfa_settings")
    assert refusal(read_bytes, mount / MFA) == ANSWERS[fault]
    assert mount.errors()[-1]["path"] == MFA
    sandbox.fault("")
    assert mount.json(MFA)


@SHORT
def test_listing_of_endless_pages_ends(mount, sandbox, tenantfs):
    seen = mount.text(MFA)
    directory = mount / USERS / "Corporate Directory"
    before = mount.resident_kb()
    module = mount.json(f"communities/default/auth-modules/{directory.name}.json")["_server"]["_id"]
    answer = tenantfs("call", "POST", "/users/fetch", f"moduleId={module}", "pSize=100", "pIndex=0", check=True)
    everybody = json.loads(answer.stdout)["data"]
    sandbox.fault("pages,path=/users/fetch")
    start = sandbox.mark()
    with Clock() as took:
        result = refusal(os.listdir, directory)
    # An error or the complete list, never a part of it.
    assert result in ("", "EBADMSG", "EIO", "EFBIG", "ETIMEDOUT"), result
    if not result:
        assert len(mount.names(str(directory))) == len(everybody)
    assert took.seconds < 15
    assert len(sandbox.requests(start)) < 2000
    assert mount.resident_kb() - before < ALLOWANCE_KB
    check_other_files(mount, seen)


@SHORT
def test_hostile_names_are_escaped(mount, sandbox):
    """Every name the server sends becomes a valid file name within its directory."""
    seen = mount.text(MFA)
    sandbox.fault("names,path=/serviceprovider")
    names = os.listdir(os.fsencode(mount / PROVIDERS))
    assert len(names) == len(set(names)) > 3
    for name in names:
        assert b"/" not in name and b"\0" not in name and 0 < len(name) <= 255
        assert not any(byte < 32 or byte == 127 for byte in name), name
        name.decode("utf-8")
        if not name.startswith(b"."):
            assert read_bytes(os.path.join(os.fsencode(mount / PROVIDERS), name))
    check_other_files(mount, seen)


@SHORT
def test_trickling_answer_ends_at_the_deadline(mount, sandbox):
    """An answer that arrives byte by byte does not extend the deadline."""
    seen = mount.text(MFA)
    sandbox.fault("trickle,path=/serviceprovider")
    with Clock() as took:
        result = refusal(os.listdir, mount / PROVIDERS)
    assert result in ("", "ETIMEDOUT")
    assert took.seconds < 13
    check_other_files(mount, seen)


# Every third request fails, so that no call uses up its three attempts. A rule does not count the requests that
# those before it took.
UNRELIABLE = ";".join(f"{('drop', 'status=503')[i % 2]},after={2 * i},count=1" for i in range(30))


@pytest.mark.conf(timeout=20)
@pytest.mark.sandbox("--fault", UNRELIABLE, "--users", "300")
def test_unreliable_connection_is_retried(mount, sandbox):
    """Every third request fails: it is retried, and nothing is missing."""
    directory = largest_user_set(mount)
    found = mount.documents(directory)
    assert mount.json(MFA)
    assert {request.get("fault") for request in sandbox.requests()} >= {"drop", "status=503"}
    sandbox.fault("")
    mount.refresh()
    assert mount.documents(directory) == found


def test_create_with_a_lost_answer_is_sent_once(mount, sandbox):
    """A create whose answer is lost is not sent again, and the object appears once."""
    text = new_provider(mount, "Once")
    sandbox.fault("drop-after,method=PUT,path=/serviceprovider")
    result = ""
    try:
        (mount / PROVIDERS / "Once.json").write_text(text)
    except OSError as error:
        result = errno.errorcode[error.errno]
    sandbox.fault("")
    creates = [write for write in sandbox.writes() if write.name == "PUT /serviceprovider"]
    assert len(creates) == 1
    made = [name for name in mount.names(PROVIDERS) if name.startswith("Once")]
    assert made == ["Once.json"], (result, made)


def test_refused_token_fails_without_delay(mount, sandbox, tenantfs):
    """If the server refuses the token, every path fails without delay."""
    sandbox.fault("status=401")
    with Clock() as took:
        assert refusal(os.listdir, mount / PROVIDERS) == "EACCES"
        assert refusal(read_bytes, mount / MFA) == "EACCES"
    assert took.seconds < 5


ODD = {"surrogate": "half \ufffd of a character", "integer": "18446744073709551617", "real": "1e400", "doubled": 2}


@pytest.mark.parametrize("fault", ODD)
def test_odd_record_does_not_hide_the_others(mount, sandbox, tenantfs, fault):
    users = largest_user_set(mount)
    count = len(mount.documents(users))
    mount.refresh()
    sandbox.fault(f"{fault},path=/users/fetch")
    assert len(mount.documents(users)) == count
    odd = [path for path in mount.documents(users) if "odd" in mount.json(path)]
    assert odd and all(mount.json(path)["odd"] == ODD[fault] for path in odd)
    told = json.loads(tenantfs("status", "--json").stdout)["odd_records"]
    assert any(mount.json(odd[0])["username"] in text and '"odd"' in text for text in told)
    assert "key" not in tenantfs("status").stdout.split("repaired")[1].splitlines()[0]
