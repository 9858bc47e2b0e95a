"""Random operations by two mounts and one API client, compared with a model after each step.

A failure is shrunk to a minimal sequence. MODEL_EXAMPLES and MODEL_STEPS make longer runs than ./check;
MODEL_SEED repeats a run.
"""
import contextlib
import errno
import json
import os
import re

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (RuleBasedStateMachine, initialize, invariant, precondition, rule,
                                 run_state_machine_as_test)

from places import MFA, PROVIDERS, largest_user_set, new_provider, plain_documents
from saving import without_ids

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "12"))
STEPS = int(os.environ.get("MODEL_STEPS", "14"))
SEED = os.environ.get("MODEL_SEED")

# Names that are not in the sandbox's own data.
NAMES = ["Model", "m b", "m%y", ".m", "m/slash", "mnaïve", "東京の模型", "m\"'", "MODEL UP", "model up"]
MEMBERS = {
    "provider": {"environment": ["dev", "test", "production"], "hideMobileLinks": [True, False]},
    "user": {"firstname": ["Ada", "Bo", "Čeněk"], "lastname": ["One", "Two"], "middlename": ["", "M"]},
    "setting": {"otpMaxAttempts": [3, 4, 5], "lockDurationMinutes": [60, 90, 120]},
}


def escape(name):
    """The file name of an object."""
    name = re.sub(r"[%/\x00-\x1f\x7f]", lambda found: f"%{ord(found[0]):02X}", name)
    return re.sub(r"^\.", "%2E", name) + ".json"


class Refusal:
    """The block must end with this errno."""

    def __init__(self, code):
        self.code = code

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        assert isinstance(error, OSError) and error.errno == self.code, f"{error!r}, not {errno.errorcode[self.code]}"
        return True


def write_once(path, text, flags):
    """One open, one write, one close; any of them may raise the error."""
    fd = os.open(path, flags, 0o644)
    try:
        os.write(fd, text.encode())
    except OSError:
        os.close(fd)
        raise
    os.close(fd)


def dump(document):
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


class Party:
    """A client with a mount."""

    def __init__(self, mount, paths):
        self.mount = mount
        self.paths = paths

    def path(self, kind, name):
        return self.mount / self.paths[kind](name)

    def read(self, kind, name):
        return json.loads(self.path(kind, name).read_text())

    def names(self):
        return {entry for entry in os.listdir(self.mount / PROVIDERS) if entry.endswith(".json")}

    def change(self, kind, name, member, value):
        document = self.read(kind, name)
        document[member] = value
        write_once(self.path(kind, name), dump(document), os.O_WRONLY | os.O_TRUNC)

    def create(self, name, text):
        write_once(self.path("provider", name), text, os.O_WRONLY | os.O_CREAT | os.O_EXCL)

    def remove(self, name):
        self.path("provider", name).unlink()

    def rename(self, old, new):
        os.rename(self.path("provider", old), self.path("provider", new))


class Client:
    """A client without a mount, by API calls."""

    def __init__(self, call, ids):
        self.call = call
        self.ids = ids

    def providers(self):
        return {record["name"]: record for record in self.call("POST", "/serviceprovider/fetch")}

    def read(self, kind, name):
        if kind == "provider":
            return self.providers()[name]
        if kind == "setting":
            return self.call("GET", "/config/authentication/mfa_settings")
        users = self.call("POST", "/users/fetch", body={"moduleId": self.ids["module"], "query": {"username": name}})
        return users["data"][0]

    def names(self):
        return {escape(name) for name in self.providers()}

    def change(self, kind, name, member, value):
        record = self.read(kind, name)
        if kind == "provider":
            body = without_ids({key: record[key] for key in ("name", "type", "saml_config") if key in record})
            if "saml_config" in body:  # read as a URI
                body["saml_config"]["signingAlgo"] = "RSA_SHA256"
            self.call("PATCH", "/serviceprovider/{id}", path={"id": record["_id"]}, body={**body, member: value})
        elif kind == "setting":
            known = self.ids["setting members"]
            body = {key: (record[key] == "true" if record[key] in ("true", "false") else record[key])
                    for key in known if key in record}
            self.call("PUT", "/config/authentication/mfa_settings", body={**self.ids["setting rest"], **body,
                                                                          member: value})
        else:
            self.call("PATCH", "/users/user/update", body={"moduleId": self.ids["module"], "username": name,
                                                           "uid": record["uid"], member: value})

    def remove(self, name):
        self.call("DELETE", "/serviceprovider/{id}", path={"id": self.providers()[name]["_id"]})


class World(RuleBasedStateMachine):
    """The model: the members of each object. The test below sets it up."""

    stage = None

    @initialize()
    def begin(self):
        self.stage.reset()
        self.providers = {}
        self.objects = {("setting", ""): dict(self.stage.setting)}
        self.objects.update({("user", name): dict(members) for name, members in self.stage.users.items()})

    def members(self, kind, name):
        return self.providers[name] if kind == "provider" else self.objects[kind, name]

    def pick(self, data):
        """A random object: kind, name, and one of its members."""
        keys = [("provider", name) for name in sorted(self.providers)] + sorted(self.objects)
        kind, name = data.draw(st.sampled_from(keys))
        return kind, name, data.draw(st.sampled_from(sorted(MEMBERS[kind])))

    @rule(data=st.data(), who=st.sampled_from(["a", "b", "client"]))
    def change(self, data, who):
        kind, name, member = self.pick(data)
        value = data.draw(st.sampled_from(MEMBERS[kind][member]))
        self.stage.party[who].change(kind, name, member, value)
        self.members(kind, name)[member] = value

    @rule(name=st.sampled_from(NAMES), who=st.sampled_from(["a", "b"]),
          environment=st.sampled_from(MEMBERS["provider"]["environment"]))
    def create(self, name, who, environment):
        text = self.stage.provider_text(name, environment)
        if name in self.providers:
            with Refusal(errno.EEXIST):
                self.stage.party[who].create(name, text)
            return
        self.stage.party[who].create(name, text)
        self.providers[name] = {"environment": environment, "hideMobileLinks": False}

    @rule(name=st.sampled_from(NAMES), who=st.sampled_from(["a", "b", "client"]))
    def remove(self, name, who):
        if name in self.providers:
            self.stage.party[who].remove(name)
            del self.providers[name]
        elif who != "client":
            with Refusal(errno.ENOENT):
                self.stage.party[who].remove(name)

    @precondition(lambda self: self.providers)
    @rule(data=st.data(), who=st.sampled_from(["a", "b"]), new=st.sampled_from(NAMES))
    def rename(self, data, who, new):
        old = data.draw(st.sampled_from(sorted(self.providers)))
        if new in self.providers:
            return
        self.stage.party[who].rename(old, new)
        self.providers[new] = self.providers.pop(old)
        # The new name works at once, without a listing.
        assert self.stage.party[who].read("provider", new)["name"] == new

    @rule(data=st.data(), who=st.sampled_from(["a", "b"]), other=st.sampled_from(["a", "b", "client"]))
    def change_at_once(self, data, who, other):
        """A document changed by two at once: different members are merged, the same member is a conflict."""
        kind, name, ours = self.pick(data)
        theirs = data.draw(st.sampled_from(sorted(MEMBERS[kind])))
        our_value = data.draw(st.sampled_from(MEMBERS[kind][ours]))
        their_value = data.draw(st.sampled_from(MEMBERS[kind][theirs]))
        if who == other:
            return
        before = dict(self.members(kind, name))
        in_conflict = ours == theirs and len({before[ours], our_value, their_value}) == 3
        expected_result = Refusal(errno.ESTALE) if in_conflict else contextlib.nullcontext()
        fd = os.open(self.stage.party[who].path(kind, name), os.O_RDWR)
        try:
            document = json.loads(os.read(fd, 1 << 20))
            self.stage.party[other].change(kind, name, theirs, their_value)
            self.members(kind, name)[theirs] = their_value
            if our_value != before[ours]:
                document[ours] = our_value
            os.ftruncate(fd, 0)
            os.pwrite(fd, dump(document).encode(), 0)
            with expected_result:
                os.fsync(fd)
        finally:
            # Without another write, close returns the same result.
            with expected_result:
                os.close(fd)
        if in_conflict:
            report = os.getxattr(self.stage.party[who].path(kind, name), "user.tenantfs.error").decode()
            assert ours in report
            self.stage.discard(who, kind, name)
            return
        if our_value != before[ours]:
            self.members(kind, name)[ours] = our_value

    @invariant()
    def all_see_the_model(self):
        for who, party in self.stage.party.items():
            known = {escape(name) for name in NAMES}
            assert party.names() & known == {escape(name) for name in self.providers}, who
            for name, members in self.providers.items():
                self.compare(who, "provider", name, members)
            for (kind, name), members in self.objects.items():
                self.compare(who, kind, name, members)

    def compare(self, who, kind, name, members):
        seen = self.stage.party[who].read(kind, name)
        for member, value in members.items():
            found = seen.get(member)
            if isinstance(value, bool) and found is None:
                found = False
            assert str(found or "") == str(value or "") if value in ("", False) else found == value, \
                f"{who} sees {kind} {name}: {member} {found!r}, not {value!r}"


class Stage:
    """Two mounts, a client, and the initial state."""

    def __init__(self, first, second, run):
        users = largest_user_set(first)
        self.run = run
        self.paths = {
            "provider": lambda name: f"{PROVIDERS}/{escape(name)}",
            "user": lambda name: f"{users}/{escape(name)}",
            "setting": lambda name: MFA,
        }
        self.first = first
        modules = first.json(f"communities/default/auth-modules/{users.rsplit('/', 1)[1]}.json")
        self.setting_document = first.json(MFA)
        known = [key for key in self.setting_document if key != "_server"]
        rest = {key: self.setting_document[key] for key in known}
        ids = {"module": modules["_server"]["_id"], "setting members": known, "setting rest": rest}
        self.party = {"a": Party(first, self.paths), "b": Party(second, self.paths), "client": Client(self.call, ids)}
        # Not the session's own user, whose changes are gated.
        names = [path.rsplit("/", 1)[1][:-len(".json")] for path in plain_documents(first, users, "firstname")
                 if not path.endswith("/admin.json")][:2]
        self.users = {name: {member: first.json(self.paths["user"](name)).get(member, "")
                             for member in MEMBERS["user"]} for name in names}
        self.setting = {member: self.setting_document[member] for member in MEMBERS["setting"]}
        self.template = json.loads(new_provider(first, "x"))

    def call(self, method, endpoint, path=(), body=None):
        """The answer of a call by a command without a mount."""
        for name, value in dict(path).items():
            endpoint = endpoint.replace(f"{{{name}}}", value)
        words = ["call", "--json", method, endpoint]
        done = self.run(*words, *(["--body", "-"] if body else []), input=json.dumps(body))
        answer = json.loads(done.stdout) if done.stdout else {"status": 0}
        assert done.returncode == 0 and answer["status"] < 300, done.stdout + done.stderr
        return answer.get("body")

    def provider_text(self, name, environment):
        return dump({**self.template, "name": name, "environment": environment, "hideMobileLinks": False})

    def discard(self, who, kind, name):
        self.run("discard", str(self.party[who].path(kind, name)), mount=who)

    def reset(self):
        client = self.party["client"]
        for name in client.providers():
            if name in NAMES:
                client.remove(name)
        for name, members in self.users.items():
            for member, value in members.items():
                if client.read("user", name).get(member, "") != value:
                    client.change("user", name, member, value)
        for member, value in self.setting.items():
            if client.read("setting", "")[member] != value:
                client.change("setting", "", member, value)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.sandbox("--users", "40")
@pytest.mark.conf(freshness="0")
def test_two_mounts_and_a_client_agree_with_a_model(sandbox, mounts, surroundings):
    states = {who: {"XDG_STATE_HOME": str(surroundings.home / f"state-{who}"),
                    "XDG_RUNTIME_DIR": str(surroundings.home / f"run-{who}")} for who in ("a", "b", "client")}
    for env in states.values():
        for folder in env.values():
            os.makedirs(folder, mode=0o700)

    def run(*words, mount="client", **rest):
        return surroundings.run("tenantfs", "-c", sandbox.conf, *words, env=states[mount], **rest)

    first, second = mounts("a", env=states["a"]), mounts("b", env=states["b"])
    # The model sets any limit, and a call does not tell whether a limit is weaker than the present one.
    for who in states:
        run("allow", "--minutes", "30", "weakening", mount=who, check=True)
    World.stage = Stage(first, second, run)
    machine = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None,
                       print_blob=True, suppress_health_check=list(HealthCheck),
                       phases=(Phase.generate, Phase.shrink))
    number = int(SEED) if SEED else int.from_bytes(os.urandom(4), "big")
    print(f"MODEL_SEED={number}")
    run_state_machine_as_test(seed(number)(World), settings=machine)
