"""The change feed: changes by others appear within one interval, with few calls, and our own cause none."""
import json
import os

import pytest

from files import create, overwrite
from places import MFA, MODULES, PROVIDERS, SETTINGS, new_provider, plain_documents, plain_user
from waiting import until

FEED = pytest.mark.conf(feed_interval=1, freshness="1h")
AUDIT = "POST /reports/audit_log"
STATUS = "GET /healthz"


@pytest.fixture
def elsewhere(mounts, surroundings):
    """The same tenant, mounted by another client."""
    return mounts("elsewhere", env={"XDG_STATE_HOME": str(surroundings.folder / "elsewhere-state")})


def feed(tenantfs):
    return json.loads(tenantfs("status", "--json").stdout)["feed"]


def after_polls(tenantfs, count=2):
    """Waits until the audit log was read `count` times from now on."""
    until(lambda start=feed(tenantfs)["polls"]: feed(tenantfs)["polls"] >= start + count, 20, "the next poll")


def save(mount, path, **members):
    overwrite(mount / path, json.dumps({**mount.json(path), **members}, indent=2, ensure_ascii=False) + "\n")


@FEED
def test_changes_by_others_appear_in_the_mount(mount, elsewhere, sandbox, tenantfs):
    provider = next(plain_documents(mount, PROVIDERS, "environment"))
    module = mount.documents(MODULES)[0]
    user = plain_user(mount)
    after_polls(tenantfs, 1)
    for path, members in [(provider, {"mobileAppLabel": "Seen"}), (MFA, {"otpMaxAttempts": 8}),
                          (module, {"enhanced_security_on": True}), (user, {"firstname": "Augusta"}),
                          (f"{SETTINGS}/saml-idp.json", {"identifier": "another"}),
                          (f"{SETTINGS}/default-auth-scheme.json", {"modules": ["Internal User Store"]}),
                          ("communities/default/consents/biometric.json", {"title": "Others' words"}),
                          (f"{MODULES}/Werk München.d/brokers/dc2 %2F backup.json", {"enabled": True}),
                          (f"{MODULES}/Werk München.d/attributes/Department.json", {"attribute": "ou"})]:
        before = mount.text(path)
        size = os.stat(mount / path).st_size
        start = sandbox.mark()
        assert mount.text(path) == before
        assert [name for name in sandbox.names(start) if name not in (AUDIT, STATUS)] == []
        save(elsewhere, path, **members)
        until(lambda path=path, before=before: mount.text(path) != before, 20, f"the change of {path}")
        [name] = members
        assert mount.json(path)[name] == members[name]
        assert os.stat(mount / path).st_size == len(mount.text(path).encode()) != size or len(before) == size


@FEED
def test_change_by_others_invalidates_the_kernel_cache(mount, elsewhere, tenantfs):
    """stat alone shows the new size: no open has to revalidate the file."""
    mount.text(MFA)
    size = os.stat(mount / MFA).st_size
    after_polls(tenantfs, 1)
    save(elsewhere, MFA, otp_prompt_text="a far longer text than there was before, to be seen by its size")
    until(lambda: os.stat(mount / MFA).st_size > size + 20, 20, "the new size")


@FEED
def test_creation_and_removal_by_others_appear(mount, elsewhere, tenantfs):
    names = mount.names(PROVIDERS)
    after_polls(tenantfs, 1)
    create(elsewhere / PROVIDERS / "newcomer.json", new_provider(elsewhere, "newcomer"))
    until(lambda: "newcomer.json" in mount.names(PROVIDERS), 20, "the newcomer")
    os.unlink(elsewhere / PROVIDERS / "newcomer.json")
    until(lambda: mount.names(PROVIDERS) == names, 20, "its removal")


@FEED
def test_own_changes_cause_no_refetch(mount, sandbox, tenantfs):
    """One call an interval; documents we changed ourselves stay fresh."""
    provider = next(plain_documents(mount, PROVIDERS, "environment"))
    user = plain_user(mount)
    after_polls(tenantfs, 1)
    for path, members in [(MFA, {"otpMaxAttempts": 8}), (provider, {"mobileAppLabel": "Own"}),
                          (user, {"firstname": "Ada"})]:
        save(mount, path, **members)
    others = feed(tenantfs)["others"]
    start = sandbox.mark()
    polls = feed(tenantfs)["polls"]
    after_polls(tenantfs)
    for path in (MFA, provider, user):
        mount.text(path)
    assert set(sandbox.names(start)) == {AUDIT, STATUS}
    assert sandbox.names(start).count(AUDIT) <= feed(tenantfs)["polls"] - polls + 1
    assert feed(tenantfs)["others"] == others


def test_feed_is_off_by_default(mount, sandbox, tenantfs):
    mount.text(MFA)
    assert AUDIT not in sandbox.names()
    assert feed(tenantfs)["polls"] == 0


@FEED
def test_refused_audit_log_is_not_polled(mount, sandbox, tenantfs):
    """A refused audit log is not read every second; cached documents keep their age limit."""
    sandbox.fault("status=403,path=/reports/audit_log")
    until(lambda: feed(tenantfs)["error"], 20, "the refusal")
    start = sandbox.mark()
    mount.text(MFA)
    until(lambda end=[0]: end.__setitem__(0, end[0] + 1) or end[0] > 100, 20, "two seconds")
    assert AUDIT not in sandbox.names(start)
