"""Parts of an authentication module: password rules, connection test, script, attributes, brokers."""
import json
import os
import re
import threading

from files import create, overwrite, refusal
from places import MODULES
from saving import check_refused, check_save, is_same, text_of
from waiting import until

WERK = f"{MODULES}/Werk München.d"
BROKERS = f"{WERK}/brokers"
ATTRIBUTES = f"{WERK}/attributes"


def module_ids(mount):
    return {"tenantId": mount.json("tenant.json")["_server"]["id"],
            "communityId": mount.json("communities/default/community.json")["_server"]["id"],
            "moduleId": mount.json(f"{MODULES}/Werk München.json")["_server"]["_id"]}


def test_module_directory_lists_its_sets(mount):
    """The directory is not listed among the modules; it lists its sets, but no document that costs a call."""
    assert [name for name in os.listdir(mount / MODULES) if name.endswith(".d")] == []
    assert mount.names(WERK) == ["attributes", "brokers"]
    assert mount.names(f"{MODULES}/Internal User Store.d/brokers") == []
    assert refusal(os.stat, mount / f"{MODULES}/Nobody.d") == "ENOENT"


def test_password_policy_is_a_view_of_one_call(mount, sandbox):
    path = f"{WERK}/password-policy.json"
    body = module_ids(mount)
    start = sandbox.mark()
    document = mount.json(path)
    [read] = sandbox.requests(start)
    assert (read.name, read.body) == ("POST /pwd-policy/fetch", body)
    assert document["rules"] == {"allowInRow": 3, "min": 10, "noSpaces": True, "noUsername": True, "number": True,
                                 "special": False}
    assert refusal(overwrite, mount / path, "{}") == "EROFS"


def test_connection_test_runs_when_read(mount, sandbox):
    """Reading the file runs the test; its result depends on enabled brokers and shows no secret."""
    path = f"{WERK}/test-connection.json"
    document = mount.json(path)
    assert (document["status"], document["message"]) == (True, "connection success")
    assert re.fullmatch(r"secret:[0-9a-f]{16}", document["config"]["bindpassword"])
    for broker in mount.documents(BROKERS):
        assert refusal(overwrite, mount / broker, text_of({**mount.json(broker), "enabled": False})) == ""
    mount.refresh()
    document = mount.json(path)
    assert (document["status"], document["message"]) == (False, "connection failed")


def test_script_is_written_whole_and_not_read(mount, sandbox):
    """The script can be written whole and not be read."""
    path = f"{WERK}/script.js"
    why = "The API accepts a module's script but never returns it."
    call = "PATCH /auth_modules/updateJs/{moduleId}"
    module = module_ids(mount)["moduleId"]
    assert os.stat(mount / path).st_mode & 0o777 == 0o200
    check_refused(mount, sandbox, lambda: refusal(mount.text, path), path, "EACCES", why)
    for script in ("return user;\n", "return user;\n", "// grün\n"):
        start = sandbox.mark()
        assert refusal(overwrite, mount / path, script) == "", mount.errors()[-1]
        [write] = sandbox.writes(start)
        assert (write.name, write.body) == (call, {"script": script})
        assert write["path"].endswith(module)
    check_refused(mount, sandbox, lambda: refusal(os.open, mount / path, os.O_WRONLY | os.O_APPEND), path,
                  "EACCES", why + " Write all of it at once.")
    (mount / f"{WERK}/script.js.tmp").write_text("by rename;\n")
    start = sandbox.mark()
    os.rename(mount / f"{WERK}/script.js.tmp", mount / path)
    assert [write.body for write in sandbox.writes(start)] == [{"script": "by rename;\n"}]
    check_refused(mount, sandbox, lambda: refusal(overwrite, mount / path, b"\xff\xfe"), path, "EINVAL",
                  "this is no UTF-8 text")
    assert refusal(os.unlink, mount / path) == "EPERM"


def test_emptied_script_is_sent_by_retry_only(mount, sandbox, tenantfs):
    """An emptied file may be about to be written: the empty text becomes a draft, and `retry` sends it."""
    path = f"{WERK}/script.js"
    start = sandbox.mark()
    assert shell(mount, f": > '{mount / path}'").returncode == 0
    until(lambda: path in mount.drafts(), 10, "the draft")
    assert sandbox.writes(start) == []
    assert "emptied and closed: retry sends the empty text" in mount.draft(path + ".error.json")
    assert tenantfs("retry", path).returncode == 0
    assert [write.body for write in sandbox.writes(start)] == [{"script": ""}]
    assert mount.drafts() == []
    start = sandbox.mark()
    assert shell(mount, f"echo 'return 1;' > '{mount / path}'").returncode == 0
    assert [write.body for write in sandbox.writes(start)] == [{"script": "return 1;\n"}]
    assert mount.drafts() == []


def shell(mount, command):
    return mount.surroundings.run("bash", "-c", command)


def test_script_interrupted_by_a_kill_becomes_a_draft(mount, sandbox):
    """Nobody can read whether the script was saved: it becomes a draft and is not sent again."""
    path = f"{WERK}/script.js"
    assert os.stat(mount / path).st_size == 0
    sandbox.fault("stall=60,path=/auth_modules/updateJs")
    writer = threading.Thread(target=refusal, args=(overwrite, mount / path, "return 1;\n"))
    writer.start()
    writer.join(1)
    assert writer.is_alive()
    mount.process.kill()
    mount.process.wait()
    writer.join()
    mount.abandon()
    sandbox.fault()
    start = sandbox.mark()
    mount.start()
    until(lambda: path in mount.drafts(), 10, "the draft")
    assert mount.draft(path) == "return 1;\n"
    assert json.loads(mount.draft(path + ".error.json"))["message"] == \
        "it is unknown whether it was saved. The API accepts a module's script but never returns it."
    assert [write.name for write in sandbox.writes(start) if write.get("status") == 200] in \
        ([], ["PATCH /auth_modules/updateJs/{moduleId}"]), "only the stalled call"


def test_attributes_are_created_changed_renamed_removed(mount, sandbox):
    before = {path: mount.json(path) for path in mount.documents(ATTRIBUTES)}
    assert f"{ATTRIBUTES}/Cost centre %2F Kostenstelle.json" in before
    module = module_ids(mount)["moduleId"]
    path = f"{ATTRIBUTES}/City.json"
    start = sandbox.mark()
    assert refusal(create, mount / path, text_of({"attribute": "l"})) == "", mount.errors()[-1]
    [write] = sandbox.writes(start)
    assert (write.name, write.body) == \
        ("PUT /attributes", {"moduleId": module, "attributes": [{"name": "City", "attribute": "l"}]})
    id_ = mount.json(path)["_server"]["_id"]
    check_save(mount, sandbox, path,
               [("PATCH /attributes/{attributeId}", {"moduleId": module, "name": "City", "attribute": "city"})],
               attribute="city")
    start = sandbox.mark()
    os.rename(mount / path, mount / f"{ATTRIBUTES}/Town.json")
    os.unlink(mount / f"{ATTRIBUTES}/Town.json")
    renamed, removed = sandbox.writes(start)
    assert (renamed["method"], renamed.body) == ("PATCH", {"moduleId": module, "name": "Town", "attribute": "l"})
    assert (removed["method"], removed.body) == ("DELETE", {"moduleId": module})
    assert renamed["path"] == removed["path"] == f"/attributes/{id_}" or removed["path"].endswith(id_)
    mount.refresh()
    assert {path: mount.json(path) for path in mount.documents(ATTRIBUTES)} == before


def test_attribute_of_a_taken_name_is_refused(mount, mounts, sandbox):
    """Another client took the name: the server reports it within a success, and the save is refused."""
    mount.names(ATTRIBUTES)
    other = mounts("other", env={"XDG_STATE_HOME": str(sandbox.data.parent / "other-state")})
    assert refusal(create, other / f"{ATTRIBUTES}/City.json", text_of({"attribute": "l"})) == ""
    path = f"{ATTRIBUTES}/City.json"
    error = check_refused(mount, sandbox, lambda: refusal(create, mount / path, text_of({"attribute": "x"})), path,
                          "EINVAL", "name City: another attribute has this name", [("PUT /attributes", 200)])
    assert error["status"] == 200
    assert json.loads(mount.draft(path))["attribute"] == "x"
    mount.refresh()
    assert mount.json(path)["attribute"] == "l"


def test_brokers_are_renamed_enabled_and_removed(mount, sandbox):
    """A broker is renamed and enabled by a call each; it can be removed and not be created."""
    names = mount.names(BROKERS)
    assert len([name for name in names if re.fullmatch(r"dc1~[0-9a-f]{6}\.json", name)]) == 2
    path = f"{BROKERS}/dc2 %2F backup.json"
    document = mount.json(path)
    body = {**module_ids(mount), "uid": document["_server"]["uid"]}
    check_save(mount, sandbox, path, [("PATCH /broker/changestatus", {**body, "enabled": "true"})], enabled=True)
    start = sandbox.mark()
    assert refusal(overwrite, mount / path, text_of({**document, "name": "dc3", "enabled": True})) == ""
    assert [(write.name, write.body) for write in sandbox.writes(start)] == \
        [("PATCH /broker/update", {**body, "name": "dc3"}),
         ("PATCH /broker/changestatus", {**body, "enabled": "true"})]
    start = sandbox.mark()
    os.rename(mount / f"{BROKERS}/dc3.json", mount / f"{BROKERS}/dc4.json")
    assert [(write.name, write.body) for write in sandbox.writes(start)] == \
        [("PATCH /broker/update", {**body, "name": "dc4"})]
    assert is_same(mount.json(f"{BROKERS}/dc4.json"), {**document, "name": "dc4", "enabled": True})
    check_refused(mount, sandbox, lambda: refusal(create, mount / f"{BROKERS}/new.json", "{}\n"),
                  f"{BROKERS}/new.json", "EPERM", "A broker is installed beside the directory and registers itself.")
    start = sandbox.mark()
    os.unlink(mount / f"{BROKERS}/dc4.json")
    [write] = sandbox.writes(start)
    assert write.name == "DELETE /broker/{uid}" and write["path"].endswith(body["uid"])
    mount.refresh()
    assert mount.names(BROKERS) == [name for name in names if not name.startswith("dc2")]


def test_save_of_a_removed_broker_is_enoent(mount, mounts, sandbox):
    """A broker that another client removed is refused with ENOENT."""
    path = f"{BROKERS}/dc2 %2F backup.json"
    document = mount.json(path)
    other = mounts("other", env={"XDG_STATE_HOME": str(sandbox.data.parent / "other-state")})
    os.unlink(other / path)
    start = sandbox.mark()
    assert refusal(overwrite, mount / path, text_of({**document, "enabled": True})) == "ENOENT"
    assert sandbox.writes(start) == []
