"""Gates: dangerous operations are refused until `tenantfs allow` permits them; all others pass."""
import json
import os
import pathlib
import shlex

import pytest

from files import create, overwrite, refusal
from kinds import KINDS, ending_of, folder_of, objects
from places import MFA, MODULES, PROVIDERS, USERS, new_provider, plain_user

pytestmark = pytest.mark.gates


def save(mount, path, **members):
    text = json.dumps({**mount.json(path), **members}, indent=2) + "\n"
    return refusal(overwrite, mount / path, text)


def gate_refusal(mount, path):
    error = mount.errors()[-1]
    assert error["path"] == path
    assert error["error"]["errno"] == "EPERM"
    assert "status" not in error["error"]
    return error["error"]["message"]


def command_of(message):
    """Words of the command that a refusal names."""
    return shlex.split(message.rsplit("tenantfs ", 1)[1])


def add_providers(mount, count):
    names = [f"gate-{n:02}" for n in range(count)]
    for name in names:
        create(mount / PROVIDERS / f"{name}.json", new_provider(mount, name))
    return names


def test_removals_of_a_large_set_are_limited_to_a_share(mount, sandbox, tenantfs):
    """In a large set 30 % of the objects, at most ten, can be removed within a minute; the next removal is refused."""
    there = len(mount.documents(PROVIDERS))
    names = add_providers(mount, max(12, 20 - there))
    size = len(mount.documents(PROVIDERS))
    limit = min(10, size * 30 // 100)
    assert 3 < limit < len(names)
    for name in names[:limit]:
        os.unlink(mount / PROVIDERS / f"{name}.json")
    start = sandbox.mark()
    path = f"{PROVIDERS}/{names[limit]}.json"
    assert refusal(os.unlink, mount / path) == "EPERM"
    assert sandbox.writes(start) == []
    message = gate_refusal(mount, path)
    assert message == (f"more than {limit} removals here within a minute; those before are done (tenantfs log), and "
                       f"tenantfs undo --set takes them back; if it is meant: tenantfs allow removals {PROVIDERS}")
    # Permission for another gate changes nothing.
    assert tenantfs("allow", "weakening", PROVIDERS).returncode == 0
    assert refusal(os.unlink, mount / path) == "EPERM"
    done = tenantfs(*command_of(message))
    assert (done.returncode, done.stdout) == (0, f"removals allowed for 10 minutes: {PROVIDERS}\n")
    for name in names[limit:]:
        os.unlink(mount / PROVIDERS / f"{name}.json")
    assert len(sandbox.writes(start)) == len(names) - limit
    assert not [name for name in mount.names(PROVIDERS) if name.startswith("gate-")]


RM = [
    ("names", "cd {folder}; rm {names}"),
    ("paths", "rm {folder}/gate-*.json"),
    ("dots", "cd {folder}; rm ./gate-*.json"),
    ("directory", "rm -r {folder}"),
    ("forced", "rm -rf {folder}/"),
    ("above", "cd {folder}/..; rm -r *providers*"),
]


@pytest.mark.parametrize("command", [line for _, line in RM], ids=[name for name, _ in RM])
def test_command_that_names_too_many_objects_removes_none(mount, sandbox, surroundings, tenantfs, command):
    add_providers(mount, 12)
    before = mount.names(PROVIDERS)
    names = " ".join(f"gate-{n:02}.json" for n in range(12))
    line = command.format(folder=mount / PROVIDERS, names=names)
    start = sandbox.mark()
    assert surroundings.run("sh", "-c", line).returncode == 1
    assert sandbox.writes(start) == []
    assert mount.names(PROVIDERS) == before
    assert "the command names more objects than" in mount.errors()[-1]["error"]["message"]
    # Some pass, and what is gone can be seen at once.
    few = [f"gate-{n:02}.json" for n in range(3)]
    assert surroundings.run("rm", *(mount / PROVIDERS / name for name in few)).returncode == 0
    assert [name for name in few if (mount / PROVIDERS / name).exists()] == []
    assert tenantfs("allow", "removals", PROVIDERS).returncode == 0
    assert surroundings.run("sh", "-c", f"rm {mount / PROVIDERS}/gate-*.json").returncode == 0
    assert not [name for name in mount.names(PROVIDERS) if name.startswith("gate-")]


def test_removals_of_a_small_set_are_limited_to_three(mount, mounts, tenantfs):
    """In a small set three removals pass, though 30 % would be one."""
    assert tenantfs("allow", "removals", PROVIDERS).returncode == 0
    for path in mount.documents(PROVIDERS)[6:]:
        os.unlink(mount / path)
    state = pathlib.Path(mount.json(".tenantfs/config.json")["state-dir"])
    mount.stop()
    (state / "allowed.json").unlink()
    again = mounts("again")
    done = [refusal(os.unlink, again / path) for path in again.documents(PROVIDERS)]
    assert done == ["", "", "", "EPERM", "EPERM", "EPERM"]
    assert "more than 3 removals here" in again.errors()[-1]["error"]["message"]


def parts_of(fields, value, at=()):
    """The objects of a document and the fields of each, by path."""
    yield at, fields, value
    for field in fields:
        if field["type"] == "object" and field.get("members") and isinstance(value.get(field["name"]), dict):
            yield from parts_of(field["members"], value[field["name"]], (*at, field["name"]))


def directed(field, now):
    """A strong and a weak value of a member that has a direction, such that the strong one weakens nothing now."""
    weakens = field["weakens"]
    if isinstance(weakens, list):
        return next(value for value in field["values"] if value not in weakens), weakens[0]
    if weakens in (True, False, "last"):
        return weakens is not True, weakens is True
    if field["type"] == "array":
        return (now, [*now, "zz"]) if weakens == "more" else ([*now, "zz"], now)
    return (now, now + 1) if weakens == "more" else (max(now, 5), max(now, 5) - 1)


def with_part(document, at, members):
    """The document with members set in the object at a path."""
    if not at:
        return {**document, **members}
    return {**document, at[0]: with_part(document[at[0]], at[1:], members)}


def marked_members(fields, at=()):
    for field in fields:
        if field.get("weakens", "never") != "never":
            yield "/".join((*at, field["name"]))
        if field["type"] == "object":
            yield from marked_members(field.get("members", []), (*at, field["name"]))


GUARDED = [kind for kind in KINDS.values() if kind.get("change") and list(marked_members(kind["fields"]))]


def save_document(mount, path, document):
    return refusal(overwrite, mount / path, json.dumps(document, indent=2) + "\n")


@pytest.mark.parametrize("kind", GUARDED, ids=lambda kind: kind["name"])
def test_each_weaker_value_is_refused(mount, sandbox, kind):
    """Every member with a direction, set to its strong value and then to its weak one."""
    tested = set()
    folder = folder_of(mount, kind)
    names = objects(mount, kind, folder) if kind["shape"] == "set" else [""]
    for name in names:
        path = f"{folder}/{name}{ending_of(kind)}" if name else f"{folder}/{os.path.basename(kind['path'])}".lstrip("/")
        for at, fields, part in list(parts_of(kind["fields"], mount.json(path))):
            empty = {"array": [], "number": 0}
            pairs = {field["name"]: (field, *directed(field, part.get(field["name"], empty.get(field["type"]))))
                     for field in fields if field.get("weakens", "never") != "never"}
            strong = with_part(mount.json(path), at, {member: pair[1] for member, pair in pairs.items()})
            if not pairs or save_document(mount, path, strong) != "":
                continue
            for member, (field, _, weak) in pairs.items():
                together = {other: pair[2] for other, pair in pairs.items() if pair[0]["weakens"] == "last"}
                members = together if field["weakens"] == "last" else {member: weak}
                start = sandbox.mark()
                assert save_document(mount, path, with_part(strong, at, members)) == "EPERM", (path, at, members)
                assert sandbox.writes(start) == []
                assert "makes signing on less safe" in gate_refusal(mount, path)
                tested.add("/".join((*at, member)))
    assert tested == set(marked_members(kind["fields"]))


WEAKENING = [
    (MFA, {"accountLockEnabled": True}, {"accountLockEnabled": False}, "accountLockEnabled: false"),
    (MFA, {"show_otp_email": True, "show_otp_phone": False, "show_otp_voice": False, "show_otp_hardware": False},
     {"show_otp_email": False}, "show_otp_email: false"),
]


@pytest.mark.parametrize("path, first, then, piece", WEAKENING, ids=["lock", "last-factor"])
def test_weakening_of_login_is_refused_until_allowed(mount, sandbox, tenantfs, path, first, then, piece):
    assert save(mount, path, **first) == ""
    start = sandbox.mark()
    assert save(mount, path, **then) == "EPERM"
    assert sandbox.writes(start) == []
    message = gate_refusal(mount, path)
    assert message == f"{piece} makes signing on less safe; if it is meant: tenantfs allow weakening {path}"
    assert json.loads(mount.draft(path))[list(then)[0]] is False
    assert tenantfs("allow", "removals", path).returncode == 0
    assert tenantfs("retry", path).returncode == 1
    assert tenantfs(*command_of(message)).returncode == 0
    assert tenantfs("retry", path).returncode == 0
    assert mount.json(path)[list(then)[0]] is False
    [write] = sandbox.writes(start)
    assert write.name == "PUT /config/authentication/mfa_settings"
    # The change back is not a weakening.
    assert save(mount, path, **first) == ""


def test_one_of_several_factors_can_be_disabled(mount):
    assert save(mount, MFA, show_otp_email=True, show_otp_phone=True) == ""
    assert save(mount, MFA, show_otp_email=False) == ""


def own_user(mount):
    return next(f"{USERS}/{module}/admin.json" for module in mount.names(USERS)
                if (mount / USERS / module / "admin.json").exists())


@pytest.mark.parametrize("member, value", [("isLocked", True), ("disabled", True), ("role", "community_admin")])
def test_change_that_locks_out_the_own_user_is_refused(mount, sandbox, tenantfs, member, value):
    path = own_user(mount)
    assert mount.json(path).get(member) != value
    start = sandbox.mark()
    assert save(mount, path, **{member: value}) == "EPERM"
    assert sandbox.writes(start) == []
    message = gate_refusal(mount, path)
    assert message == (f"changing {member} may end the session this mount runs on; if it is meant: "
                       f"tenantfs allow lockout {shlex.quote(path)}")
    assert tenantfs(*command_of(message)).returncode == 0
    start = sandbox.mark()
    assert save(mount, path, **{member: value}) in ("", "EINVAL")
    assert len(sandbox.writes(start)) == 1


def test_changes_that_lock_nobody_out_pass(mount):
    assert save(mount, own_user(mount), firstname="Ada") == ""
    assert save(mount, plain_user(mount), isLocked=True) == ""


def test_disabling_or_removing_the_own_module_is_refused(mount, sandbox, tenantfs):
    module = own_user(mount).split("/")[-2]
    path = f"{MODULES}/{module}.json"
    start = sandbox.mark()
    assert mount.json(path)["enabled"] is True
    assert save(mount, path, enabled=False) == "EPERM"
    assert refusal(os.unlink, mount / path) == "EPERM"
    assert [request for request in sandbox.writes(start) if request["method"] == "DELETE"] == []
    assert gate_refusal(mount, path) == ("removing it would end the session this mount runs on; if it is meant: "
                                 f"tenantfs allow lockout {shlex.quote(path)}")


SECRETS = "communities/default/secrets"
SCHEME = "communities/default/settings/default-auth-scheme.json"


def test_default_scheme_keeps_the_own_module(mount, sandbox, tenantfs):
    own = own_user(mount).split("/")[-2]
    others = [name for name in mount.names(USERS) if name != own]
    assert save(mount, SCHEME, modules=[own, *others[:1]]) == ""
    start = sandbox.mark()
    for modules in ([], others[:1]):
        assert save(mount, SCHEME, modules=modules) == "EPERM"
        assert gate_refusal(mount, SCHEME) == ("changing modules may end the session this mount runs on; "
                                               f"if it is meant: tenantfs allow lockout {SCHEME}")
    done = tenantfs("call", "PATCH", "/authscheme/default/modules", "--body", "-", input='{"modules": []}')
    assert done.returncode == 1
    assert "modules may end the session this mount runs on" in done.stderr
    assert sandbox.writes(start) == []
    # The order and other modules do not matter.
    assert save(mount, SCHEME, modules=[*others[:1], own]) == ""
    assert save(mount, SCHEME, modules=[own]) == ""
    assert tenantfs("allow", "lockout", SCHEME).returncode == 0
    assert save(mount, SCHEME, modules=others[:1]) == ""


def test_removals_are_limited_in_the_whole_mount(mount, sandbox, tenantfs):
    """Each set lets some removals pass, but all sets together no more than ten within a minute."""
    providers = add_providers(mount, 12)
    secrets = [f"gate{n}" for n in range(12)]
    for name in secrets:
        create(mount / SECRETS / f"{name}.json", json.dumps({"tag": name, "value": "31323334"}))
    start = sandbox.mark()
    done = [refusal(os.unlink, mount / folder / f"{name}.json")
            for folder, names in ((PROVIDERS, providers[:6]), (SECRETS, secrets[:6])) for name in names]
    passed = done.count("")
    removed = [write for write in sandbox.writes(start)]
    assert set(done) == {"", "EPERM"} and passed == len(removed) <= 10
    # The rest by calls: they count, too.
    for name in secrets[6:]:
        if passed == 10:
            break
        passed += tenantfs("call", "POST", "/secret-store/delete", f"tag={name}").returncode == 0
    assert passed == 10
    left = next(name for name in mount.documents(PROVIDERS) if "gate-" in name)
    assert refusal(os.unlink, mount / left) == "EPERM"
    assert "tenantfs allow removals " in gate_refusal(mount, left)
    # What is allowed is not counted.
    assert tenantfs("allow", "removals", PROVIDERS).returncode == 0
    os.unlink(mount / left)


def test_gates_apply_to_calls(mount, sandbox, tenantfs):
    document = {**mount.json(MFA), "accountLockEnabled": False}
    document.pop("_server", None)
    start = sandbox.mark()
    done = tenantfs("call", "PUT", "/config/authentication/mfa_settings", "--body", "-", input=json.dumps(document))
    assert done.returncode == 1
    assert "tenantfs allow weakening .api/login-settings/put-config-authentication-mfa_settings" in done.stderr
    # Whether a limit is weaker than the present one, a call does not say.
    document = {**document, "accountLockEnabled": True}
    done = tenantfs("call", "PUT", "/config/authentication/mfa_settings", "--body", "-", input=json.dumps(document))
    assert done.returncode == 1
    assert "otpMaxAttempts: 5 may make signing on less safe" in done.stderr
    done = tenantfs("call", "POST", "/users/user/lock", "username=admin", "lock_duration=30")
    assert done.returncode == 1
    assert "tenantfs allow lockout .api/users/post-users-user-lock" in done.stderr
    assert sandbox.writes(start) == []


def test_gates_apply_to_calls_without_a_mount(tenantfs, sandbox):
    words = "call", "POST", "/users/user/lock", "username=admin", "lock_duration=30"
    assert tenantfs(*words).returncode == 1
    assert tenantfs("allow", "lockout", ".api/users").returncode == 0
    start = sandbox.mark()
    tenantfs(*words)
    assert [request.name for request in sandbox.writes(start)] == ["POST /users/user/lock"]


def test_allow_with_wrong_words_is_refused(mount, tenantfs):
    done = tenantfs("allow", "everything")
    assert done.returncode == 1
    assert "there is no gate \"everything\": it is removals, lockout, weakening or blanking" in done.stderr
    assert tenantfs("allow", "--minutes", "0", "removals").returncode == 64
    assert tenantfs("allow").returncode == 64


def test_status_counts_refusals_and_lists_permissions(mount, tenantfs):
    path = own_user(mount)
    save(mount, path, isLocked=True)
    tenantfs("allow", "--minutes", "2", "lockout", path)
    gates = json.loads(tenantfs("status", "--json").stdout)["gates"]
    assert gates["refused"] == {"removals": 0, "lockout": 1, "weakening": 0, "blanking": 0}
    [allowed] = gates["allowed"]
    assert (allowed["word"], allowed["path"]) == ("lockout", path.removesuffix(".json"))


WRITE = pytest.mark.conf(write="communities/default/settings/*")


@WRITE
def test_write_patterns_of_the_configuration_limit_saves(mount, sandbox):
    assert save(mount, MFA, otp_prompt_text="Code") == ""
    start = sandbox.mark()
    assert save(mount, plain_user(mount), firstname="Ada") in ("EROFS", "EACCES")
    assert refusal(os.unlink, mount / mount.documents(PROVIDERS)[0]) == "EROFS"
    assert sandbox.writes(start) == []


@pytest.mark.mount("-o", "write=communities/default/settings/*")
def test_write_patterns_of_the_mount_limit_saves(mount, sandbox):
    assert save(mount, MFA, otp_prompt_text="Code") == ""
    start = sandbox.mark()
    assert refusal(os.unlink, mount / mount.documents(PROVIDERS)[0]) == "EROFS"
    assert sandbox.writes(start) == []
