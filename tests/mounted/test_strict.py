"""Every kind that can be changed, on a sandbox that does only what the API document says.

An edit of any one member leaves every other member of every stored record as it was. The table of kinds, objects and
results is written to the build folder.
"""
import json
import os
import pathlib
import re

import pytest

from files import overwrite, refusal
from kinds import KINDS, changes_of, documents, ending_of, folder_of, objects, sets
from sets import text_of
from stored import Stored, known_whole

# Set by the server at every change.
MOVING = re.compile("/(__v|updatedAt|updatedTs|createdTs|createdAt|updatedBy|ipfsHash|history(/.*)?)")
# Members that are stored elsewhere than under their name: the kind of the record, and a pattern of the pointers.
ELSEWHERE = {
    ("user", "role"): ("user", "/roleValue"),
    ("default-auth-scheme", "modules"): ("auth-scheme", "/(modules|dbModule)(/.*)?"),
    ("session-attributes", "custom"): ("session-attributes", "/blockid_session_attributes(/.*)?"),
    **{("template", member): ("templates", f"(/[^/]+){{3}}/{member}") for member in ("subject", "data", "isDefault")},
    ("hardware-token", "users"): ("user-token", ".*"),
}
# Members whose change needs or loses another one (API document, lines 14259 and 12710).
TOGETHER = {("branding", "app_download_override"), ("auth-proxy", "isDefaultAuthMethodEnable")}
# Names of objects that no listing shows.
UNLISTED = {"identity-provider": ("oidc", "saml")}
# Records that a change adds to.
HISTORIES = ("consent-version",)


def shape_of(value):
    """The names of all members, and no values but short texts that choose a type."""
    if isinstance(value, dict):
        return tuple((name, shape_of(member)) for name, member in sorted(value.items()) if name != "_server")
    return ""


def one_of_each_shape(mount, kind):
    """Paths of a kind's objects, one for each set of members and type."""
    folder = folder_of(mount, kind)
    if kind["shape"] == "doc":
        return [f"{folder}/{os.path.basename(kind['path'])}".lstrip("/")]
    found = {}
    for name in UNLISTED.get(kind["name"]) or objects(mount, kind, folder):
        path = f"{folder}/{name}{ending_of(kind)}"
        document = mount.json(path)
        found.setdefault((document.get("type"), str(document.get("channels")), shape_of(document)), path)
    return list(found.values())


def settled(differences):
    """Differences without those that the server makes at every change."""
    return [one for one in differences if one[0] not in HISTORIES and not MOVING.fullmatch(one[1])]


def unexpected(kind, member, differences):
    """Differences other than those of the member."""
    field = next((field for field in kind["fields"] if field["name"] == member), {})
    stored, pattern = ELSEWHERE.get((kind["name"], member), ("", f"/{field.get('record', member)}(/.*)?"))
    return [one for one in differences
            if stored not in ("", one[0]) or not re.fullmatch(pattern, one[1])]


def deciding(kind):
    """Members on which it depends what else a document needs."""
    fields = [inner for field in kind["fields"] for inner in [field, *field.get("members", [])]]
    named = [name for field in fields for when in ("required_when", "rules_when") for name in field.get(when, {})]
    return {name.lstrip("/") for name in named} | {member for name, member in TOGETHER if name == kind["name"]}


class Edits:
    """Edits documents and keeps what became of each."""

    def __init__(self, mount, sandbox):
        self.mount, self.sandbox = mount, sandbox
        self.rows = []

    def note(self, kind, path, member, verdict):
        self.rows.append((kind["name"], path, member, verdict))

    def save(self, path, document):
        error = refusal(overwrite, self.mount / path, text_of(document))
        return f"{error}: {self.mount.errors()[-1]['error']['message']}" if error else ""

    def edit(self, kind, path, member, value):
        """Changes a member and changes it back; says what went wrong."""
        document = self.mount.json(path)
        first = Stored(self.sandbox)
        refused = self.save(path, {**document, member: value})
        if refused:
            return refused
        changed = settled(first.differences(Stored(self.sandbox)))
        if not changed:
            return "nothing changed on the server"
        if surplus := unexpected(kind, member, changed):
            return f"changed as well: {surplus}"
        if member not in document:
            return ""
        refused = self.save(path, {**self.mount.json(path), member: document[member]})
        left = settled(first.differences(Stored(self.sandbox)))
        return refused or (f"not as before: {left}" if left else "")

    def write_unread(self, kind, path):
        """Writes what the server has in the members that no answer shows, as an administrator who knows them."""
        document = self.mount.json(path)
        written = known_whole(self.sandbox, kind, document)
        if written != document:
            assert self.save(path, written) == ""

    def edit_kind(self, kind):
        paths = one_of_each_shape(self.mount, kind)
        for path in paths:
            self.write_unread(kind, path)
            document = self.mount.json(path)
            # Several steps may carry the same member.
            changes = {member: value for member, value in changes_of(self.mount, kind, document, every=True)
                       if document.get(member) != value and member not in deciding(kind)}
            for member, value in changes.items():
                self.note(kind, path, member, self.edit(kind, path, member, value))
            if not changes:
                self.note(kind, path, "", "no member can be changed")
        if not paths:
            self.note(kind, "", "", "the sandbox has no object")

    def table(self):
        return "\n".join(["| kind | document | member | result |", "|---|---|---|---|",
                          *(f"| {kind} | {path} | {member} | {verdict or 'only this member changed'} |"
                            for kind, path, member, verdict in self.rows)]) + "\n"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.sandbox("--users", "40", "--strict")
def test_an_edit_changes_one_member_of_the_record(mount, sandbox):
    mount.allow()
    edits = Edits(mount, sandbox)
    kinds = [kind for kind in [*documents(), *sets()] if kind.get("change")]
    for kind in kinds:
        edits.edit_kind(kind)
    build = pathlib.Path(os.environ["TENANTFS_BUILD"])
    (build / "edits-of-records.md").write_text(edits.table())
    assert {row[0] for row in edits.rows} == {kind["name"] for kind in kinds}
    failed = [row for row in edits.rows if row[3]]
    assert failed == []


# Calls that name one member, and those that a call must name: what else the server loses.
CARELESS = [
    ("service-provider", "PATCH", "/serviceprovider/{id}", ("name", "type", "saml_config", "oidc_config"),
     "/environment"),
    ("authentication-journey-v2", "PATCH", "/v2/authenticationJourney/{id}", ("name", "enabled", "decision"),
     "/requestingAppId"),
    ("external-identity-provider", "PATCH", "/external_idp/{id}", ("name",), "/type"),
    ("radius", "PUT", "/radius/config/{id}", ("name", "authScheme", "pushKeyword"), "/ivrKeyword"),
]


@pytest.mark.sandbox("--users", "3", "--strict")
@pytest.mark.parametrize("name, method, path, named, lost", CARELESS, ids=[row[0] for row in CARELESS])
def test_comparison_notices_what_a_careless_call_loses(mount, sandbox, tenantfs, name, method, path, named, lost):
    """The comparison above can fail: the same change by a call that does not send along what would be lost."""
    kind = KINDS[name]
    folder = folder_of(mount, kind)
    document = mount.json(f"{folder}/{objects(mount, kind, folder)[0]}{ending_of(kind)}")
    body = {member: document[member] for member in named if member in document}
    (sandbox.data / "body").write_text(json.dumps({**body, "name": "renamed"}))
    own = next(document["_server"][member] for member in ("_id", "uid") if member in document["_server"])
    before = Stored(sandbox)
    done = tenantfs("call", method, path.replace("{id}", own), "--body", sandbox.data / "body")
    assert done.returncode == 0, done.stderr
    changed = settled(before.differences(Stored(sandbox)))
    assert "/name" in [one[1] for one in changed]
    assert lost in [one[1] for one in unexpected(kind, "name", changed)]
