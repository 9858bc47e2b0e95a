"""Identity providers: the call that reads them makes a default one, so it is made for a provider that is named."""
import json
import os
import subprocess

import pytest

from files import create, overwrite, refusal

FOLDER = "communities/default/identity-providers"
FETCH = "POST /idp/fetch"


def text_of(document):
    return json.dumps(document) + "\n"


def changes(sandbox, start):
    return [(call.name, call["status"]) for call in sandbox.writes(start) if call.name != FETCH]


def refresh(mount):
    (mount / ".tenantfs/refresh").write_text("\n")


def test_walks_never_make_a_provider(mount, sandbox):
    start = sandbox.mark()
    assert mount.names(FOLDER) == []
    for walk in (["find", "."], ["ls", "-lR", FOLDER], ["grep", "-r", "issuer", FOLDER]):
        subprocess.run(walk, cwd=mount.path, stdout=subprocess.DEVNULL, check=False)
    assert FETCH not in sandbox.names(start)


def test_named_provider_is_read_changed_and_removed(mount, sandbox):
    path = f"{FOLDER}/oidc.json"
    start = sandbox.mark()
    document = mount.json(path)
    assert (document["type"], sandbox.names(start)) == ("oidc", [FETCH])
    assert sandbox.requests(start)[0].body["type"] == "oidc"
    overwrite(mount / path, text_of({**document, "issuer": "https://j"}))
    assert changes(sandbox, start) == [("PATCH /idp/{id}", 200)]
    refresh(mount)
    assert mount.json(path)["issuer"] == "https://j"
    os.unlink(mount / path)
    assert changes(sandbox, start)[1:] == [("DELETE /idp/{id}", 204)]


def test_provider_is_created_under_its_type(mount, sandbox):
    path = f"{FOLDER}/custom.json"
    start = sandbox.mark()
    create(mount / path, text_of({"enabled": True, "issuer": "https://i"}))
    assert changes(sandbox, start) == [("PUT /idp", 200)]
    refresh(mount)
    assert mount.json(path)["issuer"] == "https://i"


def test_second_provider_of_a_type_is_refused(mount, sandbox):
    document = mount.json(f"{FOLDER}/saml.json")
    start = sandbox.mark()
    assert refusal(overwrite, mount / FOLDER / "saml.json", text_of({**document, "type": "oidc"})) == "EINVAL"
    assert changes(sandbox, start) == [("PATCH /idp/{id}", 400)]
    assert "another identity provider has this type" in mount.errors()[-1]["error"]["message"]


def test_opening_it_by_name_makes_the_default_provider(mount):
    for name in ("oidc", "saml", "wsfed"):
        if os.path.exists(mount / FOLDER / f"{name}.json"):
            os.unlink(mount / FOLDER / f"{name}.json")
    refresh(mount)
    assert set(mount.json(f"{FOLDER}/oidc.json")) == {"type", "_server"}


@pytest.mark.mount("-o", "ro")
def test_read_only_mount_makes_none(mount, sandbox):
    start = sandbox.mark()
    assert refusal(mount.text, f"{FOLDER}/oidc.json") == "EPERM"
    assert FETCH not in sandbox.names(start)


def test_tree_says_how_to_get_one(mount):
    assert "only opening a provider by its type calls it: `oidc.json` is the default one." in mount.text("README.md")
