"""Every kind of the catalogue as files: listed, read, created, changed and removed by the calls of its rows."""
import json
import os
import re

import jsonschema
import pytest

from endpoints import load_groups, load_kinds
from files import create, overwrite, read_bytes, refusal
from kinds import KINDS as RESOLVED, OTHER_TEXTS
from places import MODULES, largest_user_set
from stored import known_whole

KINDS = load_kinds()
GROUPS = load_groups()
ENDING = ".json"


def documents(*, listed=True):
    return [name for name, kind in KINDS.items()
            if kind["shape"] == "doc" and bool(kind.get("on_demand")) != listed and "list" in kind]


def sets(*, listed=True):
    """Sets of documents; sets of texts have their own tests."""
    return [name for name, kind in KINDS.items() if kind["shape"] == "set" and bool(kind.get("on_demand")) != listed
            and not (listed and kind.get("form") == "text")]


def real_path(mount, kind, number=0):
    """The kind's path with names of existing objects filled in, the first or another; its directory for a set."""
    path = kind["path"].replace("{community}", "default")
    if "/auth-modules/" not in path:
        path = path.replace("{auth-module}", largest_user_set(mount).rsplit("/", 1)[1])
    while match := re.search(r"/([^/]*)\{([\w-]+)\}([^/]*)/", path):
        ending = "" if match.group(3) == "" else ENDING
        found = [name for name in mount.names(path[:match.start()]) if name.endswith(ending)]
        if kind["name"] == "broker":
            found = [name for name in found if mount.json(f"{MODULES}/{name}")["mode"] == "broker"]
        path = path.replace("{%s}" % match.group(2), found[number].removesuffix(ending), 1)
    return path.rsplit("/", 1)[0] if kind["shape"] == "set" else path


def fields_of(kind):
    """Fields of a kind by name; a field with "like" is merged with the field it refers to."""
    rows = {}
    for group in GROUPS:
        for endpoint in group["endpoints"]:
            rows[f"{endpoint['method']} {endpoint['path']}"] = {field["name"]: field
                                                                for field in endpoint.get("body", [])}
    found = {}
    for field in kind.get("fields", []):
        base = {}
        if "like" in field:
            call, _, name = field["like"].partition("#")
            base = rows[call].get(name or field.get("record") or field["name"]) or rows[call].get(field["name"], {})
        found[field["name"]] = {**base, **field}
    return found


def other_value(field, value):
    """Another valid value of the field, or None if its type alone does not give one."""
    if isinstance(value, list) and field.get("reference"):
        return value[:-1] if len(value) > 1 else None
    if isinstance(value, list) and field.get("item") == "string" and not field.get("values"):
        return sorted([*value, "zz other"]) if field.get("unordered") else [*value, "zz other"]
    if field.get("fixed") or field.get("secret") or field.get("reference"):
        return None
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        values = field.get("values") or OTHER_TEXTS.get(field.get("format"))
        if values:
            return next((other for other in values if other != value), None)
        return value + "x" if field.get("type", "string") in ("string", "any") else None
    return None


def change_of(kind, document):
    """The simplest change of a document of the kind: a member and its new value."""
    fields = fields_of(kind)
    if kind.get("open_document"):
        fields = {**{name: {} for name in document if name != "_server"}, **fields}
    for name, field in fields.items():
        if name in document and name != kind.get("name_member"):
            value = other_value(field, document[name])
            if value is not None:
                return name, value
    return None


def calls_of(steps):
    return [step["call"] for step in steps]


def save(mount, path, document):
    return refusal(overwrite, mount / path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def check_change(mount, sandbox, kind, path):
    """One change is one write by one of the kind's rows, contains the member, and can be reverted."""
    mount.allow("weakening", "lockout")
    if "--strict" in sandbox.options:
        save(mount, path, known_whole(sandbox, RESOLVED[kind["name"]], mount.json(path)))
    before = mount.json(path)
    change = change_of(kind, before)
    assert change, f"no member of {path} can be changed: {sorted(before)}"
    name, value = change
    start = sandbox.mark()
    assert save(mount, path, {**before, name: value}) == "", mount.errors()[-1]
    [write] = sandbox.writes(start)
    assert write.name in calls_of(kind["change"])
    if not fields_of(kind).get(name, {}).get("reference"):
        assert json.dumps(value) in json.dumps(write.body)
    assert "_server" not in write.body
    assert mount.json(path)[name] == value
    start = sandbox.mark()
    assert save(mount, path, {**mount.json(path), name: before[name]}) == ""
    assert len(sandbox.writes(start)) == 1
    assert {**mount.json(path), "_server": 0} == {**before, "_server": 0}


@pytest.mark.modes
@pytest.mark.parametrize("name", documents())
def test_document_is_read_and_changed_by_its_calls(mount, sandbox, name):
    kind = KINDS[name]
    path = real_path(mount, kind)
    folder, file = os.path.split(path)
    assert file in mount.names(folder)
    start = sandbox.mark()
    document = mount.json(path)
    referred = {KINDS[field["reference"]]["list"]["call"]
                for field in fields_of(kind).values() if field.get("reference")}
    assert [name for name in sandbox.names(start) if name not in referred] in ([kind["list"]["call"]], [])
    start = sandbox.mark()
    assert read_bytes(mount / path) == read_bytes(mount / path)
    assert sandbox.requests(start) == []
    if not kind.get("change"):
        assert refusal(overwrite, mount / path, "{}") == "EROFS"
        return
    assert set(document) - {"_server"} <= set(fields_of(kind)), "undeclared members"
    check_change(mount, sandbox, kind, path)
    assert refusal(os.unlink, mount / path) == "EPERM"


@pytest.mark.parametrize("name", documents(listed=False))
def test_on_demand_document_is_read_by_one_call(mount, sandbox, name):
    """An on-demand document exists only by name; reading it is one call."""
    kind = KINDS[name]
    path = real_path(mount, kind)
    folder = os.path.dirname(os.path.dirname(path))
    assert not [entry for entry in os.listdir(mount / folder) if entry.endswith(".d")]
    start = sandbox.mark()
    document = mount.json(path)
    # The ids of the community are fetched once and cached.
    assert [name for name in sandbox.names(start) if name != "POST /community_auth_info/fetch"] == \
        [kind["list"]["call"]]
    assert isinstance(document, dict)
    start = sandbox.mark()
    assert mount.json(path) == document
    assert sandbox.requests(start) == []
    other = real_path(mount, kind, 1)
    assert other != path
    start = sandbox.mark()
    mount.json(other)
    assert sandbox.names(start) == [kind["list"]["call"]]
    if not kind.get("change"):
        assert refusal(overwrite, mount / path, "{}") == "EROFS"
    else:
        check_change(mount, sandbox, kind, path)


# Second lists from which a set's documents are completed.
JOINED = {"hardware-token": {"POST /hardwaretokens/usertokens/fetch"}}


@pytest.mark.modes
@pytest.mark.parametrize("name", sets())
def test_set_is_listed_and_changed_by_its_calls(mount, sandbox, name):
    kind = KINDS[name]
    directory = real_path(mount, kind)
    start = sandbox.mark()
    paths = mount.documents(directory)
    # One record of each type of modules and of the kind may be compared with its own call.
    compared = {KINDS[one]["detail"]["call"] for one in ("auth-module", name) if "detail" in KINDS[one]}
    needed = {kind["list"]["call"], "POST /auth_modules/fetch", "POST /community_auth_info/fetch"}
    assert set(sandbox.names(start)) <= needed | compared | JOINED.get(name, set())
    assert paths, "the sandbox has no object of this kind"
    schema = json.loads((mount / directory / ".schema.json").read_text())
    start = sandbox.mark()
    for path in paths:
        jsonschema.validate(mount.json(path), schema)
    assert sandbox.requests(start) == []
    path = next((path for path in paths if change_of(kind, mount.json(path))), None)
    if kind.get("change") and path:
        check_change(mount, sandbox, kind, path)
    elif kind.get("change"):
        assert any(field.get("write_only") for field in fields_of(kind).values()), "no member can be changed"
    else:
        assert refusal(overwrite, mount / paths[0], "{}") in ("EROFS", "EPERM")


# Members other than the name that must be unique.
UNIQUE = {"aaguid": "00000000-0000-4000-8000-00000000000a"}


def new_document(mount, directory, kind, name):
    """The set's template, required members filled in from an existing object."""
    document = json.loads((mount / directory / ".template.json").read_text())
    paths = sorted(mount.documents(directory), key=lambda path: '"secret:' in mount.text(path))
    example = mount.json(paths[0])
    for member, field in fields_of(kind).items():
        if field.get("secret") and member in document:
            document[member] = "tfs secret"
        elif member in UNIQUE:
            document[member] = UNIQUE[member]
        elif member in example and not field.get("secret"):
            document[member] = example[member]
    if kind.get("name_member") in fields_of(kind):
        document[kind["name_member"]] = name
    return document


# Kinds whose objects get their names from the API.
NAMED_BY_THE_API = ("user-access-code",)


@pytest.mark.modes
@pytest.mark.parametrize("name", [name for name in sets() if "create" in KINDS[name] and name not in NAMED_BY_THE_API])
def test_object_is_created_and_removed_by_its_calls(mount, sandbox, name):
    kind = KINDS[name]
    directory = real_path(mount, kind)
    document = new_document(mount, directory, kind, "tfs_made")
    path = f"{directory}/tfs_made.json"
    start = sandbox.mark()
    assert refusal(create, mount / path, json.dumps(document, indent=2) + "\n") == "", mount.errors()[-1]
    names = [write.name for write in sandbox.writes(start)]
    assert names and names[0] == calls_of(kind["create"])[0]
    assert set(names) <= set(calls_of(kind["create"]))
    assert "tfs_made.json" in mount.names(directory)
    (mount / ".tenantfs/refresh").write_text("\n")
    assert "tfs_made.json" in mount.names(directory)
    assert mount.json(path)
    start = sandbox.mark()
    if not kind.get("remove"):
        assert refusal(os.unlink, mount / path) == "EPERM"
        assert sandbox.writes(start) == []
        return
    assert refusal(os.unlink, mount / path) == ""
    assert [write.name for write in sandbox.writes(start)] == calls_of(kind["remove"])
    (mount / ".tenantfs/refresh").write_text("\n")
    assert "tfs_made.json" not in mount.names(directory)


@pytest.mark.parametrize("name", [name for name in sets() if not KINDS[name].get("create")])
def test_create_without_an_endpoint_is_refused(mount, sandbox, name):
    directory = real_path(mount, KINDS[name])
    assert refusal(create, mount / directory / "tfs_made.json", "{}\n") in ("EPERM", "EROFS")
    assert sandbox.writes() == []


def check_steps(mount, sandbox, path, change, expected):
    """A change of members of several endpoints is one call to each, in the catalogue's order."""
    document = mount.json(path)
    change(document)
    start = sandbox.mark()
    assert save(mount, path, document) == "", mount.errors()[-1]
    assert [write.name for write in sandbox.writes(start)] == expected
    again = mount.json(path)
    assert {**again, "_server": 0} == {**document, "_server": 0}


def test_change_of_a_user_calls_each_endpoint_concerned(mount, sandbox):
    path = next(path for path in mount.documents(largest_user_set(mount))
                if mount.json(path).get("isLocked") is False)
    roles = [role.removesuffix(ENDING) for role in mount.names("communities/default/roles")]
    own = mount.json(path)["role"]
    other = next(role for role in roles if role != own)
    check_steps(mount, sandbox, path, lambda document: document.update(firstname="Only"),
                ["PATCH /users/user/update"])
    check_steps(mount, sandbox, path, lambda document: document.update(role=other),
                ["PATCH /users/user/role/update"])
    check_steps(mount, sandbox, path, lambda document: document.update(isLocked=True), ["POST /users/user/lock"])
    check_steps(mount, sandbox, path, lambda document: document.update(isLocked=False), ["POST /users/user/unlock"])
    check_steps(mount, sandbox, path, lambda document: document.update(aliases={"alias1": "one"}),
                ["POST /user_properties/update"])
    check_steps(mount, sandbox, path, lambda document: document.update(
        firstname="All", role=own, isLocked=True, aliases={"alias1": "three"}),
        ["PATCH /users/user/update", "PATCH /users/user/role/update", "POST /users/user/lock",
         "POST /user_properties/update"])


def test_removed_members_of_a_user_are_sent_empty(mount, sandbox):
    path = mount.documents(largest_user_set(mount))[0]
    for name, value in {"middlename": "M", "email2": "m@example.com", "phone1": "15550100"}.items():
        check_steps(mount, sandbox, path, lambda document, name=name, value=value: document.update({name: value}),
                    ["PATCH /users/user/update"])
        start = sandbox.mark()
        check_steps(mount, sandbox, path, lambda document, name=name: document.pop(name), ["PATCH /users/user/update"])
        assert sandbox.writes(start)[-1].body[name] == ""
        mount.refresh()
        assert name not in mount.json(path)
    document = mount.json(path)
    start = sandbox.mark()
    assert save(mount, path, {name: value for name, value in document.items() if name != "disabled"}) == ""
    assert mount.json(path) == document
    assert save(mount, path, {**document, "disabled": None}) == "EINVAL"
    assert mount.errors()[-1]["error"]["message"] == (
        "disabled: the API has no way to take it away; give it another value")
    assert not sandbox.writes(start)


def test_readme_describes_every_kind(mount):
    """README.md of the mount describes every kind."""
    text = mount.text("README.md")
    for kind in KINDS.values():
        assert kind["about"] in text, kind["name"]
