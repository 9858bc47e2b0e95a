#!/usr/bin/python3
"""Line coverage of a test run, for each folder of src/ and mountd/: coverage.py BUILD PROFILES REPORT

BUILD is a build of clang with -fprofile-instr-generate and -fcoverage-mapping, PROFILES the folder its programs wrote
*.profraw to. Prints the table and writes it to REPORT, with the files that are covered least below it. A process that
was killed wrote nothing. Exits with 1 when a folder is below LEAST per cent.
"""
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAMS = ("src/cli/tenantfs", "mountd/tenantfs-mountd", "src/sandbox/tenantfs-sandbox")
LEAST = 85.0
LISTED = 25


def summaries(build, profiles):
    """For each source file below src/ and mountd/: the number of its lines with code, and of those that ran."""
    raw = [str(path) for path in sorted(profiles.glob("*.profraw"))]
    if not raw:
        sys.exit(f"coverage: no profiles in {profiles}")
    merged = profiles / "merged.profdata"
    (profiles / "list").write_text("".join(f"{path}\n" for path in raw))
    subprocess.run(["llvm-profdata", "merge", "-sparse", "-f", profiles / "list", "-o", merged], check=True)
    first, *others = [str(build / name) for name in PROGRAMS]
    command = ["llvm-cov", "export", "-summary-only", f"-instr-profile={merged}", first]
    text = subprocess.run(command + [f"-object={path}" for path in others], check=True, capture_output=True).stdout
    for file in json.loads(text)["data"][0]["files"]:
        path = pathlib.Path(build, file["filename"]).resolve()
        if path.is_relative_to(ROOT / "src") or path.is_relative_to(ROOT / "mountd"):
            lines = file["summary"]["lines"]
            yield path.relative_to(ROOT), lines["count"], lines["covered"]


def percent(covered, count):
    return 100 * covered / count if count else 100.0


def row(name, count, covered):
    return f"{percent(covered, count):5.1f} %  {covered:6} of {count:6} lines  {name}"


def main():
    build, profiles, report = map(pathlib.Path, sys.argv[1:])
    files = sorted(summaries(build.resolve(), profiles))
    folders = collections.defaultdict(lambda: [0, 0])
    for path, count, covered in files:
        for name in (f"{path.parent}/", "all"):
            folders[name][0] += count
            folders[name][1] += covered
    table = [row(name, *folders[name]) for name in sorted(folders, key=lambda name: (name == "all", name))]
    least = sorted(files, key=lambda file: percent(file[2], file[1]))[:LISTED]
    report.write_text("\n".join(table + ["", "Files that are covered least:"] + [row(*file) for file in least]) + "\n")
    print("\n".join(table))
    low = [name for name, (count, covered) in sorted(folders.items()) if percent(covered, count) < LEAST]
    if low:
        sys.exit(f"below {LEAST:.0f} %: {' '.join(low)}")


if __name__ == "__main__":
    main()
