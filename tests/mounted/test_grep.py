"""What `grep -r` over a whole tenant costs: a call for each page of a list and each document, none for an object."""
import collections
import json
import math
import os

import pytest

from kinds import KINDS, ending_of, steps_of

USERS = 1000
# Before the first listing: the ids of tenant and community. The key to seal for is pinned.
CONNECTING = {"POST /community_auth_info/fetch": 1}


def places(mount, path):
    """Directories that a path's directory stands for: one for each object that it runs through."""
    found = [""]
    for segment in path.rstrip("/").split("/")[:-1]:
        if segment.startswith("{"):
            found = [f"{at}{name}/" for at in found for name in directories(mount, at)]
        else:
            found = [f"{at}{segment}/" for at in found]
    return found


def directories(mount, at):
    return [name for name in mount.names(at) if os.path.isdir(mount / at / name)]


def pages(mount, kind, directory):
    """How many calls the list of a directory takes."""
    if "page_total" not in kind:
        return 1
    count = len([name for name in mount.names(directory) if name.endswith(ending_of(kind))])
    return max(1, math.ceil(count / kind["page_size"]))


def listed(kind):
    return not kind.get("on_demand") and "}.d/" not in kind["path"] and "list" in kind


def expected_calls(mount):
    """From the tree as it is and the catalogue's rows: the calls that show all of it once."""
    calls = collections.Counter(CONNECTING)
    for kind in KINDS.values():
        for directory in places(mount, kind["path"]) if listed(kind) else []:
            [step] = steps_of(kind, "list")
            calls[step["call"]] += pages(mount, kind, directory) if kind["shape"] == "set" else 1
            # A list of texts has their names: each is asked for.
            if kind.get("form") == "text":
                calls[kind["lookup"]["call"]] += len(mount.names(directory))
            # Who holds which token is asked for all tokens at once.
            calls["POST /hardwaretokens/usertokens/fetch"] += kind.get("hook") == "hardware-tokens"
    return +calls


@pytest.mark.timeout(300)
@pytest.mark.sandbox("--users", str(USERS))
@pytest.mark.conf(feed_interval=0, freshness="1h")
def test_grep_costs_lists_and_pages(mount, sandbox, surroundings):
    done = surroundings.run("grep", "-r", "no such text anywhere", mount.path, timeout=200)
    assert done.returncode == 1, done.stderr
    made = collections.Counter(sandbox.names())
    expected = expected_calls(mount)
    files = sum(len(names) for _, _, names in os.walk(mount.path / "communities"))
    print(json.dumps({"calls": sum(made.values()), "files": files, "by endpoint": made}, indent=2))
    assert made == expected
    assert made["POST /users/fetch"] == math.ceil((USERS - 12) / 100) + 1 + 2
    assert files > USERS
    # Once more costs nothing.
    start = sandbox.mark()
    surroundings.run("grep", "-r", "no such text anywhere", mount.path, timeout=200)
    assert sandbox.names(start) == []
