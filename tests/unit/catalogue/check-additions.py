#!/usr/bin/python3
"""What an addition to the catalogue takes: check-additions.py ROOT

In a copy of src/catalogue an endpoint, a field, a kind and a placeholder are added, each by a row of one file. The
generator must take them, and the table, the reference and the placeholder table must have them. No other file of the
project holds the number of endpoints or groups.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ENDPOINT = {
    "method": "GET", "path": "/zz/weather", "lines": [90001, 90060], "title": "The weather at the server",
    "headers": {"requestid": "required"},
    "request_sealed": False, "answer_sealed": False, "reads": True, "repeatable": True, "statuses": [200],
    "answer_from": "expected", "answer": {"sky": "clear", "wind": 3},
}
FIELD = {"name": "nickname", "type": "string"}
KIND = {
    "name": "weather", "path": "weather.json", "about": "the weather at the server", "shape": "doc",
    "list": {"call": "GET /zz/weather"}, "no_change": "The weather cannot be changed.",
}
PLACEHOLDER = {"name": "moon", "function": "moon", "argument": "none", "about": "Phase of the moon."}
SOURCES = ("src", "include", "mountd", "tests", "docs")


def edit(path, change):
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def add_endpoint(group):
    group["endpoints"].append(ENDPOINT)


def add_field(group):
    next(kind for kind in group["kinds"] if kind["name"] == "user")["fields"].append(FIELD)
    call = next(e for e in group["endpoints"] if (e["method"], e["path"]) == ("PATCH", "/users/user/update"))
    call["body"].append(FIELD)


def add_kind(group):
    group["kinds"].append(KIND)


def add_placeholder(rows):
    rows.append(PLACEHOLDER)


def use_placeholder(group):
    group["kinds"][-1]["list"]["args"] = {"query": {"moon": "$moon"}}
    group["endpoints"][-1]["query"] = [{"name": "moon", "type": "string"}]


# The edits of one addition, each of one file, and what the generated files then have.
ADDITIONS = (
    ("an endpoint", [("groups/users.json", add_endpoint)],
     {"tables.c": '.path = "/zz/weather"', "reference/users.md": "GET /zz/weather"}),
    ("a field", [("groups/users.json", add_field)],
     {"tables.c": '.name = "nickname"', "reference/users.md": "`nickname`"}),
    ("a kind", [("groups/users.json", add_kind)],
     {"tables.c": '.name = "weather"', "reference/index.md": "`weather.json`"}),
    ("a placeholder", [("placeholders.json", add_placeholder), ("groups/users.json", use_placeholder)],
     {"placeholders.inc": 'PLACEHOLDER("moon", value, NOTHING, false, moon_value)',
      "reference/rows.md": "### `$moon`"}),
)


def generate(folder, *words):
    command = [sys.executable, "-B", folder / "catalogue" / "generate.py", words[0], folder / "catalogue" / "groups",
               *(folder / word for word in words[1:])]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stderr


def addition_problems(folder):
    for name, edits, expected in ADDITIONS:
        for path, change in edits:
            edit(folder / "catalogue" / path, change)
        for words in (("c", "tables.c", "tables.d"), ("placeholders", "placeholders.inc"), ("reference", "reference")):
            wrong = generate(folder, *words)
            if wrong:
                yield f"{name}: {words[0]}: {wrong}"
                return
        for path, text in expected.items():
            if text not in (folder / path).read_text():
                yield f"{name}: {path} lacks {text}"


def count_problems(root):
    """Lines of code and tests that name the number of endpoints or groups."""
    groups = [json.loads(path.read_text()) for path in sorted((root / "src/catalogue/groups").glob("*.json"))]
    endpoints = sum(len(group["endpoints"]) for group in groups)
    counted = re.compile(rf"\b{endpoints}\b.*endpoint|endpoint.*\b{endpoints}\b|\b{len(groups)} groups", re.I)
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*")):
            # The catalogue's README tells how many endpoints the API document names.
            if path.suffix not in (".c", ".h", ".py", ".md", ".build") or path == root / "src/catalogue/README.md":
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if counted.search(line):
                    yield f"{path.relative_to(root)}:{number}: names a count: {line.strip()}"


def main():
    root = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        shutil.copytree(root / "src" / "catalogue", folder / "catalogue")
        wrong = [*addition_problems(folder), *count_problems(root)]
    print("\n".join(wrong) or f"{len(ADDITIONS)} additions")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
