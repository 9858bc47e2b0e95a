"""A community copied into an empty tenant with `cp -r`: read-only files are refused, all others are equal."""
import json
import os
import re

import pytest

from conftest import add_settings
from files import overwrite, refusal
from kinds import bare, changes_of, documents, folder_of, is_view, kind_at
from mount import Mount
from programs import Surroundings
from sandbox import Sandbox
from sets import refresh, text_of

C = "communities/default"


@pytest.fixture
def other(surroundings, bin_dir):
    """An empty tenant with another seed, so that no id is the same, mounted by its own daemon."""
    home = Surroundings(bin_dir, surroundings.folder / "o")
    box = Sandbox(home, home.folder / "box", ["--empty", "--seed", "3"]).start()
    add_settings(box.conf, {"invent_secrets": "yes-i-know"})
    mount = Mount(home, box.conf, home.folder / "m").start()
    mount.sandbox = box
    try:
        yield mount
        with surroundings.noting_failure():
            mount.stop()
            box.stop()
            assert not home.complaints()
    finally:
        mount.abandon()
        if box.process.poll() is None:
            box.kill()


def files_of(mount):
    """Path below the community and text of every listed file."""
    refresh(mount)
    found = {}
    for folder, _, files in os.walk(mount / C):
        for name in files:
            path = os.path.join(folder, name)
            found[os.path.relpath(path, mount / C)] = open(path, encoding="utf-8").read()
    return found


def plain(fields, value):
    """The members two tenants can share: no secrets, nothing the server sets."""
    known = {field["name"]: field for field in fields}
    return {name: plain(known[name].get("members", []), member) if isinstance(member, dict) and name in known
            else member for name, member in value.items() if not known.get(name, {}).get("secret")}


def comparable(path, text):
    kind = kind_at(f"{C}/{path}")
    if kind is None or kind.get("form", "json") != "json":
        return text
    return plain(kind["fields"], bare(json.loads(text)))


def change_documents(mount):
    """Changes documents at fixed paths, so that they differ from those of an empty tenant."""
    for kind in documents():
        if not kind["path"].startswith("communities/") or not kind.get("change") or kind.get("on_demand") or \
                "}.d/" in kind["path"]:
            continue
        path = f"{folder_of(mount, kind)}/{os.path.basename(kind['path'])}"
        for name, value in changes_of(mount, kind, mount.json(path)):
            assert refusal(overwrite, mount / path, text_of({**mount.json(path), name: value})) == "", path


def rename_namesakes(mount):
    """Renames namesakes: their file names end in parts of their ids, which differ in another tenant."""
    twins = {path[:-12]: path for path in files_of(mount) if re.search("~[0-9a-f]{6}[.]json$", path)}
    for name, path in twins.items():
        os.rename(mount / C / path, mount / C / f"{name} the other.json")
    refresh(mount)
    assert not [path for path in files_of(mount) if re.search("~[0-9a-f]{6}[.]json$", path)]


def expected_refusals(source, target):
    """Files whose copy is refused: the API only reads them."""
    kinds = {path: kind_at(f"{C}/{path}") for path in source if path != "README.md"}
    return {"README.md"} & set(source) | {
        path for path, kind in kinds.items()
        if is_view(kind) or kind["shape"] == "set" and not kind.get("create") and path not in target}


def copy(surroundings, mount, other):
    """Paths below the community that `cp -r` could not write."""
    done = surroundings.run("cp", "-r", f"{mount / C}/.", f"{other / C}/", timeout=200)
    reported = set(re.findall(f"^cp: .*'{re.escape(str(other / C))}/[.]/(.*)': "
                          "(?:Read-only file system|Invalid argument|Operation not permitted)$", done.stderr, re.M))
    assert len(reported) == len(done.stderr.splitlines()), done.stderr
    assert done.returncode == (1 if reported else 0)
    return reported


def differences(source, copied, but):
    return {path: (comparable(path, source[path]), comparable(path, copied[path]))
            for path in source.keys() & copied.keys()
            if path not in but and comparable(path, source[path]) != comparable(path, copied[path])}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.sandbox("--users", "40")
def test_copied_community_equals_its_source(mount, sandbox, other, surroundings):
    mount.allow()
    other.allow()
    change_documents(mount)
    rename_namesakes(mount)
    source, target = files_of(mount), files_of(other)
    views = expected_refusals(source, target)
    assert copy(surroundings, mount, other) == views
    copied = files_of(other)
    assert source.keys() - copied.keys() - views == set()
    assert copied.keys() - source.keys() <= target.keys(), "files that are not in the source"
    assert differences(source, copied, views) == {}
    # The error log names the secrets that could not be copied, including those the API never returns.
    reported = {entry["path"] for entry in other.errors() if "digests of another place" in entry["error"]["message"]}
    assert reported == {f"{C}/{path}" for path in source.keys() - views
                    if '"secret:' in source[path] or path.startswith("secrets/")}
    # A second copy changes nothing.
    start = other.sandbox.mark()
    copy(surroundings, mount, other)
    assert [write.name for write in other.sandbox.writes(start)] == []
