"""Requests made of the examples that call files give of themselves, with values that are there."""
import datetime
import json

from places import largest_user_set, plain_user

# Whose call ends the session or takes the mount's credentials away: called last.
LAST = ["DELETE /servicekey/{keyId}", "DELETE /loginsessions/user/other",
        "DELETE /loginsessions/admin/user/all", "GET /logout"]

# Path values an example cannot know.
PATHS = {
    "POST /ecdsa_helper/{method}": {"method": "encrypt"},
    "PUT /serviceprovider/{type}": {"type": "okta"},
}


class Examples:
    """Values that mean something in the sandbox's tenant, put for those of the examples by their name."""

    def __init__(self, mount, sandbox):
        self.folder = sandbox.data
        directory = largest_user_set(mount)
        user = mount.json(plain_user(mount))
        community = mount.json("communities/default/community.json")["_server"]
        module = mount.json(f"communities/default/auth-modules/{directory.rsplit('/', 1)[1]}.json")["_server"]["_id"]
        now = datetime.datetime.now(datetime.timezone.utc)
        self.values = {
            "moduleId": module,
            "authModuleId": module,
            "username": user["username"],
            "uid": user["_server"]["uid"],
            "oldRole": user["role"],
            "newRole": user["role"],
            "communityName": "default",
            "dns": sandbox.tenant()["dns"],
            "community": {"id": community["id"], "name": "default", "publicKey": community.get("publicKey", "")},
            "tenantId": mount.json("tenant.json")["_server"]["id"],
            "communityId": community["id"],
            "role": user["role"],
            "roleName": "auditor",
            "email1": "somebody@example.com",
            "email2": "somebody.else@example.com",
            "mobiles": ["15550100001"],
            "landlines": ["15550100002"],
            "from": f"{now - datetime.timedelta(days=7):%Y-%m-%d} 00:00:00.000",
            "to": f"{now:%Y-%m-%d} 00:00:00.000",
        }

    def fill(self, value, name=None):
        if name in self.values and isinstance(value, type(self.values[name])):
            return self.values[name]
        if isinstance(value, dict):
            return {key: self.fill(member, key) for key, member in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        return value

    def request(self, endpoint, described):
        """The endpoint's own example with values that are there, as it stands in the file."""
        request = self.fill(example_request(described))
        if has_parts(endpoint):
            assert set(request) <= {"path", "query", "body"}
            request.setdefault("path", {}).update(PATHS.get(endpoint.name, {}))
        # Those two are filled in by whoever makes the call.
        body = request.get("body", {}) if has_parts(endpoint) else request
        for name in ("tenantId", "communityId"):
            body.pop(name, None)
        return request

    def words(self, endpoint, request):
        """The same request as `tenantfs call` takes it."""
        words = [f"{name}={value}" for part in ("path", "query") for name, value in request.get(part, {}).items()] \
            if has_parts(endpoint) else []
        body = request.get("body") if has_parts(endpoint) else request
        if body and endpoint.method != "GET":
            (self.folder / "body.json").write_text(json.dumps(body))
            words += ["--body", str(self.folder / "body.json")]
        return words


def has_parts(endpoint):
    """Where there is more than a body, the request names its parts."""
    return bool(endpoint.parameters or endpoint.row.get("query"))


def example_request(described):
    """The example a call file gives of itself is a request as it can be written, whole."""
    return json.loads(described.split("\nExample:\n", 1)[1].split("\n\nWrite the request", 1)[0])
