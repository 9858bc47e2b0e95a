"""Every endpoint is exercised in one session: by file operations where a file leads to it, else by a call.

The table of endpoints and operations is made from the sandbox's log and written to the build folder.
"""
import json
import os
import pathlib
import re

import pytest

from calls import call_file, exchange
from endpoints import load_endpoints
from examples import LAST, Examples
from files import create, overwrite, refusal
from kinds import KINDS, calls_of, changes_of, documents, folder_of, makers, new_document, objects, sets, templates
from sets import NEW, RENAMED, check_remove, check_rename, make, refresh, text_of, tree_of

ENDPOINTS = load_endpoints()
C = "communities/default"


# Names of objects that no listing shows, taken from documents that mention them.
KNOWN = {
    "consent-version": lambda mount: re.findall('"ipfsHash": "([^"]+)"', mount.text(f"{C}/consents/biometric.json")),
    "download": lambda mount: [f"{one['software']}-{one['os']}-{one['version']}"
                               for one in mount.json(f"{C}/downloads/versions.json")["artifacts"]],
}


def known_objects(mount, kind, directory):
    return KNOWN[kind["name"]](mount) if kind["name"] in KNOWN else objects(mount, kind, directory)


class Session:
    """Records which operation first caused a request to each endpoint."""

    def __init__(self, mount, sandbox):
        self.mount, self.sandbox = mount, sandbox
        self.seen = {request.name: "mounting" for request in sandbox.requests()}
        self.statuses = {request.name: request["status"] for request in sandbox.requests()}
        self.mark = sandbox.mark()

    def record(self, what):
        for request in self.sandbox.requests(self.mark):
            self.seen.setdefault(request.name, what)
            if self.statuses.get(request.name, 999) >= 300:
                self.statuses[request.name] = request["status"]
        self.mark = self.sandbox.mark()

    def table(self):
        rows = [(endpoint.name, self.seen.get(endpoint.name, ""), self.statuses.get(endpoint.name, ""))
                for endpoint in ENDPOINTS]
        return "\n".join(["| endpoint | exercised by | status |", "|---|---|---|",
                          *(f"| {name} | {how} | {status} |" for name, how, status in rows)]) + "\n"


def walk(session):
    tree_of(session.mount)
    session.record("`grep -r` over the whole tree")


def read_and_change(session, kind, path):
    """Reads a document, changes a member and changes it back."""
    mount = session.mount
    text = mount.text(path)
    session.record(f"reading `{kind['path']}`")
    if not kind.get("change") or kind.get("form", "json") != "json":
        return
    document = json.loads(text)
    changes = list(changes_of(mount, kind, document))
    assert changes, f"no member of {path} can be changed"
    for name, value in changes:
        assert refusal(overwrite, mount / path, text_of({**mount.json(path), name: value})) == "", mount.errors()[-1]
        session.record(f"saving `{kind['path']}`, {name} changed")
    for name in {name for name, _ in changes} & document.keys():
        assert refusal(overwrite, mount / path, text_of({**mount.json(path), name: document[name]})) == "", \
            mount.errors()[-1]
    session.record(f"saving `{kind['path']}`")


def change_every_document(session):
    for kind in documents():
        if "no_read" in kind:
            continue
        read_and_change(session, kind, f"{folder_of(session.mount, kind)}/{os.path.basename(kind['path'])}".lstrip("/"))


def make_and_remove_named(session, kind, directory):
    """Creates and removes an object whose name the API chooses, or one that is not listed."""
    mount = session.mount
    before = set(objects(mount, kind, directory))
    create(mount / f"{directory}/{NEW}.json", text_of(new_document(mount, kind, directory)))
    session.record(f"a new file `{kind['path']}`")
    [made] = {NEW} if "no_list" in kind else set(objects(mount, kind, directory)) - before
    os.unlink(mount / f"{directory}/{made}.json")
    session.record(f"removing `{kind['path']}`")


def change_every_set(session):
    mount, sandbox = session.mount, session.sandbox
    for kind in sets():
        directory = folder_of(mount, kind)
        mount.names(directory)
        session.record(f"listing `{os.path.dirname(kind['path'])}/`")
        there = known_objects(mount, kind, directory)
        ending = os.path.splitext(kind["path"])[1]
        if there:
            # By name alone, before the directory is listed: this uses the look-up endpoint.
            refresh(mount)
            read_and_change(session, kind, f"{directory}/{there[0]}{ending}")
        for variant in templates(kind) if kind in makers() else []:
            make_and_remove(session, kind, directory, variant)
        if kind.get("create") and kind not in makers():
            make_and_remove_named(session, kind, directory)
        if not kind.get("create") and kind.get("rename") and there:
            check_rename(mount, sandbox, kind, directory, there[0])
            os.rename(mount / f"{directory}/{RENAMED}{ending}", mount / f"{directory}/{there[0]}{ending}")
            session.record(f"renaming `{kind['path']}`")
        if not kind.get("create") and kind.get("remove") and there:
            check_remove(mount, sandbox, kind, f"{directory}/{there[-1]}{ending}")
            session.record(f"removing `{kind['path']}`")


def make_and_remove(session, kind, directory, variant):
    mount, sandbox = session.mount, session.sandbox
    ending = os.path.splitext(kind["path"])[1]
    name = f"{NEW}_{variant.replace('-', '_')}" if variant else NEW
    path = f"{directory}/{name}{ending}"
    make(mount, sandbox, kind, path, new_document(mount, kind, directory, templates(kind)[variant]))
    session.record(f"a new file `{kind['path']}`" + (f" of type {variant}" if variant else ""))
    read_and_change(session, kind, path)
    path = check_rename(mount, sandbox, kind, directory, name)
    session.record(f"renaming `{kind['path']}`")
    check_remove(mount, sandbox, kind, path)
    session.record(f"removing `{kind['path']}`")


def import_every_table(session):
    """Imports tables: one for each step with its columns and one row, which may be refused."""
    mount = session.mount
    for kind in [kind for kind in KINDS.values() if "imports" in kind]:
        for number, step in enumerate(kind["create"]):
            table = ",".join(step["columns"]) + "\n" + ",".join(f"made{number}" for _ in step["columns"]) + "\n"
            refusal(create, mount / f"{folder_of(mount, kind)}/{NEW}.csv", table)
            session.record(f"a new file `{kind['path']}` with {', '.join(step['columns'])}")


def cancel_a_job(session):
    """Starts a report job and cancels it: only a pending job can be cancelled."""
    mount, kind = session.mount, KINDS["report-job"]
    request = {"download": {"notificationList": ["somebody@example.com"]}}
    job = exchange(mount / ".api/reports/post-reports-audit_log", request)["body"]["jobId"]
    session.record("`.api/reports/post-reports-audit_log`")
    os.unlink(mount / f"{folder_of(mount, kind)}/{job}.json")
    session.record(f"removing `{kind['path']}`")


def save_every_text(session):
    """Files that are not JSON: read, and saved with one more line where they can be written."""
    mount = session.mount
    for kind in [kind for kind in KINDS.values() if kind.get("form") == "text"]:
        directory = folder_of(mount, kind)
        names = known_objects(mount, kind, directory) if kind["shape"] == "set" else [""]
        for name in names[:1]:
            path = f"{directory}/{os.path.basename(kind['path']).replace('{name}', name)}"
            text = (mount / path).read_bytes() if "no_read" not in kind else b""
            session.record(f"reading `{kind['path']}`")
            if kind.get("change"):
                assert refusal(overwrite, mount / path, text + b"// a line more\n") == "", mount.errors()[-1]
                session.record(f"saving `{kind['path']}`")


def call_every_remaining_endpoint(session, tenantfs):
    """Endpoints that no file leads to, alternately by call file and by command; those that end the session last."""
    mount = session.mount
    examples = Examples(mount, session.sandbox)
    left = [endpoint for endpoint in ENDPOINTS if endpoint.name not in session.seen]
    left.sort(key=lambda endpoint: LAST.index(endpoint.name) + 1 if endpoint.name in LAST else 0)
    for number, endpoint in enumerate(left):
        request = examples.request(endpoint, mount.text(call_file(endpoint)))
        if number % 2 == 0 or endpoint.name in LAST:
            exchange(mount / call_file(endpoint), request)
            session.record(f"writing and reading `{call_file(endpoint)}`")
        else:
            done = tenantfs("call", "--json", endpoint.method, endpoint.path, *examples.words(endpoint, request))
            assert done.stdout, f"{endpoint.name}: exit {done.returncode}: {done.stderr}"
            session.record(f"`tenantfs call {endpoint.method} {endpoint.path}`")


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.sandbox("--users", "40")
def test_every_endpoint_is_exercised(mount, sandbox, tenantfs):
    mount.allow()
    session = Session(mount, sandbox)
    walk(session)
    change_every_document(session)
    change_every_set(session)
    save_every_text(session)
    import_every_table(session)
    cancel_a_job(session)
    by_files = set(session.seen)
    call_every_remaining_endpoint(session, tenantfs)
    table = session.table()
    print(table)
    build = pathlib.Path(os.environ["TENANTFS_BUILD"])
    (build / "endpoints-exercised.md").write_text(table)
    rows = table.splitlines()[2:]
    assert len(rows) == len(ENDPOINTS)
    assert not [row for row in rows if "|  |" in row], "never exercised"
    # An endpoint that a kind uses is reached through its files. Kinds whose names are neither listed nor
    # mentioned in a document are exempt.
    hidden = [kind for kind in sets() if kind.get("on_demand") and kind["name"] not in KNOWN]
    named = {call for kind in KINDS.values() if kind not in hidden
             for role in ("list", "lookup", "create", "change", "remove") for call in calls_of(kind, role)}
    assert named - by_files == set()
