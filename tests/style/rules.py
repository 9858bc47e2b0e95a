"""The rules, one function each: takes the tree, yields (path, line, message)."""
import ast
import re
import statistics

import layers
from csource import Source, line_of

RULES = {}

FUNCTION_BUDGET, FUNCTION_HARD, FUNCTION_MEDIAN, FUNCTION_SHARE = 60, 100, 20, 0.05
FILE_HARD = 800
HEADER_HARD = 120
HEADER_EXCEPTIONS = {"include/tenantfs/catalogue.h": 160}
LARGEST = 100_000
COLUMNS = 120

BANNED = ["strcpy", "strcat", "sprintf", "vsprintf", "gets", "strtok", "atoi", "alloca", "system", "popen", "strncpy"]
# In pieces, so that this file passes its own rule.
LEFT_OVER = ["TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK"]
MACHINE = re.compile("(?<![\\w.}-])/" "(?:work|root|home/[a-z]\\w*|tmp/b-\\w+)(?:/|\\b)")
PRODUCTS = re.compile(r"\.(o|a|so|pyc|pyo|gch|d|profraw|profdata)$"
                      r"|(^|/)(build\.ninja|compile_commands\.json|__pycache__)(/|$)")
OUTPUT = re.compile(r"\boutput\s*:\s*(\[[^\]]*\]|'[^']*')")


def rule(function):
    RULES[function.__name__.replace("_", "-")] = function
    return function


def ours(path):
    return path.startswith(("src/", "mountd/", "include/"))


@rule
def layer_includes(tree):
    """A folder includes only headers of its own and lower layers."""
    for path, source in tree.c_files():
        layer = layers.layer_of(path)
        if path.startswith("include/tenantfs/") and layer is None:
            yield path, 1, "no layer is named for this header in tests/style/layers.py"
        if layer is None:
            continue
        for line, _, name in source.includes():
            folder = name.split("/")[0]
            if folder in layers.ORDER and "/" in name and layer not in layers.INNER.get(folder, ()):
                yield path, line, f"{layer} may not include {name}, an inner header"
            if not name.startswith("tenantfs/"):
                continue
            owner = layers.OWNER.get(name.split("/", 1)[1])
            if owner is None:
                yield path, line, f"{name} has no layer in tests/style/layers.py"
            elif owner not in layers.ALLOWED[layer]:
                yield path, line, f"{layer} may not include {name} of {owner}"


@rule
def foreign_includes(tree):
    """Each foreign library is included in its places only."""
    for path, source in tree.c_files():
        if not ours(path):
            continue
        for line, system, name in source.includes():
            if not system and not name.startswith(tuple(layers.FOREIGN)):
                if ".." in name:
                    yield path, line, f"{name} leaves the folder"
                continue
            for start, places in layers.FOREIGN.items():
                if start == "ut" and name not in layers.UTHASH:
                    continue
                if name.startswith(start) and not path.startswith(tuple(places)):
                    yield path, line, f"{name} belongs to {', '.join(sorted(places))}"


def functions(tree):
    for path, source in tree.c_files():
        for found in source.functions:
            yield path, found.line, found.name, found.length
    for path, text in tree.texts(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield path, node.lineno, node.name, node.end_lineno - node.lineno + 1


@rule
def function_length(tree):
    """No function above 100 lines, at most one in twenty above 60, half of them at most 20."""
    found = list(functions(tree))
    for path, line, name, length in found:
        if length > FUNCTION_HARD:
            yield path, line, f"{name} has {length} lines, {FUNCTION_HARD} are allowed"
    if not found:
        return
    long = sum(length > FUNCTION_BUDGET for *_, length in found)
    if long > FUNCTION_SHARE * len(found):
        yield ".", 0, f"{long} of {len(found)} functions have more than {FUNCTION_BUDGET} lines"
    median = statistics.median(length for *_, length in found)
    if median > FUNCTION_MEDIAN:
        yield ".", 0, f"the median function has {median} lines, {FUNCTION_MEDIAN} are allowed"


@rule
def file_length(tree):
    """No source file above 800 lines."""
    for path, text in tree.texts(".c", ".py"):
        if text.count("\n") > FILE_HARD:
            yield path, FILE_HARD, f"{text.count(chr(10))} lines, {FILE_HARD} are allowed"


@rule
def header_length(tree):
    """No header above 120 lines."""
    for path, text in tree.texts(".h"):
        allowed = HEADER_EXCEPTIONS.get(path, HEADER_HARD)
        if text.count("\n") > allowed:
            yield path, allowed, f"{text.count(chr(10))} lines, {allowed} are allowed"


@rule
def banned_calls(tree):
    """Calls that have a safer form."""
    call = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for path, source in tree.c_files():
        for number, line in enumerate(source.code.split("\n"), 1):
            for match in call.finditer(line):
                yield path, number, f"{match.group(1)}() is not used here"
        for number, line in enumerate(source.with_strings.split("\n"), 1):
            if re.search(r'"[^"]*(?<!%)(%%)*%m\b', line) and "%Y" not in line:
                yield path, number, "%m is not used here"


@rule
def null_tests(tree):
    """A pointer is tested as it is: `!p`, `p`; not by a comparison with NULL."""
    for path, source in tree.c_files():
        for match in re.finditer(r"[=!]=\s*NULL\b|\bNULL\s*[=!]=", source.code):
            yield path, line_of(source.code, match.start()), "a comparison with NULL: write p or !p"


@rule
def quiet_asserts(tree):
    """An assert has no side effect."""
    changes = re.compile(r"\+\+|--|(?<![=!<>])=(?!=)")
    for path, source in tree.c_files():
        for match in re.finditer(r"(?<!\w)assert\s*\(([^;]*)\)\s*;", source.code):
            if changes.search(match.group(1)):
                yield path, source.code.count("\n", 0, match.start()) + 1, "an assert with a side effect"


@rule
def mutable_globals(tree):
    """No mutable variable of static lifetime, except those listed in layers.py."""
    for path, source in tree.c_files():
        if not ours(path):
            continue
        for variable in source.variables:
            if not variable.constant and (path, variable.name) not in layers.MUTABLE:
                yield path, variable.line, f"{variable.name} is mutable and has static lifetime"


def words(tree):
    """Files of the program by the words in them."""
    codes = [(path, source.with_strings) for path, source in tree.c_files()] + list(tree.texts(".py", ".json"))
    found = {}
    for path, code in codes:
        for word in set(re.findall(r"\w+", code)) if ours(path) else ():
            found.setdefault(word, set()).add(path)
    return found


@rule
def needed_exports(tree):
    """A function declared in a header is used by another file than the one that defines it."""
    found = words(tree)
    homes = {}
    for path, source in tree.c_files():
        for function in source.functions if path.endswith(".c") and ours(path) else ():
            homes.setdefault(function.name, set()).add(path)
    for path, source in tree.c_files():
        if not path.endswith(".h") or not ours(path):
            continue
        inner = {name for name, line in source.declared.items() if source.code.count(name) > 1}
        for name, line in source.declared.items():
            users = found[name] - homes.get(name, set()) - {path}
            if not users and name not in inner and name not in layers.FOR_TESTS:
                yield path, line, f"{name} is used by no other file of the program"


@rule
def head_comments(tree):
    """Each C file begins with a comment on its purpose."""
    for path, source in tree.c_files():
        if not source.text.startswith("/*"):
            yield path, 1, "does not begin with a comment on its purpose"


@rule
def header_guards(tree):
    """Each header has a guard named after its file."""
    for path, text in tree.texts(".h"):
        stem = re.sub(r"\W", "_", path.split("/")[-1]).upper()
        names = re.findall(r"^#ifndef (\w+)\n#define (\w+)$", text, re.M)
        public = path.startswith("include/")
        expected = f"TENANTFS_{stem}" if public else stem
        if not names or names[0][0] != names[0][1] or not names[0][0].endswith(expected):
            yield path, 1, f"no guard {'' if public else '…'}{expected}"
        elif not text.rstrip().endswith("#endif"):
            yield path, text.count("\n"), "the guard does not end with the file"


@rule
def indentation(tree):
    """Tabs in C, spaces in Python."""
    for path, text in tree.texts(".c", ".h"):
        for number, line in enumerate(text.split("\n"), 1):
            if re.match(r"\t*( {8}| +\t)", line):
                yield path, number, "indented by spaces"
    for path, text in tree.texts(".py"):
        for number, line in enumerate(text.split("\n"), 1):
            if "\t" in line[:len(line) - len(line.lstrip())]:
                yield path, number, "indented by a tab"


@rule
def columns(tree):
    """Lines within the column limit."""
    for path, text in tree.texts(".c", ".h", ".py", ".sh"):
        for number, line in enumerate(text.split("\n"), 1):
            if len(line.expandtabs(8)) > COLUMNS:
                yield path, number, f"{len(line.expandtabs(8))} columns, {COLUMNS} are allowed"


@rule
def line_ends(tree):
    """No trailing blanks, no carriage returns, one newline at the end."""
    for path, text in tree.texts():
        if path.startswith("tests/data/") or not text:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                yield path, number, "trailing blanks"
        if not text.endswith("\n") or text.endswith("\n\n"):
            yield path, text.count("\n"), "does not end with one newline"


@rule
def left_overs(tree):
    """No marker of unfinished work."""
    word = re.compile(r"\b(" + "|".join(LEFT_OVER) + r")\b")
    for path, text in tree.texts():
        for number, line in enumerate(text.split("\n"), 1):
            if word.search(line):
                yield path, number, f"{word.search(line).group(1)} marks unfinished work"


@rule
def machine_paths(tree):
    """No absolute path of one machine."""
    for path, text in tree.texts():
        for number, line in enumerate(text.split("\n"), 1):
            match = MACHINE.search(line)
            if match:
                yield path, number, f"{match.group()} is a path of one machine"


@rule
def listed_sources(tree):
    """Each source is named in the meson.build above it."""
    builds = {path.rsplit("/", 1)[0] if "/" in path else "": text for path, text in tree.texts("meson.build")}
    for path, _ in tree.texts(".c"):
        if path.startswith("tests/unit/"):
            continue  # found by name
        folder, name = (path.rsplit("/", 1) + [""])[:2] if "/" in path else ("", path)
        while folder and folder not in builds:
            parent = folder.rsplit("/", 1)[0] if "/" in folder else ""
            name = f"{folder[len(parent):].lstrip('/')}/{name}"
            folder = parent
        # A table of names to which ".c" is added lists its files too.
        listed = rf"'(?:[^'\n]*/)?{re.escape(name)}'|'{re.escape(name.removesuffix('.c'))}':"
        if not re.search(listed, builds.get(folder, "")):
            yield path, 1, f"not listed in {folder}/meson.build"


@rule
def generated_files(tree):
    """No product of the build is in the source tree."""
    outputs = set()
    for path, text in tree.texts("meson.build"):
        for match in OUTPUT.finditer(text):
            outputs.update(re.findall(r"'([^'@]+)'", match.group(1)))
    for path in tree.paths:
        if PRODUCTS.search(path):
            yield path, 1, "a product of the build"
        elif path.split("/")[-1] in outputs:
            yield path, 1, "has the name of a generated file"


@rule
def interpreters(tree):
    """Python scripts run with the system's python3."""
    for path, text in tree.texts():
        first = text.split("\n", 1)[0]
        if first.startswith("#!") and "python" in first and first != "#!/usr/bin/python3":
            yield path, 1, f"{first} instead of #!/usr/bin/python3"


@rule
def file_size(tree):
    """No file above 100 kB outside tests/data."""
    for path in tree.paths:
        if not path.startswith("tests/data/") and tree.size(path) > LARGEST:
            yield path, 1, f"{tree.size(path)} bytes, {LARGEST} are allowed"


__all__ = ["RULES", "Source"]
