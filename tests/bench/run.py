#!/usr/bin/python3
"""Compares tenantfs with other programs in one run; prints a table of medians and ratios.

Each row runs the same command on both sides in turn (A B A B …), after a warm-up of each, and compares the
medians. Targets are those of the product description. The ratios are reported, not asserted.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import states
from world import Mount, Passthrough, Sandbox, Sshfs

USERS_DIR = "communities/default/users/Internal User Store"
WARM_ROWS = [
    ("ls -l", "ls -l . >/dev/null", 0.35),
    ("find", "find . -type f >/dev/null", 0.6),
    ("rg", "rg --no-ignore --hidden -c nothing-like-this . >/dev/null; true", 0.65),
    ("grep -r", "grep -r nothing-like-this . >/dev/null; true", 0.75),
    ("cat *", "cat ./* >/dev/null", 0.7),
]


def timed(command, folder):
    start = time.monotonic()
    subprocess.run(["bash", "-c", command], cwd=folder, check=True, stdin=subprocess.DEVNULL)
    return time.monotonic() - start


def interleave(command, folders, rounds):
    """Median seconds of `command` in each folder, and for each other folder the median ratio first/other."""
    times = [[] for _ in folders]
    for folder in folders:
        timed(command, folder)
    for _ in range(rounds):
        for i, folder in enumerate(folders):
            times[i].append(timed(command, folder))
    ratios = [statistics.median(a / b for a, b in zip(times[0], other)) for other in times[1:]]
    return [statistics.median(t) for t in times], ratios


class Report:
    def __init__(self):
        self.rows = []

    def add(self, work, ours, other, ratio, target):
        self.rows.append({"work": work, "tenantfs": ours, "beside": other, "ratio": ratio, "target": target})
        print(f"  {work}: {ours} beside {other}, ratio {ratio} (target {target})", file=sys.stderr)

    def table(self):
        lines = ["| work | tenantfs | beside | ratio | target |", "|---|---|---|---|---|"]
        lines += ["| {work} | {tenantfs} | {beside} | {ratio} | {target} |".format(**row) for row in self.rows]
        return "\n".join(lines)


def bench_warm(report, args, build, folder):
    """find, ls -l, rg, grep -r and cat * on cached documents, and their calls."""
    sandbox = Sandbox(build, folder / "sandbox", args.users)
    mount = Mount(build, sandbox, folder / "tenantfs")
    users = mount.dir / USERS_DIR
    copy = folder / "copy"
    timed("find . -type f | wc -l >/dev/null", users)
    subprocess.run(["cp", "-a", users, copy], check=True)
    rivals = [Passthrough(folder, copy)] + ([Sshfs(folder, copy)] if Sshfs.available() else [])
    before = sandbox.lines()
    try:
        for name, command, target in WARM_ROWS:
            medians, ratios = interleave(command, [users] + [rival.dir for rival in rivals], args.rounds)
            for rival, seconds, ratio in zip(rivals, medians[1:], ratios):
                report.add(f"{name}, {args.users} warm documents", f"{medians[0] * 1000:.1f} ms",
                           f"{rival.name} {seconds * 1000:.1f} ms", f"{ratio:.2f}",
                           target if rival.name == "passthrough_ll" else 0.3)
        report.add("calls made by all of the above", sandbox.lines() - before, "–", "–", "0")
        bench_rsync(report, sandbox, users, folder)
    finally:
        for rival in rivals:
            rival.stop()
        mount.stop()
        sandbox.process.stop()


def bench_rsync(report, sandbox, users, folder):
    backup = folder / "backup"
    subprocess.run(["rsync", "-a", f"{users}/", backup], check=True)
    before = sandbox.lines()
    subprocess.run(["rsync", "-a", f"{backup}/", users], check=True)
    report.add("rsync -a of the unchanged backup onto the mount, calls", sandbox.lines() - before, "–", "–", "0")


def cold_once(build, sandbox, folder):
    """A first listing: seconds, page calls, bytes of the documents, resident bytes before and after."""
    mount = Mount(build, sandbox, folder)
    try:
        users = mount.dir / USERS_DIR
        os.listdir(mount.dir / "communities/default/users")
        before = sandbox.lines()
        idle = mount.rss_bytes()
        start = time.monotonic()
        count = len(os.listdir(users))
        seconds = time.monotonic() - start
        pages = [r for r in sandbox.requests_since(before) if r["path"].endswith("/users/fetch")]
        size = sum(entry.stat().st_size for entry in os.scandir(users))
        return {"seconds": seconds, "count": count, "pages": len(pages), "idle": idle, "bytes": size,
                "looked_up": mount.rss_bytes()}
    finally:
        mount.stop()


def bench_memory(report, args, build, folder):
    """Resident bytes of a mount: after a first listing of users, at the peak of recording it, and at rest."""
    sandbox = Sandbox(build, folder / "sandbox", args.memory)
    mount = Mount(build, sandbox, folder / "tenantfs")
    try:
        users = mount.dir / USERS_DIR
        size = sum(entry.stat().st_size for entry in os.scandir(users))
        listed = mount.peak_bytes()
        mount.wait_until_idle(args.rest)
        beside = f"documents {size / 1e6:.0f} MB"
        for when, resident in (("listed and looked up", listed), ("peak, their baseline recorded", mount.peak_bytes()),
                               ("at rest", mount.rss_bytes())):
            report.add(f"resident, {args.memory} users, {when}", f"{resident / 1e6:.0f} MB", beside,
                       f"{resident / size:.2f}", "150 MB at 100000")
    finally:
        mount.stop()
        sandbox.process.stop()


def bench_states(report, args, build, folder):
    """A history of very many states: processor time of listings in the mount and of commands."""
    repository = folder / "tenantfs/state/tenantfs/sandbox/history.git"
    states.make_repository(repository, args.states)
    sandbox = Sandbox(build, folder / "sandbox", 50)
    mount = Mount(build, sandbox, folder / "tenantfs")
    try:
        # The worker builds its index of states first.
        mount.wait_until_idle(args.rest)
        idle = mount.rss_bytes()
        for name, row in states.looks(mount):
            report.add(f"{name}, {args.states} states, names", row["count"],
                       f"{row['processor'] * 1000:.0f} ms of the daemon's processor time, "
                       f"{row['seconds'] * 1000:.1f} ms", "–", "–")
        report.add(f"resident for these, {args.states} states", f"{(mount.rss_bytes() - idle) / 1e6:.1f} MB more",
                   f"at rest {idle / 1e6:.0f} MB", "–", "8 MB")
        for name, row in states.commands(mount, sandbox.conf, build):
            report.add(f"tenantfs {name}, {args.states} states, lines", row["lines"],
                       f"{row['processor']:.2f} s of processor time, peak {row['peak'] / 1e6:.0f} MB", "–", "–")
    finally:
        mount.stop()
        sandbox.process.stop()


def bench_history(report, args, build, folder):
    """bench-history: recording at three sizes, and the repository checked by git."""
    sizes = [str(count) for count in args.documents]
    run = subprocess.run([build / "tests/bench/bench-history", folder, str(args.changes), "100", *sizes], check=True,
                         capture_output=True, text=True)
    for row in map(json.loads, run.stdout.splitlines()):
        count = row["documents"]
        report.add(f"changes a second (processor time), {count} documents", f"{row['changes_per_s']:.0f}", "–", "–",
                   "500 at 10000")
        report.add(f"cost of a change, {count} documents", "–", f"{sizes[0]} documents",
                   f"{row['cost_against_first']:.2f}", 2)
        report.add(f"disk for 10000 changes, {count} documents", f"{row['bytes_per_10000_changes'] / 1e6:.0f} MB",
                   f"cared for {row['bytes_per_10000_changes_cared_for'] / 1e6:.0f} MB", "–", "–")
        report.add(f"baseline of {count} documents", f"{row['baseline_s']:.1f} s",
                   f"{row['bytes_of_baseline'] / 1e6:.1f} MB", "–", "–")
        check = subprocess.run(["git", "-C", folder / f"history-{count}.git", "fsck", "--strict",
                                "--no-progress", "--no-dangling"],
                               check=True, capture_output=True, text=True)
        report.add(f"git fsck --strict, {count} documents", check.stdout + check.stderr or "clean", "–", "–", "clean")


def bench_cold(report, args, build, folder):
    for users in args.cold:
        sandbox = Sandbox(build, folder / f"sandbox-{users}", users)
        report.add(f"sandbox ready with {users} users", f"{sandbox.ready_seconds:.1f} s", "–", "–", "20 s")
        ours, others = [], []
        try:
            for n in range(args.cold_rounds):
                ours.append(cold_once(build, sandbox, folder / f"cold-{users}-{n}"))
                out = subprocess.run([build / "tests/bench/bench-pages", sandbox.conf, "Internal User Store"],
                                     check=True, capture_output=True, text=True).stdout
                others.append(json.loads(out)["ms"] / 1000)
        finally:
            sandbox.process.stop()
        last = ours[-1]
        ratio = statistics.median(a["seconds"] / b for a, b in zip(ours, others))
        report.add(f"cold listing of {last['count']} users, page calls", last["pages"], "–", "–",
                   -(-last["count"] // 100))
        report.add(f"cold listing of {last['count']} users, time",
                   f"{statistics.median(a['seconds'] for a in ours):.2f} s",
                   f"the same pages without FUSE {statistics.median(others):.2f} s", f"{ratio:.2f}", "1.3")
        per_object = (last["looked_up"] - last["idle"] - last["bytes"]) / last["count"]
        report.add(f"resident, {last['count']} users listed and looked up", f"{last['looked_up'] / 1e6:.0f} MB",
                   f"documents {last['bytes'] / 1e6:.0f} MB", f"{per_object:.0f} B per object beside its bytes",
                   "600 B; 150 MB at 100000")


def curl_pair(build, sandbox, calls):
    text = "\nnext\n".join(
        subprocess.run([build / "tests/bench/bench-curl-request", sandbox.conf, *call], check=True,
                       capture_output=True, text=True).stdout for call in calls)
    start = time.monotonic()
    subprocess.run(["curl", "-K", "-"], input=text, text=True, check=True)
    return time.monotonic() - start


def bench_save(report, args, build, folder):
    """One save of a setting, compared with curl making the same two calls."""
    sandbox = Sandbox(build, folder / "sandbox", 50)
    mount = Mount(build, sandbox, folder / "tenantfs")
    try:
        save_rounds(report, args, build, sandbox, mount)
    finally:
        mount.stop()
        sandbox.process.stop()


def save_rounds(report, args, build, sandbox, mount):
    path = mount.dir / "communities/default/settings/mfa.json"
    document = json.loads(path.read_text())
    ours, others = [], []
    calls = None
    for n in range(args.save_rounds):
        document["otp_prompt_text"] = f"Code {n}"
        text = json.dumps(document, indent=2) + "\n"
        before = sandbox.lines()
        start = time.monotonic()
        path.write_text(text)
        ours.append(time.monotonic() - start)
        made = sandbox.requests_since(before)
        calls = [(r["method"], r["path"].removeprefix("/adminapi"), json.dumps(r["body"]) if r["body"] else "")
                 for r in made]
        others.append(curl_pair(build, sandbox, calls))
    ratio = statistics.median(a / b for a, b in zip(ours, others))
    report.add("one save of a setting, calls", " + ".join(method for method, _, _ in calls), "–", "–", "GET + PUT")
    report.add("one save of a setting, time", f"{statistics.median(ours) * 1000:.1f} ms",
               f"curl, the same calls {statistics.median(others) * 1000:.1f} ms", f"{ratio:.2f}", "1.3")


def bench_seal(report, _args, build, _folder):
    program = build / "tests/bench/bench-seal"
    if not program.exists():
        return
    ours = json.loads(subprocess.run([program], check=True, capture_output=True, text=True).stdout)
    out = subprocess.run(["openssl", "speed", "-mr", "-elapsed", "-seconds", "2", "-bytes", "65536", "-evp",
                          "aes-256-gcm"], check=True, capture_output=True, text=True).stdout
    speed = float(next(line for line in out.splitlines() if line.startswith("+F")).split(":")[-1]) / 1e6
    for verb in ("seal", "open"):
        mb = ours[f"{verb}_mb_per_s"]
        report.add(f"{verb} 64 kB", f"{mb:.0f} MB/s", f"openssl speed {speed:.0f} MB/s", f"{mb / speed:.2f}", "0.8")


PARTS = {"warm": bench_warm, "cold": bench_cold, "memory": bench_memory, "history": bench_history,
         "states": bench_states, "save": bench_save, "seal": bench_seal}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--users", type=int, default=10000, help="documents of the warm rows")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cold", type=int, nargs="*", default=[10000, 100000])
    parser.add_argument("--cold-rounds", type=int, default=3)
    parser.add_argument("--memory", type=int, default=100000, help="users of the memory rows")
    parser.add_argument("--states", type=int, default=100000, help="states of the history's reading rows")
    parser.add_argument("--documents", type=int, nargs="*", default=[1000, 10000, 100000])
    parser.add_argument("--changes", type=int, default=10000, help="of the history's recording rows")
    parser.add_argument("--rest", type=float, default=12, help="seconds without work after which a mount is at rest")
    parser.add_argument("--save-rounds", type=int, default=21)
    parser.add_argument("--only", choices=list(PARTS), action="append")
    parser.add_argument("--json", type=Path, help="write the rows there too")
    args = parser.parse_args()
    build = args.build.resolve()
    report = Report()
    root = Path(tempfile.mkdtemp(prefix="tenantfs-bench-", dir="/dev/shm"))
    try:
        for name, part in PARTS.items():
            if not args.only or name in args.only:
                (root / name).mkdir()
                part(report, args, build, root / name)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print(report.table())
    if args.json:
        args.json.write_text(json.dumps(report.rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
