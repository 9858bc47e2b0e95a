"""Compiled files: no circle inside a folder, and every exported name tells its folder."""
import os
import pathlib
import subprocess

import pytest

import layers
import objects

BUILD = pathlib.Path(os.environ.get("TENANTFS_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))


def compile_files(folder, files):
    made = []
    for name, text in files.items():
        (folder / name).write_text(text)
        made.append(folder / f"{name}.o")
        subprocess.run(["cc", "-c", folder / name, "-o", made[-1]], check=True)
    return [objects.Object(path) for path in made]


@pytest.fixture(scope="session")
def built():
    found = objects.folders(BUILD)
    assert set(found) == set(layers.ALLOWED), f"{BUILD} is not a complete build"
    return found


@pytest.mark.parametrize("folder", sorted(layers.ALLOWED))
def test_folder_has_no_circle(built, folder):
    assert list(objects.circle_texts(built[folder])) == []


@pytest.mark.parametrize("folder", sorted(layers.ALLOWED))
def test_exported_names_have_a_prefix(built, folder):
    assert list(objects.unprefixed(folder, built[folder])) == []


def test_no_name_is_exported_twice(built):
    owners = {}
    for folder, files in built.items():
        for each in files:
            for symbol in each.defined - {"main"}:
                owners.setdefault(symbol, []).append(f"{folder}/{each.name}")
    assert {symbol: files for symbol, files in owners.items() if len(files) > 1 and symbol[0] != "_"} == {}


def test_circle_is_found(tmp_path):
    made = compile_files(tmp_path, {
        "a.c": "int b(void);\nint a(void);\nint a(void) { return b(); }\n",
        "b.c": "int c(void);\nint b(void);\nint b(void) { return c(); }\n",
        "c.c": "int a(void);\nint c(void);\nint c(void) { return a(); }\n",
        "d.c": "int a(void);\nint d(void);\nint d(void) { return a(); }\n",
    })
    assert objects.circles(objects.uses(made)) == [("a.c", "b.c", "c.c")]
    assert list(objects.circle_texts(made)) == ["a.c -> b.c: b", "b.c -> c.c: c", "c.c -> a.c: a"]


def test_ladder_has_no_circle(tmp_path):
    made = compile_files(tmp_path, {
        "a.c": "int b(void);\nint c(void);\nint a(void);\nint a(void) { return b() + c(); }\n",
        "b.c": "int c(void);\nint b(void);\nint b(void) { return c(); }\n",
        "c.c": "int c(void);\nint c(void) { return 0; }\n",
    })
    assert objects.circles(objects.uses(made)) == []


def test_bare_name_is_found(tmp_path):
    made = compile_files(tmp_path, {
        "a.c": "int tfs_a(void);\nint cli_b(void);\nint c(void);\n"
               "int tfs_a(void) { return 0; }\nint cli_b(void) { return 0; }\nint c(void) { return 0; }\n"
               "static int d(void) { return c(); }\nint (*const tfs_d)(void) = d;\n",
    })
    assert list(objects.unprefixed("cli", made)) == ["a.c: c"]
    assert list(objects.unprefixed("base", made)) == ["a.c: c", "a.c: cli_b"]
