"""Fifty processes save two thousand documents at once: each close reports what the server really has."""
import json
import os
import subprocess
import sys

import pytest

from places import user_sets

PROCESSES = 50
DOCUMENTS = 2000

# Saves each given document once and prints the result.
WRITER = r"""
import errno, json, os, sys
for line in sys.stdin:
    path = line.rstrip("\n")
    try:
        with open(path) as file:
            document = json.load(file)
        document["middlename"] = f"by {os.getpid()}"
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(descriptor, json.dumps(document).encode())
        finally:
            os.close(descriptor)
        print(json.dumps([path, document["middlename"], ""]))
    except OSError as error:
        print(json.dumps([path, "", errno.errorcode[error.errno]]))
"""


def server_names(sandbox, surroundings, mount):
    """Middle names of all users, by module and user name, as another client reads them."""
    def call(*words, body):
        done = surroundings.run("tenantfs", "-c", sandbox.conf, "call", *words, "--body", "-", input=body, check=True,
                                env={"XDG_STATE_HOME": str(surroundings.folder / "others")})
        return json.loads(done.stdout)

    found = {}
    for module in call("POST", "/auth_modules/fetch", body="{}")["modules"]:
        for index in range(1000):
            page = call("POST", "/users/fetch",
                        body=json.dumps({"moduleId": module["_id"], "pSize": 100, "pIndex": index}))
            found.update({(module["name"], user["username"]): user.get("middlename", "") for user in page["data"]})
            if (index + 1) * 100 >= page["page"]["total"]:
                break
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.conf(timeout="60s")
@pytest.mark.parametrize("fault", ["", "status=503,rate=0.1,method=PATCH;drop,rate=0.05,method=PATCH;"
                                   "drop-after,rate=0.05,method=PATCH;status=400,rate=0.1,method=PATCH"],
                         ids=["well", "unwell"])
@pytest.mark.sandbox("--users", "4000")
def test_result_of_each_concurrent_save_is_true(mount, sandbox, surroundings, fault):
    paths = [mount / path for folder in user_sets(mount) for path in mount.documents(folder)][:DOCUMENTS]
    assert len(paths) == DOCUMENTS
    before = {str(path): json.loads(path.read_text()) for path in paths}
    sandbox.fault(fault)
    writers = []
    for number in range(PROCESSES):
        given = surroundings.folder / f"paths-{number}"
        given.write_text("".join(f"{path}\n" for path in paths[number::PROCESSES]))
        writers.append(subprocess.Popen([sys.executable, "-c", WRITER], stdin=open(given),
                                        stdout=subprocess.PIPE, text=True))
    results = [json.loads(line) for writer in writers for line in writer.communicate(timeout=250)[0].splitlines()]
    sandbox.fault()
    assert all(writer.returncode == 0 for writer in writers)
    assert sorted(path for path, _, _ in results) == sorted(map(str, paths))
    server = server_names(sandbox, surroundings, mount)
    wrong = []
    for path, name, refused in results:
        document = before[path]
        module = os.path.basename(os.path.dirname(path)).replace("%2F", "/")
        has = server[module, document["username"]]
        if has != (name if not refused else document.get("middlename", "")):
            wrong.append((path, name, refused, has))
    assert wrong == []
    acknowledged = [path for path, _, refused in results if not refused]
    assert len(acknowledged) == DOCUMENTS if not fault else len(acknowledged) > DOCUMENTS / 2
    drafts = {path for path in mount.drafts() if path.endswith(".json") and not path.endswith(".error.json")}
    assert drafts == {os.path.relpath(path, mount.path) for path, _, refused in results if refused}
