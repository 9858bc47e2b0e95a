#!/usr/bin/python3
"""What groups of the API cost: `growth.py [NUMBER]` lists the groups added last.

For each: its commit, the lines of its group file, the lines of its kinds, and the lines of C that it alone uses
(hooks). Below: lines added by folder in all commits that touched one of these group files. This is an upper bound:
C code of such a commit may serve other groups too.
"""
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GROUPS = "src/catalogue/groups"
FOLDERS = ("src/catalogue/groups", "src/catalogue", "src/resource/hooks", "src/resource", "src/change", "src/tree",
           "src/sandbox", "src", "mountd", "include", "tests", "docs")


def git(*words):
    return subprocess.run(["git", "-C", str(ROOT), *words], check=True, capture_output=True, text=True).stdout


def first_kinds(path):
    """Commit and time of the first version of a group file with kinds."""
    lines = git("log", "--reverse", "--format=%h %ct", "-S", '"kinds"', "--", path).split("\n")
    return lines[0].split() if lines[0] else None


def hook_lines(group):
    hooks = {kind["hook"] for kind in group.get("kinds", []) if "hook" in kind}
    files = [ROOT / "src/resource/hooks" / f"{hook}.c" for hook in hooks]
    return sum(len(path.read_text().splitlines()) for path in files if path.exists())


def kind_lines(text):
    before, found, kinds = text.partition('  "kinds": [')
    return len((found + kinds).splitlines()) if found else 0


def groups_by_age():
    """(time, commit, name, lines, lines of kinds, lines of hooks) of each group with kinds."""
    for path in sorted((ROOT / GROUPS).glob("*.json")):
        text = path.read_text()
        first = first_kinds(f"{GROUPS}/{path.name}")
        if first:
            yield int(first[1]), first[0], path.name, len(text.splitlines()), kind_lines(text), \
                hook_lines(json.loads(text))


def added(names):
    """Lines added by folder in the commits that touched one of the group files."""
    commits = set(git("log", "--no-merges", "--format=%H", "--", *(f"{GROUPS}/{name}" for name in names)).split())
    total = collections.Counter()
    for commit in commits:
        for line in git("show", "--numstat", "--format=", commit).splitlines():
            plus, _, path = line.split("\t")
            folder = next((one for one in FOLDERS if path.startswith(one + "/")), "elsewhere")
            total[folder] += int(plus) if plus.isdigit() else 0
    return len(commits), total


def main():
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    last = sorted(groups_by_age(), reverse=True)[:number]
    print("| group | came with | lines of catalogue | of them of kinds | lines of C of its own |")
    print("|---|---|---|---|---|")
    for _, commit, name, lines, kinds, hooks in last:
        print(f"| {name.removesuffix('.json')} | {commit} | {lines} | {kinds} | {hooks} |")
    sums = [sum(row[n] for row in last) for n in (3, 4, 5)]
    print(f"| together | | {sums[0]} | {sums[1]} | {sums[2]} |")
    commits, total = added([row[2] for row in last])
    print(f"\n{commits} commits touched them and added: "
          + ", ".join(f"{lines} lines in {folder}/" for folder, lines in total.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
