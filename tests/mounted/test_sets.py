"""Every set of the catalogue: created from its template, changed, renamed, removed; with awkward names."""
import json
import os
import re

import jsonschema
import pytest

from calls import call_file, exchange
from files import create, overwrite, refusal
from kinds import KINDS, bare, becomes, folder_of, makers, name_field, new_document, objects, sets, templates
from sets import (NEW, REFUSED, RENAMED, check_change, check_equal, check_remove, check_rename, check_schema, differing,
                  make, refresh, text_of, tree_of)

CASES = [pytest.param(kind["name"], variant, id=f"{kind['name']}-{variant}" if variant else kind["name"])
         for kind in makers() for variant in templates(kind)]


def has_write_only_members_alone(kind):
    """Whether all members that can be changed are write-only."""
    return all(field.get("write_only") for field in kind["fields"] if field is not name_field(kind))


@pytest.mark.modes
@pytest.mark.sandbox("--users", "40")
@pytest.mark.parametrize("name, variant", CASES)
def test_object_is_created_changed_renamed_removed(mount, sandbox, name, variant):
    mount.allow()
    kind = KINDS[name]
    directory = folder_of(mount, kind)
    ending = os.path.splitext(kind["path"])[1]
    before = tree_of(mount)
    path = f"{directory}/{NEW}{ending}"
    document = new_document(mount, kind, directory, templates(kind)[variant])
    field = name_field(kind)
    make(mount, sandbox, kind, path, document)
    assert NEW in objects(mount, kind, directory)
    made = mount.json(path)
    if field:
        assert made[field["name"]] == NEW
    check_equal(kind["fields"], becomes(kind, document), made)
    check_schema(mount, directory, made)
    if variant == "Coalesce" and "--strict" in sandbox.options:
        # A secret that no answer shows is written with each change (decision 45).
        with pytest.raises(AssertionError):
            check_change(mount, sandbox, kind, path)
        assert "authClientSecret" in mount.errors()[-1]["error"]["message"]
        os.unlink(mount / path)
        return
    if kind.get("change") and not has_write_only_members_alone(kind):
        check_change(mount, sandbox, kind, path)
    elif not kind.get("change"):
        assert refusal(overwrite, mount / path, "{}") in REFUSED
    path = check_rename(mount, sandbox, kind, directory, NEW)
    gone = check_remove(mount, sandbox, kind, path)
    assert differing(before, tree_of(mount)) == ([] if gone else [path])


@pytest.mark.sandbox("--users", "40")
@pytest.mark.parametrize("name", [kind["name"] for kind in sets() if not kind.get("create")])
def test_object_of_a_fixed_set_is_changed_back(mount, sandbox, name):
    """A set whose objects cannot be created: the operations on an existing object."""
    mount.allow()
    kind = KINDS[name]
    directory = folder_of(mount, kind)
    ending = os.path.splitext(kind["path"])[1]
    before = tree_of(mount)
    assert refusal(create, mount / f"{directory}/{NEW}{ending}", "{}\n") in REFUSED
    assert sandbox.writes() == []
    there = objects(mount, kind, directory)
    if not there:
        assert kind.get("on_demand") or not kind.get("list"), "the sandbox has no object of this kind"
        return
    path = f"{directory}/{there[0]}{ending}"
    check_schema(mount, directory, mount.json(path))
    touched = []
    if kind.get("change"):
        check_change(mount, sandbox, kind, path)
        touched = [path]
    else:
        start = sandbox.mark()
        assert refusal(overwrite, mount / path, "{}") in REFUSED
        assert sandbox.writes(start) == []
    start = sandbox.mark()
    if not kind.get("rename"):
        assert refusal(os.rename, mount / path, mount / f"{directory}/{RENAMED}{ending}") in REFUSED
    if not kind.get("remove"):
        assert refusal(os.unlink, mount / path) in REFUSED
    assert sandbox.writes(start) == []
    # A change and its revert alter the time of the last change and nothing else.
    after = tree_of(mount)
    assert differing(before, after, *touched) == []
    for one in touched:
        assert one not in before or bare(json.loads(before[one])) == bare(json.loads(after[one]))


@pytest.mark.sandbox("--users", "40")
def test_schemas_and_templates_are_complete(mount, sandbox):
    """Each set's schema is valid JSON Schema, lists its fields and names its templates."""
    for kind in sets():
        directory = folder_of(mount, kind)
        schema = mount.json(f"{directory}/.schema.json")
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["properties"]["_server"]["readOnly"] is True
        assert list(schema["properties"]) == [*(field["name"] for field in kind["fields"]), "_server"]
        for field in kind["fields"]:
            assert schema["properties"][field["name"]].get("writeOnly", False) == field.get("secret", False)
        assert schema.get("required", []) == [field["name"] for field in kind["fields"]
                                              if field.get("required") and not field.get("write_only")]
        assert set(schema.get("x-templates", {})) == {f".template-{variant['name']}.json"
                                                      for variant in kind.get("types", [])}
        listed = os.listdir(mount / directory)
        assert not [name for name in listed if name.startswith((".schema", ".template"))]
        for variant, template in templates(kind).items():
            assert mount.json(f"{directory}/{template}") is not None
            if variant:
                assert template in mount.text("README.md") and template in mount.text("communities/default/README.md")
        assert not os.path.exists(mount / directory / ".template-of-nothing.json")


@pytest.mark.sandbox("--users", "40")
@pytest.mark.parametrize("name, variant", CASES)
def test_schema_and_mount_refuse_the_same_documents(mount, sandbox, name, variant):
    """Without a member its type needs, a document is refused by the schema, and by the save without a call."""
    mount.allow()
    kind = KINDS[name]
    directory = folder_of(mount, kind)
    schema = jsonschema.Draft202012Validator(mount.json(f"{directory}/.schema.json"))
    document = new_document(mount, kind, directory, templates(kind)[variant])
    field = name_field(kind)
    if field:
        document[field["name"]] = NEW
    assert schema.is_valid(document), list(schema.iter_errors(document))
    start = sandbox.mark()
    for left_out in ways_to_members(document):
        if field and left_out == [field["name"]]:
            continue
        lacking = without_member(document, left_out)
        error = refusal(create, mount / f"{directory}/{NEW}.json", text_of(lacking)) if not schema.is_valid(lacking) \
            else "EINVAL"
        assert error == "EINVAL", f"without {left_out}: refused by the schema, the mount returned {error!r}"
    assert sandbox.writes(start) == []


def ways_to_members(document):
    """The way to every member, those of nested objects included."""
    for name, value in document.items():
        yield [name]
        if isinstance(value, dict):
            for rest in ways_to_members(value):
                yield [name, *rest]


def without_member(document, way):
    rest = {name: value for name, value in document.items() if name != way[0] or len(way) > 1}
    if len(way) > 1:
        rest[way[0]] = without_member(document[way[0]], way[1:])
    return rest


# Awkward names of objects and their escaped file names.
AWKWARD = {
    "with space": "with space",
    "a/b": "a%2Fb",
    "he said \"it's\"": "he said \"it's\"",
    "100%": "100%25",
    ".made": "%2Emade",
    "two\nlines": "two%0Alines",
    "Zoë 東京 Ω": "Zoë 東京 Ω",
    "tail~abcdef": "tail%7Eabcdef",
    "Same Name": "Same Name",
    "same name": "same name",
}
MAKERS = [kind["name"] for kind in makers()]


def make_named(mount, kind, directory, file, raw):
    """Creates an object by its file name; the member with the name is set if the kind has one."""
    document = new_document(mount, kind, directory)
    field = name_field(kind)
    if field:
        document[field["name"]] = raw
    return refusal(create, mount / f"{directory}/{file}{os.path.splitext(kind['path'])[1]}", text_of(document))


@pytest.mark.sandbox("--users", "40")
@pytest.mark.parametrize("name", MAKERS)
def test_awkward_names_read_back_as_given(mount, sandbox, name):
    """An accepted name reads back as given, under its own file name; a refused name leaves nothing behind."""
    mount.allow()
    kind = KINDS[name]
    directory = folder_of(mount, kind)
    ending = os.path.splitext(kind["path"])[1]
    before = mount.names(directory)
    taken = {}
    for raw, file in AWKWARD.items():
        error = make_named(mount, kind, directory, file, raw)
        assert error in ("", "EINVAL"), (raw, error)
        if error == "EINVAL":
            assert mount.errors()[-1]["error"]["message"], raw
            continue
        taken[raw] = file
        start = sandbox.mark()
        again = make_named(mount, kind, directory, file, raw)
        assert again in ("EEXIST", ""), (raw, again)
        assert sandbox.writes(start) == []
    refresh(mount)
    assert sorted({*before, *(file + ending for file in taken.values())}) == mount.names(directory)
    for raw, file in taken.items():
        document = mount.json(f"{directory}/{file}{ending}")
        assert not name_field(kind) or document[name_field(kind)["name"]] == raw
        if kind.get("remove"):
            assert refusal(os.unlink, mount / f"{directory}/{file}{ending}") == "", mount.errors()[-1]
    refresh(mount)
    if kind.get("remove"):
        assert mount.names(directory) == before
    # A name that does not match the kind's pattern is refused without a call.
    pattern = (name_field(kind) or {}).get("pattern")
    assert set(taken) == {raw for raw in AWKWARD if not pattern or re.search(pattern, raw)}


@pytest.mark.sandbox("--users", "40")
@pytest.mark.parametrize("name", MAKERS)
def test_name_of_300_bytes_is_shortened(mount, sandbox, name):
    """The file name is shortened and ends in a digest; the refusal of another file name tells the right one."""
    kind = KINDS[name]
    field = name_field(kind)
    if field is None:
        # The object has no name but its file name, which is limited to 255 bytes.
        return
    directory = folder_of(mount, kind)
    before = mount.names(directory)
    raw = "n" * 300
    error = make_named(mount, kind, directory, "short", raw)
    assert error == "EINVAL"
    file = mount.errors()[-1]["error"]["message"].split("calls for \"")[1].removesuffix("\"")
    assert file.startswith("n" * 200) and len(file.encode()) <= 250
    error = make_named(mount, kind, directory, file, raw)
    assert error in ("", "EINVAL")
    refresh(mount)
    if error:
        assert mount.names(directory) == before
        return
    path = f"{directory}/{file}{os.path.splitext(kind['path'])[1]}"
    assert mount.json(path)[field["name"]] == raw
    if kind.get("remove"):
        assert refusal(os.unlink, mount / path) == ""


@pytest.mark.sandbox("--users", "40")
@pytest.mark.parametrize("name", MAKERS)
def test_namesakes_have_separate_files(mount, sandbox, name):
    """A second object made by a call: both appear with parts of their ids, unless the service keeps one."""
    mount.allow()
    kind = KINDS[name]
    directory = folder_of(mount, kind)
    ending = os.path.splitext(kind["path"])[1]
    before = mount.names(directory)
    start = sandbox.mark()
    assert make_named(mount, kind, directory, NEW, NEW) == "", mount.errors()[-1]
    write = sandbox.writes(start)[0]
    answer = exchange(mount / call_file(write.endpoint), call_file_request(write))
    refresh(mount)
    twins = sorted({*mount.names(directory)} - {*before})
    if answer["status"] >= 400 or len(twins) == 1:
        assert twins == [NEW + ending]
    else:
        assert len(twins) == 2
        assert all(twin.startswith(f"{NEW}~") and len(twin) == len(f"{NEW}~abcdef{ending}") for twin in twins), twins
        ids = {os.getxattr(mount / directory / twin, "user.tenantfs.id") for twin in twins}
        assert len(ids) == 2
        # A change of one leaves the other alone.
        one, other = (f"{directory}/{twin}" for twin in twins)
        kept = mount.text(other)
        check_change(mount, sandbox, kind, one)
        assert mount.text(other) == kept
        # After a rename the other gets the plain name.
        if kind.get("rename"):
            assert refusal(os.rename, mount / one, mount / f"{directory}/{RENAMED}{ending}") == "", mount.errors()[-1]
            refresh(mount)
            assert {*mount.names(directory)} - {*before} == {NEW + ending, RENAMED + ending}
    for twin in twins if kind.get("remove") else []:
        # The remaining object has the plain name again.
        [there, *_] = sorted({*mount.names(directory)} - {*before})
        assert refusal(os.unlink, mount / f"{directory}/{there}") == "", mount.errors()[-1]
        refresh(mount)
    if kind.get("remove"):
        assert mount.names(directory) == before


def call_file_request(write):
    """A logged write as a request for a call file."""
    endpoint = write.endpoint
    values = re.fullmatch(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(endpoint.path)), write.path).groups()
    path = dict(zip(re.findall(r"\{(\w+)\}", endpoint.path), values))
    return {"path": path, "body": write.body} if path else write.body
