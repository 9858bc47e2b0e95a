#!/usr/bin/python3
"""Checks the style of the source tree: `check.py [ROOT]` prints what it finds and exits with 1 if it found anything."""
import pathlib
import subprocess
import sys

from rules import RULES, Source

SKIPPED = (".git", "__pycache__", ".try")


class Tree:
    """The files of a source tree, each read once. Texts are those that decode as UTF-8."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.paths = sorted(self._list())
        self._texts, self._sources = {}, {}

    def _list(self):
        if (self.root / ".git").exists():
            command = ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
            names = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
            return {name for name in names if name and (self.root / name).is_file()}
        found = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return {str(path) for path in found if not set(path.parts) & set(SKIPPED)}

    def size(self, path):
        return (self.root / path).stat().st_size

    def text(self, path):
        if path not in self._texts:
            try:
                self._texts[path] = (self.root / path).read_bytes().decode()
            except UnicodeDecodeError:
                self._texts[path] = None
        return self._texts[path]

    def texts(self, *ends):
        for path in self.paths:
            if (not ends or path.endswith(ends)) and self.text(path) is not None:
                yield path, self.text(path)

    def c_files(self):
        for path, text in self.texts(".c", ".h"):
            if path not in self._sources:
                self._sources[path] = Source(text)
            yield path, self._sources[path]


def findings(tree, names=None):
    for name in names or RULES:
        for path, line, message in RULES[name](tree):
            yield f"{path}:{line}: {name}: {message}"


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    found = list(findings(Tree(root)))
    print("\n".join(found) if found else "style: nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
