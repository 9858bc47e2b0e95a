"""The catalogue's endpoints, read from the group files, and their look-up by requested path."""
import json
import pathlib
import re

GROUPS = pathlib.Path(__file__).resolve().parents[2] / "src" / "catalogue" / "groups"


class Endpoint:
    def __init__(self, group, row):
        self.group = group
        self.row = row
        self.method, self.path = row["method"], row["path"]
        self.reads = row["reads"]
        self.is_report = any(field["name"] == "download" for field in row.get("body", []))
        self.slug = group_slug(group)
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        self.pattern = re.compile(pattern)
        self.parameters = len(re.findall(r"\{", self.path))

    @property
    def name(self):
        return f"{self.method} {self.path}"

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
    """All endpoints, with a look-up that prefers literal segments to parameters."""

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
