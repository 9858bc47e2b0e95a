"""Hardware tokens: documents with their holders, one call for each change, import of CSV tables."""
import json
import os
import shutil
import subprocess

import pytest

from files import create, overwrite, refusal

TOKENS = "communities/default/hardware-tokens"
SEED = "3132333435363738393031323334353637383930"
LISTING = ["POST /hardwaretokens/fetch", "POST /hardwaretokens/usertokens/fetch"]


def text(document):
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def make(mount, serial, **members):
    create(mount / f"{TOKENS}/{serial}.json", text({"seed": SEED, "counter": 0, **members}))
    return f"{TOKENS}/{serial}.json"


def writes(sandbox, start):
    return [(request.name, request.body) for request in sandbox.writes(start)]


def last_error(mount, path):
    entry = mount.errors()[-1]
    assert entry["path"] == path
    return entry["error"]


def test_listing_reads_tokens_and_holders_in_two_calls(mount, sandbox):
    start = sandbox.mark()
    documents = [mount.json(path) for path in mount.documents(TOKENS)]
    assert sandbox.names(start)[-2:] == LISTING
    assert [name for name in sandbox.names(start) if "hardwaretokens" in name] == LISTING
    assert len(documents) == 8
    assert any(document["users"] for document in documents)
    for document in documents:
        assert document["users"] == sorted(document["users"])
        assert document["seed"].startswith("secret:") and set(document["_server"]) >= {"_id", "createdAt"}
    assert SEED not in "".join(map(text, documents))


def test_look_up_of_a_token_fetches_only_its_holders(mount, sandbox):
    start = sandbox.mark()
    document = mount.json(f"{TOKENS}/C200%2F00731.json")
    assert document["serialNumber"] == "C200/00731"
    asked = [request for request in sandbox.requests(start) if "hardwaretokens" in request.name]
    assert [request.name for request in asked] == LISTING
    assert asked[0].body == {"pSize": 2, "pIndex": 0, "query": {"serialNumbers": ["C200/00731"]}}
    assert asked[1].body == {"pSize": 100, "pIndex": 0, "query": {"serialNumber": "C200/00731"}}


def test_create_sends_a_table_of_one_row(mount, sandbox):
    start = sandbox.mark()
    path = make(mount, 'n,1 "x"', users=["casey", "admin"])
    assert writes(sandbox, start) == [
        ("PUT /hardwaretokens/tokens", {"csv_text": f'serialNumber,seed,counter\n"n,1 ""x""",{SEED},0\n'}),
        ("PUT /hardwaretokens/usertokens", {"list": [{"username": "admin", "serialNumber": 'n,1 "x"'},
                                                     {"username": "casey", "serialNumber": 'n,1 "x"'}]}),
    ]
    document = mount.json(path)
    assert (document["serialNumber"], document["counter"]) == ('n,1 "x"', 0)
    assert document["users"] == ["admin", "casey"]


def test_template_creates_a_token(mount, sandbox):
    document = mount.json(f"{TOKENS}/.template.json")
    assert set(document) == {"seed", "counter"}
    document.update(seed=SEED, counter=3)
    create(mount / f"{TOKENS}/t1.json", text(document))
    assert mount.json(f"{TOKENS}/t1.json")["counter"] == 3


def test_change_of_counter_is_one_call(mount, sandbox):
    path = make(mount, "c1")
    token = mount.json(path)
    start = sandbox.mark()
    overwrite(mount / path, text({**token, "counter": 9}))
    identity = token["_server"]["_id"]
    assert [(request["method"], request.path, request.body) for request in sandbox.writes(start)] == \
        [("PATCH", f"/hardwaretokens/tokens/{identity}", {"counter": 9})]
    assert mount.json(path)["counter"] == 9


def test_changed_seed_has_another_digest(mount, sandbox):
    path = make(mount, "c2")
    token = mount.json(path)
    start = sandbox.mark()
    overwrite(mount / path, text({**token, "seed": "A" * 32}))
    assert [request.body for request in sandbox.writes(start)] == [{"seed": "A" * 32}]
    changed = mount.json(path)
    assert changed["seed"].startswith("secret:") and changed["seed"] != token["seed"]
    start = sandbox.mark()
    overwrite(mount / path, text({**changed, "counter": 1}))
    assert [request.body for request in sandbox.writes(start)] == [{"counter": 1}]


def test_added_and_removed_holders_are_one_call_each(mount, sandbox):
    path = make(mount, "u1", users=["casey", "admin"])
    token = mount.json(path)
    start = sandbox.mark()
    overwrite(mount / path, text({**token, "users": ["Casey", "admin", "x.d"]}))
    assert writes(sandbox, start) == [
        ("DELETE /hardwaretokens/usertokens", {"list": [{"username": "casey", "serialNumber": "u1"}]}),
        ("PUT /hardwaretokens/usertokens", {"list": [{"username": "Casey", "serialNumber": "u1"},
                                                     {"username": "x.d", "serialNumber": "u1"}]}),
    ]
    assert mount.json(path)["users"] == ["Casey", "admin", "x.d"]
    start = sandbox.mark()
    overwrite(mount / path, text({**token, "users": []}))
    assert [name for name, _ in writes(sandbox, start)] == ["DELETE /hardwaretokens/usertokens"]
    overwrite(mount / path, text({**token, "users": ["admin"]}))
    assert mount.json(path)["users"] == ["admin"]


def test_reordered_holders_are_not_sent(mount, sandbox):
    path = make(mount, "u2", users=["casey", "admin"])
    token = mount.json(path)
    start = sandbox.mark()
    overwrite(mount / path, text({**token, "users": list(reversed(token["users"]))}))
    assert sandbox.writes(start) == []


def test_refused_holder_is_named_in_the_error(mount, sandbox):
    path = make(mount, "u3")
    token = mount.json(path)
    wanted = text({**token, "users": [""]})
    assert refusal(overwrite, mount / path, wanted) == "EINVAL"
    error = last_error(mount, path)
    assert error["message"] == \
        "users: serialNumber u3, username : username and serialNumber are required"
    assert error["member"] == "/users"
    assert mount.draft(path) == wanted
    assert mount.json(path)["users"] == []


def test_duplicate_serial_number_is_refused_without_a_call(mount, sandbox):
    start = sandbox.mark()
    assert refusal(create, mount / f"{TOKENS}/sr001.json", "{}") == "EEXIST"
    assert sandbox.writes(start) == []


def test_refused_seed_creates_no_token(mount, sandbox):
    assert refusal(create, mount / f"{TOKENS}/bad.json", text({"seed": "x" * 129, "counter": 0})) == "EINVAL"
    assert last_error(mount, f"{TOKENS}/bad.json")["message"] == \
        "row 2, serialNumber bad: seed must have 1 to 128 characters"
    assert "bad.json" not in mount.names(TOKENS)


def test_token_is_removed_but_not_renamed(mount, sandbox):
    path = make(mount, "r1", users=["admin"])
    start = sandbox.mark()
    assert refusal(os.rename, mount / path, mount / f"{TOKENS}/r2.json") == "EPERM"
    assert last_error(mount, path)["message"] == "A token's serial number cannot be changed."
    assert sandbox.writes(start) == []
    os.unlink(mount / path)
    assert writes(sandbox, start) == [("DELETE /hardwaretokens/tokens", {"serialNumbers": ["r1"]})]
    assert "r1.json" not in mount.names(TOKENS)


def test_digest_of_another_tenant_is_not_sent_as_seed(mount, sandbox):
    """The seed of a document copied from another tenant is unknown: the token is refused and nothing is sent."""
    path = f"{TOKENS}/d1.json"
    start = sandbox.mark()
    assert refusal(create, mount / path, text({"seed": "secret:0123456789abcdef", "counter": 0})) == "EINVAL"
    assert sandbox.writes(start) == []
    error = last_error(mount, path)
    assert error["member"] == "/seed"
    assert "the new object needs this secret, and its document does not tell it" in error["message"]
    assert "d1.json" not in mount.names(TOKENS)


@pytest.mark.conf(invent_secrets="yes-i-know")
def test_random_seed_is_set_where_the_user_asks_for_it(mount, sandbox):
    """Copies of whole communities get a random seed for an unknown one, which is reported."""
    path = f"{TOKENS}/d1.json"
    create(mount / path, text({"seed": "secret:0123456789abcdef", "counter": 0}))
    sent = sandbox.writes()[-1].body["csv_text"]
    assert "secret:" not in sent and sent.startswith("serialNumber,seed,counter\nd1,")
    assert "seed" in last_error(mount, path)["message"]


TABLE = f"serialNumber,seed,counter\nI-1,{SEED},5\nI-2,{SEED},0\n"


def write_table(mount, name, table):
    create(mount / f"{TOKENS}/{name}", table)


def copy_table(mount, name, table):
    source = mount.path.parent / name
    source.write_text(table)
    shutil.copyfile(source, mount / f"{TOKENS}/{name}")


def move_table(mount, name, table):
    scratch = mount / f"{TOKENS}/.{name}.Ab3dEf"
    scratch.write_text(table)
    os.rename(scratch, mount / f"{TOKENS}/{name}")


def shell_table(mount, name, table):
    subprocess.run(["sh", "-c", f"cat > '{mount / TOKENS / name}'"], input=table.encode(), check=True)


@pytest.mark.parametrize("way", [write_table, copy_table, move_table, shell_table])
def test_imported_table_creates_tokens_and_vanishes(mount, sandbox, way):
    mount.names(TOKENS)
    start = sandbox.mark()
    way(mount, "new.csv", TABLE)
    assert writes(sandbox, start) == [("PUT /hardwaretokens/tokens", {"csv_text": TABLE})]
    names = mount.names(TOKENS)
    assert {"I-1.json", "I-2.json"} < set(names) and "new.csv" not in names
    assert not os.path.exists(mount / f"{TOKENS}/new.csv")
    assert mount.json(f"{TOKENS}/I-1.json")["counter"] == 5
    assert mount.drafts() == []


def test_imported_table_assigns_holders(mount, sandbox):
    write_table(mount, "new.csv", TABLE)
    start = sandbox.mark()
    table = "username,serialNumber\r\ncasey,I-1\r\nadmin,I-1\r\n"
    write_table(mount, "who.csv", table)
    assert writes(sandbox, start) == [("PUT /hardwaretokens/usertokens/csv_text", {"csv_text": table})]
    assert mount.json(f"{TOKENS}/I-1.json")["users"] == ["admin", "casey"]


def test_refused_rows_are_named_and_the_table_becomes_a_draft(mount, sandbox):
    write_table(mount, "new.csv", TABLE)
    table = "serialNumber,username\nI-1,casey\nI-1,casey\nI-9,casey\n"
    path = f"{TOKENS}/who.csv"
    assert refusal(write_table, mount, "who.csv", table) == "EINVAL"
    error = last_error(mount, path)
    assert error["errno"] == "EINVAL" and error["message"] == (
        "rows were refused, others may have been taken: "
        "row 3, serialNumber I-1, username casey: the user already has this token; "
        "row 4, serialNumber I-9, username casey: no hardware token has this serial number")
    assert mount.draft(path) == table
    assert "who.csv" not in mount.names(TOKENS)
    assert mount.json(f"{TOKENS}/I-1.json")["users"] == ["casey"]
    start = sandbox.mark()
    write_table(mount, "who.csv", "serialNumber,username\nI-2,casey\n")
    assert len(sandbox.writes(start)) == 1
    assert mount.drafts() == []
    assert mount.json(f"{TOKENS}/I-2.json")["users"] == ["casey"]


def test_table_of_unknown_columns_is_not_sent(mount, sandbox):
    start = sandbox.mark()
    assert refusal(write_table, mount, "x.csv", "serial;user\n1;casey\n") == "EINVAL"
    assert sandbox.writes(start) == []
    error = last_error(mount, f"{TOKENS}/x.csv")
    assert error["message"] == "line 1 must name the columns serialNumber,username or serialNumber,seed"
    assert error["line"] == 1
    assert mount.draft(f"{TOKENS}/x.csv") == "serial;user\n1;casey\n"


def test_table_without_rows_is_refused_by_the_server(mount, sandbox):
    assert refusal(write_table, mount, "x.csv", "serialNumber,seed,counter\n") == "EINVAL"
    error = last_error(mount, f"{TOKENS}/x.csv")
    assert error["status"] == 400
    assert '"csv_text" has no rows' in error["message"]


def test_other_files_are_local_and_directories_are_refused(mount, sandbox):
    start = sandbox.mark()
    write_table(mount, "x.txt", TABLE)
    assert mount.text(f"{TOKENS}/x.txt") == TABLE
    assert sandbox.writes(start) == []
    os.rename(mount / f"{TOKENS}/x.txt", mount / f"{TOKENS}/x.csv")
    assert writes(sandbox, start) == [("PUT /hardwaretokens/tokens", {"csv_text": TABLE})]
    assert refusal(os.mkdir, mount / f"{TOKENS}/d") == "EPERM"


def test_seed_of_a_table_is_stored_nowhere(mount, sandbox, surroundings):
    write_table(mount, "new.csv", TABLE)
    mount.stop()
    found = subprocess.run(["grep", "-rl", SEED, surroundings.folder], capture_output=True, text=True)
    held = [line for line in found.stdout.splitlines() if "/box/" not in line]
    assert held == []
