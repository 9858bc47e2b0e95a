"""Locks: flock and fcntl exclude all processes on the mount, across versions and files renamed over a document."""
import errno
import fcntl
import json
import multiprocessing
import os
import pathlib
import signal
import struct
import threading
import time

import pytest

from files import overwrite
from places import MFA
from waiting import until

PROCESSES = 64
MEMBER = "otpMaxAttempts"
SPAWN = multiprocessing.get_context("fork")
OFD_SETLK, OFD_SETLKW = 37, 38


def posix(descriptor, kind, command=fcntl.F_SETLKW, first=0, length=0):
    fcntl.fcntl(descriptor, command, struct.pack("hhqqi4x", kind, os.SEEK_SET, first, length, 0))


LOCK = {
    "flock": lambda descriptor: fcntl.flock(descriptor, fcntl.LOCK_EX),
    "posix": lambda descriptor: posix(descriptor, fcntl.F_WRLCK),
    "ofd": lambda descriptor: posix(descriptor, fcntl.F_WRLCK, OFD_SETLKW),
}
UNLOCK = {
    "flock": lambda descriptor: fcntl.flock(descriptor, fcntl.LOCK_UN),
    "posix": lambda descriptor: posix(descriptor, fcntl.F_UNLCK),
    "ofd": lambda descriptor: posix(descriptor, fcntl.F_UNLCK, OFD_SETLK),
}


def try_lock(path, how, mode=os.O_RDWR):
    """The errno that a new open file gets for an exclusive lock; 0: granted."""
    descriptor = os.open(path, mode)
    try:
        if how == "flock":
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            posix(descriptor, fcntl.F_WRLCK, OFD_SETLK)
        return 0
    except OSError as error:
        return error.errno
    finally:
        os.close(descriptor)


def run(count, work, *arguments):
    """Processes that must all succeed."""
    crowd = [SPAWN.Process(target=work, args=arguments) for _ in range(count)]
    for process in crowd:
        process.start()
    for process in crowd:
        process.join(60)
    assert [process.exitcode for process in crowd] == [0] * count


def in_place(path, how, unlocks):
    with open(path, "r+", encoding="utf-8") as file:
        LOCK[how](file.fileno())
        document = json.load(file)
        document[MEMBER] += 1
        file.seek(0)
        file.truncate()
        json.dump(document, file)
        file.flush()
        if unlocks:
            UNLOCK[how](file.fileno())


def through_path(path):
    """The lock is on a descriptor for reading, which was opened before the lock was granted."""
    with open(path, encoding="utf-8") as file:
        LOCK["flock"](file.fileno())
        document = json.load(file)
        document[MEMBER] += 1
        overwrite(path, json.dumps(document))


def renamed_over(path):
    with open(path, encoding="utf-8") as file:
        LOCK["flock"](file.fileno())
        document = json.load(file)
        document[MEMBER] += 1
        new = f"{path}.{os.getpid()}.tmp"
        with open(new, "w", encoding="utf-8") as out:
            json.dump(document, out)
        os.rename(new, path)


def test_locked_increments_are_exact(mount):
    for work, *arguments in ((in_place, "flock", True), (in_place, "flock", False), (in_place, "posix", True),
                             (in_place, "posix", False), (in_place, "ofd", False), (through_path,), (renamed_over,)):
        before = mount.json(MFA)[MEMBER]
        run(PROCESSES, work, str(mount / MFA), *arguments)
        assert (work, mount.json(MFA)[MEMBER] - before) == (work, PROCESSES)


@pytest.mark.parametrize("how", ["flock", "ofd"])
def test_a_lock_holds_for_each_version_and_each_way_to_open(mount, how):
    path = mount / MFA
    with open(path, encoding="utf-8") as holder:
        held = os.open(path, os.O_RDWR)
        LOCK[how](held)
        document = json.load(holder)
        for round_ in range(3):
            document[MEMBER] = 20 + round_
            overwrite(path, json.dumps(document))
            assert try_lock(path, how) == errno.EAGAIN
            new = mount / f"{MFA}.tmp"
            new.write_text(json.dumps({**document, MEMBER: 30 + round_}))
            os.rename(new, path)
            assert try_lock(path, how) == errno.EAGAIN
        os.close(held)
    assert try_lock(path, how) == 0


def scenario_dup(path):
    """A duplicate keeps a flock; closing any descriptor of the file drops a process's POSIX locks."""
    first = os.open(path, os.O_RDWR)
    fcntl.flock(first, fcntl.LOCK_EX)
    second = os.dup(first)
    os.close(first)
    yield try_lock(path, "flock")
    os.close(second)
    yield try_lock(path, "flock")
    first, second = os.open(path, os.O_RDWR), os.open(path, os.O_RDONLY)
    posix(first, fcntl.F_WRLCK)
    yield in_child(lambda: try_lock(path, "ofd"))
    os.close(second)
    yield in_child(lambda: try_lock(path, "ofd"))
    os.close(first)


def scenario_ofd(path):
    """An OFD lock outlives the other descriptors of its process."""
    first, second = os.open(path, os.O_RDWR), os.open(path, os.O_RDWR)
    posix(first, fcntl.F_WRLCK, OFD_SETLK)
    os.close(second)
    yield try_lock(path, "ofd")
    os.close(first)
    yield try_lock(path, "ofd")


def scenario_fork(path):
    """A child shares a flock and inherits no POSIX lock."""
    descriptor = os.open(path, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield in_child(lambda: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB) or 0)
    yield in_child(lambda: os.close(descriptor) or try_lock(path, "flock"))
    yield in_child(lambda: fcntl.flock(descriptor, fcntl.LOCK_UN) or 0)
    yield try_lock(path, "flock")
    posix(descriptor, fcntl.F_WRLCK)
    yield in_child(lambda: code_of(lambda: posix(descriptor, fcntl.F_WRLCK, fcntl.F_SETLK)))
    yield in_child(lambda: os.close(descriptor) or 0)
    yield in_child(lambda: try_lock(path, "ofd"))
    os.close(descriptor)


def scenario_convert(path):
    """Shared locks are many; an upgrade that fails gives up the shared lock."""
    first, second = os.open(path, os.O_RDONLY), os.open(path, os.O_RDONLY)
    fcntl.flock(first, fcntl.LOCK_SH)
    fcntl.flock(second, fcntl.LOCK_SH)
    yield code_of(lambda: fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB))
    yield code_of(lambda: fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB))
    fcntl.flock(second, fcntl.LOCK_SH)
    yield code_of(lambda: fcntl.flock(first, fcntl.LOCK_SH | fcntl.LOCK_NB))
    os.close(first)
    os.close(second)


def scenario_ranges(path):
    """Ranges split, overlap and are reported with their owner."""
    descriptor = os.open(path, os.O_RDWR)
    posix(descriptor, fcntl.F_WRLCK, first=10, length=20)
    posix(descriptor, fcntl.F_UNLCK, first=15, length=5)
    posix(descriptor, fcntl.F_RDLCK, first=28, length=100)
    for first, length in ((0, 10), (0, 11), (15, 5), (14, 1), (20, 1), (27, 1), (127, 1), (128, 0)):
        for kind in (fcntl.F_RDLCK, fcntl.F_WRLCK):
            yield in_child(lambda f=first, n=length, k=kind: code_of(
                lambda: posix(descriptor, k, fcntl.F_SETLK, f, n)))
    parent = os.getpid()

    def asked():
        answer = fcntl.fcntl(descriptor, fcntl.F_GETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 12, 1, 0))
        kind, _, first, length, pid = struct.unpack("hhqqi4x", answer)
        return int((kind, first, length, pid) == (fcntl.F_WRLCK, 10, 5, parent))

    yield in_child(asked)
    os.close(descriptor)


def scenario_deadlock(path):
    """Two processes that wait for each other: one is refused."""
    ready = os.pipe()
    descriptor = os.open(path, os.O_RDWR)
    posix(descriptor, fcntl.F_WRLCK, first=0, length=1)
    child = os.fork()
    if child == 0:
        posix(descriptor, fcntl.F_WRLCK, first=1, length=1)
        os.write(ready[1], b"x")
        os._exit(code_of(lambda: posix(descriptor, fcntl.F_WRLCK, first=0, length=1)))
    os.read(ready[0], 1)
    time.sleep(0.2)
    yield code_of(lambda: posix(descriptor, fcntl.F_WRLCK, first=1, length=1))
    os.close(descriptor)
    yield os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(ready[0])
    os.close(ready[1])


def scenario_mixed(path):
    """flock and fcntl do not see each other; a descriptor for reading cannot lock for writing by fcntl."""
    first, second = os.open(path, os.O_RDWR), os.open(path, os.O_RDONLY)
    fcntl.flock(first, fcntl.LOCK_EX)
    yield try_lock(path, "ofd")
    yield code_of(lambda: posix(second, fcntl.F_WRLCK, fcntl.F_SETLK))
    yield code_of(lambda: fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB))
    os.close(first)
    os.close(second)


def code_of(call):
    try:
        call()
    except OSError as error:
        return error.errno
    return 0


def in_child(work):
    """The result of a function in a child process."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(work())
        except OSError as error:
            os._exit(error.errno)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


SCENARIOS = (scenario_dup, scenario_ofd, scenario_fork, scenario_convert, scenario_ranges, scenario_deadlock,
             scenario_mixed)


@pytest.mark.parametrize("place", [MFA, ".lock"])
def test_locks_act_as_on_a_disk(mount, tmp_path, place):
    disk = tmp_path / "file"
    disk.write_text("x")
    path = mount / place
    if place == ".lock":
        path.write_text("")
    for scenario in SCENARIOS:
        assert (scenario, list(scenario(path))) == (scenario, list(scenario(disk)))


def wait_in_child(path, how, *inherited):
    """A process that waits for a lock; ends with 0 when it has it."""
    def work():
        for descriptor in inherited:
            os.close(descriptor)
        descriptor = os.open(path, os.O_RDWR)
        LOCK[how](descriptor)

    process = SPAWN.Process(target=work)
    process.start()
    await_waiting(process)
    return process


def await_waiting(process):
    """Until the process sleeps in its request: wchan is empty while it runs."""
    until(lambda: "fuse" in pathlib.Path(f"/proc/{process.pid}/wchan").read_text() or
          "request_wait" in pathlib.Path(f"/proc/{process.pid}/wchan").read_text(), 10, "the waiter")


@pytest.mark.parametrize("how", LOCK)
def test_waiters_end_when_killed_and_go_on_in_their_order(mount, how):
    path = mount / MFA
    held = os.open(path, os.O_RDWR)
    LOCK[how](held)
    killed, first, second = (wait_in_child(path, how, held) for _ in range(3))
    killed.kill()
    killed.join(10)
    assert killed.exitcode == -signal.SIGKILL and first.is_alive() and second.is_alive()
    os.close(held)
    first.join(10)
    second.join(10)
    assert (first.exitcode, second.exitcode) == (0, 0)
    assert try_lock(path, "flock" if how == "flock" else "ofd") == 0


@pytest.mark.parametrize("how", LOCK)
def test_a_holder_that_is_killed_leaves_no_lock(mount, how):
    path = mount / MFA
    ready = SPAWN.Event()

    def hold():
        LOCK[how](os.open(path, os.O_RDWR))
        ready.set()
        time.sleep(60)

    holder = SPAWN.Process(target=hold)
    holder.start()
    assert ready.wait(10)
    waiter = wait_in_child(path, how)
    holder.kill()
    waiter.join(10)
    holder.join(10)
    assert waiter.exitcode == 0


@pytest.mark.parametrize("how", LOCK)
def test_a_signal_interrupts_a_waiter(mount, how):
    """Without SA_RESTART the call ends with EINTR, and the lock is not taken later."""
    path = mount / MFA
    held = os.open(path, os.O_RDWR)
    LOCK[how](held)
    results, ready = SPAWN.Queue(), SPAWN.Event()

    def work():
        os.close(held)
        descriptor = os.open(path, os.O_RDWR)

        def stop(*_):
            raise InterruptedError

        signal.signal(signal.SIGUSR1, stop)
        ready.set()
        try:
            LOCK[how](descriptor)
        except InterruptedError:
            results.put("interrupted")
            time.sleep(60)

    process = SPAWN.Process(target=work)
    process.start()
    # The opening of the file is a request, too.
    assert ready.wait(10)
    await_waiting(process)
    os.kill(process.pid, signal.SIGUSR1)
    assert results.get(timeout=10) == "interrupted"
    os.close(held)
    assert try_lock(path, "flock" if how == "flock" else "ofd") == 0
    process.kill()
    process.join(10)


WAITERS = 300


def test_many_waiters_leave_the_mount_usable(mount):
    """A request that waits for a lock occupies no thread of the daemon."""
    held = os.open(mount / MFA, os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    crowd = []

    def wait(descriptor):
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        os.close(descriptor)

    for _ in range(WAITERS):
        crowd.append(threading.Thread(target=wait, args=[os.open(mount / MFA, os.O_RDONLY)]))
        crowd[-1].start()
    time.sleep(0.3)
    assert mount.json(MFA) and mount.names("communities")
    assert len(os.listdir(f"/proc/{mount.daemon_pid()}/task")) < WAITERS
    os.close(held)
    for thread in crowd:
        thread.join(30)
        assert not thread.is_alive()


def test_unlocking_sends_the_text(mount, sandbox):
    """The next owner of the lock sees what was written before the release, although the file is still open."""
    path = mount / MFA
    start = sandbox.mark()
    with open(path, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        document = json.load(file)
        document[MEMBER] += 1
        file.seek(0)
        file.truncate()
        json.dump(document, file)
        file.flush()
        assert not sandbox.writes(start)
        fcntl.flock(file, fcntl.LOCK_UN)
        assert len(sandbox.writes(start)) == 1
        assert mount.json(MFA)[MEMBER] == document[MEMBER]
    assert len(sandbox.writes(start)) == 1


def test_the_daemon_ends_while_a_lock_is_awaited(mount):
    """The connection ends under a waiter: it gets an error, and the daemon ends."""
    held = os.open(mount / MFA, os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    waiter = wait_in_child(mount / MFA, "flock", held)
    mount.process.terminate()
    assert mount.process.wait(30) == 0
    waiter.join(10)
    assert waiter.exitcode not in (0, None)
    with pytest.raises(OSError, match="not connected"):
        os.close(held)
    mount.process = None
