"""A refused read is reported until the path is read successfully; a refused save outlives any read."""
import errno
import json
import os

import pytest

from files import overwrite, refusal
from places import MFA, PROVIDERS


def error_of(mount, path):
    """errno of the file's error attribute; "" without one."""
    try:
        return json.loads(mount.error(path))["errno"]
    except OSError as error:
        assert error.errno == errno.ENODATA
        return ""


@pytest.mark.conf(timeout=3)
@pytest.mark.parametrize("path, read", [(MFA, lambda path: path.read_text()), (PROVIDERS, os.listdir)],
                         ids=["document", "directory"])
def test_successful_read_resolves_a_refused_read(mount, sandbox, path, read):
    sandbox.fault("status=403")
    assert refusal(read, mount / path) == "EPERM"
    [entry] = mount.errors()
    assert (entry["path"], entry["settled"], entry["error"]["errno"]) == (path, False, "EPERM")
    sandbox.fault()
    read(mount / path)
    [entry] = mount.errors()
    assert entry["settled"]
    assert error_of(mount, path) == ""


def test_successful_read_keeps_a_refused_save(mount, sandbox):
    mount.text(MFA)
    sandbox.fault("status=403,method=PUT")
    document = {**mount.json(MFA), "otpMaxAttempts": 7}
    assert refusal(overwrite, mount / MFA, json.dumps(document)) == "EPERM"
    sandbox.fault()
    mount.text(MFA)
    os.listdir(mount / "communities/default/settings")
    assert error_of(mount, MFA) == "EPERM"
    assert mount.errors()[-1]["settled"] is False
