#!/usr/bin/python3
"""The reference pages against the group files: check-reference.py GROUPS REFERENCE

Every endpoint has one section in the pages and one row in the index, with the places that reach it; every link has
a target.

rows.md explains every member of the schema and every placeholder with an example.
"""
import collections
import json
import pathlib
import re
import sys


def anchor(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def sections(text):
    """(heading, body) of each section of the second level."""
    parts = re.split(r"^## (.*)$", text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def problems(groups, pages):
    calls = [f"{e['method']} {e['path']}" for group in groups for e in group["endpoints"]]
    kinds = [kind for group in groups for kind in group.get("kinds", [])]
    changing = {step["call"] for kind in kinds for step in kind.get("change", [])}
    found = collections.Counter()
    ways = {}
    for name, text in pages.items():
        for heading, body in sections(text) if name != "index.md" else []:
            if heading in calls:
                found[heading] += 1
                ways[heading] = re.findall(r"^- in the tree: (.*)$", body, re.M)
                if len(re.findall(r"^- call file: `\.api/[a-z0-9-]+/[\w.-]+`$", body, re.M)) != 1:
                    yield f"{heading}: no call file"
                if not ways[heading]:
                    yield f"{heading}: no place"
                if heading in changing:
                    yield from (f"{heading}: {member}: what becomes of it when it is left out?" for member in
                                re.findall(r"^\| `([^`]+)` \| [a-z ]+ \|  \|", body.partition("\nBody:\n")[2], re.M))
    for call in calls:
        if found[call] != 1:
            yield f"{call} has {found[call]} sections"
        if len(re.findall(rf"^\| \[{re.escape(call)}\]\([^)]*\) \| .+ \|$", pages["index.md"], re.M)) != 1:
            yield f"{call} is not once in the index"
    for kind in kinds:
        path = kind["path"].translate(str.maketrans("{}", "<>"))
        steps = [step for role in ("list", "lookup", "create", "change", "remove") for step in
                 (kind.get(role, []) if isinstance(kind.get(role, []), list) else [kind[role]])]
        for step in steps:
            if not any(path in way for way in ways[step["call"]]):
                yield f"{step['call']}: {path} is not among its places"
    yield from dead_links(pages)


def row_problems(source, page):
    """Each member and each placeholder has a heading, a sentence and an example."""
    schema = json.loads((source / "schema.json").read_text())
    shapes = {"group": schema, **{n: s for n, s in schema["definitions"].items() if "properties" in s}}
    expected = [f"{part}: {member}" for part, shape in shapes.items() for member in shape["properties"]]
    placeholders = json.loads((source / "placeholders.json").read_text())
    told = {}
    for text in re.split(r"^### ", page, flags=re.M)[1:]:
        heading, _, rest = text.partition("\n")
        told[heading.removesuffix(" (required)")] = len(re.findall(r"^.+$", rest, re.M)) >= 2 and "`" in rest
    for heading in expected:
        if not told.get(heading):
            yield f"rows.md: {heading} is not explained"
    for row in placeholders:
        if not any(told[heading] for heading in told if re.match(rf"`\${row['name']}\b", heading)):
            yield f"rows.md: ${row['name']} is not explained"
    if len(told) != len(expected) + len(placeholders):
        yield f"rows.md: {len(told)} headings for {len(expected)} members and {len(placeholders)} placeholders"


def dead_links(pages):
    for name, text in pages.items():
        for page, target in re.findall(r"\]\(([a-z0-9-]+\.md)(?:#([^)]*))?\)", text):
            headings = [anchor(heading) for heading, _ in sections(pages.get(page, ""))]
            if page not in pages or (target and target not in headings):
                yield f"{name}: a link leads to {page}#{target}"


def main():
    groups = [json.loads(path.read_text()) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json"))]
    pages = {path.name: path.read_text() for path in pathlib.Path(sys.argv[2]).glob("*.md")}
    wrong = [*problems(groups, pages), *row_problems(pathlib.Path(sys.argv[1]).parent, pages["rows.md"])]
    print("\n".join(wrong) or f"{len(pages)} pages")
    return 1 if wrong or len(pages) != len(groups) + 2 else 0


if __name__ == "__main__":
    sys.exit(main())
