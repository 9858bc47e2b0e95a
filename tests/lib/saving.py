"""Saves of documents with checks of their exact calls."""
import json

from files import overwrite, refusal


def text_of(document):
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def save(mount, path, document):
    """Name of the errno of the save; "" on success."""
    return refusal(overwrite, mount / path, text_of(document))


def without_ids(value):
    """The value without the ids that the server gives to parts of an object."""
    if isinstance(value, list):
        return [without_ids(element) for element in value]
    if isinstance(value, dict):
        return {name: without_ids(member) for name, member in value.items() if name not in ("_id", "uuid")}
    return value


def always_sent(document):
    """What every change of a provider sends: what the call requires, and what it would set to a default."""
    return {name: document[name] for name in ("name", "environment", "type", "saml_config", "oidc_config")
            if name in document}


def is_same(one, other):
    """Whether documents are equal, except for members only the server sets."""
    return {**one, "_server": 0} == {**other, "_server": 0}


def check_save(mount, sandbox, path, expected, **members):
    """Sets members in one save, which makes exactly the `expected` calls, (name, body) each; then reverts it."""
    before = mount.json(path)
    start = sandbox.mark()
    assert save(mount, path, {**before, **members}) == "", mount.errors()[-1]
    writes = sandbox.writes(start)
    assert [(write.name, write.body) for write in writes] == expected
    assert [write["status"] for write in writes] == [200] * len(writes)
    after = mount.json(path)
    assert is_same(after, {**before, **members})
    mount.refresh()
    assert is_same(mount.json(path), after), "the server has something else"
    start = sandbox.mark()
    assert save(mount, path, before) == "", mount.errors()[-1]
    assert [write.name for write in sandbox.writes(start)] == [name for name, _ in expected]
    assert is_same(mount.json(path), before)
    return after


def check_refused(mount, sandbox, action, path, errno, message, calls=()):
    """Checks a refusal: its errno, its message, and no writes but `calls`, (name, status) each."""
    start = sandbox.mark()
    assert action() == errno
    assert [(write.name, write["status"]) for write in sandbox.writes(start)] == list(calls)
    entry = mount.errors()[-1]
    assert (entry["path"], entry["error"]["errno"], entry["error"]["message"]) == (path, errno, message)
    return entry["error"]
