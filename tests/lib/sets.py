"""Operations on a set's objects, each checked against the sandbox's log."""
import json
import os

import jsonschema

from files import create, overwrite, refusal
from kinds import (CATALOGUE_READ, bare, calls_of, change_of, is_unread, is_view, name_field, objects, steps_of,
                   write_only)

NEW, RENAMED = "tfs_made", "tfs_renamed"
REFUSED = ("EPERM", "EROFS")


def text_of(document):
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def refresh(mount):
    (mount / ".tenantfs/refresh").write_text("\n")


def tree_of(mount):
    """Path and current bytes of every listed file."""
    refresh(mount)
    found = {}
    for folder, folders, files in os.walk(mount.path):
        folders[:] = [name for name in folders if name not in (".api", ".tenantfs", ".history")]
        for name in files:
            with open(os.path.join(folder, name), "rb") as file:
                found[os.path.relpath(os.path.join(folder, name), mount.path)] = file.read()
    return found


# Files whose content changes by itself.
MOVING = ("health.json", "platform-health.json")


def differing(before, after, *but):
    return sorted(path for path in before.keys() | after.keys()
                  if before.get(path) != after.get(path) and path not in (*MOVING, *but))


def check_schema(mount, directory, document):
    schema = mount.json(f"{directory}/.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)


def make(mount, sandbox, kind, path, document):
    start = sandbox.mark()
    assert refusal(create, mount / path, text_of(document)) == "", mount.errors()[-1]
    made = [write.name for write in sandbox.writes(start)]
    assert made and set(made) <= set(calls_of(kind, "create")), made
    refresh(mount)


def check_equal(fields, written, read, where=""):
    """The written members read back; secrets read as digests."""
    known = {field["name"]: field for field in fields}
    for name, value in written.items():
        field = known.get(name, {})
        if field.get("write_only") and not is_unread(field):
            assert read.get(name, "secret:").startswith("secret:"), f"{where}/{name} is shown"
        elif field.get("secret"):
            assert read[name].startswith("secret:"), f"{where}/{name}: {read[name]}"
        elif isinstance(value, dict):
            check_equal(field.get("members", []), value, read[name], f"{where}/{name}")
        else:
            assert read[name] == value, f"{where}/{name}"


def goes_along(step):
    """Members of the body that each change sends: required ones, and those with a default."""
    endpoint = next(one for one in CATALOGUE_READ.endpoints if f"{one['method']} {one['path']}" == step["call"])
    return {field["name"] for field in endpoint.get("body", [])
            if "default" in field or field.get("required") or field.get("required_when")}


def check_change(mount, sandbox, kind, path):
    """A change of one member is one write; a call for partial updates contains no other member."""
    before = mount.json(path)
    change = change_of(kind, before)
    if change is None and write_only(kind):
        check_hidden_change(mount, sandbox, kind, path)
        return
    assert change, f"no member of {path} can be changed: {sorted(before)}"
    name, value = change
    start = sandbox.mark()
    assert refusal(overwrite, mount / path, text_of({**before, name: value})) == "", mount.errors()[-1]
    [write] = sandbox.writes(start)
    assert write.name in calls_of(kind, "change")
    step = next(step for step in steps_of(kind, "change") if step["call"] == write.name)
    if step.get("send") == "changed":
        given = set(step.get("args", {}).get("body", {})) | goes_along(step)
        assert set(write.body) - given == {name} - given, sorted(write.body)
    assert bare(mount.json(path)) == {**bare(before), name: value}
    start = sandbox.mark()
    back = {other: member for other, member in mount.json(path).items() if other != name}
    back.update({name: before[name]} if name in before else {})
    assert refusal(overwrite, mount / path, text_of(back)) == ""
    assert len(sandbox.writes(start)) == 1
    assert bare(mount.json(path)) == bare(before)


def check_hidden_change(mount, sandbox, kind, path):
    """Write-only members are set by the calls of the row, in order; the document reads as before."""
    before = mount.json(path)
    start = sandbox.mark()
    hidden = {name: "another text" for name in write_only(kind)}
    assert refusal(overwrite, mount / path, text_of({**before, **hidden})) == "", mount.errors()[-1]
    assert [write.name for write in sandbox.writes(start)] == calls_of(kind, "change")
    assert bare(mount.json(path)) == bare(before)


def check_rename(mount, sandbox, kind, directory, name):
    """Renames an object by one write, or checks the refusal; returns the object's path."""
    ending = os.path.splitext(kind["path"])[1]
    old, new = (f"{directory}/{one}{ending}" for one in (name, RENAMED))
    start = sandbox.mark()
    error = refusal(os.rename, mount / old, mount / new)
    if not kind.get("rename"):
        assert error in REFUSED
        assert kind["no_rename"] in mount.error(old) or is_view(kind)
        assert sandbox.writes(start) == []
        return old
    assert error == "", mount.errors()[-1]
    assert len(sandbox.writes(start)) == 1
    refresh(mount)
    assert RENAMED in objects(mount, kind, directory) and name not in objects(mount, kind, directory)
    if name_field(kind):
        assert mount.json(new)[name_field(kind)["name"]] == RENAMED
    return new


def check_remove(mount, sandbox, kind, path):
    wanted = [step["when"] for step in steps_of(kind, "remove") if "when" in step]
    fits = not wanted or any(when.items() <= mount.json(path).items() for when in wanted)
    start = sandbox.mark()
    error = refusal(os.unlink, mount / path)
    if not kind.get("remove") or not fits:
        assert error in REFUSED
        assert sandbox.writes(start) == []
        return False
    assert error == "", mount.errors()[-1]
    assert [write.name for write in sandbox.writes(start)] == calls_of(kind, "remove")
    refresh(mount)
    assert not os.path.exists(mount / path)
    return True
