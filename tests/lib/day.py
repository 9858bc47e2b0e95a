"""A day of a tenant: changes by several people, by files or the API, each with the commits expected for it."""
import base64
import contextlib
import hashlib
import hmac
import json
import os
import sqlite3
import threading

from files import create, overwrite
from kinds import (changes_of, documents, ending_of, folder_of, is_unread, new_document, objects, sets, steps_of,
                   templates)
from sandbox import Request
from sets import text_of
from states import Observer

# Kinds that take more than one document or are not listed; they have their own tests.
ELSEWHERE = ("hardware-token-import", "identity-provider")


def edit(path, members):
    """Sets members of a document as a program does: read, change, write."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    overwrite(path, text_of({**document, **members}))


def append(path, text):
    with open(path, encoding="utf-8") as file:
        overwrite(path, file.read() + text)


def token_of(box, username, uid):
    """A token of another user: the sandbox's own token with another name, signed with its secret."""
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    head, claims, _ = (box.data / "token").read_text().strip().split(".")
    claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    claims.update(username=username, sub=uid, jti=f"day-{username}")
    signed = head.encode() + b"." + part(json.dumps(claims).encode())
    secret = (box.data / "token.secret").read_bytes()
    return (signed + b"." + part(hmac.new(secret, signed, hashlib.sha256).digest())).decode()


class Log:
    """The requests to the sandbox since the last call."""

    def __init__(self, box):
        self.path = box.log
        self.offset = 0

    def writes(self):
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            text = file.read()
        whole = text[:text.rfind(b"\n") + 1]
        self.offset += len(whole)
        found = [Request(json.loads(line)) for line in whole.splitlines()]
        return [request for request in found if not request.reads]


def request_id(write):
    """The uuid of a request, as in the trailer of a commit."""
    return write["requestid"]["uuid"]


class Admin:
    """An administrator at the console: another client, with another user of the tenant."""

    def __init__(self, name, mount):
        self.name = name
        self.mount = mount

    def does(self, action, path, *arguments):
        self.mount.refresh()
        action(self.mount / path, *arguments)


def change_of(mount, dice, kind, path):
    """A random change as {member: value}, or None."""
    document = mount.json(path)
    choices = [(name, value) for name, value in changes_of(mount, kind, document)
               if document.get(name) != value and name in document and str(value).count("zz other") < 2]
    return dict([dice.choice(choices)]) if choices else None


def takes_part(kind, strict):
    """A strict service hides members that each change of the kind sends: each mount shows what it wrote itself."""
    hides = strict and any(is_unread(inner) for field in kind["fields"] for inner in [field, *field.get("members", [])])
    return kind["name"] not in ELSEWHERE and not (
        hides and any(step.get("send") == "whole" for step in steps_of(kind, "change")))


class Subjects:
    """The objects of a day: existing documents of every kind, and objects created during the day."""

    def __init__(self, mount, dice, strict):
        self.mount = mount
        self.dice = dice
        self.count = 0
        self.made = []   # (kind, path) of objects made today
        self.fixed = []  # (kind, path) of existing documents
        self.makers = []
        for kind in [kind for kind in documents() if takes_part(kind, strict)]:
            if kind.get("change") and "{user}" not in kind["path"]:
                self.fixed.append((kind, os.path.join(folder_of(mount, kind), os.path.basename(kind["path"]))))
        for kind in [kind for kind in sets() if takes_part(kind, strict)]:
            directory = folder_of(mount, kind)
            if kind.get("create"):
                self.makers += [(kind, directory, template) for template in templates(kind).values()]
            elif kind.get("change") and objects(mount, kind, directory):
                self.fixed.append((kind, f"{directory}/{objects(mount, kind, directory)[0]}{ending_of(kind)}"))
        dice.shuffle(self.makers)
        dice.shuffle(self.fixed)

    def new(self):
        """(kind, path, text) of a new object; the kinds take turns."""
        kind, directory, template = self.makers[self.count % len(self.makers)]
        self.count += 1
        path = f"{directory}/day_{self.count}{ending_of(kind)}"
        return kind, path, text_of(new_document(self.mount, kind, directory, template))

    def change(self, kind, path):
        return change_of(self.mount, self.dice, kind, path)

    def other_name(self, path):
        self.count += 1
        return f"{os.path.dirname(path)}/renamed_{self.count}{os.path.splitext(path)[1]}"


class Day:
    def __init__(self, mount, observer, people, admins, box, history, dice):
        self.mount = mount
        self.observer = observer
        self.people = people
        self.admins = admins
        self.box = box
        self.history = history
        self.dice = dice
        self.eyes = Observer(mount)
        self.log = Log(box)
        self.log.writes()
        self.subjects = Subjects(mount, dice, "--strict" in box.options)
        self.reasons = {}
        self.groups = []  # expected commits in order, (entries, state); in any order within a group
        self.count = 0
        self.at = None
        # Not listed, so they are read by name.
        hidden = {os.path.dirname(path) for _, path in self.subjects.fixed if ".d/" in path}
        hidden |= {directory for _, directory, _ in self.subjects.makers if ".d/" in f"{directory}/"}
        self.eyes.look(*sorted(hidden))
        self.first = observer.look(*sorted(hidden))

    # Expected commits, and the state of the server after them.

    def happened(self, entries, *looks):
        self.known = self.groups[-1][1] if self.groups else self.first
        state = self.observer.look(*looks)
        self.groups.append((entries, state))
        self.count += len(entries)

    def entry(self, person, program, operation, path, new_path=None, writes=None):
        last = writes[-1] if writes else None
        found = {"Operation": operation, "Path": path, "New-Path": new_path, "Origin": "tenantfs", "Outcome": "done",
                 "name": person.name, "mail": person.mail, "Uid": str(person.uid), "Pid": str(person.pid),
                 "Command": program, "Reason": self.reasons.get(person.uid)}
        if last is not None:
            found.update({"Endpoint": last.name, "Request-Id": request_id(last)})
        return found

    def by(self, operation, path, action, *arguments, new_path=None):
        """One of our people makes a change through the mount."""
        person = self.dice.choice(self.people)
        self.at = path
        program = f"{person.name.split()[0].lower()}-{self.dice.choice(['vim', 'jq', 'script'])}"
        person.does(action, self.mount / path, *arguments, program=program)
        writes = self.log.writes()
        assert writes, f"{operation} {path}: no call was made"
        self.happened([self.entry(person, program, operation, path, new_path, writes)], os.path.dirname(path) or path)

    # Steps that are recorded as ours.

    def step_create(self):
        kind, path, text = self.subjects.new()
        self.by("create", path, create, text)
        [entry], _ = self.groups[-1]
        made = self.name_of(path)
        if made != path:
            entry["New-Path"] = made
        self.subjects.made.append((kind, made))

    def name_of(self, path):
        """The path of the new object: the service names an access code itself, whatever its file was called."""
        state = self.groups[-1][1]
        [made] = [one for one in state if os.path.dirname(one) == os.path.dirname(path) and one not in self.known]
        return made

    def step_change(self, among=None):
        pool = among or (self.subjects.fixed if self.dice.random() < 0.5 or not self.subjects.made
                         else self.subjects.made)
        kind, path = self.dice.choice(pool)
        members = self.subjects.change(kind, path) if kind.get("change") else None
        if members:
            self.by("change", path, edit, members)

    def step_rename(self):
        able = [one for one in self.subjects.made if one[0].get("rename")]
        if able:
            kind, path = self.dice.choice(able)
            new = self.subjects.other_name(path)
            # The call is that of a change; the operation is found by its effect.
            self.by("rename", path, os.rename, str(self.mount / new), new_path=new)
            self.subjects.made[self.subjects.made.index((kind, path))] = (kind, new)

    def step_remove(self):
        able = [one for one in self.subjects.made if one[0].get("remove")]
        if len(able) > 6:
            kind, path = self.dice.choice(able)
            self.by("remove", path, os.unlink)
            self.subjects.made.remove((kind, path))

    def step_reason(self):
        person = self.dice.choice(self.people)
        reason = self.dice.choice([None, f"ticket {self.dice.randrange(9999)}", "two lines:\nthe second"])
        person.does(overwrite, self.mount / ".tenantfs/reason", f"{reason or ''}\n")
        self.reasons[person.uid] = reason and reason.replace("\n", " ")

    def step_burst(self):
        """All people at once, each with a different document."""
        pool = self.subjects.fixed[:]
        self.dice.shuffle(pool)
        jobs, threads = [], []
        for person in self.people:
            kind, path = pool.pop()
            members = self.subjects.change(kind, path)
            if members:
                jobs.append((person, path, members))
        for person, path, members in jobs:
            threads.append(threading.Thread(target=person.does, args=(edit, self.mount / path, members),
                                            kwargs={"program": "burst"}))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        writes = {request_id(write): write for write in self.log.writes()}
        entries = [self.entry(person, "burst", "change", path) for person, path, _ in jobs]
        for entry in entries:
            entry["among"] = writes
        self.happened(entries, *(path for _, path, _ in jobs))

    # Steps that must not be recorded.

    def step_refused(self):
        person = self.dice.choice(self.people)
        kind, path = self.dice.choice(self.subjects.fixed + self.subjects.made)
        document = self.mount.json(path)
        wrong = [name for name, value in document.items() if isinstance(value, (bool, int, list)) and name != "_server"]
        action = self.dice.choice(["type", "text", "view", "server"])
        if action == "type" and wrong and kind.get("change"):
            assert person.refused(edit, self.mount / path, {self.dice.choice(wrong): {"not": "this"}}) == "EINVAL"
        elif action == "text" and kind.get("change"):
            assert person.refused(append, self.mount / path, "and more\n") == "EINVAL"
        elif action == "view":
            assert person.refused(overwrite, self.mount / "communities/default/community.json", "{}") == "EACCES"
        elif action == "server":
            members = self.subjects.change(kind, path) if kind.get("change") else None
            self.box.fault("status=400")
            error = person.refused(edit, self.mount / path, members) if members else "EINVAL"
            self.box.fault("")
            assert error == "EINVAL"
        for write in self.log.writes():
            assert write["status"] >= 400
        person.does(clear, self.mount / ".tenantfs/drafts")

    def step_nothing(self):
        """A save of the same document in another format."""
        person = self.dice.choice(self.people)
        _, path = self.dice.choice(self.subjects.fixed + self.subjects.made)
        if os.access(self.mount / path, os.W_OK) and os.stat(self.mount / path).st_mode & 0o020:
            person.does(rewrite, self.mount / path)
        assert self.log.writes() == []

    def step_noise(self):
        """A change and its revert by another client before anybody reads: new times and versions, no difference."""
        admin = self.dice.choice(self.admins)
        kind, path = self.dice.choice([one for one in self.subjects.fixed if one[0]["name"] != "broker"])
        members = self.subjects.change(kind, path)
        if not members:
            return
        before = {name: self.mount.json(path)[name] for name in members}
        admin.does(edit, path, members)
        admin.does(edit, path, before)
        self.log.writes()
        self.seen(path)

    def seen(self, *looks):
        """Reads the paths in our mount and waits until everything is recorded."""
        self.eyes.look(*looks)
        assert self.history.tenantfs("log", "-n", "1").returncode == 0

    # Steps by other clients.

    def drift(self, admin, kind, operation, path):
        """The expected commit; its author is known if one of the last events is documented for the kind."""
        with contextlib.closing(sqlite3.connect(f"file:{self.box.data}/db?mode=ro", uri=True)) as base:
            last = base.execute("SELECT actor, name FROM events ORDER BY rowid DESC LIMIT 2").fetchall()
        named = any(actor == admin.name and event in kind.get("events", []) for actor, event in last)
        return {"Operation": operation, "Path": path, "Origin": "others", "actor": admin.name if named else None}

    def beside(self, kind, entries, look):
        self.log.writes()
        self.seen(look)
        self.happened(entries, look)

    def step_beside_change(self):
        admin = self.dice.choice(self.admins)
        kind, path = self.dice.choice(self.subjects.fixed + self.subjects.made)
        members = self.subjects.change(kind, path) if kind.get("change") else None
        shown = {field["name"] for field in kind["fields"] if not field.get("write_only")} | {"description"}
        if members and set(members) <= shown:
            admin.does(edit, path, members)
            self.beside(kind, [self.drift(admin, kind, "change", path)], os.path.dirname(path) or path)

    def step_beside_create(self):
        admin = self.dice.choice(self.admins)
        kind, path, text = self.subjects.new()
        admin.does(create, path, text)
        self.beside(kind, [self.drift(admin, kind, "create", path)], os.path.dirname(path))
        [entry], _ = self.groups[-1]
        entry["Path"] = self.name_of(path)
        self.subjects.made.append((kind, entry["Path"]))

    def step_beside_remove(self):
        admin = self.dice.choice(self.admins)
        able = [one for one in self.subjects.made if one[0].get("remove")]
        if len(able) > 6:
            kind, path = self.dice.choice(able)
            admin.does(os.unlink, path)
            self.beside(kind, [self.drift(admin, kind, "remove", path)], os.path.dirname(path))
            self.subjects.made.remove((kind, path))

    STEPS = {"step_create": 20, "step_change": 40, "step_rename": 10, "step_remove": 10, "step_reason": 8,
             "step_burst": 3, "step_refused": 10, "step_nothing": 6, "step_noise": 5, "step_beside_change": 12,
             "step_beside_create": 4, "step_beside_remove": 3}

    def run(self, changes):
        names, weights = list(self.STEPS), list(self.STEPS.values())
        while self.count < changes:
            [name] = self.dice.choices(names, weights)
            try:
                getattr(self, name)()
            except Exception as error:
                raise AssertionError(f"{name} of {self.at}, after {self.count} changes: {error!r}; "
                                     f"{self.mount.errors()[-1:]}") from error


def rewrite(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    overwrite(path, json.dumps(dict(reversed(document.items()))))


def clear(folder):
    """Removes the caller's drafts."""
    for top, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(top, name)
            if os.path.exists(path) and os.stat(path).st_uid == os.getuid():
                os.unlink(path)
