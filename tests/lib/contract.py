"""Requests against the tables of the API document, by the rows alone: neither client nor sandbox has a part in it."""
import re

from kinds import CATALOGUE_READ
from load import RULES

FORMATS = {
    "ansi": r"[ -~\u00a0-\u00ff]*", "base64": r"([\w+/]{4})*([\w+/]{2}==|[\w+/]{3}=)?", "digits": r"[0-9]+",
    "email": r"[^@\s]+@[^@\s]+", "hex-color": r"#?[0-9A-Fa-f]{3,8}", "hostname": r"[A-Za-z0-9.-]+",
    "image": r"(data:image/\w+;base64,)?[\w+/]+=*", "recent-time": r"[-\d]{10} [:\d]{8}\.\d{3}",
    "uri": r"[A-Za-z][\w+.-]*:\S+", "url": r"https?://[^/?#\s]\S*",
}
TYPES = {"string": str, "boolean": bool, "number": (int, float), "object": dict, "array": list}


def row_of(call):
    return CATALOGUE_READ.endpoints[CATALOGUE_READ.by_call[call]]


def complaints(request):
    """What a logged request has that its row does not allow, or lacks."""
    row = row_of(request.name)
    where = request.name
    yield from check_members(row["query"], request.get("query") or {}, f"{where}: query", row.get("open_query"),
                             of_text=True)
    yield from check_members(row["path_params"], path_values(row["path"], request.path), f"{where}: path", of_text=True)
    yield from check_members(row["header_params"], request.get("headers") or {}, f"{where}: headers")
    if (request.get("upload") or {}).get("field") != row.get("upload"):
        yield f"{where}: the file is in the field {row.get('upload')!r}"
    body = request.body
    if not row["body"]:
        if body and not row.get("open_body"):
            yield f"{where}: the row has no body, the request has {sorted(body)}"
        return
    yield from check_members(row["body"], body or {}, where, row.get("open_body"))


def path_values(template, path):
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]*)", re.escape(template))
    return re.fullmatch(pattern, path).groupdict()


def check_members(fields, value, where, is_open=False, top=None, of_text=False):
    known = {field["name"]: field for field in fields}
    top = value if top is None else top
    for name, member in value.items():
        if name in known:
            yield from check_value(ruled(known[name], value, top), member, f"{where}.{name}", top, of_text)
        elif not is_open:
            yield f"{where}: the table has no {name!r}"
    for name, field in known.items():
        if name not in value and is_required(field, value, top):
            yield f"{where}: {name!r} is required"


def is_required(field, beside, top):
    return bool(field.get("required")) or \
        bool(field.get("required_when")) and all_hold(field["required_when"], beside, top)


def all_hold(conditions, beside, top):
    return all(holds((top if name.startswith("/") else beside).get(name.lstrip("/")), wanted)
               for name, wanted in conditions.items())


def ruled(field, beside, top):
    """The field with the rules that apply."""
    whole = {**field, "required": is_required(field, beside, top)}
    if not all_hold(field.get("rules_when", {}), beside, top):
        whole = {name: value for name, value in whole.items() if name not in RULES}
    return whole


def holds(value, wanted):
    """Whether a value is one of those a condition wants; an array holds if one of its elements does."""
    wanted = wanted if isinstance(wanted, list) else [wanted]
    return any(one in wanted for one in (value if isinstance(value, list) else [value]))


def check_value(field, value, where, top, of_text):
    # Words of a path and a query string are texts.
    kind = "string" if of_text else field["type"]
    if kind == "any":
        return
    if not isinstance(value, TYPES[kind]) or (kind == "number" and isinstance(value, bool)):
        yield f"{where}: {value!r} is not of type {kind}"
        return
    if kind == "array":
        yield from check_length(field, value, where)
        item = {**field, "type": field["item"], "item": "any", "required": True}
        item = {name: value for name, value in item.items() if name not in ("min_length", "max_length")}
        for number, element in enumerate(value):
            yield from check_value(item, element, f"{where}[{number}]", top, False)
    elif kind == "object" and "members" in field:
        yield from check_members(field["members"], value, where, top=top)
    elif kind == "string":
        yield from check_text(field, value, where)
    elif kind == "number" and not field.get("min", value) <= value <= field.get("max", value):
        yield f"{where}: {value} is out of bounds"


def check_length(field, value, where):
    if not field.get("min_length", 0) <= len(value) <= field.get("max_length", len(value)):
        yield f"{where}: {value!r} is too short or too long"


def check_text(field, value, where):
    if value or field.get("required"):
        yield from check_length(field, value, where)
        if "format" in field and not re.fullmatch(FORMATS[field["format"]], value):
            yield f"{where}: {value!r} has not the format {field['format']}"
    if "values" in field and value not in field["values"]:
        yield f"{where}: {value!r} is not among {field['values']}"
    if "pattern" in field and not re.search(field["pattern"], value):
        yield f"{where}: {value!r} does not match {field['pattern']}"
