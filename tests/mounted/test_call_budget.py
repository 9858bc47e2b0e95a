"""The call budget: one process that reads everything does not delay another's saves, and delayed calls are counted."""
import json
import os
import subprocess
import sys

import pytest

from files import overwrite
from places import MFA, largest_user_set
from waiting import Clock, until

CRAWLER = """
import os, sys, time
top = sys.argv[1]
names = [name for name in os.listdir(top) if name.endswith(".json")]
print("ready", flush=True)
for name in names * 50:
    for leaf in ("detail.json", "login-options.json"):
        try:
            open(os.path.join(top, name[:-5] + ".d", leaf)).read()
        except OSError:
            pass
"""


def metrics(mount):
    lines = [line for line in mount.text(".tenantfs/metrics").splitlines() if not line.startswith("#")]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


@pytest.mark.conf(call_budget=5, freshness="1s")
@pytest.mark.sandbox("--users", "200")
def test_crawler_does_not_delay_an_editor(mount, sandbox, tenantfs):
    crawler = subprocess.Popen([sys.executable, "-c", CRAWLER, str(mount / largest_user_set(mount))],
                               stdout=subprocess.PIPE, text=True)
    try:
        assert crawler.stdout.readline() == "ready\n"
        until(lambda: len(sandbox.all_requests()) > 100, 30, "the crawler's calls")
        document = mount.json(MFA)
        with Clock() as took:
            for value in range(1, 6):
                overwrite(mount / MFA, json.dumps({**document, "lockDurationMinutes": 40 + value}))
        assert took.seconds < 2
        # While another process calls the API, the crawler gets five calls a second beyond its initial allowance.
        until(lambda: json.loads(tenantfs("status", "--json").stdout)["budget"], 20, "a delayed call")
        [held] = json.loads(tenantfs("status", "--json").stdout)["budget"]
        assert held["pid"] == crawler.pid and held["waits"] > 0
        assert metrics(mount)["tenantfs_budget_waits_total"] > 0
    finally:
        crawler.kill()
        crawler.wait()


def test_metrics_match_status(mount, sandbox):
    """Prometheus text: each metric has help and type once, and the same value as status.json."""
    mount.text(MFA)
    sandbox.fault("status=403,method=PUT")
    with pytest.raises(PermissionError):
        overwrite(mount / MFA, mount.text(MFA).replace('"otpMaxAttempts": ', '"otpMaxAttempts": 1'))
    text = mount.text(".tenantfs/metrics")
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]
    assert len(names) == len(set(names)) and all(name.startswith("tenantfs_") for name in names)
    assert {line.split()[0].split("{")[0] for line in text.splitlines() if not line.startswith("#")} == set(names)
    status, found = mount.json(".tenantfs/status.json"), metrics(mount)
    assert found["tenantfs_calls_total"] == status["api"]["calls"] == len(sandbox.all_requests())
    assert found["tenantfs_failures_total"] == status["api"]["failures"] == 1
    assert (found["tenantfs_drafts"], found["tenantfs_errors"], found["tenantfs_up"]) == (1, 1, 1)
    assert found["tenantfs_cache_documents"] == status["cache"]["documents"]
    assert found['tenantfs_gate_refusals_total{gate="weakening"}'] == 0
    assert os.stat(mount / ".tenantfs/metrics").st_mode & 0o777 == 0o400
