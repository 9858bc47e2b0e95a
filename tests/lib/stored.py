"""What the sandbox has stored: whole records, read from its database, and how two states of them differ."""
import json
import sqlite3


class Stored:
    """One state of all records, by community, kind and key; users by module and uid."""

    def __init__(self, sandbox):
        with sqlite3.connect(f"file:{sandbox.data}/db?mode=ro", uri=True) as database:
            self.records = {(community, kind, key): json.loads(doc) for community, kind, key, doc in
                            database.execute("SELECT community, kind, key, doc FROM docs")}
            self.records.update({(module, "user", uid): json.loads(record) for module, uid, record in
                                 database.execute("SELECT module, uid, record FROM users")})
        database.close()

    def differences(self, later):
        """(kind, JSON pointer, old, new) of every value that differs; None for a missing one."""
        found = []
        for name in sorted(self.records.keys() | later.records.keys()):
            for pointer, old, new in differing(self.records.get(name), later.records.get(name)):
                found.append((name[1], pointer, old, new))
        return found


def differing(old, new, at=""):
    """(JSON pointer, old, new) of the innermost values that differ. Lists of the same texts are the same."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from differing(old.get(name), new.get(name), f"{at}/{name}")
    elif same_texts(old, new):
        return
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new)):
            yield from differing(one, other, f"{at}/{index}")
    elif old != new:
        yield at, old, new


def same_texts(old, new):
    return all(isinstance(value, list) and all(isinstance(item, str) for item in value) for value in (old, new)) and \
        sorted(old) == sorted(new)


def known_whole(sandbox, kind, document):
    """The document as somebody writes it who knows what the server has in the members that no answer shows."""
    return with_unread(kind["fields"], document, record_of(Stored(sandbox), kind, document))


def record_of(stored, kind, document):
    """The stored record of a document, by its id or by the name of its kind."""
    name, own = kind["name"].removesuffix("-settings"), document.get("_server", {}).get("id")
    return next((record for (_, stored_as, key), record in stored.records.items()
                 if stored_as == name and key in ("", own)), {})


def with_unread(fields, document, record):
    """The document with the record's values of the members that no answer shows."""
    written = dict(document)
    for field in fields:
        name = field["name"]
        if field.get("write_only") and not field.get("fixed") and name in record:
            written[name] = record[name]
        elif isinstance(document.get(name), dict):
            written[name] = with_unread(field.get("members", []), document[name], record.get(name, {}))
    return written
