"""Writes the catalogue as C tables of constants. Equal arrays are shared."""
import json

from load import FIELD_LISTS, HEADERS, NEEDS, condition_texts

HEAD = """/* Generated from the group files of the catalogue: the endpoints and kinds as constant tables. */
#include "tenantfs/catalogue.h"

#include "index.h"
"""
# For the text of JSON: '?' because of trigraphs.
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "?": "\\?"}


def c_string(text):
    if text is None:
        return "NULL"
    out = []
    for byte in text.encode():
        char = chr(byte)
        if char in ESCAPES:
            out.append(ESCAPES[char])
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def c_json(value):
    return "NULL" if value is None else c_string(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def c_bool(value):
    return "true" if value else "false"


def placeholder_rows(rows):
    """One macro call per placeholder; src/resource/placeholders.c makes its table of them."""
    out = ["/* Generated from placeholders.json. */"]
    for row in rows:
        function_type = "value" if row["argument"] == "none" else "value_of"
        parts = [c_string(row["name"]), function_type, row.get("sends", "nothing").upper(),
                 c_bool(row.get("skip_if_empty")), f"{row['function']}_value"]
        out.append(f"PLACEHOLDER({', '.join(parts)})")
    return "\n".join(out) + "\n"


def rules(field):
    """The C members of the field's rules, if it has any."""
    parts = [f".{name} = {field[name]}" for name in ("min_length", "max_length") if name in field]
    parts += [f".{name} = &(const double){{ {field[name]} }}" for name in ("min", "max") if name in field]
    if "format" in field:
        parts.append(f'.format = TFS_FORMAT_{field["format"].upper().replace("-", "_")}')
    if "pattern" in field:
        parts.append(f'.pattern = {c_string(field["pattern"])}')
    return [f".rules = {{ {', '.join(parts)} }}"] if parts else []


class Emitter:
    def __init__(self, catalogue):
        self.catalogue = catalogue
        self.lines = []
        self.shared = {}

    def intern(self, prefix, declaration, rows):
        """One array for each distinct content; returns its name."""
        key = (declaration, tuple(rows))
        if key not in self.shared:
            self.shared[key] = f"{prefix}_{len(self.shared)}"
            self.lines.append(f"static const {declaration.format(self.shared[key])} = {{")
            self.lines += [f"\t{row}," for row in rows]
            self.lines.append("};")
        return self.shared[key]

    def words(self, words):
        if words is None:
            return "NULL"
        return self.intern("words", "char *const {}[]", [c_string(word) for word in words] + ["NULL"])

    def statuses(self, statuses):
        return self.intern("statuses", "int {}[]", [", ".join(str(s) for s in [*sorted(statuses), 0])])

    def fields(self, fields):
        """The C expression of a field array and its length."""
        if not fields:
            return "NULL", 0
        return self.intern("fields", "struct tfs_field {}[]", [self.field(f) for f in fields]), len(fields)

    def conditions(self, row, name):
        """The C members of the row's conditions of that name, if it has any."""
        rows = [f"{{ {c_string(member)}, {self.words(condition_texts(values))} }}"
                for member, values in row.get(name, {}).items()]
        if not rows:
            return []
        return [f'.{name} = {self.intern("conditions", "struct tfs_condition {}[]", rows)}, .n_{name} = {len(rows)}']

    def readings(self, field):
        """The C members of `read_as`, if the field has it."""
        rows = [f"{{ {c_string(written)}, {self.words([read] if isinstance(read, str) else read)} }}"
                for written, read in field.get("read_as", {}).items()]
        if not rows:
            return []
        return [f'.read_as = {self.intern("readings", "struct tfs_reading {}[]", rows)}, .n_read_as = {len(rows)}']

    def weakens(self, field):
        """The C members of `weakens`, if the field has it."""
        value = field.get("weakens", "never")
        if isinstance(value, list):
            return [f".weakens = TFS_WEAKENS_VALUES, .weak_values = {self.words(value)}"]
        return [] if value == "never" else [f".weakens = TFS_WEAKENS_{str(value).upper()}"]

    def field(self, field):
        members, n_members = self.fields(field.get("members"))
        parts = [f'.name = {c_string(field["name"])}', f'.type = TFS_TYPE_{field["type"].upper()}']
        if "item" in field:
            parts.append(f'.item = TFS_TYPE_{field["item"].upper()}')
        for name in ("record", "reference", "key", "about", "locks_out"):
            if name in field:
                parts.append(f".{name} = {c_string(field[name])}")
        parts += self.weakens(field)
        if "values" in field:
            parts.append(f'.values = {self.words(field["values"])}')
        parts += rules(field)
        parts += self.conditions(field, "required_when") + self.readings(field)
        if "default" in field:
            parts.append(f".fallback = {c_json(field['default'])}")
        parts += self.conditions(field, "rules_when")
        if n_members:
            parts.append(f".members = {members}, .n_members = {n_members}")
        for name in ("required", "secret", "write_only", "fixed", "empty_removes", "unordered"):
            if field.get(name):
                parts.append(f".{name} = true")
        return "{ " + ", ".join(parts) + " }"

    def endpoint(self, endpoint):
        out = ["\t{"]
        for name in ("group", "group_slug", "slug", "method", "path", "title", "access", "note", "upload"):
            if endpoint.get(name) is not None:
                out.append(f"\t\t.{name} = {c_string(endpoint[name])},")
        for header, need in endpoint["headers"].items():
            out.append(f"\t\t.{HEADERS[header]} = TFS_NEED_{NEEDS[need]},")
        for which in ("request", "answer"):
            seal = "ALWAYS" if endpoint[f"{which}_sealed"] else "NEVER"
            out.append(f"\t\t.{which}_seal = TFS_SEAL_{seal},")
        if "answer_data" in endpoint:
            out.append(f'\t\t.answer_data = TFS_DATA_{endpoint["answer_data"].upper()},')
        for name in ("reads", "repeatable"):
            out.append(f"\t\t.{name} = {c_bool(endpoint[name])},")
        for name in ("open_query", "open_body"):
            if endpoint.get(name):
                out.append(f"\t\t.{name} = true,")
        for part in FIELD_LISTS:
            fields, n = self.fields(endpoint[part])
            if n:
                out.append(f"\t\t.{part} = {fields}, .n_{part} = {n},")
        out.append(f'\t\t.statuses = {self.statuses(endpoint["statuses"])},')
        for name in ("example", "header_example", "answer"):
            if endpoint.get(name) is not None:
                out.append(f"\t\t.{name} = {c_json(endpoint[name])},")
        return out + ["\t},"]

    def step(self, step):
        index = self.catalogue.by_call[step["call"]]
        parts = [f".endpoint = &tfs_endpoints[{index}]", f'.args = {c_json(step.get("args", {}))}']
        parts.append(f'.answer = {c_string(step.get("answer", ""))}')
        if "failures" in step:
            parts.append(f'.failures = {c_string(step["failures"])}')
        parts.append(f'.send = TFS_SEND_{step.get("send", "nothing").upper()}')
        if "members" in step:
            parts.append(f'.members = {self.words(step["members"])}')
        parts += self.conditions(step, "when")
        if "columns" in step:
            parts.append(f'.columns = {self.words(step["columns"])}')
        return "{ " + ", ".join(parts) + " }"

    def steps(self, steps):
        return self.intern("steps", "struct tfs_step {}[]", [self.step(s) for s in steps])

    def kind(self, kind):
        out = ["\t{"]
        for name in ("name", "group", "path", "about", "name_member", "mtime_member",
                     "wrap_in", "map_key", "page_total", "no_list", "no_read", "no_create", "no_change", "no_remove",
                     "no_rename", "hook", "session_object", "imports"):
            if name in kind:
                out.append(f"\t\t.{name} = {c_string(kind[name])},")
        out += [f"\t\t{part}," for part in self.conditions(kind, "deleted_when")]
        out.append(f'\t\t.shape = TFS_SHAPE_{kind["shape"].upper()},')
        for name in ("on_demand", "rename", "open_document"):
            if kind.get(name):
                out.append(f"\t\t.{name} = true,")
        for name in ("page_size", "freshness_s"):
            if name in kind:
                out.append(f"\t\t.{name} = {kind[name]},")
        fields, n = self.fields(kind["fields"])
        if n:
            out.append(f"\t\t.fields = {fields}, .n_fields = {n},")
        for name in ("id_members", "server_members", "fixed_names", "events", "copy_after"):
            if name in kind:
                out.append(f"\t\t.{name} = {self.words(kind[name])},")
        for name in ("form", "name_form"):
            if name in kind:
                prefix = name.removesuffix("_form").upper()
                out.append(f"\t\t.{name} = TFS_{prefix}_{kind[name].upper()},")
        if "types" in kind:
            rows = [f'{{ {c_string(variant["name"])}, {c_json(variant["members"])} }}' for variant in kind["types"]]
            variants = self.intern("types", "struct tfs_variant {}[]", rows)
            out.append(f"\t\t.types = {variants}, .n_types = {len(rows)},")
        for name in ("list", "lookup", "detail"):
            if name in kind:
                out.append(f"\t\t.{name} = {self.steps([kind[name]])},")
        for name in ("create", "change", "remove"):
            if name in kind:
                out.append(f"\t\t.{name} = {self.steps(kind[name])}, .n_{name} = {len(kind[name])},")
        return out + ["\t},"]

    def index(self):
        """Positions of the endpoints ordered by path, then method, for the look-up."""
        endpoints = self.catalogue.endpoints
        order = sorted(range(len(endpoints)),
                       key=lambda i: (endpoints[i]["path"].encode(), endpoints[i]["method"].encode()))
        rows = [", ".join(str(i) for i in order[n:n + 20]) for n in range(0, len(order), 20)]
        return ["const unsigned short tfs_endpoint_index[] = {"] + [f"\t{row}," for row in rows] + ["};"]

    def table(self, declaration, count, rows):
        self.lines += [f"const {declaration} = {{"] + [line for row in rows for line in row] + ["};"]
        self.lines.append(f"const size_t {count} = {len(rows)};")

    def text(self):
        self.table("struct tfs_endpoint tfs_endpoints[]", "tfs_n_endpoints",
                   [self.endpoint(e) for e in self.catalogue.endpoints])
        self.lines += self.index()
        self.table("struct tfs_kind tfs_kinds[]", "tfs_n_kinds", [self.kind(k) for k in self.catalogue.kinds])
        return HEAD + "\n" + "\n".join(self.lines) + "\n"
