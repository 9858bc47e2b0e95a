"""Checks the group files: first their form (schema.json), then what one row says of another."""
import json
import re

import jsonschema

from load import CatalogueError, FIELD_LISTS, HEADERS, RULES, condition_texts, read_json, slug_of
from samples import fits, sample

# Members that only the server sets, for all kinds; document_server_names in src/document/member.c has them, too.
SERVER_NAMES = {
    "__v", "_id", "created", "createdAt", "id", "modified", "uid", "updated", "updatedAt", "uuid",
}
# Objects of a path template that are not kinds.
PATH_WORDS = {"name", "community"}


def check_form(catalogue, schema_path):
    validator = jsonschema.Draft7Validator(read_json(schema_path))
    for path, group in zip(catalogue.files, catalogue.groups):
        for error in sorted(validator.iter_errors(group), key=lambda e: list(map(str, e.path))):
            where = "/".join(str(part) for part in error.path)
            raise CatalogueError(f"{path.name}: {where}: {error.message[:300]}")
        if path.stem != slug_of(group["group"]):
            raise CatalogueError(f"{path.name}: {group['group']!r} belongs in {slug_of(group['group'])}.json")
        calls = [(e["path"], e["method"]) for e in group["endpoints"]]
        if calls != sorted(calls):
            raise CatalogueError(f"{path.name}: endpoints are not sorted by path, then method")


def require(condition, where, text):
    if not condition:
        raise CatalogueError(f"{where}: {text}")


def unique(items, where, what):
    seen = set()
    for item in items:
        require(item not in seen, where, f"{what} {item!r} occurs twice")
        seen.add(item)


def fits_pattern(field):
    try:
        re.compile(field["pattern"])
        texts = [] if field.get("rules_when") else sample(field)
        return all(re.search(field["pattern"], text) for text in ([texts] if isinstance(texts, str) else texts))
    except re.error:
        return False


def check_condition(field, fields, top, here):
    """A condition names members beside the field, or with '/' members of the document, and values they can have."""
    for name in ("required_when", "rules_when"):
        members = field.get(name, {})
        require(len({member.startswith("/") for member in members}) < 2, here, f"`{name}` mixes places")
        for member, values in members.items():
            check_values(top if member.startswith("/") else fields, member.lstrip("/"), values, f"{here}: {name}")


def check_rules(field, holder, here):
    require(field["type"] in ("string", "array") or not {"min_length", "max_length"} & field.keys(), here,
            "a length needs the type string or array")
    require(holder == "number" or not {"min", "max"} & field.keys(), here, "`min` and `max` need the type number")
    require(holder == "string" or not {"format", "pattern"} & field.keys(), here,
            "`format` and `pattern` need the type string")
    require("pattern" not in field or fits_pattern(field), here,
            "`pattern` is not valid, or the sample does not match it")
    require("rules_when" not in field or (RULES | {"write_only"}) & field.keys(), here, "`rules_when` without a rule")


def check_values(fields, member, values, where):
    """A condition: the fields have the member, and it can have the values."""
    field = next((f for f in fields if f["name"] == member), None)
    require(field is not None, where, f"the condition names no member {member!r}")
    possible = ["true", "false"] if field["type"] == "boolean" else field.get("values", condition_texts(values))
    for value in condition_texts(values):
        require(value in possible, where, f"{member} is never {value}")


def check_types(kind, where):
    for variant in kind.get("types", []):
        for name, value in variant["members"].items():
            field = next((f for f in kind["fields"] if f["name"] == name), None)
            require(field is not None, f"{where}: types", f"the document has no member {name!r}")
            check_value(field, value, f"{where}: types: {name}")
        require(re.fullmatch(r"[A-Za-z0-9][\w.-]*", variant["name"]), f"{where}: types",
                f"{variant['name']!r} cannot be part of a file name")


def check_weakens(field, here):
    """What can weaken depends on the type; texts are among the values."""
    weakens = field.get("weakens", "never")
    if isinstance(weakens, list):
        require(set(weakens) <= set(field.get("values", [])), here, "`weakens` has a text that is not among `values`")
        return
    types = {"never": (field["type"],), "last": ("boolean",), "more": ("number", "array"), "less": ("number", "array")}
    require(field["type"] in types.get(weakens, ("boolean",)), here,
            f"`weakens` {json.dumps(weakens)} does not fit the type {field['type']}")


def check_directions(fields, where):
    """Every switch and number that a change can set says what weakens."""
    for field in fields:
        here = f"{where}.{field['name']}"
        settable = field["type"] in ("boolean", "number") and not field.get("fixed")
        require("weakens" in field or not settable, here,
                'needs `weakens`; "never" if no value makes signing on less safe')
        check_directions(field.get("members", []), here)


def check_fields(fields, where, kinds, top=None):
    unique([f["name"] for f in fields], where, "member")
    for field in fields:
        here = f"{where}.{field['name']}"
        require("type" in field, here, "no type")
        require(("item" in field) == (field["type"] == "array"), here, "`item` is for arrays, and every array needs it")
        holder = field.get("item", field["type"])
        require("members" not in field or holder == "object", here, "`members` needs the type object")
        require("values" not in field or holder == "string", here, "`values` needs the type string")
        check_rules(field, holder, here)
        require("key" not in field or field.get("item") == "object", here, "`key` needs an array of objects")
        require(not field.get("unordered") or field["type"] == "array", here, "`unordered` needs the type array")
        require(not field.get("empty_removes") or field["type"] == "string", here,
                "`empty_removes` needs the type string")
        check_weakens(field, here)
        require(field.get("locks_out") != "left-out" or (field["type"] == "array" and "reference" in field), here,
                '`locks_out` "left-out" needs an array with `reference`')
        require("default" not in field or fits(field["type"], field["default"]), here,
                f"the default is not of type {field['type']}")
        require("read_as" not in field or field["type"] == "string", here, "`read_as` needs the type string")
        for written in field.get("read_as", {}):
            require(written in field.get("values", [written]), here, f"`read_as` writes {written!r}, which is no value")
        require("reference" not in field or field["reference"] in kinds, here, "`reference` names no kind")
        check_condition(field, fields, top or fields, here)
        if "key" in field and "members" in field:
            require(field["key"] in [m["name"] for m in field["members"]], here, "`key` names no member")
        check_fields(field.get("members", []), here, kinds, top or fields)


def check_value(field, value, where):
    """An example against its field."""
    require(fits(field["type"], value), where, f"the example is not of type {field['type']}")
    if field["type"] == "array":
        item = {**field, "type": field["item"], "item": None}
        for n, element in enumerate(value):
            check_value(item, element, f"{where}/{n}")
    elif field["type"] == "object" and "members" in field:
        check_object(field["members"], value, where)
    elif "values" in field:
        require(value in field["values"], where, f"the example has {value!r}, which is not among `values`")


def check_object(fields, value, where):
    known = {f["name"]: f for f in fields}
    for name, member in value.items():
        require(name in known, where, f"the example has the unknown member {name!r}")
        check_value(known[name], member, f"{where}/{name}")
    for field in fields:
        require(not field.get("required") or field["name"] in value, where, f"the example lacks {field['name']!r}")


def check_endpoint(endpoint, kinds):
    where = f"{endpoint['method']} {endpoint['path']}"
    for part in FIELD_LISTS:
        check_fields(endpoint[part], f"{where} {part}", kinds)
    require("upload" not in endpoint or not endpoint["body"], where, "an upload has no body")
    named = re.findall(r"\{(\w+)\}", endpoint["path"])
    require(named == [f["name"] for f in endpoint["path_params"]], where, "path parameters differ from the path")
    require(endpoint["statuses"] == sorted(endpoint["statuses"]), where, "statuses are not ascending")
    require(endpoint["repeatable"] or not endpoint["reads"], where, "a call that changes nothing is repeatable")
    if endpoint["request_sealed"]:
        takes_body = endpoint["body"] or endpoint.get("open_body")
        require(takes_body and "publickey" in endpoint["headers"], where, "nothing to seal, or no key for it")
    require(not endpoint["answer_sealed"] or "publickey" in endpoint["headers"], where, "no key to seal the answer for")
    require(not endpoint["answer_sealed"] or "answer_data" not in endpoint, where,
            "`answer_data` is for answers that are not sealed")
    if "example" in endpoint:
        check_object(endpoint["body"], endpoint["example"], f"{where} example")


def text_words(text):
    """The placeholders of a text: "$id" itself, or those in "${id}.${name}"."""
    if text.startswith("$") and not text.startswith("${"):
        return [text]
    return ["$" + word for word in re.findall(r"\$\{([^}]*)\}", text)]


def template_words(value):
    if isinstance(value, dict):
        return [word for name, member in value.items() for word in text_words(name) + template_words(member)]
    if isinstance(value, list):
        return [word for member in value for word in template_words(member)]
    return text_words(value) if isinstance(value, str) else []


def find_placeholder(rows, word):
    """The row of a placeholder without its `$`, and its argument."""
    name, dot, argument = word.partition(".")
    row = next((r for r in rows if r["name"] == name and (r["argument"] != "none") == bool(dot)), None)
    return row, argument


def check_placeholder(word, kind, catalogue, where):
    row, argument = find_placeholder(catalogue.placeholders, word)
    require(row is not None, where, f"unknown placeholder ${word}")
    object_kind, _, part = argument.rpartition(".")
    if row["argument"] == "choice":
        require(argument in row["choices"], where, f"${word}: not one of {', '.join(row['choices'])}")
    elif row["argument"] == "part":
        require(re.fullmatch(r"[1-9]-?", argument), where, f"${word}: no part of a name")
    elif row["argument"] == "member":
        require(argument in [f["name"] for f in kind["fields"]], where, f"${word}: the document has no such member")
    elif row["argument"] == "kind":
        require(part == "id" and object_kind in [k["name"] for k in catalogue.kinds], where, f"${word}: no such kind")
    elif row["argument"] == "scope":
        require(part in ("id", "name") and f"{{{object_kind}}}" in kind["path"], where,
                f"${word}: the path runs through no such object")
    elif row["argument"] == "placeholder":
        check_placeholder(argument, kind, catalogue, where)


def check_step(step, role, kind, catalogue):
    where = f"kind {kind['name']}: {role}: {step['call']}"
    require(step["call"] in catalogue.by_call, where, "no such endpoint")
    endpoint = catalogue.endpoints[catalogue.by_call[step["call"]]]
    args = step.get("args", {})
    for part, fields in (("path", "path_params"), ("query", "query"), ("body", "body")):
        known = [f["name"] for f in endpoint[fields]]
        for name in args.get(part, {}):
            require(name in known, where, f"{part} has no member {name!r}")
    require(("columns" in step) == ("imports" in kind), where, "`columns` is for imports, and every import needs it")
    if "failures" in step:
        require(isinstance(at_pointer(endpoint.get("answer"), step["failures"]), list), where,
                "the answer's example has no failures there")
    for word in template_words(args) + template_words(step.get("answer", "").split("/")):
        check_placeholder(word.removeprefix("$"), kind, catalogue, where)
    check_reach(step, role, kind, endpoint, where)


def check_reach(step, role, kind, endpoint, where):
    """Every required argument is given; document and body have every member that is named."""
    document = {f["name"] for f in kind["fields"]}
    body = {f["name"] for f in endpoint["body"]}
    args = step.get("args", {})
    send = step.get("send", "nothing")
    for name in step.get("members", []):
        require(name in document, where, f"the document has no member {name!r}")
        require(send == "nothing" or name in body, where, f"the body has no member {name!r}")
    for name, values in step.get("when", {}).items():
        # A removal may look at members that only the server sets.
        if role != "remove" or name in document:
            check_values(kind["fields"], name, values, f"{where}: when")
    given = {part: set(args.get(part, {})) for part in ("path", "query", "body")}
    if role in ("create", "change"):
        # Of a change, required members go along.
        sent = set(step.get("members", body)) & document
        given["body"] |= set() if send == "nothing" else sent
    for part, fields in (("path", "path_params"), ("query", "query"), ("body", "body")):
        for field in endpoint[fields]:
            require(not field.get("required") or field["name"] in given[part], where,
                    f"nothing gives the required {part} member {field['name']!r}")


def at_pointer(value, pointer):
    """The value at a pointer; a placeholder in it matches the first member."""
    for part in pointer.split("/")[1:]:
        if isinstance(value, list):
            value = value[int(part)] if part.isdecimal() and int(part) < len(value) else None
            continue
        if not isinstance(value, dict):
            return None
        value = next(iter(value.values()), None) if part.startswith("$") else value.get(part)
    return value


def example_records(kind, found, where):
    """The array of records, also of an answer that has them by key."""
    if "map_key" not in kind:
        return found
    require(isinstance(found, dict), where, "the answer's example has no records by key there")
    return [{**(value if isinstance(value, dict) else {"value": value}), kind["map_key"]: key}
            for key, value in found.items()]


def check_records(kind, role, step, catalogue):
    """The example of the answer has records of the right shape at the pointer of the step."""
    where = f"kind {kind['name']}: {step['call']}"
    endpoint = catalogue.endpoints[catalogue.by_call[step["call"]]]
    found = at_pointer(endpoint.get("answer"), step.get("answer", ""))
    # A kind of texts with a look-up lists names, not texts.
    names_text = kind.get("form") == "text" and role == "list" and "lookup" in kind
    if kind.get("form") == "text" and not names_text:
        require(found is None or isinstance(found, str), where, "the answer's example has no text there")
        return
    if kind["shape"] == "doc" or "wrap_in" in kind:
        expected = (dict, list, str) if "wrap_in" in kind else dict
        require(isinstance(found, expected), where, "the answer's example has no record there")
        return
    # One object stands for a list of one.
    if isinstance(found, dict) and "map_key" not in kind:
        found = [found]
    found = example_records(kind, found, where)
    require(isinstance(found, list) and found, where, "the answer's example has no records there")
    # An example of the API document may lack the id.
    ids = [] if endpoint.get("answer_from") == "document" else kind.get("id_members", [])
    for record in found:
        require(isinstance(record, dict) == ("name_member" in kind), where, "records or plain names")
        require(kind.get("name_member") is None or kind["name_member"] in record, where, "the example lacks the name")
        require(not ids or any(member in record for member in ids), where, "the example lacks an id")


def check_shown(fields, value, kept, at, where):
    """What the example of an answer shows is declared, or named as the server's own by `server_members`."""
    known = {f.get("record", f["name"]): f for f in fields}
    for element in value if isinstance(value, list) else [value]:
        for name, member in element.items() if isinstance(element, dict) else ():
            here = f"{at}/{name}" if at else name
            require(name in known or here in kept or name in SERVER_NAMES, where,
                    f"the answer's example has {here}, which is neither a field nor among `server_members`")
            check_shown(known.get(name, {}).get("members", ()), member if "members" in known.get(name, {}) else None,
                        kept, here, where)


def check_unread(fields, record, where):
    """What a change sends with the whole document is in the example of the answer, or `write_only`."""
    for field in fields:
        value = record.get(field.get("record", field["name"]))
        here = f"{where}.{field['name']}"
        if field["type"] == "object" and isinstance(value, dict):
            check_unread(field.get("members", []), value, here)
        require((value is None) == bool(field.get("write_only")), here,
                "`write_only` is for what the answer's example does not show, and needed for that in a whole document")
        require("record" not in field or not field.get("write_only"), here, "`write_only` and `record`")


def check_whole(kind, catalogue):
    """Of kinds whose record the API document shows."""
    if all(step.get("send") != "whole" for step in kind.get("change", [])):
        return
    for role in ("list", "lookup"):
        endpoint = catalogue.endpoints[catalogue.by_call[kind[role]["call"]]] if role in kind else {}
        if endpoint.get("answer_from", "expected") != "expected":
            found = at_pointer(endpoint["answer"], kind[role].get("answer", ""))
            check_unread(kind["fields"], found[0] if isinstance(found, list) else found, f"kind {kind['name']}")


def check_kind(kind, catalogue):
    where = f"kind {kind['name']}"
    kinds = {k["name"] for k in catalogue.kinds}
    check_fields(kind["fields"], where, kinds)
    check_types(kind, where)
    if "change" in kind:
        check_directions(kind["fields"], where)
    for word in kind.get("copy_after", []):
        require(word in kinds, where, f"`copy_after` names the unknown kind {word!r}")
    for word in re.findall(r"\{([^}]*)\}", kind["path"]):
        require(word in kinds | PATH_WORDS, where, f"the path names the unknown kind {word!r}")
    for segment in kind["path"].split("/"):
        require(re.fullmatch(r"(\{[a-z0-9-]+\})?[^{}]*", segment), where,
                f"an object in braces begins a segment: {segment}")
    named = "{name}" in kind["path"]
    require(named == (kind["shape"] != "doc"), where, "the path of a set has {name}, the path of a document does not")
    require(kind["path"].endswith("{name}/") == (kind["shape"] == "dirs"), where, "the path of `dirs` ends in {name}/")
    plain = kind["path"].endswith(".json") or kind["shape"] == "dirs"
    require(plain != (kind.get("form") == "text"), where, "the path of anything but a text ends in .json")
    require("page_total" not in kind or "page_size" in kind, where, "a paged list needs its page size")
    for role in ("create", "change", "remove"):
        sometimes = role == "remove" and role in kind and all("when" in step for step in kind[role])
        require(sometimes == (role in kind and f"no_{role}" in kind) and (role in kind or f"no_{role}" in kind), where,
                f"needs {role} or no_{role}; a removal with conditions needs both")
    require("wrap_in" not in kind or kind["shape"] == "doc" or "lookup" in kind, where,
            "`wrap_in` needs a document or a `lookup`")
    for step in kind.get("create", []) + kind.get("change", []) if kind.get("open_document") else []:
        require(catalogue.endpoints[catalogue.by_call[step["call"]]].get("open_body"), where,
                f"`open_document`: {step['call']} has no `open_body`")
    require("fixed_names" not in kind or "list" not in kind, where, "`fixed_names` and `list` exclude each other")
    require(bool(kind.get("rename")) != ("no_rename" in kind), where, "needs rename or no_rename, not both")
    reads = any(way in kind for way in ("list", "lookup", "fixed_names", "imports"))
    require(reads != ("no_read" in kind), where, "needs a call that reads it or no_read, not both")
    require("no_list" not in kind or ("lookup" in kind and "list" not in kind), where,
            "`no_list` is for look-ups alone")
    require("no_read" not in kind or (kind["shape"], kind.get("form")) == ("doc", "text"), where,
            "`no_read` is for texts at a fixed place")
    require(kind.get("imports", kind["name"]) in kinds, where, "`imports` names no kind")
    require("imports" not in kind or kind.get("form") == "text", where, "`imports` needs the form text")
    require("detail" not in kind or ("list" in kind and "id_member" in kind and "lookup" not in kind), where,
            "`detail` needs `list` and `id_member`, and no `lookup`")
    for role in ("list", "lookup", "detail"):
        if role in kind:
            check_step(kind[role], role, kind, catalogue)
            check_records(kind, role, kind[role], catalogue)
            if "change" in kind and not kind.get("open_document"):
                example = catalogue.endpoints[catalogue.by_call[kind[role]["call"]]].get("answer")
                found = at_pointer(example, kind[role].get("answer", ""))
                found = list(found.values()) if "map_key" in kind and isinstance(found, dict) else found
                check_shown(kind["fields"], found, set(kind.get("server_members", [])), "", f"kind {kind['name']}")
    for role in ("create", "change", "remove"):
        for step in kind.get(role, []):
            check_step(step, role, kind, catalogue)
    check_whole(kind, catalogue)


def check_lines(endpoints):
    """No line of the API document describes two endpoints."""
    last = 0
    for endpoint in sorted(endpoints, key=lambda e: e["lines"]):
        where = f"{endpoint['method']} {endpoint['path']}"
        require(last < endpoint["lines"][0] < endpoint["lines"][1], where, "`lines` go back, or belong to another call")
        last = endpoint["lines"][1]


def check_sense(catalogue):
    """After Catalogue.resolve()."""
    unique([g["group"] for g in catalogue.groups], "catalogue", "group")
    unique([f"{e['method']} {e['path']}" for e in catalogue.endpoints], "catalogue", "endpoint")
    unique([f"{e['group']}: {e['slug']}" for e in catalogue.endpoints], "catalogue", "slug")
    unique([k["name"] for k in catalogue.kinds], "catalogue", "kind")
    unique([k["path"] for k in catalogue.kinds], "catalogue", "path")
    kinds = {k["name"] for k in catalogue.kinds}
    check_lines(catalogue.endpoints)
    for endpoint in catalogue.endpoints:
        check_endpoint(endpoint, kinds)
    for kind in catalogue.kinds:
        check_kind(kind, catalogue)
