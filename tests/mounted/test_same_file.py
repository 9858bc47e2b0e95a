"""A file written by hand is applied again and again: absent members stay as they are, and nothing is sent."""
import pytest

from files import create, overwrite, refusal
from kinds import KINDS, documents, ending_of, folder_of, makers, new_document, objects, templates
from sets import text_of


def meets(conditions, within, document):
    """Whether conditions of a field hold."""
    for name, wanted in conditions.items():
        value = (document if name.startswith("/") else within).get(name.lstrip("/"))
        values = value if isinstance(value, list) else [value]
        if not set(values) & set(wanted if isinstance(wanted, list) else [wanted]):
            return False
    return bool(conditions)


def minimal(fields, value, document):
    """The members that have to be there."""
    if isinstance(value, list):
        return [minimal(fields, element, document) for element in value]
    if not isinstance(value, dict) or not fields:
        return value
    return {field["name"]: minimal(field.get("members"), value[field["name"]], document) for field in fields
            if field["name"] in value
            and (field.get("required") or meets(field.get("required_when", {}), value, document))}


def apply(mount, sandbox, path, text):
    """Writes the file as cp does; the calls that it took."""
    start = sandbox.mark()
    error = refusal(overwrite if (mount / path).exists() else create, mount / path, text)
    assert error == "", f"{path}: {mount.errors()[-1]['error']['message']}\n{text}"
    # Reading an identity provider may make a default one.
    return [write.name for write in sandbox.writes(start) if write.name != "POST /idp/fetch"]


def check_again(mount, sandbox, path, text):
    for _ in range(2):
        assert apply(mount, sandbox, path, text) == [], f"{path}\n{text}\n{mount.text(path)}"
        mount.refresh()
    assert apply(mount, sandbox, path, text) == [], f"{path}, read again\n{text}\n{mount.text(path)}"


def new_files(mount, kind):
    """Minimal new files of a set, one for each template."""
    folder = folder_of(mount, kind)
    for number, template in enumerate(templates(kind).values()):
        document = new_document(mount, kind, folder, template)
        name = f"tfs_made{number}"
        member = kind.get("name_member")
        field = next((field["name"] for field in kind["fields"] if field.get("record", field["name"]) == member), None)
        yield f"{folder}/{name}{ending_of(kind)}", {**minimal(kind["fields"], document, document),
                                                   **({field: name} if field else {})}


def is_comparable(kind, document):
    """Whether all members can be compared: secrets that no answer shows, and members only for creation, cannot."""
    return not any(field.get("write_only") and (field.get("secret") or field.get("fixed"))
                   for field in kind["fields"] if field["name"] in document)


KINDS_CHANGED = [kind for kind in documents() if kind.get("change")]


@pytest.mark.parametrize("kind", makers(), ids=lambda kind: kind["name"])
@pytest.mark.sandbox("--users", "10", "--strict")
def test_minimal_new_file_again(mount, sandbox, kind):
    mount.allow()
    for path, document in new_files(mount, kind):
        if not is_comparable(kind, document):
            continue
        text = text_of(document)
        assert apply(mount, sandbox, path, text) != []
        check_again(mount, sandbox, path, text)


@pytest.mark.parametrize("kind", KINDS_CHANGED, ids=lambda kind: kind["name"])
@pytest.mark.sandbox("--users", "10", "--strict")
def test_minimal_document_again(mount, sandbox, kind):
    mount.allow()
    path = f"{folder_of(mount, kind)}/{kind['path'].rsplit('/', 1)[-1]}".lstrip("/")
    unread = {field["name"]: field["sample"] for field in kind["fields"]
              if field.get("write_only") and "sample" in field}
    document = {**mount.json(path), **unread}
    text = text_of(minimal(kind["fields"], document, document))
    apply(mount, sandbox, path, text)
    check_again(mount, sandbox, path, text)


def secret_paths(fields):
    """Paths of a kind's secrets that are shown as digests."""
    for field in fields:
        if field.get("secret") and not field.get("write_only"):
            yield (field["name"],)
        for rest in secret_paths(field.get("members", [])):
            yield field["name"], *rest


SECRETS = [(kind, path) for kind in KINDS.values() if kind.get("change") for path in secret_paths(kind["fields"])]


def with_value(document, path, value):
    """The document with a value at a path."""
    inner = with_value(document.get(path[0], {}), path[1:], value) if len(path) > 1 else value
    return {**document, path[0]: inner}


def existing(mount, kind):
    """Paths of a kind's documents."""
    folder = folder_of(mount, kind)
    if "no_list" in kind:
        return [f"{folder}/oidc.json"]
    if kind["shape"] == "doc":
        return [f"{folder}/{kind['path'].rsplit('/', 1)[-1]}".lstrip("/")]
    return [f"{folder}/{name}{ending_of(kind)}" for name in objects(mount, kind, folder)]


@pytest.mark.parametrize("kind, at", SECRETS, ids=[f"{kind['name']}-{'-'.join(at)}" for kind, at in SECRETS])
def test_present_secret_in_clear_makes_no_call(mount, sandbox, kind, at):
    mount.allow()
    for path in existing(mount, kind):
        document = with_value(mount.json(path), at, "31323334")
        if refusal(overwrite, mount / path, text_of(document)) == "":
            break
    else:
        pytest.fail("no object takes the secret")
    check_again(mount, sandbox, path, text_of(document))
