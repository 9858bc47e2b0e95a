"""The benchmark runs from end to end on a small tenant; the numbers of calls are asserted, the speed is not."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

BENCH = pathlib.Path(__file__).resolve().parent
BUILD = os.environ.get("TENANTFS_BUILD")


@pytest.mark.timeout(300)
def test_small_benchmark_has_exact_call_counts(tmp_path):
    assert BUILD, "TENANTFS_BUILD names no build folder"
    rows_file, output = tmp_path / "rows.json", tmp_path / "output"
    command = [sys.executable, BENCH / "run.py", "--build", BUILD, "--users", "300", "--rounds", "1", "--cold", "300",
               "--cold-rounds", "1", "--save-rounds", "2", "--memory", "300", "--states", "800", "--documents", "300",
               "--changes", "300", "--rest", "1", "--json", rows_file]
    with open(output, "w") as out:
        done = subprocess.run(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, timeout=240)
    assert done.returncode == 0, output.read_text()
    assert "| work | tenantfs | beside | ratio | target |" in output.read_text()
    rows = json.loads(rows_file.read_text())
    assert any("passthrough_ll" in row["beside"] for row in rows)
    found = {row["work"]: row["tenantfs"] for row in rows}
    assert found["calls made by all of the above"] == 0
    assert found["rsync -a of the unchanged backup onto the mount, calls"] == 0
    assert found["one save of a setting, calls"] == "GET + PUT"
    # Two states a day: those of the newest hundred days are listed one by one.
    assert found["ls .history, 800 states, names"] == 200 + 300
    assert found["ls .history/2024-07-19, 800 states, names"] == 2
    assert found["tenantfs log, 800 states, lines"] == 800
    assert found["git fsck --strict, 300 documents"] == "clean"
