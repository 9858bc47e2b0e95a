"""Compares a history with the server's log: each change is recorded once, in order, and nothing else."""
import contextlib
import json
import subprocess
import threading

from history import git_path
from killing import Member, Provider


def contains(value, wanted):
    """Whether the value is anywhere in the body of a request."""
    if isinstance(value, dict):
        return any(contains(member, wanted) for member in value.values())
    if isinstance(value, list):
        return any(contains(element, wanted) for element in value)
    return type(value) is type(wanted) and value == wanted


def was_done(request):
    """Whether the server made the change, even if its answer was dropped."""
    return request["status"] in (200, 201, 204) or request["fault"] == "drop-after"


def served(one, writes):
    """The wanted values that the server had, in order; each value is new."""
    asked = [act.value for act in one.target.asked]
    return list(dict.fromkeys(value for request in writes for value in asked if contains(request.body, value)))


class Other(Member):
    """Another client with its own mount: edits one member during the block."""

    def __init__(self, mount, path, member, numbers):
        super().__init__(mount, path, member, lambda number: f"O{number}")
        self.numbers = numbers

    @contextlib.contextmanager
    def at_work(self):
        stop = threading.Event()
        thread = threading.Thread(target=self.edit, args=(stop,))
        thread.start()
        yield
        stop.set()
        thread.join(60)
        assert not thread.is_alive()
        self.target.settle(None)

    def edit(self, stop):
        while not stop.is_set():
            self.step(self.numbers())


class Recorded:
    """The history up to the last check; each check reads the commits since."""

    def __init__(self, history, sandbox):
        self.history, self.sandbox = history, sandbox
        self.head, self.mark = None, 0
        self.journal = set()
        self.counts = dict.fromkeys(["commits", "own", "drift", "served", "fsck"], 0)

    def begin(self):
        """Skips the commits and requests so far."""
        self.head = self.history.written()[0]["commit"]
        self.mark = self.sandbox.mark()

    def fsck(self):
        assert self.history.fsck() == (0, "", "")
        self.counts["fsck"] += 1

    def blobs(self, names):
        """Documents by revision:path; None for a missing one."""
        done = subprocess.run(["git", f"--git-dir={self.history.path}", "cat-file", "--batch"], capture_output=True,
                              check=True, input="".join(f"{name}\n" for name in names).encode(), timeout=120)
        rest, found = done.stdout, []
        for _ in names:
            head, _, rest = rest.partition(b"\n")
            if head.endswith(b" missing"):
                found.append(None)
                continue
            size = int(head.rsplit(b" ", 1)[1])
            found.append(json.loads(rest[:size]))
            rest = rest[size + 1:]
        return found

    def check(self, killing, elsewhere=()):
        """Checks each document of the workload; of those in `elsewhere` others change, not every state is recorded."""
        commits = list(reversed(self.history.written(f"{self.head}..")))
        writes = [request for request in self.sandbox.writes(self.mark) if was_done(request)]
        self.mark = self.sandbox.mark()
        if commits:
            self.head = commits[-1]["commit"]
        for commit in commits:
            self.check_commit(commit)
        for one in killing.all:
            mine = [commit for commit in commits if commit["Path"] == one.target.path]
            done = self.check_provider if isinstance(one, Provider) else self.check_member
            done(one, mine, writes)
        for one in elsewhere:
            self.check_seen(one, [commit for commit in commits if commit["Path"] == one.target.path], writes)
        paths = {one.target.path for one in [*killing.all, *elsewhere]}
        assert [commit.subject for commit in commits if commit["Path"] not in paths] == []

    def check_commit(self, commit):
        self.counts["commits"] += 1
        self.counts["own" if commit["Origin"] == "tenantfs" else "drift"] += 1
        if commit["Origin"] == "tenantfs":
            assert commit["Journal"] not in self.journal, commit
            self.journal.add(commit["Journal"])

    def values(self, one, commits):
        documents = self.blobs([f"{commit['commit']}:{git_path(commit['Path'])}" for commit in commits])
        return [document[one.member] for document in documents]

    def check_member(self, one, commits, writes):
        """Each value the server had is one commit by the mount, in order."""
        values = self.values(one, commits)
        assert [commit["Origin"] for commit in commits] == ["tenantfs"] * len(commits), (one.target.path, values)
        had = served(one, writes)
        assert values == had, (one.target.path, values, had)
        assert {act.value for act in one.target.asked if act.acknowledged} <= set(values)
        self.counts["served"] += len(had)

    def check_provider(self, one, commits, writes):
        """Creates and removals alternate, as often as the server made them."""
        name = one.target.path.rsplit("/", 1)[1].removesuffix(".json")
        made = [request for request in writes if request.name.startswith("PUT /serviceprovider")
                and request.body.get("name") == name]
        there = self.blobs([f"{commit['commit']}:{git_path(commit['Path'])}" for commit in commits])
        assert [commit["Origin"] for commit in commits] == ["tenantfs"] * len(commits), one.target.path
        states = [document is not None for document in there]
        assert all(state != after for state, after in zip(states, states[1:])), (one.target.path, states)
        assert states.count(True) == len(made), (one.target.path, states, len(made))
        acknowledged = [act for act in one.target.asked if act.acknowledged]
        assert states.count(True) >= sum(act.value == "there" for act in acknowledged)
        assert states.count(False) >= sum(act.value != "there" for act in acknowledged)
        if states:
            assert states[-1] == (one.read() == "there"), one.target.path
        self.counts["served"] += len(made) + states.count(False)

    def check_seen(self, one, commits, writes):
        """Commits of changes by others: real states in order, ending with the last one."""
        values = self.values(one, commits)
        had = served(one, writes)
        rest = iter(had)
        assert all(value in rest for value in values), (one.target.path, values, had)
        assert {commit["Origin"] for commit in commits} <= {"others"}
        if had:
            assert self.history.document(git_path(one.target.path))[one.member] == had[-1]
        self.counts["served"] += len(values)
