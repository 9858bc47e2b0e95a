"""Every endpoint of the API can be called, as a file below .api/ and by `tenantfs call`, in a form the server takes."""
import json
import os
import re

import pytest

from endpoints import load_endpoints

ENDPOINTS = load_endpoints()
# Whose call ends the session or takes the mount's credentials away: called last.
LAST = {"GET /logout", "DELETE /servicekey/{keyId}", "DELETE /loginsessions/user/other",
        "DELETE /loginsessions/admin/user/all"}


def call_file(endpoint):
    slug = endpoint.method.lower() + re.sub(r"[{}]", "", endpoint.path).replace("/", "-")
    return f".api/{endpoint.slug}/{slug}"


def path_values(endpoint):
    """A value for each parameter of the path, of the form such a parameter has."""
    values = {}
    for name in re.findall(r"\{(\w+)\}", endpoint.path):
        values[name] = {"communityName": "default", "dns": "127.0.0.1", "type": "saml", "method": "encrypt",
                        "ipfsHash": "Qm" + "a" * 44}.get(name, "5f3d1c2b4a69788796a5b4c3")
    return values


def query_values(endpoint):
    fields = endpoint.row.get("query", [])
    return {field["name"]: field.get("sample", "x") for field in fields if field.get("required")}


def example_request(described):
    """The example a call file gives of itself is a request as it can be written, whole."""
    return json.loads(described.split("\nExample:\n", 1)[1].split("\n\nWrite the request", 1)[0])


def in_order():
    return sorted(ENDPOINTS, key=lambda endpoint: endpoint.name in LAST)


def exchange(path, request):
    """Writes the request and reads the answer through one descriptor."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.write(descriptor, json.dumps(request).encode())
        answer = b""
        while part := os.read(descriptor, 1 << 16):
            answer += part
    finally:
        os.close(descriptor)
    return json.loads(answer)


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
def test_each_by_file(mount, sandbox):
    problems = []
    for endpoint in in_order():
        request = example_request(mount.text(call_file(endpoint)))
        if endpoint.parameters:
            request["path"] = {**path_values(endpoint), **request.get("path", {})}
        start = sandbox.mark()
        try:
            answer = exchange(mount / call_file(endpoint), request)
        except OSError as error:
            problems.append(f"{endpoint.name}: {error}")
            continue
        problems += judge(endpoint, sandbox.requests(start), answer["status"])
    assert not problems, "\n".join(problems)
    check_all_seen(sandbox)


@pytest.mark.timeout(400)
def test_each_by_command(mount, sandbox, tenantfs):
    problems = []
    for endpoint in in_order():
        described = tenantfs("call", "--describe", endpoint.method, endpoint.path, check=True).stdout
        assert endpoint.path in described
        request = example_request(mount.text(call_file(endpoint)))
        words = [f"{name}={value}" for name, value in
                 {**path_values(endpoint), **request.get("path", {}), **request.get("query", {})}.items()]
        body = sandbox.data / "body.json"
        if "body" in request:
            body.write_text(json.dumps(request["body"]))
            words += ["--body", str(body)]
        start = sandbox.mark()
        done = tenantfs("call", "--json", endpoint.method, endpoint.path, *words)
        if done.returncode not in (0, 1) or not done.stdout:
            problems.append(f"{endpoint.name}: exit {done.returncode}: {done.stderr}")
            continue
        status = json.loads(done.stdout)["status"]
        assert done.returncode == (0 if status < 400 else 1) or status >= 500, endpoint.name
        problems += judge(endpoint, sandbox.requests(start), status)
    assert not problems, "\n".join(problems)
    check_all_seen(sandbox)


def judge(endpoint, requests, status):
    """It reached the server once, in a form it takes: a made-up object may be missing (404), never malformed."""
    made = [request for request in requests if request.name == endpoint.name]
    if len(made) != 1:
        return [f"{endpoint.name}: requested {[request.name for request in requests]}"]
    if made[0]["status"] != status:
        return [f"{endpoint.name}: the server said {made[0]['status']}, the caller was told {status}"]
    if status >= 500 or status in (401, 403, 405) or (status == 400 and not is_about_values(made[0])):
        return [f"{endpoint.name}: {status} {made[0].body}"]
    return []


def is_about_values(request):
    """A refusal of a value nobody could guess (an OTP, a signature) is no fault of the form."""
    return False


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
