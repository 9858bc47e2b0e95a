"""Fixtures for tests that run the programs: each test has its own sandbox, mount and command line."""
import contextlib
import os
import pathlib
import shlex
import shutil
import signal
import tempfile

import pytest

from history import History
from mount import Mount, mounts_below
from programs import NAMES, NO_SKIP, Surroundings, find_programs, gather
from sandbox import Sandbox

ROOT = pathlib.Path(__file__).resolve().parents[1]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """A run and its workers put all files into one temporary folder."""
    if not hasattr(config, "workerinput"):
        config.stash[RUN] = pathlib.Path(tempfile.mkdtemp(prefix="tfs-"))
        os.environ["TMPDIR"] = str(config.stash[RUN])
        config.option.basetemp = config.option.basetemp or str(config.stash[RUN] / "pytest")
    tempfile.tempdir = None
    # A shell starts background jobs with SIGINT ignored, and the programs of the tests would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    use_testpaths(config)


def use_testpaths(config):
    """pytest applies `testpaths` only when it is started in its root directory; this applies them elsewhere."""
    if config.args == [str(config.invocation_params.dir)] and config.invocation_params.dir != config.rootpath:
        config.args = [str(config.rootpath / path) for path in config.getini("testpaths")]


def pytest_collection_modifyitems(items):
    """Slow tests begin first, so that none of them runs alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_sessionfinish(session):
    """Folders of failed tests are kept; any other leftover fails the run."""
    if hasattr(session.config, "workerinput"):
        return
    folder = session.config.stash[RUN]
    shutil.rmtree(folder / "pytest", ignore_errors=True)
    kept = [path for path in folder.iterdir() if (path / "repro.sh").exists()]
    leftovers = [str(path) for path in sorted(folder.iterdir()) if path not in kept]
    leftovers += left_running(folder)
    if not kept and not leftovers:
        folder.rmdir()
    if leftovers:
        print("\nleft behind:", *leftovers, sep="\n\t")
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def left_running(folder):
    """Mounts and processes that outlived the run."""
    for path in mounts_below(folder):
        yield f"mounted: {path}"
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(folder).encode() in (process / "cmdline").read_bytes():
                yield f"running: {process.name} {(process / 'cmdline').read_bytes().decode(errors='replace')}"


def fail_or_skip(what):
    if NO_SKIP:
        pytest.fail(f"{what} is missing", pytrace=False)
    pytest.skip(f"{what} is missing")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        item.stash[FAILED] = True


FAILED, RUN = pytest.StashKey(), pytest.StashKey()


@pytest.fixture(scope="session")
def bin_dir():
    build = os.environ.get("TENANTFS_BUILD")
    if not build:
        fail_or_skip("a build folder in TENANTFS_BUILD")
    programs = find_programs(build)
    for name in NAMES:
        if name not in programs:
            fail_or_skip(f"{name} in {build}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bin-"))
    yield gather(programs, folder / "bin")
    shutil.rmtree(folder)


@pytest.fixture
def surroundings(request, bin_dir):
    """The test's folder has a short path, because control sockets have a short maximum."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="t-"))
    made = Surroundings(bin_dir, folder)
    yield made
    leftovers = mounts_below(folder)
    for path in leftovers:
        made.run("fusermount3", "-uz", path)
    output = [path.read_text(errors="replace") for path in folder.rglob("*.err") if path.is_file()]
    complaints = made.complaints(*output)
    if request.node.stash.get(FAILED, False) or made.failed or complaints or leftovers:
        print(f"to repeat the test: {write_repro(made, request.node.nodeid)}")
        for text in output + complaints:
            print(text[:4000])
    else:
        shutil.rmtree(folder)
    if leftovers:
        pytest.fail(f"still mounted at the end: {leftovers}", pytrace=False)
    if complaints:
        pytest.fail("\n".join(complaints)[:8000], pytrace=False)


def write_repro(made, test):
    """Writes a script that starts the test's programs as the test did, in the same folders."""
    lines = ["#!/bin/sh", f"# {test}", "set -x"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in made.variables.items()]
    lines += [" ".join(map(shlex.quote, step)) + " &\nsleep 1" for step in made.steps]
    path = made.folder / "repro.sh"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o755)
    return path


def pytest_generate_tests(metafunc):
    """Tests marked `modes` run on the sandbox as it is, and on a strict one."""
    if metafunc.definition.get_closest_marker("modes"):
        metafunc.parametrize("sandbox", [(), ("--strict",)], ids=["kept", "strict"], indirect=True)


def options_of(request, name):
    marker = request.node.get_closest_marker(name)
    return list(marker.args) if marker else []


@pytest.fixture
def sandbox(request, surroundings):
    options = [*options_of(request, "sandbox"), *getattr(request, "param", ())]
    box = Sandbox(surroundings, surroundings.folder / "box", options)
    surroundings.steps.append(box.command())
    box.start()
    marker = request.node.get_closest_marker("conf")
    # Most tests check the request log, so the change feed is off unless a test sets it. Their server is never behind.
    add_settings(box.conf, {"feed_interval": 0, "read_lag": 0, **(marker.kwargs if marker else {})})
    yield box
    with surroundings.noting_failure():
        box.stop()


def add_settings(conf, settings):
    """Adds settings to the tenant's section; `_` becomes `-`."""
    with open(conf, "a") as file:
        for name, value in settings.items():
            file.write(f"\t{name.replace('_', '-')} = {value}\n")


@pytest.fixture
def mounts(request, surroundings, sandbox):
    """Creates mounts of the sandbox: mounts("name", "-o", "ro", env={…}).

    Weaker settings are allowed in them.
    """
    if not os.path.exists("/dev/fuse"):
        fail_or_skip("/dev/fuse")
    made = []

    def add(name, *options, env=None, conf=None):
        mount = Mount(surroundings, conf or sandbox.conf, surroundings.folder / name, options, env)
        surroundings.steps.append(mount.command())
        made.append(mount)
        mount.start()
        if not request.node.get_closest_marker("gates"):
            mount.allow("weakening")
        return mount

    yield add
    try:
        with surroundings.noting_failure():
            for mount in reversed(made):
                mount.stop()
    finally:
        for mount in made:
            mount.abandon()


@pytest.fixture
def mount(request, mounts):
    return mounts("mnt", *options_of(request, "mount"))


@pytest.fixture
def tenantfs(surroundings, sandbox):
    """Runs the command on the sandbox's configuration: tenantfs("status", "--json")."""
    def run(*words, **rest):
        return surroundings.run("tenantfs", "-c", sandbox.conf, *words, **rest)
    return run


@pytest.fixture
def program():
    """Finds a required foreign program."""
    def find(name):
        path = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        if path is None:
            fail_or_skip(name)
        return path
    return find


@pytest.fixture
def history(tenantfs, surroundings):
    """The history of the test's mount."""
    return History(tenantfs, surroundings.home / "state")
