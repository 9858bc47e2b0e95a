"""Every endpoint called by its file and by command, on a server that answers with the examples of the API document.

The requests are checked against the document's tables, the answers against its examples. The table of endpoints, ways
and verdicts is written to the build folder.
"""
import json
import os
import pathlib
import re

import pytest

from calls import call_file, exchange
from contract import complaints, row_of
from endpoints import load_endpoints
from examples import LAST, PATHS, example_request, file_words, has_parts

ENDPOINTS = sorted(load_endpoints(), key=lambda one: LAST.index(one.name) + 1 if one.name in LAST else 0)
# Endpoints whose success the API document does not describe.
NO_SUCCESS = {one.name for one in ENDPOINTS if min(one.row["statuses"]) >= 400}
# Signing on works as on any server, and has other answers.
REAL = ("GET /publickeys", "POST /v2/request_access")


def request_of(endpoint, described, sandbox):
    """The example of the call file, without the ids that are filled in."""
    if endpoint.name == "POST /v2/request_access":
        account = dict(re.findall(r"(\w+) = (.*)", (sandbox.data / "credentials").read_text()))
        return {name: account[name] for name in ("username", "password")}
    request = example_request(described)
    if has_parts(endpoint):
        request.setdefault("path", {}).update(PATHS.get(endpoint.name, {}))
    body = request.get("body", {}) if has_parts(endpoint) else request
    for name in ("tenantId", "communityId"):
        body.pop(name, None)
    return request


def words_of(endpoint, request, folder):
    parts = ("path", "query") if has_parts(endpoint) else ()
    words = [f"{name}={value}" for part in parts for name, value in request.get(part, {}).items()]
    words += file_words(endpoint, request, folder)
    body = request.get("body") if has_parts(endpoint) else request
    if body and endpoint.method != "GET":
        (folder / "body.json").write_text(json.dumps(body))
        words += ["--body", str(folder / "body.json")]
    return words


def verdict_of(endpoint, answer, made):
    """A cell of the table: `works`, or what differs from the row."""
    row = row_of(endpoint.name)
    made = [one for one in made if one.name == endpoint.name]
    if len(made) != 1:
        return f"fails: {len(made)} requests"
    problems = list(complaints(made[0]))
    if answer["status"] not in (row["statuses"] if endpoint.name in NO_SUCCESS else row["statuses"][:1]):
        problems.append(f"{answer['status']}, the document has {min(row['statuses'])}: {json.dumps(answer)[:300]}")
    elif endpoint.name not in REAL and "answer" in row and answer["body"] != row["answer"]:
        problems.append(f"the answer differs: {json.dumps(answer['body'])[:300]}")
    if problems:
        return "fails: " + "; ".join(problems)
    status = answer["status"]
    return f"works: {status}" if status < 400 else f"refused: {status}, no success is described"


def check_all(way, call, sandbox):
    """Calls every endpoint in one way; writes the table; no cell may fail."""
    rows = []
    for endpoint in ENDPOINTS:
        start = sandbox.mark()
        try:
            verdict = verdict_of(endpoint, call(endpoint), sandbox.requests(start))
        except (OSError, ValueError) as error:
            verdict = f"fails: {error}"
        rows.append((endpoint.name, "{}–{}".format(*endpoint.row["lines"]), verdict))
    text = "\n".join(["| endpoint | lines | verdict |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)])
    (pathlib.Path(os.environ["TENANTFS_BUILD"]) / f"literal-calls-by-{way}.md").write_text(text + "\n")
    failed = [": ".join(row) for row in rows if row[2].startswith("fails")]
    assert not failed, "\n".join(failed)


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
