"""The history at its remote: the same commits in the same order, and nobody waits for it."""
import json
import os

import pytest

from files import overwrite
from history import History
from places import MFA
from remotes import Remote
from waiting import until

HERE = f"sandbox/{os.uname().nodename}"
BARE = pytest.mark.conf(history_remote="../remote.git")


@pytest.fixture
def history(tenantfs, surroundings):
    return History(tenantfs, surroundings.home / "state")


@pytest.fixture
def remote(surroundings):
    return Remote(surroundings.folder / "remote.git")


def change(mount, attempts):
    document = mount.json(MFA)
    document["otpMaxAttempts"] = attempts
    overwrite(mount / MFA, json.dumps(document))


def local_commits(history):
    history.written()
    return history.git("rev-list", "--reverse", "--first-parent", "main").split()


def push_status(tenantfs):
    return json.loads(tenantfs("status", "--json").stdout)["history"]["push"]


@BARE
def test_what_is_recorded_is_pushed(remote, mount, history, tenantfs):
    change(mount, 9)
    change(mount, 8)
    commits = local_commits(history)
    until(lambda: push_status(tenantfs)["state"] == "pushed" and remote.branches(), 20, "the push")
    assert remote.branches() == [HERE]
    assert remote.commits(HERE) == commits
    assert len(commits) == 3
    remote.fsck()
    status = push_status(tenantfs)
    assert (status["ahead"], status["pushed"], status["failures"]) == (0, commits[-1], 0)
    assert status.get("error") is None
