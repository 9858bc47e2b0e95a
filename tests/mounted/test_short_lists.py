"""Lists that lack members: a document is whole before it is shown or sent, and a listing costs pages."""
import json
import shutil
import sqlite3
import subprocess

import pytest

from files import overwrite, refusal
from kinds import KINDS, changes_of, folder_of
from sets import text_of
from stored import Stored
from waiting import until

SHORT = sorted(name for name, kind in KINDS.items() if "detail" in kind)
PROVIDERS = "communities/default/service-providers"
LIST, DETAIL = "POST /serviceprovider/fetch", "GET /serviceprovider/{id}"

# Set by the server at every change.
MOVING = ("__v", "updatedAt")

pytestmark = pytest.mark.sandbox("--short-lists")


def stop_and_start(mount):
    mount.stop()
    mount.start()


@pytest.mark.parametrize("name", SHORT)
def test_documents_are_whole(mount, sandbox, name):
    kind = KINDS[name]
    stored = Stored(sandbox).records
    paths = mount.documents(folder_of(mount, kind))
    assert paths
    for path in paths:
        document = mount.json(path)
        identifier = document["_server"].get("_id", document["_server"].get("id"))
        record = next(record for (_, _, key), record in stored.items() if key == identifier)
        fields = {field["name"] for field in kind["fields"]}
        assert {member for member in record if member in fields} <= set(document)
    start = sandbox.mark()
    assert [mount.text(path) for path in paths] and sandbox.names(start) == []


@pytest.mark.parametrize("name", SHORT)
def test_edit_of_one_member_leaves_the_others(mount, sandbox, name):
    mount.allow()
    kind = KINDS[name]
    for path in mount.documents(folder_of(mount, kind)):
        document = mount.json(path)
        changes = [(member, value) for member, value in changes_of(mount, kind, document)
                   if document.get(member) != value]
        member, value = changes[0]
        before = Stored(sandbox)
        overwrite(mount / path, text_of({**document, member: value}))
        changed = {pointer.split("/")[1] for _, pointer, _, _ in before.differences(Stored(sandbox))}
        assert member in changed and changed <= {member, *MOVING}, (path, changed)


def add_providers(sandbox, count):
    """Stores providers; the sandbox reads its database for each call."""
    with sqlite3.connect(f"{sandbox.data}/db") as database:
        community, doc = next((community, json.loads(doc)) for community, kind, doc in
                              database.execute("SELECT community, kind, doc FROM docs") if kind == "provider")
        for number in range(count):
            key = f"{number:024x}"
            database.execute("INSERT INTO docs (community, kind, key, doc) VALUES (?, 'provider', ?, ?)",
                             (community, key, json.dumps({**doc, "_id": key, "name": f"Provider {number}"})))
    database.close()


def test_listing_costs_pages(mount, sandbox):
    add_providers(sandbox, 500)
    start = sandbox.mark()
    names = mount.names(PROVIDERS)
    assert len(names) > 500
    # Two types: one record of each is compared with its own call.
    assert sandbox.names(start) == [LIST, DETAIL, DETAIL]
    start = sandbox.mark()
    subprocess.run(["ls", "-l", mount / PROVIDERS], stdout=subprocess.DEVNULL, check=True)
    assert sandbox.names(start) == [DETAIL] * 4
    stop_and_start(mount)
    start = sandbox.mark()
    assert mount.names(PROVIDERS) == names
    assert sandbox.names(start) == [LIST]
    for _ in range(2):
        mount.text(f"{PROVIDERS}/Provider 7.json")
    assert sandbox.names(start) == [LIST, DETAIL]


def test_listing_again_keeps_what_was_read(mount, sandbox):
    path = f"{PROVIDERS}/Jira.json"
    text = mount.text(path)
    mount.refresh()
    mount.names(PROVIDERS)
    start = sandbox.mark()
    assert (mount / path).stat().st_size == len(text.encode())
    assert sandbox.names(start) == []
    assert mount.text(path) == text
    assert sandbox.names(start) == [DETAIL]


# Programs that trust the size they saw before they opened a file.
COPIES = {
    "cp": "cp -a {source}/. {to}",
    "tar": "tar cf - -C {source} . | tar xf - -C {to}",
    "bsdtar": "bsdtar cf - -C {source} . | tar xf - -C {to}",
    "busybox": "busybox tar cf - -C {source} . | tar xf - -C {to}",
    "rsync": "rsync -a {source}/ {to}/",
    "cpio": "cd {source} && ls | cpio -o --quiet | (cd {to} && cpio -i --quiet)",
    "git": "cd {to} && git init -q && git --work-tree={source} add . && git checkout -q -- .",
}


@pytest.mark.parametrize("tool", COPIES)
def test_copies_are_whole(mount, sandbox, tmp_path, tool):
    if not shutil.which(tool):
        pytest.skip(f"{tool} is missing")
    command = COPIES[tool].format(source=mount / PROVIDERS, to=tmp_path)
    subprocess.run(command, shell=True, check=True)
    names = mount.names(PROVIDERS)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".json" and path.name in names) == \
        [name for name in names if not name.startswith(".")]
    for name in names:
        assert (tmp_path / name).read_bytes() == (mount / PROVIDERS / name).read_bytes()


def test_part_is_never_shown_for_the_whole(mount, sandbox):
    names = mount.names(PROVIDERS)
    sandbox.fault("status=500,path=/serviceprovider/*")
    path = f"{PROVIDERS}/Grafana.json"
    assert "Grafana.json" in names
    assert refusal(mount.text, path) == "EIO"
    assert refusal(overwrite, mount / path, "{}") == "EIO"
    sandbox.fault("")
    assert "saml_config" in mount.json(path) or "oidc_config" in mount.json(path)


def test_list_is_all_there_is_where_the_call_is_refused(mount, sandbox):
    sandbox.fault("status=403,path=/serviceprovider/*,method=GET")
    start = sandbox.mark()
    document = mount.json(f"{PROVIDERS}/Grafana.json")
    assert "saml_config" not in document
    assert sandbox.names(start).count(DETAIL) == 2


def test_history_has_whole_documents_only(mount, history):
    path = f"{PROVIDERS}/Zoom.json"
    mount.names(PROVIDERS)
    document = mount.json(path)
    mount.text(f"{PROVIDERS}/Slack.json")
    overwrite(mount / path, text_of({**document, "environment": "other"}))
    subjects = [change.subject for change in history.written()]
    assert not [subject for subject in subjects if "create" in subject or "remove" in subject], subjects
    assert history.document(path)["environment"] == "other"
    for name in ("Zoom", "Slack"):
        recorded = history.document(f"{PROVIDERS}/{name}.json")
        assert recorded["saml_config" if recorded["type"] == "saml" else "oidc_config"]


@pytest.mark.conf(history_full="true")
def test_full_history_reads_every_document(mount, history, sandbox):
    count = len(mount.names(PROVIDERS))
    until(lambda: sandbox.names(0).count(DETAIL) >= count, seconds=60)
    until(lambda: len(history.git("ls-tree", "HEAD", f"{PROVIDERS}/", check=False).splitlines()) >= count, seconds=60)
