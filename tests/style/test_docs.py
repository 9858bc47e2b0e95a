"""The documentation names what is there: the picture's boxes and arrows, the folders, the files."""
import importlib.util
import pathlib
import re

import pytest

import layers
from check import Tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A file in backticks: `src/tree/lookup.c`, `doc-builder.c`. Capitals are a placeholder: `test-NAME.c`.
NAMED = re.compile(r"`((?:[a-z0-9_.-]+/)*[a-z0-9_.-]+\.(?:c|h|py))`")
GENERATED = {"catalogue-tables.c"}
FOLDERS = ("README.md", "docs/*.md", "*/README.md", "src/*/README.md")
PAGES = sorted(path.relative_to(ROOT) for pattern in FOLDERS for path in ROOT.glob(pattern))


def drawing():
    spec = importlib.util.spec_from_file_location("draw_architecture", ROOT / "docs" / "draw-architecture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_picture_shows_every_include():
    draw = drawing()
    graph = draw.includes(ROOT)
    assert draw.drawn() == (sorted(graph), draw.arrows(graph)), "run docs/draw-architecture.py"


def test_an_arrow_that_follows_from_others_is_left_out():
    graph = {"a": {"b", "c"}, "b": {"c"}, "c": set()}
    assert drawing().arrows(graph) == [("a", "b"), ("b", "c")]


def test_table_has_every_folder():
    assert set(drawing().texts()) - {"include"} == set(layers.ALLOWED)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_files_named_exist(page):
    names = set(Tree(ROOT).paths)
    plain = {name.rsplit("/", 1)[-1] for name in names}
    ends = {name.split("/", 1)[1] for name in names if name.startswith("src/")}
    missing = [name for name in NAMED.findall((ROOT / page).read_text())
               if name not in names | plain | ends | GENERATED and str(page.parent / name) not in names]
    assert missing == []
