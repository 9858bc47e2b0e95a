"""Shell scripts, manual pages and the format of C, checked by shellcheck, mandoc and clang-format."""
import pathlib
import shutil
import subprocess

import pytest

from check import Tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREE = Tree(ROOT)
FORMAT_VERSION = 14  # Debian 12's; other versions break lines elsewhere


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


def c_files():
    return [path for path in TREE.paths if path.endswith((".c", ".h"))]


def test_c_files_are_formatted():
    check("clang-format", "--version")
    version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True).stdout
    if f"version {FORMAT_VERSION}." not in version:
        pytest.skip(f"the format is that of clang-format {FORMAT_VERSION}; here is {version.strip()}")
    check("clang-format", "--dry-run", "-Werror", *c_files())


def test_shell_scripts_are_found():
    assert {"check", ".ci/run", "try"} <= set(shell_scripts())
