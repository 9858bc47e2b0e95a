"""Writes the reference of the row language: each member of the rows and each placeholder, with a real example."""
import json

from load import CatalogueError, FIELD_LISTS, ROLES, read_json, steps_of

EXAMPLE_LENGTH = 120
PARTS = (
    ("group", "A group", "The object of a file in `groups/`."),
    ("endpoint", "An endpoint", "One call of the API."),
    ("kind", "A kind", "One kind of objects in the tree, with the calls that read and change them."),
    ("step", "A step", "One call of a kind: its `list`, its `lookup`, or one of its `create`, `change` and `remove`."),
    ("field", "A field", "A member of a body, of a path, of a query or of a document."),
)
# How a placeholder with an argument is written.
ARGUMENTS = {
    "none": "", "member": ".MEMBER", "kind": ".KIND.id", "scope": ".KIND.id`, `${}.KIND.name", "part": ".1`, `${}.3-",
    "placeholder": ".PLACEHOLDER",
}


def all_fields(fields):
    for field in fields:
        yield field
        yield from all_fields(field.get("members", []))


def rows_of(groups):
    """Every row of each part, with the words that say where it is."""
    rows = {part: [] for part, _, _ in PARTS}
    for group in groups:
        rows["group"].append((group["group"], group))
        for endpoint in group["endpoints"]:
            where = f"{endpoint['method']} {endpoint['path']}"
            rows["endpoint"].append((where, endpoint))
            for part in FIELD_LISTS:
                rows["field"] += [(where, field) for field in all_fields(endpoint.get(part, []))]
        for kind in group.get("kinds", []):
            rows["kind"].append((kind["name"], kind))
            rows["step"] += [(kind["name"], step) for role in ROLES for step in steps_of(kind, role)]
            rows["field"] += [(kind["name"], field) for field in all_fields(kind.get("fields", []))]
    return rows


def inner_text(name, value):
    """`"name": value` as it is in an object."""
    return json.dumps({name: value}, ensure_ascii=False)[1:-1]


def example_of(rows, member):
    """The shortest value that says something, and where it is."""
    texts = [(inner_text(member, row[member]), where) for where, row in rows if member in row]
    if not texts:
        raise CatalogueError(f"rows: no row has the member {member!r}")
    text, where = min(texts, key=lambda pair: (len(pair[0]), pair[1]))
    return (text if len(text) <= EXAMPLE_LENGTH else text[:EXAMPLE_LENGTH] + "…"), where


def texts_in(value):
    """Each text of a template with the member it is the value of."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield name, name
            if isinstance(member, str):
                yield inner_text(name, member), member
            else:
                yield from texts_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts_in(member)
    elif isinstance(value, str):
        yield value, value


def has_placeholder(row, text):
    for word in (text.removeprefix("$"), *(part.partition("}")[0] for part in text.split("${")[1:])):
        name, dot, _ = word.removeprefix("csv.").partition(".") if row["name"] != "csv" else word.partition(".")
        if "$" in text and name == row["name"] and bool(dot) == (row["argument"] != "none"):
            return True
    return False


def placeholder_example(steps, row):
    templates = [(where, template) for where, step in steps
                 for template in (step.get("args", {}), step.get("answer", "").split("/"))]
    found = [(shown, where) for where, template in templates
             for shown, text in texts_in(template) if has_placeholder(row, text)]
    if not found:
        raise CatalogueError(f"rows: no step has the placeholder ${row['name']}")
    return min(found, key=lambda pair: (len(pair[0]), pair[1]))


def written(row):
    if row["argument"] == "choice":
        return ", ".join(f"`${row['name']}.{choice}`" for choice in row["choices"])
    return f"`${row['name']}{ARGUMENTS[row['argument']].format(row['name'])}`"


def rows_page(catalogue, schema):
    rows = rows_of([read_json(path) for path in catalogue.files])
    out = ["# Rows of the catalogue", "",
           "Every member of the files in `src/catalogue/groups/`, and every placeholder of `args` and `answer`, with",
           "an example from these files.", ""]
    for part, title, about in PARTS:
        shape = schema if part == "group" else schema["definitions"][part]
        out += [f"## {title}", "", about, ""]
        for member, property_ in shape["properties"].items():
            text, where = example_of(rows[part], member)
            need = " (required)" if member in shape["required"] else ""
            out += [f"### {part}: {member}{need}", "", property_["description"], "", f"{where}: `{text}`", ""]
    out += ["## Placeholders", "", "A text that starts with `$` is a placeholder; in a text it is written `${…}`.", ""]
    for row in catalogue.placeholders:
        text, where = placeholder_example(rows["step"], row)
        out += [f"### {written(row)}", "", row["about"], "", f"{where}: `{text}`", ""]
    return "\n".join(out)
