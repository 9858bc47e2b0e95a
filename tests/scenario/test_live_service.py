"""docs/live-service.md: each call in it can be made as it stands there, and each other command exists."""
import pathlib
import re
import shlex

import pytest

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "live-service.md").read_text()
# A command, or the end of one that begins like the command before it.
COMMANDS = re.findall(r"`(?:[^`]*?;\s*)?((?:tenantfs|…) [^`;]*?)(?: \\?\|[^`]*| >[^`]*)?`", PAGE)
CALLS = [text.replace("…", "tenantfs call -t acme", 1) for text in COMMANDS if text.startswith("…") or " call " in text]
WRITING = ("PUT", "PATCH", "DELETE")
# Words that stand for something of the reader's.
OPEN = ("ID", "NAME", "FILE", "$I")


def is_whole(words):
    return words[4] not in WRITING and not any(one in word.split("=")[-1].split("/") for word in words for one in OPEN)


def test_every_call_can_be_made(surroundings, sandbox, tenantfs):
    modules = tenantfs("call", "POST", "/auth_modules/fetch")
    own = {"acme": "sandbox", "dns=acme.example.com": f"dns={sandbox.tenant()['dns']}",
           "moduleId=$M": f"moduleId={re.search('[0-9a-f]{24}', modules.stdout)[0]}"}
    made = 0
    for text in CALLS:
        words = [own.get(word, word) for word in shlex.split(text)]
        if len(words) > 4 and words[2] == "-t" and is_whole(words):
            done = tenantfs(*words[1:])
            assert done.returncode == 0, f"{text}: {done.stderr}"
            made += 1
    assert made > 15


@pytest.mark.parametrize("name", sorted({shlex.split(text)[1] for text in COMMANDS if text.startswith("tenantfs")}))
def test_every_command_exists(surroundings, name):
    assert surroundings.run("tenantfs", name, "--help").returncode == 0
