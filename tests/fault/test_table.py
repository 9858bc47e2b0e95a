"""Every operation under every server fault: errno, number of calls, draft, server state, message.

`table.txt` has the expected result of each cell; a cell that is not in it fails.
"""
import json
import os
import pathlib
import re
import time

import pytest

from calls import exchange
from files import create, overwrite, refusal
from mount import Mount
from places import MFA, PROVIDERS, new_provider, plain_documents, plain_user
from waiting import until

TABLE = pathlib.Path(__file__).with_name("table.txt")
CALL_FILE = ".api/users/post-users-user-lock"
ROLES = "communities/default/roles"
FIDO = "communities/default/settings/fido.json"

FAULTS = {
    **{str(status): f"status={status}" for status in (302, 400, 401, 403, 404, 409, 422, 500, 501, 502, 503, 504)},
    "429": "429", "429 for an hour": "429,retry-after=3600", "replayed id": "replayed",
    "drop before": "drop", "drop after": "drop-after", "stall": "stall=3", "trickle": "trickle",
    "truncate": "truncate", "bad tag": "badtag", "old key": "oldkey", "garbage": "garbage", "huge": "huge",
    "deep": "deep", "twice": "dupkeys", "no text": "badutf8",
}


class Cell:
    """One operation on its own mount; everything it needs is read before the fault begins."""

    def __init__(self, mount, sandbox, others):
        self.mount, self.sandbox, self.others = mount, sandbox, others
        self.draft = self.answer = None

    def provider(self):
        return next(plain_documents(self.mount, PROVIDERS, "environment"))

    def names(self):
        """Names of providers as another client reads them."""
        return {record["name"] for record in self.others("POST", "/serviceprovider/fetch", "{}")}


class List(Cell):
    calls = "GET", "/authz/role/fetch"

    def run(self):
        return refusal(os.listdir, self.mount / ROLES)

    def done(self):
        return None


class Read(Cell):
    calls = "GET", "/config/authentication/fido_settings"

    def run(self):
        return refusal((self.mount / FIDO).read_text)

    def done(self):
        return None


class LookUp(Cell):
    """Look-up of a user that was never read."""
    calls = "POST", "/users/fetch"

    def prepare(self):
        modules = self.others("POST", "/auth_modules/fetch", "{}")["modules"]
        module = next(module for module in modules if re.fullmatch("[A-Za-z ]+", module["name"]))
        page = self.others("POST", "/users/fetch", json.dumps({"moduleId": module["_id"]}))
        user = next(user["username"] for user in page["data"] if re.fullmatch("[a-z.]+", user["username"]))
        self.path = f"communities/default/users/{module['name']}/{user}.json"

    def run(self):
        return refusal((self.mount / self.path).stat)

    def done(self):
        return None


class Save(Cell):
    calls = "PUT", "/config/authentication/mfa_settings"

    def prepare(self):
        self.value = self.mount.json(MFA)["otpMaxAttempts"] - 1  # No gate refuses fewer attempts.
        self.text = json.dumps({**self.mount.json(MFA), "otpMaxAttempts": self.value})
        self.draft = MFA

    def run(self):
        return refusal(overwrite, self.mount / MFA, self.text)

    def done(self):
        return self.others("GET", "/config/authentication/mfa_settings")["otpMaxAttempts"] == self.value


class Create(Cell):
    calls = "PUT", "/serviceprovider"

    def prepare(self):
        self.name = f"made-{time.monotonic_ns()}"
        self.text = new_provider(self.mount, self.name)
        self.draft = f"{PROVIDERS}/{self.name}.json"

    def run(self):
        return refusal(create, self.mount / self.draft, self.text)

    def done(self):
        return self.name in self.names()


class Remove(Cell):
    calls = "DELETE", "/serviceprovider/*"

    def prepare(self):
        self.path = self.provider()
        self.name = self.mount.json(self.path)["name"]

    def run(self):
        return refusal(os.unlink, self.mount / self.path)

    def done(self):
        return self.name not in self.names()


class Rename(Cell):
    calls = "PATCH", "/serviceprovider/*"

    def prepare(self):
        self.path = self.provider()
        self.name = f"moved-{time.monotonic_ns()}"

    def run(self):
        return refusal(os.rename, self.mount / self.path, self.mount / PROVIDERS / f"{self.name}.json")

    def done(self):
        return self.name in self.names()


class Call(Cell):
    calls = "POST", "/users/user/lock"

    def prepare(self):
        self.user = self.mount.json(plain_user(self.mount))["username"]

    def run(self):
        """The status of the server's answer is the result, whatever it is."""
        request = {"username": self.user, "lock_duration": 30}
        return refusal(lambda: setattr(self, "answer", exchange(self.mount / CALL_FILE, request)["status"]))

    def done(self):
        return None


OPERATIONS = {"list": List, "read": Read, "look-up": LookUp, "save": Save, "create": Create, "remove": Remove,
              "rename": Rename, "call": Call}


def plain(message):
    """The message without addresses, keys, file names and numbers that differ in each run."""
    message = re.sub(r"127\.0\.0\.1:\d+", "HOST", message)
    message = re.sub(r"\b[0-9a-f]{16}\b", "KEY", message)
    message = re.sub(r"login -c \S+ -t \w+", "login", message)
    message = re.sub(r"(in|remove) /\S+", r"\1 FILE", message)
    return re.sub(r"\d+ (seconds|ms|bytes)", r"N \1", message)[:110]


def expected():
    if not TABLE.exists():
        return {}
    rows = [line.split(" | ", 2) for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return {(fault.strip(), operation.strip()): rest for fault, operation, rest in rows}


def cell_text(cell, result, sent, kept):
    done = cell.done()
    kept = {None: "-", True: "draft", False: "none"}[kept]
    server = {None: "-", True: "done", False: "same"}[done]
    errors = cell.mount.errors()
    message = plain(errors[-1]["error"]["message"]) if result and errors else ""
    if cell.answer:
        message = f"the answer has status {cell.answer}"
    return f"{result or 'ok':9} | {sent} | {kept:5} | {server:4} | {message}".rstrip()


@pytest.fixture
def others(surroundings, sandbox):
    """Calls of another client of the tenant, which show the server's real state."""
    def call(method, path, body=None):
        words = ["--body", "-"] if body else []
        done = surroundings.run("tenantfs", "-c", sandbox.conf, "call", method, path, *words, input=body or "",
                                env={"XDG_STATE_HOME": str(surroundings.folder / "others")}, check=True)
        return json.loads(done.stdout)
    return call


def run_cell(surroundings, sandbox, others, name, operation, fault):
    folder = surroundings.folder / "cells" / name
    mount = Mount(surroundings, sandbox.conf, folder / "mnt", [],
                  {"XDG_STATE_HOME": str(folder / "state")}).start()
    try:
        cell = operation(mount, sandbox, others)
        if hasattr(cell, "prepare"):
            cell.prepare()
        method, path = cell.calls
        sandbox.fault(f"{fault},method={method},path={path}")
        start = sandbox.mark()
        result = cell.run()
        # Read at once: a draft whose save turns out to be done is removed.
        kept = cell.draft and any(path.startswith(cell.draft) for path in mount.drafts())
        if "stall" in fault:
            until(lambda: any(request.get("fault") for request in sandbox.requests(start)), 10, "the stalled request")
        sent = sum(1 for request in sandbox.requests(start) if request.get("fault"))
        # How many pauses of 429 fit into the deadline varies.
        sent = "n" if fault == "429" and sent > 1 else sent
        sandbox.fault()
        return cell_text(cell, result, sent, kept)
    finally:
        sandbox.fault()
        mount.stop()
        mount.abandon()


@pytest.mark.conf(timeout="2s")
@pytest.mark.parametrize("fault", FAULTS)
def test_operations_under_fault_match_the_table(surroundings, sandbox, others, fault):
    found = {name: run_cell(surroundings, sandbox, others, name, operation, FAULTS[fault])
             for name, operation in OPERATIONS.items()}
    for name, text in found.items():
        print(f"{fault:15} | {name:8} | {text}")
    wanted = expected()
    assert {name: wanted.get((fault, name)) for name in OPERATIONS} == found


def test_table_has_exactly_the_tested_cells():
    assert set(expected()) == {(fault, name) for fault in FAULTS for name in OPERATIONS}
