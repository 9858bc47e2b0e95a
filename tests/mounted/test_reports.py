"""Reports as files: days that exist by name only, metrics, enrollment, jobs, and the audit log of a change."""
import datetime
import json
import os

import pytest

from files import create, overwrite, refusal
from places import MFA

REPORTS = "communities/default/reports"
LISTS = {"audit-log": "auditLogEvents", "events": "events", "login-activity": "activityEvents"}
METRICS = ["M_C_ACTIVE_USER", "M_C_LOGINS", "M_C_LOGIN_FAILED", "M_C_NEW_DEVICES", "M_GT_SUCCESSFUL_AUTHENTICATIONS",
           "M_G_APPLICATION_USAGE", "M_G_LOGIN_FAILED", "M_T_NEW_DEVICES"]


class Today:
    """The time at which a test began: midnight may pass during the test."""
    now = None


@pytest.fixture(autouse=True)
def today():
    Today.now = datetime.datetime.now(datetime.timezone.utc)


def day(ago):
    """The date `ago` days ago in UTC, which the service's days follow."""
    return (Today.now - datetime.timedelta(days=ago)).strftime("%Y-%m-%d")


def report_calls(sandbox, start):
    return [request for request in sandbox.requests(start) if request.path.startswith("/reports/")]


def call(mount, slug, request):
    """Calls an endpoint through its file below .api and returns the answer's body."""
    descriptor = os.open(mount / f".api/reports/{slug}", os.O_RDWR)
    try:
        os.write(descriptor, json.dumps(request).encode())
        answer = json.loads(os.pread(descriptor, 1 << 20, 0))
    finally:
        os.close(descriptor)
    assert answer["status"] == 200
    return answer.get("body")


def test_days_are_not_listed(mount, sandbox):
    start = sandbox.mark()
    assert mount.names(REPORTS) == ["audit-log", "enrollment", "events", "jobs", "login-activity", "metrics"]
    for name in [*LISTS, "enrollment", *(f"metrics/{metric}" for metric in METRICS)]:
        assert mount.names(f"{REPORTS}/{name}") == []
    assert mount.names(f"{REPORTS}/metrics") == METRICS
    assert report_calls(sandbox, start) == []


@pytest.mark.parametrize("name", LISTS)
def test_day_is_read_by_one_call(mount, sandbox, name):
    start = sandbox.mark()
    events = mount.json(f"{REPORTS}/{name}/{day(3)}.json")[LISTS[name]]
    calls = report_calls(sandbox, start)
    assert [request.path for request in calls] == [f"/reports/{name.replace('-', '_')}"]
    body = calls[0].body
    assert (body["from"], body["to"]) == (f"{day(3)} 00:00:00.000", f"{day(3)} 23:59:59.999")
    assert (body["pSize"], body["pIndex"]) == (100, 0)
    assert set(body) == {"tenantId", "communityId", "from", "to", "pSize", "pIndex"}
    times = [event["event_ts"] for event in events]
    assert times == sorted(times, reverse=True)
    for time in times:
        assert datetime.datetime.fromtimestamp(time / 1000, datetime.timezone.utc).strftime("%Y-%m-%d") == day(3)
    mount.text(f"{REPORTS}/{name}/{day(3)}.json")
    assert len(report_calls(sandbox, start)) == 1


def test_days_of_a_month_have_all_its_events(mount, sandbox):
    whole = call(mount, "post-reports-events", {"from": f"{day(30)} 00:00:00.000", "to": f"{day(1)} 23:59:59.999"})
    by_day = [mount.json(f"{REPORTS}/events/{day(ago)}.json")["events"] for ago in range(1, 31)]
    assert sum(map(len, by_day)) == whole["page"]["total"] > 100


def test_day_of_many_pages_is_one_document(mount, sandbox):
    events = [{"type": "event", "eventName": "E_LOGIN_VISITED", "event_id": f"e{number}", "caller_user_agent": "x",
               "version": "1"} for number in range(230)]
    for event in events:
        call(mount, "put-reports-event", {"eventData": event, "serverEventData": {"event_ts": True}})
    start = sandbox.mark()
    found = mount.json(f"{REPORTS}/events/{day(0)}.json")["events"]
    assert sorted(request.body["pIndex"] for request in report_calls(sandbox, start)) == \
        list(range(-(-len(found) // 100)))
    seen = [event["event_id"] for event in found if event["eventName"] == "E_LOGIN_VISITED"]
    assert sorted(seen) == sorted(event["event_id"] for event in events)


def test_login_activity_has_the_login_of_each_event(mount, sandbox):
    report = mount.json(f"{REPORTS}/login-activity/{day(2)}.json")
    assert report["activityEvents"]
    for event in report["activityEvents"]:
        login = report["loginEvents"][event["session_id"]]
        assert (login["eventName"], login["user_id"]) == ("E_LOGIN_SUCCEEDED", event["user_id"])


BAD_DAYS = ["2026-02-30", "yesterday", "2026-1-1", "20260101", "2026-01-01T00"]


@pytest.mark.parametrize("name", [*LISTS, "metrics/M_C_LOGINS"])
def test_names_of_no_report_day_do_not_exist(mount, sandbox, name):
    start = sandbox.mark()
    for bad in [*BAD_DAYS, day(90), day(400), day(-3)]:
        assert refusal(os.stat, mount / f"{REPORTS}/{name}/{bad}.json") == "ENOENT"
    assert report_calls(sandbox, start) == []
    mount.json(f"{REPORTS}/{name}/{day(89)}.json")
    assert len(report_calls(sandbox, start)) == 1


def test_audit_log_has_a_change_with_its_user(mount, sandbox):
    path = f"{REPORTS}/audit-log/{day(0)}.json"
    document = mount.json(MFA)
    document["otpMaxAttempts"] += 1
    overwrite(mount / MFA, json.dumps(document))
    newest = mount.json(path)["auditLogEvents"][0]
    assert (newest["eventName"], newest["user_id"], newest["eventCategory"]) == \
        ("E_MFA_SETTINGS_UPDATED", "admin", "AUDIT_LOG")


def test_reports_are_read_only(mount, sandbox):
    path = f"{REPORTS}/audit-log/{day(1)}.json"
    mount.text(path)
    start = sandbox.mark()
    assert refusal(overwrite, mount / path, "{}") == "EROFS"
    assert refusal(os.unlink, mount / path) in ("EROFS", "EPERM")
    assert refusal(create, mount / f"{REPORTS}/audit-log/new.json", "{}") == "EROFS"
    assert refusal(os.mkdir, mount / f"{REPORTS}/metrics/M_NEW") == "EPERM"
    assert sandbox.writes(start) == []


@pytest.mark.parametrize("name", METRICS)
def test_metric_of_a_day_is_one_call(mount, sandbox, name):
    start = sandbox.mark()
    document = mount.json(f"{REPORTS}/metrics/{name}/{day(1)}.json")
    body = report_calls(sandbox, start)[0].body
    assert body["metricsName"] == name and body["from"] == f"{day(1)} 00:00:00.000"
    assert list(document) == (["count"] if name.startswith("M_C_") else ["values"])


def test_metrics_match_the_events(mount, sandbox):
    events = mount.json(f"{REPORTS}/events/{day(1)}.json")["events"]
    logins = [event for event in events if event["eventName"] == "E_LOGIN_SUCCEEDED"]
    assert mount.json(f"{REPORTS}/metrics/M_C_LOGINS/{day(1)}.json") == {"count": len(logins)}
    values = mount.json(f"{REPORTS}/metrics/M_GT_SUCCESSFUL_AUTHENTICATIONS/{day(1)}.json")["values"]
    assert sum(value["count"] for value in values) == len(logins)
    people = {event["user_id"] for event in logins}
    assert mount.json(f"{REPORTS}/metrics/M_C_ACTIVE_USER/{day(1)}.json") == {"count": len(people)}


@pytest.mark.sandbox("--users", "230")
def test_enrollment_lists_the_users_of_a_module(mount, sandbox):
    start = sandbox.mark()
    users = mount.json(f"{REPORTS}/enrollment/Internal User Store.json")["users"]
    calls = report_calls(sandbox, start)
    modules = {request.body["moduleId"] for request in calls}
    assert sorted(request.body["pIndex"] for request in calls) == [0, 1, 2] and len(modules) == 1
    there = mount.documents("communities/default/users/Internal User Store")
    assert sorted(user["username"] for user in users) == sorted(mount.json(path)["username"] for path in there)
    assert any("lastLoginTime" in user for user in users) and not all("lastLoginTime" in user for user in users)
    assert refusal(os.stat, mount / f"{REPORTS}/enrollment/No such module.json") == "ENOENT"


def start_job(mount, slug="post-reports-audit_log"):
    return call(mount, slug, {"download": {"notificationList": ["a@example.com"]}})["jobId"]


def test_removing_a_job_cancels_it(mount, sandbox):
    job = start_job(mount)
    path = f"{REPORTS}/jobs/{job}.json"
    document = mount.json(path)
    assert (document["status"], document["sendNotificationTo"]) == ("Pending", ["a@example.com"])
    start = sandbox.mark()
    os.unlink(mount / path)
    assert [(request["method"], request.path) for request in sandbox.writes(start)] == \
        [("PATCH", f"/reports/download/jobs/{job}")]
    mount.path.joinpath(".tenantfs/refresh").write_text(f"{REPORTS}/jobs\n")
    assert f"{job}.json" not in mount.names(f"{REPORTS}/jobs")


def test_completed_job_cannot_be_removed(mount, sandbox):
    done = [path for path in mount.documents(f"{REPORTS}/jobs") if mount.json(path)["status"] == "Completed"]
    assert done and all(mount.json(path)["downloadLink"].endswith("/report.csv") for path in done)
    start = sandbox.mark()
    assert refusal(os.unlink, mount / done[0]) == "EPERM"
    assert mount.errors()[-1]["error"]["message"] == "Only a pending job can be cancelled."
    assert sandbox.writes(start) == []
    assert done[0].rsplit("/", 1)[1] in mount.names(f"{REPORTS}/jobs")


def test_jobs_cannot_be_created_or_changed(mount, sandbox):
    path = mount.documents(f"{REPORTS}/jobs")[0]
    document = mount.json(path)
    start = sandbox.mark()
    assert refusal(create, mount / f"{REPORTS}/jobs/new.json", "{}") == "EPERM"
    assert mount.errors()[-1]["error"]["message"] == "A report call with `download` starts a job."
    assert refusal(overwrite, mount / path, json.dumps({**document, "status": "x"})) == "EPERM"
    assert mount.errors()[-1]["error"]["message"] == "The API only shows or cancels a job."
    assert sandbox.writes(start) == []


@pytest.mark.parametrize("slug, request_", [
    ("post-reports-role_assignment", {"download": {"notificationList": ["a@example.com"]}}),
    ("post-reports-hardwaretokens_export", {"reports_type": "hardware_tokens",
                                            "download": {"notificationList": ["a@example.com"]}}),
    ("post-reports-metrics", {"metricsName": "M_C_LOGINS",
                              "download": {"requestBy": "a@example.com", "notificationList": ["a@example.com"]}}),
])
def test_job_started_by_a_call_is_listed_at_once(mount, sandbox, slug, request_):
    mount.names(f"{REPORTS}/jobs")
    job = call(mount, slug, request_)["jobId"]
    assert f"{job}.json" in mount.names(f"{REPORTS}/jobs")
