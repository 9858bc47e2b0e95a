"""Many concurrent readers and writers: nobody reads half a document, no change is lost or made twice."""
import json
import os
import random
import threading
import time

import pytest

from files import overwrite, read_bytes
from places import MFA, largest_user_set

READERS, WRITERS, SAVES = 8, 4, 6
LATENCY = pytest.mark.sandbox("--users", "120", "--latency", "50")


class Crowd:
    """Threads that run until the writers are done; the first error of any thread ends the test."""

    def __init__(self):
        self.done = threading.Event()
        self.errors = []
        self.threads = []

    def add(self, work, *arguments):
        self.threads.append(threading.Thread(target=self._run, args=(work, *arguments)))

    def _run(self, work, *arguments):
        try:
            work(*arguments)
        except BaseException as error:  # raised again by run()
            self.errors.append(error)
            self.done.set()

    def run(self, writers):
        for thread in self.threads:
            thread.start()
        for thread in writers:
            thread.join(120)
        self.done.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a thread hangs"
        if self.errors:
            raise self.errors[0]


def read_forever(crowd, mount, directory, seed):
    pick = random.Random(seed)
    names = [entry for entry in os.listdir(directory) if entry.endswith(".json")]
    count = 0
    while not crowd.done.is_set():
        path = directory / pick.choice(names)
        kind = pick.randrange(4)
        if kind == 0:
            assert sorted(entry for entry in os.listdir(directory) if entry.endswith(".json")) == sorted(names)
        elif kind == 1:
            read_in_parts(path)
        elif kind == 2:
            os.stat(path)
        else:
            json.loads(read_bytes(mount / MFA))
        count += 1
    assert count > 20


def read_in_parts(path):
    """A reader keeps the version it opened, however slowly it reads."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        first = os.read(descriptor, 40)
        time.sleep(0.002)
        rest = b""
        while part := os.read(descriptor, 64):
            rest += part
        json.loads(first + rest)
    finally:
        os.close(descriptor)


def save_often(mount, path, writer):
    for number in range(SAVES):
        document = mount.json(path)
        document["firstname"] = f"Writer{writer}Save{number}"
        overwrite(mount / path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        assert mount.json(path)["firstname"] == f"Writer{writer}Save{number}"


@LATENCY
@pytest.mark.timeout(300)
def test_each_concurrent_save_is_sent_once(mount, sandbox):
    directory = largest_user_set(mount)
    paths = mount.documents(directory)[:WRITERS]
    start = sandbox.mark()
    crowd = Crowd()
    for writer, path in enumerate(paths):
        crowd.add(save_often, mount, path, writer)
    writers = list(crowd.threads)
    for reader in range(READERS):
        crowd.add(read_forever, crowd, mount, mount / directory, reader)
    crowd.run(writers)

    sent = [request.body for request in sandbox.writes(start)]
    assert len(sent) == WRITERS * SAVES
    for writer, path in enumerate(paths):
        username = mount.json(path)["username"]
        own = [body["firstname"] for body in sent if body["username"] == username]
        assert own == [f"Writer{writer}Save{number}" for number in range(SAVES)]
    assert mount.drafts() == []
    assert mount.errors() == []


def save_member(mount, member, values):
    for value in values:
        document = json.loads(read_bytes(mount / MFA))
        document[member] = value
        overwrite(mount / MFA, json.dumps(document, indent=2) + "\n")


@LATENCY
def test_concurrent_saves_of_one_document_are_merged(mount, sandbox, tenantfs):
    """Each writer changes its own member; the merge keeps both changes."""
    mount.text(MFA)
    crowd = Crowd()
    crowd.add(save_member, mount, "otpMaxAttempts", [11, 12, 13])
    crowd.add(save_member, mount, "lockDurationMinutes", [111, 112, 113])
    crowd.run(list(crowd.threads))
    now = json.loads(tenantfs("call", "GET", "/config/authentication/mfa_settings", check=True).stdout)
    assert (now["otpMaxAttempts"], now["lockDurationMinutes"]) == (13, 113)


@LATENCY
def test_concurrent_listings_share_one_fetch(mount, sandbox):
    """Sixteen threads list a directory that was never listed: each page is fetched once."""
    modules = mount.names("communities/default/users")
    directory = mount / "communities/default/users" / modules[0]
    start = sandbox.mark()
    crowd = Crowd()
    for _ in range(16):
        crowd.add(os.listdir, directory)
    crowd.run(list(crowd.threads))
    pages = [request.body["pIndex"] for request in sandbox.requests(start) if request.name == "POST /users/fetch"]
    assert len(pages) == len(set(pages)) > 0
    assert sandbox.requests(start) and not sandbox.writes(start)
