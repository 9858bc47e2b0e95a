"""Writes the reference: an index, and one page per group with each endpoint and the files that reach it."""
import json
import re

from load import condition_texts, slug_of, steps_of

# The operation on a file that makes the call of a role.
REACHED = {
    "list": "listing or reading `{}`",
    "lookup": "opening `{}` by its name",
    "detail": "opening `{}` where the list lacks members of it",
    "create": "a new file `{}`",
    "change": "saving `{}`",
    "remove": "removing `{}`",
}
# The title of an answer by where it comes from.
ANSWERS = {
    "document": "Answer, as the API document shows it",
    "text": "Answer, as the API document describes it",
    "expected": "Answer, expected; the API document does not show it",
}
# The calls the mount makes for itself, beside those of the kinds.
OWN = {
    "GET /publickeys": "every mount, to know whom requests are sealed for",
    "GET /logout": "`tenantfs logout`",
    "POST /authenticate": "`tenantfs login`, where there is no `POST /v2/request_access`",
    "POST /community_auth_info/fetch": "every mount, to know the ids of tenant and community",
    "POST /users/find": "`tenantfs login`, where there is no `POST /v2/request_access`",
    "POST /v2/request_access": "`tenantfs login`",
    "PUT /session/new": "`tenantfs login --factor push`",
}


def sentence(text):
    return text[0].upper() + text[1:] + "."


def type_text(field):
    if field["type"] == "array":
        return f"array of {field['item']}"
    return field["type"]


def conditions_text(conditions):
    return " and ".join(f"{member.lstrip('/')} is {' or '.join(condition_texts(values))}"
                        for member, values in conditions.items())


def rules_text(field):
    unit = "characters" if field["type"] == "string" else "elements"
    words = [f"{limit} {field[name]}{of}" for name, limit, of in (
        ("min_length", "at least", f" {unit}"), ("max_length", "at most", f" {unit}"),
        ("min", "at least", ""), ("max", "at most", "")) if name in field]
    words += [f"format {field['format']}"] if "format" in field else []
    words += [f"like `{field['pattern']}`"] if "pattern" in field else []
    return ", ".join(words)


def remarks(field):
    words = [name for name in ("secret", "fixed", "unordered") if field.get(name)]
    words += ["not read back"] if field.get("write_only") else []
    words += ["an empty text removes it"] if field.get("empty_removes") else []
    words += ["required when " + conditions_text(field["required_when"])] if field.get("required_when") else []
    if "values" in field:
        words.append("one of " + ", ".join(f"`{value}`" for value in field["values"]))
    rules = rules_text(field)
    if "default" in field and field.get("rules_when"):
        rules += f"{', ' if rules else ''}default `{json.dumps(field['default'])}`"
    if rules and field.get("rules_when"):
        rules += " when " + conditions_text(field["rules_when"])
    words += [rules] if rules else []
    if "reference" in field:
        words.append(f"name of a {field['reference']}")
    if "record" in field:
        words.append(f"`{field['record']}` in the record")
    if "about" in field:
        words.append(field["about"])
    return "; ".join(words)


def omitted(field, otherwise):
    """What a call does that leaves the member out: it is refused, or sets a default, or what `otherwise` says."""
    if field.get("required"):
        return "required"
    return f"`{json.dumps(field['default'])}` is set" if "default" in field else otherwise


# What a change does to members that it leaves out, by `send`. A nested object replaces the server's.
LEFT_OUT = {"changed": "kept", "whole": "erased", "nothing": "kept"}
LEFT_OUT_ABOUT = """\
The column "left out" says what a call does that does not have the member: it is refused (required), leaves the member
as it is (kept), sets a default, or erases the member. A save sends every member for which it is not kept."""


def changes(catalogue):
    """For each call that saves a change: what becomes of members that it leaves out."""
    return {step["call"]: LEFT_OUT[step.get("send", "nothing")] for kind in catalogue.kinds
            for step in kind.get("change", [])}


def change_of(kind, field, catalogue):
    """The body field that a change of the member is sent by, and what becomes of it when it is left out."""
    names = (field["name"], field.get("record"))
    for step in kind.get("change", []):
        if field["name"] in step.get("members", [field["name"]]):
            body = catalogue.endpoints[catalogue.by_call[step["call"]]]["body"]
            sent = next((one for one in body if one["name"] in names), {})
            if sent or step.get("members") or step.get("send", "nothing") == "nothing":
                return sent, LEFT_OUT[step.get("send", "nothing")]
    return {}, ""


def field_rows(fields, prefix="", effects=None):
    for index, field in enumerate(fields):
        name = f"{prefix}{field['name']}"
        need = effects[index] if effects else omitted(field, "")
        yield f"| `{name}` | {type_text(field)} | {need} | {remarks(field)} |"
        members = field.get("members", [])
        inner = [omitted(member, "erased") for member in members] if need else None
        yield from field_rows(members, name + ("[]." if field["type"] == "array" else "."), inner)


def field_table(title, fields, effects=None):
    if not fields:
        return []
    return [f"{title}:", "", "| member | type | left out | |", "|---|---|---|---|",
            *field_rows(fields, effects=effects), ""]


def json_block(title, value):
    if value is None:
        return []
    return [f"{title}:", "", "```json", json.dumps(value, indent=2, ensure_ascii=False), "```", ""]


def path_text(kind):
    """communities/{community}/users/{name}.json -> communities/<community>/users/<name>.json"""
    return kind["path"].translate(str.maketrans("{}", "<>"))


def ways_of(catalogue):
    """For each call the operations that make it. None: its call file only."""
    ways = {call: [] for call in catalogue.by_call}
    for kind in catalogue.kinds:
        for role, text in REACHED.items():
            for step in steps_of(kind, role):
                way = text.format(path_text(kind))
                if way not in ways[step["call"]]:
                    ways[step["call"]].append(way)
    for call, way in OWN.items():
        ways[call].append(way)
    return ways


def call_file(endpoint):
    return f".api/{endpoint['group_slug']}/{endpoint['slug']}"


def call_words(endpoint):
    values = [f"{field['name']}=…" for part in ("path_params", "query") for field in endpoint[part]]
    values += [f"{field['name']}=@…" if field.get("secret") else f"{field['name']}:=…"
               for field in endpoint["header_params"]]
    values += [f"{endpoint['upload']}=@FILE"] if "upload" in endpoint else []
    values += [f"{field['name']}=…" for field in endpoint["body"] if field.get("required")]
    filled = ("tenantId=…", "communityId=…")
    return " ".join(["tenantfs call", endpoint["method"], endpoint["path"], *(v for v in values if v not in filled)])


def endpoint_section(endpoint, ways, left_out):
    sealed = [which for which in ("request", "answer") if endpoint[f"{which}_sealed"]]
    headers = [name if need == "required" else f"{name} (optional)" for name, need in endpoint["headers"].items()]
    facts = [f"in the tree: {way}" for way in ways] or ["in the tree: nowhere but in its call file"]
    facts += [
        f"call file: `{call_file(endpoint)}`",
        f"command: `{call_words(endpoint)}`",
        f"by: {endpoint.get('access', 'not said')}",
        f"headers: {', '.join(headers) or 'none'}",
        f"sealed: {' and '.join(sealed) or 'nothing'}",
        f"may be sent again: {'yes' if endpoint['repeatable'] else 'no'}",
        f"statuses: {', '.join(map(str, endpoint['statuses'])) or 'not said'}",
        "API document: lines {} to {}".format(*endpoint["lines"]),
    ]
    if "upload" in endpoint:
        facts.append(f"the body is a file: multipart/form-data, field `{endpoint['upload']}`")
    if endpoint.get("open_query"):
        facts.append("the query may have parameters that are not named here")
    if endpoint.get("open_body"):
        facts.append("the body may have members that are not named here")
    if "note" in endpoint:
        facts.append(endpoint["note"])
    out = [f"## {endpoint['method']} {endpoint['path']}", "", sentence(endpoint["title"]), ""]
    out += [f"- {fact}" for fact in facts] + [""]
    for title, part in (("In the path", "path_params"), ("Query", "query"), ("Further headers", "header_params")):
        out += field_table(title, endpoint[part])
    out += field_table("Body", endpoint["body"], [omitted(field, left_out) for field in endpoint["body"]])
    out += json_block("Example of a body", endpoint.get("example"))
    return out + json_block(ANSWERS.get(endpoint.get("answer_from")), endpoint.get("answer"))


def kind_section(kind, catalogue):
    out = [f"## {path_text(kind)}", "", sentence(kind["about"]), ""]
    out += ["- on demand: not listed, there when named"] if kind.get("on_demand") else []
    for role in REACHED:
        calls = [step["call"] for step in steps_of(kind, role)]
        why = kind.get(f"no_{role}")
        if calls or why:
            out.append(f"- {role}: {', '.join(f'`{call}`' for call in calls) or why}")
    if kind.get("rename") or "no_rename" in kind:
        out.append(f"- rename: {'yes' if kind.get('rename') else kind['no_rename']}")
    templates = [f"`.template-{variant['name']}.json`" for variant in kind.get("types", [])]
    out += [f"- types: {', '.join(templates)}"] if templates else []
    effects = []
    for field in kind["fields"]:
        sent, left_out = change_of(kind, field, catalogue)
        effects.append(omitted({**field, **sent}, left_out))
    return out + [""] + field_table("Members", kind["fields"], effects)


def anchor(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def index_page(catalogue, ways):
    out = ["# Reference of the Admin API", "", "| group | endpoints | |", "|---|---|---|"]
    for group in catalogue.groups:
        count = len([e for e in catalogue.endpoints if e["group"] == group["group"]])
        out.append(f"| [{group['group']}]({slug_of(group['group'])}.md) | {count} | {group.get('about', '')} |")
    out += ["", "## Endpoints", "", "| endpoint | reached by |", "|---|---|"]
    for endpoint in sorted(catalogue.endpoints, key=lambda e: (e["path"].encode(), e["method"].encode())):
        call = f"{endpoint['method']} {endpoint['path']}"
        link = f"[{call}]({endpoint['group_slug']}.md#{anchor(call)})"
        out.append(f"| {link} | {'; '.join(ways[call]) or f'`{call_file(endpoint)}`'} |")
    out += ["", "The members of the rows that say this: [rows](rows.md)."]
    out += ["", LEFT_OUT_ABOUT]
    out += ["", "## Places", "", "| path | holds | group |", "|---|---|---|"]
    for kind in sorted(catalogue.kinds, key=lambda k: k["path"]):
        page = f"[{kind['group']}]({slug_of(kind['group'])}.md#{anchor(path_text(kind))})"
        out.append(f"| `{path_text(kind)}` | {kind['about']} | {page} |")
    return "\n".join(out) + "\n"


def group_page(catalogue, group, ways):
    name = group["group"]
    out = [f"# {name}", ""]
    if "about" in group:
        out += [sentence(group["about"]), ""]
    for endpoint in catalogue.endpoints:
        if endpoint["group"] == name:
            call = f"{endpoint['method']} {endpoint['path']}"
            out += endpoint_section(endpoint, ways[call], changes(catalogue).get(call, ""))
    kinds = [kind for kind in catalogue.kinds if kind["group"] == name]
    out += ["# In the tree", ""] if kinds else []
    for kind in kinds:
        out += kind_section(kind, catalogue)
    return "\n".join(out)


def reference_pages(catalogue):
    ways = ways_of(catalogue)
    for group in catalogue.groups:
        yield slug_of(group["group"]) + ".md", group_page(catalogue, group, ways)
    yield "index.md", index_page(catalogue, ways)
