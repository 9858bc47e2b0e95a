"""Calls of a listing: one for each page, none for an object, none when nothing has changed."""
import json
import math
import os

import pytest

from files import read_bytes
from places import USERS, user_sets

PAGE = 100


def pages(sandbox, since):
    return [request.body for request in sandbox.requests(since) if request.name == "POST /users/fetch"]


def cold_listing(mount, sandbox, module):
    start = sandbox.mark()
    names = os.listdir(mount / USERS / module)
    return [name for name in names if name.endswith(".json")], sandbox.requests(start)


@pytest.mark.sandbox("--users", "10000")
def test_listing_of_ten_thousand_users_fetches_each_page_once(mount, sandbox):
    start = sandbox.mark()
    modules = mount.names(USERS)
    assert pages(sandbox, start) == []
    listed = {module: cold_listing(mount, sandbox, module) for module in modules}
    for names, requests in listed.values():
        bodies = [request.body for request in requests]
        assert {request.name for request in requests} == {"POST /users/fetch"}
        # Pages are fetched concurrently, in any order.
        assert sorted(body["pIndex"] for body in bodies) == list(range(max(1, math.ceil(len(names) / PAGE))))
        assert {body["pSize"] for body in bodies} == {PAGE}
    assert sum(len(names) for names, _ in listed.values()) == 10000
    assert max(len(requests) for _, requests in listed.values()) == 100

    # Every listed entry can be read, statted and listed again without a call.
    start = sandbox.mark()
    module = max(listed, key=lambda name: len(listed[name][0]))
    directory = mount / USERS / module
    for entry in os.scandir(directory):
        if entry.name.endswith(".json"):
            text = read_bytes(entry.path)
            assert entry.stat().st_size == len(text)
            assert text.endswith(b"\n}\n") or text.endswith(b"}\n")
    assert sorted(os.listdir(directory)) == sorted(os.listdir(directory))
    assert sandbox.requests(start) == []


@pytest.mark.sandbox("--users", "100000")
@pytest.mark.timeout(300)
def test_look_up_among_a_hundred_thousand_users_is_one_call(mount, sandbox, tenantfs):
    users = {}
    for module in mount.names(USERS):
        module_id = mount.json(f"communities/default/auth-modules/{module}.json")["_server"]["_id"]
        answer = tenantfs("call", "POST", "/users/fetch", f"moduleId={module_id}", "pSize=1", "pIndex=777", check=True)
        found = json.loads(answer.stdout)
        if found["page"]["total"]:
            users[found["page"]["total"]] = module, found["data"]
    assert sum(users) == 100000
    module, [record] = users[max(users)]
    path = mount / USERS / module / f"{record['username']}.json"

    start = sandbox.mark()
    document = json.loads(read_bytes(path))
    [request] = sandbox.requests(start)
    assert request.name == "POST /users/fetch"
    assert request.body["query"] == {"username": record["username"]}
    assert document["username"] == record["username"]

    start = sandbox.mark()
    os.stat(path)
    read_bytes(path)
    assert sandbox.requests(start) == []

    start = sandbox.mark()
    assert not os.path.exists(mount / USERS / module / "nobody-of-that-name.json")
    assert [request.body["query"] for request in sandbox.requests(start)] == [{"username": "nobody-of-that-name"}]


def every_file(mount):
    found = []
    for folder, folders, files in os.walk(mount.path):
        found += [os.path.join(folder, name) for name in files]
    return found


@pytest.mark.sandbox("--users", "30")
def test_walk_fetches_each_list_once(mount, sandbox):
    """Reading the whole tree fetches each list and each document at a fixed path once; a second time costs nothing."""
    files = every_file(mount)
    for path in files:
        # metrics counts these very reads.
        assert os.stat(path).st_size == len(read_bytes(path)) or path.endswith("/.tenantfs/metrics"), path
    calls = [(request.name, request.path, json.dumps(request.body, sort_keys=True)) for request in sandbox.requests()]
    # tenant.json, community.json, the default scheme and the ids come from one endpoint.
    info = [call for call in calls if call[0] == "POST /community_auth_info/fetch"]
    assert len(info) <= 4
    # The lists of a purpose's channels come from one answer; settings/saml-idp.json names the files in saml/.
    shared = ("POST /config/template/fetch", "POST /config/idp_config/fetch")
    once = [call for call in calls if call not in info and call[0] not in shared]
    twice = [call for call in set(once) if once.count(call) > 1]
    assert twice == []
    assert len(files) > len(calls)
    start = sandbox.mark()
    assert every_file(mount) == files
    for path in files:
        assert os.stat(path).st_size == len(read_bytes(path)) or path.endswith("/.tenantfs/metrics"), path
    assert sandbox.requests(start) == []


@pytest.mark.parametrize("users", [20, 90])
def test_walk_of_more_objects_makes_no_more_calls(request, surroundings, users, mounts, sandbox):
    """The number of calls depends on the number of lists and pages, not of objects."""
    sandbox.stop()
    box = type(sandbox)(surroundings, surroundings.folder / "other", ["--users", users, "--seed", 7]).start()
    try:
        mount = mounts("other-mount", conf=box.conf, env={"XDG_STATE_HOME": str(surroundings.folder / "other-state")})
        every_file(mount)
        sets = len(user_sets(mount))
        names = box.names()
        assert names.count("POST /users/fetch") == sets
        assert sum(len(mount.names(path)) for path in user_sets(mount)) == users
    finally:
        box.stop()
