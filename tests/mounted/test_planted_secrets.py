"""A secret in every place the catalogue has for one: no save, refusal, conflict or restore leaks it."""
import copy
import contextlib
import json
import os
import pathlib
import re
import resource
import signal
import subprocess

import pytest

from calls import exchange
from files import create, overwrite, refusal
from history import History
from kinds import COMMUNITY, KINDS, calls_of, folder_of, makers, new_document, templates
from planting import OPEN_PART, Planting, Search, declared, fitting_types, found_in_memory, is_sanitized, put
from waiting import until

TOKENS = f"communities/{COMMUNITY}/hardware-tokens"
pytestmark = [pytest.mark.sandbox("--users", "40"), pytest.mark.conf(timeout=20), pytest.mark.timeout(240)]


@pytest.fixture
def planting(sandbox):
    """The planting, with the tenant's own secrets."""
    made = Planting()
    for name in ("client.key", "license", "token"):
        made.add((sandbox.data / name).read_text().strip(), name)
    for line in (sandbox.data / "credentials").read_text().splitlines():
        if "password" in line:
            made.add(line.split("=", 1)[-1].strip(), "the log-in's password")
    assert len(made.where) == 4
    return made


def text_of(document):
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


class Placed:
    """An object with one secret, and the way to the secret within its document."""

    def __init__(self, kind, path, way):
        self.kind, self.path, self.way = kind, path, way

    @property
    def name(self):
        return f"{self.kind['name']} {'/'.join(map(str, self.way))}"

    def save(self, mount, planting, what):
        """Saves another secret in its place; returns the errno name of a refusal."""
        document = mount.json(self.path)
        if self.way[0] in OPEN_PART:
            document.setdefault(self.way[0], copy.deepcopy(OPEN_PART[self.way[0]]))
        secret = planting.new(f"{self.name}, {what}")
        return refusal(overwrite, mount / self.path, text_of(put(document, self.way, secret)))


def create_with_secret(mount, planting, kind, way, number):
    """A new object with the secret, of the first type that takes it."""
    directory = folder_of(mount, kind)
    refusals = []
    for variant in fitting_types(kind, way):
        document = new_document(mount, kind, directory, templates(kind)[variant])
        if way[0] in OPEN_PART:
            document[way[0]] = copy.deepcopy(OPEN_PART[way[0]])
        put(document, way, planting.new(f"{kind['name']} {'/'.join(map(str, way))}, new"))
        path = f"{directory}/planted{number}.json"
        if kind in makers():
            named = next((field for field in kind["fields"] if field["name"] in document
                          and field.get("record", field["name"]) == kind.get("name_member")), None)
            document.update({named["name"]: f"planted{number}"} if named else {})
        before = set(mount.names(directory))
        if refusal(create, mount / path, text_of(document)) == "":
            new = [f"{directory}/{name}" for name in set(mount.names(directory)) - before]
            return Placed(kind, new[0] if new else path, way)
        refusals.append(mount.errors()[-1]["error"]["message"])
    raise AssertionError(f"no type of {kind['name']} takes {way}: {refusals}")


def plant(mount, sandbox, planting):
    """One object for each secret of each kind; each secret was sent to the server in clear."""
    placed = []
    for number, (kind, way) in enumerate(declared()):
        if kind["shape"] == "set":
            placed.append(create_with_secret(mount, planting, kind, way, number))
            continue
        path = kind["path"].format(community=COMMUNITY)
        one = Placed(kind, path, way)
        assert one.save(mount, planting, "first") == "", mount.errors()[-1]
        placed.append(one)
    sent = sandbox.log.read_text()
    missing = {one.name for one in placed}
    missing -= {place.rsplit(",", 1)[0] for secret, place in planting.where.items() if secret in sent}
    assert missing == set()
    return placed


def changeable(placed):
    """Objects whose secret can be changed: the kind has a call for it, and the field is not fixed at creation."""
    fixed = {(kind["name"], field["name"]) for kind in KINDS.values() for field in kind["fields"] if field.get("fixed")}
    return [one for one in placed if one.kind.get("change") and (one.kind["name"], one.way[0]) not in fixed]


def write_faults(kind, what):
    """The fault `what` for every writing call of a kind, and for no other call."""
    calls = {call for role in ("create", "change", "remove") for call in calls_of(kind, role)}
    return ";".join(f"{what},method={method},path={re.sub('{[^}]*}', '*', path)}"
                    for method, path in (call.split(" ", 1) for call in sorted(calls)))


def wait_for_pending(mount):
    until(lambda: json.loads((mount / ".tenantfs/pending.json").read_text()) == [], 60, "the end of pending changes")


def texts_of(drafts):
    return [name for name in drafts if not name.endswith((".error.json", ".base", ".theirs"))]


def discard_all(mount, tenantfs):
    for name in texts_of(mount.drafts()):
        done = tenantfs("discard", name, cwd=mount.path)
        assert done.returncode == 0, done.stderr
    assert mount.drafts() == []


def state_of(mount):
    return pathlib.Path(mount.json(".tenantfs/config.json")["state-dir"])


def check_drafts(mount, search):
    """A refused text is in its draft only, as it was written and for its writer alone."""
    state = state_of(mount)
    found = search.found_below(state)
    assert found and all(name.startswith("drafts/") for name in found), found
    for name in found:
        assert (state / name).stat().st_mode & 0o777 == 0o600
    assert (state / "drafts").stat().st_mode & 0o777 == 0o700


def shown(mount):
    """All files and attributes of the mount, with their contents."""
    for folder, folders, names in os.walk(mount.path):
        folders[:] = [name for name in folders if name not in (".api", ".history", "downloads")]
        for name in names:
            path = os.path.join(folder, name)
            yield path, pathlib.Path(path).read_bytes()
            for attribute in ("age", "endpoint", "error", "id", "revision", "state"):
                with contextlib.suppress(OSError):
                    yield f"{path} {attribute}", os.getxattr(path, f"user.tenantfs.{attribute}")


# The session needs the first two. curl keeps the last unsealed answer until the next one; here it is the public
# information on the community, which includes the settings of password resets.
HELD = ("token", "license", "password-reset-settings ")


def check_memory(planting, pid):
    """The daemon's memory holds no secret once a call is done: texts, bodies and answers are wiped."""
    if os.geteuid() != 0 or is_sanitized(pid):
        return
    found = found_in_memory(planting, pid)
    assert {place: count for place, count in found.items() if not place.startswith(HELD)} == {}
    # A secret that is in memory is found.
    assert "token" in found


def process_files(pid):
    return [(name, pathlib.Path(f"/proc/{pid}/{name}").read_bytes()) for name in ("cmdline", "environ")]


def check_no_secret(search, parts):
    found = {name: search.found_in(data) for name, data in parts}
    assert {name: places for name, places in found.items() if places} == {}


def check_state(search, history, mount, state):
    """No secret in the objects of the history, reachable or not, nor in any file of the state folder."""
    assert search.found_in(history.everything()) == []
    assert search.found_below(state) == {}
    assert search.found_in(mount.stderr.read_bytes()) == []


@pytest.mark.slow
def test_planted_secrets_do_not_leak(mount, mounts, sandbox, tenantfs, surroundings, planting):
    mount.allow()
    elsewhere_home = surroundings.folder / "elsewhere-state"
    elsewhere = mounts("elsewhere", env={"XDG_STATE_HOME": str(elsewhere_home)})
    history = History(tenantfs, surroundings.home / "state")
    placed = plant(mount, sandbox, planting)
    for one in changeable(placed):
        assert one.save(mount, planting, "changed") == "", (one.name, mount.errors()[-1])
    first = history.written()[0]["commit"]

    # Secrets in a table, a call file and a call of the command.
    seed = planting.new("a seed in a table")
    create(mount / TOKENS / "planted.csv", f"serialNumber,seed,counter\nP-1,{seed},0\n")
    tag, value = "planted_by_call", planting.new("a call file")
    answer = exchange(mount / ".api/secret-store/post-secret-store-create", {"body": {"tag": tag, "value": value}})
    assert answer["status"] == 201
    done = tenantfs("call", "POST", "/secret-store/create", "tag=planted_by_command", "value=@-",
                    input=planting.new("a command's input"))
    assert done.returncode == 0, done.stderr

    # Saves that are refused, whose answer is lost, that conflict, and changes by others.
    for one in changeable(placed):
        sandbox.fault(write_faults(one.kind, "status=400"))
        assert one.save(mount, planting, "refused") != "", one.name
    sandbox.fault(write_faults(KINDS["hardware-token"], "status=400"))
    assert refusal(create, mount / TOKENS / "refused.csv",
                   f"serialNumber,seed,counter\nP-2,{planting.new('a refused table')},0\n") != ""
    sandbox.fault()
    check_drafts(mount, Search(planting))
    discard_all(mount, tenantfs)
    for one in changeable(placed):
        sandbox.fault(write_faults(one.kind, "drop-after,count=1"))
        one.save(mount, planting, "lost")
        sandbox.fault()
    wait_for_pending(mount)
    for name in texts_of(mount.drafts()):
        # A change of several calls that stopped after the first.
        assert tenantfs("retry", name, cwd=mount.path).returncode == 0, name
    conflicts = 0
    for one in changeable(placed):
        ours = mount.json(one.path)
        elsewhere.refresh()
        assert one.save(elsewhere, planting, "of another mount") == "", one.name
        put(ours, one.way, planting.new(f"{one.name}, in conflict"))
        conflicts += refusal(overwrite, mount / one.path, text_of(ours)) == "ESTALE"
    assert conflicts > len(placed) // 3
    check_drafts(mount, Search(planting))
    discard_all(mount, tenantfs)
    mount.refresh()
    for one in placed:
        (mount / one.path).exists() and mount.text(one.path)

    # Undo and restore.
    last = next(entry["commit"] for entry in history.written() if entry["Operation"] == "change")
    assert tenantfs("undo", last).returncode in (0, 1)
    assert tenantfs("restore", first, f"communities/{COMMUNITY}/message-gateways").returncode in (0, 1)
    discard_all(mount, tenantfs)

    search = Search(planting)
    outputs = [("log", tenantfs("log", "-n", "1000")), ("journal", tenantfs("journal", "--json")),
               ("status", tenantfs("status", "--json")), ("diff", tenantfs("diff", first))]
    check_no_secret(search, [(name, (done.stdout + done.stderr).encode()) for name, done in outputs])
    assert all(done.stdout for _, done in outputs)
    check_no_secret(search, shown(mount))
    for one in (mount, elsewhere):
        check_no_secret(search, process_files(one.daemon_pid()))
    history.written()
    check_state(search, history, mount, surroundings.home)
    check_memory(planting, mount.daemon_pid())
    for one in (mount, elsewhere):
        one.stop()
    check_state(search, history, mount, surroundings.home)
    check_state(search, History(tenantfs, elsewhere_home), elsewhere, elsewhere_home)
    assert history.fsck()[0] == 0

    # A planted secret is found in an unreachable object and in a file, in each encoding.
    secret, place = next((value, place) for value, place in planting.where.items() if value.startswith(planting.head))
    subprocess.run(["git", f"--git-dir={history.path}", "hash-object", "-w", "--stdin"], check=True,
                   input=b"xx" + secret.encode(), stdout=subprocess.DEVNULL)
    assert search.found_in(history.everything()) == [f"{place} (plain)"]
    for data in (secret.encode("utf-16le"), secret.encode().hex().encode(),
                 subprocess.run(["base64", "-w0"], input=b"x" + secret.encode(), capture_output=True,
                                check=True).stdout):
        assert len(search.found_in(b"yy" + data + b"zz")) == 1


def core_of(process):
    """Whether the aborted process left a core dump."""
    _, status = os.waitpid(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == -signal.SIGABRT
    return os.WCOREDUMP(status)


@pytest.fixture
def cores():
    """Started programs may dump core as far as the system allows it."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield before[1] != 0
    resource.setrlimit(resource.RLIMIT_CORE, before)


def test_daemon_dumps_no_core(cores, mounts, sandbox, surroundings):
    """The daemon disables core dumps whatever limit it inherits."""
    # A process without the protection dumps core if the system allows it at all.
    control = subprocess.Popen(["sleep", "60"], cwd=surroundings.folder)
    control.send_signal(signal.SIGABRT)
    assert core_of(control) == cores
    mount = mounts("mnt")
    process, mount.process = mount.process, None
    assert resource.prlimit(process.pid, resource.RLIMIT_CORE) == (0, 0)
    place = os.readlink(f"/proc/{process.pid}/cwd")
    before = set(os.listdir(place))
    process.send_signal(signal.SIGABRT)
    assert not core_of(process)
    surroundings.run("fusermount3", "-uz", mount.path)
    assert not [name for name in set(os.listdir(place)) - before if name.startswith("core")]
