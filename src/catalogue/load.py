"""Reads the group files and resolves `like` and `types`."""
import json
import pathlib
import re

NEEDS = {"optional": "OPTIONAL", "required": "REQUIRED"}
HEADERS = {"requestid": "request_id", "publickey": "public_key", "authorization": "token", "licensekey": "license"}
# The reasons that every document at a fixed place shares.
DOCUMENT_REFUSALS = {
    "no_create": "The document is always there.",
    "no_remove": "The API has no call that removes it.",
    "no_rename": "The document has a fixed place.",
}
# The reasons that every kind of directories shares.
DIRECTORY_REFUSALS = {
    "no_create": "The directory comes with what it holds.",
    "no_change": "The directory is only a place.",
    "no_remove": "The directory is only a place.",
    "no_rename": "The directory is only a place.",
}
ROLES = ("list", "lookup", "detail", "create", "change", "remove")
FIELD_LISTS = ("path_params", "query", "header_params", "body")
# The members of a field that `rules_when` is about.
RULES = {"min_length", "max_length", "min", "max", "format", "pattern", "default"}


class CatalogueError(Exception):
    """A group file is wrong; the text says where."""


def slug_of(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def endpoint_slug(method, path):
    """The file name below .api/<group>/: GET /authz/role/fetch/{roleName} -> get-authz-role-fetch-roleName."""
    return method.lower() + "-" + re.sub(r"[{}]", "", path).strip("/").replace("/", "-")


def reject_twins(pairs):
    members = {}
    for name, value in pairs:
        if name in members:
            raise CatalogueError(f"member {name!r} occurs twice in one object")
        members[name] = value
    return members


def read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=reject_twins)
    except (ValueError, CatalogueError) as error:
        raise CatalogueError(f"{path.name}: {error}") from None


def resolve_types(kind):
    """The types of a kind's objects with the members each starts with. The name of a field means: its values."""
    types = kind["types"]
    if isinstance(types, str):
        field = next((f for f in kind["fields"] if f["name"] == types), {})
        if "values" not in field:
            raise CatalogueError(f"kind {kind['name']}: types: {types} has no values")
        listed = field["type"] == "array"
        types = {value: {types: [value] if listed else value} for value in field["values"]}
    return [{"name": name, "members": members} for name, members in types.items()]


def condition_texts(values):
    """The values of a condition's member as a list of texts; a boolean is "true" or "false"."""
    listed = values if isinstance(values, list) else [values]
    return [value if isinstance(value, str) else str(value).lower() for value in listed]


def steps_of(kind, role):
    """The steps of a role, which of some roles is one step."""
    steps = kind.get(role, [])
    return steps if isinstance(steps, list) else [steps]


def completed(fields, more):
    """The fields with those of `also`: new ones at the end, others with more members."""
    by_name = {field["name"]: field for field in fields}
    for field in more:
        had = by_name.get(field["name"], {})
        by_name[field["name"]] = {**had, **field}
    return list(by_name.values())


class Catalogue:
    """All groups, endpoints in table order, kinds by name."""

    def __init__(self, folder):
        self.files = sorted(pathlib.Path(folder).glob("*.json"))
        self.groups = [read_json(path) for path in self.files]

    def resolve(self):
        """Call once the raw groups have passed the schema."""
        self.endpoints = []
        self.kinds = []
        for group in self.groups:
            for endpoint in group["endpoints"]:
                endpoint["group"] = group["group"]
                endpoint["slug"] = endpoint_slug(endpoint["method"], endpoint["path"])
                self.endpoints.append(endpoint)
            for kind in group.get("kinds", []):
                kind["group"] = group["group"]
                if kind["shape"] == "dirs":
                    kind.update({name: why for name, why in DIRECTORY_REFUSALS.items() if name not in kind})
                if kind["shape"] == "doc":
                    kind.update({name: why for name, why in DOCUMENT_REFUSALS.items() if name not in kind})
                self.kinds.append(kind)
        self.endpoints.sort(key=lambda e: (e["group"].encode(), e["path"].encode(), e["method"].encode()))
        self.kinds.sort(key=lambda k: k["name"].encode())
        self.by_call = {f"{e['method']} {e['path']}": i for i, e in enumerate(self.endpoints)}
        for endpoint in self.endpoints:
            for part in FIELD_LISTS:
                endpoint[part] = self.resolve_fields(endpoint.get(part, []))
        for kind in self.kinds:
            if "id_member" in kind:
                listed = kind["id_member"]
                kind["id_members"] = listed if isinstance(listed, list) else [listed]
            kind["fields"] = self.resolve_fields(kind.get("fields", []))
            if "types" in kind:
                kind["types"] = resolve_types(kind)

    def resolve_fields(self, fields, depth=0):
        return [self.resolve_field(field, depth) for field in fields]

    def resolve_field(self, field, depth):
        """`like` takes type and members from the body field of the same (or the given) name of another endpoint."""
        if depth > 8:
            raise CatalogueError(f"field {field['name']}: `like` goes in a circle")
        whole = dict(field)
        if "like" in field:
            call, _, member = whole.pop("like").partition("#")
            if call not in self.by_call:
                raise CatalogueError(f"field {field['name']}: like {call}: no such endpoint")
            found = self.endpoints[self.by_call[call]].get("body", [])
            for name in (member or field["name"]).split("."):
                among = found if isinstance(found, list) else found.get("members", [])
                found = next((f for f in among if f["name"] == name), None)
                if found is None:
                    raise CatalogueError(f"field {field['name']}: like {call}: no member {name}")
                found = self.resolve_field(found, depth + 1)
            inherited = dict(found)
            inherited.pop("required", None)
            whole = {**inherited, **whole}
        if "also" in whole:
            whole["members"] = completed(whole.get("members", []), whole.pop("also"))
        if "members" in whole:
            whole["members"] = self.resolve_fields(whole["members"], depth + 1)
        return whole
