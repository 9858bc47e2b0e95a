"""Every endpoint called by its file and by command, on a server that answers with the examples of the API document.

The requests are checked against the document's tables and samples, the answers against its examples. A table for each
way is written to the build folder: each request on the wire beside the sample of the document, and the verdict.
"""
import datetime
import json
import os
import pathlib
import re

import pytest

from calls import call_file, exchange
from contract import complaints, row_of
from curls import CURLS, completed, differences, wire_of
from endpoints import load_endpoints
from examples import LAST, PATHS, example_request, file_words, has_parts

ENDPOINTS = sorted(load_endpoints(), key=lambda one: LAST.index(one.name) + 1 if one.name in LAST else 0)
# Endpoints whose success the API document does not describe.
NO_SUCCESS = {one.name for one in ENDPOINTS if min(one.row["statuses"]) >= 400}
# Calls that need more than a session and a JSON body: a file, a further header, any query parameter, a redirection.
SPECIAL = {one.name for one in ENDPOINTS if one.row.get("upload") or one.row.get("open_query")
           or 302 in one.row["statuses"] or one.row.get("header_params") and one.name != "GET /publickeys"}
# Where a request rightly differs from its sample, and why.
TABLE = "the table has the other type"
OPEN = "the members are not known: any are sent"
EXPLAINED = {
    "POST /v2/request_access": {
        **{f"body.{name}": "another factor than the password" for name in (
            "SAMLResponse", "any_otp", "behavior_auth", "challengeHash", "hw_otp", "interactionUid",
            "isPreauthenticated", "mobile_totp", "profile_otp", "user_pin", "uwlSessionId", "web_otp")},
        "facts": "optional; test_further_calls.py sends it",
    },
    "PUT /authenticate/otp": {"body.isResetPassword: boolean, not string": TABLE},
    "PUT /generate/otp": {"body.isResetPassword: boolean, not string": TABLE},
    "PUT /identity_enroll/session/create": {f"body.{name}: string, not number": "texts in the text of the document"
                                            for name in ("smsISDCode", "smsTo")},
    "PUT /config/authentication/fido_settings": {f"body.{name}: boolean, not string": TABLE for name in (
        "fido_disabled", "fido_platform_authenticator_disabled", "fido_security_key_disabled")},
    "POST /msg_gateway/update": {"body.timeoutValue: number, not string": TABLE},
    "PUT /reports/event": {f"body.{name}": "the text has other members" for name in (
        "eventData.browser_agent", "eventData.was_redirected", "serverEventData.remote_address")},
    "PUT /serviceprovider/{type}": {"body.useExistingCOT: boolean, not string": "a boolean in the text"},
    "POST /session/response/fetch": {f"body.{name}: boolean, not string": "a boolean in the text"
                                     for name in ("aliasUsed", "transient")},
    "PUT /config/template": {f"body.templateData.self_onboarding.{name}": "a template of another channel or uuid"
                             for name in ("email", "sms.uuid")},
    "POST /webauthn/security_key": {"body.navigator_credentials_create_data": "stands for the members beside it"},
    **dict.fromkeys(("PUT /idp", "PATCH /idp/{id}", "PUT /external_idp", "PATCH /external_idp/{id}",
                     "PUT /authenticationJourney", "PATCH /authenticationJourney/{id}", "PUT /v2/authenticationJourney",
                     "PATCH /v2/authenticationJourney/{id}"), {"body: object, not string": OPEN}),
}
TODAY = datetime.datetime.now(datetime.timezone.utc)
LAST_WEEK = {name: f"{TODAY - datetime.timedelta(days=days):%Y-%m-%d} 00:00:00.000"
             for name, days in (("from", 7), ("to", 0))}
# Signing on works as on any server, and has other answers.
REAL = ("GET /publickeys", "POST /v2/request_access")


def request_of(endpoint, described, sandbox):
    """The example of the call file, without the ids that are filled in."""
    if endpoint.name == "POST /v2/request_access":
        account = dict(re.findall(r"(\w+) = (.*)", (sandbox.data / "credentials").read_text()))
        return {name: account[name] for name in ("username", "password")}
    request, row, curl = example_request(described), row_of(endpoint.name), CURLS[endpoint.name]
    if has_parts(endpoint):
        request.setdefault("path", {}).update(PATHS.get(endpoint.name, {}))
        query = completed(row["query"], request.get("query", {}), dict.fromkeys(curl.get("query", [])))
        request.update({"query": query} if query else {})
        if "body" in request:
            request["body"] = completed(row["body"], request["body"], curl.get("body"))
    else:
        request = completed(row["body"], request, curl.get("body"))
        request.update({name: LAST_WEEK[name] for name in LAST_WEEK if name in request})
    body = request.get("body", {}) if has_parts(endpoint) else request
    for name in ("tenantId", "communityId"):
        body.pop(name, None)
    return request


def word_of(value):
    return value if isinstance(value, str) else json.dumps(value)


def words_of(endpoint, request, folder):
    parts = ("path", "query") if has_parts(endpoint) else ()
    words = [f"{name}={word_of(value)}" for part in parts for name, value in request.get(part, {}).items()]
    words += file_words(endpoint, request, folder)
    body = request.get("body") if has_parts(endpoint) else request
    if body and endpoint.method != "GET":
        (folder / "body.json").write_text(json.dumps(body))
        words += ["--body", str(folder / "body.json")]
    return words


def verdict_of(endpoint, answer, request):
    """A cell of the table: `works`, or what differs from the row."""
    row, explained = row_of(endpoint.name), EXPLAINED.get(endpoint.name, {})
    problems = list(complaints(request))
    found = set(differences(endpoint.name, request))
    problems += [f"the sample has {one}" for one in sorted(found - explained.keys())]
    problems += [f"as in the sample: {one}" for one in sorted(explained.keys() - found)]
    if answer["status"] not in (row["statuses"] if endpoint.name in NO_SUCCESS else row["statuses"][:1]):
        problems.append(f"{answer['status']}, the document has {min(row['statuses'])}: {json.dumps(answer)[:300]}")
    elif endpoint.name not in REAL and "answer" in row and answer["body"] != row["answer"]:
        problems.append(f"the answer differs: {json.dumps(answer['body'])[:300]}")
    if problems:
        return "fails: " + "; ".join(problems)
    status = answer["status"]
    return f"works: {status}" if status < 400 else f"refused: {status}, no success is described"


def call_one(endpoint, call, sandbox):
    """The cells of an endpoint: the request on the wire, and the verdict."""
    start = sandbox.mark()
    try:
        answer = call(endpoint)
    except (OSError, ValueError) as error:
        return "", f"fails: {error}"
    made = [one for one in sandbox.requests(start) if one.name == endpoint.name]
    if len(made) != 1:
        return "", f"fails: {len(made)} requests"
    return json.dumps(wire_of(made[0])), verdict_of(endpoint, answer, made[0])


def check_all(way, call, sandbox):
    """Calls every endpoint in one way; writes the table; no cell may fail."""
    rows = []
    for endpoint in ENDPOINTS:
        wire, verdict = call_one(endpoint, call, sandbox)
        rows.append((endpoint.name, "{}–{}".format(*endpoint.row["lines"]), wire, json.dumps(CURLS[endpoint.name]),
                     "; ".join(f"{one}: {why}" for one, why in EXPLAINED.get(endpoint.name, {}).items()),
                     "yes" if endpoint.name in SPECIAL else "", verdict))
    head = ["endpoint", "lines", "request on the wire", "sample of the document", "why they differ", "special",
            "verdict"]
    lines = [head, ["---"] * len(head), *rows]
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    (pathlib.Path(os.environ["TENANTFS_BUILD"]) / f"literal-calls-by-{way}.md").write_text(text)
    failed = [": ".join((row[0], row[1], row[-1])) for row in rows if row[-1].startswith("fails")]
    assert not failed, "\n".join(failed)
    assert {row[0] for row in rows if row[-1].startswith("refused")} == NO_SUCCESS
    assert (len(rows), len(SPECIAL)) == (231, 17)


@pytest.mark.slow
@pytest.mark.sandbox("--literal")
def test_every_endpoint_by_its_file(mount, sandbox):
    mount.allow()

    def call(endpoint):
        path = mount / call_file(endpoint)
        return exchange(path, request_of(endpoint, path.read_text(), sandbox))

    check_all("file", call, sandbox)


@pytest.mark.slow
@pytest.mark.sandbox("--literal")
def test_every_endpoint_by_command(mount, sandbox, tenantfs):
    mount.allow()

    def call(endpoint):
        request = request_of(endpoint, mount.text(call_file(endpoint)), sandbox)
        words = words_of(endpoint, request, sandbox.data)
        done = tenantfs("call", "--json", endpoint.method, endpoint.path, *words)
        if not done.stdout:
            raise ValueError(f"exit {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    check_all("command", call, sandbox)
