"""A repository of very many states in the recorder's layout, and the cost of reading it."""

import datetime
import hashlib
import json
import os
import subprocess
import time

STAFF = "communities/default/users/Staff"
FIRST_DAY = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
DAYS = 400
DOCUMENTS = 1000


def git_path(user):
    digits = hashlib.sha256(f"user-{user:06}".encode()).hexdigest()
    return f"{STAFF}/{'/'.join(digits[:3])}/user-{user:06}.json"


def document(user, version):
    members = {"username": f"user-{user:06}", "title": f"version {version}"}
    members.update({f"attribute-{i}": f"a value of {i}, {user}" for i in range(8)})
    return json.dumps(members, indent=2).encode() + b"\n"


def commit_text(number, user, states):
    """The lines of `git fast-import` for one change."""
    when = FIRST_DAY + datetime.timedelta(seconds=number * DAYS * 86400 // states)
    path = f"{STAFF}/user-{user:06}.json"
    message = (f"change {path}\n\nOrigin: tenantfs\nOperation: change\nPath: {path}\nUid: 1000\nPid: 1\n"
               f"Command: bench\nEndpoint: PUT /users/{{uid}}\nOutcome: done\nJournal: {number + 1}\n").encode()
    body = document(user, number // DOCUMENTS)
    person = f"uid 1000 <uid-1000@bench> {int(when.timestamp())} +0000"
    return (f"commit refs/heads/main\nauthor {person}\ncommitter {person}\ndata {len(message)}\n".encode() + message +
            f"M 100644 inline {git_path(user)}\ndata {len(body)}\n".encode() + body)


def make_repository(path, states):
    """A bare repository with one commit for each change, spread over DAYS days."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True)
    run = subprocess.Popen(["git", "-C", path, "fast-import", "--quiet", "--done"], stdin=subprocess.PIPE)
    for number in range(states):
        run.stdin.write(commit_text(number, number * 7919 % DOCUMENTS, states))
    run.stdin.write(b"done\n")
    run.stdin.close()
    assert run.wait() == 0


def run_command(argv, environment, lines=None):
    """Processor seconds and peak resident bytes of a command; only `lines` lines of its output are read (None: all)."""
    start = time.monotonic()
    child = subprocess.Popen([str(word) for word in argv], env=environment, stdout=subprocess.PIPE,
                             stdin=subprocess.DEVNULL)
    count = 0
    for _ in child.stdout:
        count += 1
        if lines is not None and count == lines:
            break
    child.stdout.close()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    # 2 means differences; a command whose output is not read to the end may fail.
    assert child.returncode in (0, 2) or lines is not None, f"{argv}: {child.returncode}"
    return {"seconds": time.monotonic() - start, "processor": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss * 1024, "lines": count}


def look(mount, what):
    """Seconds, processor seconds of the daemon and growth of its resident bytes for one access to the mount."""
    before, ticks, start = mount.rss_bytes(), mount.processor_ticks(), time.monotonic()
    count = what()
    return {"seconds": time.monotonic() - start, "count": count, "growth": mount.rss_bytes() - before,
            "processor": (mount.processor_ticks() - ticks) / os.sysconf("SC_CLK_TCK")}


def first_name(folder):
    with os.scandir(folder) as entries:
        next(entries)
    return 1


def looks(mount):
    history = mount.dir / ".history"
    day = (FIRST_DAY + datetime.timedelta(days=DAYS // 2)).strftime("%Y-%m-%d")
    rows = [("first name of .history", lambda: first_name(history)),
            ("ls .history", lambda: len(os.listdir(history))),
            ("ls .history again", lambda: len(os.listdir(history))),
            ("ls -l .history", lambda: sum(1 for entry in os.scandir(history) if entry.stat())),
            (f"ls .history/{day}", lambda: len(os.listdir(history / day))),
            (f"ls -l .history/{day}", lambda: sum(1 for entry in os.scandir(history / day) if entry.stat()))]
    return [(name, look(mount, what)) for name, what in rows]


def commands(mount, conf, build):
    tenantfs = build / "src/cli/tenantfs"
    path = mount.dir / STAFF / "user-000007.json"
    old = (FIRST_DAY + datetime.timedelta(days=3)).strftime("%Y-%m-%d")
    state = os.listdir(mount.dir / ".history" / old)[0]
    rows = [("log, ten lines read", ["log"], 10), ("log", ["log"], None), ("log PATH", ["log", path], None),
            ("blame PATH", ["blame", path], None), ("diff STATE", ["diff", state, "HEAD"], None)]
    return [(name, run_command([tenantfs, words[0], "-c", conf, *words[1:]], mount.environment, lines))
            for name, words, lines in rows]
