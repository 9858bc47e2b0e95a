"""Every operation on every kind, on a server that answers with the examples of the API document.

The requests are checked against the document's tables, the documents against its examples. The table of kinds,
operations and verdicts is written to the build folder.
"""
import datetime
import json
import os
import pathlib
import re

import pytest

from contract import complaints, row_of
from files import create, overwrite, refusal
from kinds import (COMMUNITY, KINDS, asked_for, calls_of, change_of, ending_of, is_view, new_document, objects,
                   templates, write_only)
from sets import NEW, RENAMED, text_of

OPERATIONS = ("list", "read", "edit", "create", "rename", "remove")
YESTERDAY = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)).strftime("%Y-%m-%d")
C = f"communities/{COMMUNITY}"
# Names of objects that no listing shows.
UNLISTED = {
    "audit-log-day": lambda mount: YESTERDAY,
    "event-day": lambda mount: YESTERDAY,
    "login-activity-day": lambda mount: YESTERDAY,
    "metric-day": lambda mount: YESTERDAY,
    "enrollment": lambda mount: objects(mount, KINDS["auth-module"], f"{C}/auth-modules")[0],
    "identity-provider": lambda mount: "oidc",
    "consent-version": lambda mount: mount.json(f"{C}/consents/biometric.json")["_server"]["ipfsHash"],
    "download": lambda mount: "{software}-{os}-{version}".format(
        **mount.json(f"{C}/downloads/versions.json")["artifacts"][0]),
}
# Refusals that follow from the shape of the rows, not from a sentence in them.
VIEW = "this is a view: the API can only read it"
FIXED = ("cannot name a document here", "belongs to the mount", "directories belong to", "nothing can be created in",
         "cannot be moved to another directory", "EISDIR")
# The document's answers never have a new object.
UNSEEN = "made, but it could not be read"
# Other refusals, with the lines of the API document that give the reason.
REASONS = {
    # The example of a journey has no id (lines 10976 to 11001).
    ("authentication-journey-v2", "edit"): "has no id (_id or id)",
    ("authentication-journey-v2", "rename"): "has no id (_id or id)",
    ("authentication-journey-v2", "remove"): "has no id (_id or id)",
    # Whatever the identifier, the example is its metadata (line 5804).
    ("saml-metadata", "create"): "EEXIST",
}


class Refused(Exception):
    """An operation was refused with this message."""


class Operations:
    """The operations on the objects of one kind; each returns the requests it made, or raises Refused."""

    def __init__(self, mount, sandbox, kind):
        self.mount, self.sandbox, self.kind = mount, sandbox, kind
        self.folder = folder_of(mount, kind)
        self.form = kind.get("form", "json")

    def path(self, name):
        file = os.path.basename(self.kind["path"].rstrip("/")).replace("{name}", name or "")
        return f"{self.folder}/{file}".lstrip("/")

    def first(self):
        if self.kind["shape"] == "doc":
            return self.path(None)
        if "imports" in self.kind:
            raise Refused(self.kind["no_change"])
        if self.kind["name"] in UNLISTED:
            return self.path(UNLISTED[self.kind["name"]](self.mount))
        found = objects(self.mount, self.kind, self.folder)
        assert found, "the directory is empty"
        return self.path(found[0])

    def attempt(self, action, *arguments):
        """Runs an action; the requests it made are valid, and none was refused."""
        start, before = self.sandbox.mark(), self.mount.errors()
        error = refusal(action, *arguments)
        made = self.sandbox.requests(start)
        problems = [text for request in made for text in complaints(request)]
        problems += [f"{one.name}: {one['status']} {one['refusal']}" for one in made if one["status"] >= 400]
        assert not problems, "\n".join(problems)
        if error:
            after = self.mount.errors()
            message = after[-1]["error"]["message"] if after != before else self.error_of(arguments[0], error)
            if not message.startswith(UNSEEN):
                raise Refused(message)
        return made

    @staticmethod
    def error_of(path, error):
        try:
            return json.loads(os.getxattr(path, "user.tenantfs.error"))["message"]
        except OSError:
            return f"{error} without a message"

    def list(self):
        self.mount.refresh()
        made = self.attempt(os.listdir, self.mount / self.folder)
        if not self.kind.get("on_demand"):
            assert os.path.basename(self.first()) in os.listdir(self.mount / self.folder)
        return made

    def read(self):
        if "no_read" in self.kind:
            raise Refused(self.kind["no_read"])
        path = self.first()
        self.mount.refresh()
        made = self.attempt(self.read_file, self.mount / path)
        if self.form == "json" and self.kind["shape"] != "dirs":
            check_shown(self.kind, self.mount.json(path), made)
        return made

    @staticmethod
    def read_file(path):
        return os.listdir(path) if path.is_dir() else path.read_bytes()

    def edit(self):
        path = self.first()
        if self.kind["shape"] == "dirs":
            return self.attempt(overwrite, self.mount / path, "text")
        if self.form == "text":
            return self.save(path, "text\n")
        before = self.mount.json(path)
        name, value = change_of(self.kind, before) or last_resort(self.kind, before)
        unread = asked_for(self.kind, before)
        made = self.save(path, text_of({**before, **unread, name: value}))
        assert json.dumps(value) in json.dumps([one.body for one in made]), f"{name} was not sent"
        return made

    def save(self, path, text):
        made = self.attempt(overwrite, self.mount / path, text)
        self.check_writes(made, "change")
        return made

    def check_writes(self, made, role):
        writes = [one.name for one in made if not one.reads and one.name not in calls_of(self.kind, "lookup")]
        wanted = calls_of(self.kind, role)
        assert writes and set(writes) <= set(wanted), f"wrote by {writes}, the row has {wanted}"

    def create(self):
        if self.kind["shape"] == "doc":
            raise Refused(self.kind["no_create"])
        if self.form == "text":
            return self.create_table()
        if not self.kind.get("create"):
            return self.attempt(create, self.mount / self.path(NEW), text_of({}))
        made = []
        for template in templates(self.kind).values():
            document = new_document(self.mount, self.kind, self.folder, template)
            made += self.attempt(create, self.mount / self.path(NEW), text_of(document))
            self.mount.refresh()
        self.check_writes(made, "create")
        return made

    def create_table(self):
        if "create" not in self.kind:
            return self.attempt(create, self.mount / self.path(NEW), "text\n")
        made = []
        for step in self.kind["create"]:
            rows = [step["columns"], [f"made_{column}" for column in step["columns"]]]
            made += self.attempt(create, self.mount / self.path(NEW), "".join(",".join(row) + "\n" for row in rows))
        self.check_writes(made, "create")
        return made

    def rename(self):
        old = self.first()
        made = self.attempt(os.rename, self.mount / old, self.mount / os.path.dirname(old) / self.renamed(old))
        self.mount.refresh()
        self.check_writes(made, "change")
        assert RENAMED in json.dumps([one.body for one in made]), "the new name was not sent"
        return made

    def renamed(self, old):
        return RENAMED + (ending_of(self.kind) if self.kind["shape"] == "set" else os.path.splitext(old)[1])

    def remove(self):
        path = self.mount / self.first()
        made = self.attempt(os.rmdir if path.is_dir() else os.unlink, path)
        self.mount.refresh()
        self.check_writes(made, "remove")
        return made


def last_resort(kind, document):
    """A change where no value can be made from another: a member that is never shown, or an emptied array."""
    hidden = [(name, "another text") for name in write_only(kind)]
    emptied = [(field["name"], []) for field in kind["fields"] if isinstance(document.get(field["name"]), list)]
    return [*hidden, *emptied, ("description", "text")][0]


def folder_of(mount, kind):
    """Directory of the kind's files, below the first object of each kind on the way."""
    path = kind["path"].rstrip("/").rpartition("/")[0].replace("{community}", COMMUNITY)
    while match := re.search(r"\{([\w-]+)\}", path):
        above = path[:match.start()].rstrip("/")
        # Directories of users are named after modules.
        ending = "" if above.endswith("/users") else ending_of(KINDS[match[1]])
        names = [name.removesuffix(ending) for name in mount.names(above) if name.endswith(ending)]
        path = path.replace(match[0], names[0], 1)
    return path


def check_shown(kind, document, made):
    """Each member of the example's record is in the document, or among the server's."""
    steps = [kind[role] for role in ("lookup", "list") if role in kind]
    step = next((step for step in steps if step["call"] in [one.name for one in made]), None)
    record = step and record_of(kind, row_of(step["call"]).get("answer"), step)
    if not isinstance(record, dict) or kind.get("hook"):
        return
    names = {field.get("record", field["name"]): field for field in kind["fields"]}
    for name, value in record.items():
        field = names.get(name)
        if field is None or field.get("reference"):
            assert name in document or name in document.get("_server", {}) or field, f"{name} is not shown"
        elif not field.get("secret") and field["type"] not in ("object", "any"):
            assert as_read(document.get(field["name"])) == as_read(value), (name, document.get(field["name"]), value)


def as_read(value):
    """Values as the document shows them: texts stand for booleans and numbers; arrays have no order."""
    if isinstance(value, list):
        return sorted(map(json.dumps, value))
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def record_of(kind, answer, step):
    for part in step.get("answer", "").split("/")[1:]:
        if isinstance(answer, list):
            answer = answer[int(part)]
        else:
            answer = next(iter(answer.values())) if part.startswith("$") else answer[part]
    if "map_key" in kind:
        answer = next(iter(answer.values()))
    return answer[0] if isinstance(answer, list) and kind["shape"] == "set" and "wrap_in" not in kind else answer


def verdict_of(operations, name):
    """A cell of the table: `works` with the calls, or `refused` with the reason."""
    try:
        made = getattr(operations, name)()
    except Refused as refused:
        return f"refused: {refused}"
    return "works: " + (", ".join(dict.fromkeys(one.name for one in made)) or "no call")


def is_expected(kind, operation, verdict):
    """Whether a refusal has the reason that the rows give."""
    if verdict.startswith("works"):
        return True
    reasons = [kind[name] for name in kind if name.startswith("no_")]
    reasons += [VIEW] if is_view(kind) else []
    reasons += FIXED if kind["shape"] in ("doc", "dirs") else []
    reasons += [REASONS[kind["name"], operation]] if (kind["name"], operation) in REASONS else []
    return any(reason in verdict for reason in reasons)


def write_table(rows):
    text = "\n".join(["| kind | operation | verdict |", "|---|---|---|",
                      *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"
    (pathlib.Path(os.environ["TENANTFS_BUILD"]) / "literal-kinds.md").write_text(text)


@pytest.mark.slow
@pytest.mark.sandbox("--literal")
def test_every_operation_of_every_kind(mount, sandbox):
    mount.allow()
    rows, problems = [], []
    for name, kind in sorted(KINDS.items()):
        for operation in OPERATIONS:
            mount.refresh()
            try:
                verdict = verdict_of(Operations(mount, sandbox, kind), operation)
            except (AssertionError, OSError, LookupError, ValueError) as error:
                verdict = f"fails: {type(error).__name__} {str(error)[:600]}"
            rows.append((name, operation, verdict))
            if not is_expected(kind, operation, verdict):
                problems.append(f"{name}: {operation}: {verdict}")
    write_table(rows)
    assert not problems, "\n".join(problems)
