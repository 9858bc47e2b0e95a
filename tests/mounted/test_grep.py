"""Calls of `grep -r` over a tenant: one for each page of a list and each document, none for a single object."""
import collections
import json
import math
import os

import pytest

from costs import expected_calls

USERS = 1000


@pytest.mark.timeout(300)
@pytest.mark.sandbox("--users", str(USERS))
@pytest.mark.conf(feed_interval=0, freshness="1h")
def test_grep_costs_one_call_for_each_list_page(mount, sandbox, surroundings):
    done = surroundings.run("grep", "-r", "no such text anywhere", mount.path, timeout=200)
    assert done.returncode == 1, done.stderr
    made = collections.Counter(sandbox.names())
    expected = expected_calls(mount)
    files = sum(len(names) for _, _, names in os.walk(mount.path / "communities"))
    print(json.dumps({"calls": sum(made.values()), "files": files, "by endpoint": made}, indent=2))
    assert made == expected
    assert made["POST /users/fetch"] == math.ceil((USERS - 12) / 100) + 1 + 2
    assert files > USERS
    # A second run makes no calls.
    start = sandbox.mark()
    surroundings.run("grep", "-r", "no such text anywhere", mount.path, timeout=200)
    assert sandbox.names(start) == []
