"""kill -9 of the daemon or the server at any moment: no acknowledged change is lost, none is made twice."""
import os
import random
import sys

import pytest

from history import History
from killing import Killing
from places import largest_user_set, plain_documents
from recorded import Other, Recorded
from waiting import until

SEED = int(os.environ.get("TENANTFS_SEED") or random.randrange(1 << 32))
POINTS = int(os.environ.get("TENANTFS_KILLS") or 24)
RECORDED = int(os.environ.get("TENANTFS_KILLS") or 10)
LOSSES = "drop-after,rate=0.08;drop,rate=0.04"

pytestmark = [pytest.mark.conf(timeout=10), pytest.mark.sandbox("--users", "60"), pytest.mark.timeout(120 + 5 * POINTS)]


def report(what, points, killing):
    print(f"{what}: seed {SEED}, {points} points, {killing.counts}", file=sys.stderr)


@pytest.mark.slow
def test_killed_daemon_loses_no_acknowledged_change(mount, sandbox):
    killing = Killing(mount, sandbox, SEED)
    print(f"TENANTFS_SEED={SEED}")
    for _ in range(POINTS):
        sandbox.fault(LOSSES)
        killing.run_for(killing.chance.uniform(0, 0.15), killing.kill_daemon)
        killing.start_again()
        killing.check()
    report("kill -9 of the daemon", POINTS, killing)
    assert killing.counts["acknowledged"] > POINTS and killing.counts["open"] > 0


def test_killed_server_loses_no_acknowledged_change(mount, sandbox):
    killing = Killing(mount, sandbox, SEED + 1)
    print(f"TENANTFS_SEED={SEED}")
    points = max(1, POINTS // 6)
    for _ in range(points):
        sandbox.fault(LOSSES)
        killing.run_for(killing.chance.uniform(0, 0.15), sandbox.kill)
        sandbox.start()
        killing.check()
    report("kill -9 of the server", points, killing)
    assert killing.counts["acknowledged"] > points


@pytest.mark.slow
def test_history_of_a_killed_daemon_has_each_change_once(mount, mounts, sandbox, surroundings, tenantfs):
    """Each change of the server is one commit, by whomever it was made; git fsck finds no error."""
    print(f"TENANTFS_SEED={SEED}")
    killing = Killing(mount, sandbox, SEED + 2)
    elsewhere = mounts("elsewhere", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere-state")})
    user = list(plain_documents(mount, largest_user_set(mount), "firstname"))[-1]
    other = Other(elsewhere, user, "firstname", killing.next_number)
    recorded = Recorded(History(tenantfs, surroundings.home / "state"), sandbox)
    recorded.begin()
    for _ in range(RECORDED):
        sandbox.fault(LOSSES)
        with other.at_work():
            killing.run_for(killing.chance.uniform(0, 0.15), killing.kill_daemon)
        recorded.fsck()
        killing.start_again()
        killing.check()
        until(lambda: elsewhere.json(".tenantfs/pending.json") == [], 30, "the end of pending changes elsewhere")
        mount.refresh()
        mount.json(user)
        recorded.check(killing, [other])
        recorded.fsck()
    report("history of a daemon killed with -9", RECORDED, killing)
    print(f"history: {recorded.counts}", file=sys.stderr)
    assert recorded.counts["own"] > RECORDED and recorded.counts["drift"] > 0
