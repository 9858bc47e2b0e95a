"""A scripted day of five users and three administrators: the history records their changes and no others."""
import os
import random

import pytest

from day import Admin, Day, token_of
from people import GROUP, Person, make_traversable
from places import largest_user_set, plain_documents
from states import Observer, Recorded

CHANGES = int(os.environ.get("TENANTFS_DAY", "100"))
PEOPLE = [Person(7501, "Anna Adler", "anna@example.com"), Person(7502, "Ben Brook", "ben@example.com"),
          Person(7503, "Cem Çelik", "cem@example.com"), Person(7504, "Dora Dean", "dora@example.com"),
          Person(7505, "Emi 江美", "emi@example.com")]
ADMINS = 3

pytestmark = [pytest.mark.skipif(os.getuid() != 0, reason="other users' processes are root's to start"),
              pytest.mark.timeout(900), pytest.mark.sandbox("--users", "40"),
              pytest.mark.conf(feed_interval=1, freshness="1h", timeout="60s")]


@pytest.fixture
def dice():
    seed = int(os.environ.get("TENANTFS_SEED", random.randrange(1 << 30)))
    print(f"TENANTFS_SEED={seed} TENANTFS_DAY={CHANGES}")
    return random.Random(seed)


@pytest.fixture
def people(sandbox, surroundings):
    make_traversable(surroundings.folder)
    with open(sandbox.conf, "a") as conf:
        conf.write("".join(person.section() for person in PEOPLE))
    return PEOPLE


def other_session(sandbox, surroundings, name, token):
    """A configuration of the same tenant with another session and another state folder."""
    conf = sandbox.data / f"{name}.conf"
    (sandbox.data / f"{name}.token").write_text(token)
    (sandbox.data / f"{name}.token").chmod(0o600)
    text = sandbox.conf.read_text().replace(f'token-file = "{sandbox.data}/token"', f"token-file = {name}.token")
    conf.write_text(text.replace("feed-interval = 1", "feed-interval = 0"))
    return conf, {"XDG_STATE_HOME": str(surroundings.folder / f"state-{name}")}


def open_gates(mount):
    for gate in ("removals", "lockout", "weakening"):
        mount.surroundings.run("tenantfs", "-c", mount.conf, "allow", "--minutes", "600", gate, check=True,
                               env=mount.env)


@pytest.fixture
def day(people, mounts, sandbox, surroundings, history, dice):
    mount = mounts("mnt", "-o", f"gid={GROUP}")
    open_gates(mount)
    users = largest_user_set(mount)
    admins = []
    # Not the user of our own session: an event with that name could be ours.
    for path in [path for path in plain_documents(mount, users, "firstname") if "/admin." not in path][:ADMINS]:
        user = mount.json(path)
        conf, env = other_session(sandbox, surroundings, f"admin{len(admins)}",
                            token_of(sandbox, user["username"], user["_server"]["uid"]))
        admins.append(Admin(user["username"], mounts(f"a{len(admins)}", conf=conf, env=env)))
        open_gates(admins[-1].mount)
    conf, env = other_session(sandbox, surroundings, "observer", (sandbox.data / "token").read_text())
    observer = Observer(mounts("observer", conf=conf, env=env))
    # Read everything once before the day begins.
    Observer(mount).look()
    observer.look()
    made = Day(mount, observer, people, admins, sandbox, history, dice)
    history.written()
    return made


def check_entry(change, expected, admins):
    for name, value in expected.items():
        if name == "actor":
            assert change["name"] == (value or "unknown (seen by tenantfs)"), change
        elif name == "among":
            assert change["Endpoint"] == value[change["Request-Id"]].name
        else:
            assert change.get(name) == value, f"{name}: {change.get(name)!r}, not {value!r}, of {change}"


def check_tree(tree, state, commit, morning):
    """Trees of the first commits grow while the baseline is read; on-demand documents appear when they are read."""
    wrong = {path: (tree.get(path), state.get(path)) for path in tree.keys() | state.keys()
             if tree.get(path) != state.get(path)
             and (path in tree or ".d/" not in path and not morning)}
    if wrong:
        pytest.fail(f"{commit}: recorded, on the server: {dict(list(wrong.items())[:3])}", pytrace=False)


def check_day(day, history, folder):
    """The commits are those of the day, in order; each tree is the server's state at that time."""
    changes = {change["commit"]: change for change in history.written()}
    groups = iter(day.groups)
    entries, state, before, after = [], None, {}, dict(day.first)
    sample = set(day.dice.sample(sorted(changes), 4)) | {next(iter(changes))}
    for commit, tree, touched in Recorded(history):
        change = changes[commit]
        if change["Origin"] != "baseline":
            if not entries:
                entries, state = next(groups, ([], None))
                assert entries, f"a recorded change that nobody made: {change}"
                entries, before, after = list(entries), after, state
            expected = next((one for one in entries if (one["Path"], one["Operation"]) == (change["Path"],
                                                                                         change["Operation"])), None)
            if not expected:
                pytest.fail(f"{change} is not among {entries}; changed paths: {touched}", pytrace=False)
            check_entry(change, expected, day.admins)
            entries.remove(expected)
            assert set(touched) <= {expected["Path"], expected.get("New-Path")}
            before = {**before, **{path: after.get(path) for path in touched}}
            before = {path: value for path, value in before.items() if value is not None}
        check_tree(tree, before if entries else after, change, state is None)
        if commit in sample:
            assert Recorded(history).checked_out(commit, folder / commit[:12]) == tree
    assert not entries and next(groups, None) is None, f"not recorded: {entries or next(groups)}"
    assert history.fsck() == (0, "", "")


@pytest.mark.slow
@pytest.mark.modes
def test_history_records_exactly_the_changes_of_a_day(day, history, surroundings):
    day.run(CHANGES)
    folder = surroundings.folder / "checkouts"
    folder.mkdir()
    check_day(day, history, folder)
