"""Writes the reference: one page per group and an index."""
import json

from load import slug_of


def sentence(text):
    return text[0].upper() + text[1:] + "."


def type_text(field):
    if field["type"] == "array":
        return f"array of {field['item']}"
    return field["type"]


def remarks(field):
    words = [name for name in ("secret", "write_only", "fixed", "unordered") if field.get(name)]
    conditions = [f"{member.lstrip('/')} is {' or '.join(values)}"
                  for member, values in field.get("required_when", {}).items()]
    words += ["required when " + " and ".join(conditions)] if conditions else []
    if "values" in field:
        words.append("one of " + ", ".join(f"`{value}`" for value in field["values"]))
    if "pattern" in field:
        words.append(f"like `{field['pattern']}`")
    if "reference" in field:
        words.append(f"name of a {field['reference']}")
    if "record" in field:
        words.append(f"`{field['record']}` in the record")
    if "about" in field:
        words.append(field["about"])
    return "; ".join(words)


def field_rows(fields, prefix=""):
    for field in fields:
        need = "required" if field.get("required") else ""
        name = f"{prefix}{field['name']}"
        yield f"| `{name}` | {type_text(field)} | {need} | {remarks(field)} |"
        yield from field_rows(field.get("members", []), name + ("[]." if field["type"] == "array" else "."))


def field_table(title, fields):
    if not fields:
        return []
    return [f"{title}:", "", "| member | type | need | |", "|---|---|---|---|", *field_rows(fields), ""]


def json_block(title, value):
    if value is None:
        return []
    return [f"{title}:", "", "```json", json.dumps(value, indent=2, ensure_ascii=False), "```", ""]


def endpoint_section(endpoint):
    sealed = [which for which in ("request", "answer") if endpoint[f"{which}_sealed"]]
    headers = [name if need == "required" else f"{name} (optional)" for name, need in endpoint["headers"].items()]
    facts = [
        f"by: {endpoint.get('access', 'not said')}",
        f"headers: {', '.join(headers) or 'none'}",
        f"sealed: {' and '.join(sealed) or 'nothing'}",
        f"may be sent again: {'yes' if endpoint['repeatable'] else 'no'}",
        f"statuses: {', '.join(map(str, endpoint['statuses'])) or 'not said'}",
    ]
    if endpoint.get("open_body"):
        facts.append("the body may have members that are not named here")
    if "note" in endpoint:
        facts.append(endpoint["note"])
    out = [f"## {endpoint['method']} {endpoint['path']}", "", sentence(endpoint["title"]), ""]
    out += [f"- {fact}" for fact in facts]
    out += [f"- file: `.api/{endpoint['group_slug']}/{endpoint['slug']}`", ""]
    for title, part in (("In the path", "path_params"), ("Query", "query"), ("Body", "body")):
        out += field_table(title, endpoint[part])
    return out + json_block("Example of a body", endpoint.get("example")) + json_block("Answer", endpoint.get("answer"))


def kind_section(kind):
    out = [f"## {kind['path']}", "", sentence(kind["about"]), ""]
    for role in ("list", "lookup", "create", "change", "remove"):
        steps = kind.get(role, [])
        calls = [s["call"] for s in (steps if isinstance(steps, list) else [steps])]
        why = kind.get(f"no_{role}")
        if calls or why:
            out.append(f"- {role}: {', '.join(f'`{call}`' for call in calls) or why}")
    out.append(f"- rename: {'yes' if kind.get('rename') else kind['no_rename']}")
    return out + [""] + field_table("Members", kind["fields"])


def reference_pages(catalogue):
    index = ["# Reference of the Admin API", "", "| group | endpoints | |", "|---|---|---|"]
    for group in catalogue.groups:
        name = group["group"]
        page = slug_of(name) + ".md"
        endpoints = [e for e in catalogue.endpoints if e["group"] == name]
        index.append(f"| [{name}]({page}) | {len(endpoints)} | {group.get('about', '')} |")
        out = [f"# {name}", ""]
        if "about" in group:
            out += [sentence(group["about"]), ""]
        for endpoint in endpoints:
            out += endpoint_section(endpoint)
        kinds = [k for k in catalogue.kinds if k["group"] == name]
        if kinds:
            out += ["# In the tree", ""]
        for kind in kinds:
            out += kind_section(kind)
        yield page, "\n".join(out)
    yield "index.md", "\n".join(index) + "\n"
