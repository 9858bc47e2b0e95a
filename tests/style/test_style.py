"""The tree passes every rule, and every rule can fail."""
import pathlib

import pytest

from check import Tree, findings
from layers import FOR_TESTS
from rules import RULES

ROOT = pathlib.Path(__file__).resolve().parents[2]

HEAD = "/* What it is. */\n"
BUILD = {"src/base/meson.build": "files('x.c')\n", "src/tree/meson.build": "files('x.c')\n"}


def body(name, lines):
    return f"int {name}(void)\n{{\n" + "\twork();\n" * (lines - 4) + "\treturn 0;\n}\n"


LEFT = "FIX" "ME"

# Samples that break each rule, with their number of findings.
BAD = {
    "layer-includes": [
        ({"src/base/x.c": HEAD + '#include "tenantfs/api.h"\n'}, 1),
        ({"src/base/x.c": HEAD + '#include "tenantfs/unheard-of.h"\n'}, 1),
        ({"src/sandbox/x.c": HEAD + '#include "tenantfs/tree.h"\n'}, 1),
        ({"src/base/x.c": HEAD + '#include "document/member.h"\n'}, 1),
        ({"include/tenantfs/unheard-of.h": HEAD}, 1),
        ({"include/tenantfs/buf.h": HEAD + '#include "tenantfs/tree.h"\n'}, 1),
    ],
    "foreign-includes": [
        ({"src/tree/x.c": HEAD + "#include <curl/curl.h>\n"}, 1),
        ({"src/tree/x.c": HEAD + "#include <jansson.h>\n#include <fuse_lowlevel.h>\n"}, 2),
        ({"src/tree/x.c": HEAD + "#include <uthash.h>\n"}, 1),
        ({"src/tree/x.c": HEAD + '#include "../base/inside.h"\n'}, 1),
    ],
    "function-length": [
        ({"src/base/x.c": HEAD + body("f", 101) + "".join(body(f"s{n}", 5) for n in range(30))}, 1),
        ({"src/base/x.c": HEAD + body("f", 61) + "".join(body(f"s{n}", 5) for n in range(18))}, 1),
        ({"src/base/x.c": HEAD + body("f", 21)}, 1),
        ({"tests/x.py": "def f():\n" + "    work()\n" * 100
          + "".join(f"def s{n}():\n    work()\n" for n in range(30))}, 1),
    ],
    "file-length": [({"src/base/x.c": HEAD + "\n" * 800}, 1)],
    "header-length": [({"src/base/x.h": HEAD + "\n" * 120}, 1)],
    "banned-calls": [
        ({"src/base/x.c": HEAD + "void f(void)\n{\n\tstrcpy(a, b);\n\tsprintf(a, b);\n}\n"}, 2),
        ({"src/base/x.c": HEAD + 'void f(void)\n{\n\tlog_it("%s: %m", a);\n}\n'}, 1),
    ],
    "null-tests": [
        ({"src/base/x.c": HEAD + "int f(char *p)\n{\n\treturn p == NULL || NULL != p;\n}\n"}, 2),
    ],
    "quiet-asserts": [
        ({"src/base/x.c": HEAD + "void f(void)\n{\n\tassert(n++ < 4);\n\tassert((a = b));\n}\n"}, 2),
    ],
    "mutable-globals": [
        ({"src/base/x.c": HEAD + "static int counter;\n"}, 1),
        ({"src/base/x.c": HEAD + "static const char *names[] = { \"a\", \"b\" };\n"}, 1),
        ({"src/base/x.c": HEAD + "struct thing the_thing = { .a = 1 };\n"}, 1),
        ({"src/base/x.c": HEAD + "static int (*hook)(int);\n"}, 1),
        ({"src/base/x.c": HEAD + "int f(void)\n{\n\tstatic int calls;\n\treturn ++calls;\n}\n"}, 1),
    ],
    "needed-exports": [
        ({"src/base/x.c": HEAD + "int f(void)\n{\n\treturn f();\n}\n", "src/base/x.h": HEAD + "int f(void);\n"}, 1),
        ({"src/base/x.h": HEAD + "int f(void);\n", "tests/x.c": HEAD + "int g(void)\n{\n\treturn f();\n}\n"}, 1),
        ({"src/base/x.h": HEAD + "void f(int (*each)(void *))\n\t__attribute__((nonnull(1)));\n"}, 1),
    ],
    "head-comments": [({"src/base/x.c": "#include <stdio.h>\n"}, 1)],
    "header-guards": [
        ({"include/tenantfs/buf.h": HEAD + "int f(void);\n"}, 1),
        ({"include/tenantfs/buf.h": HEAD + "#ifndef OTHER_H\n#define OTHER_H\n#endif\n"}, 1),
        ({"include/tenantfs/buf.h":
          HEAD + "#ifndef TENANTFS_BUF_H\n#define TENANTFS_BUF_H\n#endif\nint f(void);\n"}, 1),
    ],
    "indentation": [
        ({"src/base/x.c": HEAD + "void f(void)\n{\n        work();\n}\n"}, 1),
        ({"tests/x.py": "def f():\n\treturn 1\n"}, 1),
    ],
    "columns": [({"src/base/x.c": HEAD + "/* " + "x" * 120 + " */\n"}, 1)],
    "line-ends": [
        ({"src/base/x.c": HEAD + "int f(void); \n"}, 1),
        ({"src/base/x.c": "/* What it is. */"}, 1),
        ({"src/base/x.c": HEAD + "\n"}, 1),
    ],
    "left-overs": [({"README.md": f"{LEFT}: tell more\n"}, 1)],
    "machine-paths": [
        ({"README.md": "see " + "/".join(["", "root", "notes"]) + "\n"}, 1),
        ({"README.md": "see " + "/".join(["", "home", "someone", "notes"]) + "\n"}, 1),
    ],
    "listed-sources": [
        ({"src/base/y.c": HEAD}, 1),
        ({"src/tree/deeper/x.c": HEAD, "src/tree/meson.build": "files('deeper/z.c')\n"}, 1),
    ],
    "generated-files": [
        ({"src/base/table.c": HEAD, "src/base/meson.build": "custom_target('t', output: ['table.c'])\n"}, 1),
        ({"src/base/x.o": "\n"}, 1),
        ({"default.profraw": "\n"}, 1),
    ],
    "interpreters": [({"tests/x.py": "#!/usr/bin/env python3\n"}, 1)],
    "file-size": [({"docs/large.md": "x" * 100_001}, 1)],
}

GOOD = {
    "src/base/meson.build": "files('x.c', 'deep/y.c')\n",
    "src/base/deep/y.c": HEAD,
    "src/base/x.c": HEAD + """#include <stdio.h>

#include "tenantfs/buf.h"

#define TABLE(x) \\
    static int x
enum { SIZE = 4 };
struct pair {
    int a, b;
};
typedef int (*pair_taker)(const struct pair *pair);
static const char *const names[] = { "strcpy(", "static int x;" };
static const struct pair pairs[] = { { 1, 2 }, { 3, 4 } };
extern int elsewhere;
static int take(void (*each)(int), int n) __attribute__((nonnull(1)));

static int take(void (*each)(int), int n)
{
    static const int steps[] = { 1, 2 };
    static const char *const texts[] = { "a" };
    for (int i = 0; i < n; i++)
        each(steps[i] + (int)texts[0][0]); /* strcpy() never */
    assert(n == 1 || n <= 2 || n != 3);
    return n;
}
""".replace("    ", "\t"),
}


def plant(folder, files):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return Tree(folder)


@pytest.mark.parametrize("name", RULES)
def test_tree_passes_rule(name):
    assert list(findings(Tree(ROOT), [name])) == []


def samples():
    for name, cases in BAD.items():
        for number, (files, count) in enumerate(cases):
            yield pytest.param(name, files, count, id=f"{name}-{number}")


@pytest.mark.parametrize("name, files, count", samples())
def test_rule_can_fail(tmp_path, name, files, count):
    found = list(findings(plant(tmp_path, {**BUILD, **files}), [name]))
    assert len(found) == count, found


@pytest.mark.parametrize("name", RULES)
def test_rule_passes_good_source(tmp_path, name):
    assert list(findings(plant(tmp_path, GOOD), [name])) == []


def test_functions_for_tests_are_used_by_tests():
    tree = Tree(ROOT)
    declared = {name for path, source in tree.c_files() for name in source.declared if path.endswith(".h")}
    tests = "".join(text for path, text in tree.texts(".c") if path.startswith("tests/"))
    assert {name for name in FOR_TESTS if name not in declared or name not in tests} == set()


def test_every_rule_has_a_bad_sample():
    assert sorted(BAD) == sorted(RULES)
