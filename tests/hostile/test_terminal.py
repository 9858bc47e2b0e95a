"""Names, reasons and messages with control characters: a terminal gets printable text, a pipe the exact text."""
import json
import os
import pty
import re
import subprocess

import pytest

from conftest import add_settings
from files import create, overwrite, refusal
from places import MFA, PROVIDERS, new_provider
from proxy import Proxy

HOSTILE = "\x1b]0;owned\x07\x9b31m\u202eevil\u2066"
# What the command itself sends to a terminal: the line that shows progress, and its end.
PROGRESS = re.compile(r"\r[^\r\n\x1b]* s|\r\x1b\[K")
COMMANDS = [("status",), ("log",), ("log", "--each", "{dir}/" + PROVIDERS), ("journal",), ("diff", "HEAD~1", "HEAD"),
            ("show",), ("blame", "{doc}"), ("undo", "-n", "HEAD"), ("restore", "-n", "HEAD~1", "{doc}"),
            ("call", "GET", "/serviceprovider"), ("retry", "{dir}/" + MFA), ("discard", "no" + HOSTILE),
            ("allow", "no" + HOSTILE), ("refresh", "{dir}/" + HOSTILE), ("help", HOSTILE), (HOSTILE,),
            ("mount", "{dir}" + HOSTILE), ("umount", "{dir}" + HOSTILE)]


def on_terminal(surroundings, *words):
    """What a command writes when both of its outputs are a terminal."""
    ours, theirs = pty.openpty()
    process = surroundings.start(*words, stdout=theirs, stderr=subprocess.STDOUT)
    os.close(theirs)
    parts = []
    try:
        while part := os.read(ours, 1 << 16):
            parts.append(part)
    except OSError:
        pass  # the other side is closed
    os.close(ours)
    process.wait(60)
    return b"".join(parts).decode().replace("\r\n", "\n")


def is_obeyed(character):
    return (character < " " and character not in "\n\t") or "\x7f" <= character <= "\x9f" or \
        character in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.fixture
def hostile_tenant(sandbox, mounts):
    """A provider with such a name, a change with such a reason, a save refused with such a message."""
    with Proxy(sandbox.url) as proxy:
        add_settings(sandbox.conf, {"url": f"{proxy.address}/adminapi"})
        mount = mounts("mnt")
        overwrite(mount / ".tenantfs/reason", f"ticket {HOSTILE}\n\nOrigin: others\n")
        name = f"App{HOSTILE}"
        escaped = re.sub(r"[\x00-\x1f\x7f-\x9f\u202e\u2066]",
                         lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), name)
        path = f"{PROVIDERS}/{escaped}.json"
        create(mount / path, new_provider(mount, name))
        changed = {**mount.json(path), "environment": "staging"}
        overwrite(mount / path, json.dumps(changed))
        proxy.answer("PUT", "/mfa_settings", 400, json.dumps({"message": HOSTILE, "param": HOSTILE}).encode())
        assert refusal(overwrite, mount / MFA, mount.text(MFA).replace("true", "false", 1)) == "EINVAL"
        yield mount, mount / path


def test_no_command_lets_foreign_text_control_a_terminal(surroundings, sandbox, tenantfs, hostile_tenant):
    mount, document = hostile_tenant
    shown = ""
    for words in COMMANDS:
        words = [word.replace("{dir}", str(mount.path)).replace("{doc}", str(document)) for word in words]
        text = PROGRESS.sub("", on_terminal(surroundings, "tenantfs", "-c", sandbox.conf, *words))
        assert not [c for c in text if is_obeyed(c)], f"{words}: {text!r}"
        assert text, words
        shown += text
    # The text was there to be shown.
    assert "evil" in shown
    assert "\\u{202e}" in shown


def test_pipe_gets_the_exact_text(tenantfs, hostile_tenant):
    mount, document = hostile_tenant
    assert json.loads(document.read_text())["name"] == f"App{HOSTILE}"
    entries = json.loads(tenantfs("log", "--each", "--json", check=True).stdout)
    assert str(document.relative_to(mount.path)) in [entry.get("path") for entry in entries]


def test_commit_message_is_printable_lines_with_whole_trailers(mounts, tenantfs, surroundings, hostile_tenant):
    mount, _ = hostile_tenant
    entries = json.loads(tenantfs("log", "--each", "--json", check=True).stdout)
    made = next(entry for entry in entries if entry.get("operation") == "create")
    assert made["origin"] == "tenantfs"
    repository = next(surroundings.home.rglob("history.git"))
    git = ["git", "-c", "safe.directory=*", "-C", repository, "log"]
    messages = surroundings.run(*git, "--format=%B", check=True).stdout
    assert not [c for c in messages if is_obeyed(c)]
    origins = surroundings.run(*git, "--format=%(trailers:key=Origin,valueonly)", check=True).stdout.split()
    assert set(origins) <= {"tenantfs", "baseline"}
    assert len(origins) == len(surroundings.run(*git, "--format=%H", check=True).stdout.split())


def test_name_of_a_process_forges_no_line(mount, tenantfs, surroundings):
    """A process may put a newline and escapes into its name."""
    script = "import os, sys; open('/proc/self/comm', 'w').write('a\\nb\\x1b[2J'); os.rename(*sys.argv[1:])"
    new = mount / f"{os.path.dirname(MFA)}/.new"
    new.write_text(mount.text(MFA).replace("true", "false", 1))
    surroundings.run("python3", "-c", script, new, mount / MFA, check=True)
    [line] = [line for line in tenantfs("journal", check=True).stdout.splitlines() if MFA in line]
    assert "(a?b?[2J)" in line
