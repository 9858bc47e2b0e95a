"""Calls with a file, further headers or free query parameters, and redirections, by call file and by command: the
request that arrives, beside the sample of the API document."""
import base64
import json

import pytest

from calls import exchange
from kinds import CATALOGUE_READ

# Bytes that are no text.
BYTES = bytes(range(256)) * 3
# (call, call file): calls that take a file (API document, lines 5155, 5358, 16935).
UPLOADS = [
    ("POST", "/hardwaretokens/import_csv", "hardware-tokens/post-hardwaretokens-import_csv"),
    ("POST", "/hardwaretokens/usertokens/import_csv", "hardware-tokens/post-hardwaretokens-usertokens-import_csv"),
    ("POST", "/image/upload", "image/post-image-upload"),
]
# (call, call file, body): calls that take any query parameters (lines 10445, 13478, 13565, 13649).
FREE_QUERIES = [
    ("PUT", "/register/sendverify", "self-registration/put-register-sendverify",
     {"email": "a@example.com", "captchaToken": "c"}),
    ("POST", "/password_reset", "reset-password/post-password_reset",
     {"code": "c", "newPassword": "p", "user_token": "t"}),
    ("POST", "/password_reset/user/fetch", "reset-password/post-password_reset-user-fetch", None),
    ("PUT", "/password_reset/sendverify", "reset-password/put-password_reset-sendverify", None),
]
# (method, end of the path, query, body): calls that answer 302 and a Location (lines 5847 to 6285).
REDIRECTIONS = [
    ("GET", "saml/acs", {"SAMLResponse": "PHM+", "RelayState": "r s"}, None),
    ("POST", "saml/acs", {}, {"SAMLResponse": "PHM+", "RelayState": "r s"}),
    ("GET", "slo", {}, None),
    ("POST", "slo", {}, None),
    ("GET", "sso", {"SAMLRequest": "PHM+", "RelayState": "r", "SigAlg": "a", "Signature": "s="}, None),
    ("POST", "sso", {"RelayState": "r"}, {"SAMLRequest": "PHM+"}),
    ("GET", "wsfed", {"wtrealm": "urn:app", "wa": "wsignin1.0"}, None),
    ("POST", "wsfed", {}, {"wtrealm": "urn:app", "wa": "wsignin1.0"}),
]
# The fields of the bodies by call.
ROWS = {call: {field["name"]: field for field in CATALOGUE_READ.endpoints[at]["body"]}
        for call, at in CATALOGUE_READ.by_call.items()}
KERBEROS = "/tenant/{tenantId}/community/{communityId}/request_access_with_kerberos"


def answer_of(done):
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def only(sandbox, start, call):
    [request] = [request for request in sandbox.requests(start) if request.name == call]
    return request


def has_sample_headers(request):
    """The headers of nearly every sample: requestid, publickey and a session. The sandbox refuses a call without."""
    return request["requestid"]["appid"] and request["refusal"] is None


def secret_words(folder, **secrets):
    for name, value in secrets.items():
        (folder / name).write_text(value)
        yield f"{name.replace('_', '-')}=@{folder / name}"


@pytest.mark.parametrize("method, path, file", UPLOADS)
def test_file_is_uploaded(mount, sandbox, tenantfs, method, path, file):
    mount.allow()
    encoded = base64.b64encode(BYTES).decode()
    (sandbox.data / "tokens 1.csv").write_bytes(BYTES)
    ways = [
        lambda: exchange(mount / f".api/{file}", {"file": {"name": "tokens 1.csv", "base64": encoded}}),
        lambda: answer_of(tenantfs("call", "--json", method, path, f"file=@{sandbox.data}/tokens 1.csv")),
    ]
    for way in ways:
        start = sandbox.mark()
        assert way()["status"] == 200
        request = only(sandbox, start, f"{method} {path}")
        assert request["upload"] == {"field": "file", "name": "tokens 1.csv", "base64": encoded}
        assert has_sample_headers(request) and request["token"] and request.body is None and not request["query"]


def test_text_is_uploaded_as_a_file(mount, sandbox):
    mount.allow()
    for text in ("serialNumber,seed\nä,1\n", ""):
        start = sandbox.mark()
        exchange(mount / ".api/image/post-image-upload", {"file": {"name": "a.csv", "text": text}})
        upload = only(sandbox, start, "POST /image/upload")["upload"]
        assert base64.b64decode(upload["base64"]).decode() == text


def test_upload_without_a_file_is_refused_without_a_call(mount, sandbox, tenantfs):
    mount.allow()
    file = mount / ".api/image/post-image-upload"
    start = sandbox.mark()
    for request in ({}, {"file": {"name": "a"}}, {"file": {"name": "a", "base64": "?"}},
                    {"file": {"name": "a", "base64": "", "text": ""}}):
        with pytest.raises(OSError):
            exchange(file, request)
        assert "takes a file" in mount.errors()[-1]["error"]["message"]
    with pytest.raises(OSError):
        exchange(mount / ".api/users/get-users-user-ial", {"file": {"name": "a", "text": ""}})
    for words in (["file=text"], ["other=1"], []):
        done = tenantfs("call", "POST", "/image/upload", *words)
        assert done.returncode != 0 and "file" in done.stderr
    assert sandbox.requests(start) == []


def test_kerberos_token_takes_the_place_of_the_session(mount, sandbox, tenantfs):
    mount.allow()
    file = mount / ".api/authenticate/get-tenant-tenantId-community-communityId-request_access_with_kerberos"
    headers = {"authorization": "Negotiate YIIBQgYJ", "x-jwt-token": "Bearer YIIBQgYJ"}
    words = list(secret_words(sandbox.data, authorization=headers["authorization"], x_jwt_token=headers["x-jwt-token"]))
    ways = [
        lambda: exchange(file, {"query": {"reauthentication": "true"}, "headers": headers}),
        lambda: answer_of(tenantfs("call", "--json", "GET", KERBEROS, "reauthentication=true", *words)),
    ]
    for way in ways:
        start = sandbox.mark()
        assert way()["status"] == 401
        request = only(sandbox, start, f"GET {KERBEROS}")
        assert request["headers"] == headers
        assert request["query"] == {"reauthentication": "true"} and request.body is None
        assert request["requestid"]["appid"]


def test_kerberos_token_of_another_form_is_refused_without_a_call(mount, sandbox, tenantfs):
    mount.allow()
    file = mount / ".api/authenticate/get-tenant-tenantId-community-communityId-request_access_with_kerberos"
    start = sandbox.mark()
    for headers in ({}, {"authorization": "Bearer YIIB"}):
        with pytest.raises(OSError):
            exchange(file, {"headers": headers})
        assert mount.errors()[-1]["error"]["member"] == "/authorization"
        assert "YIIB" not in mount.errors()[-1]["error"]["message"]
    done = tenantfs("call", "GET", KERBEROS, "authorization=Negotiate YIIB")
    assert done.returncode != 0 and "is a secret" in done.stderr
    assert sandbox.requests(start) == []


def test_facts_are_sealed(mount, sandbox, tenantfs):
    mount.allow()
    facts = {"deviceId": "d1", "deviceDomain": "example.com"}
    body = {"username": "nobody", "password": "p"}
    (sandbox.data / "password").write_text("p")
    ways = [
        lambda: exchange(mount / ".api/authenticate-v-2/post-v2-request_access",
                         {"headers": {"facts": facts}, "body": body}),
        lambda: answer_of(tenantfs("call", "--json", "POST", "/v2/request_access", "username=nobody",
                                   f"password=@{sandbox.data}/password", "facts.deviceId=d1",
                                   "facts.deviceDomain=example.com")),
    ]
    for way in ways:
        start = sandbox.mark()
        assert way()["status"] == 401
        request = only(sandbox, start, "POST /v2/request_access")
        assert request["headers"] == {"facts": facts}
        assert request.body.items() >= body.items() and request["requestid"]["appid"]


@pytest.mark.parametrize("method, path, file, body", FREE_QUERIES)
def test_query_may_have_any_parameter(mount, sandbox, tenantfs, method, path, file, body):
    mount.allow()
    body = body or {"destination": "alice", "user_token": "t", "code": "c", "license": "l", "captchaToken": "c"}
    described = mount.text(f".api/{file}")
    body = {name: value for name, value in body.items() if f"  {name}: " in described}
    (sandbox.data / "body.json").write_text(json.dumps(body))
    query = {"theme": "dark & blue", "utm_source": "mail"}
    ways = [
        lambda: exchange(mount / f".api/{file}", {"query": query, "body": body}),
        lambda: answer_of(tenantfs("call", "--json", method, path, "--body", str(sandbox.data / "body.json"),
                                   *(f"{name}={value}" for name, value in query.items()))),
    ]
    for way in ways:
        start = sandbox.mark()
        way()
        request = only(sandbox, start, f"{method} {path}")
        assert request["query"] == query
        assert request.body.items() >= body.items()
        assert "is not allowed" not in (request["refusal"] or "")


@pytest.mark.parametrize("method, end, query, body", REDIRECTIONS)
def test_redirection_shows_its_target(mount, sandbox, tenantfs, method, end, query, body):
    mount.allow()
    path = f"/community/{{communityName}}/{end}"
    file = f".api/community-saml/{method.lower()}-community-communityName-{end.replace('/', '-')}"
    words = [f"{name}={value}" for part in (query, body or {}) for name, value in part.items()]
    made = {"query": query, **({"body": body} if body else {})}
    for way in (lambda: exchange(mount / file, made),
                lambda: answer_of(tenantfs("call", "--json", method, path, "communityName=default", *words))):
        start = sandbox.mark()
        answer = way()
        assert answer["status"] == 302
        assert answer["headers"]["location"] == "https://app.example.com/?signed=on"
        request = only(sandbox, start, f"{method} {path}")
        assert request.path == f"/community/default/{end}"
        assert (request["query"] or {}) == query and (request.body or {}) == (body or {})
        assert request["requestid"] is None and request["token"] is None
    done = tenantfs("call", method, path, "communityName=default", *words)
    assert (done.returncode, done.stdout.strip()) == (0, "https://app.example.com/?signed=on")


@pytest.mark.sandbox("--literal")
def test_download_shows_its_file_name(mount, tenantfs):
    done = tenantfs("call", "--json", "GET", "/community/{communityName}/idp/{idpIdentifier}/metadata",
                    "communityName=default", "idpIdentifier=one", "download=true")
    assert answer_of(done)["headers"]["content-disposition"] == 'attachment; filename="metadata.xml"'


def test_retry_after_is_shown(mount, sandbox):
    mount.allow()
    sandbox.fault("status=400,retry-after=7,count=1,path=/image/upload")
    answer = exchange(mount / ".api/image/post-image-upload", {"file": {"name": "a.png", "text": "a"}})
    assert (answer["status"], answer["headers"].get("retry-after")) == (400, 7)


# (path, call file, members): what the document's text adds and its table and example lack is not sent (lines 1644,
# 16069); texts of digits, which a number would shorten (lines 8102, 16827).
EXACT = [
    ("/users/user/unlock", "users/post-users-user-unlock", {"username": "user_0"}),
    ("/user_properties/check_unique/alias", "user-properties/post-user_properties-check_unique-alias",
     {"alias": "free"}),
    ("/identity_enroll/ssn_enroll", "identity-enroll/post-identity_enroll-ssn_enroll", {"ssn": "001234567"}),
    ("/hardwareotp/onespan/test", "hardwareotp/post-hardwareotp-onespan-test",
     {"user_name": "user_0", "otp": "000123"}),
]


@pytest.mark.sandbox("--literal")
@pytest.mark.parametrize("path, file, body", EXACT)
def test_body_is_exactly_what_was_given(mount, sandbox, tenantfs, path, file, body):
    row = ROWS[f"POST {path}"]
    words = [f"{name}={value}" if not row[name].get("secret") else f"{name}=@{secret_file(sandbox, value)}"
             for name, value in body.items()]
    for way in (lambda: exchange(mount / ".api" / file, body),
                lambda: answer_of(tenantfs("call", "--json", "POST", path, *words))):
        start = sandbox.mark()
        assert way()["status"] < 300
        sent = only(sandbox, start, f"POST {path}").body
        assert {name: value for name, value in sent.items() if not row[name].get("required") or name in body} == body


def secret_file(sandbox, value):
    file = sandbox.data / "given"
    file.write_text(value)
    file.chmod(0o600)
    return file
