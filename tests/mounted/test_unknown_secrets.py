"""A secret is never invented: a new object that needs one gets it from the removed object or from the user."""
import json
import os
import re

from files import create, refusal
from kinds import bare, folder_of, sets
from stored import Stored

GATEWAYS = "communities/default/message-gateways"


def removable(mount):
    """Paths of documents with a secret that can be removed and made, one of each type."""
    for kind in sets():
        if not kind.get("create") or not kind.get("remove") or kind.get("on_demand"):
            continue
        types = set()
        for path in mount.documents(folder_of(mount, kind)):
            # A namesake is alone once the other is gone, and then has another file name.
            if "~" not in path and '"secret:' in mount.text(path) and mount.json(path).get("type") not in types:
                types.add(mount.json(path).get("type"))
                yield path, kind


def test_a_removed_object_is_written_again_with_its_secrets(mount):
    """Until the mount ends, the digests of what it removed are turned back."""
    mount.allow()
    tried = set()
    for path, kind in removable(mount):
        text = mount.text(path)
        # The session's own module stays.
        if refusal(os.unlink, mount / path):
            continue
        assert refusal(create, mount / path, text) == "", (path, mount.errors()[-1])
        assert bare(mount.json(path)) == bare(json.loads(text)), path
        tried.add(kind["name"])
    assert {"auth-module", "hardware-token", "message-gateway"} <= tried


def gateway_with_secret(mount):
    return next(path for path in mount.documents(GATEWAYS) if '"secret:' in mount.text(path))


def test_a_secret_that_is_not_known_is_supplied_by_a_command(mount, sandbox, surroundings, program):
    program("jq")
    path = gateway_with_secret(mount)
    text = mount.text(path)
    os.unlink(mount / path)
    mount.stop()
    mount.start()
    start = sandbox.mark()
    assert refusal(create, mount / path, text) == "EINVAL"
    assert sandbox.writes(start) == []
    error = mount.errors()[-1]["error"]
    assert "needs this secret, and its document does not tell it" in error["message"]
    command = re.search("supply it: (.*)$", error["message"])[1]
    (surroundings.folder / "typed").write_text("the real secret\n")
    surroundings.run("sh", "-ec", command.replace("FILE", str(surroundings.folder / "typed")), cwd=mount.path,
                     check=True)
    member = error["member"].rsplit("/", 1)[1]
    records = Stored(sandbox).records.values()
    assert any(f'"{member}": "the real secret"' in json.dumps(record) for record in records)
    assert mount.json(path).keys() == json.loads(text).keys()


def removal_of(history, path):
    return next(one["commit"] for one in history.written()
                if (one.get("Operation"), one.get("Path")) == ("remove", path))


def test_undo_of_a_removal_brings_back_secrets_that_the_mount_remembers(mount, history, tenantfs):
    path = gateway_with_secret(mount)
    text = mount.text(path)
    os.unlink(mount / path)
    removal = removal_of(history, path)
    done = tenantfs("undo", removal)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cannot be restored" not in done.stdout
    # The same digests: the server has the same secrets.
    assert bare(mount.json(path)) == bare(json.loads(text))


def test_undo_of_a_removal_names_secrets_that_no_mount_remembers(mount, sandbox, history, tenantfs):
    path = gateway_with_secret(mount)
    os.unlink(mount / path)
    removal = removal_of(history, path)
    mount.stop()
    mount.start()
    start = sandbox.mark()
    refused = tenantfs("undo", removal)
    assert refused.returncode == 1
    assert "cannot be restored: password: only the digest of this secret is recorded: set the secret again" \
        in refused.stdout
    refused = tenantfs("undo", "--partly", removal)
    assert refused.returncode == 1, refused.stdout
    assert "needs this secret, and its document does not tell it" in refused.stdout
    assert sandbox.writes(start) == []
    assert not os.path.exists(mount / path)
