"""A workload that is killed at any moment, and a model of the allowed states afterwards."""
import errno
import json
import os
import pathlib
import random
import re
import signal
import threading
import time

from files import create, overwrite
from mount import is_mounted
from places import MFA, PROVIDERS, SETTINGS, largest_user_set, new_provider, plain_documents
from waiting import until

ABSENT = None


class Act:
    """One save or removal: the wanted value and the result."""

    def __init__(self, value, text):
        self.value, self.text = value, text
        self.result = "killed"

    @property
    def acknowledged(self):
        return self.result == ""


class Target:
    """One document: its last known value, and the acts since."""

    def __init__(self, path, value):
        self.path, self.known, self.acts = path, value, []
        self.asked = []  # acts before the last settle()

    def allowed(self):
        """The last acknowledged value, and the values of unacknowledged acts after it."""
        values = [self.known]
        for act in self.acts:
            values = [act.value] if act.acknowledged else [*values, act.value]
        return values

    def settle(self, value):
        self.known, self.asked, self.acts = value, self.acts, []


def act(target, value, text, call):
    done = Act(value, text)
    target.acts.append(done)
    try:
        call()
        done.result = ""
    except OSError as error:
        gone = error.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.ENODEV)
        done.result = "killed" if gone else errno.errorcode[error.errno]
    return done


class Member:
    """Edits one member of a document, each time to a new value."""

    def __init__(self, mount, path, member, make):
        document = mount.json(path)
        self.mount, self.member, self.make = mount, member, make
        self.target = Target(path, document[member])

    def read(self):
        return self.mount.json(self.target.path)[self.member]

    def step(self, number):
        path = self.mount / self.target.path
        try:
            document = self.mount.json(self.target.path)
        except OSError:
            return None
        value = self.make(number)
        text = json.dumps({**document, self.member: value}, indent=2, ensure_ascii=False) + "\n"
        return act(self.target, value, text, lambda: overwrite(path, text))


class Provider:
    """Creates and removes an object in turn."""

    def __init__(self, mount, name, text):
        self.mount, self.text = mount, text
        self.target = Target(f"{PROVIDERS}/{name}.json", ABSENT)
        self.there = False

    def read(self):
        name = os.path.basename(self.target.path)
        return "there" if name in os.listdir(self.mount / PROVIDERS) else ABSENT

    def step(self, _):
        path = self.mount / self.target.path
        if "there" in self.target.allowed() and len(self.target.allowed()) == 1:
            return act(self.target, ABSENT, None, lambda: os.unlink(path))
        if self.target.allowed() == [ABSENT]:
            return act(self.target, "there", self.text, lambda: create(path, self.text))
        return None


def make_workers(mount):
    """Three concurrent workers, each with its own documents."""
    users = list(plain_documents(mount, largest_user_set(mount), "lastname"))[:3]
    settings = [(MFA, "otpMaxAttempts")] + [
        (path, member) for path in mount.documents(SETTINGS) if path != MFA
        for member, value in sorted(mount.json(path).items()) if type(value) is int][:2]
    workers = []
    for place, path in enumerate(users):
        name = f"Kill{place}"
        mine = [Member(mount, path, "lastname", lambda number: f"V{number}"),
                Provider(mount, name, new_provider(mount, name))]
        if place < len(settings):
            mine.append(Member(mount, *settings[place], lambda number: number))
        workers.append(mine)
    return workers


class Killing:
    """Runs the workload, kills, restarts and compares; everything but thread scheduling depends on `chance`."""

    def __init__(self, mount, sandbox, seed):
        self.mount, self.sandbox = mount, sandbox
        self.chance = random.Random(seed)
        self.number = 1000
        self.finished = 0  # steps that ended, whatever their result
        self.lock = threading.Lock()
        self.workers = make_workers(mount)
        self.state = pathlib.Path(mount.json(".tenantfs/config.json")["state-dir"])
        self.open_before = []
        self.counts = dict.fromkeys(["acts", "acknowledged", "refused", "killed", "done", "drafts", "open"], 0)

    @property
    def all(self):
        return [one for mine in self.workers for one in mine]

    def next_number(self):
        with self.lock:
            self.number += 1
            return self.number

    def work(self, mine, seed, stop):
        chance = random.Random(seed)
        while not stop.is_set():
            done = chance.choice(mine).step(self.next_number())
            if done is not None and done.result == "killed":
                return
            if done is not None:
                with self.lock:
                    self.finished += 1

    def run_for(self, seconds, end):
        """Runs the workload until each worker has had its turn and for `seconds` more, then calls `end` in its midst.

        A fixed time alone would be too short for any change on a busy machine.
        """
        stop = threading.Event()
        enough = self.finished + len(self.workers)
        threads = [threading.Thread(target=self.work, args=(mine, self.chance.random(), stop))
                   for mine in self.workers]
        for thread in threads:
            thread.start()
        until(lambda: self.finished >= enough, 60, "the first changes", every=0.002)
        time.sleep(seconds)
        end()
        stop.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()

    def kill_daemon(self):
        self.mount.process.send_signal(signal.SIGKILL)
        self.mount.process.wait(20)

    def start_again(self):
        """Starts a daemon on the mount that the killed one left behind."""
        self.open_before = [entry for entry in read_journal(self.state) if entry["outcome"] is None]
        with open(self.mount.stderr, "a") as err:
            self.mount.process = self.mount.surroundings.start(*self.mount.command(), stdout=err, stderr=err,
                                                              env=self.mount.env)
        until(self._serves, 60, "the mount")

    def _serves(self):
        if self.mount.process.poll() is not None:
            raise AssertionError(f"the mount ended: {self.mount.messages()}")
        if not is_mounted(self.mount.path):
            return False
        try:
            self.mount.text(".tenantfs/pending.json")
        except OSError:
            return False
        return True

    def check(self):
        """No acknowledged change, object or draft is lost or doubled; journal and server agree."""
        self.sandbox.fault("")
        until(lambda: self.mount.json(".tenantfs/pending.json") == [], 30, "the end of pending changes")
        (self.mount / ".tenantfs/refresh").write_text("\n")
        names = os.listdir(self.mount / PROVIDERS)
        duplicates = [name for name in names if name.startswith("Kill") and name.count("~")]
        assert duplicates == []
        drafts = self.drafts()
        entries = read_journal(self.state)
        self.counts["open"] += len(self.open_before)
        for one in self.all:
            self.check_one(one, drafts, entries)
        self.discard()

    def check_one(self, one, drafts, entries):
        target, value = one.target, one.read()
        assert value in target.allowed(), (target.path, value, target.allowed(), [act.result for act in target.acts])
        self.count(target, value)
        last = target.acts[-1] if target.acts else None
        if last is not None and not last.acknowledged and last.text is not None and value != last.value:
            result = last.result != "killed"
            announced = any(entry["intent"]["path"] == target.path and "wanted" in entry["intent"] and
                            holds(entry["intent"]["wanted"], one, last) for entry in self.open_before)
            if result or announced:
                self.counts["drafts"] += 1
                assert any(path == target.path and holds(text, one, last) for path, text in drafts), \
                    (target.path, last.result, last.value, value, [path for path, _ in drafts])
        check_journal(self.mount, target, entries)
        target.settle(value)

    def count(self, target, value):
        for act in target.acts:
            self.counts["acts"] += 1
            self.counts["acknowledged" if act.acknowledged else
                        "killed" if act.result == "killed" else "refused"] += 1
        if target.acts and not target.acts[-1].acknowledged and value == target.acts[-1].value:
            self.counts["done"] += 1

    def drafts(self):
        """(path of the document, text) of each draft."""
        found = []
        for name in self.names_of_drafts():
            found.append((re.sub(r"\.json\.\d+$", ".json", name), self.mount.draft(name)))
        return found

    def names_of_drafts(self):
        parts = (".error.json", ".base", ".theirs")
        return [name for name in self.mount.drafts() if not name.endswith(parts)]

    def discard(self):
        for name in self.names_of_drafts():
            os.unlink(self.mount / ".tenantfs/drafts" / name)


def holds(text, one, act):
    """Whether the draft is the act's text, as written or as journaled."""
    if text == act.text:
        return True
    document = json.loads(text)
    return isinstance(one, Provider) or document.get(one.member) == act.value


def read_journal(state):
    """Each intent with its outcome (None: open), read from the files as docs/journal.md describes them."""
    entries = {}
    for path in sorted((state / "journal").glob("*.log")):
        for line in path.read_bytes().split(b"\n"):
            parts = line.split(b" ", 3)
            if len(parts) < 4:
                continue
            try:
                value = json.loads(parts[3])
            except ValueError:
                continue
            if parts[1] == b"I":
                entries.setdefault(int(parts[2]), {"intent": value, "outcome": None, "seq": 0})
            elif parts[1] == b"O" and value["intent"] in entries:
                entries[value["intent"]].update(outcome=value, seq=int(parts[2]))
    return list(entries.values())


def bare(text):
    document = json.loads(text)
    document.pop("_server", None)
    return document


def check_journal(mount, target, entries):
    """The last change of the path with outcome "done" is the server's state."""
    mine = [entry for entry in entries if entry["intent"]["path"] == target.path]
    assert all(entry["outcome"] for entry in mine), target.path
    done = [entry for entry in mine if entry["outcome"]["result"] == 0 or "after" in entry["outcome"]]
    if not done:
        return
    last = max(done, key=lambda entry: entry["seq"])
    if last["intent"]["type"] == "remove":
        assert not os.path.exists(mount / target.path)
    else:
        assert bare(mount.text(target.path)) == bare(last["outcome"]["after"]), target.path
