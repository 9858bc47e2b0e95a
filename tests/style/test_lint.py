"""Shell scripts and manual pages, checked by shellcheck and mandoc."""
import pathlib
import shutil
import subprocess

import pytest

from check import Tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREE = Tree(ROOT)


def shell_scripts():
    for path, text in TREE.texts():
        first = text.split("\n", 1)[0]
        if first.startswith("#!") and first.split("/")[-1].split()[-1] in ("sh", "bash"):
            yield path


def pages():
    return [path for path in TREE.paths if path.startswith("docs/man/") and path[-2:-1] == "."]


def check(*command):
    if shutil.which(command[0]) is None:
        pytest.fail(f"{command[0]} is missing")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", shell_scripts())
def test_shell_script_passes_shellcheck(path):
    check("shellcheck", "-x", path)


@pytest.mark.parametrize("path", pages())
def test_manual_page_passes_mandoc(path):
    check("mandoc", "-T", "lint", "-W", "warning", path)


def test_shell_scripts_are_found():
    assert {"check", ".ci/run", "try"} <= set(shell_scripts())
