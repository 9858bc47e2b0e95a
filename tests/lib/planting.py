"""Distinct secrets for every place the catalogue has for one, and the search for them in files and memory."""
import base64
import json
import pathlib
import secrets
import urllib.parse

from kinds import KINDS, is_view, templates

# Bytes of a secret, which is in hexadecimal: valid as seed, key and password. All secrets of a test have the same
# head; the search looks for it, so that it finds truncated secrets too.
HEAD, TAIL = 9, 11


def secret_ways(fields, way=()):
    """The way to each member declared as secret."""
    for field in fields:
        here = (*way, field["name"])
        if field.get("secret"):
            yield here
        yield from secret_ways(field.get("members", []), here)


# Secrets in an open document, at any depth and without a declaration.
OPEN_WAYS = [("deep", "list", 0, "clientSecret"), ("deep", "headers", 0, "value"), ("api_tokens", 0),
             ("jwk", "d")]
OPEN_PART = {"deep": {"list": [{"label": "x"}], "headers": [{"name": "X-Api-Key"}]}, "api_tokens": [""],
             "jwk": {"kty": "EC"}}


def declared():
    """Every kind with a secret that can be set, and the way to each of its secrets."""
    for kind in KINDS.values():
        if is_view(kind):
            continue
        for way in secret_ways(kind["fields"]):
            yield kind, way
        for way in OPEN_WAYS if kind.get("open_document") else []:
            yield kind, way


def put(document, way, value):
    """Sets the value at the end of the way; returns `document` itself."""
    inner = document
    for name in way[:-1]:
        inner = inner.setdefault(name, {}) if isinstance(name, str) else inner[name]
    if isinstance(inner, list) and len(inner) <= way[-1]:
        inner.append(value)
    else:
        inner[way[-1]] = value
    return document


def fitting_types(kind, way):
    """Types of the kind; those that require the member come first."""
    names = list(templates(kind))
    wanting = [value for field in kind["fields"] if field["name"] == way[0]
               for values in field.get("required_when", {}).values() for value in
               (values if isinstance(values, list) else [values])]
    return sorted(names, key=lambda name: name not in wanting)


class Planting:
    """The secrets of a test and the place of each."""

    def __init__(self):
        self.head = secrets.token_hex(HEAD)
        self.where = {}

    def new(self, where):
        value = self.head + secrets.token_hex(TAIL)
        self.where[value] = where
        return value

    def add(self, value, where):
        """Adds an existing secret."""
        self.where[value] = where


def forms_of(text):
    """The forms a text may have in a file: plain and in common encodings."""
    part = text.encode()
    yield "plain", part
    yield "hex", part.hex().encode()
    yield "HEX", part.hex().upper().encode()
    yield "utf-16le", text.encode("utf-16le")
    yield "utf-16be", text.encode("utf-16be")
    yield "escaped", "".join(f"\\u{letter:04x}" for letter in part).encode()
    yield "ESCAPED", "".join(f"\\u{letter:04X}" for letter in part).encode()
    yield "json", json.dumps(text)[1:-1].encode()
    yield "percent", urllib.parse.quote(part, safe="").encode()
    yield "all percent", "".join(f"%{letter:02X}" for letter in part).encode()
    yield "reversed", part[::-1]
    for shift in range(3):
        # Within a longer text: without the letters that depend on neighboring bytes.
        coded = base64.b64encode(b"\0" * shift + part)
        inner = coded[(shift * 8 + 5) // 6:len(coded.rstrip(b"=")) - 1]
        yield "base64", inner
        yield "base64 for addresses", inner.translate(bytes.maketrans(b"+/", b"-_"))


class Search:
    """The search for all secrets in all their forms."""

    def __init__(self, planting):
        self.planting = planting
        self.forms = {}
        for text, place in {**planting.where, planting.head: "planted"}.items():
            if text == planting.head or not text.startswith(planting.head):
                for form, data in forms_of(text):
                    self.forms.setdefault(data, (place, form))

    def hits(self, data):
        """(offset in the data, place of the secret with its form) of each secret found."""
        for form, (place, name) in self.forms.items():
            start = data.find(form)
            while start >= 0:
                yield start, f"{self.which(data, start) or place} ({name})"
                start = data.find(form, start + 1)

    def which(self, data, start):
        found = data[start:start + 2 * (HEAD + TAIL)].decode(errors="replace")
        return next((place for text, place in self.planting.where.items() if text[:30] == found[:30]), None)

    def found_in(self, data):
        return sorted({what for _, what in self.hits(data)})

    def found_below(self, folder):
        """The secrets found in each file and its name."""
        found = {}
        for path in sorted(pathlib.Path(folder).rglob("*")):
            data = str(path).encode()
            if path.is_file():
                data += b"\n" + path.read_bytes()
            if here := self.found_in(data):
                found[str(path.relative_to(folder))] = here
        return found


ENDLESS = 1 << 30


def spans_of(maps):
    """Start, end and rights of each mapping."""
    for line in maps:
        span, rights, *_ = line.split()
        start, end = (int(number, 16) for number in span.split("-"))
        yield start, end, rights


def is_sanitized(pid):
    """Whether the process runs with a sanitizer, which keeps freed memory and reserves huge mappings."""
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps:
        return any(end - start > ENDLESS and "rw" in rights for start, end, rights in spans_of(maps))


def memory_of(pid):
    """The content of each writable mapping of a process; needs root."""
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps, \
            open(f"/proc/{pid}/mem", "rb") as memory:
        for start, end, rights in spans_of(maps):
            if "rw" not in rights or end - start > ENDLESS:
                continue
            try:
                memory.seek(start)
                yield memory.read(end - start)
            except OSError:
                continue


def found_in_memory(planting, pid):
    """How often each secret is in memory. The allocator overwrites the start of freed memory: the tail is searched."""
    found = {}
    for data in memory_of(pid):
        for text, place in planting.where.items():
            if count := data.count(text[-2 * TAIL:].encode()):
                found[place] = found.get(place, 0) + count
    return found
