"""The catalogue's kinds, resolved; their directories, and new objects of them."""
import json
import pathlib
import re
import sys
import uuid

CATALOGUE = pathlib.Path(__file__).resolve().parents[2] / "src" / "catalogue"
# Last: a module of the tests goes before one of the same name there (check).
sys.path.append(str(CATALOGUE))
sys.dont_write_bytecode = True

from load import Catalogue  # noqa: E402
from samples import sample  # noqa: E402

ENDING = ".json"
COMMUNITY = "default"


def load_catalogue():
    catalogue = Catalogue(CATALOGUE / "groups")
    catalogue.resolve()
    return catalogue


CATALOGUE_READ = load_catalogue()
KINDS = {kind["name"]: kind for kind in CATALOGUE_READ.kinds}


def kind_at(path):
    """The kind of a path in the mount."""
    parts = path.split("/")
    for kind in KINDS.values():
        pattern = kind["path"].split("/")
        if len(pattern) == len(parts) and all(
                want == have or want.startswith("{") and have.endswith(want.rpartition("}")[2])
                for want, have in zip(pattern, parts)):
            return kind
    return None


def steps_of(kind, role):
    steps = kind.get(role, [])
    return steps if isinstance(steps, list) else [steps]


def calls_of(kind, role):
    return [step["call"] for step in steps_of(kind, role)]


def is_view(kind):
    return not (kind.get("create") or kind.get("change") or kind.get("remove"))


def sets(form="json"):
    return [kind for kind in KINDS.values() if kind["shape"] == "set" and kind.get("form", "json") == form]


def makers():
    """Listed sets whose objects get their name from the file."""
    return [kind for kind in sets() if "create" in kind and "no_list" not in kind and
            (name_field(kind) or "$name" in json.dumps(kind["create"]))]


def documents():
    return [kind for kind in KINDS.values() if kind["shape"] == "doc" and kind.get("form", "json") == "json"]


def ending_of(kind):
    """The ending of a set's files, after the object's name."""
    return kind["path"].rsplit("{name}", 1)[1].rstrip("/")


def name_field(kind):
    """The document's member with the object's name, or None."""
    return next((f for f in kind["fields"] if f.get("record", f["name"]) == kind.get("name_member")), None)


def objects(mount, kind, directory):
    """File names without ending of a kind's objects in a directory, except namesakes."""
    ending = ending_of(kind)
    found = [name.removesuffix(ending) for name in mount.names(directory) if name.endswith(ending)]
    return [name for name in found if not re.search("~[0-9a-f]{6}$", name)]


# Conditions on an object in the path of a kind: (kind, kind of the object in the path).
FITTING = {
    ("user", "auth-module"): lambda mount, module: module["type"] == "db",
    ("broker", "auth-module"): lambda mount, module: module["mode"] == "broker",
}


def fitting(mount, kind, above, directory):
    """An object of the kind `above` that can have objects of `kind` below it."""
    names = objects(mount, above, directory)
    for (name, through), fits in FITTING.items():
        if through == above["name"] and (name == kind["name"] or f"{{{name}}}" in kind["path"]):
            names = [one for one in names if fits(mount, mount.json(f"{directory}/{one}{ENDING}"))]
    if kind.get("on_demand") and kind["shape"] == "set":
        # Prefer an object that has some.
        rest = kind["path"].rsplit(f"{{{above['name']}}}", 1)[1].rsplit("/", 1)[0]
        if "{" not in rest:
            names.sort(key=lambda one: not mount.names(f"{directory}/{one}{rest}"))
    return names[0]


def folder_of(mount, kind):
    """Directory of the kind's files, below existing objects."""
    at = []
    for segment in kind["path"].rstrip("/").split("/")[:-1]:
        match = re.fullmatch(r"\{([\w-]+)\}(.*)", segment)
        if match and match[1] == "community":
            segment = COMMUNITY
        elif match:
            above = KINDS[match[1]]
            segment = fitting(mount, kind, above, folder_of(mount, above)) + match[2]
        at.append(segment)
    return "/".join(at)


class Fill:
    """Fills in the empty texts and arrays of a template; references get the names of existing objects."""

    def __init__(self, mount):
        self.mount = mount

    def named(self, kind):
        return objects(self.mount, kind, folder_of(self.mount, kind))[0]

    def text(self, field):
        # A field named like a kind is a reference to it.
        kind = KINDS.get(field.get("reference", field["name"]))
        if kind and kind["shape"] == "set":
            return self.named(kind)
        if "email" in field["name"].lower():
            return "somebody@example.com"
        value = sample(field)
        return value if isinstance(value, str) and value else "text"

    def value(self, field, value):
        if value == "":
            return self.text(field)
        if isinstance(value, dict):
            return self.object(field.get("members", []), value)
        if value == [] and field["type"] == "array":
            return [self.item(field)]
        return value

    def item(self, field):
        if field.get("sample"):
            return field["sample"][0]
        if field["item"] == "object" and field.get("members"):
            return {member["name"]: self.value(member, blank(member)) for member in field["members"]
                    if member.get("required")}
        return self.text({**field, "type": field["item"]}) if field["item"] in ("string", "any") else \
            {"number": 1, "boolean": True, "object": {}}[field["item"]]

    def object(self, fields, value):
        known = {field["name"]: field for field in fields}
        return {name: self.value(known[name], member) if name in known else member for name, member in value.items()}


def blank(field):
    return field["values"][0] if "values" in field and field["type"] == "string" else \
        {"string": "", "any": "", "number": 0, "boolean": False, "object": {}, "array": []}[field["type"]]


def new_document(mount, kind, directory, template=".template.json"):
    """A valid new document of a set: its template, filled in."""
    document = Fill(mount).object(kind["fields"], mount.json(f"{directory}/{template}"))
    for field in kind["fields"]:
        # An id chosen by the client is different each time.
        chosen = field["name"] == kind.get("id_member") and field["name"] != kind.get("name_member")
        if chosen and field["name"] in document:
            document[field["name"]] = str(uuid.uuid4())
    return {**document, "description": "text"} if kind.get("open_document") else document


def becomes(kind, document):
    """The document as it reads back: a featured application becomes a provider of type saml."""
    if kind["name"] == "service-provider" and document["type"] != "oidc":
        return {**document, "type": "saml"}
    return document


def templates(kind):
    """Template file names by type; "" for a kind without types."""
    named = {variant["name"]: f".template-{variant['name']}.json" for variant in kind.get("types", [])}
    return named or {"": ".template.json"}


def is_secret(fields, value):
    """Whether any member is shown as a digest."""
    known = {field["name"]: field for field in fields}
    return any(name in known and (known[name].get("secret") or
                                  isinstance(member, dict) and is_secret(known[name].get("members", []), member))
               for name, member in value.items())


def bare(document):
    """The document without members that only the server sets."""
    return {name: value for name, value in document.items() if name != "_server"}


# Two texts of each format.
OTHER_TEXTS = {
    "base64": ["VGV4dA==", "VGV4dHM="], "digits": ["15550108", "15550109"], "hex-color": ["#102030", "#302010"],
    "email": ["one@example.com", "other@example.com"], "hostname": ["one.example.com", "other.example.com"],
    "image": ["iVBORw0KGgo=", "iVBORw0KGgoA"], "uri": ["app:/one", "app:/other"],
    "url": ["https://one.example.com/", "https://other.example.com/"],
}


def other_value(field, value):
    """Another valid value of a member, or None if its type alone does not give one."""
    if any(field.get(mark) for mark in ("fixed", "secret")):
        return None
    if isinstance(value, list) and (field.get("reference") or field.get("values")):
        return value[:-1] if len(value) > 1 else None
    if isinstance(value, list) and field["name"] in ("mobiles", "landlines"):
        return [*value, "15550109999"]
    if isinstance(value, list) and field["item"] == "string":
        more = [*value, OTHER_TEXTS[field["format"]][1] if "format" in field else "zz other"]
        return sorted(more) if field.get("unordered") else more
    if field.get("reference"):
        return None
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str) and field["type"] in ("string", "any"):
        values = field.get("values", OTHER_TEXTS.get(field.get("format"), [value + "x"]))
        return next((other for other in values if other != value), None)
    return None


def change_of(kind, document):
    """A top-level member and another valid value for it, changed at any depth; None without one."""
    carried = {member for step in steps_of(kind, "change") for member in step.get("members", [])}
    for field in kind["fields"]:
        if field["name"] not in document or field is name_field(kind) or field.get("fixed"):
            continue
        if carried and field["name"] not in carried and all("members" in s for s in steps_of(kind, "change")):
            continue
        value = document[field["name"]]
        other = other_value(field, value)
        if other is None and isinstance(value, dict) and not is_secret(field.get("members", []), value):
            inner = change_of({"fields": field.get("members", [])}, value)
            other = {**value, inner[0]: inner[1]} if inner else None
        if other is not None:
            return field["name"], other
    # An open document accepts undeclared members.
    return ("description", document.get("description", "") + "x") if kind.get("open_document") else None


def is_unread(field):
    """No answer shows it; the document has what was written to it last."""
    return field.get("write_only") and not field.get("secret") and not field.get("fixed")


def asked_for(kind, document):
    """Required members that no answer shows, with a value, for a document that lacks them."""
    def is_wanted(field):
        conditions = field.get("required_when", {})
        return field.get("required") or conditions and all(holds(document.get(name), values)
                                                           for name, values in conditions.items())
    return {field["name"]: sample(field) or "text" for field in kind["fields"]
            if is_unread(field) and document.get(field["name"]) is None and is_wanted(field)}


def holds(value, values):
    """Whether a value meets the values of a condition; an array does if one of its elements does."""
    wanted = values if isinstance(values, list) else [values]
    return any(one in wanted for one in (value if isinstance(value, list) else [value]))


def write_only(kind):
    """Members that can be set and are never shown."""
    return [field["name"] for field in kind["fields"] if field.get("write_only")]


def members_of(step, kind):
    """The document members that a step of a change sends."""
    words = re.findall(r"\$\{?(?:new|added|removed)\.(\w+)", json.dumps(step.get("args", {})))
    if "$document" in json.dumps(step.get("args", {})):
        return kind["fields"]
    body = {field["name"] for field in CATALOGUE_READ.endpoints[CATALOGUE_READ.by_call[step["call"]]]["body"]}
    carried = step.get("members") or (words if step.get("send", "nothing") == "nothing" else body)
    return [field for field in kind["fields"] if field["name"] in carried]


def changes_of(mount, kind, document, *, every=False):
    """For each step of a change, a member and a value that require the step, if they can be found; or all members."""
    for step in steps_of(kind, "change"):
        if "when" in step:
            yield from step["when"].items()
            continue
        found = False
        for field in members_of(step, kind):
            change = change_of({"fields": [field], "name_member": kind.get("name_member")}, document)
            called = KINDS.get(field["name"])
            if called and called["shape"] == "set":
                others = objects(mount, called, folder_of(mount, called))
                change = field["name"], next(name for name in others if name != document.get(field["name"]))
            if change:
                found = True
                yield change
            if change and not every:
                break
        if not found:
            if kind.get("open_document"):
                yield change_of(kind, document)
            yield from ((name, "another text") for name in write_only(kind))
