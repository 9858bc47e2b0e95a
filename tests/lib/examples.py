"""Requests made from the examples in call files, with values of existing objects."""
import datetime
import json

from places import largest_user_set, plain_user

# These calls end the session or invalidate the mount's credentials, so they are made last.
LAST = ["DELETE /servicekey/{keyId}", "DELETE /loginsessions/user/other",
        "DELETE /loginsessions/admin/user/all", "GET /logout"]

# Path parameters whose example is not valid.
PATHS = {
    "POST /ecdsa_helper/{method}": {"method": "encrypt"},
    "PUT /serviceprovider/{type}": {"type": "okta"},
}


class Examples:
    """Values of the sandbox's tenant that replace values of examples by their member's name."""

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
        """The example of the endpoint's call file with values of existing objects."""
        request = self.fill(example_request(described))
        if has_parts(endpoint):
            assert set(request) <= {"path", "query", "headers", "file", "body"}
            request.setdefault("path", {}).update(PATHS.get(endpoint.name, {}))
        # The mount fills in these two.
        body = request.get("body", {}) if has_parts(endpoint) else request
        for name in ("tenantId", "communityId"):
            body.pop(name, None)
        return request

    def words(self, endpoint, request):
        """The request as words of `tenantfs call`."""
        words = [f"{name}={value}" for part in ("path", "query") for name, value in request.get(part, {}).items()] \
            if has_parts(endpoint) else []
        words += file_words(endpoint, request, self.folder)
        body = request.get("body") if has_parts(endpoint) else request
        if body and endpoint.method != "GET":
            (self.folder / "body.json").write_text(json.dumps(body))
            words += ["--body", str(self.folder / "body.json")]
        return words


def has_parts(endpoint):
    """Whether a request has the members path, query and body instead of being the body."""
    return bool(endpoint.parameters or any(endpoint.row.get(part) for part in ("query", "upload")))


def file_words(endpoint, request, folder):
    """Words of `tenantfs call` for headers and a file, each in a file of its own."""
    if not has_parts(endpoint):
        return []
    words = []
    for name, value in request.get("headers", {}).items():
        (folder / name).write_text(value)
        words.append(f"{name}=@{folder / name}")
    if "file" in request:
        (folder / request["file"]["name"]).write_text(request["file"]["text"])
        words.append(f"{endpoint.row['upload']}=@{folder / request['file']['name']}")
    return words


def example_request(described):
    """The example request in the description of a call file."""
    return json.loads(described.split("\nExample:\n", 1)[1].split("\n\n", 1)[0])
