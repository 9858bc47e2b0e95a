"""Reads C just well enough for the style rules: comments and literals blanked, functions and variables found."""
import re
from dataclasses import dataclass

TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<char>'(?:\\.|[^'\\\n])*')
""", re.S | re.X)
DIRECTIVE = re.compile(r"^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*", re.M)
# What include/tenantfs/lock.h adds behind a declarator.
LOCKS = re.compile(r"\bTFS_(?:HOLDS|TAKES|RELEASES|LACKS)\s*\([^()]*\)|\bTFS_UNCHECKED_LOCKS\b")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def spaces(text):
    """Blanks in as many lines and columns as `text` has."""
    return re.sub(r"[^\n]", " ", text)


def blank(text, keep_strings=False):
    """`text` without comments and, unless kept, without the content of literals; line numbers do not change."""
    def replace(match):
        if match.lastgroup == "comment":
            return spaces(match.group())
        if keep_strings:
            return match.group()
        return match.group()[0] + spaces(match.group()[1:-1]) + match.group()[-1]
    return TOKEN.sub(replace, text)


@dataclass(frozen=True)
class Function:
    name: str
    line: int
    last: int

    @property
    def length(self):
        return self.last - self.line + 1


@dataclass(frozen=True)
class Variable:
    name: str
    line: int
    constant: bool


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Source:
    """One C file, scanned once."""

    def __init__(self, text):
        self.text = text
        self.code = blank(text)
        self.with_strings = blank(text, keep_strings=True)
        self.plain = DIRECTIVE.sub(lambda m: spaces(m.group()), self.code)
        self.functions = []
        self.declared = {}  # line of each function declaration, by name
        self.variables = []
        self._scan()

    def includes(self):
        for match in INCLUDE.finditer(self.with_strings):
            yield line_of(self.text, match.start()), match.group(1) == "<", match.group(2)

    def _scan(self):
        """Splits the file at depth 0 into statements ended by ';' and blocks ended by '}'."""
        depth = start = 0
        block = None
        for match in re.finditer(r"[{};]", self.plain):
            at, sign = match.start(), match.group()
            if sign == "{":
                if depth == 0:
                    block = at
                depth += 1
            elif sign == "}":
                depth = max(0, depth - 1)
                if depth == 0 and block is not None and self._function(start, block, at):
                    start = at + 1
            elif depth == 0:
                self._statement(start, at)
                start = at + 1

    def _function(self, start, block, end):
        head = LOCKS.sub("", self.plain[start:block])
        if "=" in head or not head.rstrip().endswith(")"):
            return False
        names = re.findall(r"(\w+)\s*\(", re.sub(r"__attribute__\s*\(\(.*?\)\)", "", head, flags=re.S))
        if not names:
            return False
        first = start + len(head) - len(head.lstrip())
        self.functions.append(Function(names[-1] if names[-1] != "void" else names[0],
                                       line_of(self.text, first), line_of(self.text, end)))
        self._locals(block, end)
        return True

    def _locals(self, block, end):
        for match in re.finditer(r"(?<![\w.])static\s+([^;{}()=]+?)\s*(?=[;={])", self.plain[block:end]):
            self._variable(match.group(1), block + match.start())

    def _statement(self, start, end):
        text = self.plain[start:end]
        first = start + len(text) - len(text.lstrip())
        # A block before any "=" is a type's members; the names after it are declared.
        head = re.sub(r"^([^={]*)\{.*\}", r"\1 {} ", text.strip(), count=1, flags=re.S)
        head = re.split(r"=", head, maxsplit=1)[0]
        head = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", head, flags=re.S)
        head = re.sub(r"^(\s*[A-Z][A-Z0-9_]+\s*\([^()]*\))+", "", head).strip()
        words = head.split()
        if not words or words[0] in ("typedef", "extern", "_Static_assert"):
            return
        pointer_to_function = re.match(r"[^(]*\(\s*\*\s*(const\s+)?(\w+)", head)
        if "(" in head and not pointer_to_function:
            name = re.search(r"(\w+)\s*\(", head)
            if name:
                self.declared[name.group(1)] = line_of(self.text, first)
            return
        if pointer_to_function:
            self.variables.append(Variable(pointer_to_function.group(2), line_of(self.text, first),
                                           pointer_to_function.group(1) is not None))
            return
        if words[0] in ("struct", "enum", "union") and (words[-1] == "{}" or len(words) == 2):
            return
        if len(words) > 1:
            self._variable(head, first)

    def _variable(self, head, offset):
        head = re.sub(r"\[.*\]", "", head, flags=re.S).strip()
        match = re.search(r"(\w+)$", head)
        if not match:
            return
        before = head[:match.start()]
        qualified = before.rsplit("*", 1)[-1] if "*" in before else before
        self.variables.append(Variable(match.group(1), line_of(self.text, offset),
                                       re.search(r"\bconst\b", qualified) is not None))
