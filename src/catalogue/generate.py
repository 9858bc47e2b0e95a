#!/usr/bin/python3
"""Checks the group files and writes the tables and pages made from them.

generate.py check GROUPS
generate.py c GROUPS FILE DEPFILE
generate.py placeholders GROUPS FILE
generate.py reference GROUPS FOLDER
"""
import os
import pathlib
import sys

from check import check_form, check_sense
from emit_c import Emitter, placeholder_rows
from emit_reference import reference_pages
from emit_rows import rows_page
from load import Catalogue, CatalogueError, read_json, slug_of
from samples import sample_object

SHAPES = (("check", 3), ("c", 5), ("placeholders", 4), ("reference", 4))
HERE = pathlib.Path(__file__).resolve().parent


def load_catalogue(folder):
    catalogue = Catalogue(folder)
    catalogue.placeholders = read_json(HERE / "placeholders.json")
    check_form(catalogue, HERE / "schema.json")
    catalogue.resolve()
    for endpoint in catalogue.endpoints:
        endpoint["group_slug"] = slug_of(endpoint["group"])
        if endpoint["body"]:
            endpoint["example"] = sample_object(endpoint["body"])
        if headers := [field for field in endpoint["header_params"] if field.get("required")]:
            endpoint["header_example"] = sample_object(headers)
    check_sense(catalogue)
    return catalogue


def write_whole(path, text):
    """Replaces the file in one step."""
    path = pathlib.Path(path)
    partial = path.with_name(path.name + ".new")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def main(argv):
    if len(argv) < 3 or (argv[1], len(argv)) not in SHAPES:
        print(__doc__, file=sys.stderr)
        return 64
    try:
        catalogue = load_catalogue(argv[2])
    except CatalogueError as error:
        print(f"catalogue: {error}", file=sys.stderr)
        return 1
    if argv[1] == "c":
        write_whole(argv[3], Emitter(catalogue).text())
        rules = [str(HERE / name) for name in ("schema.json", "placeholders.json")]
        inputs = [argv[2], *map(str, catalogue.files), *rules]
        write_whole(argv[4], f"{argv[3]}: {' '.join(inputs)}\n")
    elif argv[1] == "placeholders":
        write_whole(argv[3], placeholder_rows(catalogue.placeholders))
    elif argv[1] == "reference":
        folder = pathlib.Path(argv[3])
        folder.mkdir(parents=True, exist_ok=True)
        pages = [*reference_pages(catalogue), ("rows.md", rows_page(catalogue, read_json(HERE / "schema.json")))]
        for name, text in pages:
            write_whole(folder / name, text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
