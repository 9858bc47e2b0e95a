"""Every endpoint of the API can be called, as a file below .api/ and by `tenantfs call`, in a form the server takes."""
import datetime
import json
import os
import re

import pytest

from calls import call_file, exchange
from endpoints import load_endpoints
from places import largest_user_set, plain_user

ENDPOINTS = load_endpoints()
# Whose call ends the session or takes the mount's credentials away: called last.
LAST = ["DELETE /servicekey/{keyId}", "DELETE /loginsessions/user/other",
        "DELETE /loginsessions/admin/user/all", "GET /logout"]


# What the server says where an example's value is of nothing that is there, or can only be known by a person.
REFUSED = {
    "DELETE /auth_modules/{moduleId}": 400,
    "DELETE /servicekey/{keyId}": 400,
    "DELETE /serviceprovider/{id}": 404,
    "DELETE /users/accesscode/{code}": 404,
    "GET /community/{communityName}/slo": 302,
    "GET /community/{communityName}/saml/acs": 302,
    "GET /community/{communityName}/sso": 302,
    "GET /community/{communityName}/wsfed": 302,
    "GET /serviceprovider/{id}": 404,
    "GET /tenant/{tenantId}/community/{communityId}/request_access_with_kerberos": 401,
    "PATCH /auth_modules/{moduleId}": 409,
    "PATCH /authscheme/default/modules": 404,
    "PATCH /serviceprovider/{id}": 404,
    "PATCH /users/unlinkuser": 404,
    "POST /authenticate": 401,
    "POST /community/{communityName}/saml/acs": 302,
    "POST /community/{communityName}/slo": 302,
    "POST /community/{communityName}/sso": 302,
    "POST /community/{communityName}/wsfed": 302,
    "POST /ecdsa_helper/{method}": 400,
    "POST /jwt/verifyToken": 401,
    "POST /v2/request_access": 401,
    "POST /verifyuser": 401,
    "PUT /users/create": 409,
}
# Path values an example cannot know.
PATHS = {
    "POST /ecdsa_helper/{method}": {"method": "encrypt"},
    "PUT /serviceprovider/{type}": {"type": "okta"},
}


class Tenant:
    """Values that mean something in the sandbox's tenant, put for those of the examples by their name."""

    def __init__(self, mount, sandbox, tenantfs):
        directory = largest_user_set(mount)
        user = mount.json(plain_user(mount))
        community = mount.json("communities/default/community.json")["_server"]
        module = mount.json(f"communities/default/auth-modules/{directory.rsplit('/', 1)[1]}.json")["_server"]["_id"]
        now = datetime.datetime.now(datetime.timezone.utc)
        self.values = {
            "moduleId": module,
            "authModuleId": module,
            "username": user["username"],
            "uid": user["_server"]["uid"],
            "oldRole": user["role"],
            "newRole": user["role"],
            "communityName": "default",
            "dns": sandbox.tenant()["dns"],
            "community": {"id": community["id"], "name": "default", "publicKey": community.get("publicKey", "")},
            "tenantId": mount.json("tenant.json")["_server"]["id"],
            "communityId": community["id"],
            "role": user["role"],
            "roleName": "auditor",
            "email1": "somebody@example.com",
            "email2": "somebody.else@example.com",
            "mobiles": ["15550100001"],
            "landlines": ["15550100002"],
            "from": f"{now - datetime.timedelta(days=7):%Y-%m-%d} 00:00:00.000",
            "to": f"{now:%Y-%m-%d} 00:00:00.000",
        }

    def fill(self, value, name=None):
        if name in self.values and isinstance(value, type(self.values[name])):
            return self.values[name]
        if isinstance(value, dict):
            return {key: self.fill(member, key) for key, member in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        return value

    def request(self, endpoint, described):
        """The endpoint's own example with values that are there, as it stands in the file."""
        request = self.fill(example_request(described))
        if has_parts(endpoint):
            assert set(request) <= {"path", "query", "body"}
            request.setdefault("path", {}).update(PATHS.get(endpoint.name, {}))
        # Those two are filled in by whoever makes the call.
        body = request.get("body", {}) if has_parts(endpoint) else request
        for name in ("tenantId", "communityId"):
            body.pop(name, None)
        return request


def has_parts(endpoint):
    """Where there is more than a body, the request names its parts."""
    return bool(endpoint.parameters or endpoint.row.get("query"))


def example_request(described):
    """The example a call file gives of itself is a request as it can be written, whole."""
    return json.loads(described.split("\nExample:\n", 1)[1].split("\n\nWrite the request", 1)[0])


def in_order():
    return sorted(ENDPOINTS, key=lambda endpoint: LAST.index(endpoint.name) + 1 if endpoint.name in LAST else 0)


def test_there_are_all_of_them(mount):
    assert len(ENDPOINTS) == 231
    assert len(mount.names(".api")) == 61
    listed = {f".api/{group}/{name}" for group in mount.names(".api") for name in mount.names(f".api/{group}")}
    assert len(listed) == 231
    missing = {call_file(endpoint) for endpoint in ENDPOINTS} - listed
    assert not missing


def test_each_describes_itself(mount, sandbox):
    for endpoint in ENDPOINTS:
        text = mount.text(call_file(endpoint))
        assert endpoint.method in text and endpoint.path in text, endpoint.name
        for field in endpoint.row.get("body", []):
            assert field["name"] in text, (endpoint.name, field["name"])
    assert sandbox.writes() == []


@pytest.mark.timeout(300)
def test_each_by_file(mount, sandbox, tenantfs):
    tenant = Tenant(mount, sandbox, tenantfs)
    problems = []
    for endpoint in in_order():
        request = tenant.request(endpoint, mount.text(call_file(endpoint)))
        start = sandbox.mark()
        try:
            answer = exchange(mount / call_file(endpoint), request)
        except OSError as error:
            problems.append(f"{endpoint.name}: {error}")
            continue
        problems += judge(endpoint, sandbox.requests(start), answer)
    assert not problems, "\n".join(problems)
    check_all_seen(sandbox)


@pytest.mark.timeout(400)
def test_each_by_command(mount, sandbox, tenantfs):
    tenant = Tenant(mount, sandbox, tenantfs)
    problems = []
    for endpoint in in_order():
        request = tenant.request(endpoint, mount.text(call_file(endpoint)))
        words = [f"{name}={value}" for part in ("path", "query") for name, value in request.get(part, {}).items()] \
            if has_parts(endpoint) else []
        body = request.get("body") if has_parts(endpoint) else request
        if body and endpoint.method != "GET":
            (sandbox.data / "body.json").write_text(json.dumps(body))
            words += ["--body", str(sandbox.data / "body.json")]
        start = sandbox.mark()
        done = tenantfs("call", "--json", endpoint.method, endpoint.path, *words)
        if done.returncode not in (0, 1) or not done.stdout:
            problems.append(f"{endpoint.name}: exit {done.returncode}: {done.stderr}")
            continue
        answer = json.loads(done.stdout)
        if done.returncode != (0 if answer["status"] < 400 else 1):
            problems.append(f"{endpoint.name}: status {answer['status']}, exit {done.returncode}")
        problems += judge(endpoint, sandbox.requests(start), answer)
    assert not problems, "\n".join(problems)
    check_all_seen(sandbox)


def judge(endpoint, requests, answer):
    """It reached the server once, and the server said what it says to such a request."""
    made = [request for request in requests if request.name == endpoint.name]
    if len(made) != 1:
        return [f"{endpoint.name}: requested {[request.name for request in requests]}"]
    if made[0]["status"] != answer["status"]:
        return [f"{endpoint.name}: the server said {made[0]['status']}, the caller was told {answer['status']}"]
    expected = REFUSED.get(endpoint.name)
    if answer["status"] != expected if expected else answer["status"] >= 300:
        return [f"{endpoint.name}: {answer} to {made[0].body}"]
    return []


def check_all_seen(sandbox):
    seen = {request.name for request in sandbox.requests()}
    assert {endpoint.name for endpoint in ENDPOINTS} <= seen


def test_bare_body_and_filled_in_ids(mount, sandbox):
    """Where there is only a body it may stand alone; tenantId and communityId are filled in."""
    start = sandbox.mark()
    answer = exchange(mount / ".api/users/post-users-fetch", {"pSize": 1, "pIndex": 0, "query": {}})
    [request] = [request for request in sandbox.requests(start) if request.name == "POST /users/fetch"]
    assert answer["status"] == request["status"]
    assert re.fullmatch("[0-9a-f]{24}", request.body["tenantId"])
    assert re.fullmatch("[0-9a-f]{24}", request.body["communityId"])


def test_refusal_is_an_answer(mount, sandbox):
    answer = exchange(mount / ".api/users/post-users-user-lock", {"username": 7})
    assert answer["status"] == 400
    assert "username" in json.dumps(answer["body"])


def test_no_json_is_refused_locally(mount, sandbox):
    descriptor = os.open(mount / ".api/users/post-users-user-lock", os.O_RDWR)
    start = sandbox.mark()
    try:
        os.write(descriptor, b"{")
        with pytest.raises(OSError):
            os.read(descriptor, 100)
    finally:
        try:
            os.close(descriptor)
        except OSError:
            pass
    assert sandbox.requests(start) == []
