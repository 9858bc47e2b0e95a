"""Logging in and the token's form: in one step, in two and by push, with servers that take one form of the token."""
import re
import signal
import time

import pytest

from sandbox import Sandbox
from waiting import until

MFA = "/config/authentication/mfa_settings"
ACCESS, START = "POST /v2/request_access", "PUT /session/new"


@pytest.fixture
def box(surroundings):
    """Starts a sandbox with the given options; its configuration has no token."""
    made = []

    def start(*options):
        box = Sandbox(surroundings, surroundings.folder / f"box{len(made)}", ["--users", 3, *options]).start()
        made.append(box)
        forget_token(box)
        return box

    yield start
    for one in made:
        one.stop()


def forget_token(box):
    kept = [line for line in box.conf.read_text().split("\n") if "token-file" not in line]
    box.conf.write_text("\n".join(kept))


def credentials(box):
    """User name, password and code of the sandbox's administrator."""
    return [line.split("=", 1)[-1].strip() for line in (box.data / "credentials").read_text().splitlines()]


def log_in(surroundings, box, *options, code=True):
    name, password, otp = credentials(box)
    answers = [password] + ([otp] if code else [])
    done = surroundings.run("tenantfs", "-c", box.conf, "login", "-u", name, *options, input="\n".join(answers) + "\n")
    for secret in (password, otp):
        assert secret not in done.stdout + done.stderr
    return done


def get_mfa(surroundings, box):
    return surroundings.run("tenantfs", "-c", box.conf, "call", "GET", MFA)


def steps(box, since=0):
    """Each request: its name, how the token was sent, and the status."""
    return [(request.name, request["token"], request["status"]) for request in box.requests(since)]


def with_token(box, since=0):
    return [step for step in steps(box, since) if step[1]]


FORMS = ("any", "sealed", "clear")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("named", ("jwt", "access_token", "data.jwt"))
def test_login_in_one_step(surroundings, box, form, named):
    """At most two calls find out the form; none is repeated later, by no other process."""
    server = box("--token-form", form, "--login", f"nothing,named={named}", "--keyless")
    done = log_in(surroundings, server, code=False)
    assert done.returncode == 0, done.stderr
    check = "GET /v2/authz/roles/fetch"
    found = [(check, "sealed", 200)]
    if form == "clear":
        found = [(check, "sealed", 401), (check, "clear", 200)]
    assert with_token(server) == found
    start = server.mark()
    for _ in range(2):
        assert get_mfa(surroundings, server).returncode == 0
    assert with_token(server, start) == [(f"GET {MFA}", "clear" if form == "clear" else "sealed", 200)] * 2


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("keyless", ((), ("--keyless",)))
def test_login_in_two_steps(surroundings, box, form, keyless):
    server = box("--token-form", form, "--login", "code", *keyless)
    done = log_in(surroundings, server)
    assert done.returncode == 0, done.stderr
    found = [(ACCESS, "sealed", 200)]
    if form == "clear":
        found = [(ACCESS, "sealed", 401), (ACCESS, "clear", 200)]
    assert with_token(server) == found
    start = server.mark()
    assert get_mfa(surroundings, server).returncode == 0
    assert with_token(server, start) == [(f"GET {MFA}", "clear" if form == "clear" else "sealed", 200)]


@pytest.mark.parametrize("form", FORMS)
def test_first_token_that_nothing_marks(surroundings, box, form):
    """The answer to the password has a token that opens no session: the code is asked for."""
    server = box("--token-form", form, "--login", "code,unmarked", "--keyless")
    assert log_in(surroundings, server).returncode == 0
    assert get_mfa(surroundings, server).returncode == 0
    requests = server.requests()
    bodies = [set(request.body) for request in requests if request.name == ACCESS and request.body]
    assert bodies[0] == {"tenantId", "communityId", "username", "password"}
    assert bodies[-1] == {"tenantId", "communityId", "username", "web_otp"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("unmarked", ("", ",unmarked"))
def test_login_by_push(surroundings, box, form, unmarked):
    server = box("--token-form", form, "--login", "push,polls=2" + unmarked, "--keyless")
    done = log_in(surroundings, server, "--factor", "push", code=False)
    assert done.returncode == 0, done.stderr
    assert "approve the login on your device" in done.stderr
    polls = [request for request in server.requests() if "uwlSessionId" in (request.body or {})]
    assert [poll["status"] for poll in polls][-3:] == [500, 200, 200]
    times = [poll["time"] for poll in polls][-3:]
    assert all(1.9 < later - earlier < 4 for earlier, later in zip(times, times[1:]))
    start = server.mark()
    assert get_mfa(surroundings, server).returncode == 0
    assert [step[2] for step in with_token(server, start)] == [200]


def test_push_is_taken_where_nothing_can_be_typed(surroundings, box):
    server = box("--login", "push")
    assert log_in(surroundings, server, code=False).returncode == 0


def test_push_that_is_refused(surroundings, box):
    server = box("--login", "refused,polls=1")
    done = log_in(surroundings, server, "--factor", "push", code=False)
    assert done.returncode == 1 and "the login was refused on the device" in done.stderr
    assert get_mfa(surroundings, server).returncode == 1


def test_push_that_nobody_answers(surroundings, box):
    server = box("--login", "never")
    started = time.monotonic()
    done = log_in(surroundings, server, "--factor", "push", "--wait", "5", code=False)
    assert done.returncode == 1 and "was not approved within the time allowed" in done.stderr
    assert time.monotonic() - started < 8
    assert log_in(surroundings, server, "--factor", "push", "--wait", "x").returncode == 1


def test_interrupted_push_ends_at_once(surroundings, box):
    server = box("--login", "never")
    name, password, _ = credentials(server)
    secret = surroundings.folder / "password"
    secret.write_text(password + "\n")
    with open(secret) as answers:
        process = surroundings.start("tenantfs", "-c", server.conf, "login", "-u", name, "--factor", "push",
                                     stdin=answers)
    until(lambda: any("uwlSessionId" in (request.body or {}) for request in server.requests()), 20, "a poll")
    process.send_signal(signal.SIGINT)
    assert process.wait(2) != 0
    calls = server.mark()
    time.sleep(2.5)
    assert server.mark() == calls


def test_unknown_factor_is_refused(surroundings, box):
    server = box()
    done = log_in(surroundings, server, "--factor", "fingerprint")
    assert done.returncode == 1 and "is no second factor" in done.stderr
    done = log_in(surroundings, server, "--factor", "user_pin")
    assert done.returncode == 1 and "the service does not ask for user_pin, but for any_otp" in done.stderr


def test_license_goes_with_every_sealed_call(surroundings, box):
    server = box()
    assert log_in(surroundings, server).returncode == 0
    assert get_mfa(surroundings, server).returncode == 0
    assert surroundings.run("tenantfs", "-c", server.conf, "call", "GET", "/healthz").returncode == 0
    sent = {request.name: request["license"] for request in server.requests()}
    unsealed = {"GET /healthz", "GET /publickeys"}
    assert all(license == (name not in unsealed) for name, license in sent.items()), sent


@pytest.mark.parametrize("setting", ("sealed", "clear"))
def test_configured_form_is_kept(surroundings, box, setting):
    server = box("--token-form", "clear" if setting == "sealed" else "sealed")
    server.conf.write_text(server.conf.read_text() + f"\ttoken-file = {server.data / 'token'}\n"
                           f"\ttoken-form = {setting}\n")
    done = get_mfa(surroundings, server)
    assert done.returncode == 1
    assert with_token(server) == [(f"GET {MFA}", setting, 401)]
    assert re.search(r"log in: tenantfs login -c \S+ -t sandbox", done.stderr)
