#!/usr/bin/python3
"""Sums what the steps of ./check left in a folder: NAME.xml (JUnit) and NAME.code (exit code of the step)."""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def count(xml):
    """Passed and failed of one JUnit file; a skipped test is neither."""
    passed = failed = 0
    for case in ElementTree.parse(xml).getroot().iter("testcase"):
        bad = case.find("failure") is not None or case.find("error") is not None
        failed += bad
        passed += not bad and case.find("skipped") is None
    return passed, failed


def step_result(folder, name):
    """A step without tests of its own counts as one; one that broke off before it could count has failed."""
    code = int((folder / f"{name}.code").read_text())
    xml = folder / f"{name}.xml"
    try:
        passed, failed = count(xml) if xml.exists() else (int(code == 0), int(code != 0))
    except ElementTree.ParseError:
        passed, failed = 0, 0
    if code != 0 and failed == 0:
        failed = 1
    return passed, failed


def main():
    folder = pathlib.Path(sys.argv[1])
    total_passed = total_failed = 0
    for code in sorted(folder.glob("*.code")):
        passed, failed = step_result(folder, code.stem)
        total_passed, total_failed = total_passed + passed, total_failed + failed
        print(f"{code.stem:24} {passed:5} passed {failed:5} failed")
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed or not total_passed else 0


if __name__ == "__main__":
    sys.exit(main())
