"""Requests of one call on the wire: their content, order and number, from the sandbox's log."""
import json
import re
import time

import pytest

from sandbox import Sandbox
from saving import without_ids

DONE, REFUSED, UNREACHABLE = 0, 1, 3
MFA = "/config/authentication/mfa_settings"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def statuses(sandbox, since, name=f"GET {MFA}"):
    return [request["status"] for request in sandbox.requests(since) if request.name == name]


def test_call_is_one_request(tenantfs, sandbox):
    """With a pinned key and a token, one call is one request, plus at most the look-up of ids."""
    start = sandbox.mark()
    tenantfs("call", "GET", MFA, check=True)
    names = sandbox.names(start)
    assert names[-1] == f"GET {MFA}"
    assert set(names[:-1]) <= {"POST /community_auth_info/fetch", "GET /publickeys"}
    assert len(names) == len(set(names))


def test_every_request_has_its_own_id_and_time(tenantfs, sandbox):
    """Each request has its own uuid and the current time, retries included."""
    sandbox.fault("status=503,count=2,path=" + MFA)
    start = sandbox.mark()
    tenantfs("call", "GET", MFA, check=True)
    tenantfs("call", "GET", MFA, check=True)
    requests = [request for request in sandbox.requests(start) if request.get("requestid")]
    uuids = [request["requestid"]["uuid"] for request in requests]
    assert len(uuids) == len(set(uuids)) >= 4
    for request in requests:
        assert UUID.fullmatch(request["requestid"]["uuid"])
        assert request["requestid"]["appid"] == "tenantfs"
        assert abs(request["requestid"]["ts"] - time.time()) < 60
        assert isinstance(request["requestid"]["ts"], int)


def test_request_bodies_are_sealed(tenantfs, sandbox):
    """The sandbox refuses a clear body: a body in its log was sealed on the wire."""
    start = sandbox.mark()
    done = tenantfs("call", "PUT", "/config/session_attributes", 'data:=["cost centre", "Abteilung"]')
    assert done.returncode == DONE, done.stderr
    [write] = sandbox.writes(start)
    assert write.body["data"] == ["cost centre", "Abteilung"]


@pytest.mark.parametrize("fault", ["status=500", "status=502", "status=503", "status=504", "drop"])
def test_failed_read_is_retried(tenantfs, sandbox, fault):
    sandbox.fault(f"{fault},count=2,path={MFA}")
    start = sandbox.mark()
    done = tenantfs("call", "GET", MFA)
    assert done.returncode == DONE, done.stderr
    assert len(statuses(sandbox, start)) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418, 422])
def test_refusal_is_not_retried(tenantfs, sandbox, status):
    sandbox.fault(f"status={status},path={MFA}")
    start = sandbox.mark()
    done = tenantfs("call", "GET", MFA)
    assert done.returncode == REFUSED
    assert f"HTTP status: {status}" in done.stderr
    # The token's other form is tried once.
    assert statuses(sandbox, start) == [status] * (2 if status == 401 else 1)


@pytest.mark.conf(timeout="8s")
def test_retries_end_at_the_deadline(tenantfs, sandbox):
    sandbox.fault(f"status=503,path={MFA}")
    start = sandbox.mark()
    done = tenantfs("call", "GET", MFA)
    assert done.returncode == UNREACHABLE
    assert 2 <= len(statuses(sandbox, start)) <= 8


def create_provider(tenantfs, sandbox):
    body = sandbox.data / "body.json"
    listed = json.loads(tenantfs("call", "POST", "/serviceprovider/fetch", check=True).stdout)
    records = listed if isinstance(listed, list) else listed["data"]
    record = next(record for record in records if record["type"] == "saml")
    config = {**without_ids(record["saml_config"]), "signingAlgo": "RSA_SHA256"}  # read as a URI
    body.write_text(json.dumps({"name": "Made once", "type": "saml", "saml_config": config}))
    return tenantfs("call", "PUT", "/serviceprovider", "--body", body)


def test_create_with_a_lost_answer_is_not_retried(tenantfs, sandbox):
    """The API has no idempotency key: a second PUT would create a second object."""
    sandbox.fault("drop-after,path=/serviceprovider,method=PUT")
    start = sandbox.mark()
    done = create_provider(tenantfs, sandbox)
    assert done.returncode == UNREACHABLE
    assert len(statuses(sandbox, start, "PUT /serviceprovider")) == 1


def test_create_is_not_retried_on_500(tenantfs, sandbox):
    sandbox.fault("status=500,path=/serviceprovider,method=PUT")
    start = sandbox.mark()
    create_provider(tenantfs, sandbox)
    assert len(statuses(sandbox, start, "PUT /serviceprovider")) == 1


def test_retry_waits_for_retry_after(tenantfs, sandbox):
    sandbox.fault(f"429,retry-after=2,count=1,path={MFA}")
    start = sandbox.mark()
    before = time.monotonic()
    done = tenantfs("call", "GET", MFA)
    assert done.returncode == DONE, done.stderr
    assert statuses(sandbox, start) == [429, 200]
    assert 1.9 < time.monotonic() - before < 6


def test_429_without_retry_after_is_retried(tenantfs, sandbox):
    sandbox.fault(f"429,count=1,path={MFA}")
    start = sandbox.mark()
    assert tenantfs("call", "GET", MFA).returncode == DONE
    assert statuses(sandbox, start) == [429, 200]


@pytest.mark.conf(timeout="3s")
def test_429_past_the_deadline_is_not_retried(tenantfs, sandbox):
    sandbox.fault(f"429,retry-after=60,path={MFA}")
    before = time.monotonic()
    start = sandbox.mark()
    done = tenantfs("call", "GET", MFA)
    assert done.returncode == REFUSED
    assert "try again in a minute" in done.stderr
    assert statuses(sandbox, start) == [429]
    assert time.monotonic() - before < 4


@pytest.mark.parametrize("fault", ["badtag", "oldkey"])
def test_undecryptable_answer_is_not_retried(tenantfs, sandbox, fault):
    sandbox.fault(f"{fault},path={MFA}")
    start = sandbox.mark()
    done = tenantfs("call", "GET", MFA)
    assert done.returncode == UNREACHABLE
    assert "key" in done.stderr
    assert len(statuses(sandbox, start)) == 1


def test_service_key_is_fetched_once_and_pinned(tenantfs, sandbox):
    conf = sandbox.conf.read_text()
    sandbox.conf.write_text(re.sub(r"(?m)^\s*service-key.*\n", "", conf))
    assert sandbox.conf.read_text() != conf
    start = sandbox.mark()
    tenantfs("call", "GET", MFA, check=True)
    tenantfs("call", "GET", MFA, check=True)
    assert sandbox.names(start).count("GET /publickeys") == 1


def test_changed_key_is_reported_with_both_fingerprints(tenantfs, sandbox):
    sandbox.conf.write_text(re.sub(r"(?m)^\s*service-key.*\n", "", sandbox.conf.read_text()))
    tenantfs("call", "GET", MFA, check=True)
    sandbox.fault("oldkey")
    done = tenantfs("call", "GET", MFA)
    assert done.returncode == UNREACHABLE
    assert len(set(re.findall(r"\b[0-9a-f]{16}\b", done.stderr))) == 2, done.stderr


@pytest.mark.parametrize("curve", ["secp256k1", "prime256v1"])
def test_call_works_with_each_curve(surroundings, curve):
    box = Sandbox(surroundings, surroundings.folder / "box", ["--curve", curve]).start()
    try:
        assert box.tenant()["curve"] == curve
        done = surroundings.run("tenantfs", "-c", box.conf, "call", "GET", MFA)
        assert done.returncode == DONE, done.stderr
    finally:
        box.stop()


def test_call_over_tls_checks_the_certificate(surroundings):
    box = Sandbox(surroundings, surroundings.folder / "box", ["--tls"]).start()
    try:
        assert box.url.startswith("https://")
        assert surroundings.run("tenantfs", "-c", box.conf, "call", "GET", MFA).returncode == DONE
        kept = [line for line in box.conf.read_text().split("\n") if "ca-file" not in line]
        box.conf.write_text("\n".join(kept))
        refused = surroundings.run("tenantfs", "-c", box.conf, "call", "GET", MFA)
        assert refused.returncode == UNREACHABLE
        assert "certificate" in refused.stderr
    finally:
        box.stop()


def test_seed_determines_the_tenant(surroundings):
    """The same seed makes the same tenant, another seed another tenant."""
    found = []
    for number, seed in enumerate((5, 5, 6)):
        box = Sandbox(surroundings, surroundings.folder / f"box{number}" / "data", ["--seed", seed]).start()
        done = surroundings.run("tenantfs", "-c", box.conf, "call", "POST", "/serviceprovider/fetch", check=True,
                                env={"XDG_STATE_HOME": str(surroundings.folder / f"state{number}")})
        found.append(done.stdout)
        box.stop()
    assert found[0] == found[1] != found[2]


def test_secret_value_on_the_command_line_is_refused(tenantfs, sandbox):
    start = sandbox.mark()
    done = tenantfs("call", "POST", "/secret-store/create", "tag=smtp", "value=plain")
    assert done.returncode == 64
    assert sandbox.writes(start) == []
    done = tenantfs("call", "POST", "/secret-store/create", "tag=smtp", "value=@-", input="from a pipe")
    assert done.returncode == DONE, done.stderr
    [write] = sandbox.writes(start)
    assert write.body["value"] == "from a pipe"
