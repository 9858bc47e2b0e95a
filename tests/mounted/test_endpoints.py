"""Every endpoint can be called as a file below .api/ and by `tenantfs call`, with a request the server accepts."""
import json
import os
import re

import pytest

from calls import call_file, exchange
from endpoints import group_slug, load_endpoints, load_groups
from examples import LAST, Examples

ENDPOINTS = load_endpoints()
# Answers to an example that names a missing object.
NOT_THERE = re.compile("not found|no such|there is no|no [a-z ]+ has this|is not a service provider|has no ")
# Status of endpoints whose example names a missing object or lacks a value only a person knows.
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
    "POST /authz/authorization/fetch": 400,
    "POST /community/{communityName}/saml/acs": 302,
    "POST /community/{communityName}/slo": 302,
    "POST /community/{communityName}/sso": 302,
    "POST /community/{communityName}/wsfed": 302,
    "POST /ecdsa_helper/{method}": 400,
    "POST /jwt/verifyToken": 401,
    "POST /v2/request_access": 401,
    "POST /verifyuser": 401,
    "PUT /users/create": 409,
    "PUT /users/invite": 400,
}


def sorted_endpoints():
    return sorted(ENDPOINTS, key=lambda endpoint: LAST.index(endpoint.name) + 1 if endpoint.name in LAST else 0)


def test_every_endpoint_has_a_call_file(mount):
    assert set(mount.names(".api")) == {group_slug(group["group"]) for group in load_groups()}
    listed = {f".api/{group}/{name}" for group in mount.names(".api") for name in mount.names(f".api/{group}")}
    assert listed == {call_file(endpoint) for endpoint in ENDPOINTS}


def test_call_files_describe_their_endpoints(mount, sandbox):
    for endpoint in ENDPOINTS:
        text = mount.text(call_file(endpoint))
        assert endpoint.method in text and endpoint.path in text, endpoint.name
        for field in endpoint.row.get("body", []):
            assert field["name"] in text, (endpoint.name, field["name"])
    assert sandbox.writes() == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_endpoint_is_callable_by_file(mount, sandbox, tenantfs):
    examples = Examples(mount, sandbox)
    mount.allow()
    problems = []
    for endpoint in sorted_endpoints():
        request = examples.request(endpoint, mount.text(call_file(endpoint)))
        start = sandbox.mark()
        try:
            answer = exchange(mount / call_file(endpoint), request)
        except OSError as error:
            problems.append(f"{endpoint.name}: {error}")
            continue
        problems += problems_of(endpoint, sandbox.requests(start), answer)
    assert not problems, "\n".join(problems)
    check_all_requested(sandbox)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_endpoint_is_callable_by_command(mount, sandbox, tenantfs):
    examples = Examples(mount, sandbox)
    mount.allow()
    problems = []
    for endpoint in sorted_endpoints():
        request = examples.request(endpoint, mount.text(call_file(endpoint)))
        start = sandbox.mark()
        done = tenantfs("call", "--json", endpoint.method, endpoint.path, *examples.words(endpoint, request))
        if done.returncode not in (0, 1) or not done.stdout:
            problems.append(f"{endpoint.name}: exit {done.returncode}: {done.stderr}")
            continue
        answer = json.loads(done.stdout)
        if done.returncode != (0 if answer["status"] < 400 else 1):
            problems.append(f"{endpoint.name}: status {answer['status']}, exit {done.returncode}")
        problems += problems_of(endpoint, sandbox.requests(start), answer)
    assert not problems, "\n".join(problems)
    check_all_requested(sandbox)


def problems_of(endpoint, requests, answer):
    """Problems of one call: it must reach the server once, and its status must be the expected one."""
    made = [request for request in requests if request.name == endpoint.name]
    if len(made) != 1:
        return [f"{endpoint.name}: requested {[request.name for request in requests]}"]
    if made[0]["status"] != answer["status"]:
        return [f"{endpoint.name}: the server answered {made[0]['status']}, the caller got {answer['status']}"]
    expected = REFUSED.get(endpoint.name)
    if expected is None and answer["status"] in (400, 404) and NOT_THERE.search(json.dumps(answer["body"])):
        return []
    if answer["status"] != expected if expected else answer["status"] >= 300:
        return [f"{endpoint.name}: {answer} to {made[0].body}"]
    return []


def check_all_requested(sandbox):
    seen = {request.name for request in sandbox.requests()}
    assert {endpoint.name for endpoint in ENDPOINTS} <= seen


def test_call_file_fills_in_ids_of_a_bare_body(mount, sandbox):
    """A request that is only a body may be written bare; tenantId and communityId are filled in."""
    start = sandbox.mark()
    answer = exchange(mount / ".api/users/post-users-fetch", {"moduleId": "0", "pSize": 1, "pIndex": 0})
    [request] = [request for request in sandbox.requests(start) if request.name == "POST /users/fetch"]
    assert answer["status"] == request["status"]
    assert re.fullmatch("[0-9a-f]{24}", request.body["tenantId"])
    assert re.fullmatch("[0-9a-f]{24}", request.body["communityId"])


def test_refused_call_is_read_as_an_answer(mount, sandbox):
    answer = exchange(mount / ".api/users/post-users-user-lock", {"username": 7, "lock_duration": 30})
    assert answer["status"] == 400
    assert "username" in json.dumps(answer["body"])


def test_call_that_breaks_a_rule_is_refused_without_a_call(mount, sandbox, tenantfs):
    """Both ways name the member, and what it has to be or that it is missing."""
    call = "POST", "/helpdesk-passcode/generate"
    file = mount / ".api/helpdesk/post-helpdesk-passcode-generate"
    start = sandbox.mark()
    for seconds, refused in ((59, "validitySeconds: 59 must be at least 60"),
                             (None, "validitySeconds is missing")):
        body = {"userId": "alice", "serviceName": "1KosmosHelpdeskAdminCode"}
        body.update({"validitySeconds": seconds} if seconds else {})
        with pytest.raises(OSError):
            exchange(file, body)
        assert mount.errors()[-1]["error"]["message"] == refused
        assert mount.errors()[-1]["error"]["member"] == "/validitySeconds"
        done = tenantfs("call", *call, *(f"{name}={value}" for name, value in body.items()))
        assert done.returncode != 0 and refused in done.stderr
    assert sandbox.requests(start) == []


def test_invalid_json_is_refused_without_a_call(mount, sandbox):
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
