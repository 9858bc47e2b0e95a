"""The catalogue's endpoints as the tests know them: read from the group files, matched against what was requested."""
import json
import pathlib
import re

GROUPS = pathlib.Path(__file__).resolve().parents[2] / "src" / "catalogue" / "groups"

# Calls that only read, though their method is not GET: by the last word of their path, or one by one.
READING_ENDS = ("/fetch", "/find", "/count", "/countAll", "/poll", "/list")
READING = {
    ("POST", "/authz/authorization/fetch"),
    ("POST", "/msg_gateway/fetch/{id}"),
    ("POST", "/reports/audit_log"),
    ("POST", "/reports/download/jobs"),
    ("POST", "/reports/events"),
    ("POST", "/reports/login_activity"),
    ("POST", "/reports/metrics"),
    ("POST", "/reports/role_assignment"),
    ("POST", "/reports/userenrollment"),
    ("POST", "/user_properties/check_unique/alias"),
    ("POST", "/users/user/devices/has_security_key"),
}


class Endpoint:
    def __init__(self, group, row):
        self.group = group
        self.row = row
        self.method, self.path = row["method"], row["path"]
        self.slug = group_slug(group)
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        self.pattern = re.compile(pattern)
        self.parameters = len(re.findall(r"\{", self.path))

    @property
    def name(self):
        return f"{self.method} {self.path}"

    @property
    def reads(self):
        return (self.method == "GET" and self.path != "/logout") or (self.method, self.path) in READING or \
            self.path.endswith(READING_ENDS)

    def matches(self, method, path):
        return method == self.method and self.pattern.fullmatch(path) is not None


def group_slug(group):
    return re.sub(r"[^a-z0-9]+", "-", group.lower()).strip("-")


def load_groups():
    return [json.loads(path.read_text()) for path in sorted(GROUPS.glob("*.json"))]


def load_endpoints():
    return [Endpoint(group["group"], row) for group in load_groups() for row in group["endpoints"]]


def load_kinds():
    return {kind["name"]: kind for group in load_groups() for kind in group.get("kinds", [])}


class Endpoints:
    """All of them, with a look-up that lets literal segments win over parameters."""

    def __init__(self):
        self.all = load_endpoints()
        self._by_length = sorted(self.all, key=lambda endpoint: endpoint.parameters)
        self._found = {}

    def of(self, method, path):
        key = method, path
        if key not in self._found:
            self._found[key] = next((e for e in self._by_length if e.matches(method, path)), None)
        return self._found[key]

    def named(self, name):
        return next(endpoint for endpoint in self.all if endpoint.name == name)
